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
    finds: &[
        Example::up("ALTER TABLE users ADD CONSTRAINT users_age CHECK (age >= 0);"),
        Example::up("ALTER TABLE users ADD COLUMN stars integer CHECK (stars > 0);")
            .on(&[LintDatabase::MySql]),
    ],
    passes: &[
        Example::up(
            "CREATE TABLE notes (id bigint PRIMARY KEY, stars integer, CHECK (stars > 0));",
        ),
        Example::up("ALTER TABLE users ADD COLUMN stars integer CHECK (stars > 0);")
            .on(&[LintDatabase::MariaDb]),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| {
        let copies = match action {
            TableAction::AddConstraint(check) => check.kind == DemandKind::Check,
            // MariaDB knows that a new column has one value in all rows.
            TableAction::AddColumn(column) => {
                column.check && context.database == LintDatabase::MySql
            }
            _ => false,
        };
        copies.then(|| {
            found(
                format!("this copies {table} and blocks writes while it does"),
                "run it while nobody writes, or with a tool for online schema changes",
            )
        })
    })
}
