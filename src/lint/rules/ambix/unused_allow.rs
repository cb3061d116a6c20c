//! AMBIX-007: unused allow.

use crate::lint::prelude::*;

pub(in crate::lint::rules) static RULE: Rule = Rule {
    code: "AMBIX-007",
    name: "unused-allow",
    severity: Severity::Warning,
    databases: ALL,
    versions: "",
    problem: "An allow comment silences nothing. It would hide the next finding that comes in its place.",
    instead: "Remove it.",
    scope: RuleScope::Migration,
    check,
    finds: &[Example::up(
        r#"-- ambix: allow COMPAT-005 because no program reads it
ALTER TABLE users ADD COLUMN nick text;"#,
    )],
    passes: &[Example::up(
        r#"-- ambix: allow COMPAT-005 because no program reads it
ALTER TABLE users DROP COLUMN name;"#,
    )],
};

fn check(_context: &LintContext<'_>) -> Vec<Hit> {
    Vec::new() // as for AMBIX-006
}
