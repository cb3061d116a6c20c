//! DATA-010: reference ignored.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "DATA-010",
    name: "reference-ignored",
    severity: Severity::Error,
    databases: &[LintDatabase::MySql],
    versions: "",
    problem: "MySQL reads REFERENCES behind a column and ignores it: there is no foreign key.",
    instead: "Write FOREIGN KEY (column) REFERENCES ... as a constraint of the table.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up(
        "CREATE TABLE notes (id bigint PRIMARY KEY, user_id bigint REFERENCES users (id));",
    )],
    passes: &[Example::up(
        "CREATE TABLE notes (id bigint PRIMARY KEY, user_id bigint, FOREIGN KEY (user_id) REFERENCES users (id));",
    )],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let columns: Vec<_> = match context.ddl() {
        Ddl::CreateTable(table) => table.columns.iter().collect(),
        Ddl::AlterTable(alter) => alter.actions.iter().filter_map(TableAction::column).collect(),
        _ => return Vec::new(),
    };
    let Some((column, parent)) =
        columns.iter().find_map(|column| Some((column, column.references.as_ref()?)))
    else {
        return Vec::new();
    };
    context.hit(
        format!("the REFERENCES of {} is ignored: there will be no foreign key", column.name),
        format!("FOREIGN KEY ({}) REFERENCES {parent} (...)", column.name),
    )
}
