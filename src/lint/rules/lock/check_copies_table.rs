//! LOCK-018: check copies table.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "LOCK-018",
    name: "check-copies-table",
    severity: Severity::Error,
    databases: MYSQL,
    versions: "",
    problem: "Adding a CHECK constraint copies the table, and writes are blocked while it does.",
    instead: "Add it while nobody writes, or with a tool for online schema changes.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("ALTER TABLE users ADD CONSTRAINT users_age CHECK (age >= 0);")],
    passes: &[Example::up(
        "CREATE TABLE notes (id bigint PRIMARY KEY, stars integer, CHECK (stars > 0));",
    )],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| match action {
        TableAction::AddConstraint(check) if check.kind == DemandKind::Check => Some(found(
            format!("this copies {table} and blocks writes while it does"),
            "run it while nobody writes, or with a tool for online schema changes",
        )),
        _ => None,
    })
}
