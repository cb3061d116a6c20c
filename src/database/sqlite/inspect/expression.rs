//! One form for expressions, so that what a person wrote and what a draft writes compare equal.
//!
//! White space and comments do not count, nor do quotes around a name that needs none, nor parentheses around the whole. A name
//! in double quotes that is no column is what it is for SQLite: a string.

use crate::{
    database::sqlite::SYNTAX,
    sql::{Token, TokenKind, tokens},
};

/// Words that a name cannot be without quotes, or that mean something else then.
const KEYWORDS: &str = " abort action add after all alter always analyze and as asc attach autoincrement before begin between by \
    cascade case cast check collate column commit conflict constraint create cross current current_date current_time \
    current_timestamp database default deferrable deferred delete desc detach distinct do drop each else end escape except \
    exclude exclusive exists explain fail false filter first following for foreign from full generated glob group groups having \
    if ignore immediate in index indexed initially inner insert instead intersect into is isnull join key last left like limit \
    match materialized natural no not nothing notnull null nulls of offset on or order others outer over partition plan pragma \
    preceding primary query raise range recursive references regexp reindex release rename replace restrict returning right \
    rollback row rows savepoint select set table temp temporary then ties to transaction trigger true unbounded union unique \
    update using vacuum values view virtual when where window with within without ";

/// Words behind which a value stands: a parenthesis is no list of arguments there, and a sign is no operator between two.
const LEADING: [&str; 34] = [
    "all",
    "and",
    "as",
    "between",
    "by",
    "case",
    "check",
    "collate",
    "distinct",
    "else",
    "escape",
    "except",
    "exists",
    "filter",
    "from",
    "glob",
    "having",
    "in",
    "intersect",
    "is",
    "join",
    "like",
    "limit",
    "match",
    "not",
    "on",
    "or",
    "over",
    "regexp",
    "select",
    "then",
    "union",
    "when",
    "where",
];

/// What a row has beside its columns.
const ROW_IDS: [&str; 3] = ["rowid", "oid", "_rowid_"];

const OPERATORS: [&str; 10] = ["->>", "->", "||", "<<", ">>", "<=", ">=", "==", "<>", "!="];

/// The same of tokens that are no comments.
pub(super) fn of_tokens(tokens: &[Token<'_>], columns: &[String]) -> String {
    let mut pieces = pieces(without_parentheses(tokens));
    for at in 0..pieces.len() {
        if pieces[at].kind == TokenKind::QuotedName {
            pieces[at] = name_or_string(&pieces, at, columns);
        }
    }
    joined(&pieces)
}

/// A default as `pragma_table_xinfo` tells it: without the parentheses around an expression.
pub(in crate::database::sqlite) fn default(text: &str) -> String {
    let tokens = code(text);
    if let [word] = tokens.as_slice()
        && word.kind == TokenKind::Word
    {
        let values = ["current_date", "current_time", "current_timestamp", "false", "null", "true"];
        // Any other word is a string.
        return if word.is_any_word(&values) { word.text.to_owned() } else { string(word.text) };
    }
    of_tokens(&tokens, &[])
}

/// A type as it was declared, in capitals: what is written otherwise is the same type.
pub(super) fn declared_type(text: &str) -> String {
    joined(&pieces(&code(text))).to_uppercase()
}

/// The tokens that are no comments.
pub(super) fn code(text: &str) -> Vec<Token<'_>> {
    tokens(text, &SYNTAX).filter(|token| token.kind != TokenKind::Comment).collect()
}

/// A name without its quotes; a string can be a name, too.
pub(in crate::database::sqlite) fn bare(token: &Token<'_>) -> String {
    let quoted = matches!(token.kind, TokenKind::QuotedName | TokenKind::Text);
    let Some(quote) = token.text.chars().next().filter(|_| quoted) else {
        return token.text.to_owned();
    };
    let end = if quote == '[' { ']' } else { quote };
    let inner = &token.text[1..];
    let inner = inner.strip_suffix(end).unwrap_or(inner);
    if quote == '[' {
        inner.to_owned()
    } else {
        inner.replace(&format!("{end}{end}"), &end.to_string())
    }
}

