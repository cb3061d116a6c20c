//! Failures of our own statements on the history's tables, for which no file is to be blamed.

use super::{execute::Runner, prepare::Prepared};
use crate::{
    database::Failure,
    error::{Advice, Error},
};

impl Runner<'_, '_> {
    /// Whether a failure is one of a statement of ours on the history's tables.
    pub(super) fn is_of_history(&self, failure: &Failure) -> bool {
        let cannot_make = !self.exists && self.dialect.cannot_make(failure);
        // No code of a server says which table it means; its message names it.
        cannot_make || failure.error.to_string().contains(&self.table.name)
    }

    /// Such a failure as an error.
    pub(super) fn history_failed(&self, of: &Prepared<'_>, failure: Failure, state: &str) -> Error {
        let code = failure.code.as_ref().map(|code| format!(" (code {code})")).unwrap_or_default();
        let step = of.step;
        let (problem, advice) = if self.exists {
            let problem = format!(
                "cannot be written{code}, so the {} of revision {} cannot be recorded; {state}",
                step.direction.verb(),
                step.migration.revision()
            );
            if let Some(known) = failure.advice {
                let table = self.table.to_string();
                let advice = Advice::new(known);
                return Error::History { table, problem, advice, source: Some(failure.error) };
            }
            let advice = Advice::new(
                "give this role the rights on the history's tables; if the migration drops or moves them, leave them alone in it, \
                 or keep the history in a schema of its own with ",
            );
            (problem, advice.option("schema", "--history-schema"))
        } else {
            let advice =
                Advice::new("GRANT CREATE ON SCHEMA to this role, let an administrator run ")
                    .verb("ensure_history", "ensure-version")
                    .text(" once, or name another schema with ")
                    .option("schema", "--history-schema");
            (format!("cannot be created{code}; nothing was run"), advice)
        };
        let table = self.table.to_string();
        Error::History { table, problem, advice, source: Some(failure.error) }
    }
}
