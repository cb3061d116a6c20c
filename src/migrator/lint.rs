//! The linter, with the migrations and the baseline of a migrator.

use super::Migrator;
use crate::{
    database::driver,
    error::Result,
    graph::Applied,
    lint::{self, Chosen, LintOptions, LintReport},
};

impl Migrator {
    /// Looks for what will hurt when the migrations run: locks, rewrites, statements that break a running program, data that may not fit.
    ///
    /// `database` is a scheme (`postgres`, `mysql`, `mariadb`, `sqlite`) or a URL, which is not connected to. Findings in the baseline
    /// `ambix.lint` beside the migrations are left out, and so are those that an `allow` comment above their statement silences; see
    /// [`lint`](crate::lint).
    ///
    /// # Errors
    /// [`Error::NotCompiledIn`](crate::Error::NotCompiledIn) if the database is not compiled in;
    /// [`Error::UnknownRevision`](crate::Error::UnknownRevision) if an end of the range is not known.
    pub fn lint(&self, database: &str, options: &LintOptions) -> Result<LintReport> {
        let chosen = self.chosen(options)?;
        self.lint_chosen(database, &chosen, options)
    }

    /// The migrations that the options choose.
    pub(super) fn chosen(&self, options: &LintOptions) -> Result<Chosen> {
        let Some(range) = &options.range else { return Ok(Chosen::All) };
        let range = self.graph.range(range, &Applied::default())?;
        Ok(Chosen::Run(range.iter().map(|migration| migration.revision().to_owned()).collect()))
    }

    /// The same for migrations that are known.
    pub(crate) fn lint_chosen(
        &self,
        database: &str,
        chosen: &Chosen,
        options: &LintOptions,
    ) -> Result<LintReport> {
        let dialect = driver(database)?.dialect;
        let baseline = self.graph.baseline().unwrap_or_default();
        Ok(lint::lint(&self.graph, (dialect, database), chosen, options, (baseline, None)))
    }
}
