//! COMPAT-006: drop table.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "COMPAT-006",
    name: "drop-table",
    severity: Severity::Error,
    databases: ALL,
    versions: "",
    problem: "A program that is still running may use the table, and its rows are gone.",
    instead: "First release a program that does not use the table, and rename it to see whether anything breaks. If that is \
        done, say so with an allow comment.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("DROP TABLE users;"),
        Example::up("DROP VIEW users_view;"),
        Example::up("CREATE OR REPLACE TABLE users (id integer PRIMARY KEY);")
            .on(&[LintDatabase::MariaDb]),
    ],
    passes: &[
        Example::up(
            r#"CREATE TABLE scratch (id integer);
DROP TABLE scratch;"#,
        ),
        Example::up(
            r#"CREATE TABLE new_users (id integer);
DROP TABLE users;
ALTER TABLE new_users RENAME TO users;"#,
        ),
        Example::up(
            r#"ALTER TABLE users RENAME TO old_users;
CREATE TABLE users (id integer);
DROP TABLE old_users;"#,
        ),
        Example::up(
            r#"CREATE TABLE new_users (id integer);
RENAME TABLE users TO old_users, new_users TO users;
DROP TABLE old_users;"#,
        )
        .on(MYSQL),
        Example::up(
            r#"ALTER VIEW totals RENAME TO old_totals;
CREATE VIEW totals AS SELECT 1 AS one;
DROP VIEW old_totals;"#,
        )
        .on(POSTGRES),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    if let Ddl::CreateTable(table) = context.ddl() {
        return replaced(context, table);
    }
    let Ddl::Drop(drop) = context.ddl() else { return Vec::new() };
    if !matches!(drop.kind.as_str(), "TABLE" | "VIEW" | "MATERIALIZED VIEW") {
        return Vec::new();
    }
    let lost = if drop.kind == "TABLE" { ", and its rows are lost" } else { "" };
    context.each(&drop.names, |name| {
        let is_new = context.known.has_made(name);
        if is_new || context.takes_name(name) || context.was_moved_aside(name) {
            return None;
        }
        Some(found(
            format!("running programs that use {name} fail from now on{lost}"),
            format!(
                "first release a program that does not use {name}; once that runs everywhere, write above this statement:\n\
                 -- ambix: allow COMPAT-006 because no program uses {name} since release ..."
            ),
        ))
    })
}

/// CREATE OR REPLACE TABLE drops the table before it creates it.
fn replaced(context: &LintContext<'_>, table: &CreateTable) -> Vec<Hit> {
    let name = &table.name;
    if !table.or_replace || table.temporary || context.known.is_new(name) {
        return Vec::new();
    }
    context.hit(
        format!("an existing table {name} is dropped, and its rows are lost"),
        "leave out OR REPLACE: the statement then fails if there is one",
    )
}
