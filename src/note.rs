//! What a person should know of a run, a plan, a status or a draft, and what a program can act on.

use std::fmt;

/// Something to know that keeps nothing from being done. `Display` says it on one line.
///
/// With the feature `serde` it is that line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// An applied migration was edited since, but only in comments or white space.
    #[non_exhaustive]
    Reformatted {
        /// The revision.
        revision: String,
        /// Its up file.
        file: String,
    },
    /// The database has migrations that this program does not know, and that is allowed.
    #[non_exhaustive]
    NewerSchema {
        /// Their revisions.
        revisions: Vec<String>,
    },
    /// Migrations are run though others that follow them are applied, and that is allowed.
    #[non_exhaustive]
    OutOfOrder {
        /// Their revisions.
        revisions: Vec<String>,
        /// Their up files, in the same order.
        files: Vec<String>,
    },
    /// A run up to a phase has left migrations for later: those of a later phase, and those that need them.
    #[non_exhaustive]
    LeftForLater {
        /// Their revisions, in the order in which they would run.
        revisions: Vec<String>,
        /// Those of them that are of a later phase themselves.
        later: Vec<String>,
    },
    /// `ambix.sum` does not match the files.
    #[non_exhaustive]
    StaleSum {
        /// The revision about which they differ; none if it is the file as a whole.
        revision: Option<String>,
        /// How they differ.
        problem: String,
    },
    /// A migration runs without a transaction, since none of its statements can be in one.
    #[non_exhaustive]
    NoTransaction {
        /// The file.
        file: String,
    },
    /// A migration has transactions of its own, and all of it runs in one.
    #[non_exhaustive]
    OneTransaction {
        /// The file.
        file: String,
    },
    /// A string of a migration has what other tools take for a placeholder, and is sent as it is.
    #[non_exhaustive]
    Placeholder {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u32,
        /// The placeholder.
        text: String,
    },
    /// A migration is reverted with the down side that was applied, and its file has another one now.
    #[non_exhaustive]
    StoredDown {
        /// The revision.
        revision: String,
        /// The file.
        file: String,
    },
    /// Files of the folder are not read, since the migrations of this folder are folders, or since their names do not end in `.sql`.
    #[non_exhaustive]
    FilesLeftOut {
        /// The files.
        files: Vec<String>,
    },
    /// A migration that replaces others cannot be judged, since the database has only some of these.
    #[non_exhaustive]
    Squash {
        /// What is wrong, and what to do.
        problem: String,
    },
    /// Another tool has not applied a migration, though it has applied one that follows it.
    #[non_exhaustive]
    NotAdopted {
        /// The revision that was not applied.
        revision: String,
        /// The one that follows it.
        before: String,
        /// The tool's name.
        tool: &'static str,
    },
    /// The history of another tool begins with a baseline.
    #[non_exhaustive]
    Baseline {
        /// Its version.
        version: String,
        /// The tool's name.
        tool: &'static str,
    },
    /// Another tool has applied a repeatable migration, and ambix has none.
    #[non_exhaustive]
    Repeatable {
        /// Its name.
        name: String,
    },
    /// Another tool has applied what no migration here is, and it is left out as asked.
    #[non_exhaustive]
    Forgotten {
        /// Its version.
        version: String,
    },
    /// The database has a history of ambix, so that of the other tool was not read.
    #[non_exhaustive]
    AdoptedBefore,
    /// A draft was not proven: its sides were not run on a copy of the current schema.
    #[non_exhaustive]
    NotProven {
        /// Why.
        reason: String,
    },
    /// Something is not compared by a draft, and is not the same on both sides.
    #[non_exhaustive]
    NotCompared {
        /// What it is called; several, if they are all of one kind and left alone.
        names: Vec<String>,
        /// What differs, and what to do.
        problem: String,
    },
    /// The columns of a table are in another order than in the models. They are never moved.
    #[non_exhaustive]
    ColumnOrder {
        /// The table.
        table: String,
        /// The order in the database.
        current: Vec<String>,
        /// The order in the models.
        desired: Vec<String>,
    },
    /// A change of an online draft locks programs out for longer than a moment, or the database has no other form for any.
    #[non_exhaustive]
    NotOnline {
        /// The change; none for the draft as a whole.
        change: Option<String>,
        /// Why.
        reason: String,
    },
    /// Something is in the way of a change of a draft.
    #[non_exhaustive]
    Blocked {
        /// The change.
        change: String,
        /// What is in its way.
        problem: String,
        /// Whether the change will fail. Otherwise it breaks something else, or drops it as well.
        is_fatal: bool,
    },
}

