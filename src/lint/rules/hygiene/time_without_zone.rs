//! HYGIENE-010: time without zone.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "HYGIENE-010",
    name: "time-without-zone",
    severity: Severity::Info,
    databases: POSTGRES,
    versions: "",
    problem: "timestamp does not say which moment it means: the time zone is lost.",
    instead: "Use timestamptz. It takes as much space, and keeps the moment.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("CREATE TABLE notes (id bigint PRIMARY KEY, written timestamp);"),
        Example::up("ALTER TABLE users ADD COLUMN joined timestamp;"),
    ],
    passes: &[Example::up("CREATE TABLE notes (id bigint PRIMARY KEY, written timestamptz);")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let columns: Vec<_> = match context.ddl() {
        Ddl::CreateTable(table) => table.columns.iter().collect(),
        Ddl::AlterTable(alter) => alter.actions.iter().filter_map(TableAction::column).collect(),
        _ => return Vec::new(),
    };
    let Some(column) = columns.iter().find(|column| column.ty.base == "TIMESTAMP") else {
        return Vec::new();
    };
    context.hit(
        format!("{} does not keep its time zone", column.name),
        format!("{} timestamptz", column.name),
    )
}
