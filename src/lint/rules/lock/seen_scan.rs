//! LOCK-021: seen scan.

use crate::lint::prelude::*;

pub(in crate::lint::rules) static RULE: Rule = Rule {
    code: "LOCK-021",
    name: "seen-scan",
    severity: Severity::Error,
    databases: SERVERS,
    versions: "",
    problem: "On a scratch database, the statement read a whole table while nobody else could write it. Only `ambix lint --run` finds \
        this, in functions and in blocks that put their statements together as well.",
    instead: "Find out with --format json which tables it locks and reads, and use the form that the rules about locks recommend \
        for that.",
    scope: RuleScope::Execution,
    check,
    finds: &[
        Example::up(
            "DO $$ BEGIN EXECUTE format('ALTER TABLE %I ADD CHECK (age >= 0)', 'users'); END $$;",
        )
        .on(POSTGRES),
        Example::up(
            "DO $$ BEGIN EXECUTE format('CREATE INDEX users_name ON %I (name)', 'users'); END $$;",
        )
        .on(POSTGRES),
    ],
    passes: &[
        Example::up("DO $$ BEGIN ALTER TABLE users ADD CHECK (age >= 0) NOT VALID; END $$;")
            .on(POSTGRES),
        Example::up("DO $$ BEGIN PERFORM count(*) FROM users; END $$;").on(POSTGRES),
    ],
};

fn check(_context: &LintContext<'_>) -> Vec<Hit> {
    Vec::new() // the text does not tell
}
