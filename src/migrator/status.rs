//! What the files, `ambix.sum` and the history say of each migration.

use std::{
    cmp::Ordering,
    collections::{HashMap, HashSet},
    fmt,
};

use super::{Migrator, run_loop::only_error};
use crate::{
    checksum::Checksum,
    database::Connector,
    error::{Result, at},
    migration::Phase,
    note::Note,
    run::{
        history::{Record, State},
        plan::{self, TextChange},
    },
};

/// How every migration stands. Made by [`Migrator::status`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Status {
    /// One entry for each migration that the files or the history have, parents first.
    pub entries: Vec<StatusEntry>,
    /// How `ambix.sum` differs from the files; empty where it does not, or there is none.
    pub sum_problems: Vec<Note>,
    /// A migration that replaces others, of which only some are applied, or one is unfinished.
    pub squash_problems: Vec<Note>,
}

/// One migration. Part of [`Status`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct StatusEntry {
    /// The revision.
    pub revision: String,
    /// Its name.
    pub name: String,
    /// The up file; none where only the history knows it.
    pub file: Option<String>,
    /// How it stands.
    pub state: StatusState,
    /// The phase that it is marked with.
    pub phase: Option<Phase>,
    /// Its row in the history, where there is one.
    pub record: Option<Record>,
}

/// How a migration stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum StatusState {
    /// Applied, with the text that the file has.
    Applied,
    /// Not applied.
    Pending,
    /// Not applied, though an applied migration follows from it.
    OutOfOrder,
    /// Applied, and only comments or white space were edited since.
    Reformatted,
    /// Applied, and edited since.
    #[non_exhaustive]
    Changed {
        /// The checksum that the file has now.
        now: Checksum,
    },
    /// Applied, but not known here.
    Missing,
    /// Begun, and not ended.
    Unfinished,
}

impl StatusState {
    /// A word for it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Pending => "pending",
            Self::OutOfOrder => "out of order",
            Self::Reformatted => "reformatted",
            Self::Changed { .. } => "changed",
            Self::Missing => "missing",
            Self::Unfinished => "unfinished",
        }
    }
}

impl Status {
    /// Whether there is nothing to run and nothing to repair.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.squash_problems.is_empty()
            && self
                .entries
                .iter()
                .all(|e| matches!(e.state, StatusState::Applied | StatusState::Reformatted))
    }

    /// The entries with the given state's word: `pending`, `changed` ...
    pub fn with<'s>(&'s self, word: &'s str) -> impl Iterator<Item = &'s StatusEntry> {
        self.entries.iter().filter(move |entry| entry.state.word() == word)
    }

    pub(super) fn verification(self) -> Verification {
        let mut problems: Vec<String> = Vec::new();
        for entry in &self.entries {
            let StatusEntry { revision, .. } = entry;
            let file = entry.file.as_deref().unwrap_or_default();
            let record = entry.record.as_ref();
            problems.extend(match &entry.state {
                StatusState::Applied | StatusState::Pending | StatusState::Reformatted => None,
                StatusState::OutOfOrder => Some(format!(
                    "{file} (revision {revision}) is out of order: it comes before applied migrations, but is not applied"
                )),
                StatusState::Changed { now } => {
                    let was = record.map_or("", |record| record.checksum.as_str());
                    Some(match was.parse::<Checksum>() {
                        Ok(_) => format!("{file} (revision {revision}) was edited after being applied: it was {was} and is {now}"),
                        Err(_) => format!(
                            "{file} (revision {revision}) was applied with a checksum that cannot be read ({was:?}) and is {now}"
                        ),
                    })
                }
                StatusState::Missing => record.map(|record| format!(
                    "can't locate revision {revision} ({}), applied {}by {}",
                    record.name, at(record.applied_at), record.applied_by
                )),
                StatusState::Unfinished => record.map(unfinished),
            });
        }
        problems.extend(self.sum_problems.iter().chain(&self.squash_problems).map(Note::to_string));
        Verification { problems }
    }
}

