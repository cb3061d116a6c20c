//! REWRITE-008: primary key change.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "REWRITE-008",
    name: "primary-key-change",
    severity: Severity::Error,
    databases: MYSQL,
    versions: "",
    problem: "The rows of a table are kept in the order of its primary key. To drop the key or to add another writes the whole \
        table again.",
    instead: "Do both in one ALTER TABLE, while nobody writes.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("ALTER TABLE users DROP PRIMARY KEY, ADD PRIMARY KEY (id, age);")],
    passes: &[Example::up("CREATE TABLE notes (id bigint, PRIMARY KEY (id));")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let Some(alter) = context.alter() else { return Vec::new() };
    let is_key = |action: &TableAction| match action {
        TableAction::DropPrimaryKey => true,
        TableAction::AddConstraint(key) => key.kind == DemandKind::PrimaryKey,
        _ => false,
    };
    if !alter.actions.iter().any(is_key) {
        return Vec::new();
    }
    context.hit(
        format!("another primary key writes all of {} again", alter.name),
        "run it while nobody writes, or with a tool for online schema changes",
    )
}
