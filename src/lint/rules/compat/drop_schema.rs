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
    let lost = |name: &SqlName, of: &str| {
        found(
            format!("everything {of} {name} is lost"),
            format!(
                "drop the tables {of} {name} one by one, so that the review shows what is lost"
            ),
        )
    };
    if let Ddl::DropOwned(roles) = context.ddl() {
        return context.each(roles, |role| Some(lost(role, "of")));
    }
    let Ddl::Drop(drop) = context.ddl() else { return Vec::new() };
    if !matches!(drop.kind.as_str(), "SCHEMA" | "DATABASE") {
        return Vec::new();
    }
    // Without CASCADE, the server refuses to drop a schema with anything in it.
    if context.database == LintDatabase::Postgres && drop.kind == "SCHEMA" && !drop.cascade {
        return Vec::new();
    }
    context.each(&drop.names, |name| (!context.known.is_new_object(name)).then(|| lost(name, "in")))
}
