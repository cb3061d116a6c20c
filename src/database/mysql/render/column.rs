//! Columns: their definitions and defaults.

use super::{Renderer, name, unsupported};
use crate::{
    database::{
        drafting,
        mysql::{SYNTAX, inspect::UNREADABLE, types},
    },
    error::{Error, Result},
    schema::{Check, Column, DefaultValue, IdentityKind, Literal, SequenceOptions, Table, Type},
    sql::{TokenKind, tokens},
};

/// The type of a column.
pub(super) fn column_type(table: &Table, column: &Column) -> Result<String> {
    types::word(&column.ty).ok_or_else(|| {
        refused(
            table,
            &column.name,
            &format!(
                "has no type for {}: give the column an `sql_type`",
                drafting::describe(&column.ty)
            ),
        )
    })
}

/// Something that cannot be had here.
pub(super) fn refused(table: &Table, part: &str, why: &str) -> Error {
    unsupported(format!("{}.{part}: mysql {why}; nothing was written", table.name))
}

impl Renderer<'_> {
    /// Where a new column goes in a table as it is now, if it is not to be the last.
    pub(super) fn place(&self, now: &Table, column: &Column) -> String {
        let Some(to) = self.work.to.find_table(&now.name) else { return String::new() };
        let Some(at) = to.columns.iter().position(|c| c.name == column.name) else {
            return String::new();
        };
        let is_there = |column: &&Column| now.find_column(&column.name).is_some();
        if !to.columns[at + 1..].iter().any(|column| is_there(&column)) {
            return String::new();
        }
        match to.columns[..at].iter().rev().find(is_there) {
            Some(before) => format!(" AFTER {}", name::name(&before.name)),
            None => " FIRST".to_owned(),
        }
    }

    /// A column as CREATE and MODIFY write it. `checks` are those that may be parts of it.
    pub(super) fn definition(
        &self,
        table: &Table,
        column: &Column,
        checks: &[Check],
    ) -> Result<String> {
        let ty = column_type(table, column)?;
        let mut text = format!("{} {ty}", name::name(&column.name));
        if let Some(collation) = &column.collation {
            text.push_str(&format!(" COLLATE {collation}"));
        }
        if let Some(generated) = &column.generated {
            let stored = if generated.stored { "STORED" } else { "VIRTUAL" };
            text.push_str(&format!(" GENERATED ALWAYS AS ({}) {stored}", generated.expression));
        }
        text.push_str(self.nullability(column, &ty));
        if let Some(srid) = column.options.get("srid") {
            text.push_str(&format!(" SRID {srid}"));
        }
        if column.options.contains_key(UNREADABLE) {
            let why = "does not tell the bytes of its default, so that they would be lost: write this change by hand";
            return Err(refused(table, &column.name, why));
        }
        if let Some(default) = &column.default {
            text.push_str(&format!(" DEFAULT {}", self::default(default, &ty)));
        }
        if let Some(expression) = column.options.get("on_update") {
            text.push_str(&format!(
                " ON UPDATE {}",
                now_of(expression, &ty).unwrap_or_else(|| expression.clone())
            ));
        }
        if let Some(identity) = &column.identity {
            let is_auto = matches!(identity.kind, IdentityKind::Auto | IdentityKind::Serial)
                && identity.sequence == SequenceOptions::default();
            if !is_auto {
                let why = "numbers rows in one way alone, from 1: say `auto_increment` and no more";
                return Err(refused(table, &column.name, why));
            }
            text.push_str(" AUTO_INCREMENT");
        }
        if is_on(column.options.get("invisible")) {
            text.push_str(" INVISIBLE");
        }
        if let Some(comment) = &column.comment {
            text.push_str(&format!(" COMMENT {}", name::literal(comment)));
        }
        // A check without a name is a part of its column, on the one server that has such.
        for check in checks.iter().filter(|c| is_of(c, column)) {
            text.push_str(&format!(" CHECK ({})", check.expression));
        }
        Ok(text)
    }

    fn nullability(&self, column: &Column, ty: &str) -> &'static str {
        let is_generated = column.generated.is_some();
        if column.nullable {
            // Without the word it is NOT NULL, in one of the servers' modes.
            if types::base(ty) == "timestamp" && !is_generated { " NULL" } else { "" }
        } else if is_generated && self.is_for_any_server() {
            // MariaDB knows no such thing of a computed column.
            " /*!80000 NOT NULL */"
        } else if is_generated && self.is_mariadb() {
            ""
        } else {
            " NOT NULL"
        }
    }
}

