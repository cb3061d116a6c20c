//! HYGIENE-008: short key.

use crate::lint::prelude::*;

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
    passes: &[Example::up("CREATE TABLE notes (id bigint PRIMARY KEY, body text);")],
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
    let short = table.columns.iter().find(|column| {
        (column.primary_key || is_key(column.name.last())) && is_short(&column.ty.base)
    });
    let Some(column) = short else { return Vec::new() };
    context.hit(
        format!("{} has room for few rows as {}", column.name, column.ty.text),
        format!("{} bigint", column.name),
    )
}
