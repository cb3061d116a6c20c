//! LOCK-001: index blocks writes.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "LOCK-001",
    name: "index-blocks-writes",
    severity: Severity::Error,
    databases: POSTGRES,
    versions: "",
    problem: "CREATE INDEX holds a SHARE lock on the table until the index is built: every INSERT, UPDATE and DELETE waits for \
        it.",
    instead: "Build the index CONCURRENTLY, in a migration of its own, which then runs without a transaction. If the build \
        fails, ambix drops the invalid index before it tries again.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("CREATE INDEX users_name ON users (name);")],
    passes: &[
        Example::up("CREATE INDEX CONCURRENTLY users_name ON users (name);"),
        Example::up(
            r#"CREATE TABLE notes (id bigint PRIMARY KEY, body text);
CREATE INDEX notes_body ON notes (body);"#,
        ),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let Ddl::CreateIndex(index) = context.ddl() else { return Vec::new() };
    if index.concurrently
        || context.known.is_new(&index.table)
        || context.known.is_new_object(&index.table)
    {
        return Vec::new();
    }
    let unique = if index.unique { "UNIQUE " } else { "" };
    let name = index.name.as_ref().map(|name| format!("{name} ")).unwrap_or_default();
    context.hit(
        format!("this blocks every write to {} until the index is built", index.table),
        format!(
            "in a migration of its own:\nCREATE {unique}INDEX CONCURRENTLY {name}ON {};",
            index.tail
        ),
    )
}
