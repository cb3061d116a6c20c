use std::fmt;

use super::{BoxError, Chain, Place, brief};

/// Which way a step goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum Direction {
    /// The up side is run, or the revision is recorded.
    Up,
    /// The down side is run, or the revision's record is erased.
    Down,
}

impl Direction {
    /// The verb: `upgrade` or `downgrade`.
    #[must_use]
    pub fn verb(self) -> &'static str {
        match self {
            Self::Up => "upgrade",
            Self::Down => "downgrade",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.verb())
    }
}

/// A step that failed. The content of [`Error::Failed`](super::Error::Failed).
#[derive(Debug)]
#[non_exhaustive]
pub struct Failed {
    /// The revision of the step.
    pub revision: String,
    /// Which way it went.
    pub direction: Direction,
    /// Where: the position that the database reported, or where the statement begins.
    pub place: Place,
    /// The statement, or the name of the Rust function; empty if none of the file had begun.
    pub statement: String,
    /// The database's own code of the error (SQLSTATE and the like), if it gave one.
    pub code: Option<String>,
    /// The revisions that this call applied (or downgraded) before.
    pub done_before: Vec<String>,
    /// What state the database is in, and what to do next.
    pub state: String,
    /// Who kept the step from its tables, if it met a lock timeout; empty if nobody was seen.
    pub blockers: Vec<Blocker>,
    /// The error of the driver, a [`DriverError`](super::DriverError), or that of the function.
    pub source: BoxError,
}

impl Failed {
    /// What is said in place of a statement.
    pub(crate) const BEFORE: &str = "no statement of the file had begun";

    /// What was done before, the state of the database, and what to do next.
    pub(crate) fn state(&self) -> [String; 2] {
        let before = match self.done_before.as_slice() {
            [] => "no step was done before it".to_owned(),
            done => format!("done before it: {}", done.join(", ")),
        };
        let state = match self.blockers.as_slice() {
            [] => self.state.clone(),
            blockers => format!(
                "{}; in its way: {}; wait for that to end, or end it, before you run again",
                self.state,
                in_words(blockers)
            ),
        };
        [before, state]
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { revision, direction, place, statement, .. } = self;
        write!(f, "{direction} of revision {revision} failed at {place}")?;
        if f.alternate() {
            write!(f, ": {}", Chain(self.source.as_ref()))?;
        }
        if let Some(code) = &self.code {
            write!(f, " (code {code})")?;
        }
        let [before, state] = self.state();
        match statement.as_str() {
            "" => write!(f, "; {}; {before}; {state}", Self::BEFORE),
            statement => write!(f, "; the statement is `{}`; {before}; {state}", brief(statement)),
        }
    }
}

impl std::error::Error for Failed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.source.as_ref())
    }
}

/// Somebody, or something, that keeps a step from a table that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Blocker {
    /// A session that holds a lock on a table of the step.
    #[non_exhaustive]
    Session {
        /// The database's number for it, as [`Migrator::terminate`](crate::Migrator::terminate) takes it; 0 for a prepared
        /// transaction, which has no session.
        id: u64,
        /// The table, with its schema.
        table: String,
        /// The mode of the lock, in the database's own words.
        mode: String,
        /// What is known about the session, on one line.
        session: String,
    },
    /// More sessions that hold such a lock. The first three are named.
    #[non_exhaustive]
    More {
        /// How many.
        sessions: usize,
    },
    /// Something that could not be seen, and what would show it.
    #[non_exhaustive]
    Unseen {
        /// In words.
        why: String,
    },
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session { table, mode, session, .. } => {
                write!(f, "{table} is locked ({mode}) by session {session}")
            }
            Self::More { sessions } => write!(f, "{sessions} more sessions hold locks on it"),
            Self::Unseen { why } => f.write_str(why),
        }
    }
}

/// All of them, on one line.
pub(crate) fn in_words(blockers: &[Blocker]) -> String {
    let blockers: Vec<String> = blockers.iter().map(Blocker::to_string).collect();
    blockers.join("; ")
}

/// A migration that was left in the middle. The content of [`Error::Unfinished`](super::Error::Unfinished).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unfinished {
    /// The revision.
    pub revision: String,
    /// Which way it was going.
    pub direction: Direction,
    /// The statement in doubt, and its place; none if the file is not known here or has changed.
    pub statement: Option<(String, Place)>,
    /// How many statements are known to be done.
    pub done: u32,
    /// Why it cannot simply continue.
    pub problem: String,
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { revision, direction, done, problem, .. } = self;
        write!(f, "an earlier {direction} of revision {revision} ended after statement {done}")?;
        if let Some((statement, place)) = &self.statement {
            write!(f, "; in doubt is {place}: `{}`", brief(statement))?;
        }
        write!(f, "; {problem}; nothing was run; look at the database, then ")?;
        f.write_str(match &self.statement {
            Some(_) => {
                "call repair: with `Repair::Resume` the next run runs that statement (again), with"
            }
            None => {
                "do as described, or complete or undo the migration by hand and call repair: with"
            }
        })?;
        f.write_str(match direction {
            Direction::Down => {
                " `Repair::MarkApplied` the migration counts as applied again, with `Repair::MarkPending` as reverted"
            }
            Direction::Up => " `Repair::MarkApplied` the migration counts as done, with `Repair::MarkPending` as not begun",
        })
    }
}
