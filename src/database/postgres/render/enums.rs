//! Enum types.

use super::{Writer, name::name, table_name};
use crate::{
    change::{Change, Commented},
    schema::{Column, DefaultValue, EnumType, Name, Table},
};

impl Writer<'_> {
    pub(super) fn enum_type(&mut self, change: &Change) {
        match change {
            Change::CreateEnum(value) => self.create_enum(value),
            Change::DropEnum(value) => self.push(format!("DROP TYPE {}", table_name(&value.name))),
            Change::RenameEnum { from, to } => {
                self.push(format!("ALTER TYPE {} RENAME TO {}", table_name(from), name(&to.name)));
            }
            Change::AlterEnum { to, renamed, .. } if !renamed.is_empty() => {
                for (old, new) in renamed {
                    let (old, new) = (self.literal(old), self.literal(new));
                    let of = table_name(&to.name);
                    self.push(format!("ALTER TYPE {of} RENAME VALUE {old} TO {new}"));
                }
            }
            Change::AlterEnum { from, to, rebuild: false, .. } => self.add_values(from, to),
            Change::AlterEnum { from, to, .. } => self.rebuild_enum(from, to),
            _ => {}
        }
    }

    fn create_enum(&mut self, value: &EnumType) {
        let values: Vec<String> = value.values.iter().map(|value| self.literal(value)).collect();
        self.push(format!(
            "CREATE TYPE {} AS ENUM ({})",
            table_name(&value.name),
            values.join(", ")
        ));
        self.comment_new(&Commented::Type(value.name.clone()), &value.comment);
    }

    fn add_values(&mut self, from: &EnumType, to: &EnumType) {
        let mut known = from.values.clone();
        for (at, value) in to.values.iter().enumerate() {
            if known.contains(value) {
                continue;
            }
            let (of, text) = (table_name(&to.name), self.literal(value));
            let place = match at.checked_sub(1).and_then(|before| to.values.get(before)) {
                // At the end it is anyway.
                Some(before) if known.last() == Some(before) => String::new(),
                Some(before) => format!(" AFTER {}", self.literal(before)),
                None => known
                    .first()
                    .map(|f| format!(" BEFORE {}", self.literal(f)))
                    .unwrap_or_default(),
            };
            self.push(format!("ALTER TYPE {of} ADD VALUE {text}{place}"));
            let position = at.min(known.len());
            known.insert(position, value.clone());
        }
    }

    /// A type with other values takes the place of this one, in all columns that have it. The old one goes aside first, so
    /// that defaults read as they did. What mentions those columns otherwise was lifted before.
    fn rebuild_enum(&mut self, from: &EnumType, to: &EnumType) {
        let aside = Name {
            schema: from.name.schema.clone(),
            name: format!("{}_ambix_old", from.name.name),
        };
        let loses = from.values.iter().any(|value| {
            !to.values.contains(value) && !to.renamed_values.iter().any(|(old, _)| old == value)
        });
        self.note(if loses {
            "rewrites the tables that have the type; fails where a row has a value that goes"
        } else {
            "rewrites the tables that have the type, with a lock on them"
        });
        self.push(format!("ALTER TYPE {} RENAME TO {}", table_name(&from.name), name(&aside.name)));
        self.create_enum(to);
        let word = table_name(&from.name);
        for table in self.state.tables.clone() {
            let has = |column: &&Column| is_of(column, &word);
            let columns: Vec<Column> = table.columns.iter().filter(has).cloned().collect();
            if !columns.is_empty() {
                self.convert(&table, &columns, &word);
            }
        }
        self.push(format!("DROP TYPE {}", table_name(&aside)));
    }

    fn convert(&mut self, table: &Table, columns: &[Column], word: &str) {
        let mut actions = Vec::new();
        for column in columns {
            let of = name(&column.name);
            let array = if column.ty.text().ends_with("[]") { "[]" } else { "" };
            if column.default.is_some() {
                actions.push(format!("ALTER COLUMN {of} DROP DEFAULT"));
            }
            actions.push(format!(
                "ALTER COLUMN {of} TYPE {word}{array} USING {of}::text{array}::{word}{array}"
            ));
            if let Some(default) = self.stays(table, column) {
                let default = self.default(&default);
                actions.push(format!("ALTER COLUMN {of} SET DEFAULT {default}"));
            }
        }
        let of = table_name(&table.name);
        self.push(format!("ALTER TABLE {of}\n    {}", actions.join(",\n    ")));
    }

    /// A default that is the same after all; another one is set when its column is altered.
    fn stays(&self, table: &Table, column: &Column) -> Option<DefaultValue> {
        let wanted = self.work.to.find_table(&table.name)?.find_column(&column.name)?;
        column.default.clone().filter(|default| wanted.default.as_ref() == Some(default))
    }
}

/// Whether a column is of this type, or of arrays of it.
fn is_of(column: &Column, word: &str) -> bool {
    column.ty.text().trim_end_matches("[]") == word
}
