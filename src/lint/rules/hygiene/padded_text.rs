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
    context.each(context.declared_columns(), |column| {
        (column.ty.base == "CHAR").then(|| {
            found(format!("{} is filled with blanks", column.name), format!("{} text", column.name))
        })
    })
}
