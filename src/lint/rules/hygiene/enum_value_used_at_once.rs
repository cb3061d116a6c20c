//! HYGIENE-015: enum value used at once.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "HYGIENE-015",
    name: "enum-value-used-at-once",
    severity: Severity::Error,
    databases: POSTGRES,
    versions: "",
    problem: "A value that ALTER TYPE ... ADD VALUE has added cannot be used in the same transaction: the server refuses the \
        statement that does.",
    instead: "Use the value in the next migration.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up(
        r#"ALTER TYPE mood ADD VALUE 'new';
UPDATE users SET mood = 'new' WHERE id = 1;"#,
    )],
    passes: &[
        Example::up("ALTER TYPE mood ADD VALUE 'new';"),
        Example::up("ALTER TYPE mood ADD VALUE 'new';\nALTER TYPE state ADD VALUE 'new';"),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let Ddl::AddEnumValue { ty, value } = context.ddl() else { return Vec::new() };
    if !context.transactional || context.known.is_new_object(ty) {
        return Vec::new();
    }
    let literal = format!("'{}'", value.replace('\'', "''"));
    let after = context.up.get(context.at + 1..).unwrap_or_default();
    // Another type may get a value of the same name.
    let uses = |read: &ReadStatement<'_>| {
        !matches!(read.ddl, Ddl::AddEnumValue { .. }) && read.statement.text.contains(&literal)
    };
    if !after.iter().any(uses) {
        return Vec::new();
    }
    context.hit(
        format!("{literal} cannot be used before this transaction is committed"),
        "use the value in the next migration",
    )
}
