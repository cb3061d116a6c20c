//! Writing the schema of a database as a script, and keeping a file with it up to date.

use super::{Migrator, draft::drafting};
use crate::{
    database::Connector,
    draft::{self, Dump, DumpOptions, is_of},
    error::Result,
    run::report::Report,
    source,
};
#[cfg(feature = "cli")]
use crate::{
    database::{Connect, Drafting},
    schema::Schema,
};

/// The state of the database if the file cannot be written.
pub(crate) const AFTER_A_RUN: &str = "the run is done, and only the file is out of date";

impl Migrator {
    pub(super) async fn dump_on(
        &self,
        connector: &mut (dyn Connector + '_),
        options: DumpOptions,
    ) -> Result<Dump> {
        let dialect = connector.dialect();
        let schemas = self.other_schemas(connector).await?;
        let mut schema = self.with_own_tables(connector, &schemas).await?;
        let own = self.own_tables();
        schema.uncovered.retain(|thing| !own.iter().any(|table| is_of(&thing.name, &table.name)));
        draft::dump(schema, dialect, drafting(dialect)?, (&own, options))
    }

    /// A schema to show or to write otherwise: what the models and the script say, or the database.
    #[cfg(feature = "cli")]
    pub(crate) async fn described<'c>(
        &self,
        database: impl Connect<'c>,
        is_wanted: bool,
    ) -> Result<(Schema, &'static dyn Drafting)> {
        let mut connector = self.connector(database)?;
        let drafting = drafting(connector.dialect())?;
        let schema = match is_wanted {
            true => self.wanted_schema(&mut *connector).await?,
            false => self.dump_on(&mut *connector, DumpOptions::new()).await?.schema,
        };
        Ok((schema, drafting))
    }

    /// Writes the schema to the file that was asked for, if a run has changed anything.
    pub(super) async fn keep_dump(
        &self,
        connector: &mut (dyn Connector + '_),
        report: &Report,
    ) -> Result<()> {
        let Some((file, options)) = &self.options.drafting.dump else { return Ok(()) };
        if report.steps.is_empty() {
            return Ok(());
        }
        let dump = self.dump_on(connector, *options).await?;
        source::replace(file, &dump.sql, AFTER_A_RUN).map(drop)
    }

    /// The same migrator for the databases of tests, which are nobody's schema.
    #[cfg(feature = "testkit")]
    pub(crate) fn without_dump(&self) -> Self {
        let mut migrator = self.clone();
        migrator.options.drafting.dump = None;
        migrator
    }
}
