//! DATA-009: enum reordered.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "DATA-009",
    name: "enum-reordered",
    severity: Severity::Error,
    databases: MYSQL,
    versions: "",
    problem: "A value that is removed from an ENUM, or that changes its place, makes the server copy the table; rows with a \
        removed value lose it.",
    instead: "Only append values at the end.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("ALTER TABLE users MODIFY COLUMN mood ENUM('sad', 'new', 'ok');")
        .after("ALTER TABLE users ADD COLUMN mood ENUM('sad', 'ok');")],
    passes: &[Example::up("ALTER TABLE users MODIFY COLUMN mood ENUM('sad', 'ok', 'new');")
        .after("ALTER TABLE users ADD COLUMN mood ENUM('sad', 'ok');")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| {
        let TableAction::Modify { from, column } = action else { return None };
        let old = &context.known.column(table, from.last())?.ty;
        let is_list = |ty: &TypeName| matches!(ty.base.as_str(), "ENUM" | "SET");
        if !is_list(old)
            || old.base != column.ty.base
            || column.ty.arguments.starts_with(&old.arguments)
        {
            return None;
        }
        let gone = old.arguments.iter().find(|value| !column.ty.arguments.contains(value));
        let message = match gone {
            Some(gone) => format!(
                "{gone} is no longer a value of {from}: rows of {table} that have it lose it"
            ),
            None => format!("the values of {from} change their places, so that {table} is copied"),
        };
        Some(found(message, "only append values at the end of the list"))
    })
}
