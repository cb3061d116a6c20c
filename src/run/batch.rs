//! SQL that travels together: ambix's own statements around the text of files, with a map back to the files.

use std::ops::Range;

use crate::{
    database::{Dialect, Failure, FailureKind},
    error::Place,
    sql::{self, ClientData, Statement, Syntax},
};

/// A message in the making.
#[derive(Debug, Default)]
pub(crate) struct Batch<'g> {
    text: String,
    parts: Vec<BatchPart<'g>>,
    /// How many parts come before the one that follows the last COMMIT.
    commits: Option<usize>,
    /// The rows that go with it, where it is a COPY and nothing else.
    data: Option<ClientData<'g>>,
    /// How many history rows the message will confirm.
    pub(crate) confirms: usize,
}

/// A part of a message.
#[derive(Debug)]
enum BatchPart<'g> {
    /// SQL of ours, from one byte of the message to another. Its statements are counted only where one has failed.
    Own(Range<usize>, &'static Syntax),
    /// The text of a file.
    File(Span<'g>),
}

impl BatchPart<'_> {
    /// How many statements it has, in the text of the message.
    fn statements(&self, message: &str) -> usize {
        match self {
            // Our SQL can be split, or a test would have seen it; and a wrong count only makes a message less exact.
            Self::Own(range, syntax) => {
                sql::split(&message[range.clone()], syntax).map_or(1, |items| items.len())
            }
            Self::File(span) => span.statements.len(),
        }
    }
}

/// The text of a file in a message.
#[derive(Debug)]
struct Span<'g> {
    /// The index of the step in the run.
    step: usize,
    file: &'g str,
    /// The whole script, for line numbers.
    script: &'g str,
    /// Where in the message it begins, and where in the script, in bytes.
    start: usize,
    script_start: usize,
    len: usize,
    statements: Vec<Statement<'g>>,
}

/// What failed, found in a message.
#[derive(Debug)]
pub(crate) struct FailedStatement<'g> {
    pub(crate) step: usize,
    pub(crate) place: Place,
    pub(crate) statement: &'g str,
}

