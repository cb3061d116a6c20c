//! HYGIENE-005: if not exists.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "HYGIENE-005",
    name: "if-not-exists",
    severity: Severity::Info,
    databases: ALL,
    versions: "",
    problem: "IF NOT EXISTS accepts any table with that name, whatever its columns are. A migration runs once, so that an \
        existing table is a mistake that should be seen.",
    instead: "Leave it out. If the table may exist already, adopt it with `ambix adopt` or `ambix stamp`.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("CREATE TABLE IF NOT EXISTS notes (id integer PRIMARY KEY);")],
    passes: &[Example::up("CREATE TABLE notes (id integer PRIMARY KEY);")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    match context.ddl() {
        Ddl::CreateTable(table) if table.if_not_exists && !table.temporary => context.hit(
            format!(
                "IF NOT EXISTS accepts any table that is called {}, whatever its columns are",
                table.name
            ),
            "leave IF NOT EXISTS out",
        ),
        _ => Vec::new(),
    }
}
