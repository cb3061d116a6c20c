//! What the migrations before a statement have made, as far as their text tells.

use std::collections::HashMap;

use super::ddl::{
    AlterTable, ColumnText, ConstraintText, CreateTable, Ddl, DemandKind, NewStorage, SqlName,
    TableAction, TypeName, is_default_partition,
};

/// The tables that the statements so far have created or changed.
#[derive(Debug, Default)]
pub(crate) struct KnownSchema {
    /// By the last part of the name, in lower case. A history may have thousands.
    tables: HashMap<String, Vec<KnownTable>>,
    /// Views, indexes and others that the run has created.
    new_objects: Vec<SqlName>,
    /// Functions that only triggers call, so that no program does.
    trigger_functions: Vec<SqlName>,
    /// Domains that demand something of their values.
    checked_domains: Vec<SqlName>,
    /// The number of the run that is looked at; 0 for what is no part of any.
    run: u32,
    runs: u32,
}

/// A table, as far as it is known.
#[derive(Debug, Default)]
pub(crate) struct KnownTable {
    name: SqlName,
    created_in: u32,
    /// Its CREATE TABLE is in the history.
    is_created: bool,
    pub(crate) columns: Vec<ColumnText>,
    /// The columns that were added, and in which run.
    added: Vec<(u32, String)>,
    pub(crate) constraints: Vec<ConstraintText>,
    /// The indexes that are no constraints.
    indexes: Vec<KnownIndex>,
    /// Its character set, where it is named.
    pub(crate) charset: Option<String>,
    /// Whether it has partitions.
    is_partitioned: bool,
    /// The table of which it is a partition, and whether for the rows that no other takes.
    partition_of: Option<(SqlName, bool)>,
}

/// An index that is no constraint.
#[derive(Debug)]
struct KnownIndex {
    name: Option<SqlName>,
    unique: bool,
    columns: Vec<String>,
}

impl KnownIndex {
    fn is_called(&self, name: &SqlName) -> bool {
        self.name.as_ref().is_some_and(|known| known.is(name))
    }

    fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|known| known.eq_ignore_ascii_case(column))
    }
}

fn key(name: &SqlName) -> String {
    name.last().to_ascii_lowercase()
}

impl KnownSchema {
    /// Another run begins: what was created before is in use.
    pub(crate) fn begin_run(&mut self) {
        self.runs += 1;
        self.run = self.runs;
        self.new_objects.clear();
    }

    /// Notes what a statement does that is no part of the run.
    pub(crate) fn learn(&mut self, ddl: &Ddl) {
        let run = std::mem::take(&mut self.run);
        let new = self.new_objects.len();
        self.apply(ddl);
        self.new_objects.truncate(new);
        self.run = run;
    }

    pub(crate) fn table(&self, name: &SqlName) -> Option<&KnownTable> {
        self.tables.get(&key(name))?.iter().rev().find(|table| table.name.is(name))
    }

    fn table_mut(&mut self, name: &SqlName) -> Option<&mut KnownTable> {
        self.tables.get_mut(&key(name))?.iter_mut().rev().find(|table| table.name.is(name))
    }

    /// Whether the CREATE TABLE of a table is in the history.
    pub(crate) fn is_created(&self, name: &SqlName) -> bool {
        self.table(name).is_some_and(|table| table.is_created)
    }

    fn parent(&self, name: &SqlName) -> Option<&SqlName> {
        self.table(name)?.partition_of.as_ref().map(|(parent, _)| parent)
    }

    /// Whether a table is a partition of another one, or of one of its partitions.
    pub(crate) fn is_partition_of(&self, name: &SqlName, ancestor: &SqlName) -> bool {
        // No table is a partition of itself, but a text may say so.
        std::iter::successors(self.parent(name), |name| self.parent(name))
            .take(self.tables.len())
            .any(|parent| parent.is(ancestor))
    }

    /// The partition of a table for the rows that no other takes.
    pub(crate) fn default_partition(&self, name: &SqlName) -> Option<&SqlName> {
        let is_it = |table: &&KnownTable| {
            table.partition_of.as_ref().is_some_and(|(of, is_default)| *is_default && of.is(name))
        };
        self.tables.values().flatten().find(is_it).map(|table| &table.name)
    }

    /// Whether the run has created a table or another object of this name.
    pub(crate) fn has_made(&self, name: &SqlName) -> bool {
        self.is_new(name) || self.is_new_object(name)
    }

    /// Whether the run has created a table.
    pub(crate) fn is_new(&self, name: &SqlName) -> bool {
        self.run > 0 && self.table(name).is_some_and(|table| table.created_in == self.run)
    }

