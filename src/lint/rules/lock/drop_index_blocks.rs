//! LOCK-002: drop index blocks.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "LOCK-002",
    name: "drop-index-blocks",
    severity: Severity::Warning,
    databases: POSTGRES,
    versions: "",
    problem: "DROP INDEX takes an ACCESS EXCLUSIVE lock on the table of the index. It is quick, but while it waits for a long \
        query, everybody else waits behind it.",
    instead: "Drop the index CONCURRENTLY, in a migration of its own.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("DROP INDEX users_email;")],
    passes: &[Example::up("DROP INDEX CONCURRENTLY users_email;")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let Ddl::Drop(drop) = context.ddl() else { return Vec::new() };
    if drop.kind != "INDEX" || drop.concurrently {
        return Vec::new();
    }
    context.each(&drop.names, |name| {
        let way = if context.known.is_index_of_partitioned(name) {
            "the index of a partitioned table cannot be dropped concurrently: run it while no long query uses the table"
                .to_owned()
        } else {
            format!("in a migration of its own:\nDROP INDEX CONCURRENTLY {name};")
        };
        (!context.known.is_new_object(name)).then(|| {
            found(format!("this locks the table of {name} against reads and writes"), way)
        })
    })
}
