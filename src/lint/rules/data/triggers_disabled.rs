//! DATA-013: triggers disabled.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "DATA-013",
    name: "triggers-disabled",
    severity: Severity::Warning,
    databases: POSTGRES,
    versions: "",
    problem: "No statement after this one enables the triggers again. Foreign keys are triggers as well, so that with \
        ALL, rows without a counterpart can be written from now on.",
    instead: "Enable them again in the same migration.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("ALTER TABLE users DISABLE TRIGGER ALL;"),
        Example::up("ALTER TABLE users DISABLE TRIGGER users_changed;"),
    ],
    passes: &[
        Example::up(
            r#"ALTER TABLE users DISABLE TRIGGER USER;
UPDATE users SET name = 'x' WHERE id = 1;
ALTER TABLE users ENABLE TRIGGER USER;"#,
        ),
        Example::up(
            r#"ALTER TABLE users DISABLE TRIGGER users_changed;
ALTER TABLE users ENABLE TRIGGER ALL;"#,
        ),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let after = context.up.get(context.at + 1..).unwrap_or_default();
    let is_enabled = |table: &SqlName, trigger: &SqlName| {
        after.iter().any(|read| match &read.ddl {
            Ddl::AlterTable(alter) if alter.name.is(table) => alter.actions.iter().any(|action| {
                matches!(action, TableAction::EnableTrigger(on) if on.is(trigger) || on.is_called("all"))
            }),
            Ddl::Drop(drop) => drop.names.iter().any(|dropped| dropped.is(trigger) || dropped.is(table)),
            _ => false,
        })
    };
    context.actions(|table, action| match action {
        TableAction::DisableTrigger(trigger) if !is_enabled(table, trigger) => Some(found(
            match trigger.last().to_ascii_lowercase().as_str() {
                "all" => format!("all triggers of {table}, and so its foreign keys, stay disabled"),
                "user" => format!("all triggers of {table} stay disabled"),
                _ => format!("the trigger {trigger} of {table} stays disabled"),
            },
            format!("at the end of this migration:\nALTER TABLE {table} ENABLE TRIGGER {trigger};"),
        )),
        _ => None,
    })
}
