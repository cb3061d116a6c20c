//! The text of a statement, read token by token, and expressions in one wording.
//!
//! What has no meaning is made alike: white space, comments, the case of keywords and of functions, how a name is spelled and
//! quoted, the table's own name before a column's. So a text that a person wrote and the one that a rendition makes of it are the
//! same once they are read.

use super::super::{
    SYNTAX, Sqlite,
    render::name::{self, is_constant},
};
use crate::{
    database::Dialect,
    sql::{Token, TokenKind, name_value, tokens},
};

/// What a token means as a name. SQLite takes a text for one, too.
pub(in super::super) fn name_of(token: &Token<'_>) -> Option<String> {
    let is_name = matches!(token.kind, TokenKind::Word | TokenKind::QuotedName | TokenKind::Text);
    is_name.then(|| name_value(token))
}

/// Operators of more than one sign, a longer one before those that it begins with.
const OPERATORS: [&str; 10] = ["->>", "->", "||", "<<", ">>", "<=", ">=", "<>", "==", "!="];

/// The tokens of a text without its comments.
pub(in super::super) fn pieces(text: &str) -> Vec<Token<'_>> {
    let mut pieces = Vec::new();
    for token in tokens(text, &SYNTAX) {
        match token.kind {
            TokenKind::Comment => {}
            TokenKind::Symbol => {
                let mut rest = token.text;
                while !rest.is_empty() {
                    let operator = OPERATORS.iter().find(|operator| rest.starts_with(**operator));
                    let first = rest.chars().next().map_or(1, char::len_utf8);
                    let (text, behind) = rest.split_at(operator.map_or(first, |o| o.len()));
                    pieces.push(Token { text, ..token });
                    rest = behind;
                }
            }
            _ => pieces.push(token),
        }
    }
    pieces
}

/// Reads pieces from first to last. What is asked for and is not there is not consumed.
#[derive(Clone)]
pub(in super::super) struct SqlReader<'p, 't> {
    pieces: &'p [Token<'t>],
}

impl<'p, 't> SqlReader<'p, 't> {
    pub(in super::super) fn new(pieces: &'p [Token<'t>]) -> Self {
        Self { pieces }
    }

    pub(in super::super) fn is_at_end(&self) -> bool {
        self.pieces.is_empty()
    }

    pub(super) fn peek(&self) -> Option<Token<'t>> {
        self.pieces.first().copied()
    }

    pub(super) fn next(&mut self) -> Option<Token<'t>> {
        let (first, rest) = self.pieces.split_first()?;
        self.pieces = rest;
        Some(*first)
    }

    /// What is not read yet.
    pub(super) fn rest(&self) -> &'p [Token<'t>] {
        self.pieces
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.peek().is_some_and(|piece| piece.is_word(word))
    }

    /// Consumes all of these words or none.
    pub(super) fn words(&mut self, words: &[&str]) -> bool {
        let all = self.pieces.len() >= words.len()
            && words.iter().zip(self.pieces).all(|(word, piece)| piece.is_word(word));
        if all {
            self.pieces = &self.pieces[words.len()..];
        }
        all
    }

    pub(super) fn word(&mut self, word: &str) -> bool {
        self.words(&[word])
    }

    pub(super) fn symbol(&mut self, symbol: &str) -> bool {
        let is = self.peek().is_some_and(|piece| piece.is_symbol(symbol));
        if is {
            self.pieces = &self.pieces[1..];
        }
        is
    }

    pub(in super::super) fn name(&mut self) -> Option<String> {
        let name = name_of(&self.peek()?)?;
        self.pieces = &self.pieces[1..];
        Some(name)
    }

    /// Consumes the content of parentheses, and returns it.
    pub(in super::super) fn group(&mut self) -> Option<&'p [Token<'t>]> {
        let (first, rest) = self.pieces.split_first()?;
        if !first.is_symbol("(") {
            return None;
        }
        let mut depth = 1;
        for (at, piece) in rest.iter().enumerate() {
            if piece.is_symbol("(") {
                depth += 1;
            } else if piece.is_symbol(")") {
                depth -= 1;
            }
            if depth == 0 {
                self.pieces = &rest[at + 1..];
                return Some(&rest[..at]);
            }
        }
        None
    }
}

/// Parts between commas that stand in no parentheses.
pub(super) fn parts<'p, 't>(pieces: &'p [Token<'t>]) -> Vec<&'p [Token<'t>]> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, piece) in pieces.iter().enumerate() {
        if piece.is_symbol("(") {
            depth += 1;
        } else if piece.is_symbol(")") {
            depth = depth.saturating_sub(1);
        } else if depth == 0 && piece.is_symbol(",") {
            parts.push(&pieces[start..at]);
            start = at + 1;
        }
    }
    if start < pieces.len() {
        parts.push(&pieces[start..]);
    }
    parts
}

/// Words that are never a name in an expression of a table or an index.
const KEYWORDS: &str = " all and as between by case cast collate current_date current_time current_timestamp distinct else end \
    escape exists false filter from glob in is isnull like match not notnull null or order over raise regexp select then true when \
    where ";

