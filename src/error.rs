//! What can go wrong, with the state that it leaves and the way out.
//!
//! Every message says what happened, where, what state the database is in and what to do next. Messages are for
//! people and may change in any release; programs look at the variant and its fields.

mod existing;

use std::{fmt, time::Duration};

pub use self::existing::ExistingTables;

/// The result of every fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error from below: the driver's, or the one that a registered Rust function returned.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// A place in a migration file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Place {
    /// The file's path below the migrations folder, or what stands for it where a migration was built in code.
    pub file: String,
    /// The line, from 1; 0 where the whole file is meant.
    pub line: u32,
    /// The column in characters, from 1; 0 where the whole line is meant.
    pub column: u32,
}

impl Place {
    pub(crate) fn new(file: impl Into<String>, line: u32, column: u32) -> Self {
        Self { file: file.into(), line, column }
    }

    pub(crate) fn file(file: impl Into<String>) -> Self {
        Self::new(file, 0, 0)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if self.column > 0 {
            write!(f, ":{}", self.column)?;
        }
        Ok(())
    }
}

/// Everything that can go wrong.
///
/// Unless a variant says otherwise the database is as it was before the call.
///
/// Its `Debug` is the message as well, since that is what a `main` that returns it prints:
///
/// ```
/// let graph = ambix::Graph::new(ambix::Migrations::new([ambix::Migration::new("a", "")])?)?;
/// let error = graph.find("b").unwrap_err();
/// assert_eq!(format!("{error:?}"), error.to_string());
/// # Ok::<(), ambix::Error>(())
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A migration file, its name, its directives or its SQL cannot be used. No database was touched.
    #[error("{place}: {problem}")]
    Source {
        /// Where.
        place: Place,
        /// What is wrong, and what would be right.
        problem: String,
    },

    /// Two migrations have the same revision. No database was touched.
    #[error(
        "revision {revision} is used twice, by {first} and {second}; give one of them another revision (rename the file, \
         or write `-- ambix: revision ...` at its head)"
    )]
    Duplicate {
        /// The revision.
        revision: String,
        /// The file that sorts first.
        first: Place,
        /// The other file.
        second: Place,
    },

    /// A parent or dependency that no migration has as its revision. No database was touched.
    #[error(
        "{place}: revision {revision} names {missing} as its {relation}, but there is no such migration{}",
        did_you_mean(near)
    )]
    UnknownParent {
        /// The revision that names it.
        revision: String,
        /// Where.
        place: Place,
        /// `parent` or `dependency`.
        relation: &'static str,
        /// The revision that does not exist.
        missing: String,
        /// Revisions that look like it.
        near: Vec<String>,
    },

    /// Revisions that follow from each other in a circle. No database was touched.
    #[error("{} revisions follow from each other in a circle: {}; {}",
        revisions.len(), circle(revisions), places_of(places))]
    Cycle {
        /// The revisions of the circle, each followed by one that it needs.
        revisions: Vec<String>,
        /// Their files, in the same order.
        places: Vec<Place>,
    },

    /// The given revision is not known here.
    #[error("can't locate revision {given}{}", did_you_mean(near))]
    UnknownRevision {
        /// What was asked for.
        given: String,
        /// Revisions that look like it.
        near: Vec<String>,
    },

    /// Several revisions begin with the given prefix.
    #[error(
        "revision {given} is ambiguous: it may be {}; write more of it",
        some_of(candidates, " or ")
    )]
    AmbiguousRevision {
        /// What was asked for.
        given: String,
        /// All the revisions that begin with it.
        candidates: Vec<String>,
    },

    /// One head was asked for, but there are several.
    #[error(
        "{target} means one head, but there are {}: {}; write `heads` for all of them, `<label>@head` for one, or merge them",
        heads.len(), join(heads, ", ")
    )]
    ManyHeads {
        /// What was asked for.
        target: String,
        /// The heads.
        heads: Vec<String>,
    },

    /// A target or range that cannot be read or cannot be reached from where the database is.
    #[error("target {target}: {problem}")]
    Target {
        /// What was asked for.
        target: String,
        /// Why it cannot be.
        problem: String,
    },

    /// Migrations that are older than what is applied, but are not applied themselves. Nothing was run.
    #[error(
        "out of order: {} not applied, but comes before {}, which is; make it follow the newest migration (give it a later \
         name or other parents), or set `out_of_order(OutOfOrder::Allow)`",
        join(pending, ", "),
        join(applied, ", ")
    )]
    OutOfOrder {
        /// The migrations that came late, with their files.
        pending: Vec<String>,
        /// Applied migrations that follow from them.
        applied: Vec<String>,
    },

    /// Migrations that were edited after they had been applied. Nothing was run.
    #[error("{}", changed(.0))]
    Changed(Vec<Changed>),

    /// Migrations that the database has but this program does not know. Nothing was run.
    #[error("{}", missing(.0))]
    Missing(Vec<Missing>),

    /// An earlier run ended in the middle of a migration whose work is not all in one transaction, and what it left cannot be told.
    #[error("{0}")]
    Unfinished(Box<Unfinished>),

    /// A downgrade has to pass a migration that has no down side. Nothing was run.
    #[error("revision {revision} ({place}) cannot be downgraded: {}",
        irreversible(reason.as_deref()))]
    Irreversible {
        /// The revision.
        revision: String,
        /// Its up file.
        place: Place,
        /// What its `irreversible` directive says.
        reason: Option<String>,
    },

    /// The migration lock was not free within the time given. Nothing was run.
    #[error(
        "could not take the migration lock within {waited:?}: {}; nothing was run; wait for it to end, or end it, and start again",
        holder.as_deref().unwrap_or("its holder is not known")
    )]
    Locked {
        /// How long it was tried.
        waited: Duration,
        /// Who holds it, since when and what it runs, as far as the database tells.
        holder: Option<String>,
    },

    /// Another runner took over: the step in hand was rolled back, the steps before it are applied.
    #[error(
        "another runner took over the migration of this database (the epoch is no longer {epoch}); the step in hand was \
         rolled back; start again to continue from what the other has done"
    )]
    Fenced {
        /// The epoch under which this runner worked.
        epoch: i64,
    },

    /// A statement or function of a migration failed.
    #[error("{0}")]
    Failed(Box<Failed>),

    /// A `run` directive names a function that the program did not register. Nothing was run.
    #[error("{place}: no function {function} is registered; {}", registered(known))]
    Unregistered {
        /// The name in the directive.
        function: String,
        /// Where.
        place: Place,
        /// The names that are registered.
        known: Vec<String>,
    },

    /// This cannot be done on this database or in this way. Nothing was run.
    #[error("{0}")]
    Unsupported(String),

    /// The history of another tool cannot be taken over. Nothing was recorded.
    #[error("cannot take over the history of {tool}: {problem}; nothing was recorded; {advice}")]
    NotAdopted {
        /// The tool's name.
        tool: &'static str,
        /// What does not fit.
        problem: String,
        /// What to do about it. The options of [`Adopt`](crate::Adopt) stand in backticks.
        advice: String,
    },

    /// The database already has tables, or another tool's history, but none of ambix. Nothing was run.
    #[error("{0}")]
    ExistingTables(Box<ExistingTables>),

    /// The history table was written by a newer version of ambix. Nothing was run.
    #[error(
        "the history table {table} has layout {layout}, but this version of ambix knows {known} and older; use a newer ambix"
    )]
    NewerLayout {
        /// The history table.
        table: String,
        /// Its layout.
        layout: i64,
        /// The newest layout that this version knows.
        known: i64,
    },

    /// The history table is not as ambix has left it: it is gone, it has rows that cannot be, or it has lost what was in it.
    /// Nothing was run on what it says.
    #[error("the history table {table} {problem}; {advice}")]
    History {
        /// The history table.
        table: String,
        /// What was found.
        problem: String,
        /// What to do about it. Verbs of [`Migrator`](crate::Migrator) stand in backticks.
        advice: String,
    },

    /// [`wait`](crate::Migrator::wait) gave up before the schema was at the target.
    #[error("the schema is not at {target} after {waited:?}: {problem}")]
    NotReady {
        /// The target.
        target: String,
        /// How long it was waited for.
        waited: Duration,
        /// What is missing, or the last error.
        problem: String,
    },

    /// A draft was asked for against a database that lacks migrations. Nothing was written.
    #[error(
        "target database is not up to date: {} pending; what they change would be drafted again, so nothing was; call \
         `run_pending` first, or take the current state from the migrations with `DraftOptions::from_migrations`",
        are(pending)
    )]
    Pending {
        /// The revisions that are not applied.
        pending: Vec<String>,
    },

    /// A draft would lose data. Nothing was written.
    #[error(
        "the draft loses data: {}; nothing was written; if that is meant, allow it with `DraftOptions::allow_destructive`; if \
         something has another name now, declare that with `renamed_from` or `DraftOptions::rename`",
        join(changes, "; ")
    )]
    Destructive {
        /// The changes that lose data.
        changes: Vec<String>,
        /// Dropped and added things that look alike: the old one and the new one.
        rename_candidates: Vec<(String, String)>,
    },

    /// What the models, a `schema.sql` or the migrations say cannot be made in a scratch place. The database is as it was.
    #[error(
        "{doing} in a scratch place failed: {source}; the statement is `{}`; nothing was written, and the scratch place is gone",
        brief(statement)
    )]
    Scratch {
        /// What was being done, with the file and line where there is one.
        doing: String,
        /// The statement.
        statement: String,
        /// The driver's error.
        source: BoxError,
    },

    /// A fixture of a test failed.
    #[error("{place}: the fixture failed: {source}; the statement is `{}`", brief(statement))]
    Fixture {
        /// Where.
        place: Place,
        /// The statement.
        statement: String,
        /// The driver's error.
        source: BoxError,
    },

    /// The database could not be reached, or failed in ambix's own queries.
    #[error("{doing} failed: {source}")]
    Database {
        /// What was being done, for example `reading the history`.
        doing: &'static str,
        /// The driver's error.
        source: BoxError,
    },
}

