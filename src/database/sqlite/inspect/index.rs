//! The text of an index.

use super::reader::{Piece, Reader, folded, parts, unquoted};
use crate::{
    schema::{Index, IndexPart},
    sql::TokenKind,
};

pub(super) fn read(name: &str, sql: &str) -> Index {
    let mut reader = Reader::new(sql);
    reader.word("CREATE");
    let unique = reader.word("UNIQUE");
    reader.word("INDEX");
    reader.words(&["IF", "NOT", "EXISTS"]);
    reader.name();
    if reader.word(".") {
        reader.name();
    }
    reader.word("ON");
    reader.name();
    let inner = reader.parenthesized();
    let mut index = Index::on(parts(&inner).into_iter().map(part)).named(name);
    index.unique = unique;
    if reader.word("WHERE") {
        let mut rest = Vec::new();
        while let Some(piece) = reader.next() {
            rest.push(piece);
        }
        index.predicate = Some(folded(&rest));
    }
    index
}

/// One of the things that are indexed, or a column of a key.
pub(super) fn part(pieces: &[Piece<'_>]) -> IndexPart {
    let mut rest = pieces;
    let mut descending = false;
    if let Some((last, before)) = rest.split_last()
        && (last.is("ASC") || last.is("DESC"))
    {
        descending = last.is("DESC");
        rest = before;
    }
    let mut collation = None;
    if let [before @ .., word, name] = rest
        && word.is("COLLATE")
    {
        collation = Some(unquoted(name.text).to_uppercase());
        rest = before;
    }
    let mut part = match rest {
        [name] if matches!(name.kind, TokenKind::Word | TokenKind::QuotedName) => {
            IndexPart::column(unquoted(name.text))
        }
        expression => IndexPart::expression(folded(expression)),
    };
    part.descending = descending;
    part.collation = collation;
    part
}
