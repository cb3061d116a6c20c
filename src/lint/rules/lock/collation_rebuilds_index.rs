//! LOCK-024: collation rebuilds index.

use crate::lint::{prelude::*, rules::rewrite::type_change::is_in_place};

pub(super) static RULE: Rule = Rule {
    code: "LOCK-024",
    name: "collation-rebuilds-index",
    severity: Severity::Error,
    databases: POSTGRES,
    versions: "",
    problem: "Another collation orders texts in another way. The server builds each index that has the column again, \
        under an ACCESS EXCLUSIVE lock on the table.",
    instead: "Build an index with the new collation concurrently, let the queries ask for that collation, and drop \
        the old index.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("ALTER TABLE users ALTER COLUMN name TYPE varchar(20) COLLATE \"C\";")
            .after("CREATE TABLE users (id bigint, name varchar(20)); CREATE INDEX users_name ON users (name);"),
    ],
    passes: &[
        Example::up("ALTER TABLE users ALTER COLUMN name TYPE varchar(20) COLLATE \"C\";")
            .after("CREATE TABLE users (id bigint, name varchar(20));"),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| {
        let TableAction::AlterType { column, ty, collated: true, .. } = action else { return None };
        // Otherwise the table is written again with its indexes, which is what REWRITE-004 says.
        let old = &context.known.column(table, column.last())?.ty;
        if !is_in_place(old, ty) || !context.known.is_indexed(table, column.last()) {
            return None;
        }
        Some(found(
            format!("this builds each index on {table}.{column} again under a lock against reads and writes"),
            format!("CREATE INDEX CONCURRENTLY ... ON {table} ({column} COLLATE ...);\nand ask for that collation in the queries"),
        ))
    })
}
