//! AMBIX-006: bad allow.

use crate::lint::prelude::*;

pub(in crate::lint::rules) static RULE: Rule = Rule {
    code: "AMBIX-006",
    name: "bad-allow",
    severity: Severity::Error,
    databases: ALL,
    versions: "",
    problem: "An allow comment names no rule that exists, or gives no reason.",
    instead: "Write -- ambix: allow CODE because ..., with a code that `ambix rule` lists.",
    scope: RuleScope::Migration,
    check,
    finds: &[
        Example::up(
            r#"-- ambix: allow LOCK-999 because we know better
ALTER TABLE users ADD COLUMN nick text;"#,
        ),
        Example::up(
            r#"-- ambix: allow COMPAT-005
ALTER TABLE users DROP COLUMN name;"#,
        ),
    ],
    passes: &[Example::up(
        r#"-- ambix: allow COMPAT-005 because no program reads it
ALTER TABLE users DROP COLUMN name;"#,
    )],
};

fn check(_context: &LintContext<'_>) -> Vec<Hit> {
    Vec::new() // the comments are read where they silence findings: check.rs
}