/// An applied migration whose text is now another one. Part of [`Error::Changed`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Changed {
    /// The revision.
    pub revision: String,
    /// Its up file.
    pub file: String,
    /// The checksum with which it was applied.
    pub applied: String,
    /// The checksum that it has now.
    pub now: String,
}

/// An applied migration that is not known here. Part of [`Error::Missing`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Missing {
    /// The revision.
    pub revision: String,
    /// Its name in the history.
    pub name: String,
    /// When it was applied, in UTC.
    pub applied_at: String,
    /// The program and host that applied it.
    pub applied_by: String,
    /// Known revisions that look like it.
    pub near: Vec<String>,
}

/// A migration that was left in the middle. The content of [`Error::Unfinished`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unfinished {
    /// The revision.
    pub revision: String,
    /// Whether it was an `upgrade` or a `downgrade`.
    pub direction: &'static str,
    /// The statement in doubt, and where it stands; none where the file is not known here or has changed.
    pub statement: Option<(String, Place)>,
    /// How many statements are known to be done.
    pub done: u32,
    /// Why it cannot simply go on.
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
                "go on as said, or complete or undo the migration by hand and call repair: with"
            }
        })?;
        f.write_str(match *direction {
            "downgrade" => {
                " `Repair::MarkApplied` the migration counts as applied again, with `Repair::MarkPending` as taken back"
            }
            _ => " `Repair::MarkApplied` the migration counts as done, with `Repair::MarkPending` as not begun",
        })
    }
}

