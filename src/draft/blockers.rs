//! Objects that block changes, and are not compared themselves. It is pure.

use std::fmt;

use super::{diff::expressions, expression::mentions, table_parts::index_expressions};
use crate::{
    change::Change,
    database::{Drafting, drafting::Effect},
    schema::{Column, DefaultValue, Index, Name, Schema, Uncovered},
    sql::{Syntax, qualified_name},
};

/// Both sides of a draft, and who knows what a database does.
pub(super) struct BlockerContext<'a> {
    pub current: &'a Schema,
    pub desired: &'a Schema,
    pub drafting: &'static dyn Drafting,
    pub syntax: &'a Syntax,
}

/// Something in the way of a change.
#[derive(Debug, Clone)]
pub(super) struct Obstacle {
    /// The position of the change.
    pub at: usize,
    pub problem: String,
    /// The change fails; otherwise a person has to look at what becomes of the other thing.
    pub is_fatal: bool,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_fatal {
            f.write_str("will fail: ")?;
        }
        f.write_str(&self.problem)
    }
}

/// What is in the way of the changes.
pub(super) fn obstacles(changes: &[Change], context: &BlockerContext<'_>) -> Vec<Obstacle> {
    let mut found = Vec::new();
    for (at, change) in changes.iter().enumerate() {
        let harmless = |problem| Obstacle { at, problem, is_fatal: false };
        let fatal = |problem| Obstacle { at, problem, is_fatal: true };
        for (problem, effect) in users(change, context) {
            found.push(if effect == Effect::Fails { fatal(problem) } else { harmless(problem) });
        }
        found.extend(missing(change, context).into_iter().map(fatal));
        found.extend(bound_by_type(change, context).map(fatal));
    }
    found
}

/// Those that use what goes or becomes another, and what that does to the change.
fn users(change: &Change, context: &BlockerContext<'_>) -> Vec<(String, Effect)> {
    let mut said = Vec::new();
    let touched = touched(change, context);
    for thing in &context.current.uncovered {
        let (kind, name) = (&thing.kind, &thing.name);
        if let Change::DropTable(table) = change
            && thing.on.as_ref() == Some(&table.name)
        {
            said.push((format!("the {kind} {name} goes with it"), Effect::Nothing));
            continue;
        }
        if !touched.iter().any(|(table, column)| uses(thing, table, *column)) {
            continue;
        }
        let effect = context.drafting.effect(change);
        let problem = match effect {
            Effect::Fails => format!(
                "the {kind} {name} uses it: drop that before and create it again after, by hand"
            ),
            Effect::Breaks => {
                format!("review: the {kind} {name} uses it and is broken without it")
            }
            Effect::Nothing => continue,
        };
        said.push((problem, effect));
    }
    said
}

/// Whether something goes with a table, without being asked for.
pub(super) fn goes(thing: &Uncovered, changes: &[Change]) -> bool {
    changes.iter().any(|change| match change {
        Change::DropTable(table) => thing.on.as_ref() == Some(&table.name),
        _ => false,
    })
}

/// The columns that go or become others; without a column, the table as a whole.
fn touched<'c>(
    change: &'c Change,
    context: &BlockerContext<'c>,
) -> Vec<(&'c Name, Option<&'c str>)> {
    let breaks = || context.drafting.effect(change) == Effect::Breaks;
    match change {
        Change::DropTable(table) => vec![(&table.name, None)],
        Change::DropColumn { table, column, .. } => vec![(table, Some(&column.name))],
        Change::AlterColumn { table, from, to, .. } if from.ty != to.ty => {
            vec![(table, Some(&to.name))]
        }
        Change::RenameTable { to, .. } if breaks() => vec![(to, None)],
        Change::RenameColumn { table, to, .. } if breaks() => vec![(table, Some(to))],
        Change::DropSequence(sequence) => vec![(&sequence.name, None)],
        Change::DropEnum(value) => vec![(&value.name, None)],
        Change::AlterEnum { from, rebuild: true, .. } => {
            let has_type =
                |column: &&Column| mentions(column.ty.text(), &from.name.name, context.syntax);
            let tables = context.current.tables.iter();
            let columns = tables.flat_map(|table| {
                let columns = table.columns.iter().filter(has_type);
                columns.map(|column| (&table.name, Some(column.name.as_str())))
            });
            // What has the type itself: a function's argument, a domain.
            columns.chain([(&from.name, None)]).collect()
        }
        _ => Vec::new(),
    }
}

