//! One answer of the checklist.

use std::{fmt, time::Duration};

use crate::error::Place;

/// What an answer means for the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum AnswerState {
    /// Nothing is in the way.
    Ok,
    /// A person should look at it before the run; what is not known is one of these.
    Look,
    /// The run would fail, or must not begin.
    Stop,
}

impl fmt::Display for AnswerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Look => "look",
            Self::Stop => "stop",
        })
    }
}

/// What a question of the checklist is about. Each has at least one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Subject {
    /// Do the files, `ambix.sum` and the history agree?
    Files,
    /// Is there a migration for every change of the models?
    Models,
    /// What would run?
    Steps,
    /// Were the pending migrations applied, reverted and applied again somewhere?
    Rehearsal,
    /// Does the database have the tables, columns and other objects that the steps need, and can they be changed?
    Schema,
    /// Which rows would make a step fail?
    Rows,
    /// What do the steps lock, rewrite and scan?
    Locks,
    /// How long will it take?
    Duration,
    /// Do programs that are still running work with the new schema?
    Programs,
    /// Can it be rolled back, and what is lost on the way?
    WayBack,
    /// Is there a backup?
    Backup,
    /// Who uses the database now, and would be waited for?
    Activity,
    /// Is a vacuum in the way?
    Vacuum,
    /// Do the replicas keep up?
    Replication,
    /// Is there enough space?
    Disk,
    /// May this role do what the steps do?
    Rights,
    /// Do statements stop waiting for busy tables in time?
    Timeouts,
    /// Is maintenance mode necessary?
    Maintenance,
    /// Will somebody see how it goes?
    Monitoring,
}

impl Subject {
    /// A word or two for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Models => "models",
            Self::Steps => "steps",
            Self::Rehearsal => "rehearsal",
            Self::Schema => "schema",
            Self::Rows => "rows",
            Self::Locks => "locks",
            Self::Duration => "duration",
            Self::Programs => "programs",
            Self::WayBack => "way back",
            Self::Backup => "backup",
            Self::Activity => "activity",
            Self::Vacuum => "vacuum",
            Self::Replication => "replication",
            Self::Disk => "disk",
            Self::Rights => "rights",
            Self::Timeouts => "timeouts",
            Self::Maintenance => "maintenance",
            Self::Monitoring => "monitoring",
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// One answer. Part of [`Preflight`](super::Preflight).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Answer {
    /// What it means for the run.
    pub state: AnswerState,
    /// What it is about.
    pub subject: Subject,
    /// Whether it is not known; the text says why.
    pub is_unknown: bool,
    /// What was found.
    pub text: String,
    /// What to do about it; empty if there is nothing to do.
    pub advice: String,
    /// The migration that it is about.
    pub revision: Option<String>,
    /// The statement that it is about.
    pub place: Option<Place>,
    /// The table that it is about.
    pub table: Option<String>,
    /// How many rows, or values, were found.
    pub count: Option<u64>,
    /// Up to three of them.
    pub examples: Vec<String>,
    /// The query that finds all of them.
    pub query: Option<String>,
    /// How long the statement or step is expected to take.
    pub estimate: Option<Duration>,
}

impl Answer {
    pub(crate) fn new(state: AnswerState, subject: Subject, text: impl Into<String>) -> Self {
        Self {
            state,
            subject,
            is_unknown: false,
            text: text.into(),
            advice: String::new(),
            revision: None,
            place: None,
            table: None,
            count: None,
            examples: Vec::new(),
            query: None,
            estimate: None,
        }
    }

    pub(crate) fn ok(subject: Subject, text: impl Into<String>) -> Self {
        Self::new(AnswerState::Ok, subject, text)
    }

    pub(crate) fn look(subject: Subject, text: impl Into<String>) -> Self {
        Self::new(AnswerState::Look, subject, text)
    }

    pub(crate) fn stop(subject: Subject, text: impl Into<String>) -> Self {
        Self::new(AnswerState::Stop, subject, text)
    }

    /// Nothing can be said, and this is why.
    pub(crate) fn unknown(subject: Subject, because: impl fmt::Display) -> Self {
        let text = format!("not known, because {because}");
        Self { is_unknown: true, ..Self::look(subject, text) }
    }

    pub(crate) fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = advice.into();
        self
    }

    pub(crate) fn on_table(mut self, table: impl Into<String>) -> Self {
        self.table = Some(table.into());
        self
    }

    pub(crate) fn at(mut self, revision: &str, place: Place) -> Self {
        self.revision = Some(revision.to_owned());
        self.place = Some(place);
        self
    }
}

impl fmt::Display for Answer {
    /// Where it is, what was found, and below it what to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.text)?;
        if !self.examples.is_empty() {
            write!(f, ": {}", self.examples.join("; "))?;
        }
        for line in self.advice.lines() {
            write!(f, "\n  -> {line}")?;
        }
        Ok(())
    }
}
