//! Failures of our own statements on the history's tables, for which no file is to be blamed.

use super::{
    execute::{Interruption, Runner},
    prepare::Prepared,
};
use crate::{
    database::{Failure, FailureKind},
    error::{Advice, Error},
};

impl Runner<'_, '_> {
    /// Whether a failure is one of a statement of ours on the history's tables.
    pub(super) fn is_of_history(&self, failure: &Failure) -> bool {
        let cannot_make =
            !self.exists && (failure.before_files || self.dialect.cannot_make(failure));
        // No code of a server says which table it means; its message names it.
        cannot_make || failure.error.to_string().contains(&self.table.name)
    }

    /// Such a failure as an error.
    pub(super) fn history_failed(&self, of: &Prepared<'_>, failure: Failure, state: &str) -> Error {
        if !self.exists {
            return self.no_table(failure);
        }
        let code = failure.code.as_ref().map(|code| format!(" (code {code})")).unwrap_or_default();
        let step = of.step;
        let problem = format!(
            "cannot be written{code}, so the {} of revision {} cannot be recorded; {state}",
            step.direction.verb(),
            step.migration.revision()
        );
        let table = self.table.to_string();
        let advice = match failure.advice {
            Some(known) => Advice::new(known),
            None => Advice::new(
                "give this role the rights on the history's tables; if the migration drops or moves them, leave them alone in it, \
                 or keep the history in a schema of its own with ",
            )
            .option("schema", "--history-schema"),
        };
        Error::History { table, problem, advice, source: Some(failure.error) }
    }

    /// The tables of the history cannot be created.
    pub(super) fn not_created(&self, failure: Failure) -> Interruption {
        match failure.kind {
            FailureKind::Other => self.no_table(failure).into(),
            _ => Interruption::of(failure, "creating the history table"),
        }
    }

    fn no_table(&self, failure: Failure) -> Error {
        let advice = if failure.is_denied || self.dialect.cannot_make(&failure) {
            Advice::new("GRANT CREATE ON SCHEMA to this role, let an administrator run ")
                .verb("ensure_history", "ensure-version")
                .text(" once, or name another schema with ")
                .option("schema", "--history-schema")
        } else {
            Advice::new(format!(
                "is there a table {}_lock of something else? rename it, or give this program a table of its own with ",
                self.table
            ))
            .option("Migrator::history_table", "--history-table")
        };
        let code = failure.code.as_ref().map(|code| format!(" (code {code})")).unwrap_or_default();
        Error::History {
            table: self.table.to_string(),
            problem: format!("cannot be created{code}; nothing was run"),
            advice,
            source: Some(failure.error),
        }
    }
}
