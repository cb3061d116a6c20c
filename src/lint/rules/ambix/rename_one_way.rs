//! AMBIX-003: rename one way.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "AMBIX-003",
    name: "rename-one-way",
    severity: Severity::Error,
    databases: ALL,
    versions: "",
    problem: "The up side renames a table or column, and the down side does not rename it back.",
    instead: "Rename it back in the down side.",
    scope: RuleScope::Migration,
    check,
    finds: &[Example::up("ALTER TABLE users RENAME COLUMN name TO full_name;").down("SELECT 1;")],
    passes: &[
        Example::up("ALTER TABLE users ADD COLUMN new_age bigint;\nALTER TABLE users RENAME COLUMN new_age TO years;")
            .down("ALTER TABLE users DROP COLUMN years;"),Example::up("ALTER TABLE users RENAME COLUMN name TO full_name;")
        .down("ALTER TABLE users RENAME COLUMN full_name TO name;")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    if context.down.is_empty() {
        return Vec::new();
    }
    let up: Vec<_> = context.up.iter().flat_map(|read| renames(&read.ddl)).collect();
    let down: Vec<_> = context.down.iter().flat_map(|read| renames(&read.ddl)).collect();
    let touches = |name: &SqlName| {
        context.down.iter().any(|read| match &read.ddl {
            Ddl::CreateTable(table) => table.name.is_called(name.last()),
            Ddl::CreateObject { name: created, .. } => created.is_called(name.last()),
            Ddl::Drop(drop) => drop.names.iter().any(|dropped| dropped.is_called(name.last())),
            _ => false,
        })
    };
    let is_undone = |from: &SqlName, to: &SqlName| {
        down.iter().any(|(back, old)| back.is_called(to.last()) && old.is_called(from.last()))
    };
    // What this migration creates, to put it in the place of something else, is dropped and not renamed.
    let creates = |name: &SqlName| {
        context.up.iter().any(|read| match &read.ddl {
            Ddl::CreateTable(table) => table.name.is_called(name.last()),
            Ddl::AlterTable(alter) => alter.actions.iter().any(
                |action| matches!(action, TableAction::AddColumn(column) if column.name.is_called(name.last())),
            ),
            _ => false,
        })
    };
    let one_way = up.iter().find(|(from, to)| {
        !is_undone(from, to) && !touches(to) && !touches(from) && !creates(from)
    });
    let Some((from, to)) = one_way else { return Vec::new() };
    context.whole(
        format!("the down side does not rename {to} back to {from}"),
        format!("rename {to} to {from} in the down side"),
    )
}

/// What a statement renames, and how.
fn renames(ddl: &Ddl) -> Vec<(SqlName, SqlName)> {
    match ddl {
        Ddl::AlterTable(alter) => alter
            .actions
            .iter()
            .filter_map(|action| match action {
                TableAction::RenameTable(to) => Some((alter.name.clone(), to.clone())),
                TableAction::RenameColumn { from, to } => Some((from.clone(), to.clone())),
                TableAction::Modify { from, column } if !from.is(&column.name) => {
                    Some((from.clone(), column.name.clone()))
                }
                _ => None,
            })
            .collect(),
        Ddl::RenameTables(pairs) => pairs.clone(),
        _ => Vec::new(),
    }
}
