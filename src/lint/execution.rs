//! What running a statement on a scratch database has shown.

use std::fmt;

use crate::error::Place;

/// What others cannot do with a table while a statement runs, and until its transaction ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Blocked {
    /// They can read and write it.
    #[default]
    Nothing,
    /// They can read it.
    Writes,
    /// They can do neither.
    Everything,
}

/// What a statement did with a table that existed before its run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TableCost {
    /// The table.
    pub table: String,
    /// The strongest lock that the transaction held on it, in the database's words; none if the database does not tell.
    pub lock: Option<String>,
    /// What that lock keeps others from.
    pub blocked: Blocked,
    /// Whether all of its rows were read.
    pub scanned: bool,
    /// Whether the table, or an index of it, was written again.
    pub rewritten: bool,
}

impl fmt::Display for TableCost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        parts.extend(self.lock.clone());
        if self.scanned {
            parts.push("every row read".to_owned());
        }
        if self.rewritten {
            parts.push("written again".to_owned());
        }
        if parts.is_empty() {
            parts.push("nothing blocked, read or written".to_owned());
        }
        write!(f, "{}: {}", self.table, parts.join(", "))
    }
}

/// What one statement of a migration did when it ran on a scratch database.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Execution {
    /// The migration.
    pub revision: String,
    /// The place of the statement in its file.
    pub place: Place,
    /// The statement in one line.
    pub statement: String,
    /// The existing tables that it locked, read or wrote.
    pub tables: Vec<TableCost>,
    /// Where the statement begins, by which it is known again.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) start: usize,
    /// The most that any lock kept others from, those of earlier statements of the transaction included.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) held: Blocked,
    /// What could be seen at all.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) seen: Observable,
}

/// What the database tells about a statement; about the rest its text has the last word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Observable {
    pub(crate) locks: bool,
    pub(crate) rewrites: bool,
}

impl fmt::Display for Execution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.tables.is_empty() {
            return f.write_str("no existing table was locked, read or written again");
        }
        for (at, table) in self.tables.iter().enumerate() {
            write!(f, "{}{table}", if at == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

/// What all statements did, and what could not be tried.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Measurements {
    pub(crate) executions: Vec<Execution>,
    pub(crate) notes: Vec<String>,
}

impl Measurements {
    /// What the statement did that begins there.
    pub(crate) fn find(&self, revision: &str, start: usize) -> Option<&Execution> {
        self.executions.iter().find(|found| found.start == start && found.revision == revision)
    }
}
