//! REWRITE-005: rewrite command.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "REWRITE-005",
    name: "rewrite-command",
    severity: Severity::Error,
    databases: SERVERS,
    versions: "",
    problem: "VACUUM FULL, CLUSTER and OPTIMIZE TABLE write the whole table again, and a new tablespace for an index the index; nobody can \
        use it meanwhile.",
    instead: "Leave them out of migrations. Run them in a maintenance window, or use a tool that rewrites tables online.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("CLUSTER users USING users_email;").on(POSTGRES),
        Example::up("VACUUM FULL users;").on(POSTGRES),
        Example::up("OPTIMIZE TABLE users;").on(MYSQL),
        Example::up("ALTER INDEX users_email SET TABLESPACE fast;").on(POSTGRES).version("15"),
        Example::up("ALTER TABLE ALL IN TABLESPACE slow SET TABLESPACE fast;")
            .on(POSTGRES)
            .version("15"),
    ],
    passes: &[Example::up("VACUUM users;").on(POSTGRES)],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let Ddl::RewriteTable { words, tables } = context.ddl() else { return Vec::new() };
    let rewrites = |table: &str| {
        found(
            format!("{words} writes {table} again, and nobody can use it meanwhile"),
            "leave it out, and run it in a maintenance window if the table needs it",
        )
    };
    if tables.is_empty() {
        return context.each([rewrites("every table")], Some);
    }
    context
        .each(tables, |table| (!context.known.is_new(table)).then(|| rewrites(&table.to_string())))
}
