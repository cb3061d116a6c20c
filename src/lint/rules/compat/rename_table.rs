//! COMPAT-001: rename table.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "COMPAT-001",
    name: "rename-table",
    severity: Severity::Error,
    databases: ALL,
    versions: "",
    problem: "A program that is still running uses the old name, and fails as soon as the table or view has the new one, or is in \
        another schema.",
    instead: "Leave a view with the old name behind, in the same migration, until every program uses the new name.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("ALTER TABLE users RENAME TO people;"),
        Example::up("RENAME TABLE users TO people;").on(MYSQL),
        Example::up("ALTER VIEW totals RENAME TO sums;").on(POSTGRES),
        Example::up("ALTER MATERIALIZED VIEW totals RENAME TO sums;").on(POSTGRES),
        Example::up("ALTER TABLE users SET SCHEMA archive;").on(POSTGRES),
        Example::up("ALTER VIEW totals SET SCHEMA archive;").on(POSTGRES),
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
        Example::up(
            r#"CREATE VIEW sums AS SELECT 1 AS one;
ALTER VIEW sums RENAME TO totals;"#,
        )
        .on(POSTGRES),
        Example::up(
            r#"ALTER MATERIALIZED VIEW totals RENAME TO old_totals;
CREATE MATERIALIZED VIEW totals AS SELECT 1 AS one;"#,
        )
        .on(POSTGRES),
        Example::up(
            r#"CREATE TABLE new_users (id integer);
RENAME TABLE users TO old_users, new_users TO users;"#,
        )
        .on(MYSQL),
        Example::up(
            r#"ALTER TABLE users SET SCHEMA archive;
CREATE VIEW users AS SELECT * FROM archive.users;"#,
        )
        .on(POSTGRES),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let is_view = |kind: &str| matches!(kind, "VIEW" | "MATERIALIZED VIEW" | "FOREIGN TABLE");
    let renames = match context.ddl() {
        Ddl::AlterTable(alter) => {
            let to = |action: &TableAction| match action {
                TableAction::RenameTable(to) => Some((alter.name.clone(), to.clone())),
                TableAction::SetSchema(schema) => {
                    Some((alter.name.clone(), alter.name.moved_to(schema)))
                }
                _ => None,
            };
            alter.actions.iter().filter_map(to).collect()
        }
        Ddl::RenameTables(pairs) => pairs.clone(),
        Ddl::RenameObject { kind, from, to } if is_view(kind) => vec![(from.clone(), to.clone())],
        Ddl::MoveObject { kind, name, schema } if is_view(kind) => {
            vec![(name.clone(), name.moved_to(schema))]
        }
        _ => Vec::new(),
    };
    let is_new = |name: &SqlName| context.known.has_made(name);
    context.each(&renames, |(from, to)| {
        let is_broken = !is_new(from) && !context.takes_name(from);
        is_broken.then(|| {
            found(
                format!("running programs that use {from} fail as soon as it is called {to}"),
                format!("leave the old name behind until no program uses it:\nCREATE VIEW {from} AS SELECT * FROM {to};"),
            )
        })
    })
}
