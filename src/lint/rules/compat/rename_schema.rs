//! COMPAT-003: rename schema.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "COMPAT-003",
    name: "rename-schema",
    severity: Severity::Error,
    databases: POSTGRES,
    versions: "",
    problem: "A program that is still running names the old schema, or has it in its search path, and fails as soon as it has \
        the new name.",
    instead: "Create the new schema, move the tables one by one with a view in their old place, and drop the old schema later.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("ALTER SCHEMA app RENAME TO service;")],
    passes: &[Example::up("CREATE SCHEMA service;")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    match context.ddl() {
        Ddl::RenameObject { kind, from, to } if kind == "SCHEMA" && !context.known.is_new_object(from) => context.hit(
            format!("running programs that use the schema {from} fail as soon as it is called {to}"),
            format!("CREATE SCHEMA {to};\nthen move the tables one by one, each with a view in its old place"),
        ),
        _ => Vec::new(),
    }
}
