//! The names that a text mentions, wherever it is written: there is no grammar here.

use std::collections::BTreeSet;

use super::{Syntax, TokenKind, name_value, qualified_name, tokens};

/// The names in a text, in small letters: words and quoted names, also those in a body that is a string.
pub(crate) fn names_in(text: &str, syntax: &Syntax) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut open = vec![text];
    while let Some(text) = open.pop() {
        for token in tokens(text, syntax) {
            match token.kind {
                TokenKind::Word | TokenKind::QuotedName => {
                    names.insert(name_value(&token).to_lowercase());
                }
                TokenKind::Text if token.text.starts_with('$') => open.push(body(token.text)),
                // A name where the server's mode says so, or where it takes a string for one.
                TokenKind::Text if token.text.starts_with('"') || syntax.bracket_names => {
                    names.insert(name_value(&token).to_lowercase());
                }
                _ => {}
            }
        }
    }
    names
}

/// The names that strings in a body are, in small letters: `to_tsvector('app.simple', ...)` and `'app.users'::regclass` name a text
/// search configuration and a table.
pub(crate) fn names_in_strings(text: &str, syntax: &Syntax) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut open = vec![text];
    while let Some(text) = open.pop() {
        for token in tokens(text, syntax).filter(|token| token.kind == TokenKind::Text) {
            if token.text.starts_with('$') {
                open.push(body(token.text));
            } else if let Some(inside) = token.text.strip_prefix('\'')
                && let Some(name) = inside.strip_suffix('\'')
                && !name.contains([' ', '\'', '\n'])
            {
                names.extend(qualified_name(name, syntax).pop().map(|name| name.to_lowercase()));
            }
        }
    }
    names
}

/// What is between dollar signs: `$tag$ ... $tag$`.
pub(super) fn body(text: &str) -> &str {
    let tag = text[1..].find('$').map_or(text.len(), |end| end + 2);
    let inner = text.get(tag..).unwrap_or_default();
    inner.len().checked_sub(tag).and_then(|end| inner.get(..end)).unwrap_or(inner)
}
