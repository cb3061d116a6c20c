//! LOCK-014: many tables locked.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "LOCK-014",
    name: "many-tables-locked",
    severity: Severity::Warning,
    databases: POSTGRES,
    versions: "",
    problem: "A transaction that alters several tables in use needs the locks of all of them at the same time. It waits for \
        the slowest query on each, and can deadlock with a program that uses them in another order.",
    instead: "Alter one table in a migration.",
    scope: RuleScope::Migration,
    check,
    finds: &[Example::up(
        r#"ALTER TABLE users ADD COLUMN nick text;
ALTER TABLE orders ADD COLUMN note text;"#,
    )],
    passes: &[
        Example::up(
            r#"ALTER TABLE users ADD COLUMN nick text;
ALTER TABLE users ADD COLUMN note text;"#,
        ),
        Example::up(
            r#"CREATE TABLE notes (id bigint PRIMARY KEY);
ALTER TABLE users ADD COLUMN note_id bigint;"#,
        ),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    if !context.transactional {
        return Vec::new();
    }
    let mut tables: Vec<&SqlName> = Vec::new();
    for read in context.up {
        if let Ddl::AlterTable(alter) = &read.ddl
            && !context.known.is_new(&alter.name)
            && !tables.iter().any(|table| table.is(&alter.name))
        {
            tables.push(&alter.name);
        }
    }
    if tables.len() < 2 {
        return Vec::new();
    }
    let names: Vec<String> = tables.iter().map(ToString::to_string).collect();
    context.whole(
        format!(
            "this transaction locks {} tables at the same time: {}",
            names.len(),
            names.join(", ")
        ),
        "make a migration for each table",
    )
}