/// A name as SQL writes it, in quotes where it needs them.
pub(in crate::database::sqlite) fn name(name: &str) -> String {
    let starts = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_');
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if starts && name.chars().all(is_plain) && !KEYWORDS.contains(&format!(" {name} ")) {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn string(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

struct Piece<'t> {
    kind: TokenKind,
    text: std::borrow::Cow<'t, str>,
}

impl Piece<'_> {
    fn is(&self, symbol: &str) -> bool {
        self.kind == TokenKind::Symbol && self.text == symbol
    }

    fn leads(&self) -> bool {
        self.kind == TokenKind::Word
            && LEADING.iter().any(|word| self.text.eq_ignore_ascii_case(word))
    }
}

/// Tokens with their operators one by one.
fn pieces<'t>(tokens: &[Token<'t>]) -> Vec<Piece<'t>> {
    let mut pieces = Vec::with_capacity(tokens.len());
    for token in tokens {
        let mut rest = token.text;
        while token.kind == TokenKind::Symbol && rest.len() > 1 {
            let known = OPERATORS.iter().find(|operator| rest.starts_with(**operator));
            let (operator, behind) = rest.split_at(known.map_or(1, |operator| operator.len()));
            pieces.push(Piece { kind: token.kind, text: operator.into() });
            rest = behind;
        }
        if !rest.is_empty() {
            pieces.push(Piece { kind: token.kind, text: rest.into() });
        }
    }
    pieces
}

/// Without parentheses around the whole, unless a list or a query stands in them.
fn without_parentheses<'s, 't>(mut tokens: &'s [Token<'t>]) -> &'s [Token<'t>] {
    while let [open, inner @ .., close] = tokens
        && open.is_symbol("(")
        && close.is_symbol(")")
        && !inner.first().is_some_and(|first| first.is_any_word(&["select", "values", "with"]))
        && is_one_value(inner)
    {
        tokens = inner;
    }
    tokens
}

/// Whether parentheses match in here, with no comma outside of them.
fn is_one_value(tokens: &[Token<'_>]) -> bool {
    let mut depth = 0_usize;
    for token in tokens {
        if token.is_symbol("(") {
            depth += 1;
        } else if token.is_symbol(")") {
            let Some(less) = depth.checked_sub(1) else { return false };
            depth = less;
        } else if depth == 0 && token.is_symbol(",") {
            return false;
        }
    }
    depth == 0 && !tokens.is_empty()
}

fn name_or_string<'t>(pieces: &[Piece<'t>], at: usize, columns: &[String]) -> Piece<'t> {
    let token = Token { kind: TokenKind::QuotedName, text: &pieces[at].text, start: 0 };
    let inner = bare(&token);
    let before = at.checked_sub(1).and_then(|before| pieces.get(before));
    let after = pieces.get(at + 1);
    let is_part = before.is_some_and(|piece| {
        piece.is(".") || ["collate", "as"].iter().any(|word| piece.text.eq_ignore_ascii_case(word))
    }) || after.is_some_and(|piece| piece.is(".") || piece.is("("));
    let column = columns.iter().find(|column| column.eq_ignore_ascii_case(&inner));
    let is_row_id = ROW_IDS.iter().any(|id| inner.eq_ignore_ascii_case(id));
    if token.text.starts_with('"') && column.is_none() && !is_part && !is_row_id {
        return Piece { kind: TokenKind::Text, text: string(&inner).into() };
    }
    let text = name(column.filter(|_| !is_part).unwrap_or(&inner));
    let is_quoted = text.starts_with('"');
    let kind = if is_quoted { TokenKind::QuotedName } else { TokenKind::Word };
    Piece { kind, text: text.into() }
}

fn joined(pieces: &[Piece<'_>]) -> String {
    let mut text = String::new();
    let mut before: Option<&Piece<'_>> = None;
    let mut is_sign = false;
    for piece in pieces {
        let can_be_sign = ["-", "+", "~"].iter().any(|sign| piece.is(sign));
        let sign = can_be_sign && before.is_none_or(expects_value);
        if before.is_some_and(|before| is_apart(before, is_sign, piece)) {
            text.push(' ');
        }
        text.push_str(&piece.text);
        (before, is_sign) = (Some(piece), sign);
    }
    text
}

/// Whether a value, and no operator, stands behind this.
fn expects_value(before: &Piece<'_>) -> bool {
    before.leads() || before.kind == TokenKind::Symbol && !before.is(")") && !before.is(".")
}

fn is_apart(before: &Piece<'_>, is_sign: bool, piece: &Piece<'_>) -> bool {
    // Two of them would begin a comment.
    let is_comment = before.is("-") && piece.is("-");
    let touches = before.is("(")
        || before.is(".")
        || is_sign && !is_comment
        || [")", ",", ".", ";"].iter().any(|symbol| piece.is(symbol));
    let is_call = piece.is("(")
        && matches!(before.kind, TokenKind::Word | TokenKind::QuotedName)
        && !before.leads();
    !touches && !is_call
}
