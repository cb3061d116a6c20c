//! HYGIENE-009: serial.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "HYGIENE-009",
    name: "serial",
    severity: Severity::Info,
    databases: POSTGRES,
    versions: "10 and later",
    problem: "serial creates a sequence with rights and an owner of its own, and does not keep a program from writing its own \
        numbers.",
    instead: "Use GENERATED ALWAYS AS IDENTITY, or BY DEFAULT.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("CREATE TABLE notes (id bigserial PRIMARY KEY);")],
    passes: &[Example::up(
        "CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);",
    )],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let Ddl::CreateTable(table) = context.ddl() else { return Vec::new() };
    if context.is_before(10, 0) {
        return Vec::new();
    }
    context.each(&table.columns, |column| {
        column.ty.base.contains("SERIAL").then(|| {
            found(
                format!("{} is a {}", column.name, column.ty.text),
                format!("{} bigint GENERATED ALWAYS AS IDENTITY", column.name),
            )
        })
    })
}
