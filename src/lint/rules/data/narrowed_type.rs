//! DATA-001: narrowed type.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "DATA-001",
    name: "narrowed-type",
    severity: Severity::Error,
    databases: SERVERS,
    versions: "",
    problem: "Existing values may not fit the new type. The server then refuses the change in the middle of the upgrade, or \
        cuts them off.",
    instead: "Count the values that do not fit before you change the type, and repair them first.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("ALTER TABLE users ALTER COLUMN name TYPE varchar(10);")
            .after("CREATE TABLE users (id bigint, name varchar(20));")
            .on(POSTGRES),
        Example::up("ALTER TABLE users MODIFY COLUMN age smallint;")
            .after("CREATE TABLE users (id bigint, age integer);")
            .on(MYSQL),
    ],
    passes: &[
        Example::up("ALTER TABLE users ALTER COLUMN name TYPE varchar(50);")
            .after("CREATE TABLE users (id bigint, name varchar(20));")
            .on(POSTGRES),
        Example::up("ALTER TABLE users MODIFY COLUMN age bigint;")
            .after("CREATE TABLE users (id bigint, age integer);")
            .on(MYSQL),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| {
        let (column, ty) = match action {
            TableAction::AlterType { column, ty, .. } => (column, ty),
            TableAction::Modify { from, column } => (from, &column.ty),
            _ => return None,
        };
        let old = &context.known.column(table, column.last())?.ty;
        if !is_narrower(old, ty) {
            return None;
        }
        let query = match (ty.base.as_str(), ty.arguments.first()) {
            ("VARCHAR" | "CHAR", Some(length)) => {
                format!("SELECT count(*) FROM {table} WHERE char_length({column}) > {length};")
            }
            _ => format!("SELECT min({column}), max({column}) FROM {table};"),
        };
        Some(found(
            format!("values of {table}.{column} that fit {} may not fit {}", old.text, ty.text),
            format!("look for them first:\n{query}"),
        ))
    })
}

/// Whether the new type has room for less, as far as both are known.
fn is_narrower(old: &TypeName, new: &TypeName) -> bool {
    const WHOLE: [&str; 5] = ["TINYINT", "SMALLINT", "MEDIUMINT", "INTEGER", "BIGINT"];
    const TEXTS: [&str; 4] = ["CHAR", "VARCHAR", "TEXT", "LONGTEXT"];
    let rank = |list: &[&str], ty: &TypeName| list.iter().position(|known| *known == ty.base);
    let number =
        |ty: &TypeName, at: usize| ty.arguments.get(at).and_then(|text| text.parse::<u32>().ok());
    if let (Some(old), Some(new)) = (rank(&WHOLE, old), rank(&WHOLE, new)) {
        return new < old;
    }
    if rank(&TEXTS, old).is_some() && rank(&TEXTS, new).is_some() {
        return match (number(old, 0), number(new, 0)) {
            (Some(old), Some(new)) => new < old,
            (None, Some(_)) => true,
            _ => false,
        };
    }
    if old.base == "NUMERIC" && new.base == "NUMERIC" {
        return match (number(old, 0), number(new, 0)) {
            (Some(before), Some(after)) => {
                let scale = |ty| number(ty, 1).unwrap_or_default();
                after.saturating_sub(scale(new)) < before.saturating_sub(scale(old))
                    || scale(new) < scale(old)
            }
            (None, Some(_)) => true,
            _ => false,
        };
    }
    // Text to a number, a time to a date: some values will not go.
    let loses = [
        ("TEXT", "INTEGER"),
        ("TEXT", "BIGINT"),
        ("VARCHAR", "INTEGER"),
        ("VARCHAR", "BIGINT"),
        ("TIMESTAMP", "DATE"),
        ("TIMESTAMPTZ", "DATE"),
        ("DOUBLE", "INTEGER"),
        ("NUMERIC", "INTEGER"),
        ("DOUBLE", "REAL"),
    ];
    loses.contains(&(old.base.as_str(), new.base.as_str()))
}
