//! HYGIENE-016: refused by sqlite.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "HYGIENE-016",
    name: "refused-by-sqlite",
    severity: Severity::Error,
    databases: SQLITE,
    versions: "",
    problem: "ALTER TABLE of SQLite adds no column that is UNIQUE, a PRIMARY KEY or STORED, and drops none that an index, a key, \
        a CHECK or a generated column uses.",
    instead: "Add the column without that, and a unique index beside it; drop the index before the column; or create the table again.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("ALTER TABLE users ADD COLUMN nick text UNIQUE;"),
        Example::up("ALTER TABLE users ADD COLUMN shout text AS (upper(name)) STORED;"),
        Example::up("ALTER TABLE users DROP COLUMN nick;").after(
            "CREATE TABLE users (id integer PRIMARY KEY, nick text);\nCREATE INDEX users_nick ON users (nick);",
        ),
    ],
    passes: &[
        Example::up("ALTER TABLE users ADD COLUMN shout text AS (upper(name));"),
        Example::up("ALTER TABLE users ADD COLUMN nick text;\nCREATE UNIQUE INDEX users_nick ON users (nick);"),
        Example::up("DROP INDEX users_nick;\nALTER TABLE users DROP COLUMN nick;").after(
            "CREATE TABLE users (id integer PRIMARY KEY, nick text);\nCREATE INDEX users_nick ON users (nick);",
        ),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let Ddl::AlterTable(alter) = context.ddl() else { return Vec::new() };
    let table = &alter.name;
    context.each(&alter.actions, |action| match action {
        TableAction::AddColumn(column) => {
            let name = &column.name;
            let ty = &column.ty.text;
            let (what, way) = if column.unique {
                (
                    "UNIQUE",
                    format!(
                        "ALTER TABLE {table} ADD COLUMN {name} {ty};\nCREATE UNIQUE INDEX ... ON {table} ({name});"
                    ),
                )
            } else if column.primary_key {
                ("a PRIMARY KEY", "create the table again with the column".to_owned())
            } else if column.generated == Some(GeneratedColumn::Stored) {
                ("STORED", "make it VIRTUAL, or create the table again with the column".to_owned())
            } else {
                return None;
            };
            Some(found(format!("SQLite refuses to add {name}, since it is {what}"), way))
        }
        TableAction::DropColumn { name, .. } => {
            let index = context.known.index_of(table, name.last())?;
            Some(found(
                format!("SQLite refuses to drop {name}, since the index {index} uses it"),
                format!("before this statement:\nDROP INDEX {index};"),
            ))
        }
        _ => None,
    })
}
