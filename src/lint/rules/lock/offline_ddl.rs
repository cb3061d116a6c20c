//! LOCK-016: offline ddl.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "LOCK-016",
    name: "offline-ddl",
    severity: Severity::Error,
    databases: MYSQL,
    versions: "",
    problem: "ALGORITHM=COPY, LOCK=SHARED and LOCK=EXCLUSIVE block writes for as long as the statement runs.",
    instead: "Ask for ALGORITHM=INSTANT, or for ALGORITHM=INPLACE, LOCK=NONE. If the server cannot do that, it refuses at \
        once, and you can use another way.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("ALTER TABLE users ADD COLUMN nick text, ALGORITHM=COPY;")],
    passes: &[Example::up("ALTER TABLE users ADD COLUMN nick text, ALGORITHM=INSTANT;")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| {
        let asked = match action {
            TableAction::Algorithm(word) if word == "COPY" => "ALGORITHM=COPY",
            TableAction::Lock(word) if word == "SHARED" => "LOCK=SHARED",
            TableAction::Lock(word) if word == "EXCLUSIVE" => "LOCK=EXCLUSIVE",
            _ => return None,
        };
        Some(found(
            format!("{asked} blocks writes to {table} for as long as this runs"),
            "use ALGORITHM=INSTANT, or ALGORITHM=INPLACE, LOCK=NONE",
        ))
    })
}
