//! DATA-014: alter ignore.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "DATA-014",
    name: "alter-ignore",
    severity: Severity::Error,
    databases: &[LintDatabase::MariaDb],
    versions: "",
    problem: "ALTER IGNORE TABLE deletes rows that are in the way of a unique key, and changes values that the new type does not \
        take, without a word.",
    instead: "Look for such rows before, decide what becomes of them in a migration of its own, and leave out IGNORE.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("ALTER IGNORE TABLE users ADD UNIQUE KEY users_name (name);")],
    passes: &[Example::up("ALTER TABLE users ADD COLUMN nick text;")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let Some(alter) = context.alter().filter(|alter| alter.ignore) else { return Vec::new() };
    context.hit(
        format!(
            "with IGNORE, rows of {} that are in the way are deleted or changed without a word",
            alter.name
        ),
        "leave out IGNORE, and look at the rows for which the statement then fails",
    )
}
