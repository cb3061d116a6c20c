//! HYGIENE-012: json without equality.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "HYGIENE-012",
    name: "json-without-equality",
    severity: Severity::Warning,
    databases: POSTGRES,
    versions: "",
    problem: "json has no equality: SELECT DISTINCT, GROUP BY and UNION over a row with such a column fail, in programs that \
        never name it.",
    instead: "Use jsonb.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("ALTER TABLE users ADD COLUMN settings json;"),
        Example::up("CREATE TABLE notes (id bigint PRIMARY KEY, settings json);"),
    ],
    passes: &[Example::up("ALTER TABLE users ADD COLUMN settings jsonb;")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.each(context.declared_columns(), |column| {
        (column.ty.base == "JSON").then(|| {
            found(
                format!("{} has no equality, so that SELECT DISTINCT fails on it", column.name),
                format!("{} jsonb", column.name),
            )
        })
    })
}
