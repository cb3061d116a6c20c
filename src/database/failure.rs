//! What goes wrong between us and a server, and how long it may take.

use std::{fmt, time::Duration};

use crate::error::{BoxError, Error};

/// What a pooler between us and the server makes impossible.
pub(crate) const POOLED: &str = "the connection leads to a pooler that gives each transaction another connection to the server \
    (transaction or statement pooling), so that neither the migration lock nor a setting lasts; nothing was run; use the URL of the \
    server itself (on the command line `--direct-url` or DIRECT_URL), or a pool of the pooler in session mode";

/// A failed message.
#[derive(Debug)]
pub struct Failure {
    /// What it means for the runner.
    pub kind: FailureKind,
    /// How many statements of the message were completed before.
    pub completed: usize,
    /// Where in the message, in characters from 0, where the database says so.
    pub position: Option<usize>,
    /// The line within the failed statement, from 1, where the database says that instead.
    pub line: Option<u32>,
    /// The database's code.
    pub code: Option<String>,
    /// Whether a lock was not to be had within the time given.
    pub lock_timeout: bool,
    /// What to do about it, where the code of the error says so.
    pub advice: Option<&'static str>,
    /// The driver's error.
    pub error: BoxError,
}

/// What a failure means for the runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// A table, column or schema does not exist.
    Absent,
    /// A lock timeout, deadlock or serialization failure: worth another try.
    Transient,
    /// The connection is gone; whether the message took effect is not known.
    Lost,
    /// The fence held: the epoch is another runner's.
    Fenced,
    /// There is a pooler that mixes up its connections: it says so itself, or a statement of ours has found it out.
    Pooled,
    /// Any other error of the statement.
    Other,
}

impl Failure {
    pub(crate) fn new(kind: FailureKind, error: impl Into<BoxError>) -> Self {
        Self {
            kind,
            completed: 0,
            position: None,
            line: None,
            code: None,
            lock_timeout: false,
            advice: None,
            error: error.into(),
        }
    }

    pub(crate) fn doing(self, doing: &'static str) -> Error {
        if self.kind == FailureKind::Pooled {
            return Error::Unsupported(POOLED.to_owned());
        }
        Error::Database { doing, source: self.error }
    }

    /// A connection could not be opened.
    pub(crate) fn connecting(self) -> Error {
        let is_busy = self.kind == FailureKind::Transient;
        let source = if is_busy { Box::new(Busy(self.error)) } else { self.error };
        Error::Database { doing: "connecting to the database", source }
    }
}

/// A server that takes no connection now, but will soon: too many have one, or it is starting.
#[derive(Debug)]
pub(crate) struct Busy(BoxError);

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Busy {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

/// How long the client waits for a server that may never answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Patience {
    /// For a connection; none is no limit.
    pub connect: Option<Duration>,
    /// For a message, and for each statement in it; none is no limit.
    pub answer: Option<(Duration, Duration)>,
}

impl Patience {
    /// How long the answer to a message may take. There may be fewer statements in it than semicolons, and then the limit is
    /// a generous one.
    pub(crate) fn answer_to(&self, sql: &str) -> Option<Duration> {
        let (message, statement) = self.answer?;
        let semicolons = sql.bytes().filter(|byte| *byte == b';').count();
        let statements = u32::try_from(semicolons).unwrap_or(u32::MAX).max(1);
        statement.checked_mul(statements)?.checked_add(message)
    }
}

/// How long ago a connection was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Age {
    /// Since connecting began.
    pub since_begin: Duration,
    /// Since it was done.
    pub since_end: Duration,
}

/// What is known of the server's side of a connection. See [`Dialect::unless_pooled`](super::Dialect::unless_pooled).
#[derive(Debug, Clone, Copy)]
pub enum Expected<'o> {
    /// Nothing has been asked yet, but it should be as old as ours.
    Age(Age),
    /// It should be the one that answered this opening query.
    Backend(&'o super::Opening),
}