fn uses(thing: &Uncovered, table: &Name, column: Option<&str>) -> bool {
    thing
        .uses
        .iter()
        .any(|used| used.table == *table && (column.is_none() || used.column.as_deref() == column))
}

/// What columns and expressions are made of. A draft makes none of it.
const MATERIAL: [&str; 4] = ["domain", "composite type", "range type", "function"];

/// What the change is made of and the database does not have.
fn missing(change: &Change, context: &BlockerContext<'_>) -> Vec<String> {
    let words = words(change);
    let is_missing = |thing: &&Uncovered| {
        let is_same = |known: &Uncovered| known.kind == thing.kind && known.name == thing.name;
        MATERIAL.contains(&thing.kind.as_str()) && !context.current.uncovered.iter().any(is_same)
    };
    let is_used = |thing: &&Uncovered| {
        let name = qualified_name(&thing.name, context.syntax).pop().unwrap_or_default();
        words.iter().any(|text| mentions(text, &name, context.syntax))
    };
    let missing = context.desired.uncovered.iter().filter(is_missing).filter(is_used);
    let missing = missing.map(|thing| (&thing.kind, &thing.name));
    let say = |(kind, name): (&String, &String)| {
        format!("the {kind} {name} does not exist, and is not compared: create it before, by hand")
    };
    missing.map(say).collect()
}

/// A table that was made of a row type, which is not compared, has the columns of that.
fn bound_by_type(change: &Change, context: &BlockerContext<'_>) -> Option<String> {
    let mut tables = context.current.definitions.iter().filter(|known| known.kind == "row type");
    let plain = |name: &str| name.replace('"', "");
    let of_table = |table: &Name| format!("on {table}");
    let bound = match change {
        Change::AddColumn { table, .. }
        | Change::DropColumn { table, .. }
        | Change::RenameColumn { table, .. } => {
            tables.find(|known| plain(&known.name) == of_table(table))
        }
        Change::AlterColumn { table, from, to, .. } if from.ty != to.ty => {
            tables.find(|known| plain(&known.name) == of_table(table))
        }
        Change::AlterObject { to, .. } | Change::DropObject { object: to, .. } => {
            tables.find(|known| plain(&known.text) == plain(&to.name))
        }
        _ => None,
    }?;
    let (table, row_type) = (bound.name.trim_start_matches("on "), &bound.text);
    Some(format!(
        "the table {table} was created OF {row_type} and has the columns of that: ALTER TYPE {row_type} ... CASCADE changes both, by hand"
    ))
}

/// The types and expressions that a change brings.
pub(super) fn words(change: &Change) -> Vec<&str> {
    match change {
        Change::CreateTable(table) => {
            let types = table.columns.iter().map(|column| column.ty.text());
            let indexes = table.indexes.iter().flat_map(index_words);
            types.chain(expressions(table)).chain(indexes).collect()
        }
        Change::AddColumn { column, .. } | Change::AlterColumn { to: column, .. } => {
            let default = match &column.default {
                Some(DefaultValue::Sql(sql)) => Some(sql.as_str()),
                _ => None,
            };
            let generated = column.generated.as_ref().map(|g| g.expression.as_str());
            std::iter::once(column.ty.text()).chain(default).chain(generated).collect()
        }
        Change::AddCheck { check, .. } => vec![&check.expression],
        Change::AddExclusion { exclusion, .. } => vec![&exclusion.definition],
        Change::AddIndex { index, .. } => {
            index_expressions(index).into_iter().chain(index_words(index)).collect()
        }
        _ => Vec::new(),
    }
}

/// The access method of an index, and its operator classes.
fn index_words(index: &Index) -> impl Iterator<Item = &str> {
    let classes = index.parts.iter().filter_map(|part| part.operator_class.as_deref());
    classes.chain(index.method.as_deref())
}
