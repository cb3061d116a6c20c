//! HYGIENE-004: hides invalid index.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "HYGIENE-004",
    name: "hides-invalid-index",
    severity: Severity::Error,
    databases: POSTGRES,
    versions: "",
    problem: "If an earlier build of the index failed, an invalid index with its name is left. IF NOT EXISTS takes that for \
        the index and does nothing: no query can use it.",
    instead: "Leave IF NOT EXISTS out. ambix knows whether the index was built, and drops an invalid one before it builds it \
        again.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("CREATE INDEX CONCURRENTLY IF NOT EXISTS users_name ON users (name);")],
    passes: &[Example::up("CREATE INDEX CONCURRENTLY users_name ON users (name);")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let Ddl::CreateIndex(index) = context.ddl() else { return Vec::new() };
    if !(index.concurrently && index.if_not_exists) {
        return Vec::new();
    }
    let unique = if index.unique { "UNIQUE " } else { "" };
    let name = index.name.as_ref().map(|name| format!("{name} ")).unwrap_or_default();
    context.hit(
        "IF NOT EXISTS accepts an invalid index that a failed build has left",
        format!("CREATE {unique}INDEX CONCURRENTLY {name}ON {};", index.tail),
    )
}
