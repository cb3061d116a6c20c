//! Where the files and the history do not agree.

use std::fmt;

use super::{did_you_mean, some_of};
use crate::{checksum::Checksum, timestamp::Timestamp};

/// An applied migration whose text is now another one. Part of [`Error::Changed`](super::Error::Changed).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Changed {
    /// The revision.
    pub revision: String,
    /// Its up file.
    pub file: String,
    /// The checksum with which it was applied; none if the history does not have one that can be read.
    pub applied: Option<Checksum>,
    /// The checksum that it has now.
    pub now: Checksum,
}

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { revision, file, applied, now } = self;
        write!(f, "{file} (revision {revision}) was applied ")?;
        match applied {
            Some(applied) => write!(f, "as {applied}")?,
            None => f.write_str("with a checksum that cannot be read")?,
        }
        write!(f, " and is now {now}")
    }
}

/// An applied migration that is not known here. Part of [`Error::Missing`](super::Error::Missing).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Missing {
    /// The revision.
    pub revision: String,
    /// Its name in the history.
    pub name: String,
    /// When it was applied, by the database's clock; none if the history does not have a time that can be read.
    pub applied_at: Option<Timestamp>,
    /// The program and host that applied it.
    pub applied_by: String,
    /// Known revisions that look like it.
    pub near: Vec<String>,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { revision, name, applied_by, .. } = self;
        write!(f, "{revision} ({name}), applied {}by {applied_by}", at(self.applied_at))
    }
}

/// A time and a blank, for a sentence; nothing if it is not known.
pub(crate) fn at(time: Option<Timestamp>) -> String {
    time.map(|time| format!("{time} ")).unwrap_or_default()
}

/// A migration that is not applied, though one that follows it is. Part of [`Error::OutOfOrder`](super::Error::OutOfOrder).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Late {
    /// The revision.
    pub revision: String,
    /// Its up file.
    pub file: String,
}

impl fmt::Display for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (revision {})", self.file, self.revision)
    }
}

/// A migration that replaces others, of which the database has only some. The content of
/// [`Error::PartlySquashed`](super::Error::PartlySquashed).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PartlySquashed {
    /// The revision that replaces the others.
    pub revision: String,
    /// Its up file.
    pub file: String,
    /// The revisions that it replaces, in order.
    pub replaces: Vec<String>,
    /// Those of them that the database has.
    pub found: Vec<String>,
}

impl fmt::Display for PartlySquashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { revision, file, replaces, found } = self;
        let (first, last) = (replaces.first(), replaces.last());
        write!(
            f,
            "{file} (revision {revision}) replaces {}, of which the database has only {}; nothing was run; run the version of \
             the program (or the files) before the squash up to {}, or down below {}, then this one",
            replaces.join(", "),
            found.join(", "),
            last.map_or("", String::as_str),
            first.map_or("", String::as_str),
        )
    }
}

pub(super) fn changed(all: &[Changed]) -> String {
    let each: Vec<String> = all.iter().map(Changed::to_string).collect();
    format!(
        "edited after being applied: {}; nothing was run; restore the text and write a new migration for the change, or \
         call redo if it is the newest and what it made may be dropped, or call repair with \
         `Repair::AcceptChanged` if the database is as the new text says",
        some_of(&each, "; ")
    )
}

pub(super) fn missing(all: &[Missing]) -> String {
    let each: Vec<String> = all
        .iter()
        .map(|missing| format!("can't locate revision {missing}{}", did_you_mean(&missing.near)))
        .collect();
    format!(
        "{}; nothing was run; restore the file, or set `UnknownApplied::AllowNewer` if this program is \
         older than the schema, or downgrade it with its stored down side, or call repair with `Repair::Forget`; \
         if it is another program's, give each of them a table of its own with `Migrator::history_table`",
        some_of(&each, "; ")
    )
}
