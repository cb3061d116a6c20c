//! COMPAT-002: rename column.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "COMPAT-002",
    name: "rename-column",
    severity: Severity::Error,
    databases: ALL,
    versions: "",
    problem: "A program that is still running uses the old name, and fails as soon as the column has the new one.",
    instead: "Add a column with the new name, keep both equal with a trigger while programs switch over, and drop the old one \
        later.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("ALTER TABLE users RENAME COLUMN name TO full_name;"),
        Example::up("ALTER VIEW totals RENAME COLUMN name TO full_name;").on(POSTGRES),
    ],
    passes: &[Example::up("ALTER TABLE users ADD COLUMN full_name text;")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| {
        let (from, to) = match action {
            TableAction::RenameColumn { from, to } => (from, to),
            TableAction::Modify { from, column } if !column.name.is(from) => (from, &column.name),
            _ => return None,
        };
        if context.known.is_new_column(table, from.last()) {
            return None;
        }
        Some(found(
            format!("running programs that use {table}.{from} fail as soon as it is called {to}"),
            format!(
                "ALTER TABLE {table} ADD COLUMN {to} ...;\nkeep both equal with a trigger, copy the old values in batches, and drop {from} \
                 when no program uses it any more"
            ),
        ))
    })
}
