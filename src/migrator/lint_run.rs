//! The linter with what running the migrations in a scratch database shows.

use super::{Migrator, draft::drafting, scratch::ScratchWork};
use crate::{
    database::{BoxFuture, Connect, Connector, Session},
    error::{Error, Result},
    lint::{self, Chosen, LintOptions, LintReport, Measurements},
    measure::Measurer,
};

/// Who needs a scratch database.
const WHY: &str = "running the migrations to see what their statements do";

impl Migrator {
    /// Does what [`lint`](Self::lint) does, and also runs the migrations in a scratch database of the same server, with a row in
    /// each table. If running the statement shows the lock, scan or rewrite of a finding, its [`measured`](lint::Finding::measured)
    /// says so; if it shows that a finding is wrong, the finding is [withdrawn](LintReport::withdrawn); and what no text shows, such as
    /// what a DO block does, is found as well. If a migration fails there, [`LintReport::failure`] says so, and the findings in the text
    /// of that one and of all others are returned nevertheless.
    ///
    /// ambix looks at the locks of its own transaction, the files of the tables and the number of scans, or asks the server with
    /// ALGORITHM and LOCK what it accepts; the chapter [lint](crate::_docs::lint) has the details of each database. `database` itself is
    /// neither read nor changed, but its server must let ambix create another database.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), ambix::Error> {
    /// use ambix::{Migration, Migrations, Migrator, lint::LintOptions};
    /// let rebuild = "-- ambix: foreign-keys off
    ///     CREATE TABLE new_users (id integer PRIMARY KEY, name text NOT NULL);
    ///     INSERT INTO new_users SELECT id, name FROM users;
    ///     DROP TABLE users;
    ///     ALTER TABLE new_users RENAME TO users";
    /// let migrator = Migrator::from_migrations(Migrations::new([
    ///     Migration::new("1", "create users").up("CREATE TABLE users (id integer PRIMARY KEY, name text)"),
    ///     Migration::new("2", "demand names of users").up(rebuild),
    /// ])?)?;
    /// let pool = sqlx::SqlitePool::connect_lazy("sqlite::memory:").expect("a URL");
    /// let report = migrator.lint_run(&pool, &LintOptions::new()).await?;
    /// let rebuilt = report.findings.iter().find(|finding| finding.code == "REWRITE-010").unwrap();
    /// assert_eq!(rebuilt.measured.as_deref(), Some("users: written again"));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sqlite"))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// As [`lint`](Self::lint); [`Error::Scratch`] if the scratch database cannot be created; [`Error::Connect`] if the server cannot be
    /// reached.
    pub async fn lint_run<'c>(
        &self,
        database: impl Connect<'c>,
        options: &LintOptions,
    ) -> Result<LintReport> {
        let chosen = self.chosen(options)?;
        self.lint_run_chosen(database, &chosen, options).await
    }

    /// The same for migrations that are known.
    pub(crate) async fn lint_run_chosen<'c>(
        &self,
        database: impl Connect<'c>,
        chosen: &Chosen,
        options: &LintOptions,
    ) -> Result<LintReport> {
        let mut connector = self.connector(database)?;
        let dialect = connector.dialect();
        let mut options = options.clone();
        if options.version.is_none() {
            options.version = self.server_version(&mut *connector).await?;
        }
        let (measurements, failure) = self.measure(&mut *connector, chosen).await?;
        let baseline = self.graph.baseline().unwrap_or_default();
        let known = (baseline, Some(&measurements));
        let report = lint::lint(&self.graph, (dialect, dialect.name()), chosen, &options, known);
        Ok(LintReport { failure, ..report })
    }

    /// The server's version, as it says it.
    pub(super) async fn server_version(
        &self,
        connector: &mut (dyn Connector + '_),
    ) -> Result<Option<String>> {
        let Some(queries) = connector.dialect().preflight() else { return Ok(None) };
        let application = self.options.process.on_server();
        let mut session = connector.quick(&application).await?;
        let rows = session.run(queries.sections().version).await;
        session.close().await;
        let rows = rows.map_err(|failure| failure.doing("asking the server for its version"))?;
        Ok(rows.first().and_then(|row| row.column("version")).map(str::to_owned))
    }

    /// Runs the migrations in a scratch database, in another one if they have to begin again. Returned is what was seen, and the migration
    /// that failed.
    async fn measure(
        &self,
        connector: &mut (dyn Connector + '_),
        chosen: &Chosen,
    ) -> Result<(Measurements, Option<String>)> {
        let dialect = connector.dialect();
        let drafting = drafting(dialect)?;
        for migration in self.graph.iter() {
            if let Some(why) = drafting.refuses(migration.up_script().text()) {
                let place = migration.place();
                return Err(Error::Source { place, problem: why });
            }
        }
        let measuring = dialect.measuring().ok_or_else(|| Error::Unsupported {
            database: dialect.name(),
            problem: "nothing is known about what its statements lock; lint without a run"
                .to_owned(),
        })?;
        let home = self.options.schema.as_deref();
        let home = home.map(|home| drafting.make_home(home)).unwrap_or_default();
        let measurer = Measurer::new(&self.graph, (dialect, measuring), drafting, chosen, home);
        let mut work = MeasuringRun { measurer, is_over: false, failure: None };
        while !work.is_over {
            self.in_scratch_database(connector, WHY, &mut work).await?;
        }
        Ok((work.measurer.finish(), work.failure))
    }
}

/// All migrations, once.
struct MeasuringRun<'m> {
    measurer: Measurer<'m>,
    is_over: bool,
    /// A migration that failed.
    failure: Option<String>,
}

impl ScratchWork for MeasuringRun<'_> {
    fn run<'s>(&'s mut self, session: &'s mut (dyn Session + 's)) -> BoxFuture<'s, Result<()>> {
        Box::pin(async move {
            self.is_over = match self.measurer.pass(session).await {
                Err(error @ Error::Scratch { .. }) => {
                    self.failure = Some(error.to_string());
                    true
                }
                is_over => is_over?,
            };
            Ok(())
        })
    }
}