/// Those behind which an operand ends, so that a sign that follows has two of them.
const OPERANDS: &str =
    " current_date current_time current_timestamp end false isnull notnull null true ";

fn is_listed(list: &str, word: &str) -> bool {
    list.contains(&format!(" {} ", word.to_ascii_lowercase()))
}

/// What names in an expression can mean.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ExpressionNames<'n> {
    pub(super) table: &'n str,
    pub(super) columns: &'n [String],
}

impl ExpressionNames<'_> {
    /// The column of this name, as the table spells it.
    pub(super) fn column(&self, name: &str) -> Option<&str> {
        let found = self.columns.iter().find(|column| column.eq_ignore_ascii_case(name));
        found.map(String::as_str)
    }

    /// The same, also where there is none.
    pub(super) fn spelled(&self, name: &str) -> String {
        self.column(name).unwrap_or(name).to_owned()
    }
}

/// What a piece of an expression is for those beside it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Keyword,
    /// A name before which nothing need stand and that a parenthesis may touch.
    Name,
    Value,
    Unary,
    Operator,
    Open,
    Close,
    Comma,
    Dot,
}

/// An expression in one wording, without parentheses around the whole of it.
pub(super) fn expression(pieces: &[Token<'_>], names: ExpressionNames<'_>) -> String {
    let pieces = without_parentheses(pieces);
    let mut text = String::new();
    let mut before: Option<(Role, String)> = None;
    let mut at = 0;
    while at < pieces.len() {
        if is_own_qualifier(&pieces[at..], names, before.as_ref()) {
            at += 2;
            continue;
        }
        let (role, word) = worded(pieces, at, names, before.as_ref());
        if before.as_ref().is_some_and(|before| is_spaced(before, role, &word)) {
            text.push(' ');
        }
        text.push_str(&word);
        before = Some((role, word));
        at += 1;
    }
    text
}

fn without_parentheses<'p, 't>(mut pieces: &'p [Token<'t>]) -> &'p [Token<'t>] {
    loop {
        let mut reader = SqlReader::new(pieces);
        match reader.group() {
            Some(inner) if reader.is_at_end() && !inner.is_empty() => pieces = inner,
            _ => return pieces,
        }
    }
}

