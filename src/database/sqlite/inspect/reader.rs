//! A statement as tokens, read from its beginning; and expressions in one form, however they were written.

use super::super::SYNTAX;
use crate::sql::{TokenKind, tokens};

/// A token without its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece<'t> {
    pub kind: TokenKind,
    pub text: &'t str,
}

impl Piece<'_> {
    pub fn is(&self, word: &str) -> bool {
        match self.kind {
            TokenKind::Word => self.text.eq_ignore_ascii_case(word),
            TokenKind::Symbol => self.text == word,
            _ => false,
        }
    }
}

/// Reads pieces, without comments.
pub(super) struct Reader<'t> {
    pieces: Vec<Piece<'t>>,
    at: usize,
}

impl<'t> Reader<'t> {
    pub fn new(sql: &'t str) -> Self {
        let pieces = tokens(sql, &SYNTAX).filter(|token| token.kind != TokenKind::Comment);
        let pieces = pieces.map(|token| Piece { kind: token.kind, text: token.text });
        Self { pieces: pieces.collect(), at: 0 }
    }

    pub fn peek(&self) -> Option<Piece<'t>> {
        self.pieces.get(self.at).copied()
    }

    pub fn next(&mut self) -> Option<Piece<'t>> {
        let piece = self.peek();
        self.at += 1;
        piece
    }

    /// Reads these words, all or none.
    pub fn words(&mut self, words: &[&str]) -> bool {
        let all = words
            .iter()
            .enumerate()
            .all(|(at, word)| self.pieces.get(self.at + at).is_some_and(|piece| piece.is(word)));
        if all {
            self.at += words.len();
        }
        all
    }

    pub fn word(&mut self, word: &str) -> bool {
        self.words(&[word])
    }

    pub fn is_at(&self, words: &[&str]) -> bool {
        self.peek().is_some_and(|piece| words.iter().any(|word| piece.is(word)))
    }

    pub fn name(&mut self) -> String {
        self.next().map(|piece| unquoted(piece.text)).unwrap_or_default()
    }

    /// What stands in parentheses, which are read, too; nothing where there are none.
    pub fn parenthesized(&mut self) -> Vec<Piece<'t>> {
        let mut inner = Vec::new();
        if !self.word("(") {
            return inner;
        }
        let mut depth = 0;
        while let Some(piece) = self.next() {
            if piece.is("(") {
                depth += 1;
            } else if piece.is(")") {
                if depth == 0 {
                    break;
                }
                depth -= 1;
            }
            inner.push(piece);
        }
        inner
    }
}

/// What commas part.
pub(super) fn parts<'p, 't>(pieces: &'p [Piece<'t>]) -> Vec<&'p [Piece<'t>]> {
    let mut all = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, piece) in pieces.iter().enumerate() {
        if piece.is("(") {
            depth += 1;
        } else if piece.is(")") {
            depth -= 1;
        } else if depth == 0 && piece.is(",") {
            all.push(&pieces[start..at]);
            start = at + 1;
        }
    }
    if start < pieces.len() {
        all.push(&pieces[start..]);
    }
    all
}

/// A name without its quotes.
pub(in super::super) fn unquoted(text: &str) -> String {
    let inner =
        |text: &str| text.get(1..text.len().saturating_sub(1)).unwrap_or_default().to_owned();
    match text.chars().next() {
        Some('"') => inner(text).replace("\"\"", "\""),
        Some('`') => inner(text).replace("``", "`"),
        Some('\'') => inner(text).replace("''", "'"),
        Some('[') => inner(text),
        _ => text.to_owned(),
    }
}

/// An expression in the form in which all are compared and written.
pub(in super::super) fn fold(expression: &str) -> String {
    folded(&Reader::new(expression).pieces)
}

/// Words behind which a parenthesis begins no arguments.
const BEFORE_PARENTHESIS: [&str; 16] = [
    "IN", "AND", "OR", "NOT", "WHEN", "THEN", "ELSE", "CASE", "BETWEEN", "LIKE", "GLOB", "IS",
    "AS", "EXISTS", "SELECT", "FROM",
];

/// Pieces as text, without the parentheses around all of it.
pub(super) fn folded(pieces: &[Piece<'_>]) -> String {
    let pieces = bare(pieces);
    let mut text = String::new();
    for (at, piece) in pieces.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| pieces.get(before));
        if before.is_some_and(|before| is_apart(pieces, at, before, piece)) {
            text.push(' ');
        }
        // A name in quotes that needs none has none.
        if piece.kind == TokenKind::QuotedName {
            text.push_str(&super::super::render::name(&unquoted(piece.text)));
        } else {
            text.push_str(piece.text);
        }
    }
    text
}

fn is_apart(pieces: &[Piece<'_>], at: usize, before: &Piece<'_>, piece: &Piece<'_>) -> bool {
    if before.is("(") || before.is(".") || piece.is(")") || piece.is(",") || piece.is(".") {
        return false;
    }
    if piece.is("(") {
        let is_call = matches!(before.kind, TokenKind::Word | TokenKind::QuotedName)
            && !BEFORE_PARENTHESIS.iter().any(|word| before.is(word));
        return !is_call;
    }
    // A sign before a value.
    if before.is("-") || before.is("+") || before.is("~") {
        let earlier = at.checked_sub(2).and_then(|earlier| pieces.get(earlier));
        let is_sign = earlier.is_none_or(|earlier| {
            earlier.kind == TokenKind::Symbol && !earlier.is(")")
                || BEFORE_PARENTHESIS.iter().any(|word| earlier.is(word))
        });
        return !is_sign;
    }
    true
}

/// Without parentheses around all of it.
fn bare<'p, 't>(pieces: &'p [Piece<'t>]) -> &'p [Piece<'t>] {
    let [first, inner @ .., last] = pieces else { return pieces };
    if !first.is("(") || !last.is(")") {
        return pieces;
    }
    let mut depth = 0;
    for piece in inner {
        depth += i32::from(piece.is("(")) - i32::from(piece.is(")"));
        if depth < 0 {
            return pieces;
        }
    }
    bare(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_for_all_ways_to_write() {
        for (written, one) in [
            ("bar*5", "bar * 5"),
            ("( bar   * 5 )", "bar * 5"),
            ("lower ( \"name\" )", "lower(name)"),
            ("x > -1", "x > -1"),
            ("x IN(1,2)", "x IN (1, 2)"),
            ("(a) OR (b)", "(a) OR (b)"),
            ("\"Camel\" <> 'it''s'", "\"Camel\" <> 'it''s'"),
            ("a||' '||b -- end", "a || ' ' || b"),
            ("-5", "-5"),
            ("t.a", "t.a"),
            ("datetime('now', 'localtime')", "datetime('now', 'localtime')"),
        ] {
            assert_eq!(fold(written), one, "{written}");
            assert_eq!(fold(one), one);
        }
    }
}
