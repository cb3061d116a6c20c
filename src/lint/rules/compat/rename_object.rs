//! COMPAT-011: rename object.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "COMPAT-011",
    name: "rename-object",
    severity: Severity::Error,
    databases: POSTGRES,
    versions: "",
    problem: "A program that is still running names the type, function or sequence, or a function's body does, and \
        fails as soon as it has the new name or is in another schema.",
    instead: "Create it again under the new name, and drop the old one when no program uses it any more.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("ALTER TYPE mood RENAME TO feeling;"),
        Example::up("ALTER FUNCTION total(integer) RENAME TO sum_of;"),
        Example::up("ALTER DOMAIN short SET SCHEMA app;"),
        Example::up("ALTER SEQUENCE numbers RENAME TO counters;"),
    ],
    passes: &[
        Example::up(
            r#"CREATE TYPE mood AS ENUM ('sad', 'ok');
ALTER TYPE mood RENAME TO feeling;"#,
        ),
        Example::up("ALTER INDEX users_email RENAME TO users_email_key;"),
        Example::up(
            r#"ALTER TYPE mood RENAME TO old_mood;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');"#,
        ),
        Example::up("ALTER FUNCTION note_change() RENAME TO note_it;").after(
            "CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';",
        ),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let (kind, name, to) = match context.ddl() {
        Ddl::RenameObject { kind, from, to } => (kind, from, to.clone()),
        Ddl::MoveObject { kind, name, schema } => (kind, name, name.moved_to(schema)),
        _ => return Vec::new(),
    };
    let kinds = ["TYPE", "DOMAIN", "FUNCTION", "PROCEDURE", "ROUTINE", "AGGREGATE", "SEQUENCE"];
    let is_new = context.known.is_new_object(name) || context.known.is_trigger_function(name);
    if !kinds.contains(&kind.as_str()) || is_new || context.takes_name(name) {
        return Vec::new();
    }
    let kind = kind.to_ascii_lowercase();
    context.hit(
        format!("running programs that use the {kind} {name} fail as soon as it is called {to}"),
        format!(
            "create the {kind} {to} beside {name}, and drop {name} when no program uses it any more"
        ),
    )
}
