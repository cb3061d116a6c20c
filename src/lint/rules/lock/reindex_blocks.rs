//! LOCK-010: reindex blocks.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "LOCK-010",
    name: "reindex-blocks",
    severity: Severity::Error,
    databases: POSTGRES,
    versions: "",
    problem: "REINDEX blocks writes to the table, and reads that would use the index, until it is done.",
    instead: "Write REINDEX ... CONCURRENTLY, in a migration of its own.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("REINDEX TABLE users;")],
    passes: &[Example::up("REINDEX TABLE CONCURRENTLY users;")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let Ddl::Reindex { concurrently: false, rest } = context.ddl() else { return Vec::new() };
    if context.is_before(12, 0) {
        return context.hit(
            format!("this blocks writes to the table of {rest} until it is done"),
            "build a second index CONCURRENTLY and drop the first: REINDEX CONCURRENTLY needs version 12",
        );
    }
    context.hit(
        format!("this blocks writes to the table of {rest} until it is done"),
        "in a migration of its own: REINDEX ... CONCURRENTLY",
    )
}
