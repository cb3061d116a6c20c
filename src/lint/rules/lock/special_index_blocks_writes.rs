//! LOCK-019: special index blocks writes.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "LOCK-019",
    name: "special-index-blocks-writes",
    severity: Severity::Error,
    databases: MYSQL,
    versions: "",
    problem: "Building a FULLTEXT or SPATIAL index blocks writes to the table until it is done.",
    instead: "Build it while nobody writes.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("CREATE FULLTEXT INDEX users_name ON users (name);"),
        Example::up("ALTER TABLE users ADD FULLTEXT INDEX users_name (name);"),
    ],
    passes: &[Example::up("CREATE INDEX users_name ON users (name);")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let blocks = |table: &SqlName, special: &str| {
        found(
            format!("building a {special} index blocks writes to {table}"),
            "run it while nobody writes",
        )
    };
    if let Ddl::CreateIndex(index) = context.ddl()
        && let Some(special) = &index.special
        && !context.known.is_new(&index.table)
    {
        let hit = blocks(&index.table, special);
        return context.hit(hit.message, hit.help);
    }
    context.actions(|table, action| match action {
        TableAction::AddIndex { special: Some(special), .. } => Some(blocks(table, special)),
        _ => None,
    })
}
