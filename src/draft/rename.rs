//! Declared renames: what they mean for the current schema. It is pure.
//!
//! A rename is never guessed. It is declared at a model, or given with the command; it counts where the old name is there and
//! the new one is not, so that a declaration may stay in the models after it was carried out.

use std::{collections::BTreeMap, ops::Range};

use super::{
    expression::{has_text, replace_name, replace_text},
    spelling::Spelling,
};
use crate::{
    change::Change,
    error::{Error, Result},
    schema::{Column, DefaultValue, ForeignKey, Index, IndexKey, Name, Schema, Table, Type},
    sql::Syntax,
};

/// What the database knows of names.
pub(super) struct SqlNames<'a> {
    pub syntax: &'a Syntax,
    pub quote: &'a dyn Fn(&str) -> String,
    pub literal: &'a dyn Fn(&str) -> String,
    pub enum_types: bool,
}

/// Old names and new ones.
type Pairs = Vec<(String, String)>;

/// What was renamed, as it is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Renames {
    pub tables: Vec<(Name, Name)>,
    /// By the table's new name.
    pub columns: Vec<(Name, String, String)>,
    pub enums: Vec<(Name, Name)>,
    /// By the type's new name.
    pub values: Vec<(Name, Pairs)>,
    /// Columns with values that are called otherwise, where no type lists them.
    pub column_values: Vec<(Name, String, Pairs)>,
    /// Those of the tables, columns and enums that were given with the command. Each has to be carried out.
    pub given: [Range<usize>; 3],
    /// Indexes and constraints that were given, by their table's new name.
    pub parts: Vec<(Name, String, String)>,
}

impl Renames {
    /// What the models declare.
    pub(super) fn of_models(models: &Schema) -> Self {
        let mut renames = Self::default();
        for table in &models.tables {
            if let Some(old) = &table.renamed_from {
                let old = Name { schema: table.name.schema.clone(), name: old.clone() };
                renames.tables.push((old, table.name.clone()));
            }
            for column in &table.columns {
                if let Some(old) = &column.renamed_from {
                    let wish = (table.name.clone(), old.clone(), column.name.clone());
                    renames.columns.push(wish);
                }
                if let Some(value) = column.ty.enum_type().filter(|e| !e.renamed_values.is_empty())
                {
                    let renamed = value.renamed_values.clone();
                    let wish = (table.name.clone(), column.name.clone(), renamed);
                    renames.column_values.push(wish);
                }
            }
        }
        for value in &models.enums {
            if let Some(old) = &value.renamed_from {
                let old = Name { schema: value.name.schema.clone(), name: old.clone() };
                renames.enums.push((old, value.name.clone()));
            }
            if !value.renamed_values.is_empty() {
                renames.values.push((value.name.clone(), value.renamed_values.clone()));
            }
        }
        renames
    }

    /// With one that was given in words: `users.name` and `full_name`, or `people` and `users`.
    pub(super) fn add(
        &mut self,
        from: &str,
        to: &str,
        current: &Schema,
        spelling: &Spelling<'_>,
    ) -> Result<()> {
        let from_name = name(from);
        if let Some(table) = spelling.find(current, &from_name) {
            let to = Name { schema: name(to).schema.or(table.name.schema.clone()), ..name(to) };
            self.tables.push((table.name.clone(), to));
            give(&mut self.given[0], self.tables.len());
            return Ok(());
        }
        if current.enums.iter().any(|value| value.name == from_name) {
            self.enums.push((from_name, name(to)));
            give(&mut self.given[2], self.enums.len());
            return Ok(());
        }
        let unknown = || Error::Argument {
            argument: "rename",
            given: format!("{from}={to}"),
            problem: format!(
                "cannot rename {from} to {to}: there is no table, type or column {from} in the database; write TABLE=NEW, or \
                     TABLE.COLUMN=NEW with the table's name as it is now; nothing was written"
            ),
        };
        let (table, column) = from.rsplit_once('.').ok_or_else(unknown)?;
        // As it is now, or as it is called after a rename that was declared before.
        let table = name(table);
        let was = self.tables.iter().find(|(_, new)| *new == table).map(|(old, _)| old);
        let found = spelling.find(current, &table).or_else(|| current.find_table(was?));
        let table = found.ok_or_else(unknown)?;
        let to = to.rsplit_once('.').map_or(to, |(_, column)| column);
        let new_table = self.tables.iter().find(|(old, _)| *old == table.name);
        let new_table = new_table.map_or(&table.name, |(_, new)| new).clone();
        if let Some(column) = spelling.column(table, column) {
            self.columns.push((new_table, column.to_owned(), to.to_owned()));
            give(&mut self.given[1], self.columns.len());
        } else if has_part(table, column, spelling) {
            // The same content under two names is renamed without being asked: nothing can be lost by that.
            self.parts.push((new_table, column.to_owned(), to.to_owned()));
        } else {
            return Err(unknown());
        }
        Ok(())
    }
}

