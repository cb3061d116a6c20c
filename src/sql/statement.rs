//! A statement and how to read its beginning: keywords, names, symbols.

use super::Syntax;
use super::lexer::{END_OF_DATA, Lexer, Token, TokenKind};
use super::names::body;

/// One statement of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Statement<'t> {
    /// From the first token to the last, without the terminator and the comments around it.
    pub text: &'t str,
    /// The byte offset in the script.
    pub start: usize,
    /// The line in the script, from 1.
    pub line: u32,
    /// The column in the script, from 1, in characters.
    pub column: u32,
    /// What the database's client sends after it.
    pub data: Option<ClientData<'t>>,
}

/// The rows that stand behind `COPY ... FROM stdin;`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientData<'t> {
    /// Whole lines, without the one that ends them.
    pub text: &'t str,
    /// The line of the script that they begin in, from 1.
    pub line: u32,
}

impl<'t> Statement<'t> {
    /// The keywords and unquoted names in upper case; everything else is passed over.
    pub(crate) fn words(&self, syntax: &Syntax) -> Words<'t> {
        Words { lexer: Lexer::new(self.text, *syntax) }
    }

    /// The statement as the database's client reads it: with its terminator and its data.
    pub(crate) fn for_client(&self) -> String {
        let data = self.data.map(|data| format!("\n{}{END_OF_DATA}", data.text));
        format!("{};{}", self.text, data.unwrap_or_default())
    }

    /// Reads the statement from its beginning, without comments.
    pub(crate) fn cursor(&self, syntax: &Syntax) -> Cursor<'t> {
        Cursor { lexer: Lexer::new(self.text, *syntax), peeked: None }
    }

    /// Whether it runs a call of this function, also in the code of a `DO` block. What it creates only names the function.
    pub(crate) fn calls(&self, function: &str, syntax: &Syntax) -> bool {
        let mut open = vec![self.text];
        while let Some(text) = open.pop() {
            let mut cursor = Statement { text, ..*self }.cursor(syntax);
            if cursor.any_keyword(&["CREATE", "ALTER", "COMMENT", "GRANT", "REVOKE"]).is_some() {
                continue;
            }
            let is_block = cursor.keyword("DO");
            while let Some(token) = cursor.next() {
                if is_block && token.kind == TokenKind::Text && token.text.starts_with('$') {
                    open.push(body(token.text));
                } else if name_value(&token).eq_ignore_ascii_case(function)
                    && cursor.clone().symbol("(")
                {
                    return true;
                }
            }
        }
        false
    }
}

/// The unquoted words of a statement in upper case.
pub(crate) struct Words<'t> {
    lexer: Lexer<'t>,
}

impl Iterator for Words<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        loop {
            let token = self.lexer.next_token()?;
            if token.kind == TokenKind::Word {
                return Some(token.text.to_ascii_uppercase());
            }
        }
    }
}

/// Reads a statement token by token, without comments. What is asked for and is not there is not consumed.
#[derive(Clone)]
pub(crate) struct Cursor<'t> {
    lexer: Lexer<'t>,
    peeked: Option<Token<'t>>,
}

impl<'t> Cursor<'t> {
    /// The next token, which stays the next one.
    pub(crate) fn peek(&mut self) -> Option<Token<'t>> {
        if self.peeked.is_none() {
            self.peeked = significant(&mut self.lexer);
        }
        self.peeked
    }

    /// Consumes this keyword.
    pub(crate) fn keyword(&mut self, keyword: &str) -> bool {
        self.next_if(|token| token.is_word(keyword)).is_some()
    }

    /// Consumes all of these keywords, in this order, or none.
    pub(crate) fn keywords(&mut self, keywords: &[&str]) -> bool {
        let before = self.clone();
        let all = keywords.iter().all(|keyword| self.keyword(keyword));
        if !all {
            *self = before;
        }
        all
    }

    /// Consumes one of these keywords and says which.
    pub(crate) fn any_keyword<'k>(&mut self, keywords: &[&'k str]) -> Option<&'k str> {
        keywords.iter().copied().find(|keyword| self.keyword(keyword))
    }

    /// Consumes this symbol.
    pub(crate) fn symbol(&mut self, symbol: &str) -> bool {
        self.next_if(|token| token.is_symbol(symbol)).is_some()
    }

    /// Consumes a name and gives its value; an unquoted word is a name, even a keyword.
    pub(crate) fn name(&mut self) -> Option<String> {
        let is_name = |token: &Token| matches!(token.kind, TokenKind::Word | TokenKind::QuotedName);
        self.next_if(is_name).map(|token| name_value(&token))
    }

    /// Consumes a name with dots, and gives the values of its parts; empty where there is no name.
    pub(crate) fn qualified_name(&mut self) -> Vec<String> {
        let mut parts = Vec::from_iter(self.name());
        while !parts.is_empty() && self.symbol(".") {
            parts.extend(self.name());
        }
        parts
    }

    /// Consumes the next token if it is as wanted.
    pub(crate) fn next_if(&mut self, wanted: impl FnOnce(&Token<'t>) -> bool) -> Option<Token<'t>> {
        let token = self.peek().filter(wanted)?;
        self.peeked = None;
        Some(token)
    }
}

impl<'t> Iterator for Cursor<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        self.next_if(|_| true)
    }
}

/// The next token that is no comment.
fn significant<'t>(lexer: &mut Lexer<'t>) -> Option<Token<'t>> {
    loop {
        let token = lexer.next_token()?;
        if token.kind != TokenKind::Comment {
            return Some(token);
        }
    }
}

/// The parts of a name with dots that a text begins with, as they are without quotes; empty where there is no name.
pub(crate) fn qualified_name(text: &str, syntax: &Syntax) -> Vec<String> {
    Cursor { lexer: Lexer::new(text, *syntax), peeked: None }.qualified_name()
}

/// The name that a token means: without its quotes, and with its doubled quotes made single. A word stays as it is
/// written. Escapes in a `U&"..."` name are not resolved.
pub(crate) fn name_value(token: &Token<'_>) -> String {
    let text = match token.kind {
        TokenKind::QuotedName | TokenKind::Text => token.text,
        _ => return token.text.to_owned(),
    };
    let text =
        text.strip_prefix(['u', 'U']).and_then(|text| text.strip_prefix('&')).unwrap_or(text);
    let Some(open) = text.chars().next().filter(|open| "\"'`[".contains(*open)) else {
        return text.to_owned();
    };
    let close = if open == '[' { ']' } else { open };
    let inner = text[1..].strip_suffix(close).unwrap_or(&text[1..]);
    if open == '[' {
        return inner.to_owned();
    }
    inner.replace(&format!("{close}{close}"), &close.to_string())
}
