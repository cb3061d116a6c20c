//! The lexer: a script becomes words, names, strings, numbers, symbols and comments.
//!
//! It works on bytes. Every byte of a character outside ASCII counts as part of a word, as it does for the servers,
//! so a token always ends at the boundary of a character.

use super::Syntax;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A keyword or an unquoted name.
    Word,
    /// A name in quotes of any kind.
    QuotedName,
    /// A string of any kind, with its prefix and quotes.
    Text,
    /// A number, with all letters that touch it.
    Number,
    /// A run of operator characters as long as it gets, or one character of punctuation; also a parameter such as
    /// `$1`, and a whole executable comment.
    Symbol,
    /// A comment to the end of the line (without that end) or between its marks.
    Comment,
    /// What follows `COPY ... FROM stdin;`: the lines behind it, up to and with the one that ends them.
    Data,
}

/// A piece of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'t> {
    /// What it is.
    pub kind: TokenKind,
    /// The text as it is written.
    pub text: &'t str,
    /// The byte offset in the text that was given to the lexer.
    pub start: usize,
}

impl Token<'_> {
    /// Whether this is the unquoted word, in upper or lower case.
    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// Whether this is one of the unquoted words, in upper or lower case.
    pub(crate) fn is_any_word(&self, words: &[&str]) -> bool {
        self.kind == TokenKind::Word
            && words.iter().any(|word| self.text.eq_ignore_ascii_case(word))
    }

    /// Whether this is the symbol.
    pub(crate) fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == TokenKind::Symbol && self.text == symbol
    }
}

/// The tokens of a script with its comments. This never fails: what is not terminated extends to the end.
///
/// The client's DELIMITER command is not followed here: such a line gives tokens like any other.
pub(crate) fn tokens<'t>(
    script: &'t str,
    syntax: &Syntax,
) -> impl Iterator<Item = Token<'t>> + use<'t> {
    let mut lexer = Lexer::new(script, *syntax);
    std::iter::from_fn(move || lexer.next_token())
}

/// What an editor may put in front of the text.
pub(super) const BYTE_ORDER_MARK: char = '\u{feff}';

/// What ends a statement until a DELIMITER command says otherwise.
pub(super) const SEMICOLON: &str = ";";

/// Reads a script from its beginning to its end.
#[derive(Clone)]
pub(super) struct Lexer<'t> {
    script: &'t str,
    syntax: Syntax,
    /// The byte that is read next.
    pub(super) position: usize,
    /// What ends a statement. It is a token of its own wherever it stands outside of quotes and comments.
    pub(super) delimiter: &'t str,
    /// What the last token is and has no end, if it has none.
    pub(super) unterminated: Option<&'static str>,
    /// No more looking for quotes in executable comments: one of them had none that match.
    quotes_do_not_match: bool,
    copy: Copying,
}

/// How much of a COPY has been read, whose data stand behind it. That has to be known here: data have quotes and semicolons that
/// mean nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Copying {
    /// A statement begins.
    Start,
    /// It is another statement.
    Other,
    /// It is a COPY, so deep in parentheses.
    Began(u32),
    From,
    Stdin,
    /// Data come next.
    Ended,
}

/// The line that ends the data of a COPY.
pub(super) const END_OF_DATA: &str = "\\.";

impl<'t> Lexer<'t> {
    pub(super) fn new(script: &'t str, syntax: Syntax) -> Self {
        let marked = script.starts_with(BYTE_ORDER_MARK);
        Self {
            script,
            syntax,
            position: if marked { BYTE_ORDER_MARK.len_utf8() } else { 0 },
            delimiter: SEMICOLON,
            unterminated: None,
            quotes_do_not_match: false,
            copy: Copying::Start,
        }
    }

