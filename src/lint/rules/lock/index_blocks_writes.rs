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
    finds: &[
        Example::up("CREATE INDEX users_name ON users (name);"),
        Example::up("CREATE INDEX events_year ON events (year);")
            .after("CREATE TABLE events (id bigint, year integer) PARTITION BY RANGE (year);"),
    ],
    passes: &[
        Example::up("CREATE INDEX events_year ON ONLY events (year);")
            .after("CREATE TABLE events (id bigint, year integer) PARTITION BY RANGE (year);"),
        Example::up("CREATE INDEX CONCURRENTLY users_name ON users (name);"),
        Example::up(
            r#"CREATE TABLE notes (id bigint PRIMARY KEY, body text);
CREATE INDEX notes_body ON notes (body);"#,
        ),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let Ddl::CreateIndex(index) = context.ddl() else { return Vec::new() };
    let is_partitioned = context.known.is_partitioned(&index.table);
    // An index of a partitioned table alone has no rows. Who writes ONLY has such a table, unless it is known to be another one.
    let is_empty = index.only && (is_partitioned || !context.known.is_created(&index.table));
    if index.concurrently || is_empty || context.known.has_made(&index.table) {
        return Vec::new();
    }
    let unique = if index.unique { "UNIQUE " } else { "" };
    let name = index.name.as_ref().map(|name| format!("{name} ")).unwrap_or_default();
    let way = if is_partitioned {
        format!(
            "CREATE {unique}INDEX {name}ON ONLY {};\nand in a migration of its own for each partition:\n\
             CREATE {unique}INDEX CONCURRENTLY ... ON ...;\nALTER INDEX {name}ATTACH PARTITION ...;",
            index.tail
        )
    } else {
        format!(
            "in a migration of its own:\nCREATE {unique}INDEX CONCURRENTLY {name}ON {};",
            index.tail
        )
    };
    context.hit(format!("this blocks every write to {} until the index is built", index.table), way)
}