    /// Whether the run has created an index, a view or another object.
    pub(crate) fn is_new_object(&self, name: &SqlName) -> bool {
        self.new_objects.iter().any(|new| new.is(name))
    }

    /// Whether only triggers call a function, as far as the history tells.
    pub(crate) fn is_trigger_function(&self, name: &SqlName) -> bool {
        self.trigger_functions.iter().any(|function| function.is(name))
    }

    /// Whether a type is a domain that demands something of its values, as far as the history tells.
    pub(crate) fn is_checked_domain(&self, ty: &TypeName) -> bool {
        self.checked_domains
            .iter()
            .any(|domain| ty.base.rsplit(' ').next().is_some_and(|last| domain.is_called(last)))
    }

    /// The table with a unique index of this name.
    pub(crate) fn table_of_unique_index(&self, name: &SqlName) -> Option<&SqlName> {
        let has_it = |table: &&KnownTable| table.has_unique_index(name);
        self.tables.values().flatten().find(has_it).map(|table| &table.name)
    }

    /// Whether a table has partitions, as far as the history tells.
    pub(crate) fn is_partitioned(&self, name: &SqlName) -> bool {
        self.table(name).is_some_and(|table| table.is_partitioned)
    }

    /// Whether an index is that of a table with partitions.
    pub(crate) fn is_index_of_partitioned(&self, name: &SqlName) -> bool {
        let mut tables = self.tables.values().flatten().filter(|table| table.is_partitioned);
        tables.any(|table| table.indexes.iter().any(|index| index.is_called(name)))
    }

    /// Whether the run has added a column.
    pub(crate) fn is_new_column(&self, table: &SqlName, column: &str) -> bool {
        let is_it =
            |(run, name): &(u32, String)| *run == self.run && name.eq_ignore_ascii_case(column);
        self.table(table).is_some_and(|table| table.added.iter().any(is_it))
    }

    /// A column as it was declared last.
    pub(crate) fn column(&self, table: &SqlName, column: &str) -> Option<&ColumnText> {
        self.table(table)?.columns.iter().find(|known| known.name.is_called(column))
    }

    /// Whether a foreign key of any table may refer to a table; no, if the history has created it and no table that refers to it.
    pub(crate) fn may_be_referenced(&self, name: &SqlName) -> bool {
        let refers = |to: &Option<SqlName>| to.as_ref().is_some_and(|to| to.is(name));
        !self.is_created(name)
            || self.tables.values().flatten().any(|table| {
                table.columns.iter().any(|column| refers(&column.references))
                    || table.constraints.iter().any(|constraint| refers(&constraint.references))
            })
    }

    /// Whether a constraint shows that a column has no NULL: validated, and of no more than that.
    pub(crate) fn has_not_null_check(&self, table: &SqlName, column: &str) -> bool {
        let Some(table) = self.table(table) else { return false };
        table.constraints.iter().any(|constraint| {
            let text = constraint.text.to_ascii_uppercase().replace(['"', '(', ')'], " ");
            let words: Vec<&str> = text.split_whitespace().collect();
            let demand =
                [column.to_ascii_uppercase(), "IS".to_owned(), "NOT".to_owned(), "NULL".to_owned()];
            constraint.kind == DemandKind::Check
                && !constraint.not_valid
                && !words.contains(&"OR")
                && words.windows(4).any(|found| found == demand)
        })
    }

    /// The name of an index that uses a column, and is no constraint.
    pub(crate) fn index_of(&self, table: &SqlName, column: &str) -> Option<&SqlName> {
        let mut indexes = self.table(table)?.indexes.iter();
        indexes.find(|index| index.has(column))?.name.as_ref()
    }

    /// Whether a column is in an index, or in a constraint that has one.
    pub(crate) fn is_indexed(&self, table: &SqlName, column: &str) -> bool {
        let Some(table) = self.table(table) else { return false };
        let is_it = |name: &String| name.eq_ignore_ascii_case(column);
        let has_index = |kind| {
            matches!(kind, DemandKind::PrimaryKey | DemandKind::Unique | DemandKind::Exclude)
        };
        table.indexes.iter().any(|index| index.has(column))
            || table
                .constraints
                .iter()
                .any(|known| has_index(known.kind) && known.columns.iter().any(is_it))
            || table
                .columns
                .iter()
                .any(|known| known.name.is_called(column) && (known.unique || known.primary_key))
    }

    /// The valid CHECK constraints of a table, as they are written.
    pub(crate) fn valid_checks(&self, table: &SqlName) -> impl Iterator<Item = &str> {
        let constraints = self.table(table).into_iter().flat_map(|table| &table.constraints);
        constraints
            .filter(|known| known.kind == DemandKind::Check && !known.not_valid)
            .map(|known| known.text.as_str())
    }