    /// The next token, `None` at the end.
    pub(super) fn next_token(&mut self) -> Option<Token<'t>> {
        if self.copy == Copying::Ended {
            return self.data();
        }
        let start = run(self.bytes(), self.position, is_blank);
        self.position = start;
        self.unterminated = None;
        let first = *self.bytes().get(start)?;
        let (kind, end) = self.scan(first, start);
        self.position = end;
        let text = &self.script[start..end];
        let token = Token { kind, text, start };
        if self.syntax.dollar_quotes && kind != TokenKind::Comment {
            self.follow_copy(&token);
        }
        Some(token)
    }

    /// Whether the statement in hand is a COPY that reads what the client sends.
    pub(super) fn wants_data(&self) -> bool {
        matches!(self.copy, Copying::Stdin | Copying::Ended)
    }

    fn follow_copy(&mut self, token: &Token<'t>) {
        if token.is_symbol(SEMICOLON) {
            self.copy = if self.copy == Copying::Stdin { Copying::Ended } else { Copying::Start };
            return;
        }
        self.copy = match self.copy {
            Copying::Start if token.is_word("COPY") => Copying::Began(0),
            Copying::Start | Copying::Other => Copying::Other,
            Copying::Began(depth) if token.is_symbol("(") => Copying::Began(depth + 1),
            Copying::Began(depth) if token.is_symbol(")") => {
                Copying::Began(depth.saturating_sub(1))
            }
            Copying::Began(0) if token.is_word("FROM") => Copying::From,
            Copying::From if token.is_word("STDIN") => Copying::Stdin,
            Copying::From => Copying::Other,
            same => same,
        };
    }

    /// What the database's client would send: from the next line to the one that ends it. What else is in this line comes with it.
    fn data(&mut self) -> Option<Token<'t>> {
        self.unterminated = None;
        let script = self.script;
        let rest = &script[self.position..];
        let same_line = rest.find('\n').map_or(rest, |end| &rest[..=end]);
        let first = run(same_line.as_bytes(), 0, is_blank);
        let start = self.position + first;
        if start == script.len() {
            return None;
        }
        self.copy = Copying::Start;
        let mut at = self.position + same_line.len();
        let mut end = None;
        for line in script[at..].split_inclusive('\n') {
            if line.trim_end_matches(['\r', '\n']) == END_OF_DATA {
                end = Some(at + END_OF_DATA.len());
                break;
            }
            at += line.len();
        }
        self.position = end.unwrap_or_else(|| {
            self.extends_to_the_end("data of a COPY: a line with only \\. must end them")
        });
        Some(Token { kind: TokenKind::Data, text: &script[start..self.position], start })
    }

    fn bytes(&self) -> &'t [u8] {
        self.script.as_bytes()
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes().get(at).copied()
    }

    /// Whether the text continues with this.
    fn looking_at(&self, at: usize, text: &str) -> bool {
        self.bytes()[at..].starts_with(text.as_bytes())
    }

    /// The kind and the end of the token that starts here.
    fn scan(&mut self, first: u8, start: usize) -> (TokenKind, usize) {
        let syntax = self.syntax;
        if self.looking_at(start, self.delimiter) {
            return (TokenKind::Symbol, start + self.delimiter.len());
        }
        match first {
            b'\'' => (TokenKind::Text, self.quoted(start, b'\'', syntax.backslash_escapes, STRING)),
            b'"' if syntax.backslash_escapes => {
                (TokenKind::Text, self.quoted(start, b'"', true, STRING))
            }
            b'"' => (TokenKind::QuotedName, self.quoted(start, b'"', false, NAME)),
            b'`' if syntax.backtick_names => {
                (TokenKind::QuotedName, self.quoted(start, b'`', false, NAME))
            }
            b'[' if syntax.bracket_names => {
                (TokenKind::QuotedName, self.until(start + 1, "]", NAME))
            }
            b'$' if syntax.dollar_quotes => self.dollar(start),
            b'-' | b'#' if self.is_line_comment(start) => {
                (TokenKind::Comment, self.line_end(start))
            }
            b'/' if self.byte(start + 1) == Some(b'*') => self.comment(start),
            b'.' if self.byte(start + 1).is_some_and(|byte| byte.is_ascii_digit()) => {
                self.number(start)
            }
            b'0'..=b'9' => self.number(start),
            _ if is_word(first) => self.word(start),
            _ if is_operator(first) => (TokenKind::Symbol, self.operator(start)),
            _ => (TokenKind::Symbol, start + 1),
        }
    }

    /// Notes that a token has no end, and lets it extend to the end of the script.
    fn extends_to_the_end(&mut self, what: &'static str) -> usize {
        self.unterminated = Some(what);
        self.script.len()
    }

    /// The end behind the next occurrence of a mark.
    fn until(&mut self, from: usize, mark: &str, what: &'static str) -> usize {
        match self.script[from..].find(mark) {
            Some(found) => from + found + mark.len(),
            None => self.extends_to_the_end(what),
        }
    }

    /// The end of a quoted text, where a doubled quote is a quote.
    fn quoted(&mut self, start: usize, quote: u8, escapes: bool, what: &'static str) -> usize {
        match quoted_end(self.bytes(), start, quote, escapes) {
            Some(end) => end,
            None => self.extends_to_the_end(what),
        }
    }

    /// A word, or the string or name that it is a prefix of.
    fn word(&mut self, start: usize) -> (TokenKind, usize) {
        let end = run(self.bytes(), start, is_word);
        let prefix = if end - start == 1 { self.bytes()[start].to_ascii_lowercase() } else { 0 };
        match (prefix, self.byte(end), self.byte(end + 1)) {
            (b'e', Some(b'\''), _) if self.syntax.escape_strings => {
                (TokenKind::Text, self.escape_string(end))
            }
            (b'b' | b'n' | b'x', Some(b'\''), _) => {
                (TokenKind::Text, self.quoted(end, b'\'', self.syntax.backslash_escapes, STRING))
            }
            (b'u', Some(b'&'), Some(b'\'')) if self.syntax.escape_strings => {
                (TokenKind::Text, self.quoted(end + 1, b'\'', false, STRING))
            }
            (b'u', Some(b'&'), Some(b'"')) if self.syntax.escape_strings => {
                (TokenKind::QuotedName, self.quoted(end + 1, b'"', false, NAME))
            }
            _ => (TokenKind::Word, self.before_delimiter(start, end)),
        }
    }

    /// The end of a string with escapes. If it continues after a line break, so do the escapes, and that is
    /// why the parts are one token.
    fn escape_string(&mut self, quote: usize) -> usize {
        let mut end = self.quoted(quote, b'\'', true, STRING);
        while let Some(quote) = self.continuation(end) {
            end = self.quoted(quote, b'\'', true, STRING);
        }
        end
    }

    /// The quote that continues a string: on a later line, with nothing but blanks and line comments between.
    fn continuation(&self, end: usize) -> Option<usize> {
        let mut at = end;
        let mut broken = false;
        loop {
            match self.byte(at)? {
                b'\n' | b'\r' => broken = true,
                b'\'' if broken => return Some(at),
                b'-' if self.byte(at + 1) == Some(b'-') => at = self.line_end(at) - 1,
                byte if is_blank(byte) => {}
                _ => return None,
            }
            at += 1;
        }
    }

    /// A number, with the letters that touch it: they are an error or a part of it, never a word of their own.
    fn number(&self, start: usize) -> (TokenKind, usize) {
        let bytes = self.bytes();
        let digits = |at| run(bytes, at, |byte| byte.is_ascii_digit() || byte == b'_');
        let mut end = digits(start);
        if self.byte(end) == Some(b'.') && self.byte(end + 1) != Some(b'.') {
            end = digits(end + 1);
        }
        let signed = matches!(self.byte(end), Some(b'e' | b'E'))
            && matches!(self.byte(end + 1), Some(b'+' | b'-'));
        if signed && self.byte(end + 2).is_some_and(|byte| byte.is_ascii_digit()) {
            end = digits(end + 2);
        }
        end = run(
            bytes,
            end,
            |byte| if self.syntax.dollar_quotes { is_tag(byte) } else { is_word(byte) },
        );
        (TokenKind::Number, self.before_delimiter(start, end))
    }

    /// A string in dollar quotes, a parameter, or a lone dollar.
    fn dollar(&mut self, start: usize) -> (TokenKind, usize) {
        let end = run(self.bytes(), start + 1, is_tag);
        let parameter = self.byte(start + 1).is_some_and(|byte| byte.is_ascii_digit());
        if parameter {
            (TokenKind::Symbol, run(self.bytes(), start + 1, |byte| byte.is_ascii_digit()))
        } else if self.byte(end) == Some(b'$') {
            let tag = &self.script[start..=end];
            (TokenKind::Text, self.until(end + 1, tag, "dollar-quoted string"))
        } else {
            (TokenKind::Symbol, start + 1)
        }
    }

    /// Whether a comment to the end of the line starts here.
    fn is_line_comment(&self, at: usize) -> bool {
        match self.byte(at) {
            Some(b'#') => self.syntax.hash_comments,
            Some(b'-') if self.byte(at + 1) == Some(b'-') => {
                // Directives are found without knowing the syntax. So that every part of this module agrees on what
                // one is, `--ambix:` is a comment even where a blank is missing.
                !self.syntax.dash_comment_needs_space
                    || self.byte(at + 2).is_none_or(|byte| byte == b' ' || byte.is_ascii_control())
                    || super::directive::has_mark(&self.script[at + 2..])
            }
            _ => false,
        }
    }

    /// The end of the line, without the line break.
    fn line_end(&self, from: usize) -> usize {
        let at_return = self.syntax.dollar_quotes;
        run(self.bytes(), from, |byte| byte != b'\n' && !(at_return && byte == b'\r'))
    }

    /// A comment between marks.
    fn comment(&mut self, start: usize) -> (TokenKind, usize) {
        let executable = self.looking_at(start, "/*!") || self.looking_at(start, "/*M!");
        if executable && self.syntax.executable_comments {
            return (TokenKind::Symbol, self.executable_comment(start));
        }
        if !self.syntax.nested_comments {
            return (TokenKind::Comment, self.until(start + 2, "*/", COMMENT));
        }
        match comment_end(self.bytes(), start, |_| false) {
            Some(end) => (TokenKind::Comment, end),
            None => (TokenKind::Comment, self.extends_to_the_end(COMMENT)),
        }
    }

    /// The end of an executable comment: its end mark does not count in a string, for it is code. It may be prose
    /// for a newer server as well, with an apostrophe; then the next end mark is the end. That search is not tried
    /// again after it failed, because a script with many of them would take quadratic time.
    fn executable_comment(&mut self, start: usize) -> usize {
        if !self.quotes_do_not_match {
            if let Some(end) =
                comment_end(self.bytes(), start, |byte| matches!(byte, b'\'' | b'"' | b'`'))
            {
                return end;
            }
            self.quotes_do_not_match = true;
        }
        self.until(start + 2, "*/", COMMENT)
    }

    /// The end of a run of operator characters: a comment or the delimiter ends it.
    fn operator(&self, start: usize) -> usize {
        let mut end = start + 1;
        while self.byte(end).is_some_and(is_operator)
            && !self.is_line_comment(end)
            && !self.looking_at(end, "/*")
        {
            end += 1;
        }
        self.before_delimiter(start, end)
    }

    /// The end of a token, cut where a delimiter stands inside: clients find it in the middle of a word, too.
    fn before_delimiter(&self, start: usize, end: usize) -> usize {
        if self.delimiter == SEMICOLON {
            return end;
        }
        (start + 1..end).find(|at| self.looking_at(*at, self.delimiter)).unwrap_or(end)
    }
}

