//! HYGIENE-006: unnamed constraint.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "HYGIENE-006",
    name: "unnamed-constraint",
    severity: Severity::Warning,
    databases: SERVERS,
    versions: "",
    problem: "The database names the constraint itself. To drop or validate it later, you have to look the name up, and it can \
        differ between databases.",
    instead: "Name it: ADD CONSTRAINT orders_user_fk ...",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users (id);")],
    passes: &[Example::up(
        "ALTER TABLE orders ADD CONSTRAINT orders_user_fk FOREIGN KEY (user_id) REFERENCES users (id);",
    )],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| match action {
        TableAction::AddConstraint(constraint)
            if constraint.name.is_none() && constraint.kind != DemandKind::PrimaryKey =>
        {
            let suffix = match constraint.kind {
                DemandKind::ForeignKey => "fk",
                DemandKind::Unique => "key",
                _ => "check",
            };
            Some(found(
                "the database chooses the name of this constraint",
                format!("ADD CONSTRAINT {}_{suffix} {}", table.last(), constraint.text),
            ))
        }
        _ => None,
    })
}
