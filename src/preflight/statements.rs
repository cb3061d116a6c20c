//! The statements of the pending migrations, followed one by one: which tables they concern that are in use now, and what they demand of
//! the rows there.

use std::collections::HashMap;

use super::{
    demands::{Demand, RowDemand, RowSource, of_column, of_constraint, of_types},
    partitions::PartitionChanges,
};
use crate::{
    error::{Place, brief},
    graph::Graph,
    lint::{
        CatalogueUses, ColumnText, CreateIndex, CreateTable, Ddl, DropObjects, GeneratedColumn,
        KnownSchema, OpenedStatements, ReadStatement, SqlName, TableAction, catalogue, read,
    },
    sql::{Item, Syntax, split},
};

/// A statement of a pending migration.
#[derive(Debug)]
pub(crate) struct PendingStatement {
    pub(crate) revision: String,
    pub(crate) place: Place,
    pub(crate) ddl: Ddl,
    /// What it does with the catalogue.
    pub(crate) catalogue: CatalogueUses,
    /// It is not known what it does.
    pub(crate) is_unknown: bool,
    /// The text, for a trial.
    pub(crate) text: String,
    /// The tables that it concerns and that are in use now, under the names that they have now. The one that it changes is the first.
    pub(crate) tables: Vec<SqlName>,
    /// Why it may not run: a block or procedure that it is in decides that.
    pub(crate) doubt: Option<&'static str>,
}

/// What the pending migrations would do.
#[derive(Debug, Default)]
pub(crate) struct PendingWork {
    pub(crate) statements: Vec<PendingStatement>,
    pub(crate) demands: Vec<Demand>,
    /// A statement or registered function about which nothing is known.
    pub(crate) not_understood: Vec<(String, Place, String)>,
}

impl PendingWork {
    /// Follows the migrations: those that are applied to know what there is, the others to know what they do.
    pub(crate) fn read(graph: &Graph, pending: &[String], syntax: &Syntax) -> Self {
        let mut walk = PendingReader::default();
        let mut known = KnownSchema::default();
        let mut has_begun = false;
        for migration in graph.iter() {
            let revision = migration.revision();
            let script = migration.up_script();
            let opened =
                OpenedStatements::of(script, &read(script, syntax).unwrap_or_default(), syntax);
            if !pending.iter().any(|pending| pending == revision) {
                opened.statements.iter().for_each(|read| known.learn(&read.ddl));
                continue;
            }
            if !std::mem::replace(&mut has_begun, true) {
                known.begin_run();
            }
            let mut functions = functions(script.text(), syntax);
            for (at, read) in opened.statements.iter().enumerate() {
                let place = Place::new(script.file(), read.statement.line, read.statement.column);
                while functions.first().is_some_and(|(line, _)| *line < place.line) {
                    let (line, name) = functions.remove(0);
                    walk.function(revision, Place::new(script.file(), line, 1), &name);
                }
                if !opened.is_opened[at] {
                    let seen = (opened.doubts[at], catalogue(read.statement.text, syntax));
                    walk.statement((revision, place), read, seen, &known);
                }
                known.apply(&read.ddl);
            }
            for (line, name) in functions {
                walk.function(revision, Place::new(script.file(), line, 1), &name);
            }
        }
        walk.work
    }

    /// The tables in use now that the statements concern, each once.
    pub(crate) fn tables(&self) -> Vec<SqlName> {
        let mut tables: Vec<SqlName> = Vec::new();
        for table in self.statements.iter().flat_map(|statement| &statement.tables) {
            if !tables.iter().any(|known| known.text == table.text) {
                tables.push(table.clone());
            }
        }
        tables
    }
}

/// The registered functions that a script calls, with their lines.
fn functions(text: &str, syntax: &Syntax) -> Vec<(u32, String)> {
    let items = split(text, syntax).unwrap_or_default();
    let function = |item: Item<'_>| match item {
        Item::Run { name, line, .. } => Some((line, name.to_owned())),
        Item::Statement(_) => None,
    };
    items.into_iter().filter_map(function).collect()
}

