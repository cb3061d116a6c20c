//! HYGIENE-001: vague name.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "HYGIENE-001",
    name: "vague-name",
    severity: Severity::Info,
    databases: ALL,
    versions: "",
    problem: "The name of the migration does not say what it does. It is all that a listing shows.",
    instead: "Name the change: add-email-to-users, drop-orders-note.",
    scope: RuleScope::Migration,
    check,
    finds: &[
        Example::up("ALTER TABLE users ADD COLUMN nick text;").named("update"),
        Example::up("ALTER TABLE users ADD COLUMN nick text;").named(""),
    ],
    passes: &[Example::up("ALTER TABLE users ADD COLUMN nick text;").named("add nick to users")],
};

/// Words that say nothing of what changes.
const VAGUE: [&str; 20] = [
    "update",
    "updates",
    "fix",
    "fixes",
    "change",
    "changes",
    "migration",
    "migrate",
    "schema",
    "db",
    "database",
    "test",
    "tmp",
    "temp",
    "wip",
    "misc",
    "new",
    "stuff",
    "alter",
    "modify",
];

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let name = context.migration.name();
    let says_nothing = |word: &str| {
        let word = word.to_ascii_lowercase();
        VAGUE.contains(&word.as_str()) || word.chars().all(|sign| sign.is_ascii_digit())
    };
    let mut words =
        name.split(|sign: char| !sign.is_alphanumeric()).filter(|word| !word.is_empty());
    if words.any(|word| !says_nothing(word)) {
        return Vec::new();
    }
    let message = if name.is_empty() {
        "the migration has no name".to_owned()
    } else {
        format!("the name {name:?} does not say what the migration does")
    };
    context.whole(message, "name the change, such as: add email to users")
}
