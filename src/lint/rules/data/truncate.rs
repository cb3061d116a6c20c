//! DATA-004: truncate.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "DATA-004",
    name: "truncate",
    severity: Severity::Error,
    databases: SERVERS,
    versions: "",
    problem: "TRUNCATE deletes every row; with CASCADE, those of every table that refers to it as well. It takes a lock \
        against reads and writes.",
    instead: "Delete the rows that you mean, with WHERE, in batches.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("TRUNCATE TABLE orders;")],
    passes: &[Example::up("DELETE FROM orders WHERE total = 0;")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let Ddl::Truncate { tables, cascade } = context.ddl() else { return Vec::new() };
    let more = if *cascade { ", and of every table that refers to it" } else { "" };
    context.each(tables, |table| {
        (!context.known.is_new(table)).then(|| {
            found(
                format!("this deletes every row of {table}{more}"),
                format!("DELETE FROM {table} WHERE ...;"),
            )
        })
    })
}
