//! COMPAT-010: default dropped.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "COMPAT-010",
    name: "default-dropped",
    severity: Severity::Warning,
    databases: SERVERS,
    versions: "",
    problem: "A program that is still running may leave the column out of its INSERT and rely on the default. If the column is \
        NOT NULL, that fails; otherwise it writes NULL.",
    instead: "First release a program that always writes the column.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("ALTER TABLE users ALTER COLUMN country DROP DEFAULT;")
        .after("ALTER TABLE users ADD COLUMN country text NOT NULL DEFAULT '';")],
    passes: &[
        Example::up("ALTER TABLE users ALTER COLUMN email SET DEFAULT '';"),
        Example::up(
            "ALTER TABLE users ALTER COLUMN email DROP DEFAULT;\nALTER TABLE users ALTER COLUMN email SET DEFAULT 'x';",
        ),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| match action {
        TableAction::DropDefault(column) if !is_set(context, table, column) => Some(found(
            format!("running programs that rely on the default of {table}.{column} fail or write NULL from now on"),
            "first release a program that always writes the column",
        )),
        _ => None,
    })
}

/// Whether the migration itself gives the column a default: before, so that nobody relies on it yet, or again, around a change of its type.
fn is_set(context: &LintContext<'_>, table: &SqlName, column: &SqlName) -> bool {
    let sets = |action: &TableAction| matches!(action, TableAction::SetDefault { column: own, .. } if own.is(column));
    context.up.iter().any(|read| match &read.ddl {
        Ddl::AlterTable(alter) => alter.name.is(table) && alter.actions.iter().any(sets),
        _ => false,
    })
}
