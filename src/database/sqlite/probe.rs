//! How to find out whether a statement that stands alone has been done.

use super::{super::Probe, SYNTAX};
use crate::sql::Statement;

/// VACUUM and PRAGMA may be run again without harm; ATTACH and DETACH end with the connection.
pub(super) fn probe(statement: &Statement<'_>) -> Option<Probe> {
    let mut cursor = statement.cursor(&SYNTAX);
    cursor.any_keyword(&["VACUUM", "PRAGMA", "ATTACH", "DETACH"]).map(|_| Probe::again())
}
