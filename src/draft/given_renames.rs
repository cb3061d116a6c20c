//! Renames that were given with the command: unlike declared ones, which may stay after they were carried out, each has to be
//! carried out. It is pure.

use super::{
    rename::{Renames, has_part},
    spelling::Spelling,
};
use crate::{
    error::{Error, Result},
    schema::{Name, Schema},
};

/// Refuses renames that were given and cannot be: what they name would be dropped, with all that it has.
pub(super) fn refuse_ignored(
    renames: &Renames,
    (current, renamed, desired): (&Schema, &Schema, &Schema),
    spelling: &Spelling<'_>,
) -> Result<()> {
    let [tables, columns, enums] = &renames.given;
    // A rename changes no order.
    let table_of = |old: &Name| current.tables.iter().position(|table| table.name == *old);
    let table_is = |old: &Name| table_of(old).map(|at| &renamed.tables[at].name);
    for (old, new) in &renames.tables[tables.clone()] {
        if table_is(old).is_some_and(|is| is != new) {
            return Err(ignored(&old.to_string(), &new.to_string(), "table"));
        }
    }
    for (old, new) in &renames.enums[enums.clone()] {
        let at = current.enums.iter().position(|value| value.name == *old);
        if at.is_some_and(|at| renamed.enums[at].name != *new) {
            return Err(ignored(&old.to_string(), &new.to_string(), "type"));
        }
    }
    for (table, old, new) in &renames.columns[columns.clone()] {
        let Some(of) = renamed.tables.iter().position(|known| known.name == *table) else {
            continue;
        };
        let at = current.tables[of].columns.iter().position(|column| column.name == *old);
        if at.is_some_and(|at| renamed.tables[of].columns[at].name != *new) {
            return Err(ignored(&format!("{}.{old}", current.tables[of].name), new, "column"));
        }
    }
    for (table, old, new) in &renames.parts {
        let is_done = desired
            .find_table(table)
            .is_some_and(|table| has_part(table, new, spelling) && !has_part(table, old, spelling));
        if !is_done {
            return Err(ignored(&format!("{table}.{old}"), new, "index or constraint"));
        }
    }
    Ok(())
}

fn ignored(from: &str, to: &str, what: &str) -> Error {
    Error::Argument {
        argument: "rename",
        given: format!("{from}={to}"),
        problem: format!(
            "cannot rename {from} to {to}: the desired schema has no {what} of that name, or the database has another one already; \
             nothing was written"
        ),
    }
}
