//! DATA-005: all rows.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "DATA-005",
    name: "all-rows",
    severity: Severity::Warning,
    databases: ALL,
    versions: "",
    problem: "UPDATE and DELETE without WHERE, or with a condition that is always true, change every row in one statement: the \
        rows stay locked until it is committed, and everybody waits.",
    instead: "Change the rows in batches, in a migration of its own; a registered Rust function can loop.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("UPDATE users SET name = 'x';"),
        Example::up("DELETE FROM orders;"),
        Example::up("UPDATE users SET name = 'x' WHERE 1 = 1;"),
        Example::up("DELETE FROM orders WHERE TRUE;"),
        Example::up("WITH old AS (SELECT 1) DELETE FROM orders;"),
        Example::up("WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone;")
            .on(POSTGRES),
        Example::up("DELETE o FROM orders AS o JOIN users AS u ON u.id = o.user_id;").on(MYSQL),
        Example::up("UPDATE IGNORE users SET name = 'x';").on(MYSQL),
        Example::up("UPDATE OR REPLACE users SET name = 'x';").on(SQLITE),
    ],
    passes: &[
        Example::up("UPDATE users SET name = 'x' WHERE id < 1000;"),
        Example::up(
            "WITH old AS (SELECT id FROM users) DELETE FROM orders WHERE user_id IN (SELECT id FROM old);",
        ),
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