/// Whether a check is a part of this column.
pub(super) fn is_of(check: &Check, column: &Column) -> bool {
    check.name.is_none() && check.column.as_deref() == Some(&column.name)
}

/// Whether an option is set.
pub(super) fn is_on(value: Option<&String>) -> bool {
    value.is_some_and(|value| !["", "false", "0", "no", "off"].contains(&value.as_str()))
}

/// A default as it is written for a column.
pub(super) fn default_of(value: &DefaultValue, column: &Column) -> String {
    default(value, &types::word(&column.ty).unwrap_or_default())
}

/// A default, for a column of this type.
fn default(default: &DefaultValue, ty: &str) -> String {
    let text = match default {
        DefaultValue::Literal(Literal::Integer(value)) => value.to_string(),
        DefaultValue::Literal(Literal::Float(value)) => value.to_string(),
        DefaultValue::Literal(Literal::Boolean(value)) => u8::from(*value).to_string(),
        DefaultValue::Literal(Literal::Text(text)) => name::literal(text),
        DefaultValue::Sql(sql) => match now_of(sql, ty) {
            Some(now) => return now,
            None => sql.trim().to_owned(),
        },
    };
    let is_null = text.eq_ignore_ascii_case("null");
    let is_bare = is_literal(&text) && (is_null || !types::is_long(ty));
    let is_wrapped = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    if is_bare || is_wrapped.is_some_and(name::is_closed) { text } else { format!("({text})") }
}

/// Whether it stands for itself without parentheses.
fn is_literal(text: &str) -> bool {
    let mut all = tokens(text, &SYNTAX).filter(|token| token.kind != TokenKind::Comment);
    let (first, second, third) = (all.next(), all.next(), all.next());
    match (first, second, third) {
        (Some(one), None, None) => match one.kind {
            TokenKind::Text | TokenKind::Number => true,
            _ => one.is_any_word(&["NULL", "TRUE", "FALSE"]),
        },
        (Some(sign), Some(number), None) => {
            (sign.is_symbol("-") || sign.is_symbol("+")) && number.kind == TokenKind::Number
        }
        _ => false,
    }
}

/// `now()` in any of its spellings, with as many digits as the type has: another number of them is an error.
fn now_of(sql: &str, ty: &str) -> Option<String> {
    let base = types::base(ty);
    if base != "datetime" && base != "timestamp" {
        return None;
    }
    let word = sql.trim().to_ascii_lowercase();
    let (word, rest) = word.split_once('(').unwrap_or((word.as_str(), ")"));
    let is_now = ["now", "current_timestamp", "localtime", "localtimestamp"].contains(&word.trim());
    let digits = rest.strip_suffix(')')?;
    if !is_now || !digits.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let digits = types::sizes(ty).first().map(u32::to_string).unwrap_or_default();
    Some(format!("current_timestamp({digits})"))
}

/// The same column without its NOT NULL.
pub(super) fn nullable(column: &Column) -> Column {
    Column { nullable: true, ..column.clone() }
}

/// The same column with another type.
pub(super) fn with_type(column: &Column, ty: &str) -> Column {
    Column { ty: Type::sql(ty), ..column.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_what_both_servers_take() {
        let sql = |text: &str| DefaultValue::Sql(text.to_owned());
        let text = DefaultValue::Literal(Literal::Text("it's".to_owned()));
        for (value, ty, written) in [
            (text.clone(), "varchar(5)", "'it''s'"),
            (text, "longtext", "('it''s')"),
            (sql("now()"), "datetime(6)", "current_timestamp(6)"),
            (sql("CURRENT_TIMESTAMP"), "datetime", "current_timestamp()"),
            (sql("now()"), "varchar(30)", "(now())"),
            (sql("uuid()"), "char(36)", "(uuid())"),
            (sql("(1 + 2)"), "int", "(1 + 2)"),
            (sql("(1) + (2)"), "int", "((1) + (2))"),
            (sql("-5"), "int", "-5"),
            (sql("NULL"), "longtext", "NULL"),
            (sql("b'101'"), "bit(3)", "b'101'"),
            (DefaultValue::Literal(Literal::Boolean(true)), "tinyint(1)", "1"),
            (DefaultValue::Literal(Literal::Float(5.0)), "double", "5"),
        ] {
            assert_eq!(default(&value, ty), written, "{value:?}");
        }
    }
}
