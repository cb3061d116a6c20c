//! What rows lose on the way from one schema to another, for the tests of migrations. It is pure.

use super::{
    compare::{DialectRules, notes},
    diff::{InPlace, diff},
    rename::{self, Renames, SqlNames},
    sequence,
    spelling::Spelling,
};
use crate::{
    change::Change,
    database::{Dialect, Drafting},
    error::Result,
    schema::Schema,
};

/// What rows lose on the way between two schemas that were inspected, a line each. `is_renamed` is asked about what goes and what
/// comes and looks like it: the old name and the new one.
pub(crate) fn losses(
    from: &Schema,
    to: &Schema,
    dialect: &dyn Dialect,
    drafting: &'static dyn Drafting,
    is_renamed: &dyn Fn(&str, &str) -> bool,
) -> Result<Vec<String>> {
    let rules = DialectRules(dialect, drafting);
    let mut renames = Renames::default();
    let (quote, literal) = (|name: &str| dialect.quote(name), |text: &str| dialect.literal(text));
    let folding = drafting.folding(from);
    let spelling = Spelling { folding, syntax: dialect.syntax(), quote: &quote };
    for (old, new) in possible_renames(&diff(from, to, &InPlace)) {
        if is_renamed(&old, &new) {
            renames.add(&old, &new, from, &spelling)?;
        }
    }
    spelling.add_renames(&mut renames, from, to);
    let names = SqlNames {
        syntax: dialect.syntax(),
        quote: &quote,
        literal: &literal,
        enum_types: drafting.facts().enum_types,
    };
    let (mut renamed, mut changes) = rename::apply(from, to, &renames, &names);
    let mut to = to.clone();
    sequence::see_alike(&mut renamed, &mut to, drafting);
    changes.extend(diff(&renamed, &to, &rules));
    let notes = notes(&changes, Vec::new(), drafting, (&renamed, &to));
    let line = |(at, why): (usize, &'static str)| format!("{}: {why}", changes[at]);
    Ok(notes.lost.into_iter().map(line).collect())
}

/// All pairs of what goes and what comes that a rename could be.
fn possible_renames(changes: &[Change]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for change in changes {
        for other in changes {
            match (change, other) {
                (Change::DropTable(old), Change::CreateTable(new)) => {
                    found.push((old.name.to_string(), new.name.to_string()));
                }
                (
                    Change::DropColumn { table, column: old, .. },
                    Change::AddColumn { table: of, column: new, .. },
                ) if table == of => found.push((format!("{table}.{}", old.name), new.name.clone())),
                (Change::DropEnum(old), Change::CreateEnum(new)) => {
                    found.push((old.name.to_string(), new.name.to_string()));
                }
                _ => {}
            }
        }
    }
    found
}
