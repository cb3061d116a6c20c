//! DATA-003: null in rows.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "DATA-003",
    name: "null-in-rows",
    severity: Severity::Warning,
    databases: SERVERS,
    versions: "",
    problem: "If an existing row has NULL there, NOT NULL cannot be set, and the upgrade fails; without strict mode, MySQL \
        writes an empty value instead.",
    instead: "Fill the rows first, in a migration of its own.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("ALTER TABLE users ALTER COLUMN email SET NOT NULL;").on(POSTGRES),
        Example::up("ALTER TABLE users MODIFY COLUMN email varchar(200) NOT NULL;").on(MYSQL),
    ],
    passes: &[
        Example::up("UPDATE users SET email = '' WHERE email IS NULL;\nALTER TABLE users ALTER COLUMN email SET NOT NULL;")
            .on(POSTGRES),
        Example::up("ALTER TABLE users ALTER COLUMN email SET NOT NULL;")
            .after("ALTER TABLE users ADD CONSTRAINT email_set CHECK (email IS NOT NULL);")
            .on(POSTGRES),
        Example::up("ALTER TABLE users MODIFY COLUMN email varchar(300) NOT NULL;")
            .after("CREATE TABLE users (id bigint, email varchar(200) NOT NULL);")
            .on(MYSQL),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    // DATA-014 is about that.
    if context.alter().is_some_and(|alter| alter.ignore) {
        return Vec::new();
    }
    context.actions(|table, action| {
        let column = match action {
            TableAction::SetNotNull(column) => column,
            TableAction::Modify { from, column } if column.not_null => from,
            _ => return None,
        };
        // Rows that the migration has filled before are not in the way.
        let fills = |read: &ReadStatement<'_>| match &read.ddl {
            Ddl::Update { table: filled, assigned, .. } => {
                filled.is(table) && assigned.iter().any(|name| column.is_called(name))
            }
            _ => false,
        };
        if context.up.get(..context.at).unwrap_or_default().iter().any(fills) {
            return None;
        }
        let known = context.known.column(table, column.last());
        if known.is_some_and(|known| known.not_null)
            || context.known.has_not_null_check(table, column.last())
        {
            return None;
        }
        Some(found(
            format!("this fails if a row of {table} has NULL in {column}"),
            format!("look first:\nSELECT count(*) FROM {table} WHERE {column} IS NULL;"),
        ))
    })
}
