//! A script becomes statements and run points, in order.

use std::fmt;

use super::body::RoutineBody;
use super::directive::directive;
use super::lexer::{END_OF_DATA, Lexer, SEMICOLON, Token, TokenKind};
use super::place::TextPosition;
use super::{ClientData, Statement, Syntax, line_column};

/// One thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item<'t> {
    /// Send this to the database.
    Statement(Statement<'t>),
    /// Run the function of this name: `-- ambix: run NAME`.
    Run {
        /// The name as it is written.
        name: &'t str,
        /// The line in the script, from 1.
        line: u32,
        /// The byte offset of the comment in the script.
        start: usize,
    },
}

/// Why a script cannot be split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SplitError {
    /// The line in the script, from 1.
    pub line: u32,
    /// The column in the script, from 1, in characters.
    pub column: u32,
    /// What is wrong there.
    pub problem: String,
}

impl fmt::Display for SplitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.problem)
    }
}

/// The statements and the run points of a script, in order.
///
/// A statement may lack its terminator at the end of the script. Empty statements, and such that are only comments,
/// are nothing.
pub(crate) fn split<'t>(script: &'t str, syntax: &Syntax) -> Result<Vec<Item<'t>>, SplitError> {
    let mut splitter = Splitter {
        script,
        syntax: *syntax,
        lexer: Lexer::new(script, *syntax),
        items: Vec::new(),
        place: TextPosition::start(),
        terminated: 0,
        current: None,
    };
    while let Some(token) = splitter.lexer.next_token() {
        splitter.token(&token)?;
    }
    splitter.finish()?;
    Ok(splitter.items)
}

/// The commands of MySQL's client that are words with which no statement begins.
const CLIENT_COMMANDS: [&str; 14] = [
    "CHARSET",
    "CONNECT",
    "EXIT",
    "NOPAGER",
    "NOTEE",
    "NOWARNING",
    "PAGER",
    "PROMPT",
    "QUIT",
    "REHASH",
    "SOURCE",
    "SYSTEM",
    "TEE",
    "WARNINGS",
];

/// What is wrong with a comment to the end of the line that has another line in it.
pub(crate) const HIDDEN_LINE: &str = "a carriage return alone ends this line in an editor, but not for every database, to which \
                                      what follows it is still this comment; save the file with line feeds";

/// Whether there is something behind a carriage return in a comment to the end of the line.
fn hides_a_line(comment: &str) -> bool {
    !comment.starts_with("/*")
        && comment.trim_end().split_once('\r').is_some_and(|(_, rest)| !rest.trim().is_empty())
}

/// What the line of a DELIMITER command names. The client takes it out of quotes of any kind.
fn delimiter_in(line: &str) -> Option<&str> {
    let argument = line.split_once(|c: char| c.is_ascii_whitespace())?.1.trim_start();
    let quote = argument.chars().next().filter(|c| matches!(c, '\'' | '"' | '`'));
    let named = match quote {
        Some(quote) => argument[1..].split(quote).next(),
        None => argument.split_ascii_whitespace().next(),
    };
    named.filter(|named| !named.is_empty())
}

struct Splitter<'t> {
    script: &'t str,
    syntax: Syntax,
    lexer: Lexer<'t>,
    items: Vec<Item<'t>>,
    /// Where the statement that was found last begins.
    place: TextPosition,
    /// The end of the last terminator.
    terminated: usize,
    current: Option<Current>,
}

/// The statement that is being read.
struct Current {
    start: usize,
    /// The end of its last token.
    end: usize,
    body: RoutineBody,
}

impl<'t> Splitter<'t> {
    fn token(&mut self, token: &Token<'t>) -> Result<(), SplitError> {
        if let Some(what) = self.lexer.unterminated.filter(|_| token.kind != TokenKind::Data) {
            return Err(self.error(token.start, format!("unterminated {what}")));
        }
        match token.kind {
            TokenKind::Comment => return self.comment(token),
            TokenKind::Data => return self.data(token),
            _ => {}
        }
        if self.is_client_command(token) {
            return self.client_command(token.start);
        }
        if self.is_delimiter_command(token) {
            if self.current.is_none() {
                return self.set_delimiter(token.start);
            }
            if self.is_lost_delimiter_command(token.start) {
                let problem =
                    "this DELIMITER is inside a statement: is there a terminator before it?";
                return Err(self.error(token.start, problem.to_owned()));
            }
        }
        if token.kind == TokenKind::Symbol && token.text == self.lexer.delimiter {
            self.terminator(token);
            return Ok(());
        }
        self.add(token);
        Ok(())
    }