/// A step that failed. The content of [`Error::Failed`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Failed {
    /// The revision of the step.
    pub revision: String,
    /// Whether it was an `upgrade` or a `downgrade`.
    pub direction: &'static str,
    /// Where: the position that the database reported, or the statement's begin.
    pub place: Place,
    /// The statement, or the name of the Rust function.
    pub statement: String,
    /// The database's own code of the error (SQLSTATE and the like), where it has one.
    pub code: Option<String>,
    /// The revisions that this call applied (or downgraded) before.
    pub done_before: Vec<String>,
    /// What state the database is in, and what to do next.
    pub state: String,
    /// The driver's or the function's error.
    pub source: BoxError,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of revision {} failed at {}: {}",
            self.direction, self.revision, self.place, self.source
        )?;
        if let Some(code) = &self.code {
            write!(f, " (code {code})")?;
        }
        write!(f, "; the statement is `{}`; ", brief(&self.statement))?;
        match self.done_before.as_slice() {
            [] => f.write_str("no step was done before it")?,
            done => write!(f, "done before it: {}", join(done, ", "))?,
        }
        write!(f, "; {}", self.state)
    }
}

impl std::error::Error for Failed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.source.as_ref())
    }
}

impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A statement as a message quotes it: one line, at most 200 characters.
pub(crate) fn brief(statement: &str) -> String {
    let mut words = statement.split_whitespace();
    let mut line = words.next().unwrap_or_default().to_owned();
    for word in words {
        line.push(' ');
        line.push_str(word);
        if line.len() > 800 {
            break;
        }
    }
    match line.char_indices().nth(200) {
        Some((end, _)) => format!("{} ...", line[..end].trim_end()),
        None => line,
    }
}

