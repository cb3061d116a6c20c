//! `-- ambix: allow LOCK-001 because ...` above a statement.

use super::context::ReadStatement;
use crate::sql::{self, Syntax};

/// One such comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AllowComment {
    pub(crate) line: u32,
    pub(crate) codes: Vec<String>,
    pub(crate) reason: String,
    /// The number of the statement that it is about.
    pub(crate) statement: Option<usize>,
    /// Whether it comes before the first statement, so that it is about the whole migration as well.
    pub(crate) is_head: bool,
}

/// All of them in a script.
pub(crate) fn allows(
    text: &str,
    syntax: &Syntax,
    statements: &[ReadStatement<'_>],
) -> Vec<AllowComment> {
    sql::allow_directives(text, syntax)
        .into_iter()
        .map(|(directive, start)| {
            let (codes, reason) = match split_reason(directive.value) {
                Some((codes, reason)) => (codes, reason.trim()),
                None => (directive.value, ""),
            };
            let is_before = |read: &&ReadStatement<'_>| read.statement.start < start;
            let before = statements.iter().take_while(is_before).count();
            AllowComment {
                line: directive.line,
                codes: codes
                    .split([',', ' '])
                    .map(|code| code.trim().to_ascii_uppercase())
                    .filter(|code| !code.is_empty())
                    .collect(),
                reason: reason.to_owned(),
                statement: place(text, start, statements, before),
                is_head: before == 0,
            }
        })
        .collect()
}

/// What comes before and behind the word `because`.
fn split_reason(value: &str) -> Option<(&str, &str)> {
    let at = value.to_ascii_lowercase().find("because")?;
    Some((value.get(..at)?, value.get(at + "because".len()..)?))
}

/// The statement that a comment is about: the one around it, the one that ends on its line, or the next.
fn place(
    text: &str,
    start: usize,
    statements: &[ReadStatement<'_>],
    before: usize,
) -> Option<usize> {
    if let Some(last) = before.checked_sub(1) {
        let end = statements[last].statement.start + statements[last].statement.text.len();
        let between = text.get(end..start).unwrap_or_default();
        if end > start || !between.contains('\n') {
            return Some(last);
        }
    }
    (before < statements.len()).then_some(before)
}
