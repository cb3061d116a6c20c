//! LOCK-013: rows under lock.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "LOCK-013",
    name: "rows-under-lock",
    severity: Severity::Warning,
    databases: POSTGRES,
    versions: "",
    problem: "ALTER TABLE holds its lock until the transaction ends. If the same migration then changes rows, nobody can use \
        the table for as long as that takes.",
    instead: "Change the rows in a migration of its own, in batches.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up(
        r#"ALTER TABLE users ADD COLUMN nick text;
UPDATE users SET nick = name WHERE nick IS NULL;"#,
    )],
    passes: &[Example::up("UPDATE users SET nick = name WHERE nick IS NULL;")
        .after("ALTER TABLE users ADD COLUMN nick text;")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let (Ddl::Update { .. } | Ddl::Delete { .. }) = context.ddl() else { return Vec::new() };
    if !context.transactional {
        return Vec::new();
    }
    let before = context.up.get(..context.at).unwrap_or_default();
    let locked = before.iter().find_map(|read| match &read.ddl {
        Ddl::AlterTable(alter) if !context.known.is_new(&alter.name) => Some(&alter.name),
        _ => None,
    });
    let Some(locked) = locked else { return Vec::new() };
    context.hit(
        format!("{locked}, which this transaction has altered, stays locked while this statement changes rows"),
        "move this statement to a migration of its own",
    )
}
