//! COMPAT-008: required column.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "COMPAT-008",
    name: "required-column",
    severity: Severity::Error,
    databases: ALL,
    versions: "",
    problem: "A NOT NULL column without a default cannot be added to a table with rows, or fills them with zeros; and a \
        program that is still running does not know it, so that its INSERT fails. SQLite also refuses a default that is not \
        constant, but only if the table has rows.",
    instead: "Give the column a default, or add it nullable, let the program write it, fill the existing rows, and set NOT \
        NULL later.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("ALTER TABLE users ADD COLUMN country text NOT NULL;"),
        Example::up("ALTER TABLE users ADD COLUMN seen text DEFAULT CURRENT_TIMESTAMP;").on(SQLITE),
        Example::up("ALTER TABLE users ADD COLUMN seen text NOT NULL DEFAULT (datetime('now'));")
            .on(SQLITE),
        Example::up("ALTER TABLE users ADD COLUMN (country text, city text NOT NULL);").on(MYSQL),
    ],
    passes: &[
        Example::up("ALTER TABLE users ADD COLUMN country text NOT NULL DEFAULT '';"),
        Example::up("ALTER TABLE users ADD COLUMN country text;"),
        Example::up("ALTER TABLE users ADD COLUMN stars integer DEFAULT (-1);").on(SQLITE),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| {
        let TableAction::AddColumn(column) = action else { return None };
        let fills_itself = column.default.as_ref().is_some_and(|default| !default.eq_ignore_ascii_case("null"))
            || column.generated.is_some()
            || column.identity
            || column.auto_increment
            || column.ty.base.ends_with("SERIAL");
        let (name, ty) = (&column.name, &column.ty.text);
        if context.database == LintDatabase::Sqlite && column.default.as_deref().is_some_and(is_computed) {
            return Some(found(
                format!("SQLite refuses to add {name} to a table with rows, since its default is not constant"),
                format!("ALTER TABLE {table} ADD COLUMN {name} {ty} DEFAULT '...';\nor create the table again with the column"),
            ));
        }
        if !column.not_null || fills_itself {
            return None;
        }
        let fails = match context.database {
            LintDatabase::Postgres => "this fails if the table has rows",
            LintDatabase::Sqlite => "this always fails",
            _ => "existing rows get an empty value",
        };
        Some(found(
            format!("{fails}, and a running program that does not know {name} can no longer insert into {table}"),
            format!("ALTER TABLE {table} ADD COLUMN {name} {ty} NOT NULL DEFAULT ...;\nor without NOT NULL, until all programs write it"),
        ))
    })
}

/// Whether SQLite takes a default for one that is not constant: the current time, or an expression in parentheses with a name in it.
/// (<https://sqlite.org/lang_altertable.html#alter_table_add_column>)
fn is_computed(default: &str) -> bool {
    let text = default.trim().to_ascii_uppercase();
    text.starts_with("CURRENT_")
        || text.starts_with('(')
            && text.split('\'').step_by(2).any(|code| code.contains(char::is_alphabetic))
}