/// The last of so many was given as well.
fn give(given: &mut Range<usize>, count: usize) {
    *given = if given.start == given.end { count - 1..count } else { given.start..count };
}

/// A name as it is written: `schema.name` or `name`.
pub(super) fn name(text: &str) -> Name {
    match text.split_once('.') {
        Some((schema, name)) => Name::in_schema(schema, name),
        None => Name::new(text),
    }
}

/// Whether it has an index or a constraint of this name.
pub(super) fn has_part(table: &Table, name: &str, spelling: &Spelling<'_>) -> bool {
    let key = table.primary_key.as_ref().and_then(|key| key.name.as_deref());
    key.is_some_and(|key| spelling.same_part(key, name))
        || spelling.has_part(&table.uniques, name)
        || spelling.has_part(&table.indexes, name)
        || spelling.has_part(&table.foreign_keys, name)
        || spelling.has_part(&table.checks, name)
        || spelling.has_part(&table.exclusions, name)
}

/// Carries out on paper the renames that are not done yet: the current schema under its new names, and the changes.
pub(super) fn apply(
    current: &Schema,
    desired: &Schema,
    renames: &Renames,
    names: &SqlNames<'_>,
) -> (Schema, Vec<Change>) {
    let mut renamer = Renamer { schema: current.clone(), changes: Vec::new(), names };
    for (old, new) in &renames.enums {
        renamer.enum_type(old, new, desired);
    }
    if names.enum_types {
        renamer.enums_aside(desired);
    }
    renamer.tables(renames, desired);
    renamer.columns(renames, desired);
    if names.enum_types {
        for (value, renamed) in &renames.values {
            renamer.values(value, renamed);
        }
    }
    (renamer.schema, renamer.changes)
}

struct Renamer<'a> {
    schema: Schema,
    changes: Vec<Change>,
    names: &'a SqlNames<'a>,
}