impl Note {
    /// Whether a draft cannot be run before a person has done something about this.
    pub(crate) fn keeps_a_draft_from_running(&self) -> bool {
        matches!(self, Self::Blocked { is_fatal: true, .. })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reformatted { file, .. } => write!(
                f,
                "{file} was edited after being applied, but only in comments or white space; repair records its new checksum"
            ),
            Self::NewerSchema { revisions } => write!(
                f,
                "the schema is newer than this program: it also has {}",
                revisions.join(", ")
            ),
            Self::OutOfOrder { revisions, files } => {
                let named = files.iter().zip(revisions);
                let named: Vec<String> =
                    named.map(|(file, revision)| format!("{file} (revision {revision})")).collect();
                write!(f, "run out of order, as allowed: {}", named.join(", "))
            }
            Self::LeftForLater { revisions, later } => left_for_later(f, revisions, later),
            Self::StaleSum { problem, .. } => write!(f, "ambix.sum is stale: {problem}"),
            Self::NoTransaction { file } => write!(
                f,
                "{file} runs without a transaction, since none of its statements can be in one"
            ),
            Self::OneTransaction { file } => write!(
                f,
                "{file} runs in one transaction, without the BEGIN and COMMIT in it; to run it as it is written, put \
                 `-- ambix: transaction none` at its head"
            ),
            Self::Placeholder { file, line, text } => write!(
                f,
                "{file}:{line}: `{text}` is in a string, and ambix sends it as it is; if another tool filled it in, write its value"
            ),
            Self::StoredDown { revision, file } => write!(
                f,
                "{file} (revision {revision}) has another down side than the one that was applied; it is reverted with the applied one, \
                 which the history keeps"
            ),
            Self::FilesLeftOut { files } => files_left_out(f, files),
            Self::Squash { problem } | Self::NotCompared { problem, .. } => f.write_str(problem),
            Self::NotAdopted { revision, before, tool } => write!(
                f,
                "{revision} comes before {before}, but {tool} has not applied it; a run will refuse it as out of order until that is \
                 allowed"
            ),
            Self::Baseline { version, tool } => {
                write!(f, "{version} is {tool}'s baseline: what comes up to it counts as applied")
            }
            Self::Repeatable { name } => write!(
                f,
                "{name} is repeatable, which has no counterpart here; make it a versioned migration for each change"
            ),
            Self::Forgotten { version } => {
                write!(f, "{version} is left out: no migration here is that")
            }
            Self::AdoptedBefore => f.write_str(
                "the database has a history of ambix already, so that of the other tool was not read",
            ),
            Self::ColumnOrder { table, current, desired } => write!(
                f,
                "the columns of {table} are in the order {}, in the models {}",
                current.join(", "),
                desired.join(", ")
            ),
            Self::NotOnline { change, reason } => match change {
                Some(change) => write!(f, "not online: {change}: {reason}"),
                None => write!(f, "not online: {reason}"),
            },
            Self::NotProven { reason } => write!(f, "the draft was not proven: {reason}"),
            Self::Blocked { change, problem, is_fatal } => {
                write!(f, "{change}: {}{problem}", if *is_fatal { "will fail: " } else { "" })
            }
        }
    }
}

fn files_left_out(f: &mut fmt::Formatter<'_>, files: &[String]) -> fmt::Result {
    let more = files.len().saturating_sub(5);
    let shown = files[..files.len() - more].join(", ");
    let more = if more > 0 { format!(", {more} more") } else { String::new() };
    let is_sql = |file: &String| file.to_ascii_lowercase().ends_with(".sql");
    let reason = match files.iter().all(is_sql) {
        true => "these migrations are folders with an `up.sql`, as diesel's are",
        false => {
            "a migration's name ends in .sql (rename what is one, or take it out of the folder)"
        }
    };
    write!(f, "not read, since {reason}: {shown}{more}")
}

fn left_for_later(
    f: &mut fmt::Formatter<'_>,
    revisions: &[String],
    later: &[String],
) -> fmt::Result {
    let others: Vec<&str> =
        revisions.iter().filter(|of| !later.contains(of)).map(String::as_str).collect();
    write!(f, "left for later: {} of phase contract", later.join(", "))?;
    if !others.is_empty() {
        let need = if others.len() == 1 { "needs" } else { "need" };
        let them = if later.len() == 1 { "it" } else { "them" };
        write!(f, ", and {}, which {need} {them}", others.join(", "))?;
    }
    f.write_str("; when no older program is running any more, run them with `Phase::Contract`")
}

#[cfg(feature = "serde")]
impl serde::Serialize for Note {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_files_are_not_all_named() {
        let files: Vec<String> = (1..8).map(|n| format!("{n}.sql")).collect();
        let text = Note::FilesLeftOut { files }.to_string();
        assert!(text.ends_with("1.sql, 2.sql, 3.sql, 4.sql, 5.sql, 2 more"), "{text}");
        let text = Note::FilesLeftOut { files: vec!["1.sql".to_owned()] }.to_string();
        assert!(text.ends_with(": 1.sql"), "{text}");
    }
}
