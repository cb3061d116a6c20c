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
    ],
    passes: &[
        Example::up("ALTER TABLE users ALTER COLUMN name TYPE varchar(50);")
            .after("CREATE TABLE users (id bigint, name varchar(20));"),
        Example::up("ALTER TABLE orders ALTER COLUMN total TYPE numeric(14,2);")
            .after("CREATE TABLE orders (id bigint, total numeric(10,2));"),
        Example::up("ALTER TABLE users ALTER COLUMN email TYPE text;")
            .after("CREATE TABLE users (id bigint, email varchar(200));"),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| {
        let TableAction::AlterType { column, ty, .. } = action else { return None };
        let old = context.known.column(table, column.last()).map(|known| &known.ty);
        if old.is_some_and(|old| is_in_place(old, ty)) {
            return None;
        }
        let from = old.map(|old| format!(" from {}", old.text)).unwrap_or_default();
        let zone = |ty: &TypeName| matches!(ty.base.as_str(), "TIMESTAMP" | "TIMESTAMPTZ");
        let unless = match old {
            None => ", unless the old type is a shorter form of it",
            Some(old) if zone(old) && zone(ty) => ", unless the session's time zone is UTC (since version 12)",
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

/// Whether the server only has to change its catalog.
pub(in crate::lint::rules) fn is_in_place(old: &TypeName, new: &TypeName) -> bool {
    let number =
        |ty: &TypeName, at: usize| ty.arguments.get(at).and_then(|text| text.parse::<u32>().ok());
    match (old.base.as_str(), new.base.as_str()) {
        ("VARCHAR", "TEXT") | ("TEXT", "VARCHAR") if new.arguments.is_empty() => true,
        ("VARCHAR", "VARCHAR") | ("TIMESTAMP", "TIMESTAMP") | ("TIMESTAMPTZ", "TIMESTAMPTZ") => {
            new.arguments.is_empty()
                || number(old, 0).zip(number(new, 0)).is_some_and(|(old, new)| old <= new)
        }
        ("NUMERIC", "NUMERIC") => {
            new.arguments.is_empty()
                || number(old, 0).zip(number(new, 0)).is_some_and(|(old, new)| old <= new)
                    && old.arguments.get(1) == new.arguments.get(1)
        }
        ("CIDR", "INET") => true,
        (old_base, new_base) => old_base == new_base && old.arguments == new.arguments,
    }
}
