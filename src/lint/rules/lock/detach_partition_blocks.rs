//! LOCK-011: detach partition blocks.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "LOCK-011",
    name: "detach-partition-blocks",
    severity: Severity::Error,
    databases: POSTGRES,
    versions: "14 and later",
    problem: "DETACH PARTITION takes an ACCESS EXCLUSIVE lock on the parent table: while it waits for a long query, everybody \
        waits behind it.",
    instead: "Write DETACH PARTITION ... CONCURRENTLY, in a migration of its own.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("ALTER TABLE events DETACH PARTITION events_2020;")],
    passes: &[Example::up("ALTER TABLE events DETACH PARTITION events_2020 CONCURRENTLY;")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    if context.is_before(14, 0) {
        return Vec::new();
    }
    context.actions(|table, action| match action {
        TableAction::DetachPartition { concurrently: false, partition } => Some(found(
            format!("this locks {table} and all of its partitions against reads and writes"),
            format!("in a migration of its own:\nALTER TABLE {table} DETACH PARTITION {partition} CONCURRENTLY;"),
        )),
        _ => None,
    })
}
