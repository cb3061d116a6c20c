//! A column that gets another name while programs of both versions use the table: the new column beside the old one, with the same
//! indexes, and triggers that keep the two the same.

use super::{
    column::default_of,
    name::{self, shortened},
    online::{batches, last, quiet_columns, variable_type},
    placeholder, render,
};
use crate::{
    change::Change,
    database::{
        ChangeSet,
        drafting::{OnlineSteps, RenamedColumn, TwoWay},
        mysql::{MySql, types},
    },
    schema::{Column, DefaultValue, Index, Name, Schema, Table, Unique},
};

/// What the new column's indexes are called until the old ones go.
const MEANWHILE: &str = "_ambix_new";

pub(in super::super) fn rename(of: &RenamedColumn<'_>) -> Result<OnlineSteps, String> {
    let missing = || "its column is not in the schema".to_owned();
    let old = of.before.find_column(of.from).ok_or_else(missing)?;
    let new = of.after.find_column(of.to).ok_or_else(missing)?;
    refuse(of, old)?;
    let triggers = Triggers::of(of, new)?;
    let there = Twin::new(of, new);
    let back = Twin::old(of, old);
    let added = there.add(of.state)?;
    let keys = there.keys(of.state)?;
    let mut begin = TwoWay { up: added.up, down: triggers.drop() };
    begin.up.extend(triggers.create());
    begin.down.extend(added.down);
    let with_both = with_table(of.state, there.complete());
    let tighter = there.finish(&with_both)?;
    let mut end = TwoWay::default();
    end.up.extend(tighter.up);
    end.up.extend(without_value(&with_both, &of.before.name, old)?);
    end.up.extend(back.keys(of.state)?.down);
    end.up.extend(there.renamed(|own| (meanwhile(own), own.to_owned())));
    end.up.extend(triggers.drop());
    let table = name::table(&of.before.name);
    end.up.push(format!("ALTER TABLE {table} DROP COLUMN {}", name::name(of.from)));
    end.down.extend(there.renamed(|own| (own.to_owned(), meanwhile(own))));
    end.down.extend(back.add(of.state)?.up);
    end.down.extend(triggers.create());
    end.down.extend(triggers.fill(of.before, (of.from, of.to), of.state)?);
    end.down.extend(back.keys(of.state)?.up);
    end.down.extend(back.finish(&with_table(of.state, back.complete()))?.up);
    end.down.extend(tighter.down);
    let fill = TwoWay { up: triggers.fill(of.before, (of.to, of.from), of.state)?, down: vec![] };
    Ok(OnlineSteps {
        begin: Some(begin),
        fill: Some(fill),
        concurrent: Some(keys).filter(|keys| !keys.up.is_empty()),
        end: Some(end),
        ..OnlineSteps::default()
    })
}

/// What cannot be kept twice.
fn refuse(of: &RenamedColumn<'_>, old: &Column) -> Result<(), String> {
    let (before, after) = (of.before, of.after);
    let others = |table: &Table, own: &str| {
        table.columns.iter().filter(|column| column.name != own).cloned().collect::<Vec<Column>>()
    };
    let special = own(&before.indexes, &after.indexes);
    let is_literal = |default: &DefaultValue| !default_of(default, old).starts_with('(');
    let why = if old.identity.is_some() {
        "it numbers rows, and a table has only one such column"
    } else if old.generated.is_some() {
        "it is computed, and no program writes it"
    } else if old.options.contains_key("on_update") {
        "the server itself changes it with each update of a row"
    } else if types::word(&old.ty).is_none() {
        "triggers cannot compare its values"
    } else if before.primary_key != after.primary_key {
        "it is a part of the primary key, and a table has only one"
    } else if before.foreign_keys != after.foreign_keys {
        "a foreign key is about it, and the server copies the table to add another one"
    } else if before.checks != after.checks {
        "a CHECK is about it, and the server copies the table to add another one"
    } else if others(before, of.from) != others(after, of.to) {
        "a computed column is computed from it"
    } else if special.iter().any(|index| index.method.is_some()) {
        "an index on it is of a kind whose building keeps programs from writing"
    } else if old.nullable && old.default.as_ref().is_some_and(|default| !is_literal(default)) {
        "its default is computed for each row, so that nobody can tell a program that writes NULL from one that does not know the column"
    } else {
        return Ok(());
    };
    Err(why.to_owned())
}

fn meanwhile(of: &str) -> String {
    shortened(of, MEANWHILE)
}

/// What is in the one list and not in the other.
fn own<T: Clone + PartialEq>(all: &[T], others: &[T]) -> Vec<T> {
    all.iter().filter(|part| !others.contains(part)).cloned().collect()
}

fn with_table(state: &Schema, table: Table) -> Schema {
    let mut state = state.clone();
    if let Some(known) = state.tables.iter_mut().find(|known| known.name == table.name) {
        *known = table;
    }
    state
}

