//! HYGIENE-007: no primary key.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "HYGIENE-007",
    name: "no-primary-key",
    severity: Severity::Warning,
    databases: SERVERS,
    versions: "",
    problem: "A table without a primary key cannot be replicated row by row, and its rows cannot be told apart.",
    instead: "Give it one.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("CREATE TABLE notes (body text);")],
    passes: &[
        Example::up("CREATE TABLE notes (id bigint PRIMARY KEY, body text);"),
        Example::up("CREATE TABLE tags (a bigint, b bigint, PRIMARY KEY (a, b));"),
        Example::up(
            r#"CREATE TABLE notes (id bigint NOT NULL, body text);
ALTER TABLE notes ADD CONSTRAINT notes_pkey PRIMARY KEY (id);"#,
        ),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let Ddl::CreateTable(table) = context.ddl() else { return Vec::new() };
    let has_key = table.is_partial
        || table.temporary
        || table.columns.iter().any(|column| column.primary_key)
        || table.constraints.iter().any(|constraint| constraint.kind == DemandKind::PrimaryKey);
    let is_added = context.up.iter().any(|read| match &read.ddl {
        Ddl::AlterTable(alter) => {
            let is_key = |action: &TableAction| {
                matches!(action, TableAction::AddConstraint(key) if key.kind == DemandKind::PrimaryKey)
            };
            alter.name.is(&table.name) && alter.actions.iter().any(is_key)
        }
        _ => false,
    });
    if has_key || is_added {
        return Vec::new();
    }
    context.hit(
        format!("{} has no primary key", table.name),
        "add one: id bigint PRIMARY KEY, or PRIMARY KEY (...)",
    )
}
