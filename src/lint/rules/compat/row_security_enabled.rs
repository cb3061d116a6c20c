//! COMPAT-013: row security enabled.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "COMPAT-013",
    name: "row-security-enabled",
    severity: Severity::Warning,
    databases: POSTGRES,
    versions: "",
    problem: "With row-level security, a role other than the owner sees and writes only the rows that a policy \
        allows: none, until there is one. A program that is still running finds its tables empty.",
    instead: "Create the policies first, try them with the role of the program, and enable row-level security in a \
        migration after that.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("ALTER TABLE users ENABLE ROW LEVEL SECURITY;"),
        Example::up("ALTER TABLE users FORCE ROW LEVEL SECURITY;"),
    ],
    passes: &[
        Example::up(
            r#"CREATE TABLE notes (id bigint);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;"#,
        ),
        Example::up("ALTER TABLE users DISABLE ROW LEVEL SECURITY;"),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| match action {
        TableAction::EnableRowSecurity => Some(found(
            format!("running programs see and write only those rows of {table} that a policy allows"),
            format!("CREATE POLICY ... ON {table} ...;\ntry it with SET ROLE, and enable row-level security after that"),
        )),
        _ => None,
    })
}
