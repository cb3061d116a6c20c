//! DATA-011: rebuild cascades.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "DATA-011",
    name: "rebuild-cascades",
    severity: Severity::Error,
    databases: SQLITE,
    versions: "",
    problem: "With foreign keys on, DROP TABLE first deletes every row of the table, so that ON DELETE CASCADE deletes the \
        rows of other tables as well, and other references make it fail. In a rebuild (copy, drop, rename) neither is meant.",
    instead: "Write -- ambix: foreign-keys off at the head of the file. ambix then checks all keys before it commits.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up(
        r#"CREATE TABLE new_users (id integer PRIMARY KEY, name text);
INSERT INTO new_users SELECT id, name FROM users;
DROP TABLE users;
ALTER TABLE new_users RENAME TO users;"#,
    )],
    passes: &[
        Example::up(
            r#"-- ambix: foreign-keys off
CREATE TABLE new_users (id integer PRIMARY KEY, name text);
INSERT INTO new_users SELECT id, name FROM users;
DROP TABLE users;
ALTER TABLE new_users RENAME TO users;"#,
        ),
        Example::up(
            r#"CREATE TABLE new_notes (id integer PRIMARY KEY);
INSERT INTO new_notes SELECT id FROM notes;
DROP TABLE notes;
ALTER TABLE new_notes RENAME TO notes;"#,
        )
        .after("CREATE TABLE notes (id integer PRIMARY KEY);"),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let Ddl::Drop(drop) = context.ddl() else { return Vec::new() };
    if drop.kind != "TABLE" || !context.migration.foreign_keys {
        return Vec::new();
    }
    let after = context.up.get(context.at + 1..).unwrap_or_default();
    let takes_its_name = |name: &SqlName| {
        after.iter().any(|read| match &read.ddl {
            Ddl::AlterTable(alter) => alter
                .actions
                .iter()
                .any(|action| matches!(action, TableAction::RenameTable(to) if to.is_called(name.last()))),
            _ => false,
        })
    };
    let is_in_danger =
        |name: &&SqlName| takes_its_name(name) && context.known.may_be_referenced(name);
    context.each(drop.names.iter().filter(is_in_danger), |name| {
        Some(found(
            format!(
                "with foreign keys on, this deletes every row of {name} first: what refers to it with ON DELETE CASCADE goes as well, and \
                 any other reference makes it fail"
            ),
            "write at the head of the file:\n-- ambix: foreign-keys off",
        ))
    })
}
