//! COMPAT-012: drop object.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "COMPAT-012",
    name: "drop-object",
    severity: Severity::Warning,
    databases: SERVERS,
    versions: "",
    problem: "A program that is still running may call the function or procedure, cast to the type, or draw from the \
        sequence.",
    instead: "First release a program that does not use it. If that is done, say so with an allow comment.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("DROP FUNCTION total;"),
        Example::up("DROP PROCEDURE clean_up;"),
        Example::up("DROP TYPE mood;").on(POSTGRES),
        Example::up("DROP FUNCTION IF EXISTS total(integer, text), sum_of(integer);").on(POSTGRES),
    ],
    passes: &[
        Example::up(
            r#"DROP FUNCTION total(integer);
CREATE FUNCTION total(integer, integer) RETURNS integer LANGUAGE sql AS 'SELECT $1 + $2';"#,
        )
        .on(POSTGRES),
        Example::up(
            r#"CREATE TYPE mood AS ENUM ('sad', 'ok');
DROP TYPE mood;"#,
        )
        .on(POSTGRES),
        Example::up("DROP INDEX users_email ON users;").on(MYSQL),
        Example::up(
            r#"ALTER TYPE mood RENAME TO old_mood;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
DROP TYPE old_mood;"#,
        )
        .on(POSTGRES),
        Example::up("DROP FUNCTION note_change();")
            .after("CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';")
            .on(POSTGRES),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let Ddl::Drop(drop) = context.ddl() else { return Vec::new() };
    let kinds = ["TYPE", "DOMAIN", "FUNCTION", "PROCEDURE", "ROUTINE", "AGGREGATE", "SEQUENCE"];
    if !kinds.contains(&drop.kind.as_str()) {
        return Vec::new();
    }
    let is_used = |name: &&SqlName| {
        let known = context.known;
        !known.is_new_object(name)
            && !known.is_trigger_function(name)
            && !context.takes_name(name)
            && !context.was_moved_aside(name)
    };
    let kind = drop.kind.to_ascii_lowercase();
    context.each(drop.names.iter().filter(is_used), |name| {
        Some(found(
            format!("running programs that use the {kind} {name} fail from now on"),
            format!(
                "first release a program that does not use {name}; once that runs everywhere, write above this statement:\n\
                 -- ambix: allow COMPAT-012 because no program uses {name} since release ..."
            ),
        ))
    })
}
