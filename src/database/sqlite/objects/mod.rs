//! Objects beside tables, one kind in a file each.
//!
//! The catalogue has the statement that created each. A kind is the word for it there, and what makes an object of its row. To add
//! one, write its file and put it into [`KINDS`]; all else is written once for every kind.

mod trigger;
mod view;
mod virtual_table;

use super::{SYNTAX, inspect::SchemaRow};
use crate::{
    database::mentioned::{Mention, NameForm, add_mentioned},
    schema::{Schema, SchemaObject},
    sql::{Token, TokenKind, tokens},
};

/// A kind.
struct Kind {
    /// What the catalogue calls it.
    word: &'static str,
    /// Makes an object of a row. The schema has the tables, and the objects of the kinds before this one.
    read: fn(SchemaRow<'_>, &Schema) -> SchemaObject,
}

/// Each behind those that it can belong to.
const KINDS: [Kind; 3] = [virtual_table::KIND, view::KIND, trigger::KIND];

/// Puts the objects of a catalogue into its schema. The tables that a module keeps for a virtual table are that one's inside.
pub(super) fn read<'r>(rows: impl Iterator<Item = (&'r str, SchemaRow<'r>)>, schema: &mut Schema) {
    let rows: Vec<(&str, SchemaRow<'_>)> = rows.collect();
    for kind in KINDS {
        for (_, row) in rows.iter().filter(|(word, _)| *word == kind.word) {
            let mut object = (kind.read)(*row, schema);
            object.compared = Some(compared(&object.definition));
            schema.objects.push(object);
        }
    }
    add_mentioned(schema, (&SYNTAX, NameForm::Bare), |object| match object.kind.as_str() {
        // What a module's arguments mean is known to that alone.
        "virtual table" => Some(Mention::Ordered),
        _ => Some(Mention::Needs),
    });
}

/// The statement that created it, as the catalogue keeps it, up to its last word: a comment would take what ends it along.
fn statement(row: SchemaRow<'_>) -> String {
    let text = row.text("sql");
    let is_said = |token: &Token<'_>| token.kind != TokenKind::Comment && !token.is_symbol(";");
    let last = tokens(text, &SYNTAX).filter(is_said).last();
    let end = last.map_or(text.len(), |token| token.start + token.text.len());
    text[..end].to_owned()
}

/// What tells two statements apart: neither white space nor comments, nor the case of any word.
pub(super) fn compared(statement: &str) -> String {
    let words = tokens(statement, &SYNTAX).filter(|token| token.kind != TokenKind::Comment);
    let word = |token: Token<'_>| match token.kind {
        TokenKind::Word | TokenKind::QuotedName => token.text.to_ascii_lowercase(),
        _ => token.text.to_owned(),
    };
    words.map(word).collect::<Vec<_>>().join(" ")
}
