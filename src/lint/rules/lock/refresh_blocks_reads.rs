//! LOCK-012: refresh blocks reads.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "LOCK-012",
    name: "refresh-blocks-reads",
    severity: Severity::Warning,
    databases: POSTGRES,
    versions: "",
    problem: "REFRESH MATERIALIZED VIEW locks the view against reads until it is filled.",
    instead: "Write REFRESH MATERIALIZED VIEW CONCURRENTLY. It needs a unique index on the view.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("REFRESH MATERIALIZED VIEW totals;")],
    passes: &[Example::up("REFRESH MATERIALIZED VIEW CONCURRENTLY totals;")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    match context.ddl() {
        Ddl::Refresh { concurrently: false, with_data: true, view } if !context.known.is_new_object(view) => context.hit(
            format!("this locks {view} against reads until it is filled"),
            format!("REFRESH MATERIALIZED VIEW CONCURRENTLY {view};\nwhich needs a unique index on {view}"),
        ),
        _ => Vec::new(),
    }
}