    /// Adds a token to the statement, or begins one with it.
    fn add(&mut self, token: &Token<'t>) {
        let syntax = self.syntax;
        let current = self.current.get_or_insert_with(|| Current {
            start: token.start,
            end: token.start,
            body: RoutineBody::new(syntax.bodies),
        });
        current.end = token.start + token.text.len();
        current.body.token(token);
    }

    /// Ends the statement, if it ends here.
    fn terminator(&mut self, token: &Token<'t>) {
        self.terminated = token.start + token.text.len();
        let Some(current) = &mut self.current else {
            return;
        };
        // Who sets a delimiter says by it where statements end, and semicolons are left to the server.
        if self.lexer.delimiter == SEMICOLON && !current.body.ends() {
            current.end = token.start + token.text.len();
            return;
        }
        self.push_current();
    }

    fn push_current(&mut self) {
        let Some(Current { start, end, .. }) = self.current.take() else {
            return;
        };
        self.place.advance(self.script, start);
        self.items.push(Item::Statement(Statement {
            text: &self.script[start..end],
            start,
            line: self.place.line,
            column: self.place.column,
            data: None,
        }));
    }

    /// Gives the COPY that was read last the data that stand behind it.
    fn data(&mut self, token: &Token<'t>) -> Result<(), SplitError> {
        if !self.script[self.terminated..token.start].contains('\n') {
            let problem = "the data of a COPY begin on the line after it: move this behind the line that ends them";
            return Err(self.error(token.start, problem.to_owned()));
        }
        if let Some(what) = self.lexer.unterminated {
            return Err(self.error(token.start, format!("unterminated {what}")));
        }
        self.place.advance(self.script, token.start);
        let text = token.text.strip_suffix(END_OF_DATA).unwrap_or(token.text);
        if let Some(Item::Statement(statement)) = self.items.last_mut() {
            statement.data = Some(ClientData { text, line: self.place.line });
        }
        Ok(())
    }

    /// Ends the last statement at the end of the script.
    fn finish(&mut self) -> Result<(), SplitError> {
        let open = self.current.as_ref().and_then(|current| current.body.open());
        if let Some(open) = open.filter(|_| self.lexer.delimiter == SEMICOLON) {
            return Err(self.error(open.start, open.problem));
        }
        if self.lexer.wants_data() {
            let last = self.items.last().map_or(0, |item| match item {
                Item::Statement(statement) => statement.start,
                Item::Run { start, .. } => *start,
            });
            let start = self.current.as_ref().map_or(last, |current| current.start);
            let problem = "this COPY reads rows from the client, and none follow: put a semicolon, then the rows, one a line, then a \
                           line with only \\.";
            return Err(self.error(start, problem.to_owned()));
        }
        self.push_current();
        Ok(())
    }

