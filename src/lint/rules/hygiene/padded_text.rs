//! HYGIENE-011: padded text.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "HYGIENE-011",
    name: "padded-text",
    severity: Severity::Info,
    databases: POSTGRES,
    versions: "",
    problem: "char(n) is filled with blanks up to its length. It is neither smaller nor faster than text, and comparisons \
        ignore the blanks.",
    instead: "Use text, or varchar(n).",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("CREATE TABLE notes (id bigint PRIMARY KEY, code char(3));")],
    passes: &[Example::up("CREATE TABLE notes (id bigint PRIMARY KEY, code text);")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let columns: Vec<_> = match context.ddl() {
        Ddl::CreateTable(table) => table.columns.iter().collect(),
        Ddl::AlterTable(alter) => alter.actions.iter().filter_map(TableAction::column).collect(),
        _ => return Vec::new(),
    };
    let Some(column) = columns.iter().find(|column| column.ty.base == "CHAR") else {
        return Vec::new();
    };
    context.hit(format!("{} is filled with blanks", column.name), format!("{} text", column.name))
}
