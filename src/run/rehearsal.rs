//! Whether a migration was applied, reverted and applied again on a database: a word in its row of the history.
//!
//! The row has the checksum of the up side, and the word the one of the down side that was run, so that an edit of either ends it. It goes
//! with the row: what is reverted once more has to be rehearsed once more. Older programs pass over the word.

use super::history::Record;
use crate::migration::Migration;

/// What a row says of a rehearsal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rehearsal {
    /// The migration was applied, reverted and applied again, with the texts that it has now.
    Done,
    /// Its up side was another one.
    Changed,
    /// Its down side was another one.
    OtherDown,
    /// It was only applied.
    None,
}

const WORD: &str = "rehearsed ";

/// The word for the down side that a migration has now.
fn word(migration: &Migration) -> String {
    let down = migration.down_script().map(|down| down.checksum().to_string()).unwrap_or_default();
    let digits = down.rsplit(':').next().unwrap_or_default();
    format!("{WORD}{}", digits.get(..16).unwrap_or("nothing"))
}

impl Record {
    /// Whether it was rehearsed as it is now.
    pub(crate) fn rehearsal(&self, migration: &Migration) -> Rehearsal {
        let flag = self.flags.split("; ").find(|flag| flag.starts_with(WORD));
        match flag {
            _ if self.checksum != migration.checksum().to_string() => Rehearsal::Changed,
            Some(flag) if flag == word(migration) => Rehearsal::Done,
            Some(_) => Rehearsal::OtherDown,
            None => Rehearsal::None,
        }
    }

    /// Its flags with the word that it was rehearsed.
    pub(crate) fn rehearsed_flags(&self, migration: &Migration) -> String {
        let others =
            self.flags.split("; ").filter(|flag| !flag.is_empty() && !flag.starts_with(WORD));
        let mut flags: Vec<String> = others.map(str::to_owned).collect();
        flags.push(word(migration));
        flags.join("; ")
    }
}
