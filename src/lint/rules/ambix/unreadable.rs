//! AMBIX-008: unreadable.

use crate::lint::prelude::*;

pub(in crate::lint::rules) static RULE: Rule = Rule {
    code: "AMBIX-008",
    name: "unreadable",
    severity: Severity::Error,
    databases: ALL,
    versions: "",
    problem: "The file cannot be split into statements, so that no rule has looked at it.",
    instead: "Repair the file; `ambix upgrade` refuses it as well.",
    scope: RuleScope::Migration,
    check,
    finds: &[Example::up("ALTER TABLE users ADD COLUMN nick text DEFAULT 'it;")],
    passes: &[Example::up("ALTER TABLE users ADD COLUMN nick text DEFAULT 'it';")],
};

fn check(_context: &LintContext<'_>) -> Vec<Hit> {
    Vec::new() // found before any rule looks: check.rs
}
