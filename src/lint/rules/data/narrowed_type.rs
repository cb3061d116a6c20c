//! DATA-001: narrowed type.

use crate::lint::prelude::*;
use crate::{
    database::values::is_in_charset,
    lint::{
        rules::rewrite::type_change::is_cast,
        value_range::{loses, whole_numbers},
    },
};

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
        Example::up("ALTER TABLE users MODIFY COLUMN age integer unsigned;")
            .after("CREATE TABLE users (id bigint, age integer);")
            .on(MYSQL),
        Example::up("ALTER TABLE users ALTER COLUMN seen TYPE date;")
            .after("CREATE TABLE users (id bigint, seen timestamptz);")
            .on(POSTGRES),
        Example::up("ALTER TABLE users MODIFY COLUMN name varchar(20) CHARACTER SET latin1;")
            .after("CREATE TABLE users (id bigint, name varchar(20)) DEFAULT CHARSET=utf8mb4;")
            .on(MYSQL),
        Example::up("ALTER TABLE users CONVERT TO CHARACTER SET latin1;").on(MYSQL),
    ],
    passes: &[
        Example::up("ALTER TABLE users ALTER COLUMN name TYPE varchar(50);")
            .after("CREATE TABLE users (id bigint, name varchar(20));")
            .on(POSTGRES),
        Example::up("ALTER TABLE users MODIFY COLUMN age bigint;")
            .after("CREATE TABLE users (id bigint, age integer);")
            .on(MYSQL),
        Example::up(
            "ALTER TABLE users ALTER COLUMN name TYPE varchar(10) USING substr(name, 1, 10);",
        )
        .after("CREATE TABLE users (id bigint, name varchar(20));")
        .on(POSTGRES),
        Example::up("ALTER TABLE users CONVERT TO CHARACTER SET utf8mb4;").on(MYSQL),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| {
        let (column, ty, charset) = match action {
            // How the author computes the new values is not known to fit or not to.
            TableAction::AlterType { column, using: Some(using), .. } if !is_cast(using, column) => return None,
            TableAction::AlterType { column, ty, .. } => (column, ty, None),
            TableAction::Modify { from, column } => (from, &column.ty, Some(&column.charset)),
            TableAction::Rewrite { to: Some(NewStorage::Charset(charset)), .. } => return converted(context, table, charset),
            _ => return None,
        };
        let known = context.known.table(table)?;
        let old = context.known.column(table, column.last())?;
        let is_lost = !context.known.is_new_column(table, column.last());
        if is_lost && loses(&old.ty, ty, context.database) {
            let (from, to) = (&old.ty.text, &ty.text);
            return Some(found(
                format!("values of {table}.{column} that fit {from} may not fit {to}"),
                format!("look for them first:\n{}", query(context, (table, column), &old.ty, ty)),
            ));
        }
        let charset = charset?.as_ref().or(known.charset.as_ref())?;
        let before = old.charset.as_ref().or(known.charset.as_ref());
        let is_text = ["CHAR", "VARCHAR", "TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT", "ENUM", "SET"];
        let is_narrower = is_text.contains(&old.ty.base.as_str()) && !holds_characters(charset, before);
        (is_lost && is_narrower).then(|| {
            found(
                format!("characters of {table}.{column} that {charset} does not have are refused or lost"),
                format!(
                    "look for them first:\nSELECT count(*) FROM {table} WHERE {column} <> CONVERT(CONVERT({column} USING {charset}) USING \
                     utf8mb4);"
                ),
            )
        })
    })
}

/// The whole table gets another character set.
fn converted(context: &LintContext<'_>, table: &SqlName, charset: &str) -> Option<Hit> {
    let before = context.known.table(table).and_then(|known| known.charset.as_ref());
    (!holds_characters(charset, before)).then(|| {
        found(
            format!("characters of {table} that {charset} does not have are refused or lost"),
            "convert it to utf8mb4, or look at each of its texts first",
        )
    })
}

/// Whether a character set has all characters of another one, which may be any if it is not known. Bytes can be of each.
fn holds_characters(charset: &str, before: Option<&String>) -> bool {
    charset == "binary" || is_in_charset(before.map_or("utf8mb4", String::as_str), charset)
}

/// A query that shows what does not fit.
fn query(
    context: &LintContext<'_>,
    (table, column): (&SqlName, &SqlName),
    old: &TypeName,
    ty: &TypeName,
) -> String {
    let count = |condition: String| format!("SELECT count(*) FROM {table} WHERE {condition};");
    if let (Some(_), Some((least, most))) =
        (whole_numbers(old, context.database), whole_numbers(ty, context.database))
    {
        return count(format!("{column} NOT BETWEEN {least} AND {most}"));
    }
    match (ty.base.as_str(), ty.arguments.first()) {
        ("VARCHAR" | "CHAR", Some(length)) => count(format!("char_length({column}) > {length}")),
        ("DATE", _) => count(format!("{column} <> CAST({column} AS date)")),
        ("NUMERIC", Some(_)) => {
            let scale = ty.arguments.get(1).map_or("0", String::as_str);
            count(format!("{column} <> round({column}, {scale})"))
        }
        _ => format!("SELECT min({column}), max({column}) FROM {table};"),
    }
}
