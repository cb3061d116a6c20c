//! DATA-006: drop cascade.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "DATA-006",
    name: "drop-cascade",
    severity: Severity::Error,
    databases: POSTGRES,
    versions: "",
    problem: "CASCADE also drops everything that depends on it: views, foreign keys, columns. The file does not say what that \
        is.",
    instead: "Drop what depends on it by name, before it.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("DROP TABLE users CASCADE;"),
        Example::up("ALTER TABLE users DROP COLUMN name CASCADE;"),
    ],
    passes: &[Example::up(
        r#"DROP VIEW user_names;
ALTER TABLE users DROP COLUMN name;"#,
    )],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    if let Ddl::Drop(drop) = context.ddl()
        && drop.cascade
    {
        return context.each(&drop.names, |name| {
            let is_new = context.known.has_made(name);
            (!is_new).then(|| {
                found(
                    format!("CASCADE also drops everything that depends on {name}"),
                    "leave CASCADE out, and drop what the server then names, by name",
                )
            })
        });
    }
    context.actions(|table, action| match action {
        TableAction::DropColumn { name, cascade: true } => Some(found(
            format!("CASCADE also drops everything that depends on {table}.{name}"),
            "leave CASCADE out, and drop what the server then names, by name",
        )),
        _ => None,
    })
}
