//! AMBIX-002: no way back.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "AMBIX-002",
    name: "no-way-back",
    severity: Severity::Info,
    databases: ALL,
    versions: "",
    problem: "The migration has no down side and does not say why, so that `ambix downgrade` stops here.",
    instead: "Write a down side, or say in the up file why there is none: -- ambix: irreversible because ...",
    scope: RuleScope::Migration,
    check,
    finds: &[Example::up("ALTER TABLE users ADD COLUMN nick text;")],
    passes: &[
        Example::up("ALTER TABLE users ADD COLUMN nick text;")
            .down("ALTER TABLE users DROP COLUMN nick;"),
        Example::up(
            r#"-- ambix: irreversible because the rows are gone
DELETE FROM orders WHERE total = 0;"#,
        ),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let migration = context.migration;
    let has_down = migration.down_script().is_some() && !context.down.is_empty();
    if has_down || context.up.is_empty() || migration.irreversible_because().is_some() {
        return Vec::new();
    }
    context.whole(
        "there is no down side, and no reason for that",
        "write one, or at the head of the up file:\n-- ambix: irreversible because ...",
    )
}
