//! LOCK-017: key copies table.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "LOCK-017",
    name: "key-copies-table",
    severity: Severity::Error,
    databases: MYSQL,
    versions: "",
    problem: "Adding a foreign key copies the table and blocks writes, unless foreign_key_checks is off; then existing rows \
        are not checked.",
    instead: "Add it while nobody writes, or use a tool for online schema changes.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up(
        "ALTER TABLE orders ADD CONSTRAINT orders_user_fk FOREIGN KEY (user_id) REFERENCES users (id);",
    )],
    passes: &[Example::up(
        "CREATE TABLE notes (id bigint PRIMARY KEY, user_id bigint, FOREIGN KEY (user_id) REFERENCES users (id));",
    )],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| match action {
        TableAction::AddConstraint(key) if key.kind == DemandKind::ForeignKey => Some(found(
            format!("this copies {table} and blocks writes while it does"),
            "run it while nobody writes, or with a tool for online schema changes",
        )),
        _ => None,
    })
}
