//! COMPAT-001: rename table.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "COMPAT-001",
    name: "rename-table",
    severity: Severity::Error,
    databases: ALL,
    versions: "",
    problem: "A program that is still running uses the old name, and fails as soon as the table has the new one.",
    instead: "Leave a view with the old name behind, in the same migration, until every program uses the new name.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("ALTER TABLE users RENAME TO people;"),
        Example::up("RENAME TABLE users TO people;").on(MYSQL),
    ],
    passes: &[
        Example::up(
            r#"ALTER TABLE users RENAME TO people;
CREATE VIEW users AS SELECT * FROM people;"#,
        ),
        Example::up(
            r#"CREATE TABLE new_users (id integer);
DROP TABLE users;
ALTER TABLE new_users RENAME TO users;"#,
        ),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let renames = match context.ddl() {
        Ddl::AlterTable(alter) => {
            let to = |action: &TableAction| match action {
                TableAction::RenameTable(to) => Some((alter.name.clone(), to.clone())),
                _ => None,
            };
            alter.actions.iter().filter_map(to).collect()
        }
        Ddl::RenameTables(pairs) => pairs.clone(),
        _ => Vec::new(),
    };
    let after = context.up.get(context.at..).unwrap_or_default();
    let has_stand_in = |old: &SqlName| {
        after.iter().any(|read| match &read.ddl {
            Ddl::CreateObject { kind, name, .. } => kind == "VIEW" && name.is(old),
            Ddl::CreateTable(table) => table.name.is(old),
            Ddl::AlterTable(alter) => alter.actions.iter().any(
                |action| matches!(action, TableAction::RenameTable(to) if to.is_called(old.last())),
            ),
            _ => false,
        })
    };
    let broken =
        renames.iter().find(|(from, _)| !context.known.is_new(from) && !has_stand_in(from));
    let Some((from, to)) = broken else { return Vec::new() };
    context.hit(
        format!("running programs that use {from} fail as soon as it is called {to}"),
        format!("leave the old name behind until no program uses it:\nCREATE VIEW {from} AS SELECT * FROM {to};"),
    )
}
