//! COMPAT-007: drop schema.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "COMPAT-007",
    name: "drop-schema",
    severity: Severity::Error,
    databases: SERVERS,
    versions: "",
    problem: "Everything in the schema or database is lost at once.",
    instead: "Drop what is in it one by one, so that the review shows what is lost; drop databases by hand.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("DROP SCHEMA app CASCADE;").on(POSTGRES),
        Example::up("DROP SCHEMA app;").on(MYSQL),
        Example::up("DROP DATABASE app;"),
    ],
    passes: &[
        Example::up("DROP TABLE IF EXISTS scratch;"),
        Example::up("DROP SCHEMA app;").on(POSTGRES),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let Ddl::Drop(drop) = context.ddl() else { return Vec::new() };
    if !matches!(drop.kind.as_str(), "SCHEMA" | "DATABASE") {
        return Vec::new();
    }
    // Without CASCADE, the server refuses to drop a schema with anything in it.
    if context.database == LintDatabase::Postgres && drop.kind == "SCHEMA" && !drop.cascade {
        return Vec::new();
    }
    let Some(name) = drop.names.iter().find(|name| !context.known.is_new_object(name)) else {
        return Vec::new();
    };
    context.hit(
        format!("everything in {name} is lost"),
        "drop the tables in it one by one, so that the review shows what is lost",
    )
}
