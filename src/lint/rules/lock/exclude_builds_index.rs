//! LOCK-008: exclude builds index.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "LOCK-008",
    name: "exclude-builds-index",
    severity: Severity::Error,
    databases: POSTGRES,
    versions: "",
    problem: "An EXCLUDE constraint builds its index and checks every row under an ACCESS EXCLUSIVE lock, and there is no way \
        to do that concurrently.",
    instead: "Add it only to a table that is new or small, or create a new table with it and copy the rows in batches.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up(
        "ALTER TABLE orders ADD CONSTRAINT one_order EXCLUDE USING btree (total WITH =);",
    )],
    passes: &[Example::up(
        "CREATE TABLE bookings (id bigint PRIMARY KEY, room integer, EXCLUDE USING btree (room WITH =));",
    )],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| match action {
        TableAction::AddConstraint(constraint) if constraint.kind == DemandKind::Exclude => Some(found(
            format!("this locks {table} against reads and writes until the index is built and every row is checked"),
            "there is no concurrent form: do it in a maintenance window, or in a new table into which you copy the rows",
        )),
        _ => None,
    })
}
