//! LOCK-003: concurrently in transaction.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "LOCK-003",
    name: "concurrently-in-transaction",
    severity: Severity::Error,
    databases: POSTGRES,
    versions: "",
    problem: "A statement with CONCURRENTLY cannot run in a transaction. Beside other statements it makes ambix refuse the \
        whole file.",
    instead: "Move it to a migration of its own. ambix runs a file without a transaction if all of its statements need that.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up(
        r#"CREATE INDEX CONCURRENTLY users_name ON users (name);
ALTER TABLE users ADD COLUMN nick text;"#,
    )],
    passes: &[
        Example::up("CREATE INDEX CONCURRENTLY users_name ON users (name);"),
        Example::up("DROP INDEX CONCURRENTLY users_email;"),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let is_concurrent = match context.ddl() {
        Ddl::CreateIndex(index) => index.concurrently,
        Ddl::Drop(drop) => drop.concurrently,
        Ddl::Reindex { concurrently, .. } => *concurrently,
        _ => false,
    };
    if !is_concurrent || !context.transactional {
        return Vec::new();
    }
    context.hit(
        "CONCURRENTLY cannot run in a transaction, and the other statements of this file need one",
        "move this statement to a migration of its own (or write -- ambix: transaction none at the head of the file: then a failure \
         leaves the step unfinished)",
    )
}