fn write(from: &Schema, to: &Schema, changes: &[Change]) -> Result<Vec<String>, String> {
    let set = ChangeSet { from, to, changes, with_rows: false, is_online: true, is_copy: false };
    let rendered = render(&MySql, &set).map_err(|error| error.to_string())?;
    Ok(rendered.statements.into_iter().map(|statement| statement.sql).collect())
}

/// The old column takes a row without a value, since nothing writes it for the moment between the triggers and its end.
fn without_value(state: &Schema, table: &Name, old: &Column) -> Result<Vec<String>, String> {
    if old.nullable || old.default.is_some() {
        return Ok(Vec::new());
    }
    let ty = types::word(&old.ty).unwrap_or_default();
    let value = placeholder(&ty).filter(|value| !types::is_long(&ty) && !value.contains('('));
    if let Some(value) = value {
        let (of, own) = (name::table(table), name::name(&old.name));
        return Ok(vec![format!("ALTER TABLE {of} ALTER COLUMN {own} SET DEFAULT {value}")]);
    }
    let loose = Column { nullable: true, ..old.clone() };
    let relaxed = last(state, table, (old, &loose));
    Ok(relaxed.ok_or("the server cannot make it nullable")?.up)
}

/// A column that is made beside another one, with all that is on it.
struct Twin {
    /// The table without it.
    base: Table,
    /// As it is between the phases: what is NOT NULL has no value yet.
    loose: Column,
    column: Column,
    place: usize,
    indexes: Vec<Index>,
    uniques: Vec<Unique>,
    /// The names that these have in the end.
    names: Vec<String>,
}

impl Twin {
    /// The new column, behind the old one.
    fn new(of: &RenamedColumn<'_>, column: &Column) -> Self {
        let mut twin = Self::of(of.before, of.after, of.before, column);
        let place = twin.base.columns.iter().position(|column| column.name == of.from);
        twin.place = place.map_or(twin.base.columns.len(), |at| at + 1);
        twin.indexes.iter_mut().filter_map(|i| i.name.as_mut()).for_each(|n| *n = meanwhile(n));
        twin.uniques.iter_mut().filter_map(|u| u.name.as_mut()).for_each(|n| *n = meanwhile(n));
        twin
    }

    /// The old column on the way back, before the new one.
    fn old(of: &RenamedColumn<'_>, column: &Column) -> Self {
        let new = Self::new(of, column);
        let mut base = of.after.clone();
        let temporary = |own: &mut Option<String>| {
            if let Some(name) = own.as_mut().filter(|name| new.names.contains(name)) {
                *name = meanwhile(name);
            }
        };
        base.indexes.iter_mut().map(|index| &mut index.name).for_each(temporary);
        base.uniques.iter_mut().map(|unique| &mut unique.name).for_each(temporary);
        let mut twin = Self::of(of.after, of.before, &base, column);
        let place = twin.base.columns.iter().position(|column| column.name == of.to);
        twin.place = place.unwrap_or(twin.base.columns.len());
        twin
    }

    fn of(without: &Table, with: &Table, base: &Table, column: &Column) -> Self {
        let loose = match column.nullable {
            true => column.clone(),
            false => Column { nullable: true, default: None, ..column.clone() },
        };
        let indexes = own(&with.indexes, &without.indexes);
        let uniques = own(&with.uniques, &without.uniques);
        let names = indexes.iter().map(|index| &index.name);
        let names = names.chain(uniques.iter().map(|unique| &unique.name));
        Self {
            base: base.clone(),
            loose,
            column: column.clone(),
            place: 0,
            names: names.flatten().cloned().collect(),
            indexes,
            uniques,
        }
    }

    /// The table with the column, and without its indexes.
    fn with_column(&self) -> Table {
        let mut table = self.base.clone();
        table.columns.insert(self.place.min(table.columns.len()), self.loose.clone());
        table
    }

    fn complete(&self) -> Table {
        let mut table = self.with_column();
        table.indexes.extend(self.indexes.iter().cloned());
        table.uniques.extend(self.uniques.iter().cloned());
        table
    }

    fn add(&self, state: &Schema) -> Result<TwoWay, String> {
        let table = self.base.name.clone();
        let add = Change::AddColumn { table, column: self.loose.clone(), fill: None };
        let (from, to) =
            (with_table(state, self.base.clone()), with_table(state, self.with_column()));
        let drop = add.reverse();
        Ok(TwoWay { up: write(&from, &to, &[add])?, down: write(&to, &from, &[drop])? })
    }

    fn keys(&self, state: &Schema) -> Result<TwoWay, String> {
        let table = &self.base.name;
        let index = |index: &Index| Change::AddIndex { table: table.clone(), index: index.clone() };
        let unique =
            |unique: &Unique| Change::AddUnique { table: table.clone(), unique: unique.clone() };
        let changes = self.indexes.iter().map(index).chain(self.uniques.iter().map(unique));
        let changes: Vec<Change> = changes.collect();
        let back: Vec<Change> = changes.iter().rev().map(Change::reverse).collect();
        let from = with_table(state, self.with_column());
        let to = with_table(state, self.complete());
        Ok(TwoWay { up: write(&from, &to, &changes)?, down: write(&to, &from, &back)? })
    }

