//! AMBIX-004: needless stepwise.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "AMBIX-004",
    name: "needless-stepwise",
    severity: Severity::Warning,
    databases: &[LintDatabase::Postgres, LintDatabase::Sqlite],
    versions: "",
    problem: "The file says `transaction none`, but each of its statements can run in a transaction. A failure in the middle \
        leaves it unfinished.",
    instead: "Remove the directive.",
    scope: RuleScope::Migration,
    check,
    finds: &[Example::up(
        r#"-- ambix: transaction none
ALTER TABLE users ADD COLUMN nick text;
ALTER TABLE users ADD COLUMN note text;"#,
    )],
    passes: &[
        Example::up(
            "ALTER TABLE users ADD COLUMN nick text;\nALTER TABLE users ADD COLUMN note text;",
        ),
        Example::up(
            r#"-- ambix: transaction none
ALTER TABLE users ADD COLUMN nick text;"#,
        ),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    if context.migration.is_transactional() || context.up.len() < 2 {
        return Vec::new();
    }
    // One statement is whole or not at all anyway, and changes of rows are best committed in parts.
    let is_ddl = |read: &&ReadStatement<'_>| {
        !matches!(
            read.ddl,
            Ddl::Update { .. } | Ddl::Delete { .. } | Ddl::Insert { .. } | Ddl::Other
        )
    };
    let all_can = context.up.iter().all(|read| is_ddl(&read) && can_be_rolled_back(context, read));
    if !all_can {
        return Vec::new();
    }
    context.whole(
        "each statement of this file can run in a transaction, but the file forbids one: a failure leaves it unfinished",
        "remove -- ambix: transaction none",
    )
}

fn can_be_rolled_back(context: &LintContext<'_>, read: &ReadStatement<'_>) -> bool {
    context.dialect.work(&read.statement) == TransactionSupport::Transactional
}