/// When it was applied, as a column of a table.
fn applied_at(record: &Record) -> String {
    record.applied_at.map_or_else(|| "at an unknown time".to_owned(), |time| time.to_string())
}

/// What is to be said of a migration that an earlier run has left in the middle.
fn unfinished(record: &Record) -> String {
    let run = if record.state == State::Downgrading { "downgrade" } else { "run" };
    format!(
        "revision {} is unfinished: {} statements are done, then its {run} ended",
        record.revision, record.statements_done
    )
}

impl fmt::Display for Status {
    /// One line for each migration.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width =
            |of: fn(&StatusEntry) -> usize| self.entries.iter().map(of).max().unwrap_or_default();
        let states = width(|e| e.state.word().chars().count());
        let revisions = width(|e| e.revision.chars().count());
        let mut lines: Vec<String> = Vec::new();
        for entry in &self.entries {
            let mut line = format!(
                "{:states$}  {:revisions$}  {}",
                entry.state.word(),
                entry.revision,
                entry.name
            );
            line += &entry.phase.map_or_else(String::new, |phase| format!(" ({phase})"));
            if let Some(record) = &entry.record {
                line += &format!("  {}", applied_at(record));
            }
            lines.push(line.trim_end().to_owned());
        }
        lines.extend(self.sum_problems.iter().map(|note| format!("note: {note}")));
        lines.extend(self.squash_problems.iter().map(|problem| format!("problem: {problem}")));
        if lines.is_empty() {
            lines.push("no migrations".to_owned());
        }
        f.write_str(&lines.join("\n"))
    }
}

/// Whether files, `ambix.sum` and history agree. Made by [`Migrator::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Verification {
    /// What does not agree, a sentence each.
    pub problems: Vec<String>,
}

impl Verification {
    /// Whether everything agrees.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.problems.is_empty()
    }
}

impl fmt::Display for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_ok() {
            f.write_str("files and history agree")
        } else {
            f.write_str(&self.problems.join("\n"))
        }
    }
}

/// Where the database is. Made by [`Migrator::current`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Current {
    /// The newest applied revision of each branch, in a stable order; empty at `base`.
    pub revisions: Vec<String>,
    /// Whether these are all the heads, so that nothing is pending and nothing unfinished.
    pub is_head: bool,
    /// The revisions that an upgrade or a downgrade has left in the middle: they are neither applied nor pending.
    pub unfinished: Vec<String>,
}

impl Current {
    /// The migrations to revert first: the unfinished ones, or else the newest applied one of each branch.
    pub(crate) fn into_newest(self) -> Vec<String> {
        if self.unfinished.is_empty() { self.revisions } else { self.unfinished }
    }
}

impl fmt::Display for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = if self.is_head { " (head)" } else { "" };
        let mut lines: Vec<String> =
            self.revisions.iter().map(|revision| format!("{revision}{head}")).collect();
        lines.extend(self.unfinished.iter().map(|revision| format!("{revision} (unfinished)")));
        f.write_str(&if lines.is_empty() { "base".to_owned() } else { lines.join("\n") })
    }
}

/// What was applied. Made by [`Migrator::history`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct History {
    /// The rows, oldest first.
    pub records: Vec<Record>,
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self
            .records
            .iter()
            .map(|r| {
                let state = if r.state == State::Applied {
                    String::new()
                } else {
                    format!(" ({})", r.state)
                };
                let millis = r.duration_us / 1000;
                format!(
                    "{}  {}{state}  {}  {millis} ms  {}",
                    r.revision,
                    r.name,
                    applied_at(r),
                    r.applied_by
                )
            })
            .collect();
        f.write_str(&if lines.is_empty() { "nothing applied".to_owned() } else { lines.join("\n") })
    }
}

