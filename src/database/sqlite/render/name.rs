//! Names and texts as a person writes them: quoted where they have to be.

use crate::{
    database::{
        Dialect,
        sqlite::{SYNTAX, Sqlite},
    },
    schema::{DefaultValue, Literal, Name, Table},
    sql::{TokenKind, tokens},
};

/// SQLite's keywords, but for those that are names wherever a name can stand and that people like to give.
const KEYWORDS: &str = " abort add after all alter always analyze and any as asc attach autoincrement before begin between by \
    cascade case cast check collate column commit conflict constraint create cross current_date current_time current_timestamp \
    default deferrable deferred delete desc detach distinct do drop each else end escape except exclude exclusive exists explain \
    fail false filter following for foreign from full generated glob group having if ignore immediate in indexed index initially \
    inner insert instead intersect into is isnull join left like limit match materialized natural no not nothing notnull null \
    nulls of offset on or order others outer over partition pragma preceding primary raise recursive references regexp reindex \
    release rename replace restrict returning right rollback rowid savepoint select set table temp temporary then ties to \
    transaction trigger true unbounded union unique update using vacuum values virtual when where window with without _rowid_ oid \
    stored ";

/// A name.
pub(in super::super) fn name(name: &str) -> String {
    let is_word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let begins = name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
    if is_word && begins && !KEYWORDS.contains(&format!(" {} ", name.to_ascii_lowercase())) {
        return name.to_owned();
    }
    Sqlite.quote(name)
}

pub(super) fn table(name: &Name) -> String {
    self::name(&name.name)
}

/// Names between commas.
pub(super) fn names<'n>(all: impl IntoIterator<Item = &'n String>) -> String {
    all.into_iter().map(|one| name(one)).collect::<Vec<_>>().join(", ")
}

pub(super) fn literal(text: &str) -> String {
    Sqlite.literal(text)
}

/// How a row's own number is called in a table; empty where columns have all its names.
pub(super) fn row_number(table: &Table) -> String {
    let is_free =
        |word: &&&str| !table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(word));
    ["rowid", "_rowid_", "oid"].iter().find(is_free).map_or("", |word| word).to_owned()
}

/// Whether a text is a value that is written without parentheses behind DEFAULT, and that is the same for all rows.
pub(in super::super) fn is_constant(text: &str) -> bool {
    let mut all = tokens(text.strip_prefix('-').unwrap_or(text), &SYNTAX);
    match (all.next(), all.next()) {
        (Some(token), None) => match token.kind {
            TokenKind::Number => true,
            TokenKind::Text => !text.starts_with('-'),
            _ => token.is_any_word(&["NULL", "TRUE", "FALSE"]) && !text.starts_with('-'),
        },
        _ => false,
    }
}

fn is_current(text: &str) -> bool {
    ["CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
}

/// A default, without the word.
pub(super) fn default(default: &DefaultValue) -> String {
    let sql = match default {
        DefaultValue::Sql(sql) => sql.trim().to_owned(),
        DefaultValue::Literal(Literal::Text(text)) => literal(text),
        DefaultValue::Literal(Literal::Integer(value)) => value.to_string(),
        DefaultValue::Literal(Literal::Float(value)) => format!("{value:?}"),
        DefaultValue::Literal(Literal::Boolean(true)) => "TRUE".to_owned(),
        DefaultValue::Literal(Literal::Boolean(false)) => "FALSE".to_owned(),
    };
    if is_constant(&sql) || is_current(&sql) { sql } else { format!("({sql})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_where_they_have_to_be() {
        for (plain, written) in [
            ("users", "users"),
            ("User2", "User2"),
            ("key", "key"),
            ("order", "\"order\""),
            ("Group", "\"Group\""),
            ("2nd", "\"2nd\""),
            ("a b", "\"a b\""),
            ("a\"b", "\"a\"\"b\""),
            ("naïve", "\"naïve\""),
            ("", "\"\""),
        ] {
            assert_eq!(name(plain), written);
        }
    }

    #[test]
    fn defaults_are_in_parentheses_where_they_have_to_be() {
        for (sql, written) in [
            ("5", "5"),
            ("-5", "-5"),
            ("'a'", "'a'"),
            ("-'a'", "(-'a')"),
            ("x'00'", "x'00'"),
            ("CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP"),
            ("1 + 2", "(1 + 2)"),
            ("lower('a')", "(lower('a'))"),
        ] {
            assert_eq!(default(&DefaultValue::Sql(sql.to_owned())), written);
        }
    }
}
