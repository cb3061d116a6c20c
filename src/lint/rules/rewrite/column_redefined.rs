//! REWRITE-007: column redefined.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "REWRITE-007",
    name: "column-redefined",
    severity: Severity::Error,
    databases: MYSQL,
    versions: "",
    problem: "MODIFY and CHANGE with another type, length class or NULL-ability copy the table, and writes are blocked while \
        it is copied.",
    instead: "Say which algorithm you expect: ALGORITHM=INSTANT or ALGORITHM=INPLACE, LOCK=NONE makes the server refuse \
        instead of copying.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("ALTER TABLE users MODIFY COLUMN age bigint;")],
    passes: &[Example::up(
        "ALTER TABLE users MODIFY COLUMN name varchar(30), ALGORITHM=INPLACE, LOCK=NONE;",
    )],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let Some(alter) = context.alter() else { return Vec::new() };
    let is_asked = |action: &TableAction| match action {
        TableAction::Algorithm(word) => matches!(word.as_str(), "INSTANT" | "INPLACE" | "NOCOPY"),
        _ => false,
    };
    if alter.actions.iter().any(is_asked) {
        return Vec::new();
    }
    context.actions(|table, action| {
        let TableAction::Modify { from, column } = action else { return None };
        let known = context.known.column(table, from.last());
        // The same type and demands: only the name, the default or the comment is another.
        if known.is_some_and(|known| known.ty == column.ty && known.not_null == column.not_null) {
            return None;
        }
        Some(found(
            format!(
                "if the type of {from} changes, this copies {table} and blocks writes while it does"
            ),
            "add ALGORITHM=INPLACE, LOCK=NONE: if the server cannot do that, it refuses at once",
        ))
    })
}
