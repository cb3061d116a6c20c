//! REWRITE-006: storage change.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "REWRITE-006",
    name: "storage-change",
    severity: Severity::Error,
    databases: SERVERS,
    versions: "",
    problem: "Another tablespace, engine, row format or character set, other partitions, or a change between LOGGED and \
        UNLOGGED, writes the whole table (or the partitions that it names) again under a lock.",
    instead: "Do it in a maintenance window, or in a new table into which you copy the rows.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("ALTER TABLE users SET UNLOGGED;").on(POSTGRES),
        Example::up("ALTER TABLE users CONVERT TO CHARACTER SET utf8mb4;").on(MYSQL),
        Example::up("ALTER TABLE users ENGINE=InnoDB;").on(MYSQL),
        Example::up("ALTER TABLE users PARTITION BY HASH (id) PARTITIONS 4;").on(MYSQL),
        Example::up("ALTER TABLE users REMOVE PARTITIONING;").on(MYSQL),
    ],
    passes: &[Example::up("ALTER TABLE users SET (fillfactor = 70);").on(POSTGRES)],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| match action {
        TableAction::Rewrite { words, .. } => Some(found(
            format!("{words} writes all of {table} again, and nobody can write meanwhile"),
            "run it in a maintenance window, or copy the rows into a new table",
        )),
        _ => None,
    })
}