    /// Notes what a statement does.
    pub(crate) fn apply(&mut self, ddl: &Ddl) {
        match ddl {
            Ddl::CreateTable(create) => self.create(create),
            Ddl::AlterTable(alter) => self.alter(alter),
            Ddl::CreateIndex(index) => {
                self.new_objects.extend(index.name.clone());
                self.insert_unknown(&index.table);
                if let Some(table) = self.table_mut(&index.table) {
                    table.indexes.push(KnownIndex {
                        name: index.name.clone(),
                        unique: index.unique,
                        columns: index.columns.clone(),
                    });
                }
            }
            Ddl::CreateObject { kind, name, or_replace } => {
                if kind == "TRIGGER FUNCTION" && !self.is_trigger_function(name) {
                    self.trigger_functions.push(name.clone());
                }
                if kind.ends_with("DOMAIN") {
                    self.checked_domains.retain(|domain| !domain.is(name));
                    self.checked_domains.extend((kind == "CHECKED DOMAIN").then(|| name.clone()));
                }
                if !or_replace {
                    self.new_objects.push(name.clone());
                }
            }
            Ddl::TightenDomain { domain, .. } => self.checked_domains.push(domain.clone()),
            Ddl::CreateEnum(name) => self.new_objects.push(name.clone()),
            Ddl::RenameObject { kind, from, to } => {
                if self.is_trigger_function(from) {
                    self.trigger_functions.push(to.clone());
                }
                if self.is_new_object(from) {
                    self.new_objects.push(to.clone());
                }
                if kind == "INDEX" {
                    self.tables.values_mut().flatten().for_each(|table| table.rename_key(from, to));
                }
            }
            Ddl::Drop(drop) if drop.kind == "TABLE" => {
                drop.names.iter().for_each(|name| self.drop_table(name));
            }
            Ddl::Drop(drop) if drop.kind == "INDEX" => {
                for table in self.tables.values_mut().flatten() {
                    table
                        .indexes
                        .retain(|index| !drop.names.iter().any(|name| index.is_called(name)));
                }
            }
            Ddl::RenameTables(pairs) => {
                pairs.iter().for_each(|(from, to)| self.rename(from, to));
            }
            _ => {}
        }
    }

    fn create(&mut self, create: &CreateTable) {
        // IF NOT EXISTS creates nothing if there is one.
        if create.if_not_exists && self.table(&create.name).is_some() {
            return;
        }
        self.insert(KnownTable {
            name: create.name.clone(),
            created_in: self.run,
            is_created: true,
            columns: create.columns.clone(),
            constraints: create.constraints.clone(),
            charset: create.charset.clone(),
            is_partitioned: create.is_partitioned,
            ..KnownTable::default()
        });
        if let Some(parent) = &create.partition_of {
            self.attach(&create.name, parent, &create.options);
        }
    }

    /// Its partitions go with it.
    fn drop_table(&mut self, name: &SqlName) {
        if let Some(tables) = self.tables.get_mut(&key(name)) {
            tables.retain(|table| !table.name.is(name));
        }
        let is_part = |table: &&KnownTable| {
            table.partition_of.as_ref().is_some_and(|(parent, _)| parent.is(name))
        };
        let parts: Vec<SqlName> =
            self.tables.values().flatten().filter(is_part).map(|part| part.name.clone()).collect();
        parts.iter().for_each(|part| self.drop_table(part));
    }

    fn attach(&mut self, partition: &SqlName, parent: &SqlName, bounds: &str) {
        self.insert_unknown(partition);
        let is_default = is_default_partition(bounds);
        if let Some(table) = self.table_mut(partition) {
            table.partition_of = Some((parent.clone(), is_default));
        }
    }

    fn insert(&mut self, table: KnownTable) {
        self.tables.entry(key(&table.name)).or_default().push(table);
    }

    fn rename(&mut self, from: &SqlName, to: &SqlName) {
        let Some(tables) = self.tables.get_mut(&key(from)) else { return };
        if let Some(at) = tables.iter().rposition(|table| table.name.is(from)) {
            let table = tables.remove(at);
            self.insert(KnownTable { name: to.clone(), ..table });
            for table in self.tables.values_mut().flatten() {
                let columns = table.columns.iter_mut().map(|column| &mut column.references);
                let constraints = table.constraints.iter_mut().map(|known| &mut known.references);
                for references in columns.chain(constraints) {
                    if references.as_ref().is_some_and(|references| references.is(from)) {
                        *references = Some(to.clone());
                    }
                }
                if let Some((parent, _)) = &mut table.partition_of
                    && parent.is(from)
                {
                    *parent = to.clone();
                }
            }
        }
    }

