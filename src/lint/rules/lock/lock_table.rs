//! LOCK-015: lock table.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "LOCK-015",
    name: "lock-table",
    severity: Severity::Warning,
    databases: SERVERS,
    versions: "",
    problem: "LOCK TABLE keeps every other program out until the transaction ends or the tables are unlocked.",
    instead: "Leave the locking to the statements. ambix already keeps other migrations out.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("LOCK TABLE users;")],
    passes: &[Example::up("ALTER TABLE users ADD COLUMN nick text;")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let Ddl::LockTable(tables) = context.ddl() else { return Vec::new() };
    context.each(tables, |table| {
        (!context.known.is_new(table)).then(|| {
            found(
                format!("this keeps other programs out of {table}"),
                "remove it: each statement takes the lock that it needs, and ambix keeps other migrations out",
            )
        })
    })
}
