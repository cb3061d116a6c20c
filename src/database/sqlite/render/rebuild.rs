//! A table that is rebuilt, as the manual of SQLite says: make the new one under another name, copy the rows, drop the old
//! one, rename, and make again what went with the old one.
//!
//! The rename is done in the old way of `legacy_alter_table`: then it is the table's name alone that changes, and views and
//! triggers elsewhere that name the table stay as they are, though there is none of that name for a moment.

use super::{
    Writer, fill, key,
    name::{self, literal, name},
    table::{self, has, is_row_number},
    table_of,
};
use crate::{
    change::Change,
    database::sqlite::types::{Affinity, affinity},
    error::Result,
    schema::{Column, Name, Options, Schema, Table},
};

impl Writer<'_> {
    pub(super) fn rebuild(&mut self, of: &Name) -> Result<()> {
        let (old, new) = (table_of(&self.is, of), table_of(&self.wanted, of));
        let changes = self.plan.parts(of);
        let temporary = self.temporary(&of.name);
        let (own, other) = (name::table(of), name(&temporary));
        let mut notes =
            vec!["recreates the table, since ALTER TABLE cannot do this here".to_owned()];
        let mut steps = vec![table::create_table(&new, &temporary)?];
        if self.work.with_rows {
            let copy = Copy {
                old: &old,
                new: &new,
                end: self.work.to.find_table(of).unwrap_or(&new),
                changes: self.changes(&changes),
            };
            steps.extend(copy.insert(&own, &other, &mut notes));
            notes.extend(copy.notes());
        }
        if has(&old.options, "autoincrement") && has(&new.options, "autoincrement") {
            let (old, new) = (literal(&of.name), literal(&temporary));
            steps.push(format!("DELETE FROM sqlite_sequence WHERE name = {new}"));
            steps.push(format!(
                "INSERT INTO sqlite_sequence (name, seq) SELECT {new}, seq FROM sqlite_sequence WHERE name = {old}"
            ));
        }
        steps.push(format!("DROP TABLE {own}"));
        steps.push("PRAGMA legacy_alter_table = ON".to_owned());
        steps.push(format!("ALTER TABLE {other} RENAME TO {own}"));
        steps.push("PRAGMA legacy_alter_table = OFF".to_owned());
        for index in &new.indexes {
            steps.push(key::index(&new, index)?);
        }
        self.is.tables.retain(|table| table.name != *of);
        self.is.tables.push(new);
        steps.extend(self.triggers(of));
        self.keys_off();
        self.write(changes, notes, steps.join(";\n"));
        Ok(())
    }

    fn changes(&self, positions: &[usize]) -> Vec<&Change> {
        positions.iter().map(|&at| &self.work.changes[at]).collect()
    }

    /// A name that nothing has.
    pub(super) fn temporary(&self, table: &str) -> String {
        let is_taken = |name: &str| {
            let same = |other: &str| other.eq_ignore_ascii_case(name);
            [self.work.from, self.work.to].into_iter().any(|schema| is_name_in(schema, &same))
        };
        let base = format!("ambix_new_{table}");
        let numbered = (2_u32..).map(|number| format!("{base}_{number}"));
        std::iter::once(base.clone()).chain(numbered).find(|name| !is_taken(name)).unwrap_or(base)
    }
}

fn is_name_in(schema: &Schema, same: &dyn Fn(&str) -> bool) -> bool {
    let in_table = |table: &Table| {
        same(&table.name.name)
            || table.indexes.iter().any(|index| index.name.as_deref().is_some_and(same))
    };
    schema.tables.iter().any(in_table) || schema.objects.iter().any(|object| same(&object.name))
}

/// How rows come from the old table into the new one.
struct Copy<'a> {
    old: &'a Table,
    new: &'a Table,
    /// What it is after all changes: with unique indexes that come later.
    end: &'a Table,
    changes: Vec<&'a Change>,
}

