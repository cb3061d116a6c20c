//! Failures of our own statements on the history's tables, for which no file is to be blamed.

use super::{execute::Runner, work::Prepared};
use crate::{database::Failure, error::Error};

impl Runner<'_, '_> {
    /// A failure in a statement of ours on the history's tables, so that no file is blamed for it.
    pub(super) fn history_failed(
        &self,
        of: &Prepared<'_>,
        failure: &Failure,
        state: &str,
    ) -> Option<Error> {
        let problem = failure.error.to_string();
        let cannot_make = !self.exists && self.dialect.cannot_make(failure);
        if !problem.contains(&self.table.name) && !cannot_make {
            return None;
        }
        let code = failure.code.as_ref().map(|code| format!(" (code {code})")).unwrap_or_default();
        let step = of.step;
        let (what, advice) = if self.exists {
            (
                format!(
                    "cannot be written: {problem}{code}; so the {} of revision {} cannot be recorded; {state}",
                    step.direction.verb(),
                    step.migration.revision()
                ),
                "give this role the rights on the history's tables; if the migration drops or moves them, leave them alone in it, or \
                 keep the history in a schema of its own with `schema` (--history-schema)",
            )
        } else {
            (
                format!("cannot be made: {problem}{code}; nothing was run"),
                "GRANT CREATE ON SCHEMA to this role, let an administrator run `ensure_history` (ensure-version) once, or name \
                 another schema with `schema` (--history-schema)",
            )
        };
        let table = self.table.to_string();
        Some(Error::History { table, problem: what, advice: advice.to_owned() })
    }
}
