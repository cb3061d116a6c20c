//! What a verb has done, and what it would do: plain values with a `Display` for people.

use std::{fmt, time::Duration};

use super::plan::{Action, Direction, Step};
use crate::database::Dialect;
use crate::{migration::Phase, note::Note};

/// What a run has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Report {
    /// The steps that this call has done, in order. Empty where there was nothing to do.
    pub steps: Vec<StepReport>,
    /// How long the call waited for the migration lock.
    pub waited: Duration,
    /// How long the call took, waiting included.
    pub elapsed: Duration,
    /// What a person should know: a reformatted file, a stale `ambix.sum`, a schema newer than the program.
    pub notes: Vec<Note>,
}

impl Report {
    /// Whether there was nothing to do.
    #[must_use]
    pub fn is_noop(&self) -> bool {
        self.steps.is_empty()
    }

    /// Adds what a further run of the same verb has done.
    pub(crate) fn append(&mut self, other: Self) {
        self.steps.extend(other.steps);
        for note in other.notes {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        self.waited += other.waited;
        self.elapsed += other.elapsed;
    }
}

/// A step that was done. Part of [`Report`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct StepReport {
    /// The revision.
    pub revision: String,
    /// The migration's name.
    pub name: String,
    /// Which way it went.
    pub direction: Direction,
    /// Whether the SQL was run, or only the history written.
    pub action: Action,
    /// How many statements and functions it has.
    pub statements: usize,
    /// How long it took, by the database's clock where it tells.
    pub duration: Duration,
}

impl fmt::Display for Report {
    /// One line for each step, and none where there was nothing to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines: Vec<String> = self.steps.iter().map(ToString::to_string).collect();
        lines.extend(self.notes.iter().map(|note| format!("note: {note}")));
        if lines.is_empty() {
            lines.push("nothing to do".to_owned());
        }
        f.write_str(&lines.join("\n"))
    }
}

impl fmt::Display for StepReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = doing(self.direction, self.action);
        write!(f, "{verb} {}{} ({})", self.revision, comma(&self.name), took(self.duration))
    }
}

fn doing(direction: Direction, action: Action) -> &'static str {
    match (direction, action) {
        (Direction::Up, Action::Run) => "upgraded",
        (Direction::Down, Action::Run) => "downgraded",
        (Direction::Up, Action::Record) => "recorded",
        (Direction::Down, Action::Record) => "erased",
    }
}

/// Some databases have a clock of milliseconds only, and `0.0ns` would be a lie.
pub(crate) fn took(duration: Duration) -> String {
    if duration.is_zero() { "under 1 ms".to_owned() } else { format!("{duration:.1?}") }
}

fn comma(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(", {name}") }
}

/// What a run would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Plan {
    /// The steps, in order.
    pub steps: Vec<PlannedStep>,
    /// What a person should know.
    pub notes: Vec<Note>,
}

/// One step of a [`Plan`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PlannedStep {
    /// The revision.
    pub revision: String,
    /// The migration's name.
    pub name: String,
    /// Which way it goes.
    pub direction: Direction,
    /// Whether the SQL is run, or only the history written.
    pub action: Action,
    /// The file whose SQL is run.
    pub file: String,
    /// How many statements and functions it has.
    pub statements: usize,
    /// Whether all of it is one transaction; where it is not, a failure leaves it unfinished.
    pub transactional: bool,
    /// The phase that the migration is marked with.
    pub phase: Option<Phase>,
    /// How many statements an earlier run has done already.
    pub resumes_after: Option<u32>,
}

impl PlannedStep {
    pub(crate) fn of(prepared: &super::prepare::Prepared<'_>) -> Self {
        let Step { migration, direction, action, resume } = prepared.step;
        Self {
            revision: migration.revision.clone(),
            name: migration.name.clone(),
            direction: *direction,
            action: *action,
            file: prepared.place(0, 0).file,
            statements: prepared.statements(),
            transactional: prepared.mode == super::prepare::Mode::OneTransaction,
            phase: migration.phase,
            resumes_after: resume.as_ref().map(|record| record.statements_done),
        }
    }
}

impl Plan {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = Vec::new();
        for (at, step) in self.steps.iter().enumerate() {
            let verb = match (step.direction, step.action) {
                (Direction::Up, Action::Run) => "upgrade",
                (Direction::Down, Action::Run) => "downgrade",
                (Direction::Up, Action::Record) => "record",
                (Direction::Down, Action::Record) => "erase",
            };
            let mut line = format!("{}. {verb} {}{}", at + 1, step.revision, comma(&step.name));
            if step.action == Action::Run {
                let s = if step.statements == 1 { "" } else { "s" };
                line += &format!(" ({}, {} statement{s}", step.file, step.statements);
                line += &step.phase.map_or_else(String::new, |phase| format!(", phase {phase}"));
                line += if step.transactional { ")" } else { ", not in one transaction)" };
            }
            if let Some(done) = step.resumes_after {
                line += &format!("; continues after statement {done}, where an earlier run ended");
            }
            lines.push(line);
        }
        lines.extend(self.notes.iter().map(|note| format!("note: {note}")));
        if self.steps.is_empty() {
            lines.insert(0, "nothing to do".to_owned());
        }
        f.write_str(&lines.join("\n"))
    }
}

/// The name of a database for messages.
pub(crate) fn transactional_note(dialect: &dyn Dialect) -> &'static str {
    if dialect.capabilities().transactional_ddl {
        "the step was rolled back as a whole"
    } else {
        "the step is data only and was rolled back as a whole"
    }
}