    /// What makes the column what it should be, once every row has a value.
    fn finish(&self, state: &Schema) -> Result<TwoWay, String> {
        if self.loose == self.column {
            return Ok(TwoWay::default());
        }
        let both = last(state, &self.base.name, (&self.loose, &self.column));
        both.ok_or_else(|| "the server cannot make it NOT NULL".to_owned())
    }

    fn renamed(&self, names: impl Fn(&str) -> (String, String)) -> Vec<String> {
        let table = name::table(&self.base.name);
        let names = self.names.iter().map(|own| names(own));
        let rename = |(from, to): (String, String)| {
            let (from, to) = (name::name(&from), name::name(&to));
            format!("ALTER TABLE {table} RENAME INDEX {from} TO {to}")
        };
        names.map(rename).collect()
    }
}

/// What keeps the two columns the same, whichever of them a program writes.
struct Triggers {
    table: String,
    insert: String,
    update: String,
    /// The declaration of a variable with the new column's default, and what is true of a row that has it.
    default: (String, String),
    old: String,
    new: String,
    /// How two values of the columns' type are compared.
    is_exact: bool,
}

impl Triggers {
    fn of(of: &RenamedColumn<'_>, column: &Column) -> Result<Self, String> {
        let (table, ty) = (&of.before.name, types::word(&column.ty).unwrap_or_default());
        let both = format!("ambix_rename_{}_{}_{}", table.name, of.from, of.to);
        let is_time = ["date", "datetime", "timestamp", "time", "year", "bit"];
        let is_exact = types::is_number(&ty) || is_time.contains(&types::base(&ty).as_str());
        let (old, new) = (name::name(of.from), name::name(of.to));
        let default = match column.default.as_ref().filter(|_| column.nullable) {
            None => (String::new(), format!("NEW.{new} IS NULL")),
            Some(default) => {
                // A variable of the type has the default as the column has it: rounded, or filled up.
                let ty = variable_type(of.before, column, of.state);
                let ty = ty.ok_or("triggers cannot compare its values")?;
                let value = default_of(default, column);
                let declare = format!("    DECLARE ambix_default {ty} DEFAULT {value};\n");
                (declare, same(is_exact, &format!("NEW.{new}"), "ambix_default"))
            }
        };
        Ok(Self {
            table: name::table(table),
            insert: name::name(&shortened(&both, "_insert")),
            update: name::name(&shortened(&both, "_update")),
            default,
            old,
            new,
            is_exact,
        })
    }

    fn create(&self) -> Vec<String> {
        let Self { table, insert, update, default: (declare, is_default), old, new, .. } = self;
        let same = |own: &str| same(self.is_exact, &format!("NEW.{own}"), &format!("OLD.{own}"));
        let (same_new, same_old) = (same(new), same(old));
        vec![
            format!(
                "CREATE TRIGGER {insert} BEFORE INSERT ON {table} FOR EACH ROW\nBEGIN\n{declare}    -- A program that does not know a \
                 column leaves it at its default.\n    IF {is_default} THEN\n        SET NEW.{new} = NEW.{old};\n    ELSE\n        SET \
                 NEW.{old} = NEW.{new};\n    END IF;\nEND"
            ),
            format!(
                "CREATE TRIGGER {update} BEFORE UPDATE ON {table} FOR EACH ROW\nBEGIN\n    IF NOT ({same_new}) THEN\n        SET \
                 NEW.{old} = NEW.{new};\n    ELSEIF NOT ({same_old}) THEN\n        SET NEW.{new} = NEW.{old};\n    END IF;\nEND"
            ),
        ]
    }

    fn drop(&self) -> Vec<String> {
        [&self.insert, &self.update].iter().map(|own| format!("DROP TRIGGER {own}")).collect()
    }

    /// Gives a column the values of the other, in rows that were written without the triggers.
    fn fill(
        &self,
        table: &Table,
        (column, source): (&str, &str),
        state: &Schema,
    ) -> Result<Vec<String>, String> {
        let (own, source) = (name::name(column), name::name(source));
        let which = format!("NOT ({})", same(self.is_exact, &own, &source));
        let value = format!("{source}{}", quiet_columns(table));
        let batches = batches(table, column, (&value, &which), state);
        batches.ok_or_else(|| "its table has no primary key that batches could follow".to_owned())
    }
}

/// Two values are the same, also to a reader who sees letter case and blanks that the collation does not.
fn same(is_exact: bool, one: &str, other: &str) -> String {
    match is_exact {
        true => format!("{one} <=> {other}"),
        false => format!("CAST({one} AS BINARY) <=> CAST({other} AS BINARY)"),
    }
}
