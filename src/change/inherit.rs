//! What a change of a table does to its partitions, and to the tables that inherit from it.

use super::Change;
use crate::schema::{Column, Name, Schema, Table};

/// Carries a change on to the tables below, which the database does by itself.
pub(super) fn apply(schema: &mut Schema, change: &Change) {
    match change {
        Change::Attach { table, parent, bound } => with(schema, table, |table| {
            table.inherits.push(parent.clone());
            table.bound.clone_from(bound);
        }),
        Change::Detach { table, parent, .. } => with(schema, table, |table| {
            let parents: Vec<Name> = table.inherits.drain(..).filter(|p| p != parent).collect();
            if parents.is_empty() {
                *table = table.alone();
            }
            table.inherits = parents;
        }),
        Change::AddColumn { table, column, .. } => {
            for name in schema.descendants(table) {
                with(schema, &name, |table| add(table, column));
            }
        }
        Change::AlterColumn { table, from, to, .. } => {
            for name in schema.descendants(table) {
                with(schema, &name, |table| {
                    let own = table.columns.iter_mut().find(|column| column.name == to.name);
                    own.into_iter().for_each(|column| column.follow(from, to));
                });
            }
        }
        Change::DropColumn { table, column, .. } => {
            for name in schema.descendants(table) {
                let Some(below) = schema.find_table(&name) else { continue };
                let stays = below.has_from(schema, &column.name)
                    || below.find_column(&column.name).is_some_and(Column::is_local);
                if !stays {
                    with(schema, &name, |table| table.columns.retain(|c| c.name != column.name));
                }
            }
        }
        Change::DropCheck { table, check } => {
            for name in schema.descendants(table) {
                let Some(below) = schema.find_table(&name) else { continue };
                let parents = below.inherits.iter().filter_map(|name| schema.find_table(name));
                let mut above = parents.flat_map(|parent| {
                    let given = parent.given.iter().flat_map(|given| &given.checks);
                    parent.checks.iter().chain(given)
                });
                if !above.any(|other| other.name == check.name) {
                    with(schema, &name, |table| {
                        let given = table.given.iter_mut();
                        given.for_each(|given| given.checks.retain(|c| c.name != check.name));
                    });
                }
            }
        }
        _ => {}
    }
}

fn with(schema: &mut Schema, name: &Name, change: impl FnOnce(&mut Table)) {
    let table = schema.tables.iter_mut().find(|table| table.name == *name);
    if let Some(table) = table {
        change(table);
    }
}

/// One that already exists is declared by both from then on.
fn add(table: &mut Table, column: &Column) {
    match table.columns.iter_mut().find(|own| own.name == column.name) {
        Some(own) => own.mark_local(),
        None => table.columns.push(column.as_given()),
    }
}
