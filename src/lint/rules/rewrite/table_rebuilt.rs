//! REWRITE-010: table rebuilt.

use crate::lint::prelude::*;

pub(in crate::lint::rules) static RULE: Rule = Rule {
    code: "REWRITE-010",
    name: "table-rebuilt",
    severity: Severity::Info,
    databases: SQLITE,
    versions: "",
    problem: "The table is created again and all of its rows are copied. Nobody else can write to the database until that is committed.",
    instead: "If the table is large, upgrade while nobody writes. ALTER TABLE can add, rename and drop a column without a copy.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up(
        r#"-- ambix: foreign-keys off
CREATE TABLE new_users (id integer PRIMARY KEY, name text);
INSERT INTO new_users SELECT id, name FROM users;
DROP TABLE users;
ALTER TABLE new_users RENAME TO users;"#,
    )],
    passes: &[Example::up("ALTER TABLE users ADD COLUMN nick text;")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let Ddl::AlterTable(alter) = context.ddl() else { return Vec::new() };
    let before = context.up.get(..context.at).unwrap_or_default();
    let is_dropped = |name: &SqlName| {
        before.iter().any(|read| match &read.ddl {
            Ddl::Drop(drop) => {
                drop.kind == "TABLE" && drop.names.iter().any(|dropped| dropped.is(name))
            }
            _ => false,
        })
    };
    let renamed = alter.actions.iter().find_map(|action| match action {
        TableAction::RenameTable(to) if is_dropped(to) => Some(to),
        _ => None,
    });
    let Some(name) = renamed else { return Vec::new() };
    context.hit(
        format!(
            "this copies every row of {name}, and nobody else can write to the database meanwhile"
        ),
        "if the table is large, upgrade while nobody writes",
    )
}
