//! Directives: comment lines that say how a migration is to be run.
//!
//! They stand at the head of a file and are found without knowing which database the file is for, because some of
//! them are needed before anything is known about it. The run points, which may stand anywhere between statements,
//! come out of [`split`](super::split).

use super::Syntax;
use super::lexer::{self, BYTE_ORDER_MARK, TokenKind, tokens};
use super::place::TextPosition;

/// One `-- ambix: KEYWORD VALUE` line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Directive<'t> {
    /// The first word, as it is written; empty where there is none.
    pub keyword: &'t str,
    /// The rest of the line without blanks around it; empty where there is none.
    pub value: &'t str,
    /// The line of the script, from 1.
    pub line: u32,
}

/// The directives at the head of a script: before the first statement, with blank lines and other comments between.
///
/// Run points are not among them; they are items of [`split`](super::split) wherever they stand. Nor is `allow`. sqlx's comment
/// `-- no-transaction` counts as `transaction none`.
pub(crate) fn header(script: &str) -> Vec<Directive<'_>> {
    let mut directives = Vec::new();
    let mut line = 1;
    let mut nested = true;
    let mut rest = script.strip_prefix(BYTE_ORDER_MARK).unwrap_or(script);
    loop {
        let text =
            rest.trim_start_matches(|found: char| u8::try_from(found).is_ok_and(lexer::is_blank));
        line += line_breaks(&rest[..rest.len() - text.len()]);
        let Some(end) = comment_end(text, &mut nested) else {
            return directives;
        };
        let comment = &text[..end];
        let found = directive(comment, line).or_else(|| no_transaction(comment, line));
        directives.extend(found.filter(Directive::is_of_head));
        line += line_breaks(comment);
        rest = &text[end..];
    }
}

/// The directives that [`header`] does not return, and that would be ignored without a word: they stand behind the
/// beginning of the first statement. Run points are not among them.
pub(crate) fn late_directives<'t>(script: &'t str, syntax: &Syntax) -> Vec<Directive<'t>> {
    let head: Vec<u32> = header(script).iter().map(|directive| directive.line).collect();
    let mut place = TextPosition::start();
    tokens(script, syntax)
        .filter(|token| token.kind == TokenKind::Comment)
        .filter_map(|token| {
            let found = directive(token.text, 0).filter(Directive::is_of_head)?;
            place.advance(script, token.start);
            Some(Directive { line: place.line, ..found })
        })
        .filter(|found| head.binary_search(&found.line).is_err())
        .collect()
}

/// The comments `-- ambix: allow ...`, which may be anywhere, with the byte offset of each.
pub(crate) fn allow_directives<'t>(
    script: &'t str,
    syntax: &Syntax,
) -> Vec<(Directive<'t>, usize)> {
    let mut place = TextPosition::start();
    tokens(script, syntax)
        .filter(|token| token.kind == TokenKind::Comment)
        .filter_map(|token| {
            let found = directive(token.text, 0).filter(Directive::is_allow)?;
            place.advance(script, token.start);
            Some((Directive { line: place.line, ..found }, token.start))
        })
        .collect()
}

impl Directive<'_> {
    /// Whether it says how the whole file is run, so that it belongs to the head.
    fn is_of_head(&self) -> bool {
        !self.is_run() && !self.is_allow()
    }

    /// Whether this silences a finding of the linter. It does not change how anything runs.
    fn is_allow(&self) -> bool {
        self.keyword.eq_ignore_ascii_case("allow")
    }

    /// Whether this is a run point.
    pub(super) fn is_run(&self) -> bool {
        self.keyword.eq_ignore_ascii_case("run")
    }
}

/// The directive that a comment is, if it is one.
pub(super) fn directive(comment: &str, line: u32) -> Option<Directive<'_>> {
    let text = after_mark(comment.strip_prefix("--")?)?.trim();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (keyword, value) = text.split_at(end);
    let value = value.trim_start();
    Some(Directive { keyword, value, line })
}

/// Whether the text behind the dashes of a comment makes it a directive.
pub(super) fn has_mark(text: &str) -> bool {
    after_mark(text).is_some()
}

/// What follows the mark of a directive.
fn after_mark(text: &str) -> Option<&str> {
    const MARK: &str = "ambix:";
    let text = text.trim_start_matches([' ', '\t']);
    let mark = text.get(..MARK.len())?;
    mark.eq_ignore_ascii_case(MARK).then(|| &text[MARK.len()..])
}

/// What sqlx reads in the first comment of a file.
fn no_transaction(comment: &str, line: u32) -> Option<Directive<'_>> {
    let text = comment.strip_prefix("--")?.trim_start();
    text.starts_with("no-transaction").then_some(Directive {
        keyword: "transaction",
        value: "none",
        line,
    })
}

/// The end of the comment that the text begins with, whatever the syntax of the script is.
///
/// Comments between marks are taken for nested ones as long as that works out. After it did not, it is not tried
/// again: in a script with many comments that would take quadratic time.
fn comment_end(text: &str, nested: &mut bool) -> Option<usize> {
    if text.starts_with("--") || text.starts_with('#') {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if !text.starts_with("/*") || text.starts_with("/*!") || text.starts_with("/*M!") {
        return None;
    }
    if *nested && let Some(end) = lexer::comment_end(text.as_bytes(), 0, |_| false) {
        return Some(end);
    }
    *nested = false;
    text.find("*/").map(|found| found + "*/".len())
}

fn line_breaks(text: &str) -> u32 {
    let count = text.bytes().filter(|byte| *byte == b'\n').count();
    u32::try_from(count).unwrap_or(u32::MAX)
}
