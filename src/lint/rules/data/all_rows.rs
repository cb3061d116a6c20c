//! DATA-005: all rows.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "DATA-005",
    name: "all-rows",
    severity: Severity::Warning,
    databases: ALL,
    versions: "",
    problem: "UPDATE and DELETE without WHERE change every row in one statement: the rows stay locked until it is committed, \
        and everybody waits.",
    instead: "Change the rows in batches, in a migration of its own; a registered Rust function can loop.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("UPDATE users SET name = 'x';"), Example::up("DELETE FROM orders;")],
    passes: &[
        Example::up("UPDATE users SET name = 'x' WHERE id < 1000;"),
        Example::up(
            r#"CREATE TABLE notes (id integer, body text);
UPDATE notes SET body = '';"#,
        ),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let (table, what) = match context.ddl() {
        Ddl::Update { table, has_where: false, .. } => (table, "changes"),
        Ddl::Delete { table, has_where: false } => (table, "deletes"),
        _ => return Vec::new(),
    };
    if context.known.is_new(table) {
        return Vec::new();
    }
    context.hit(
        format!("this {what} every row of {table} in one statement"),
        "change the rows in batches, with a WHERE that selects some at a time; -- ambix: run NAME calls a Rust function that can loop",
    )
}