impl Renamer<'_> {
    /// In an order in which each new name is free: one may be the old name of another.
    fn tables(&mut self, renames: &Renames, desired: &Schema) {
        let mut open: Vec<(Name, Name, bool)> = Vec::new();
        for (at, (old, new)) in renames.tables.iter().enumerate() {
            open.push((old.clone(), new.clone(), renames.given[0].contains(&at)));
        }
        loop {
            let before = open.len();
            open.retain(|(old, new, _)| {
                let is_free = self.schema.find_table(new).is_none();
                let is_due = is_free && desired.find_table(new).is_some();
                !(is_due && self.table(old, new))
            });
            if open.len() < before {
                continue;
            }
            // Names that are swapped: one of them goes aside.
            let is_next = |name: &Name| open.iter().any(|(old, ..)| old == name);
            let Some(at) = open.iter().position(|(_, new, given)| *given && is_next(new)) else {
                return;
            };
            let aside = Name { name: aside(&open[at].0.name), ..open[at].0.clone() };
            if !self.table(&open[at].0, &aside) {
                return;
            }
            open[at].0 = aside;
        }
    }

    /// The same for columns.
    fn columns(&mut self, renames: &Renames, desired: &Schema) {
        let mut open: Vec<(Name, String, String, bool)> = Vec::new();
        for (at, (table, old, new)) in renames.columns.iter().enumerate() {
            let given = renames.given[1].contains(&at);
            open.push((table.clone(), old.clone(), new.clone(), given));
        }
        loop {
            let before = open.len();
            open.retain(|(table, old, new, _)| {
                let wanted = desired.find_table(table).and_then(|table| table.find_column(new));
                !(wanted.is_some() && self.column(table, old, new))
            });
            if open.len() < before {
                continue;
            }
            let is_next = |table: &Name, name: &str| {
                open.iter().any(|(of, old, ..)| of == table && old == name)
            };
            let is_in_turn = |(table, _, new, given): &(Name, String, String, bool)| {
                *given && is_next(table, new)
            };
            let Some(at) = open.iter().position(is_in_turn) else {
                return;
            };
            let (table, old, ..) = &open[at];
            let aside = aside(old);
            if !self.column(&table.clone(), &old.clone(), &aside) {
                return;
            }
            open[at].1 = aside;
        }
    }

    /// Whether there was such a table, and the name was free.
    fn table(&mut self, old: &Name, new: &Name) -> bool {
        let is_there = |name: &Name| self.schema.find_table(name).is_some();
        if !is_there(old) || is_there(new) {
            return false;
        }
        for table in &mut self.schema.tables {
            if table.name == *old {
                table.name.clone_from(new);
            }
            let given = table.given.iter_mut().flat_map(|given| &mut given.foreign_keys);
            let keys = table.foreign_keys.iter_mut().chain(given);
            for key in keys.filter(|key| key.references == *old) {
                key.references.clone_from(new);
            }
            for parent in table.inherits.iter_mut().filter(|parent| *parent == old) {
                parent.clone_from(new);
            }
        }
        for used in self.schema.uncovered.iter_mut().flat_map(|u| &mut u.uses) {
            if used.table == *old {
                used.table.clone_from(new);
            }
        }
        for thing in self.schema.belongings.iter_mut().filter(|thing| thing.of == *old) {
            thing.of.clone_from(new);
        }
        for (owner, _) in self.schema.sequences.iter_mut().filter_map(|s| s.owned_by.as_mut()) {
            if owner == old {
                owner.clone_from(new);
            }
        }
        self.changes.push(Change::RenameTable { from: old.clone(), to: new.clone() });
        true
    }

    /// The same for a column.
    fn column(&mut self, table: &Name, old: &str, new: &str) -> bool {
        let Some(at) = self.schema.tables.iter().position(|known| known.name == *table) else {
            return false;
        };
        let of = &self.schema.tables[at];
        if of.find_column(old).is_none() || of.find_column(new).is_some() {
            return false;
        }
        let mut all = self.schema.descendants(table);
        all.push(table.clone());
        for other in self.schema.tables.iter_mut().filter(|other| all.contains(&other.name)) {
            rename_column(other, old, new, self.names);
            if let Some(given) = &mut other.given {
                rename_column(given, old, new, self.names);
            }
        }
        for other in &mut self.schema.tables {
            let given = other.given.iter_mut().flat_map(|given| &mut given.foreign_keys);
            let keys = other.foreign_keys.iter_mut().chain(given);
            for key in keys.filter(|key| all.contains(&key.references)) {
                swap(&mut key.referenced, old, new);
            }
        }
        for used in self.schema.uncovered.iter_mut().flat_map(|u| &mut u.uses) {
            if used.table == *table && used.column.as_deref() == Some(old) {
                used.column = Some(new.to_owned());
            }
        }
        for owner in self.schema.sequences.iter_mut().filter_map(|s| s.owned_by.as_mut()) {
            if owner.0 == *table && owner.1 == old {
                new.clone_into(&mut owner.1);
            }
        }
        self.changes.push(Change::RenameColumn {
            table: table.clone(),
            from: old.to_owned(),
            to: new.to_owned(),
        });
        true
    }

    fn enum_type(&mut self, old: &Name, new: &Name, desired: &Schema) {
        let is_there = |schema: &Schema, name: &Name| schema.enums.iter().any(|e| e.name == *name);
        if !is_there(&self.schema, old) || is_there(&self.schema, new) || !is_there(desired, new) {
            return;
        }
        self.rename_enum(old, new);
    }

    /// A type that goes, and whose name a new table has, goes aside until nothing has it any more.
    fn enums_aside(&mut self, desired: &Schema) {
        let goes = |name: &Name| !desired.enums.iter().any(|value| value.name == *name);
        let is_taken = |schema: &Schema, name: &Name| schema.find_table(name).is_some();
        let names = self.schema.enums.iter().map(|value| value.name.clone());
        let is_in_the_way =
            |name: &Name| goes(name) && is_taken(desired, name) && !is_taken(&self.schema, name);
        let moving: Vec<Name> = names.filter(is_in_the_way).collect();
        for name in moving {
            let new = Name { name: aside(&name.name), ..name.clone() };
            self.rename_enum(&name, &new);
        }
    }

    fn rename_enum(&mut self, old: &Name, new: &Name) {
        for value in self.schema.enums.iter_mut().filter(|value| value.name == *old) {
            value.name.clone_from(new);
        }
        for used in self.schema.uncovered.iter_mut().flat_map(|u| &mut u.uses) {
            if used.table == *old {
                used.table.clone_from(new);
            }
        }
        for thing in self.schema.belongings.iter_mut().filter(|thing| thing.of == *old) {
            thing.of.clone_from(new);
        }
        let names = self.names;
        for table in &mut self.schema.tables {
            let renamed =
                |text: &str| replace_name(text, &old.name, &new.name, names.syntax, names.quote);
            for column in &mut table.columns {
                if let Type::Sql(sql) = &mut column.ty {
                    sql.text = renamed(&sql.text);
                }
            }
            // A column of the same name is no cast; what is taken for one costs a constraint recreated, no more.
            let own = table.find_column(&old.name).is_some();
            each_expression(table, &mut |expression| {
                if !own {
                    *expression = renamed(expression);
                }
            });
        }
        self.changes.push(Change::RenameEnum { from: old.clone(), to: new.clone() });
    }

    fn values(&mut self, name: &Name, renamed: &[(String, String)]) {
        let Some(value) = self.schema.enums.iter_mut().find(|value| value.name == *name) else {
            return;
        };
        let from = value.clone();
        let is_due = |(old, new): &&(String, String)| {
            from.values.contains(old) && !from.values.contains(new)
        };
        let due: Vec<(String, String)> = renamed.iter().filter(is_due).cloned().collect();
        if due.is_empty() {
            return;
        }
        for (old, new) in &due {
            swap(&mut value.values, old, new);
        }
        let to = value.clone();
        let names = self.names;
        for table in &mut self.schema.tables {
            let has_type = |column: &Column| column.ty.text().contains(&name.name);
            if !table.columns.iter().any(has_type) {
                continue;
            }
            each_expression(table, &mut |expression| {
                for (old, new) in &due {
                    let (old, new) = ((names.literal)(old), (names.literal)(new));
                    *expression = replace_text(expression, &old, &new, names.syntax);
                }
            });
        }
        self.changes.push(Change::AlterEnum { from, to, renamed: due, rebuild: false });
    }
}

