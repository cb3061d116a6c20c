//! COMPAT-005: drop column.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "COMPAT-005",
    name: "drop-column",
    severity: Severity::Error,
    databases: ALL,
    versions: "",
    problem: "A program that is still running may read or write the column, and its data is gone.",
    instead: "First release a program that does not use the column, then drop it. If that is done, say so with an allow \
        comment.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("ALTER TABLE users DROP COLUMN name;")],
    passes: &[Example::up(
        r#"ALTER TABLE users ADD COLUMN nick text;
ALTER TABLE users DROP COLUMN nick;"#,
    )],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| match action {
        TableAction::DropColumn { name, .. } if !context.known.is_new_column(table, name.last()) => Some(found(
            format!("running programs that use {table}.{name} fail from now on, and its values are lost"),
            format!(
                "first release a program that does not use {name}; once that runs everywhere, write above this statement:\n\
                 -- ambix: allow COMPAT-005 because no program uses {name} since release ..."
            ),
        )),
        _ => None,
    })
}
