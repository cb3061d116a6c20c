//! A column of a `CREATE TABLE`.

use super::{
    key::{self, Constraint, Keys},
    text::{self, ExpressionNames, SqlReader, expression},
};
use crate::{
    database::sqlite::types::{Affinity, affinity},
    schema::{Check, Column, DefaultValue, Generated, Table, Type},
    sql::{Token, TokenKind},
};

/// The words that end a type.
const BEGINNINGS: [&str; 10] = [
    "CONSTRAINT",
    "DEFAULT",
    "NULL",
    "NOT",
    "PRIMARY",
    "UNIQUE",
    "CHECK",
    "REFERENCES",
    "COLLATE",
    "AS",
];

/// Reads a column with its constraints into the table.
pub(super) fn read(
    pieces: &[Token<'_>],
    names: ExpressionNames<'_>,
    table: &mut Table,
    keys: &mut Keys,
) -> Option<()> {
    let mut reader = SqlReader::new(pieces);
    let mut column = Column::new(reader.name()?, Type::sql(""));
    column.ty = Type::sql(type_text(&mut reader));
    let mut own: Option<String> = None;
    while !reader.is_at_end() {
        let read = Constraint { name: own.take(), column: Some(&column.name) };
        if reader.word("CONSTRAINT") {
            own = Some(reader.name()?);
        } else if reader.word("DEFAULT") {
            column.default = default(&mut reader, column.ty.text());
        } else if reader.words(&["NOT", "NULL"]) {
            column.nullable = false;
            if let Some(conflict) = key::conflict(&mut reader) {
                column.options.insert("not_null_conflict".to_owned(), conflict);
            }
        } else if reader.word("NULL") {
            key::conflict(&mut reader);
        } else if reader.word("CHECK") {
            let mut check = Check::new(expression(reader.group()?, names));
            check.name = read.name;
            check.column = Some(column.name.clone());
            check.loose = is_of_enum(&check, &table.name.name);
            table.checks.push(check);
        } else if reader.word("COLLATE") {
            let collation = text::collation(&reader.name()?);
            column.collation = (collation != "BINARY").then_some(collation);
        } else if reader.words(&["GENERATED", "ALWAYS", "AS"]) || reader.word("AS") {
            let expression = expression(reader.group()?, names);
            let stored = reader.word("STORED");
            let _ = stored || reader.word("VIRTUAL");
            column.generated = Some(Generated::new(expression, stored));
        } else {
            read.read(&mut reader, names, table, keys)?;
        }
    }
    table.columns.push(column);
    Some(())
}

/// The type as it is written, in upper case; empty where there is none.
fn type_text(reader: &mut SqlReader<'_, '_>) -> String {
    let mut words: Vec<String> = Vec::new();
    while let Some(token) = reader.peek() {
        let is_name =
            matches!(token.kind, TokenKind::Word | TokenKind::QuotedName | TokenKind::Text);
        let is_over =
            token.is_any_word(&BEGINNINGS) || reader.clone().words(&["GENERATED", "ALWAYS"]);
        if !is_name || is_over {
            break;
        }
        reader.next();
        let is_word = token.kind == TokenKind::Word;
        words.push(if is_word { token.text.to_ascii_uppercase() } else { token.text.to_owned() });
    }
    let mut text = words.join(" ");
    if let Some(sizes) = reader.group() {
        let sizes: String = sizes.iter().map(|token| token.text).collect();
        text.push_str(&format!("({})", sizes.to_ascii_uppercase().replace(',', ", ")));
    }
    text
}

fn default(reader: &mut SqlReader<'_, '_>, ty: &str) -> Option<DefaultValue> {
    let text = text::default(reader)?;
    // A number in quotes is a number where the column makes one of it.
    let inner = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
    let is_number = matches!(affinity(ty), Affinity::Integer | Affinity::Numeric);
    let text = match inner {
        Some(inner) if is_number && ty != "ANY" && is_whole(inner) => inner.to_owned(),
        _ => text,
    };
    Some(DefaultValue::Sql(text))
}

/// Whether a text is a whole number as SQLite itself writes it.
fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_plain && digits.len() <= 18 && (!digits.starts_with('0') || text == "0")
}

/// Whether a check is the one that stands for an enum: its name was made up.
fn is_of_enum(check: &Check, table: &str) -> bool {
    let Some(column) = &check.column else { return false };
    let made_up = format!("{table}_{column}_check");
    check.name.as_ref() == Some(&made_up) && check.expression.contains(" IN (")
}
