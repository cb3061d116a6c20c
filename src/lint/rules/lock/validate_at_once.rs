//! LOCK-006: validate at once.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "LOCK-006",
    name: "validate-at-once",
    severity: Severity::Error,
    databases: POSTGRES,
    versions: "",
    problem: "NOT VALID only helps if VALIDATE runs in a later transaction. In the same one, the lock of the first statement \
        is held while the second reads every row.",
    instead: "Move VALIDATE CONSTRAINT to the next migration.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up(
        r#"ALTER TABLE users ADD CONSTRAINT users_age CHECK (age >= 0) NOT VALID;
ALTER TABLE users VALIDATE CONSTRAINT users_age;"#,
    )],
    passes: &[Example::up("ALTER TABLE users VALIDATE CONSTRAINT users_age;")
        .after("ALTER TABLE users ADD CONSTRAINT users_age CHECK (age >= 0) NOT VALID;")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    if !context.transactional {
        return Vec::new();
    }
    context.actions(|table, action| {
        let TableAction::Validate(name) = action else { return None };
        let is_added = |action: &TableAction| {
            matches!(action, TableAction::AddConstraint(added)
                if added.not_valid && added.name.as_ref().is_some_and(|added| added.is(name)))
        };
        let before = context.up.get(..=context.at).unwrap_or_default();
        let added_here = before.iter().any(|read| match &read.ddl {
            Ddl::AlterTable(alter) => alter.name.is(table) && alter.actions.iter().any(is_added),
            _ => false,
        });
        added_here.then(|| {
            found(
                format!("{name} was added in the same transaction, whose lock on {table} is held while every row is checked"),
                format!("move this statement to the next migration:\nALTER TABLE {table} VALIDATE CONSTRAINT {name};"),
            )
        })
    })
}
