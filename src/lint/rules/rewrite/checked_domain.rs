//! REWRITE-011: checked domain.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "REWRITE-011",
    name: "checked-domain",
    severity: Severity::Error,
    databases: POSTGRES,
    versions: "",
    problem: "A column of a domain that demands something (CHECK, NOT NULL) is checked for every row, even if it is NULL there: \
        the whole table is written again under an ACCESS EXCLUSIVE lock.",
    instead: "Add a column of the type that the domain is based on, with a CHECK that is NOT VALID, and validate it in a later \
        migration.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("ALTER TABLE users ADD COLUMN zip postcode;")
        .after("CREATE DOMAIN postcode AS text CHECK (VALUE ~ '^[0-9]+$');")],
    passes: &[Example::up("ALTER TABLE users ADD COLUMN zip postcode;")
        .after("CREATE DOMAIN postcode AS text;")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| match action {
        TableAction::AddColumn(column) if context.known.is_checked_domain(&column.ty) => Some(found(
            format!(
                "the domain {} checks every value, so that this writes all of {table} again, under a lock against reads and writes",
                column.ty.text
            ),
            format!(
                "ALTER TABLE {table} ADD COLUMN {} ...;\nALTER TABLE {table} ADD CONSTRAINT ... CHECK (...) NOT VALID;\n\
                 and validate it in a later migration",
                column.name
            ),
        )),
        _ => None,
    })
}