/// Whether the table's own name and a dot stand here, before a column of it.
fn is_own_qualifier(
    rest: &[Token<'_>],
    names: ExpressionNames<'_>,
    before: Option<&(Role, String)>,
) -> bool {
    let [table, dot, column, ..] = rest else { return false };
    dot.is_symbol(".")
        && before.is_none_or(|(role, _)| *role != Role::Dot)
        && name_of(table).is_some_and(|name| name.eq_ignore_ascii_case(names.table))
        && name_of(column).is_some_and(|name| names.column(&name).is_some())
}

fn worded(
    pieces: &[Token<'_>],
    at: usize,
    names: ExpressionNames<'_>,
    before: Option<&(Role, String)>,
) -> (Role, String) {
    let piece = pieces[at];
    let plain = || piece.text.to_owned();
    match piece.kind {
        TokenKind::Word | TokenKind::QuotedName => {
            let is_called = pieces.get(at + 1).is_some_and(|next| next.is_symbol("("));
            name_in_expression(piece, names, before, is_called)
        }
        TokenKind::Symbol => match piece.text {
            "(" => (Role::Open, plain()),
            ")" => (Role::Close, plain()),
            "," => (Role::Comma, plain()),
            "." => (Role::Dot, plain()),
            "~" => (Role::Unary, plain()),
            "+" | "-" if is_unary_behind(before) => (Role::Unary, plain()),
            _ => (Role::Operator, plain()),
        },
        _ => (Role::Value, plain()),
    }
}

fn is_unary_behind(before: Option<&(Role, String)>) -> bool {
    match before {
        None => true,
        Some((Role::Keyword, word)) => !is_listed(OPERANDS, word),
        Some((role, _)) => {
            matches!(role, Role::Open | Role::Comma | Role::Operator | Role::Unary)
        }
    }
}

fn name_in_expression(
    piece: Token<'_>,
    names: ExpressionNames<'_>,
    before: Option<&(Role, String)>,
    is_called: bool,
) -> (Role, String) {
    let value = name_value(&piece);
    let is_quoted = piece.kind == TokenKind::QuotedName;
    let behind = |word: &str| matches!(before, Some((Role::Keyword, w)) if w == word);
    if behind("COLLATE") {
        return (Role::Value, name::name(&collation(&value)));
    }
    if !is_quoted && is_listed(KEYWORDS, &value) {
        return (Role::Keyword, value.to_ascii_uppercase());
    }
    if is_called {
        let function = value.to_ascii_lowercase();
        return (Role::Name, if is_quoted { name::name(&function) } else { function });
    }
    if let Some(column) = names.column(&value) {
        return (Role::Value, name::name(column));
    }
    let is_behind_dot = before.is_some_and(|(role, _)| *role == Role::Dot);
    if is_quoted && piece.text.starts_with('"') && !is_behind_dot && !behind("AS") {
        // What is no name in double quotes is a text.
        return (Role::Value, Sqlite.literal(&value));
    }
    (Role::Value, if is_quoted { name::name(&value) } else { value })
}

/// Whether a blank stands between two pieces.
fn is_spaced(before: &(Role, String), role: Role, word: &str) -> bool {
    match (before.0, role) {
        (Role::Open | Role::Dot, _) | (_, Role::Close | Role::Comma | Role::Dot) => false,
        (Role::Name, Role::Open) => false,
        (Role::Keyword, Role::Open) => before.1 != "CAST" && before.1 != "RAISE",
        // Two of the same sign would begin a comment.
        (Role::Unary, Role::Unary) => before.1 == word,
        (Role::Unary, _) => false,
        _ => true,
    }
}

/// A collation as it is called: those of SQLite itself in upper case.
pub(super) fn collation(name: &str) -> String {
    let upper = name.to_ascii_uppercase();
    if ["BINARY", "NOCASE", "RTRIM"].contains(&upper.as_str()) { upper } else { name.to_owned() }
}

/// The default behind the word DEFAULT; none where it is NULL.
pub(super) fn default(reader: &mut SqlReader<'_, '_>) -> Option<String> {
    let text = if let Some(group) = reader.group() {
        expression(group, ExpressionNames::default())
    } else {
        let sign = if reader.symbol("-") { "-" } else { "" };
        let _ = sign.is_empty() && reader.symbol("+");
        let piece = reader.next()?;
        match piece.kind {
            TokenKind::Number | TokenKind::Text => format!("{sign}{}", piece.text),
            TokenKind::Word if is_listed(KEYWORDS, piece.text) => piece.text.to_ascii_uppercase(),
            // A name that stands for itself.
            _ => Sqlite.literal(&name_of(&piece)?),
        }
    };
    match text.as_str() {
        "NULL" => None,
        "TRUE" => Some("1".to_owned()),
        "FALSE" => Some("0".to_owned()),
        _ => Some(match text.strip_prefix('+') {
            Some(rest) if is_constant(rest) => rest.to_owned(),
            _ => text,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_has_one_wording() {
        let columns =
            ["Email".to_owned(), "a".to_owned(), "two words".to_owned(), "order".to_owned()];
        let names = ExpressionNames { table: "T", columns: &columns };
        for (written, worded) in [
            ("((a>0))", "a > 0"),
            ("a>-1 AnD a<+ 2", "a > -1 AND a < +2"),
            ("a - - 1", "a - -1"),
            ("a-(-(-1))", "a - (-(-1))"),
            ("- - a", "- -a"),
            ("(a)>(0)", "(a) > (0)"),
            ("LOWER ( \"EMAIL\" )||'x'", "lower(Email) || 'x'"),
            ("t.email/*c*/is not null -- end", "Email IS NOT NULL"),
            ("a in(1,2 ,3)", "a IN (1, 2, 3)"),
            ("a IN (\"x\", 'y')", "a IN ('x', 'y')"),
            ("[two words] <> `order`", "\"two words\" <> \"order\""),
            ("email collate nocase='a'", "Email COLLATE NOCASE = 'a'"),
            ("CASE WHEN a THEN -1 ELSE a END-1", "CASE WHEN a THEN -1 ELSE a END - 1"),
            ("cast (a as varchar(10))", "CAST(a AS varchar(10))"),
            ("a->>'$.x'||email", "a ->> '$.x' || Email"),
            ("not(a)", "NOT (a)"),
            ("~a", "~a"),
        ] {
            let worded_once = expression(&pieces(written), names);
            assert_eq!(worded_once, worded, "{written}");
            assert_eq!(expression(&pieces(&worded_once), names), worded, "again: {written}");
        }
    }

    #[test]
    fn a_default_has_one_wording() {
        for (written, worded) in [
            ("'it''s'", Some("'it''s'")),
            ("5", Some("5")),
            ("- 5", Some("-5")),
            ("+5", Some("5")),
            ("(((5)))", Some("5")),
            ("(-5)", Some("-5")),
            ("null", None),
            ("(NULL)", None),
            ("true", Some("1")),
            ("(false)", Some("0")),
            ("open", Some("'open'")),
            ("\"it's\"", Some("'it''s'")),
            ("current_timestamp", Some("CURRENT_TIMESTAMP")),
            ("(Current_Timestamp)", Some("CURRENT_TIMESTAMP")),
            ("(datetime('now',  'localtime'))", Some("datetime('now', 'localtime')")),
            ("x'00ff'", Some("x'00ff'")),
            ("(1+2)", Some("1 + 2")),
        ] {
            assert_eq!(
                default(&mut SqlReader::new(&pieces(written))).as_deref(),
                worded,
                "{written}"
            );
        }
    }
}