pub(crate) fn join(items: &[String], separator: &str) -> String {
    items.join(separator)
}

fn are(revisions: &[String]) -> String {
    let verb = if revisions.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", some_of(revisions, ", "))
}

/// How many of a kind a message names. A short prefix may fit thousands, and a wrong folder changes every file.
const SHOWN: usize = 5;

/// The first few, and how many more there are.
pub(crate) fn some_of(items: &[String], separator: &str) -> String {
    match items.len().checked_sub(SHOWN) {
        None | Some(0) => join(items, separator),
        Some(more) => format!("{}{separator}{more} more", join(&items[..SHOWN], separator)),
    }
}

pub(crate) fn did_you_mean(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", join(near, " or ")) }
}

/// A directive reads `irreversible because ...`; in code the reason may come without the word.
fn irreversible(reason: Option<&str>) -> String {
    match reason {
        None => "it has no down side; write one, or restore from a backup".to_owned(),
        Some(reason) if reason.starts_with("because") => format!("it is irreversible {reason}"),
        Some(reason) => format!("it is irreversible because {reason}"),
    }
}

fn registered(known: &[String]) -> String {
    match known {
        [] => "call `Migrator::register` with this name".to_owned(),
        known => format!("registered are: {}", join(known, ", ")),
    }
}

fn circle(revisions: &[String]) -> String {
    let mut names: Vec<&str> = revisions.iter().map(String::as_str).collect();
    names.extend(revisions.first().map(String::as_str));
    names.join(" needs ")
}

fn places_of(places: &[Place]) -> String {
    let places: Vec<String> = places.iter().map(Place::to_string).collect();
    format!("look at their parents and depends-on in {}", join(&places, ", "))
}

fn changed(all: &[Changed]) -> String {
    let each: Vec<String> = all
        .iter()
        .map(|c| {
            format!(
                "{} (revision {}) was applied as {} and is now {}",
                c.file, c.revision, c.applied, c.now
            )
        })
        .collect();
    format!(
        "edited after being applied: {}; nothing was run; restore the text and write a new migration for the change, or \
         call redo if it is the newest and what it made may be dropped, or call repair with \
         `Repair::AcceptChanged` if the database is as the new text says",
        some_of(&each, "; ")
    )
}

fn missing(all: &[Missing]) -> String {
    let each: Vec<String> = all
        .iter()
        .map(|m| {
            format!(
                "can't locate revision {} ({}), applied {} by {}{}",
                m.revision,
                m.name,
                m.applied_at,
                m.applied_by,
                did_you_mean(&m.near)
            )
        })
        .collect();
    format!(
        "{}; nothing was run; restore the file, or set `unknown_applied(UnknownApplied::AllowNewer)` if this program is \
         older than the schema, or downgrade it with its stored down side, or call repair with `Repair::Forget`",
        some_of(&each, "; ")
    )
}