/// What something is called until nothing else has the name that it gets.
fn aside(name: &str) -> String {
    // A name has at most 63 bytes.
    let beginning: String = name.chars().take(13).collect();
    let beginning = if name.len() > 52 { &beginning } else { name };
    format!("{beginning}_ambix_old")
}

fn swap(names: &mut [String], old: &str, new: &str) {
    for name in names.iter_mut().filter(|name| *name == old) {
        new.clone_into(name);
    }
}

fn rename_column(table: &mut Table, old: &str, new: &str, names: &SqlNames<'_>) {
    for column in table.columns.iter_mut().filter(|column| column.name == old) {
        new.clone_into(&mut column.name);
    }
    if let Some(key) = &mut table.primary_key {
        swap(&mut key.columns, old, new);
        swap(&mut key.include, old, new);
    }
    for unique in &mut table.uniques {
        swap(&mut unique.columns, old, new);
        swap(&mut unique.include, old, new);
    }
    for key in &mut table.foreign_keys {
        rename_in_key(key, old, new);
    }
    for index in &mut table.indexes {
        rename_in_index(index, old, new);
    }
    for check in table.checks.iter_mut().filter(|check| check.column.as_deref() == Some(old)) {
        check.column = Some(new.to_owned());
    }
    // MySQL's tables have it among their options.
    for key in table.partition_by.iter_mut().chain(table.options.get_mut("partition_by")) {
        *key = replace_name(key, old, new, names.syntax, names.quote);
    }
    each_expression(table, &mut |expression| {
        *expression = replace_name(expression, old, new, names.syntax, names.quote);
    });
}

