//! Two schemas as their objects, each with the SQL that creates it, before and after. It is pure.

use std::collections::{BTreeMap, BTreeSet};

use super::{dump::sort, scratch::creation};
use crate::{
    change::{Change, Commented},
    database::{ChangeSet, Dialect, Drafting},
    error::Result,
    schema::{Column, Schema, SchemaObject, Table},
};

/// What was compared to make a draft, without what is left alone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DraftSides {
    pub(crate) before: Schema,
    pub(crate) after: Schema,
}

/// An object of either side: a table with all that is on it, a view, a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartPair {
    /// Its kind and its name.
    pub(crate) name: String,
    /// What it is called before, if that is something else.
    pub(crate) was: Option<String>,
    /// The SQL that creates it; none if it does not exist then.
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

impl PartPair {
    pub(crate) fn is_changed(&self) -> bool {
        self.was.is_some() || self.before != self.after
    }
}

/// All objects of both sides, by their names.
pub(crate) fn pairs(
    sides: &DraftSides,
    changes: &[Change],
    (dialect, drafting): (&dyn Dialect, &'static dyn Drafting),
) -> Result<Vec<PartPair>> {
    let renamed: BTreeMap<String, String> = changes.iter().filter_map(renamed).collect();
    let changed: BTreeSet<String> = changes.iter().map(subject).collect();
    let before = parts(sides.before.clone(), dialect, drafting)?;
    let mut after = sides.after.clone();
    keep_order(&sides.before, &mut after);
    let mut after = parts(after, dialect, drafting)?;
    let mut pairs = Vec::new();
    for (old, sql) in before {
        let name = renamed.get(&old).unwrap_or(&old).clone();
        let now = after.remove(&name);
        // One thing may be written in two ways.
        let is_same = now.is_some() && !changed.contains(&name);
        let now = if is_same { Some(sql.clone()) } else { now };
        let was = (old != name).then_some(old);
        pairs.push(PartPair { name, was, before: Some(sql), after: now });
    }
    let new = after.into_iter();
    pairs.extend(new.map(|(name, sql)| PartPair {
        name,
        was: None,
        before: None,
        after: Some(sql),
    }));
    pairs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(pairs)
}

/// The objects of a schema, by their names.
fn parts(
    mut schema: Schema,
    dialect: &dyn Dialect,
    drafting: &'static dyn Drafting,
) -> Result<BTreeMap<String, String>> {
    sort(&mut schema);
    let (empty, changes) = (Schema::new(), creation(&schema, dialect, drafting));
    let work = ChangeSet {
        from: &empty,
        to: &schema,
        changes: &changes,
        with_rows: false,
        is_online: false,
        is_copy: false,
    };
    let mut parts: BTreeMap<String, String> = BTreeMap::new();
    let mut last = String::new();
    for statement in drafting.render(&work)?.statements {
        // A statement without a change of its own belongs to the one before it: an index after its table.
        if let Some(change) = statement.changes.first().and_then(|at| changes.get(*at)) {
            last = subject(change);
        }
        let part = parts.entry(last.clone()).or_default();
        part.push_str(statement.sql.trim_end());
        part.push_str(";\n");
    }
    Ok(parts)
}

/// What a change is about, by its kind and its name.
fn subject(change: &Change) -> String {
    if let Some(table) = change.table() {
        return format!("table {table}");
    }
    match change {
        Change::CreateSchema(name)
        | Change::DropSchema(name)
        | Change::Comment { on: Commented::Schema(name), .. } => format!("schema {name}"),
        Change::CreateEnum(value) | Change::DropEnum(value) => format!("type {}", value.name),
        Change::AlterEnum { to, .. } => format!("type {}", to.name),
        Change::RenameEnum { to, .. } | Change::Comment { on: Commented::Type(to), .. } => {
            format!("type {to}")
        }
        Change::CreateSequence(sequence)
        | Change::DropSequence(sequence)
        | Change::AlterSequence { to: sequence, .. } => format!("sequence {}", sequence.name),
        Change::CreateObject(object)
        | Change::DropObject { object, .. }
        | Change::AlterObject { to: object, .. } => named(object),
        other => other.to_string(),
    }
}

/// A property is shown with what it is of.
fn named(object: &SchemaObject) -> String {
    match &object.belongs_to {
        Some(crate::schema::Address::Object(kind, name)) if object.is_property => {
            format!("{kind} {name}")
        }
        _ => format!("{} {}", object.kind, object.name),
    }
}

/// The old and the new name of what is renamed as a whole.
fn renamed(change: &Change) -> Option<(String, String)> {
    match change {
        Change::RenameTable { from, to } => Some((format!("table {from}"), format!("table {to}"))),
        Change::RenameEnum { from, to } => Some((format!("type {from}"), format!("type {to}"))),
        _ => None,
    }
}

/// Columns are never moved, so that those of both sides are in the order that the table has.
fn keep_order(before: &Schema, after: &mut Schema) {
    for table in &mut after.tables {
        let Some(old) = before.find_table(&table.name) else { continue };
        let has = |table: &Table, column: &Column| table.find_column(&column.name).is_some();
        let mut stays: Vec<Column> =
            table.columns.iter().filter(|c| has(old, c)).cloned().collect();
        let place = |column: &Column| old.columns.iter().position(|c| c.name == column.name);
        stays.sort_by_key(place);
        let mut stays = stays.into_iter();
        for column in &mut table.columns {
            if has(old, column)
                && let Some(next) = stays.next()
            {
                *column = next;
            }
        }
    }
}
