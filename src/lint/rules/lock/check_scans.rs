//! LOCK-005: check scans.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "LOCK-005",
    name: "check-scans",
    severity: Severity::Error,
    databases: POSTGRES,
    versions: "",
    problem: "A new CHECK constraint is checked against every existing row under an ACCESS EXCLUSIVE lock: nobody can read or \
        write the table.",
    instead: "Add it NOT VALID, and validate it in a later migration, which locks nobody out.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("ALTER TABLE users ADD CONSTRAINT users_age CHECK (age >= 0);"),
        Example::up("ALTER TABLE users ADD COLUMN height integer CHECK (height > 0);"),
    ],
    passes: &[Example::up(
        "ALTER TABLE users ADD CONSTRAINT users_age CHECK (age >= 0) NOT VALID;",
    )],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| match action {
        TableAction::AddConstraint(check) if check.kind == DemandKind::Check && !check.not_valid => {
            let name = check.name.as_ref().map_or("...".to_owned(), ToString::to_string);
            Some(found(
                format!("this locks {table} against reads and writes while every row is checked"),
                format!(
                    "ALTER TABLE {table} ADD {} NOT VALID;\nand in a later migration:\nALTER TABLE {table} VALIDATE CONSTRAINT {name};",
                    check.text
                ),
            ))
        }
        TableAction::AddColumn(column) if column.check => Some(found(
            format!("the CHECK of {} makes the server read all of {table} under a lock against reads and writes", column.name),
            "add the column without the CHECK, then the CHECK as a constraint NOT VALID, and validate it in a later migration",
        )),
        _ => None,
    })
}