#[derive(Default)]
struct PendingReader {
    work: PendingWork,
    /// The names that renamed tables have now, by their new names.
    renamed: HashMap<String, SqlName>,
    /// The same for columns, by their table's name now and their new name.
    renamed_columns: HashMap<(String, String), String>,
    /// Where the rows of a table were changed, by its name now.
    changed: HashMap<String, Place>,
    /// Where something was done of which nothing is known.
    unknown: Option<Place>,
    /// What the types of new tables demand of rows, by their names.
    types: HashMap<String, Vec<RowDemand>>,
    partitions: PartitionChanges,
}

fn key(name: &SqlName) -> String {
    name.last().to_ascii_lowercase()
}

/// What changes neither rows nor columns.
const HARMLESS: [&str; 17] = [
    "COMMENT", "GRANT", "REVOKE", "SET", "RESET", "ANALYZE", "PRAGMA", "SHOW", "VACUUM", "ALTER",
    "CREATE", "DROP", "BEGIN", "START", "COMMIT", "END", "REINDEX",
];

/// Of those, what demands something of rows, if it is not understood.
const DEMANDING: [&str; 5] =
    ["ALTER TABLE", "ALTER DOMAIN", "CREATE TABLE", "CREATE UNIQUE", "ALTER IGNORE"];

fn is_harmless(statement: &str) -> bool {
    let upper = statement.to_ascii_uppercase();
    let first = upper.split_whitespace().next().unwrap_or_default();
    HARMLESS.contains(&first) && !DEMANDING.iter().any(|words| upper.starts_with(words))
}

impl PendingReader {
    fn function(&mut self, revision: &str, place: Place, name: &str) {
        self.work.statements.push(PendingStatement {
            revision: revision.to_owned(),
            place: place.clone(),
            ddl: Ddl::Other,
            catalogue: CatalogueUses::default(),
            is_unknown: true,
            text: String::new(),
            tables: Vec::new(),
            doubt: None,
        });
        self.work.not_understood.push((
            revision.to_owned(),
            place.clone(),
            format!("the registered function {name}"),
        ));
        self.unknown.get_or_insert(place);
    }

    /// The name of a table as it is now; none if the run has made it.
    fn now(&self, name: &SqlName, known: &KnownSchema) -> Option<SqlName> {
        match self.renamed.get(&key(name)) {
            Some(old) => Some(old.clone()),
            None if known.is_new(name) => None,
            None => Some(name.clone()),
        }
    }

