//! `CREATE INDEX` as SQLite keeps it.

use super::text::{self, ExpressionNames, SqlReader, expression, parts, pieces};
use crate::{
    schema::{Index, IndexPart, Table},
    sql::{Token, TokenKind},
};

/// The index of a statement; none where it is not understood.
pub(super) fn read(sql: &str, table: &Table) -> Option<Index> {
    let pieces = pieces(sql);
    let mut reader = SqlReader::new(&pieces);
    reader.word("CREATE").then_some(())?;
    let unique = reader.word("UNIQUE");
    reader.word("INDEX").then_some(())?;
    let _ = reader.words(&["IF", "NOT", "EXISTS"]);
    let mut name = reader.name()?;
    if reader.symbol(".") {
        name = reader.name()?;
    }
    reader.word("ON").then_some(())?;
    reader.name()?;
    let columns: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
    let names = ExpressionNames { table: &table.name.name, columns: &columns };
    let parts: Option<Vec<IndexPart>> =
        parts(reader.group()?).into_iter().map(|part| self::part(part, names, table)).collect();
    let mut index = Index { unique, ..Index::on(parts?) };
    index.name = Some(name);
    if reader.word("WHERE") {
        index.predicate = Some(expression(reader.rest(), names));
    }
    Some(index)
}

fn part(pieces: &[Token<'_>], names: ExpressionNames<'_>, table: &Table) -> Option<IndexPart> {
    let (mut pieces, mut descending, mut collation) = (pieces, false, None);
    if let [rest @ .., last] = pieces
        && last.is_any_word(&["ASC", "DESC"])
        && !rest.is_empty()
    {
        descending = last.is_word("DESC");
        pieces = rest;
    }
    if let [rest @ .., collate, of] = pieces
        && collate.is_word("COLLATE")
        && !rest.is_empty()
    {
        collation = Some(text::collation(&text::name_of(of)?));
        pieces = rest;
    }
    let column = match pieces {
        [one] if one.kind != TokenKind::Text => {
            text::name_of(one).and_then(|name| names.column(&name).map(str::to_owned))
        }
        _ => None,
    };
    let own = column.as_ref().and_then(|name| table.find_column(name));
    let own = own.map(|column| column.collation.as_deref().unwrap_or("BINARY"));
    let mut part = match column {
        Some(column) => IndexPart::column(column),
        None => IndexPart::expression(expression(pieces, names)),
    };
    part.descending = descending;
    // What the column has need not be said again; BINARY is something, where the column has another.
    part.collation = collation.filter(|of| own != Some(of.as_str()));
    Some(part)
}
