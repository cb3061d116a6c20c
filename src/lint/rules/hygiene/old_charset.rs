//! HYGIENE-014: old charset.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "HYGIENE-014",
    name: "old-charset",
    severity: Severity::Warning,
    databases: MYSQL,
    versions: "",
    problem: "utf8 and utf8mb3 hold only characters of three bytes: emoji and many names do not fit.",
    instead: "Use utf8mb4.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("CREATE TABLE notes (id bigint PRIMARY KEY, body text) DEFAULT CHARSET=utf8;"),
        Example::up("CREATE TABLE notes (id bigint PRIMARY KEY, body text CHARACTER SET utf8mb3);"),
        Example::up("ALTER TABLE users CONVERT TO CHARACTER SET utf8;"),
        Example::up("ALTER TABLE users DEFAULT CHARACTER SET = utf8;"),
    ],
    passes: &[Example::up(
        "CREATE TABLE notes (id bigint PRIMARY KEY, body text) DEFAULT CHARSET=utf8mb4;",
    )],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let is_old = |charset: &str| matches!(charset, "utf8" | "utf8mb3");
    let hit = |name: &SqlName| {
        found(format!("{name} cannot hold every character"), "CHARACTER SET utf8mb4")
    };
    let columns = context.declared_columns().into_iter();
    let columns = columns
        .filter(|column| column.charset.as_deref().is_some_and(is_old))
        .map(|column| hit(&column.name));
    let table = match context.ddl() {
        Ddl::CreateTable(table) => {
            table.charset.as_deref().is_some_and(is_old).then(|| hit(&table.name))
        }
        Ddl::AlterTable(alter) => alter.actions.iter().find_map(|action| match action {
            TableAction::DefaultCharset(charset)
            | TableAction::Rewrite { to: Some(NewStorage::Charset(charset)), .. } => {
                is_old(charset).then(|| hit(&alter.name))
            }
            _ => None,
        }),
        _ => None,
    };
    context.each(table.into_iter().chain(columns), Some)
}
