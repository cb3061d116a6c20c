//! HYGIENE-013: assigned twice.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "HYGIENE-013",
    name: "assigned-twice",
    severity: Severity::Error,
    databases: ALL,
    versions: "",
    problem: "The same column is assigned twice in one UPDATE. PostgreSQL refuses that; the other databases take the last one, \
        without an error.",
    instead: "Delete one of the assignments.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("UPDATE users SET name = 'a', name = 'b' WHERE id = 1;")],
    passes: &[Example::up("UPDATE users SET name = 'a', email = 'b' WHERE id = 1;")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let Ddl::Update { table, assigned, .. } = context.ddl() else { return Vec::new() };
    let mut rest = assigned.as_slice();
    while let Some((first, after)) = rest.split_first() {
        if after.iter().any(|other| other.eq_ignore_ascii_case(first)) {
            return context.hit(
                format!("{table}.{first} is assigned twice"),
                "delete one of the assignments",
            );
        }
        rest = after;
    }
    Vec::new()
}
