//! COMPAT-015: privilege revoked.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "COMPAT-015",
    name: "privilege-revoked",
    severity: Severity::Warning,
    databases: SERVERS,
    versions: "",
    problem: "A program that is still running may use what is revoked, and fails from then on.",
    instead: "First release a program that does without it, or grant it to the roles that need it in the same migration, before \
        you revoke it.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("REVOKE UPDATE ON users FROM app;"),
        Example::up("REVOKE app FROM worker;").on(POSTGRES),
    ],
    passes: &[
        Example::up("GRANT UPDATE ON users TO app;"),
        Example::up(
            "CREATE TABLE notes (id bigint PRIMARY KEY);\nREVOKE ALL ON notes FROM PUBLIC;",
        )
        .on(POSTGRES),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let Ddl::Revoke { words, objects } = context.ddl() else { return Vec::new() };
    let is_new = |name: &SqlName| context.known.has_made(name);
    if !objects.is_empty() && objects.iter().all(is_new) {
        return Vec::new();
    }
    context.hit(
        format!("running programs that need what this revokes fail from now on: {words}"),
        "make sure that no program needs it; then write above this statement:\n-- ambix: allow COMPAT-015 because ...",
    )
}
