//! AMBIX-005: rows and schema.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "AMBIX-005",
    name: "rows-and-schema",
    severity: Severity::Warning,
    databases: MYSQL,
    versions: "",
    problem: "Each change of the schema commits by itself here. If a later statement fails, the migration is half applied.",
    instead: "Put changes of rows and changes of the schema into migrations of their own.",
    scope: RuleScope::Migration,
    check,
    finds: &[Example::up(
        r#"ALTER TABLE users ADD COLUMN nick varchar(20);
UPDATE users SET nick = name WHERE nick IS NULL;"#,
    )],
    passes: &[
        Example::up("ALTER TABLE users ADD COLUMN nick varchar(20);"),
        Example::up(
            r#"CREATE TABLE notes (id bigint PRIMARY KEY);
INSERT INTO notes VALUES (1);"#,
        ),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let changes_rows = context.up.iter().any(|read| match &read.ddl {
        Ddl::Update { table, .. } | Ddl::Delete { table, .. } | Ddl::Insert { table, .. } => {
            !context.known.is_new(table)
        }
        _ => false,
    });
    let changes_schema = context.up.iter().any(|read| {
        matches!(
            &read.ddl,
            Ddl::AlterTable(_) | Ddl::CreateTable(_) | Ddl::CreateIndex(_) | Ddl::Drop(_)
        )
    });
    if !(changes_rows && changes_schema) {
        return Vec::new();
    }
    context.whole(
        "this migration changes the schema and rows, and each change of the schema commits by itself: a failure leaves it half applied",
        "make two migrations of it",
    )
}
