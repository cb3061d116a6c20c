//! LOCK-020: repeated alter.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "LOCK-020",
    name: "repeated-alter",
    severity: Severity::Info,
    databases: SERVERS,
    versions: "",
    problem: "Several ALTER TABLE of one table each take their lock again, and may each read or write the whole table.",
    instead: "Write one ALTER TABLE with several actions.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up(
        r#"ALTER TABLE users ADD COLUMN nick text;
ALTER TABLE users ADD COLUMN note text;"#,
    )],
    passes: &[
        Example::up("ALTER TABLE users ADD COLUMN nick text, ADD COLUMN note text;"),
        Example::up("ALTER TABLE users ALTER COLUMN email SET NOT NULL;\nALTER TABLE users DROP CONSTRAINT email_set;")
            .after("ALTER TABLE users ADD CONSTRAINT email_set CHECK (email IS NOT NULL);")
            .on(POSTGRES),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let Some(alter) = context.alter() else { return Vec::new() };
    // These cannot share a statement with other actions, or gain nothing.
    let can_join = |actions: &[TableAction]| {
        !actions.iter().any(|action| {
            matches!(
                action,
                TableAction::RenameTable(_)
                    | TableAction::RenameColumn { .. }
                    | TableAction::RenameConstraint { .. }
                    | TableAction::SetSchema(_)
                    | TableAction::AttachPartition { .. }
                    | TableAction::DetachPartition { .. }
                    | TableAction::ExchangePartition { .. }
                    | TableAction::DiscardRows(_)
                    | TableAction::Validate(_)
                    | TableAction::Other
            )
        })
    };
    // A check that shows that there is no NULL must outlive the SET NOT NULL that looks for it.
    let needs_check = |first: &[TableAction]| {
        first.iter().any(|action| matches!(action, TableAction::SetNotNull(_)))
            && alter.actions.iter().any(|action| matches!(action, TableAction::DropConstraint(_)))
    };
    let Some(before) = context.at.checked_sub(1).and_then(|at| context.up.get(at)) else {
        return Vec::new();
    };
    match &before.ddl {
        Ddl::AlterTable(first)
            if first.name.is(&alter.name)
                && can_join(&first.actions)
                && can_join(&alter.actions)
                && !needs_check(&first.actions) =>
        {
            context.hit(
                format!("{} is altered again, right after another ALTER TABLE", alter.name),
                "join both into one ALTER TABLE, with a comma between the actions",
            )
        }
        _ => Vec::new(),
    }
}
