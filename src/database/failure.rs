//! What goes wrong between us and a server, and how long it may take.

use std::time::Duration;

use crate::error::{BoxError, ConnectProblem, DriverError, Error};

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
    /// The line within the rows that were sent with it, from 1, where the database says so.
    pub data_line: Option<u32>,
    /// The database's code.
    pub code: Option<String>,
    /// Whether a lock was not to be had within the time given.
    pub lock_timeout: bool,
    /// Whether the role lacks a right.
    pub is_denied: bool,
    /// What it means if it happened while connecting.
    pub connect: ConnectProblem,
    /// Whether no statement of a file had begun.
    pub before_files: bool,
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
            data_line: None,
            code: None,
            lock_timeout: false,
            is_denied: false,
            connect: ConnectProblem::Other,
            before_files: false,
            advice: None,
            error: error.into(),
        }
    }

    pub(crate) fn doing(self, doing: &'static str) -> Error {
        if self.kind == FailureKind::Pooled {
            return Error::Pooled { done: Vec::new() };
        }
        let advised = match self.advice {
            Some(advice) => {
                let message = format!("{}; {advice}", self.error);
                self.reworded(message)
            }
            None => self,
        };
        Error::Database { doing, source: advised.error }
    }

    /// A connection could not be opened.
    pub(crate) fn connecting(self) -> Error {
        let problem = match self.kind {
            // Too many have a connection, or the server is starting.
            FailureKind::Transient => ConnectProblem::Busy,
            _ => self.connect,
        };
        Error::Connect { problem, source: self.error }
    }

    /// The same failure with another message.
    pub(crate) fn reworded(self, message: String) -> Self {
        Self { error: DriverError::reworded(self.error, message), ..self }
    }
}

/// How long the client waits for a server that may never answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Patience {
    /// For a connection; `None` means no limit.
    pub connect: Option<Duration>,
    /// For a message, and for each statement in it; `None` means no limit.
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

/// What is known about the server's side of a connection. See [`Dialect::unless_pooled`](super::Dialect::unless_pooled).
#[derive(Debug, Clone, Copy)]
pub enum Expected<'o> {
    /// Nothing has been asked yet, but it should be as old as ours.
    Age(Age),
    /// It should be the one that answered this opening query.
    Backend(&'o super::SessionInfo),
}
