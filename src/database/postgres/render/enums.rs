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
        let users: Vec<(Table, Vec<Column>, Vec<Column>)> = self.users_of(&word);
        // A default that a child has for itself is not converted with the parent's column.
        for (table, _, given) in &users {
            self.drop_defaults(table, given);
        }
        for (table, own, _) in users.iter().filter(|(_, own, _)| !own.is_empty()) {
            self.convert(table, own, &word);
        }
        for (table, _, given) in &users {
            self.put_defaults_back(table, given);
        }
        self.push(format!("DROP TYPE {}", table_name(&aside)));
    }

    /// The tables with columns of a type: those that are their own, and those that follow a parent's. Parents come before children.
    fn users_of(&self, word: &str) -> Vec<(Table, Vec<Column>, Vec<Column>)> {
        let state = &self.state;
        let depth = |table: &Table| {
            state.tables.iter().filter(|other| state.descends(&table.name, &other.name)).count()
        };
        let mut tables: Vec<&Table> = state.tables.iter().collect();
        tables.sort_by_cached_key(|table| depth(table));
        let columns = |table: &Table| {
            let has = |column: &&Column| is_of(column, word);
            table
                .columns
                .iter()
                .filter(has)
                .cloned()
                .partition(|column| !table.has_from(state, &column.name))
        };
        let with_columns = tables.into_iter().map(|table| {
            let (own, given): (Vec<Column>, Vec<Column>) = columns(table);
            (table.clone(), own, given)
        });
        with_columns.filter(|(_, own, given)| !own.is_empty() || !given.is_empty()).collect()
    }

    fn drop_defaults(&mut self, table: &Table, columns: &[Column]) {
        let has_default = columns.iter().filter(|column| column.default.is_some());
        let drop = |column: &Column| format!("ALTER COLUMN {} DROP DEFAULT", name(&column.name));
        let actions: Vec<String> = has_default.map(drop).collect();
        self.alter_with(table, &actions);
    }

    /// The default of a parent's column has become that of its children's.
    fn put_defaults_back(&mut self, table: &Table, columns: &[Column]) {
        let parents = |column: &Column| {
            let parents = table.inherits.iter().filter_map(|parent| self.state.find_table(parent));
            let mut has =
                parents.filter_map(|parent| self.stays(parent, parent.find_column(&column.name)?));
            has.next()
        };
        let action = |column: &Column| {
            let own = self.stays(table, column);
            let of = name(&column.name);
            match &own {
                _ if own == parents(column) => None,
                Some(default) => {
                    Some(format!("ALTER COLUMN {of} SET DEFAULT {}", self.default(default)))
                }
                None => Some(format!("ALTER COLUMN {of} DROP DEFAULT")),
            }
        };
        let actions: Vec<String> = columns.iter().filter_map(action).collect();
        self.alter_with(table, &actions);
    }

    fn alter_with(&mut self, table: &Table, actions: &[String]) {
        if !actions.is_empty() {
            let of = table_name(&table.name);
            self.push(format!("ALTER TABLE {of}\n    {}", actions.join(",\n    ")));
        }
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
        self.alter_with(table, &actions);
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
