//! HYGIENE-014: old charset.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "HYGIENE-014",
    name: "old-charset",
    severity: Severity::Warning,
    databases: MYSQL,
    versions: "",
    problem: "utf8 and utf8mb3 hold only characters of three bytes: emoji and many names do not fit.",
    instead: "Use utf8mb4.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up(
        "CREATE TABLE notes (id bigint PRIMARY KEY, body text) DEFAULT CHARSET=utf8;",
    )],
    passes: &[Example::up(
        "CREATE TABLE notes (id bigint PRIMARY KEY, body text) DEFAULT CHARSET=utf8mb4;",
    )],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let Ddl::CreateTable(table) = context.ddl() else { return Vec::new() };
    let options = table.options.to_ascii_lowercase();
    let mut words = options.split(|sign: char| !(sign.is_alphanumeric() || sign == '_'));
    if !words.any(|word| word == "utf8" || word == "utf8mb3") {
        return Vec::new();
    }
    context.hit(format!("{} cannot hold every character", table.name), "DEFAULT CHARSET=utf8mb4")
}