impl Migrator {
    pub(super) async fn status_on(&self, connector: &mut (dyn Connector + '_)) -> Result<Status> {
        let dialect = connector.dialect();
        let syntax = dialect.syntax();
        let snapshot = self.snapshot(connector).await?;
        if !self.graph.is_empty() && snapshot.records.is_empty() {
            let application = self.options.process.on_server();
            let mut session = connector.quick(&application).await?;
            let checked = self.check_existing(&mut *session, dialect, &snapshot, None).await;
            session.close().await;
            checked.map_err(only_error)?;
        }
        let graph = plan::with_history(&self.graph, &snapshot, &HashMap::new())?;
        let applied = plan::applied(&self.graph, &snapshot);
        let late: HashSet<&str> =
            graph.out_of_order(&applied).into_iter().map(|(late, _)| late.revision()).collect();
        let entries = graph.iter().map(|migration| {
            let known = self.graph.get(migration.revision());
            let record = snapshot.record(migration.revision());
            let state = match (known, record) {
                (_, Some(record)) if record.state != State::Applied => StatusState::Unfinished,
                (None, _) => StatusState::Missing,
                // Squashed, and all that it stands for is applied; the next run writes its row.
                (Some(_), None) if applied.contains(migration.revision()) => StatusState::Applied,
                (Some(_), None) if late.contains(migration.revision()) => StatusState::OutOfOrder,
                (Some(_), None) => StatusState::Pending,
                (Some(known), Some(record)) => match plan::compare(known, record, syntax) {
                    TextChange::Same => StatusState::Applied,
                    TextChange::Reformatted => StatusState::Reformatted,
                    TextChange::Other => StatusState::Changed { now: known.checksum() },
                },
            };
            StatusEntry {
                revision: migration.revision().to_owned(),
                name: migration.name().to_owned(),
                file: known.map(|known| known.up_script().file().to_owned()),
                state,
                phase: known.and_then(|known| known.phase),
                record: record.cloned(),
            }
        });
        let in_parts =
            plan::unrecorded(&self.graph, &snapshot).err().map(|error| error.to_string());
        let below = |record: &&Record| self.graph.replaced_by(&record.revision).is_some();
        let below: Vec<String> = snapshot.unfinished().filter(below).map(unfinished).collect();
        Ok(Status {
            entries: entries.collect(),
            sum_problems: self.sum_problems.to_vec(),
            squash_problems: in_parts
                .into_iter()
                .chain(below)
                .map(|problem| Note::Squash { problem })
                .collect(),
        })
    }

    pub(super) async fn current_on(&self, connector: &mut (dyn Connector + '_)) -> Result<Current> {
        let snapshot = self.snapshot(connector).await?;
        let graph = plan::with_history(&self.graph, &snapshot, &HashMap::new())?;
        let applied = plan::applied(&self.graph, &snapshot);
        let revisions =
            graph.current(&applied).into_iter().map(|m| m.revision().to_owned()).collect();
        let unfinished: Vec<String> =
            snapshot.unfinished().map(|record| record.revision.clone()).collect();
        let is_head = !self.graph.is_empty()
            && unfinished.is_empty()
            && self.graph.iter().all(|m| applied.contains(m.revision()));
        Ok(Current { revisions, is_head, unfinished })
    }

    pub(super) async fn history_on(&self, connector: &mut (dyn Connector + '_)) -> Result<History> {
        let snapshot = self.snapshot(connector).await?;
        let graph = plan::with_history(&self.graph, &snapshot, &HashMap::new())?;
        let rank: HashMap<&str, usize> =
            graph.iter().enumerate().map(|(at, m)| (m.revision(), at)).collect();
        let mut records = snapshot.records;
        // Rows of one transaction have nearly one time, and a graph tells more than a clock.
        let by = |a: &Record, b: &Record| -> Ordering {
            let ranked = rank.get(a.revision.as_str()).cmp(&rank.get(b.revision.as_str()));
            a.applied_at.cmp(&b.applied_at).then(ranked)
        };
        records.sort_by(by);
        Ok(History { records })
    }
}