    /// Whether a command of the database's client begins here, where a server understands nothing.
    fn is_client_command(&self, token: &Token<'t>) -> bool {
        let after = &self.script[token.start + token.text.len()..];
        if token.is_symbol("\\") {
            // MySQL spells NULL like this, too.
            let is_null = after.starts_with('N')
                && !after[1..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
            return self.syntax.dollar_quotes || self.syntax.delimiter_command && !is_null;
        }
        if self.current.is_some() {
            return false;
        }
        let is_word = token.is_any_word(&CLIENT_COMMANDS) && !after.trim_start().starts_with(':');
        (self.syntax.delimiter_command && is_word)
            || (self.syntax.bracket_names
                && token.is_symbol(".")
                && after.starts_with(|c: char| c.is_ascii_alphabetic()))
    }

    fn comment(&mut self, token: &Token<'t>) -> Result<(), SplitError> {
        if !self.syntax.dollar_quotes && hides_a_line(token.text) {
            return Err(self.error(token.start, HIDDEN_LINE.to_owned()));
        }
        let Some(directive) = directive(token.text, 0).filter(|directive| directive.is_run())
        else {
            return Ok(());
        };
        let problem = if self.current.is_some() {
            "this run point is inside a statement: is there a terminator before it?"
        } else if directive.value.is_empty() {
            "this run point names no function"
        } else if directive.value.contains(char::is_whitespace) {
            "this run point names more than one function"
        } else {
            self.place.advance(self.script, token.start);
            self.items.push(Item::Run {
                name: directive.value,
                line: self.place.line,
                start: token.start,
            });
            return Ok(());
        };
        Err(self.error(token.start, problem.to_owned()))
    }

    /// Whether the client's DELIMITER command begins with this token, if it is the first of a statement.
    fn is_delimiter_command(&self, token: &Token<'t>) -> bool {
        let rest = &self.script[token.start..];
        const COMMAND: &str = "DELIMITER";
        self.syntax.delimiter_command
            && rest.get(..COMMAND.len()).is_some_and(|word| word.eq_ignore_ascii_case(COMMAND))
            && rest[COMMAND.len()..].chars().next().is_none_or(|next| next.is_ascii_whitespace())
    }

    /// Whether what looks like a DELIMITER command in the middle of a statement was meant as one, and does not name
    /// a column: it has a line to itself and no word in its argument.
    fn is_lost_delimiter_command(&self, start: usize) -> bool {
        let before = self.script[..start].trim_end_matches([' ', '\t']);
        if !before.ends_with('\n') {
            return false;
        }
        let line = self.script[start..].lines().next().unwrap_or_default();
        let mut arguments = line.split_ascii_whitespace().skip(1);
        let punctuation = |text: &str| {
            text.bytes().all(|byte| byte.is_ascii_punctuation() && !b",()".contains(&byte))
        };
        arguments.next().is_some_and(punctuation) && arguments.next().is_none()
    }

    /// Follows the DELIMITER command, which is a whole line.
    fn set_delimiter(&mut self, start: usize) -> Result<(), SplitError> {
        let rest = &self.script[start..];
        let line = rest.lines().next().unwrap_or_default();
        self.lexer.position = start + line.len();
        match delimiter_in(line) {
            None => Err(self.error(start, "DELIMITER names no delimiter".to_owned())),
            Some(delimiter) if delimiter.contains('\\') => {
                Err(self.error(start, "a delimiter cannot contain a backslash".to_owned()))
            }
            Some(delimiter) => {
                self.lexer.delimiter = delimiter;
                Ok(())
            }
        }
    }

    /// A command of the client, such as `\connect`: an error, but for the two that stand around a dump and mean nothing to a
    /// server, which forbid the client all other commands while it reads it.
    fn client_command(&mut self, start: usize) -> Result<(), SplitError> {
        let rest = &self.script[start..];
        let end = |c: char| c.is_whitespace() || (c == ';' && !self.syntax.dollar_quotes);
        let command = rest.split(end).next().unwrap_or_default();
        if self.current.is_none() && matches!(command, "\\restrict" | "\\unrestrict") {
            let line = rest.lines().next().unwrap_or_default();
            self.lexer.position = start + line.len();
            return Ok(());
        }
        let advice = match command {
            "\\connect" | "\\c" => "; take the line out (pg_dump without --create writes none)",
            "\\copy" => "; write `COPY ... FROM stdin;` and the rows behind it, as pg_dump does",
            "\\." if self.syntax.delimiter_command => "; put the text of that file here",
            "\\." => "; it ends the rows of a `COPY ... FROM stdin;`, and there is none before it",
            "\\i" | "\\ir" | "\\include" | "\\include_relative" | ".read" => {
                "; put the text of that file here"
            }
            "\\g" | "\\G" if self.syntax.delimiter_command => "; write a semicolon in its place",
            word if word.eq_ignore_ascii_case("source") => "; put the text of that file here",
            _ => "; take it out",
        };
        let command: String = command.chars().take(20).collect();
        Err(self.error(
            start,
            format!(
                "{command} is a command of the database's client, not SQL: a server cannot run it{advice}"
            ),
        ))
    }

    fn error(&self, start: usize, problem: String) -> SplitError {
        let (line, column) = line_column(self.script, start);
        SplitError { line, column, problem }
    }
}
