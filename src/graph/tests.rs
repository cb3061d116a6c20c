//! The graph against the recorded scenarios, by number, and against random graphs.
//!
//! Where a scenario's answer is one of several right orders, the set and the partial order are compared. "Rows" in a
//! scenario are the revisions in a table that holds heads only; our history has all applied revisions, so a
//! table's rows are turned into what they imply and back.
//!
//! Where we differ from the recorded behaviour:
//! - TRV-011, TRV-014: `-1` with several heads applied goes down the first row there, with a warning that this will be
//!   an error. Here it is the error, which names the heads and the way out.
//! - TRV-037's graph and others: a stamp never erases what the lines that are not named still need (BUG-015).
//! - CLI-020: at a merge `<label>@-1` knows the way; without a label it is ambiguous here, too.
//!
//! Left out:
//! - REV-010 (identifiers that are bytes): a revision is a `&str` by its type.
//! - REV-013, REV-058, REV-059: how private functions answer; the public ones that would use them are tested.
//! - REV-025: a node is taken out of the loaded map by force; a `Graph` cannot be in this state.
//! - REV-056: a filter of a list by the word `heads`; no list is filtered by a word here.
//! - REV-124, REV-127, REV-128: an inclusive lower bound of the downgrade selection, and its `implicit_base`, which no
//!   command reaches (REV-124 and REV-127 are tested as downgrades to what lies below the bound).

mod lookup;
mod notation;
mod random;
mod ranges;
mod traversal;

use super::{Applied, Graph};
use crate::migration::Migration;

impl Graph {
    /// The applied migrations that no applied migration needs, as a parent or as a dependency: what a table that holds
    /// heads only would have.
    fn tips_of(&self, applied: &Applied) -> Vec<&Migration> {
        let tips = self.tips(&self.marks(applied), &self.needs);
        self.all(|node| tips[node])
    }
}
