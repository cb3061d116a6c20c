//! COMPAT-009: not null dropped.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "COMPAT-009",
    name: "not-null-dropped",
    severity: Severity::Warning,
    databases: POSTGRES,
    versions: "",
    problem: "A program that is still running does not expect NULL in this column, and fails when it reads one.",
    instead: "First release a program that can read NULL.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("ALTER TABLE users ALTER COLUMN email DROP NOT NULL;")],
    passes: &[Example::up("ALTER TABLE users ALTER COLUMN email SET DEFAULT '';")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| match action {
        TableAction::DropNotNull(column) if !context.known.is_new_column(table, column.last()) => {
            Some(found(
                format!("running programs that read {table}.{column} may meet NULL from now on"),
                "first release a program that can read NULL there",
            ))
        }
        _ => None,
    })
}
