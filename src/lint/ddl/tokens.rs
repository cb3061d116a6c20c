//! The tokens of a statement, read from front to back, with a look ahead.

use super::SqlName;
use crate::sql::{Syntax, Token, TokenKind, name_value, tokens};

/// Tokens without comments. What is asked for and is not next is not consumed.
#[derive(Debug, Clone, Copy)]
pub(super) struct TokenReader<'r, 't> {
    /// The whole statement.
    text: &'t str,
    rest: &'r [Token<'t>],
}

/// All tokens of a statement but its comments.
pub(super) fn significant<'t>(text: &'t str, syntax: &Syntax) -> Vec<Token<'t>> {
    tokens(text, syntax).filter(|token| token.kind != TokenKind::Comment).collect()
}

impl<'r, 't> TokenReader<'r, 't> {
    pub(super) fn new(text: &'t str, rest: &'r [Token<'t>]) -> Self {
        Self { text, rest }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn peek(&self) -> Option<&'r Token<'t>> {
        self.rest.first()
    }

    pub(super) fn next(&mut self) -> Option<&'r Token<'t>> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    /// Consumes these words, in this order, or none of them.
    pub(super) fn words(&mut self, words: &str) -> bool {
        let mut rest = self.rest;
        for word in words.split(' ') {
            match rest.split_first() {
                Some((first, after)) if first.is_word(word) => rest = after,
                _ => return false,
            }
        }
        self.rest = rest;
        true
    }

    /// Consumes the first of these that is next.
    pub(super) fn any(&mut self, choices: &[&'static str]) -> Option<&'static str> {
        choices.iter().copied().find(|words| self.words(words))
    }

    pub(super) fn symbol(&mut self, symbol: &str) -> bool {
        match self.rest.split_first() {
            Some((first, after)) if first.is_symbol(symbol) => {
                self.rest = after;
                true
            }
            _ => false,
        }
    }

    /// Whether one of these words is next.
    pub(super) fn is_at(&self, words: &[&str]) -> bool {
        self.peek().is_some_and(|token| token.is_any_word(words))
    }

    /// Consumes a name, which may have dots in it.
    pub(super) fn name(&mut self) -> Option<SqlName> {
        let is_name =
            |token: &Token<'_>| matches!(token.kind, TokenKind::Word | TokenKind::QuotedName);
        let mut name = SqlName::default();
        loop {
            let token = self.peek().filter(|token| is_name(token))?;
            name.parts.push(name_value(token));
            name.text.push_str(token.text);
            self.next();
            if !self.symbol(".") {
                return Some(name);
            }
            name.text.push('.');
        }
    }

    /// Consumes names with commas between them.
    pub(super) fn names(&mut self) -> Vec<SqlName> {
        let mut names = Vec::from_iter(self.name());
        while !names.is_empty() && self.symbol(",") {
            names.extend(self.name());
        }
        names
    }

    /// Consumes what is in parentheses, if a parenthesis is next; nothing if it does not close.
    pub(super) fn parentheses(&mut self) -> Option<Self> {
        if !self.peek()?.is_symbol("(") {
            return None;
        }
        let mut depth = 0_usize;
        for (at, token) in self.rest.iter().enumerate() {
            if token.is_symbol("(") {
                depth += 1;
            } else if token.is_symbol(")") {
                depth = depth.checked_sub(1)?;
            }
            if depth == 0 {
                let inner = Self::new(self.text, self.rest.get(1..at)?);
                self.rest = self.rest.get(at + 1..)?;
                return Some(inner);
            }
        }
        None
    }

    /// The parts between the commas that are in no parentheses.
    pub(super) fn parts(&self) -> Vec<Self> {
        let mut parts = Vec::new();
        let (mut depth, mut start) = (0_usize, 0);
        for (at, token) in self.rest.iter().enumerate() {
            if token.is_symbol("(") || token.is_symbol("[") {
                depth += 1;
            } else if token.is_symbol(")") || token.is_symbol("]") {
                depth = depth.saturating_sub(1);
            } else if depth == 0 && token.is_symbol(",") {
                parts.push(Self::new(self.text, &self.rest[start..at]));
                start = at + 1;
            }
        }
        parts.push(Self::new(self.text, &self.rest[start..]));
        parts.retain(|part| !part.is_empty());
        parts
    }

    /// Consumes everything up to one of these words outside of parentheses.
    pub(super) fn until(&mut self, words: &[&str]) -> Self {
        let mut depth = 0_usize;
        let mut end = self.rest.len();
        for (at, token) in self.rest.iter().enumerate() {
            if depth == 0 && token.is_any_word(words) {
                end = at;
                break;
            }
            if token.is_symbol("(") {
                depth += 1;
            } else if token.is_symbol(")") {
                depth = depth.saturating_sub(1);
            }
        }
        let (before, after) = self.rest.split_at(end);
        self.rest = after;
        Self::new(self.text, before)
    }

    /// Whether these words are anywhere outside of parentheses.
    pub(super) fn has(&self, words: &str) -> bool {
        self.find(words).is_some()
    }

    /// Consumes everything up to these words outside of parentheses.
    pub(super) fn before(&mut self, words: &str) -> Self {
        let (before, after) = self.rest.split_at(self.find(words).unwrap_or(self.rest.len()));
        self.rest = after;
        Self::new(self.text, before)
    }

    /// Where these words are first, outside of parentheses.
    fn find(&self, words: &str) -> Option<usize> {
        let mut depth = 0_usize;
        for (at, token) in self.rest.iter().enumerate() {
            if token.is_symbol("(") {
                depth += 1;
            } else if token.is_symbol(")") {
                depth = depth.saturating_sub(1);
            }
            if depth == 0 && Self::new(self.text, &self.rest[at..]).words(words) {
                return Some(at);
            }
        }
        None
    }

    /// What a reader of the same text that is further on has consumed since.
    pub(super) fn up_to(&self, further: &Self) -> Self {
        Self::new(self.text, &self.rest[..self.rest.len() - further.rest.len()])
    }

    /// The text of what is left, as it is written.
    pub(super) fn written(&self) -> &'t str {
        match (self.rest.first(), self.rest.last()) {
            (Some(first), Some(last)) => {
                let end = last.start + last.text.len();
                self.text.get(first.start..end).unwrap_or_default()
            }
            _ => "",
        }
    }

    /// The whole statement.
    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    /// All that is left.
    pub(super) fn all(&self) -> &'r [Token<'t>] {
        self.rest
    }
}