    /// A table that the history uses and has not created.
    fn insert_unknown(&mut self, name: &SqlName) {
        if self.table(name).is_none() {
            self.insert(KnownTable { name: name.clone(), ..KnownTable::default() });
        }
    }

    fn alter(&mut self, alter: &AlterTable) {
        self.insert_unknown(&alter.name);
        let run = self.run;
        for action in &alter.actions {
            match action {
                TableAction::RenameTable(to) => self.rename(&alter.name, to),
                TableAction::AttachPartition { partition, bounds } => {
                    self.attach(partition, &alter.name, bounds);
                }
                TableAction::DetachPartition { partition, .. } => {
                    if let Some(table) = self.table_mut(partition) {
                        table.partition_of = None;
                    }
                }
                _ => {
                    if let Some(table) = self.table_mut(&alter.name) {
                        table.apply(action, run);
                    }
                }
            }
        }
    }
}

impl KnownTable {
    /// Whether a unique index, or a key that has one, is called so.
    pub(crate) fn has_unique_index(&self, name: &SqlName) -> bool {
        let is_key = |known: &ConstraintText| {
            known.kind == DemandKind::Unique
                && known.name.as_ref().is_some_and(|known| known.is(name))
        };
        self.indexes.iter().any(|index| index.unique && index.is_called(name))
            || self.constraints.iter().any(is_key)
    }

    fn apply(&mut self, action: &TableAction, run: u32) {
        let is = |name: &SqlName| {
            let name = name.last().to_owned();
            move |column: &ColumnText| column.name.is_called(&name)
        };
        let find =
            |columns: &mut Vec<ColumnText>, name: &SqlName, change: &dyn Fn(&mut ColumnText)| {
                columns.iter_mut().filter(|column| column.name.is(name)).for_each(change);
            };
        match action {
            TableAction::AddColumn(column) => {
                self.added.push((run, column.name.last().to_owned()));
                self.columns.push(column.clone());
            }
            TableAction::DropColumn { name, .. } => {
                let is = is(name);
                self.columns.retain(|column| !is(column));
            }
            TableAction::RenameColumn { from, to } => {
                find(&mut self.columns, from, &|column| column.name = to.clone());
            }
            TableAction::AlterType { column, ty, .. } => {
                find(&mut self.columns, column, &|known| known.ty = ty.clone());
            }
            TableAction::SetNotNull(column) => {
                find(&mut self.columns, column, &|known| known.not_null = true);
            }
            TableAction::DropNotNull(column) => {
                find(&mut self.columns, column, &|known| known.not_null = false);
            }
            TableAction::DropDefault(column) => {
                find(&mut self.columns, column, &|known| known.default = None);
            }
            TableAction::Modify { from, column } => {
                find(&mut self.columns, from, &|known| *known = column.clone());
            }
            TableAction::AddIndex { unique, name, columns, .. } => self.indexes.push(KnownIndex {
                name: name.clone(),
                unique: *unique,
                columns: columns.clone(),
            }),
            TableAction::AddConstraint(constraint) => self.constraints.push(constraint.clone()),
            TableAction::Validate(name) => {
                for known in &mut self.constraints {
                    if known.name.as_ref().is_some_and(|known| known.is(name)) {
                        known.not_valid = false;
                    }
                }
            }
            TableAction::RenameConstraint { from, to } => self.rename_key(from, to),
            TableAction::DropConstraint(name) => self.drop_key(name),
            TableAction::DropIndex(name) => {
                self.drop_key(name);
                self.indexes.retain(|index| !index.is_called(name));
            }
            TableAction::DefaultCharset(charset) => self.charset = Some(charset.clone()),
            TableAction::Rewrite { to: Some(NewStorage::Charset(charset)), .. } => {
                self.charset = Some(charset.clone());
                // It is that of every column, whatever these had before.
                for column in &mut self.columns {
                    (column.charset, column.collation) = (None, None);
                }
            }
            _ => {}
        }
    }

    /// An index or a constraint gets another name. A name without a schema is one of the same schema.
    fn rename_key(&mut self, from: &SqlName, to: &SqlName) {
        let of_indexes = self.indexes.iter_mut().map(|index| &mut index.name);
        let of_constraints = self.constraints.iter_mut().map(|known| &mut known.name);
        for name in of_indexes.chain(of_constraints) {
            if name.as_ref().is_some_and(|name| name.is(from)) {
                *name = Some(to.clone());
            }
        }
    }

    fn drop_key(&mut self, name: &SqlName) {
        self.constraints.retain(|known| !known.name.as_ref().is_some_and(|known| known.is(name)));
    }
}
