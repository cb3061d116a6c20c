//! REWRITE-004: type change.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "REWRITE-004",
    name: "type-change",
    severity: Severity::Error,
    databases: POSTGRES,
    versions: "",
    problem: "A new type usually makes the server write the whole table and its indexes again under an ACCESS EXCLUSIVE lock. \
        A longer varchar, varchar to text, and a numeric with more digits and the same scale do not.",
    instead: "Add a column of the new type, fill it in batches while a trigger keeps it up, then let the program use it and \
        drop the old one.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("ALTER TABLE users ALTER COLUMN age TYPE bigint;"),
        Example::up("ALTER TABLE users ALTER COLUMN name TYPE varchar(10);")
            .after("ALTER TABLE users ADD COLUMN name varchar(20);"),
        Example::up("ALTER TABLE users ALTER COLUMN age TYPE integer USING age + 1;")
            .after("CREATE TABLE users (id bigint, age integer);"),
        Example::up("ALTER TABLE users ALTER COLUMN seen TYPE timestamp(3);")
            .after("ALTER TABLE users ADD COLUMN seen timestamp;"),
    ],
    passes: &[
        Example::up("ALTER TABLE users ALTER COLUMN name TYPE varchar(50);")
            .after("CREATE TABLE users (id bigint, name varchar(20));"),
        Example::up("ALTER TABLE orders ALTER COLUMN total TYPE numeric(14,2);")
            .after("CREATE TABLE orders (id bigint, total numeric(10,2));"),
        Example::up("ALTER TABLE users ALTER COLUMN email TYPE text;")
            .after("CREATE TABLE users (id bigint, email varchar(200));"),
        Example::up("ALTER TABLE users ALTER COLUMN email TYPE text USING email::text;")
            .after("CREATE TABLE users (id bigint, email varchar(200));"),
        Example::up("ALTER TABLE users ALTER COLUMN seen TYPE timestamptz;")
            .after("ALTER TABLE users ADD COLUMN seen timestamptz(3);"),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| {
        let TableAction::AlterType { column, ty, using, .. } = action else { return None };
        if using.as_ref().is_some_and(|using| !is_cast(using, column)) {
            return Some(found(
                format!(
                    "each value of {column} is computed, so that this writes all of {table} again, under a lock against reads and writes"
                ),
                format!("change the values in batches, in a migration of its own:\nUPDATE {table} SET {column} = ... WHERE ...;"),
            ));
        }
        let old = context.known.column(table, column.last()).map(|known| &known.ty);
        if old.is_some_and(|old| is_in_place(old, ty)) {
            return None;
        }
        let from = old.map(|old| format!(" from {}", old.text)).unwrap_or_default();
        let zone = |ty: &TypeName| matches!(ty.base.as_str(), "TIMESTAMP" | "TIMESTAMPTZ");
        let unless = match old {
            None => ", unless the old type is a shorter form of it",
            Some(old) if zone(old) && zone(ty) && old.base != ty.base => ", unless the session's time zone is UTC (since version 12)",
            Some(_) => "",
        };
        Some(found(
            format!(
                "the change of {column}{from} to {} writes all of {table} again, under a lock against reads and writes{unless}",
                ty.text
            ),
            format!(
                "ALTER TABLE {table} ADD COLUMN {}_new {};\nfill it in batches while a trigger keeps it up, switch the program over, and \
                 drop {column} in a later migration",
                column.last(),
                ty.text
            ),
        ))
    })
}

/// Whether an expression is the column, or a cast of it.
pub(in crate::lint::rules) fn is_cast(using: &str, column: &SqlName) -> bool {
    let text = using.replace(['(', ')', '"'], " ").trim().to_lowercase();
    let value = text.strip_prefix("cast ").unwrap_or(&text).trim_start();
    value.strip_prefix(&column.last().to_lowercase()).map(str::trim_start).is_some_and(|behind| {
        behind.is_empty() || behind.starts_with("::") || behind.starts_with("as ")
    })
}

/// Whether the server only has to change its catalog.
pub(in crate::lint::rules) fn is_in_place(old: &TypeName, new: &TypeName) -> bool {
    let number =
        |ty: &TypeName, at: usize| ty.arguments.get(at).and_then(|text| text.parse::<u32>().ok());
    let is_longer = || number(old, 0).zip(number(new, 0)).is_some_and(|(old, new)| old <= new);
    match (old.base.as_str(), new.base.as_str()) {
        ("VARCHAR" | "CITEXT", "TEXT") | ("TEXT" | "CITEXT", "VARCHAR") | ("BIT", "VARBIT") => {
            new.arguments.is_empty()
        }
        ("VARCHAR", "VARCHAR") | ("VARBIT", "VARBIT") => new.arguments.is_empty() || is_longer(),
        // A time without a number has six digits.
        ("TIMESTAMP", "TIMESTAMP")
        | ("TIMESTAMPTZ", "TIMESTAMPTZ")
        | ("TIME", "TIME")
        | ("INTERVAL", "INTERVAL") => {
            new.arguments.is_empty() || number(new, 0) == Some(6) || is_longer()
        }
        ("NUMERIC", "NUMERIC") => {
            new.arguments.is_empty() || is_longer() && old.arguments.get(1) == new.arguments.get(1)
        }
        ("CIDR", "INET") | ("XML", "TEXT") | ("INTEGER", "OID") | ("OID", "INTEGER") => true,
        (old_base, new_base) => old_base == new_base && old.arguments == new.arguments,
    }
}
