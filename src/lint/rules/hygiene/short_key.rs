//! HYGIENE-008: short key.

use crate::lint::{ColumnText, prelude::*};

pub(super) static RULE: Rule = Rule {
    code: "HYGIENE-008",
    name: "short-key",
    severity: Severity::Warning,
    databases: SERVERS,
    versions: "",
    problem: "A key of four bytes or fewer is full after two billion rows, or sooner, and to widen it then rewrites the table.",
    instead: "Use bigint for keys.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("CREATE TABLE notes (id integer PRIMARY KEY, body text);")],
    passes: &[
        Example::up("CREATE TABLE notes (id bigint PRIMARY KEY, body text);"),
        Example::up(
            "CREATE TABLE notes (user_id integer PRIMARY KEY REFERENCES users (id), body text);",
        ),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let Ddl::CreateTable(table) = context.ddl() else { return Vec::new() };
    let is_short = |base: &str| {
        matches!(
            base,
            "INTEGER"
                | "SMALLINT"
                | "MEDIUMINT"
                | "TINYINT"
                | "SERIAL"
                | "SERIAL4"
                | "SMALLSERIAL"
                | "INTEGER UNSIGNED"
        ) && !(base == "SERIAL" && context.database != LintDatabase::Postgres)
    };
    let is_key = |name: &str| {
        table.constraints.iter().any(|constraint| {
            constraint.kind == DemandKind::PrimaryKey
                && matches!(constraint.columns.as_slice(), [only] if only.eq_ignore_ascii_case(name))
        })
    };
    // The type of a key that refers to another one is the type of that.
    let refers = |column: &ColumnText| {
        let is_it = |name: &String| name.eq_ignore_ascii_case(column.name.last());
        column.references.is_some()
            || table.constraints.iter().any(|constraint| {
                constraint.references.is_some() && constraint.columns.iter().any(is_it)
            })
    };
    let short = table.columns.iter().find(|column| {
        (column.primary_key || is_key(column.name.last()))
            && is_short(&column.ty.base)
            && !refers(column)
    });
    let Some(column) = short else { return Vec::new() };
    context.hit(
        format!("{} has room for few rows as {}", column.name, column.ty.text),
        format!("{} bigint", column.name),
    )
}