fn rename_in_key(key: &mut ForeignKey, old: &str, new: &str) {
    swap(&mut key.columns, old, new);
    swap(&mut key.on_delete_columns, old, new);
}

fn rename_in_index(index: &mut Index, old: &str, new: &str) {
    swap(&mut index.include, old, new);
    for part in &mut index.parts {
        if let IndexKey::Column(name) = &mut part.key
            && name == old
        {
            new.clone_into(name);
        }
    }
}

/// Shows every expression of a table.
pub(super) fn each_expression(table: &mut Table, see: &mut dyn FnMut(&mut String)) {
    for column in &mut table.columns {
        if let Some(DefaultValue::Sql(expression)) = &mut column.default {
            see(expression);
        }
        if let Some(generated) = &mut column.generated {
            see(&mut generated.expression);
        }
    }
    table.bound.iter_mut().for_each(&mut *see);
    table.checks.iter_mut().for_each(|check| see(&mut check.expression));
    table.exclusions.iter_mut().for_each(|exclusion| see(&mut exclusion.definition));
    for index in &mut table.indexes {
        index.predicate.iter_mut().for_each(&mut *see);
        for part in &mut index.parts {
            if let IndexKey::Expression(expression) = &mut part.key {
                see(expression);
            }
        }
    }
}

/// Values that are called otherwise in columns without a type of its own: the column is altered, whatever else happens to it.
pub(super) fn column_values(
    renames: &Renames,
    current: &Schema,
    desired: &Schema,
    changes: &mut Vec<Change>,
    names: &SqlNames<'_>,
) {
    if names.enum_types {
        return;
    }
    for (table, column, renamed) in &renames.column_values {
        let Some(from) = current.find_table(table) else { continue };
        let Some(to) = desired.find_table(table).and_then(|t| t.find_column(column)) else {
            continue;
        };
        let Some(of) = from.find_column(column) else { continue };
        let listed = |value: &str| {
            let literal = (names.literal)(value);
            has_text(of.ty.text(), &literal, names.syntax)
                || from.checks.iter().any(|check| {
                    super::expression::mentions(&check.expression, column, names.syntax)
                        && has_text(&check.expression, &literal, names.syntax)
                })
        };
        let due: BTreeMap<String, String> =
            renamed.iter().filter(|(old, new)| listed(old) && !listed(new)).cloned().collect();
        if due.is_empty() {
            continue;
        }
        let due: Vec<(String, String)> = due.into_iter().collect();
        let altered = changes.iter_mut().find_map(|change| match change {
            Change::AlterColumn { table: of, to, renamed_values, .. }
                if of == table && to.name == *column =>
            {
                Some(renamed_values)
            }
            _ => None,
        });
        match altered {
            Some(renamed_values) => *renamed_values = due,
            None => changes.push(Change::AlterColumn {
                table: table.clone(),
                from: of.clone(),
                to: to.clone(),
                fill: None,
                renamed_values: due,
            }),
        }
    }
}

/// What is dropped and what is added that looks like it.
pub(super) fn candidates(changes: &[Change]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for change in changes {
        match change {
            Change::DropColumn { table, column, .. } if column.generated.is_none() => {
                for other in changes {
                    if let Change::AddColumn { table: of, column: new, .. } = other
                        && of == table
                        && new.ty == column.ty
                        && new.name != column.name
                    {
                        found.push((format!("{table}.{}", column.name), new.name.clone()));
                    }
                }
            }
            Change::DropTable(table) => {
                for other in changes {
                    if let Change::CreateTable(new) = other
                        && look_alike(table, new)
                    {
                        found.push((table.name.to_string(), new.name.to_string()));
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether most columns of two tables are the same.
fn look_alike(a: &Table, b: &Table) -> bool {
    let same = |column: &&Column| b.find_column(&column.name).is_some_and(|c| c.ty == column.ty);
    let shared = a.columns.iter().filter(same).count();
    shared * 3 >= a.columns.len().max(b.columns.len()) * 2
}
