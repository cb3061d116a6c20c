//! REWRITE-009: seen rewrite.

use crate::lint::prelude::*;

pub(in crate::lint::rules) static RULE: Rule = Rule {
    code: "REWRITE-009",
    name: "seen-rewrite",
    severity: Severity::Error,
    databases: SERVERS,
    versions: "",
    problem: "On a scratch database, the statement wrote a whole table again. Only `ambix lint --run` finds this, in functions and \
        in blocks that put their statements together as well.",
    instead: "Find out with --format json which tables it writes, and use the form that the rules about rewrites recommend for that.",
    scope: RuleScope::Execution,
    check,
    finds: &[Example::up("DO $$ BEGIN EXECUTE format('ALTER TABLE %I ALTER COLUMN age TYPE bigint', 'users'); END $$;")
        .on(POSTGRES)],
    passes: &[Example::up(
        "DO $$ BEGIN ALTER TABLE users ALTER COLUMN name TYPE varchar(50); END $$;",
    )
    .on(POSTGRES)],
};

fn check(_context: &LintContext<'_>) -> Vec<Hit> {
    Vec::new() // the text does not tell
}
