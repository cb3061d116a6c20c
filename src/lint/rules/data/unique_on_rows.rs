//! DATA-002: unique on rows.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "DATA-002",
    name: "unique-on-rows",
    severity: Severity::Warning,
    databases: ALL,
    versions: "",
    problem: "If two existing rows have the same value, the unique index or key cannot be built, and the upgrade fails.",
    instead: "Look for duplicates before, and remove them first.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("CREATE UNIQUE INDEX users_name ON users (name);"),
        Example::up("ALTER TABLE users ADD CONSTRAINT users_name_key UNIQUE (name);").on(SERVERS),
    ],
    passes: &[
        Example::up("CREATE INDEX users_name ON users (name);"),
        Example::up(
            r#"CREATE TABLE notes (id integer, body text);
CREATE UNIQUE INDEX notes_body ON notes (body);"#,
        ),
        Example::up(
            r#"CREATE MATERIALIZED VIEW names AS SELECT name FROM users;
CREATE UNIQUE INDEX names_name ON names (name);"#,
        )
        .on(POSTGRES),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let hit = |table: &SqlName, columns: &[String]| {
        let columns = columns.join(", ");
        found(
            format!("this fails if two rows of {table} have the same {columns}"),
            format!(
                "look for them first:\nSELECT {columns}, count(*) FROM {table} GROUP BY {columns} HAVING count(*) > 1;"
            ),
        )
    };
    if let Ddl::CreateIndex(index) = context.ddl() {
        let is_old = !context.known.has_made(&index.table);
        if index.unique && is_old && !index.columns.is_empty() {
            let Hit { message, help, .. } = hit(&index.table, &index.columns);
            return context.hit(message, help);
        }
        return Vec::new();
    }
    // DATA-014 is about that.
    if context.alter().is_some_and(|alter| alter.ignore) {
        return Vec::new();
    }
    context.actions(|table, action| match action {
        TableAction::AddConstraint(key)
            if key.kind == DemandKind::Unique && !key.using_index && !key.columns.is_empty() =>
        {
            Some(hit(table, &key.columns))
        }
        TableAction::AddIndex { unique: true, columns, .. } => Some(hit(table, columns)),
        _ => None,
    })
}
