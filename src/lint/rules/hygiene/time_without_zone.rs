//! HYGIENE-010: time without zone.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "HYGIENE-010",
    name: "time-without-zone",
    severity: Severity::Info,
    databases: POSTGRES,
    versions: "",
    problem: "timestamp does not say which moment it means: the time zone is lost.",
    instead: "Use timestamptz. It takes as much space, and keeps the moment.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("CREATE TABLE notes (id bigint PRIMARY KEY, written timestamp);"),
        Example::up("ALTER TABLE users ADD COLUMN joined timestamp;"),
    ],
    passes: &[Example::up("CREATE TABLE notes (id bigint PRIMARY KEY, written timestamptz);")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.each(context.declared_columns(), |column| {
        (column.ty.base == "TIMESTAMP").then(|| {
            found(
                format!("{} does not keep its time zone", column.name),
                format!("{} timestamptz", column.name),
            )
        })
    })
}
