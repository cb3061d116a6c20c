//! COMPAT-004: rename enum value.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "COMPAT-004",
    name: "rename-enum-value",
    severity: Severity::Error,
    databases: POSTGRES,
    versions: "",
    problem: "A program that is still running writes and compares the old value, which is then invalid.",
    instead: "Add the new value, let programs write it, change the rows, and leave the old value unused.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("ALTER TYPE mood RENAME VALUE 'ok' TO 'fine';")],
    passes: &[Example::up("ALTER TYPE mood ADD VALUE 'fine';")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    match context.ddl() {
        Ddl::RenameEnumValue { ty, from } if !context.known.is_new_object(ty) => context.hit(
            format!("running programs that use the value {from:?} of {ty} fail from now on"),
            format!(
                "ALTER TYPE {ty} ADD VALUE ...;\nand change the rows once every program knows it"
            ),
        ),
        _ => Vec::new(),
    }
}