impl<'g> Batch<'g> {
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The rows that go with it, where it is a COPY.
    pub(crate) fn rows(&self) -> Option<&'g str> {
        self.data.map(|data| data.text)
    }

    /// Whether there is more in it than SQL of ours.
    pub(crate) fn has_files(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, BatchPart::File(_)))
    }

    /// Adds SQL of ours, which may be several statements.
    pub(crate) fn own(&mut self, dialect: &dyn Dialect, sql: &str) {
        let start = self.text.len();
        self.text.push_str(sql);
        self.parts.push(BatchPart::Own(start..self.text.len(), dialect.syntax()));
        if !sql.ends_with(';') {
            self.text.push(';');
        }
        self.text.push('\n');
    }

    /// Adds SQL of ours behind the last COMMIT.
    pub(crate) fn after_commit(&mut self, dialect: &dyn Dialect, sql: &str) {
        self.commits.get_or_insert(self.parts.len());
        self.own(dialect, sql);
    }

    /// A failure behind the last COMMIT is not the step's, which is done. The rows that say so are lost with the failure, so
    /// it is as if the connection were: a new one reads what took effect.
    pub(crate) fn committed(&self, failure: Failure) -> Failure {
        let Some(commits) = self.commits else { return failure };
        let before: usize =
            self.parts[..commits].iter().map(|part| part.statements(&self.text)).sum();
        if failure.completed >= before {
            return Failure { kind: FailureKind::Lost, ..failure };
        }
        failure
    }

    /// Adds the part of a script that the statements stand in, as it is written. One with data is a message of its own.
    pub(crate) fn file(
        &mut self,
        step: usize,
        file: &'g str,
        script: &'g str,
        statements: &[Statement<'g>],
    ) {
        self.data = statements.first().and_then(|first| first.data);
        // What a client's command has made the end of a statement, the server would not understand.
        let foreign =
            statements.windows(2).any(|pair| has_command(between(script, &pair[0], &pair[1])));
        if !foreign {
            return self.span(step, file, script, statements);
        }
        for statement in statements {
            self.span(step, file, script, std::slice::from_ref(statement));
        }
    }

    fn span(&mut self, step: usize, file: &'g str, script: &'g str, statements: &[Statement<'g>]) {
        let (Some(first), Some(last)) = (statements.first(), statements.last()) else { return };
        let part = &script[first.start..last.start + last.text.len()];
        self.parts.push(BatchPart::File(Span {
            step,
            file,
            script,
            start: self.text.len(),
            script_start: first.start,
            len: part.len(),
            statements: statements.to_vec(),
        }));
        self.text.push_str(part);
        // A statement ends with a token and not with a comment, and a database may keep its text, blanks and all.
        self.text.push_str(";\n");
    }

    /// Whether a failure is before the first statement of a file: in one of ours, or the server has refused the message as a whole.
    pub(crate) fn is_before_files(&self, failure: &Failure) -> bool {
        let mut before = 0;
        for part in &self.parts {
            match (part, failure.position) {
                (BatchPart::File(span), Some(position)) => {
                    return sql::byte_of_char(&self.text, position) < span.start;
                }
                (BatchPart::File(_), None) => return failure.completed < before,
                (BatchPart::Own(..), _) => before += part.statements(&self.text),
            }
        }
        false
    }

    /// Where in a file a failure is; none where it is in a statement of ours.
    pub(crate) fn find(&self, failure: &Failure) -> Option<FailedStatement<'g>> {
        let at = failure.position.map(|position| sql::byte_of_char(&self.text, position));
        if let (Some(data), Some(line)) = (self.data, failure.data_line) {
            return self.parts.iter().find_map(|part| match part {
                BatchPart::File(span) => Some(FailedStatement {
                    step: span.step,
                    place: Place::new(span.file, data.line + line.saturating_sub(1), 0),
                    statement: span.statements.first()?.text,
                }),
                BatchPart::Own(..) => None,
            });
        }
        let mut before = 0;
        for part in &self.parts {
            let first = before;
            // A position says all without a count.
            if at.is_none() {
                before += part.statements(&self.text);
            }
            let BatchPart::File(span) = part else { continue };
            if let Some(at) = at.filter(|at| (span.start..span.start + span.len).contains(at)) {
                let in_script = span.script_start + at - span.start;
                let (line, column) = sql::line_column(span.script, in_script);
                let statement = span.statements.iter().rev().find(|s| s.start <= in_script)?;
                return Some(FailedStatement {
                    step: span.step,
                    place: Place::new(span.file, line, column),
                    statement: statement.text,
                });
            }
            let index = failure.completed.checked_sub(first);
            if at.is_none()
                && let Some(statement) = index.and_then(|index| span.statements.get(index))
            {
                return Some(FailedStatement {
                    step: span.step,
                    place: place_in(statement, span.file, failure),
                    statement: statement.text,
                });
            }
        }
        None
    }
}

fn between<'g>(script: &'g str, first: &Statement<'_>, second: &Statement<'_>) -> &'g str {
    &script[first.start + first.text.len()..second.start]
}

/// Whether the text between two statements has more than a semicolon, blanks and comments.
fn has_command(text: &str) -> bool {
    let command = |line: &str| {
        line.starts_with('\\')
            || line.trim_start().get(..9).is_some_and(|word| word.eq_ignore_ascii_case("delimiter"))
    };
    !text.contains(';') || text.lines().any(command)
}

/// The place of a statement, moved down where the database names a line within it.
pub(crate) fn place_in(statement: &Statement<'_>, file: &str, failure: &Failure) -> Place {
    match failure.line {
        Some(line) if line > 1 => Place::new(file, statement.line + line - 1, 0),
        _ => Place::new(file, statement.line, statement.column),
    }
}