const STRING: &str = "string";
const NAME: &str = "quoted name";
const COMMENT: &str = "comment";

/// The end behind the closing quote of what begins at `start`.
fn quoted_end(bytes: &[u8], start: usize, quote: u8, escapes: bool) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at = run(bytes, at, |byte| byte != quote && !(escapes && byte == b'\\'));
        match (*bytes.get(at)?, bytes.get(at + 1)) {
            (b'\\', _) if escapes => at += 2,
            (_, Some(next)) if *next == quote => at += 2,
            _ => return Some(at + 1),
        }
    }
}

/// The end of a comment in which others may nest. Quotes, where the syntax of its text has them, hide an end mark.
pub(super) fn comment_end(
    bytes: &[u8],
    start: usize,
    is_quote: impl Fn(u8) -> bool,
) -> Option<usize> {
    let mut depth = 1_usize;
    let mut at = start + 2;
    loop {
        match (*bytes.get(at)?, bytes.get(at + 1)) {
            (b'*', Some(b'/')) if depth == 1 => return Some(at + 2),
            (b'*', Some(b'/')) => (depth, at) = (depth - 1, at + 2),
            (b'/', Some(b'*')) => (depth, at) = (depth + 1, at + 2),
            (byte, _) if depth == 1 && is_quote(byte) => {
                at = quoted_end(bytes, at, byte, byte != b'`')?
            }
            _ => at += 1,
        }
    }
}

/// The end of the run of bytes that `wanted` accepts.
fn run(bytes: &[u8], from: usize, wanted: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest.iter().position(|byte| !wanted(*byte)).unwrap_or(rest.len())
}

pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// Whether the byte can stand in the tag of a dollar quote; its first one is not a digit.
fn is_tag(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// Whether the byte can stand in a word. Those that a word cannot begin with have been looked at before.
fn is_word(byte: u8) -> bool {
    is_tag(byte) || byte == b'$'
}

fn is_operator(byte: u8) -> bool {
    matches!(
        byte,
        b'+' | b'-'
            | b'*'
            | b'/'
            | b'<'
            | b'>'
            | b'='
            | b'~'
            | b'!'
            | b'@'
            | b'#'
            | b'%'
            | b'^'
            | b'&'
            | b'|'
            | b'?'
            | b':'
    )
}
