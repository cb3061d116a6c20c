//! LOCK-017: key copies table.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "LOCK-017",
    name: "key-copies-table",
    severity: Severity::Error,
    databases: MYSQL,
    versions: "",
    problem: "Adding a foreign key copies the table and blocks writes, unless foreign_key_checks is off; then existing rows \
        are not checked.",
    instead: "Add it while nobody writes, or use a tool for online schema changes.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up(
            "ALTER TABLE orders ADD CONSTRAINT orders_user_fk FOREIGN KEY (user_id) REFERENCES users (id);",
        ),
        Example::up("ALTER TABLE orders ADD COLUMN payer bigint REFERENCES users (id);")
            .on(&[LintDatabase::MariaDb]),
        Example::up("ALTER TABLE orders ADD COLUMN payer bigint REFERENCES users (id);")
            .on(&[LintDatabase::MySql])
            .version("9.1"),
    ],
    passes: &[
        Example::up(
            "CREATE TABLE notes (id bigint PRIMARY KEY, user_id bigint, FOREIGN KEY (user_id) REFERENCES users (id));",
        ),
        Example::up("ALTER TABLE orders ADD COLUMN payer bigint REFERENCES users (id);")
            .on(&[LintDatabase::MySql])
            .version("8.4"),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    // Where REFERENCES behind a column is not ignored; see DATA-010.
    let counts = context.database == LintDatabase::MariaDb || context.is_since(9, 0);
    context.actions(|table, action| {
        let is_key = match action {
            TableAction::AddConstraint(key) => key.kind == DemandKind::ForeignKey,
            TableAction::AddColumn(column) => counts && column.references.is_some(),
            _ => false,
        };
        is_key.then(|| {
            found(
                format!("this copies {table} and blocks writes while it does"),
                "run it while nobody writes, or with a tool for online schema changes",
            )
        })
    })
}