    fn statement(
        &mut self,
        (revision, place): (&str, Place),
        read: &ReadStatement<'_>,
        (may_not_run, catalogue): (Option<&'static str>, CatalogueUses),
        known: &KnownSchema,
    ) {
        let ddl = &read.ddl;
        let tables = concerned(ddl).into_iter().filter_map(|name| self.now(name, known)).collect();
        let text = brief(read.statement.text);
        let kept = catalogue.kept.clone();
        let runs = kept.map(|kept| (kept.name.clone(), RowSource::Table, RowDemand::Runs(kept)));
        for (table, source, demand) in self.demands(ddl, known).into_iter().chain(runs) {
            let doubt = match &demand {
                // Which table is the default partition, the database says.
                RowDemand::NotInDefault(_) => self.doubt_of_any(),
                RowDemand::NoOverlap(_) => self.partitions.doubt(&table),
                RowDemand::Runs(kept) if kept.optional => {
                    Some(format!("nothing is computed if {table} exists by then"))
                }
                RowDemand::Runs(_) => self.doubt_of_any(),
                _ => self.doubt(&table),
            };
            let doubts = may_not_run.map(str::to_owned).into_iter().chain(doubt);
            let doubt = doubts.reduce(|one, other| format!("{one}; {other}"));
            let (revision, place) = (revision.to_owned(), place.clone());
            self.work.demands.push(Demand { revision, place, table, source, demand, doubt });
        }
        self.take_note(ddl, &place, &text, revision, known);
        let first = text.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        let is_unknown = matches!(ddl, Ddl::Hidden(_))
            || matches!(first.as_str(), "DO" | "CALL" | "EXECUTE" | "COPY");
        self.work.statements.push(PendingStatement {
            revision: revision.to_owned(),
            place,
            ddl: ddl.clone(),
            catalogue,
            is_unknown,
            text: read.statement.text.to_owned(),
            tables,
            doubt: may_not_run,
        });
    }

    /// Why the rows of a table may be others by the time the statement runs.
    fn doubt(&self, table: &SqlName) -> Option<String> {
        let changed = self.changed.get(&key(table)).map(|place| (table.text.as_str(), place));
        self.doubt_by(changed)
    }

    /// Why the rows of any table may be others by the time the statement runs.
    fn doubt_of_any(&self) -> Option<String> {
        let tables = self.changed.iter().map(|(table, place)| (table.as_str(), place));
        self.doubt_by(tables.min_by_key(|(table, _)| *table))
    }

    /// The reason, if rows of a table were changed there, or if something is not known.
    fn doubt_by(&self, changed: Option<(&str, &Place)>) -> Option<String> {
        if let Some((table, place)) = changed {
            return Some(format!("{place} changes rows of {table} before, which may repair them"));
        }
        let place = self.unknown.as_ref()?;
        Some(format!("what {place} does before is not known, and may repair them"))
    }

    /// What a statement demands of existing rows.
    fn demands(&self, ddl: &Ddl, known: &KnownSchema) -> Vec<(SqlName, RowSource, RowDemand)> {
        let mut found = Vec::new();
        match ddl {
            Ddl::AlterTable(alter) => {
                let demands = self.partitions.of_alter(alter, &|name| self.now(name, known));
                found.extend(demands.map(|(table, demand)| (table, RowSource::Table, demand)));
                let Some(table) = self.now(&alter.name, known) else { return found };
                if alter.ignore {
                    let why = "with IGNORE, the server deletes or changes rows that are in the way without a word";
                    let demand = RowDemand::Unreadable(why.to_owned());
                    found.push((table.clone(), RowSource::Table, demand));
                }
                for action in &alter.actions {
                    for demand in of_action(action, &alter.name, known) {
                        let is_new = |column: &str| known.is_new_column(&alter.name, column);
                        let demand = self.in_old_names(&table, demand, &is_new);
                        found.push((table.clone(), RowSource::Table, demand));
                    }
                }
            }
            Ddl::CreateTable(CreateTable { partition_of: Some(parent), options, .. }) => {
                let Some(parent) = self.now(parent, known) else { return found };
                let demands = self.partitions.of_new(&parent, options);
                found.extend(demands.map(|demand| (parent.clone(), RowSource::Table, demand)));
            }
            Ddl::CreateIndex(index) if !index.unique => {
                let Some(table) = self.now(&index.table, known) else { return found };
                let demands = of_index(index, known).into_iter();
                let demands = demands.map(|demand| self.in_old_names(&table, demand, &|_| false));
                found.extend(demands.map(|demand| (table.clone(), RowSource::Table, demand)));
            }
            Ddl::CreateIndex(index) => {
                let Some(table) = self.now(&index.table, known) else { return found };
                let demand = match &index.parts {
                    Some(parts) => RowDemand::Unique {
                        columns: parts.clone(),
                        predicate: index.predicate.clone(),
                        nulls_are_equal: index.nulls_are_equal,
                        is_primary: false,
                    },
                    None => RowDemand::Unreadable(
                        "the index has options that preflight does not understand".to_owned(),
                    ),
                };
                let is_new = |column: &str| known.is_new_column(&index.table, column);
                found.push((
                    table.clone(),
                    RowSource::Table,
                    self.in_old_names(&table, demand, &is_new),
                ));
            }
            // Rows that are copied into a table that the run has made: a rebuild.
            Ddl::Insert { table, columns, query: Some(query) } if known.is_new(table) => {
                let Some(new) = known.table(table) else { return found };
                let all: Vec<String> =
                    new.columns.iter().map(|column| column.name.last().to_owned()).collect();
                let columns = if columns.is_empty() { all } else { columns.clone() };
                let source = RowSource::Query { query: query.clone(), columns };
                let of_columns = new.columns.iter().flat_map(of_column);
                let of_constraints = new.constraints.iter().flat_map(of_constraint);
                let of_types = self.types.get(&key(table)).cloned().unwrap_or_default();
                for demand in of_columns.chain(of_constraints).chain(of_types) {
                    found.push((table.clone(), source.clone(), demand));
                }
            }
            _ => {}
        }
        found
    }

    /// A demand in the names that columns have now; what is about a column that the run adds cannot be known.
    fn in_old_names(
        &self,
        table: &SqlName,
        demand: RowDemand,
        is_new: &dyn Fn(&str) -> bool,
    ) -> RowDemand {
        let columns = demand.columns();
        if let Some(new) = columns.iter().find(|column| is_new(column)) {
            return RowDemand::Unreadable(format!("the run adds the column {new}"));
        }
        demand.with_columns(|column| {
            let renamed = (key(table), column.to_ascii_lowercase());
            self.renamed_columns.get(&renamed).cloned().unwrap_or_else(|| column.to_owned())
        })
    }

    /// What later statements have to know.
    fn take_note(
        &mut self,
        ddl: &Ddl,
        place: &Place,
        text: &str,
        revision: &str,
        known: &KnownSchema,
    ) {
        self.partitions.take_note(ddl, place);
        match ddl {
            Ddl::Update { table, .. } | Ddl::Delete { table, .. } | Ddl::Insert { table, .. } => {
                if let Some(table) = self.now(table, known) {
                    self.changed.entry(key(&table)).or_insert_with(|| place.clone());
                }
            }
            Ddl::Drop(drop) if drop.kind != "TABLE" => {}
            Ddl::Truncate { tables, .. } | Ddl::Drop(DropObjects { names: tables, .. }) => {
                for table in
                    tables.iter().filter_map(|table| self.now(table, known)).collect::<Vec<_>>()
                {
                    self.changed.entry(key(&table)).or_insert_with(|| place.clone());
                }
            }
            Ddl::CreateTable(create) => {
                self.types.insert(key(&create.name), of_types(create));
            }
            Ddl::RenameTables(pairs) => {
                for (from, to) in pairs {
                    self.rename(from, to, known);
                }
            }
            Ddl::AlterTable(alter) => {
                let is_unknown = |action: &TableAction| {
                    matches!(action, TableAction::Other | TableAction::SetSchema(_))
                };
                if alter.actions.iter().any(is_unknown) && self.now(&alter.name, known).is_some() {
                    let what = (revision.to_owned(), place.clone(), text.to_owned());
                    self.work.not_understood.push(what);
                }
                for action in &alter.actions {
                    match action {
                        TableAction::RenameTable(to) => self.rename(&alter.name, to, known),
                        TableAction::RenameColumn { from, to } => {
                            self.rename_column(&alter.name, from, to, known);
                        }
                        _ => {}
                    }
                }
            }
            Ddl::Other | Ddl::Hidden(_) | Ddl::MoveObject { .. } | Ddl::TightenDomain { .. }
                if !is_harmless(text) =>
            {
                self.work.not_understood.push((
                    revision.to_owned(),
                    place.clone(),
                    text.to_owned(),
                ));
                self.unknown.get_or_insert_with(|| place.clone());
            }
            _ => {}
        }
    }

    fn rename(&mut self, from: &SqlName, to: &SqlName, known: &KnownSchema) {
        if let Some(now) = self.now(from, known) {
            self.renamed.remove(&key(from));
            self.renamed.insert(key(to), now);
        }
    }

    fn rename_column(
        &mut self,
        table: &SqlName,
        from: &SqlName,
        to: &SqlName,
        known: &KnownSchema,
    ) {
        let Some(table) = self.now(table, known) else { return };
        let old = self.renamed_columns.remove(&(key(&table), key(from)));
        let old = old.unwrap_or_else(|| from.last().to_owned());
        self.renamed_columns.insert((key(&table), key(to)), old);
    }
}

/// What an action of ALTER TABLE demands.
fn of_action(action: &TableAction, table: &SqlName, known: &KnownSchema) -> Vec<RowDemand> {
    match action {
        TableAction::SetNotNull(column) => vec![RowDemand::NotNull(column.last().to_owned())],
        TableAction::AddColumn(column) => of_new_column(column),
        TableAction::AlterType { column, ty, using, .. } => vec![RowDemand::Fits {
            column: column.last().to_owned(),
            ty: ty.clone(),
            charset: None,
            using: using.clone(),
        }],
        TableAction::Modify { from, column } => {
            let name = from.last().to_owned();
            let mut demands = vec![RowDemand::Fits {
                column: name.clone(),
                ty: column.declared_type(),
                charset: column.charset.clone(),
                using: None,
            }];
            if column.not_null {
                demands.push(RowDemand::NotNull(name));
            }
            demands
        }
        TableAction::AddConstraint(constraint) if !constraint.not_valid => {
            of_constraint(constraint)
        }
        TableAction::Rewrite { words: text, .. } if begins_with(text, "PARTITION BY") => {
            vec![RowDemand::SomePartition(text.clone())]
        }
        // It gives values another form, or rows another place, that not all of them have.
        TableAction::Rewrite { words: text, .. }
            if begins_with(text, "CONVERT TO") || begins_with(text, "REORGANIZE PARTITION") =>
        {
            vec![RowDemand::Unreadable(format!(
                "no query of ambix finds the rows of {table} for which the server refuses {text}"
            ))]
        }
        TableAction::Validate(name) => {
            let known = known.table(table).into_iter().flat_map(|table| &table.constraints);
            let is_it =
                |other: &Option<SqlName>| other.as_ref().is_some_and(|other| other.is(name));
            match known.into_iter().find(|constraint| is_it(&constraint.name)) {
                Some(constraint) => of_constraint(constraint),
                None => vec![RowDemand::Unreadable(format!(
                    "no migration says what the constraint {name} demands"
                ))],
            }
        }
        _ => Vec::new(),
    }
}

/// What a new column demands.
fn of_new_column(column: &ColumnText) -> Vec<RowDemand> {
    let has_default =
        column.default.as_deref().is_some_and(|text| !text.eq_ignore_ascii_case("NULL"));
    let fills_itself = column.identity
        || column.auto_increment
        || column.generated.is_some()
        || column.ty.base.contains("SERIAL");
    let demands_a_value = column.not_null || column.primary_key;
    let name = column.name.last();
    let is_constrained =
        column.unique || column.primary_key || column.check || column.references.is_some();
    if let Some(expression) = &column.computed {
        let is_stored = column.generated == Some(GeneratedColumn::Stored);
        let computes = is_stored.then(|| RowDemand::Computes {
            expression: format!("CAST(({expression}) AS {})", column.ty.text),
            what: format!("the new column {name}"),
        });
        let stores = is_stored.then(|| RowDemand::StoredColumn(name.to_owned()));
        let gives_value = demands_a_value.then(|| RowDemand::GivesValue {
            expression: expression.clone(),
            column: name.to_owned(),
            is_stored,
        });
        return computes.into_iter().chain(stores).chain(gives_value).collect();
    }
    if has_default && !is_constant(column.default.as_deref().unwrap_or_default()) {
        let mut demands = vec![RowDemand::ConstantDefault(name.to_owned())];
        if is_constrained {
            demands.push(RowDemand::Unreadable(refusing(name)));
        }
        return demands;
    }
    let is_about = |text: &String| !text.to_ascii_lowercase().contains(&name.to_ascii_lowercase());
    let needs_value = demands_a_value && !has_default && !fills_itself;
    let check = column.check_text.as_ref().filter(|text| is_about(text) && !needs_value);
    if let Some(check) = check {
        return vec![RowDemand::Check(check.clone())];
    }
    if needs_value {
        vec![RowDemand::NoRows(name.to_owned())]
    } else if has_default && is_constrained {
        vec![RowDemand::Unreadable(refusing(name))]
    } else {
        Vec::new()
    }
}

/// What an index demands that is not unique.
fn of_index(index: &CreateIndex, known: &KnownSchema) -> Vec<RowDemand> {
    let tail = index.tail.to_ascii_uppercase();
    let is_new = |column: &String| known.is_new_column(&index.table, column);
    if index.columns.iter().any(is_new) {
        return Vec::new();
    }
    let is_tree = !tail.contains("USING") || tail.contains("USING BTREE");
    let row = is_tree.then(|| RowDemand::IndexRow(index.columns.clone()));
    let is_expression = |part: &&String| part.contains('(');
    let parts = index.parts.iter().flatten().filter(is_expression);
    let computed = parts.map(|part| RowDemand::Computes {
        expression: part.clone(),
        what: format!("the index on {part}"),
    });
    row.into_iter().chain(computed).collect()
}

fn refusing(column: &str) -> String {
    format!(
        "the run adds the column {column} with a default, and with a constraint that may refuse it"
    )
}

/// Whether a default is the same for all rows, whenever it is asked for.
fn is_constant(default: &str) -> bool {
    let upper = default.to_ascii_uppercase();
    let is_called = default.contains('(') && !default.starts_with('\'');
    !(is_called || default.starts_with('(') || upper.starts_with("CURRENT_"))
}

fn begins_with(text: &str, words: &str) -> bool {
    text.get(..words.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(words))
}

/// The tables that a statement concerns, the one that it changes first.
fn concerned(ddl: &Ddl) -> Vec<&SqlName> {
    match ddl {
        Ddl::AlterTable(alter) => {
            let mut tables = vec![&alter.name];
            for action in &alter.actions {
                match action {
                    TableAction::AddConstraint(constraint) => tables.extend(&constraint.references),
                    TableAction::AddColumn(column) => tables.extend(&column.references),
                    // It is the other table whose rows are read.
                    TableAction::AttachPartition { partition: with, .. }
                    | TableAction::ExchangePartition { with, .. } => tables.insert(0, with),
                    _ => {}
                }
            }
            tables
        }
        Ddl::CreateTable(create) => {
            let of_columns = create.columns.iter().filter_map(|column| column.references.as_ref());
            let of_constraints =
                create.constraints.iter().filter_map(|constraint| constraint.references.as_ref());
            of_columns.chain(of_constraints).filter(|table| !table.is(&create.name)).collect()
        }
        Ddl::CreateIndex(index) => vec![&index.table],
        Ddl::Drop(drop) if drop.kind == "TABLE" => drop.names.iter().collect(),
        Ddl::Drop(drop) => drop.on.iter().collect(),
        Ddl::RenameTables(pairs) => pairs.iter().map(|(from, _)| from).collect(),
        Ddl::Truncate { tables, .. } | Ddl::RewriteTable { tables, .. } => tables.iter().collect(),
        Ddl::Update { table, .. } | Ddl::Delete { table, .. } | Ddl::Insert { table, .. } => {
            vec![table]
        }
        Ddl::LockTable(tables) => tables.iter().collect(),
        _ => Vec::new(),
    }
}
