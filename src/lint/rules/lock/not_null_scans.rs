//! LOCK-009: not null scans.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "LOCK-009",
    name: "not-null-scans",
    severity: Severity::Error,
    databases: POSTGRES,
    versions: "the way without a scan needs 12 or later",
    problem: "SET NOT NULL reads every row under an ACCESS EXCLUSIVE lock. Since version 12 the server skips that if a \
        validated CHECK shows that there is no NULL.",
    instead: "Add CHECK (column IS NOT NULL) NOT VALID, validate it in the next migration, and then SET NOT NULL and drop the \
        CHECK.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("ALTER TABLE users ALTER COLUMN email SET NOT NULL;")],
    passes: &[
        Example::up("ALTER TABLE users ALTER COLUMN email SET NOT NULL;").after(
            r#"ALTER TABLE users ADD CONSTRAINT email_set CHECK (email IS NOT NULL) NOT VALID;
ALTER TABLE users VALIDATE CONSTRAINT email_set;"#,
        ),
        Example::up("ALTER TABLE users ALTER COLUMN code SET NOT NULL;")
            .after("ALTER TABLE users ADD COLUMN code integer NOT NULL DEFAULT 0;"),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| {
        let TableAction::SetNotNull(column) = action else { return None };
        if context.known.column(table, column.last()).is_some_and(|known| known.not_null) {
            return None;
        }
        if !context.is_before(12, 0) && context.known.has_not_null_check(table, column.last()) {
            return None;
        }
        let name = format!("{}_{}_not_null", table.last(), column.last());
        let (add, way) = if context.is_since(18, 0) {
            (
                format!("ALTER TABLE {table} ADD CONSTRAINT {name} NOT NULL {column} NOT VALID;"),
                format!("ALTER TABLE {table} VALIDATE CONSTRAINT {name};"),
            )
        } else {
            (
                format!("ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} IS NOT NULL) NOT VALID;"),
                format!(
                    "ALTER TABLE {table} VALIDATE CONSTRAINT {name};\nand in the last:\nALTER TABLE {table} ALTER COLUMN {column} SET \
                     NOT NULL;\nALTER TABLE {table} DROP CONSTRAINT {name};"
                ),
            )
        };
        Some(found(
            format!("this locks {table} against reads and writes while every row is read"),
            format!("{add}\nand in the next migration:\n{way}"),
        ))
    })
}
