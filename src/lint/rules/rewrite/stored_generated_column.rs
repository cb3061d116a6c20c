//! REWRITE-002: stored generated column.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "REWRITE-002",
    name: "stored-generated-column",
    severity: Severity::Error,
    databases: SERVERS,
    versions: "",
    problem: "A stored generated column is computed for every existing row: the whole table is written again, and nobody can \
        write meanwhile.",
    instead: "Add a plain column, fill it in batches, and keep it up with a trigger; or use a virtual column where the \
        database has them.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up(
        "ALTER TABLE users ADD COLUMN shout text GENERATED ALWAYS AS (upper(name)) STORED;",
    )],
    passes: &[Example::up(
        "CREATE TABLE notes (id bigint PRIMARY KEY, body text, shout text GENERATED ALWAYS AS (upper(body)) STORED);",
    )],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| match action {
        TableAction::AddColumn(column) if column.generated == Some(GeneratedColumn::Stored) => Some(found(
            format!("{} is computed for every row, so that this writes all of {table} again", column.name),
            if context.database != LintDatabase::Postgres || context.is_since(18, 0) {
                "make it VIRTUAL, or add a plain column, fill it in batches, and keep it up with a trigger"
            } else {
                "add a plain column, fill it in batches, and keep it up with a trigger"
            },
        )),
        _ => None,
    })
}
