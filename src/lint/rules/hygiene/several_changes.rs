//! HYGIENE-002: several changes.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "HYGIENE-002",
    name: "several-changes",
    severity: Severity::Info,
    databases: ALL,
    versions: "",
    problem: "A migration that changes several tables is harder to review, to revert and to repeat than one for each change.",
    instead: "Make a migration for each change.",
    scope: RuleScope::Migration,
    check,
    finds: &[Example::up(
        r#"ALTER TABLE users ADD COLUMN nick text;
ALTER TABLE orders ADD COLUMN note text;
ALTER TABLE items ADD COLUMN note text;"#,
    )],
    passes: &[
        Example::up("ALTER TABLE users ADD COLUMN nick text;"),
        Example::up(
            r#"CREATE TABLE notes (id integer PRIMARY KEY);
ALTER TABLE users ADD COLUMN note_id integer;"#,
        ),
    ],
};

/// From here on they are many.
const MANY: usize = 3;

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let mut tables: Vec<&SqlName> = Vec::new();
    for read in context.up {
        if let Ddl::AlterTable(alter) = &read.ddl
            && !context.known.is_new(&alter.name)
            && !tables.iter().any(|table| table.is(&alter.name))
        {
            tables.push(&alter.name);
        }
    }
    if tables.len() < MANY {
        return Vec::new();
    }
    context.whole(
        format!("this migration changes {} tables", tables.len()),
        "make a migration for each change",
    )
}
