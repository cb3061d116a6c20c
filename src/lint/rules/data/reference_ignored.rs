//! DATA-010: reference ignored.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "DATA-010",
    name: "reference-ignored",
    severity: Severity::Error,
    databases: &[LintDatabase::MySql],
    versions: "before 9.0",
    problem: "Before version 9.0, MySQL reads REFERENCES behind a column and ignores it: there is no foreign key.",
    instead: "Write FOREIGN KEY (column) REFERENCES ... as a constraint of the table.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up(
        "CREATE TABLE notes (id bigint PRIMARY KEY, user_id bigint REFERENCES users (id));",
    )],
    passes: &[
        Example::up(
            "CREATE TABLE notes (id bigint PRIMARY KEY, user_id bigint, FOREIGN KEY (user_id) REFERENCES users (id));",
        ),
        Example::up(
            "CREATE TABLE notes (id bigint PRIMARY KEY, user_id bigint REFERENCES users (id));",
        )
        .version("9.1"),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    if context.is_since(9, 0) {
        return Vec::new();
    }
    context.each(context.declared_columns(), |column| {
        let parent = column.references.as_ref()?;
        Some(found(
            format!("the REFERENCES of {} is ignored: there will be no foreign key", column.name),
            format!("FOREIGN KEY ({}) REFERENCES {parent} (...)", column.name),
        ))
    })
}
