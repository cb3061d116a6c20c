//! The quick look: whether what it brings is the history of a database that has every migration, each as it is now.
//!
//! Only then is nothing planned: such a plan has no steps, and there is nothing to say about it.

use super::history::short_rows;
use crate::{
    database::{DigestOf, Row},
    graph::{Graph, Target},
};

/// Whether a target means every migration there is.
pub(crate) fn is_everything(graph: &Graph, target: &Target) -> bool {
    *target == Target::heads() || (*target == Target::head() && graph.heads().len() == 1)
}

/// Whether the rows of `fast` are those of all migrations, applied and with the text that they have now.
pub(crate) fn is_all_applied(graph: &Graph, rows: &[Row]) -> bool {
    let mut applied = true;
    let rows = short_rows(rows).map(|[revision, checksum, state]| {
        applied &= state == "applied";
        (revision, checksum)
    });
    graph.is_all_of(rows) && applied
}

/// What the row of `digest` should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Digest {
    rows: usize,
    digest: String,
}

/// How the history in the database differs from the one that the digest is of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Difference {
    None,
    /// It has too few rows, so that something is pending.
    Fewer,
    /// Only the rows themselves can tell.
    Unclear,
}

impl Digest {
    /// Of the history that has all migrations, and of what was squashed nothing.
    pub(crate) fn of(graph: &Graph, digest: DigestOf) -> Self {
        let mut rows = graph.iter().map(|migration| (migration.revision(), migration.checksum()));
        Self { rows: graph.len(), digest: digest(&mut rows) }
    }

    pub(crate) fn compare(&self, rows: &[Row]) -> Difference {
        let found = rows.iter().find(|row| row.tag() == "digest");
        let Some(row) = found else { return Difference::Unclear };
        // With squashed revisions: how many rows there are, and how many revisions in them.
        if row.find("all_rows") != row.find("revisions") {
            return Difference::Unclear;
        }
        match row.column("rows").and_then(|rows| rows.parse::<usize>().ok()) {
            Some(rows) if rows < self.rows => Difference::Fewer,
            Some(rows) if rows == self.rows && row.column("digest") == Some(&self.digest) => {
                Difference::None
            }
            _ => Difference::Unclear,
        }
    }
}
