//! DATA-012: rows discarded.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "DATA-012",
    name: "rows-discarded",
    severity: Severity::Error,
    databases: MYSQL,
    versions: "",
    problem: "Dropping or truncating a partition deletes its rows, DROP SYSTEM VERSIONING and DELETE HISTORY all earlier versions of the \
        rows, and DISCARD TABLESPACE the whole table. Each commits at once.",
    instead: "Copy the rows elsewhere first, or say with an allow comment that nobody needs them.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("ALTER TABLE users DROP PARTITION p2019;"),
        Example::up("ALTER TABLE users TRUNCATE PARTITION p2019;"),
        Example::up("ALTER TABLE users DROP SYSTEM VERSIONING;"),
        Example::up("DELETE HISTORY FROM users;"),
    ],
    passes: &[
        Example::up("ALTER TABLE users ADD PARTITION (PARTITION p2030 VALUES LESS THAN (2031));"),
        Example::up("ALTER TABLE users DROP COLUMN age;"),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let discards = |words: &str, table: &SqlName| {
        found(
            format!("{words} deletes rows of {table} for good"),
            "copy the rows into another table first; if nobody needs them, write above this statement:\n\
             -- ambix: allow DATA-012 because ...",
        )
    };
    if let Ddl::DeleteHistory(table) = context.ddl() {
        return context.each([table], |table| Some(discards("DELETE HISTORY", table)));
    }
    context.actions(|table, action| match action {
        TableAction::DiscardRows(words) => Some(discards(words, table)),
        _ => None,
    })
}
