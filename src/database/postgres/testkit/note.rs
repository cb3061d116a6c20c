//! What the kit writes into a database's comment: the one place that a copy of it does not take along.

use super::{super::Postgres, reuse::TemplateState};
use crate::database::{Dialect, Row};

/// What is known about a database of the kit.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) name: String,
    pub(super) note: CopyNote,
    /// Somebody has its lock.
    pub(super) held: bool,
    /// Seconds since its note was written.
    pub(super) age: u64,
}

impl Known {
    /// Reads a row of the section `known`.
    pub(super) fn read(row: &Row) -> Option<Self> {
        if row.tag() != "known" {
            return None;
        }
        let (note, at) = CopyNote::read(row.text("note"));
        let now: u64 = row.text("now").parse().unwrap_or_default();
        let age = now.saturating_sub(at);
        Some(Self { name: row.text("name").to_owned(), note, held: row.text("held") == "1", age })
    }
}

/// The content of the comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CopyNote {
    /// Nothing: it is in use, or a killed process has left it.
    None,
    /// A template that is used, and what tells whether a copy is still like it.
    Used(TemplateState),
    /// A copy that is like the template of this fingerprint again.
    Ready(String),
    /// A copy that was kept, and the test that failed.
    Kept(String),
}

impl CopyNote {
    /// The note, and the second at which it was written.
    fn read(comment: &str) -> (Self, u64) {
        let mut words = comment.splitn(4, ' ');
        let (Some("ambix"), Some(kind), Some(at)) = (words.next(), words.next(), words.next())
        else {
            return (Self::None, 0);
        };
        let rest = words.next().unwrap_or_default();
        let note = match kind {
            "used" => Self::Used(TemplateState::read(rest)),
            "ready" => Self::Ready(rest.to_owned()),
            "kept" => Self::Kept(rest.to_owned()),
            _ => Self::None,
        };
        (note, at.parse().unwrap_or_default())
    }

    /// The statement that writes it, with the time of the server.
    pub(super) fn write(&self, database: &str) -> String {
        let (kind, rest) = match self {
            Self::None => {
                return format!("COMMENT ON DATABASE {} IS NULL", Postgres.quote(database));
            }
            Self::Used(facts) => ("used", facts.to_string()),
            Self::Ready(fingerprint) => ("ready", fingerprint.clone()),
            Self::Kept(test) => ("kept", test.clone()),
        };
        // A comment takes no expression.
        let body = format!(
            "BEGIN EXECUTE format('COMMENT ON DATABASE %I IS %L', {}, \
             concat_ws(' ', 'ambix', '{kind}', floor(extract(epoch FROM now()))::bigint, {})); END",
            Postgres.literal(database),
            Postgres.literal(&rest)
        );
        format!("DO {}", Postgres.literal(&body))
    }
}
