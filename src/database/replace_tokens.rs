//! The text of a statement with other tokens in it.

use crate::sql::{Syntax, Token, tokens};

/// The text with something else in the place of some of its tokens.
pub(crate) fn replace_tokens(
    text: &str,
    syntax: &Syntax,
    other: impl Fn(&Token<'_>) -> Option<String>,
) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut end = 0;
    for token in tokens(text, syntax) {
        if let Some(new) = other(&token) {
            replaced.push_str(&text[end..token.start]);
            replaced.push_str(&new);
            end = token.start + token.text.len();
        }
    }
    replaced.push_str(&text[end..]);
    replaced
}
