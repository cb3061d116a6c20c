//! Indexes, from the text of CREATE INDEX.

use super::expression::{bare, code, of_tokens};
use crate::{
    schema::{Index, IndexPart, Table},
    sql::{Token, TokenKind},
};

/// Reads the index of this name.
pub(super) fn read(name: &str, sql: &str, table: &Table) -> Index {
    let columns: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
    let tokens = code(sql);
    let open = tokens.iter().position(|token| token.is_symbol("(")).unwrap_or(tokens.len());
    let (head, rest) = tokens.split_at(open);
    let close = end_of_group(rest);
    let mut index = Index::on(split(&rest[1.min(close)..close]).map(|p| part(p, &columns, table)));
    index.name = Some(name.to_owned());
    index.unique = head.iter().any(|token| token.is_word("UNIQUE"));
    let behind = rest.get(close + 1..).unwrap_or_default();
    index.predicate = match behind {
        [first, predicate @ ..] if first.is_word("WHERE") => Some(of_tokens(predicate, &columns)),
        _ => None,
    };
    index
}

/// Where the parenthesis is that closes the first one.
fn end_of_group(tokens: &[Token<'_>]) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        depth += usize::from(token.is_symbol("("));
        if token.is_symbol(")") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return at;
            }
        }
    }
    tokens.len()
}

/// The parts between commas that are in no parentheses.
fn split<'s, 't>(tokens: &'s [Token<'t>]) -> impl Iterator<Item = &'s [Token<'t>]> {
    let mut depth = 0_usize;
    tokens
        .split(move |token| {
            depth += usize::from(token.is_symbol("("));
            depth = depth.saturating_sub(usize::from(token.is_symbol(")")));
            depth == 0 && token.is_symbol(",")
        })
        .filter(|part| !part.is_empty())
}

fn part(mut tokens: &[Token<'_>], columns: &[String], table: &Table) -> IndexPart {
    let mut descending = false;
    if let [key @ .., direction] = tokens
        && !key.is_empty()
        && direction.is_any_word(&["ASC", "DESC"])
    {
        (tokens, descending) = (key, direction.is_word("DESC"));
    }
    let mut written = None;
    if let [key @ .., collate, name] = tokens
        && !key.is_empty()
        && collate.is_word("COLLATE")
    {
        (tokens, written) = (key, Some(bare(name).to_uppercase()));
    }
    let named = match tokens {
        [only] if only.kind != TokenKind::Number => {
            columns.iter().find(|column| column.eq_ignore_ascii_case(&bare(only)))
        }
        _ => None,
    };
    let column = named.and_then(|name| table.find_column(name));
    let mut part = match column {
        Some(column) => IndexPart::column(column.name.clone()),
        None => IndexPart::expression(of_tokens(tokens, columns)),
    };
    part.descending = descending;
    // What the column has is nothing to be said again; BINARY is, where the column has another.
    let own = column.and_then(|column| column.collation.as_deref()).unwrap_or("BINARY");
    part.collation = written.filter(|name| !name.eq_ignore_ascii_case(own));
    part
}
