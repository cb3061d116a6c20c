//! Placeholders of templates, which another tool fills in before it runs the SQL.

use super::{Syntax, TokenKind, tokens};

/// The first placeholder outside of strings and comments, `${name}` or `{{ name }}`, and the byte at which it begins. No database has
/// such SQL.
pub(crate) fn placeholder<'t>(script: &'t str, syntax: &Syntax) -> Option<(&'t str, usize)> {
    const MARKS: [&str; 2] = ["${", "{{"];
    // Nearly no script has one.
    if !MARKS.iter().any(|mark| script.contains(mark)) {
        return None;
    }
    let start = tokens(script, syntax).find_map(|token| match token.kind {
        TokenKind::Text | TokenKind::Comment | TokenKind::Data => None,
        TokenKind::QuotedName => {
            let within = MARKS.iter().filter_map(|mark| token.text.find(mark)).min();
            within.map(|at| token.start + at)
        }
        _ if !token.text.starts_with('{') => None,
        _ if script[..token.start].ends_with('$') => Some(token.start - 1),
        _ => script[token.start..].starts_with("{{").then_some(token.start),
    })?;
    let rest = &script[start..];
    let close = if rest.starts_with("{{") { "}}" } else { "}" };
    let line = rest.lines().next().unwrap_or_default();
    let end = line.find(close).map_or(MARKS[0].len(), |at| at + close.len());
    Some((&rest[..end], start))
}