impl Copy<'_> {
    fn insert(&self, own: &str, other: &str, notes: &mut Vec<String>) -> Option<String> {
        let (mut columns, mut values) = (Vec::new(), Vec::new());
        if self.keeps_row_numbers() {
            let number = name::row_number(self.new);
            columns.push(number);
            values.push(name::row_number(self.old));
        }
        for column in self.new.columns.iter().filter(|column| column.generated.is_none()) {
            let value = match self.old.find_column(&column.name) {
                Some(old) => Some(self.carried(old, column)),
                None => self.new_value(column, notes),
            };
            if let Some(value) = value {
                columns.push(name(&column.name));
                values.push(value);
            }
        }
        if columns.is_empty() {
            return None;
        }
        // A row that is in the way is an error here, whatever the table says.
        let or_abort = if has_conflicts(self.new) { "INSERT OR ABORT" } else { "INSERT" };
        let (columns, values) = (columns.join(", "), values.join(", "));
        Some(format!("{or_abort} INTO {other} ({columns})\nSELECT {values} FROM {own}"))
    }

    /// Rows that have no column for their number keep it.
    fn keeps_row_numbers(&self) -> bool {
        let without = |table: &Table| has(&table.options, "without_rowid");
        !without(self.old)
            && !without(self.new)
            && !self.new.columns.iter().any(|column| is_row_number(self.new, column))
            && !name::row_number(self.old).is_empty()
            && !name::row_number(self.new).is_empty()
    }

    fn altered(&self, name: &str) -> (Option<&str>, &[(String, String)]) {
        let found = self.changes.iter().find_map(|change| match change {
            Change::AlterColumn { to, fill, renamed_values, .. } if to.name == name => {
                Some((fill.as_deref(), renamed_values.as_slice()))
            }
            _ => None,
        });
        found.unwrap_or((None, &[]))
    }

    /// The value of a column that was there.
    fn carried(&self, old: &Column, new: &Column) -> String {
        let (fill, renamed) = self.altered(&new.name);
        let mut value = name(&new.name);
        if !renamed.is_empty() {
            let whens: String = renamed
                .iter()
                .map(|(from, to)| format!(" WHEN {} THEN {}", literal(from), literal(to)))
                .collect();
            value = format!("CASE {value}{whens} ELSE {value} END");
        }
        // A strict table turns numbers and texts into each other by itself, and nothing into bytes.
        let is_blob = |column: &Column| column.ty.text() == "BLOB";
        if has(&self.new.options, "strict")
            && is_blob(old) != is_blob(new)
            && new.ty.text() != "ANY"
            && !old.ty.text().is_empty()
        {
            value = format!("CAST({value} AS {})", new.ty.text());
        }
        match fill {
            Some(fill) if !new.nullable => format!("coalesce({value}, {fill})"),
            _ => value,
        }
    }

    /// What existing rows get in a column that is new; none where it fills itself.
    fn new_value(&self, column: &Column, notes: &mut Vec<String>) -> Option<String> {
        let fill = self.changes.iter().find_map(|change| match change {
            Change::AddColumn { column: of, fill, .. } if of.name == column.name => fill.clone(),
            _ => None,
        });
        if fill.is_some() {
            return fill;
        }
        if is_row_number(self.new, column) {
            let number = name::row_number(self.old);
            let has_one = !has(&self.old.options, "without_rowid") && !number.is_empty();
            return has_one.then_some(number);
        }
        if column.fills_itself() {
            return None;
        }
        let (value, note) = fill::placeholder(self.old, self.end, column);
        notes.push(note);
        Some(value)
    }

    /// What may go wrong with rows.
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for change in &self.changes {
            let note = match change {
                Change::AddUnique { .. } | Change::AddPrimaryKey { .. } => {
                    "fails where two rows are the same in it".to_owned()
                }
                Change::AddIndex { index, .. } if index.unique => {
                    "fails where two rows are the same in it".to_owned()
                }
                Change::AddCheck { .. } => "fails where a row does not hold it".to_owned(),
                Change::AddForeignKey { .. } => {
                    "fails where a row refers to one that is not there".to_owned()
                }
                Change::AlterColumn { from, to, fill: None, .. }
                    if from.nullable && !to.nullable =>
                {
                    format!("fails where a row has NULL in {}", to.name)
                }
                _ => continue,
            };
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        notes.extend(self.type_notes());
        notes
    }

    fn type_notes(&self) -> Vec<String> {
        let strict = has(&self.new.options, "strict");
        if strict && !has(&self.old.options, "strict") {
            return vec!["fails where a value is not of its column's type".to_owned()];
        }
        let mut notes = Vec::new();
        for new in &self.new.columns {
            let Some(old) = self.old.find_column(&new.name) else { continue };
            let (from, to) = (affinity(old.ty.text()), affinity(new.ty.text()));
            let is_number = |of| !matches!(of, Affinity::Text | Affinity::Blob);
            if from == to || new.generated.is_some() {
                continue;
            }
            if strict && new.ty.text() != "ANY" && is_number(to) {
                notes.push(format!(
                    "fails where {} has a value that is no {}",
                    new.name,
                    new.ty.text()
                ));
            } else if !is_number(from) && is_number(to) {
                notes.push(format!(
                    "review: texts in {} that are numbers become numbers, all others stay texts",
                    new.name
                ));
            }
        }
        notes
    }
}

fn has_conflicts(table: &Table) -> bool {
    let has = |options: &Options| {
        options.contains_key("conflict") || options.contains_key("not_null_conflict")
    };
    table.primary_key.as_ref().is_some_and(|key| has(&key.options))
        || table.uniques.iter().any(|unique| has(&unique.options))
        || table.columns.iter().any(|column| has(&column.options))
}
