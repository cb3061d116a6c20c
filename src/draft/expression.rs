//! Which names an expression mentions, and the same expression with other names.
//!
//! There is no grammar here: a word or quoted name counts, wherever it stands. What is taken for a column and is none costs a
//! constraint that is recreated without need, never a wrong one.

use crate::{
    database::replace_tokens::replace_tokens,
    schema::Name,
    sql::{Syntax, Token, TokenKind, tokens},
};

/// Whether an expression mentions a column.
pub(super) fn mentions(expression: &str, name: &str, syntax: &Syntax) -> bool {
    tokens(expression, syntax).any(|token| is_name(&token, name, syntax))
}

/// Whether an expression mentions a type of this name. What is qualified by another schema is another type; where nothing is said,
/// the search path may lead to it.
pub(super) fn mentions_type(expression: &str, name: &Name, syntax: &Syntax) -> bool {
    let all: Vec<Token<'_>> = tokens(expression, syntax).collect();
    (0..all.len()).any(|at| {
        let before = |back: usize| at.checked_sub(back).and_then(|at| all.get(at));
        let is_qualified = before(1).is_some_and(|token| token.is_symbol("."));
        is_name(&all[at], &name.name, syntax)
            && match (&name.schema, before(2).filter(|_| is_qualified)) {
                (_, None) => true,
                (Some(schema), Some(token)) => is_name(token, schema, syntax),
                (None, Some(_)) => false,
            }
    })
}

/// The expression with another name in the place of one.
pub(super) fn replace_name(
    expression: &str,
    from: &str,
    to: &str,
    syntax: &Syntax,
    quote: &dyn Fn(&str) -> String,
) -> String {
    replace_tokens(expression, syntax, |token| {
        is_name(token, from, syntax).then(|| {
            // Quotes around a name that needs none show that the database always writes them.
            let is_quoted = token.kind != TokenKind::Word;
            let always = is_quoted && (is_plain(from) || token.text.starts_with('`'));
            if is_plain(to) && !always { to.to_owned() } else { quote(to) }
        })
    })
}

/// The expression with other names in the place of quoted ones.
pub(super) fn replace_quoted(
    expression: &str,
    syntax: &Syntax,
    quote: &dyn Fn(&str) -> String,
    other: impl Fn(&str) -> Option<String>,
) -> String {
    replace_tokens(expression, syntax, |token| {
        let name = (token.kind == TokenKind::QuotedName).then(|| unquoted(token.text))?;
        Some(quote(&other(&name)?))
    })
}

/// The expression with another schema in the place of one, wherever a name is qualified by it: also in the literal that names a
/// sequence or a type.
pub(super) fn replace_schema(
    expression: &str,
    from: &str,
    to: &str,
    syntax: &Syntax,
    quote: &dyn Fn(&str) -> String,
) -> String {
    let written = if is_plain(from) { from.to_owned() } else { quote(from) };
    let literal = format!("'{}.", written.replace('\'', "''"));
    let is_dot = |token: &Token<'_>| token.is_symbol(".");
    let dots: Vec<usize> =
        tokens(expression, syntax).filter(is_dot).map(|token| token.start).collect();
    replace_tokens(expression, syntax, |token| {
        let is_schema = dots.contains(&(token.start + token.text.len()));
        if is_schema && is_name(token, from, syntax) {
            return Some(quote(to));
        }
        let rest = token.text.strip_prefix(&literal)?;
        (token.kind == TokenKind::Text).then(|| format!("'{to}.{rest}"))
    })
}

/// The expression with another text literal in the place of one.
pub(super) fn replace_text(expression: &str, from: &str, to: &str, syntax: &Syntax) -> String {
    replace_tokens(expression, syntax, |token| {
        (token.kind == TokenKind::Text && token.text == from).then(|| to.to_owned())
    })
}

/// Whether the expression has this literal, or perhaps the literal of an array that has it.
pub(super) fn has_text(expression: &str, literal: &str, syntax: &Syntax) -> bool {
    let inner = literal.trim_matches('\'');
    tokens(expression, syntax).any(|token| {
        let is_array = token.text.starts_with("'{") && token.text.contains(inner);
        token.kind == TokenKind::Text && (token.text == literal || is_array)
    })
}

fn is_name(token: &Token<'_>, name: &str, syntax: &Syntax) -> bool {
    let text = token.text;
    match token.kind {
        TokenKind::Word => text.eq_ignore_ascii_case(name),
        TokenKind::QuotedName => unquoted(text) == name,
        // Where a double quote begins a string, a name in double quotes is none.
        TokenKind::Text => {
            !syntax.backslash_escapes && text.starts_with('"') && unquoted(text) == name
        }
        _ => false,
    }
}

fn unquoted(text: &str) -> String {
    let mut signs = text.chars();
    let (open, close) = (signs.next(), signs.next_back());
    let inner = signs.as_str();
    match (open, close) {
        (Some('"'), Some('"')) => inner.replace("\"\"", "\""),
        (Some('`'), Some('`')) => inner.replace("``", "`"),
        _ => inner.to_owned(),
    }
}

/// Whether a name needs no quotes anywhere. A reserved word does, but nobody wrote one without them.
fn is_plain(name: &str) -> bool {
    let first = |c: char| c.is_ascii_lowercase() || c == '_';
    name.starts_with(first) && name.chars().all(|c| first(c) || c.is_ascii_digit())
}
