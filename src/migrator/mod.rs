//! The facade: options and verbs. The only place that joins what the other levels do.

mod adopt;
#[cfg(feature = "cli")]
mod count;
mod draft;
mod drive;
mod existing;
#[cfg(feature = "testkit")]
mod identity;
mod locks;
mod options;
mod pooler;
mod read;
mod repair;
mod script;
mod sides;
mod stamp;
mod status;
mod steps;
mod take;

use std::{
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use include_dir::Dir;

use self::options::Options;
pub use self::{
    adopt::{Adopt, AdoptReport, Adopted, Checked, Tool},
    options::{Lock, LockStrategy, Timeouts},
    repair::{Repair, RepairReport},
    sides::DownSide,
    status::{Current, History, Status, StatusEntry, StatusState, Verification},
};
use crate::{
    database::{
        BoxFuture, Connect, Connector, StepConnection,
        locks::{LockSession, Locks},
    },
    error::{BoxError, Error, Result},
    graph::{Graph, Target},
    migration::Migrations,
    note::Note,
    run::{
        event::{Event, Live},
        function::{StepContext, erase},
        plan::Request,
        quick::Digest,
        report::{Plan, Report},
    },
    sum,
};

/// Migrations, how they are to be run, and the verbs that run them.
///
/// It owns its migrations behind an `Arc`: it is cheap to clone, and can be a `static LazyLock` or sit in an app's state.
///
/// ```
/// use ambix::{Migration, Migrations, Migrator};
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let migrator = Migrator::from_migrations(Migrations::new([
///     Migration::new("1", "create users").up("create table users (id integer primary key)").down("drop table users"),
/// ])?)?;
/// let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
/// let report = migrator.run_pending(&pool).await?;
/// assert_eq!(report.steps.len(), 1);
/// assert!(migrator.run_pending(&pool).await?.is_noop());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Migrator {
    graph: Arc<Graph>,
    /// What `ambix.sum` says that is not so; empty where there is no such file or it is right.
    sum_problems: Arc<[Note]>,
    /// What the history should be, as the first database says it that was asked so; most programs have one.
    digest: Arc<OnceLock<(&'static str, Digest)>>,
    options: Options,
}

impl Migrator {
    /// A migrator for an embedded folder; see [`include_dir!`](crate::include_dir!).
    ///
    /// # Errors
    /// Everything that is wrong with the files, before any database is touched: [`Error::Source`], [`Error::Duplicate`],
    /// [`Error::UnknownParent`], [`Error::Cycle`].
    pub fn new(migrations: &Dir<'_>) -> Result<Self> {
        Self::from_migrations(Migrations::try_from(migrations)?)
    }

    /// A migrator for a folder that is read now.
    ///
    /// # Errors
    /// As [`new`](Self::new), and where the folder cannot be read.
    pub fn from_path(folder: impl AsRef<Path>) -> Result<Self> {
        Self::from_migrations(Migrations::from_path(folder)?)
    }

    /// A migrator for migrations that were built in code.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn from_migrations(migrations: Migrations) -> Result<Self> {
        let sum = migrations.sum.clone();
        let graph = Graph::new(migrations)?;
        let problems = sum.map(|sum| sum::check(&graph, &sum)).unwrap_or_default();
        Ok(Self {
            graph: Arc::new(graph),
            sum_problems: problems.into(),
            digest: Arc::default(),
            options: Options::default(),
        })
    }

    /// The same options and functions with other migrations, for a command that looks at the files as they are now.
    #[cfg(feature = "cli")]
    pub(crate) fn with_migrations(&self, migrations: Migrations) -> Result<Self> {
        let options = self.options.clone();
        Ok(Self { options, ..Self::from_migrations(migrations)? })
    }

    /// The lock as it is set now.
    #[cfg(feature = "cli")]
    pub(crate) fn lock_options(&self) -> Lock {
        self.options.lock
    }

    /// The same for a run of so few steps that it costs little to follow it closely.
    #[cfg(feature = "cli")]
    pub(crate) fn live_in_short_runs(mut self, live: Live) -> Self {
        self.options.live_in_short_runs = live;
        self
    }

    /// How closely observers can follow as it is set now.
    #[cfg(feature = "cli")]
    pub(crate) fn live_option(&self) -> Live {
        self.options.live
    }

    /// The limits as they are set now.
    #[cfg(feature = "cli")]
    pub(crate) fn timeout_options(&self) -> Timeouts {
        self.options.timeouts
    }

    /// The way to a database, with the limits that are set here.
    fn connector<'c>(&self, database: impl Connect<'c>) -> Result<Box<dyn Connector + 'c>> {
        let mut connector = database.connector()?;
        connector.be_patient(self.options.timeouts.patience());
        Ok(connector)
    }

    /// The migrations as a graph.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Writes `ambix.sum` into a folder of migrations: every revision, its parents and its checksum.
    ///
    /// # Errors
    /// [`Error::Source`] where the file cannot be written.
    pub fn write_sum(&self, folder: impl AsRef<Path>) -> Result<()> {
        Migrations::write_sum(folder.as_ref(), &sum::write(&self.graph))
    }

    /// Runs all pending migrations, on all branches: what a service calls in `main()`.
    ///
    /// Where nothing is pending this is one query, without a lock and without a write; for it the right to SELECT from
    /// `ambix_history` and `ambix_history_lock` is enough. Otherwise it takes the migration lock, reads again, and
    /// runs what is still pending.
    ///
    /// # Errors
    /// [`Error::Failed`] where a migration fails: those before it stay applied. [`Error::Locked`] where another runner
    /// holds the lock for too long. [`Error::Changed`], [`Error::Missing`], [`Error::OutOfOrder`] and
    /// [`Error::Unfinished`] where the database and the files do not fit; then nothing was run.
    pub async fn run_pending<'c>(&self, database: impl Connect<'c>) -> Result<Report> {
        self.drive(self.connector(database)?, "run_pending", Request::Upgrade(Target::heads()))
            .await
    }

    /// Runs what is needed to be at the target: `head`, `heads`, `+1`, `abc123`, `billing@head`; see [`Target`].
    ///
    /// # Errors
    /// As [`run_pending`](Self::run_pending), and where the target cannot be read or reached.
    pub async fn upgrade<'c, T>(&self, database: impl Connect<'c>, target: T) -> Result<Report>
    where
        T: TryInto<Target>,
        Error: From<T::Error>,
    {
        let request = Request::Upgrade(target.try_into()?);
        self.drive(self.connector(database)?, "upgrade", request).await
    }

    /// Takes back what is above the target: `-1`, `base`, `abc123`, `billing@base`; see [`Target`].
    ///
    /// What runs is the down side that was applied with each migration, which the history keeps, also where its file was
    /// edited or is gone; [`down_side`](Self::down_side) changes that.
    ///
    /// # Errors
    /// As [`run_pending`](Self::run_pending); [`Error::Irreversible`] where a migration has no down side.
    pub async fn downgrade<'c, T>(&self, database: impl Connect<'c>, target: T) -> Result<Report>
    where
        T: TryInto<Target>,
        Error: From<T::Error>,
    {
        let request = Request::Downgrade(target.try_into()?);
        self.drive(self.connector(database)?, "downgrade", request).await
    }

    /// Takes everything back and runs everything again. **All data in the migrated tables is lost.**
    ///
    /// # Errors
    /// As [`downgrade`](Self::downgrade) and [`run_pending`](Self::run_pending). Where the second half fails, the
    /// database is where [`Error::Failed`] says.
    pub async fn reset<'c>(&self, database: impl Connect<'c>) -> Result<Report> {
        let mut connector = self.connector(database)?;
        self.check_way_up(connector.dialect())?;
        let mut report =
            self.drive_on(&mut *connector, "reset", Request::Downgrade(Target::base())).await?;
        let up = self.drive_on(&mut *connector, "reset", Request::Upgrade(Target::heads())).await?;
        report.steps.extend(up.steps);
        report.notes.extend(
            up.notes.into_iter().filter(|note| !report.notes.contains(note)).collect::<Vec<_>>(),
        );
        report.waited += up.waited;
        report.elapsed += up.elapsed;
        Ok(report)
    }

    /// What [`upgrade`](Self::upgrade) would do; or, where everything up to the target is applied, what
    /// [`downgrade`](Self::downgrade) would. It only reads.
    ///
    /// # Errors
    /// As the verb that it plans.
    pub async fn plan<'c, T>(&self, database: impl Connect<'c>, target: T) -> Result<Plan>
    where
        T: TryInto<Target>,
        Error: From<T::Error>,
    {
        let target = target.try_into()?;
        self.plan_on(&mut *self.connector(database)?, target).await
    }

    /// The SQL that brings a database from one target to another, with its history rows, for the database's own shell:
    /// psql, mysql or sqlite3. No database is asked.
    ///
    /// `database` is a scheme (`postgres`, `mysql`, `sqlite`) or a URL. From `base` the script makes the history table,
    /// too.
    ///
    /// # Errors
    /// [`Error::NotRunnable`] if a step runs a Rust function; [`Error::NotCompiledIn`] if the database is not compiled in;
    /// [`Error::Target`] if an end is counted from the revision of a database (`current`, or `+1` as the begin); as
    /// [`plan`](Self::plan) if a target cannot be reached.
    pub fn script<F, T>(&self, database: &str, from: F, to: T) -> Result<String>
    where
        F: TryInto<Target>,
        T: TryInto<Target>,
        Error: From<F::Error> + From<T::Error>,
    {
        self.script_of(database, &from.try_into()?, &to.try_into()?)
    }

    /// Waits until the schema is at the target, for a replica that may not migrate: until another one has. It only
    /// reads, a few times a second at first and every second later.
    ///
    /// # Errors
    /// [`Error::NotReady`] when the timeout is over, with what was missing.
    pub async fn wait<'c, T>(
        &self,
        database: impl Connect<'c>,
        target: T,
        timeout: Duration,
    ) -> Result<()>
    where
        T: TryInto<Target>,
        Error: From<T::Error>,
    {
        let target = target.try_into()?;
        self.wait_on(&mut *self.connector(database)?, target, timeout).await
    }

    /// Where the database is: the newest applied revision of each branch. It only reads.
    ///
    /// # Errors
    /// [`Error::Database`] where the history cannot be read.
    pub async fn current<'c>(&self, database: impl Connect<'c>) -> Result<Current> {
        self.current_on(&mut *self.connector(database)?).await
    }

    /// What was applied, when, by whom and how long it took. It only reads.
    ///
    /// # Errors
    /// [`Error::Database`] where the history cannot be read.
    pub async fn history<'c>(&self, database: impl Connect<'c>) -> Result<History> {
        self.history_on(&mut *self.connector(database)?).await
    }

    /// Every migration and how it stands: applied, pending, changed, missing here, unfinished, out of order. It only reads.
    ///
    /// # Errors
    /// [`Error::Database`] where the history cannot be read.
    pub async fn status<'c>(&self, database: impl Connect<'c>) -> Result<Status> {
        self.status_on(&mut *self.connector(database)?).await
    }

    /// Whether the files, `ambix.sum` and the history agree. Pending migrations are no disagreement. It only reads.
    ///
    /// # Errors
    /// [`Error::Database`] where the history cannot be read; what does not agree is in the result.
    pub async fn verify<'c>(&self, database: impl Connect<'c>) -> Result<Verification> {
        let mut connector = self.connector(database)?;
        let mut verification = self.status_on(&mut *connector).await?.verification();
        verification.problems.extend(self.edited_downs(&mut *connector).await?);
        Ok(verification)
    }

    /// Who holds the migration lock, who waits for tables and rows and for whom, and who is idle in an open transaction:
    /// the first question where a migration does not go on. It only reads.
    ///
    /// What the user may not see, or the server does not show, is said in the notes.
    ///
    /// # Errors
    /// [`Error::Database`] where the database cannot be asked.
    pub async fn locks<'c>(&self, database: impl Connect<'c>) -> Result<Locks> {
        self.locks_on(&mut *self.connector(database)?).await
    }

    /// Asks a session, by the number that [`locks`](Self::locks) gives, to end the statement that it runs. Its transaction
    /// fails with that, and its locks are gone when its application rolls back.
    ///
    /// # Errors
    /// [`Error::Argument`] if there is no such session, or it runs nothing (then only [`terminate`](Self::terminate) helps);
    /// [`Error::Unsupported`] if the database has no sessions; [`Error::Database`] if the right to do so is missing.
    pub async fn cancel<'c>(&self, database: impl Connect<'c>, id: u64) -> Result<LockSession> {
        self.end_on(&mut *self.connector(database)?, id, false).await
    }

    /// Ends a session and rolls its transaction back; its application has to connect again.
    ///
    /// # Errors
    /// As [`cancel`](Self::cancel).
    pub async fn terminate<'c>(&self, database: impl Connect<'c>, id: u64) -> Result<LockSession> {
        self.end_on(&mut *self.connector(database)?, id, true).await
    }

    /// Mends the history, never the schema. Without a named repair it does what is always safe: it records the new
    /// checksums of files in which only comments or white space were edited.
    ///
    /// # Errors
    /// As [`stamp`](Self::stamp); [`Error::UnknownRevision`] where a named revision is not in the history.
    pub async fn repair<'c>(
        &self,
        database: impl Connect<'c>,
        repairs: impl IntoIterator<Item = Repair>,
    ) -> Result<RepairReport> {
        let repairs: Vec<Repair> = repairs.into_iter().collect();
        self.repair_on(&mut *self.connector(database)?, &repairs).await
    }

    /// Takes over the history of another tool: records in ours what it has applied, and runs nothing.
    ///
    /// It checks the other tool's checksums where there are any, refuses what does not fit (nothing is recorded then), and
    /// keeps the other tool's table as it is. Everything is recorded in one transaction, under the migration lock; from sqlx
    /// under the lock of its migrator, too. A history of ours that is not empty gets what it lacks.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # use ambix::{Migration, Migrations, Migrator, Tool};
    /// # let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
    /// # let migrator = Migrator::from_migrations(Migrations::new([Migration::new("20241113143000", "add bio")])?)?;
    /// # sqlx::raw_sql("CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY);
    /// #     INSERT INTO schema_migrations VALUES ('20241113143000')").execute(&pool).await?;
    /// let report = migrator.adopt(&pool, Tool::Dbmate).await?;
    /// assert_eq!(report.adopted[0].revision, "20241113143000");
    /// assert!(migrator.run_pending(&pool).await?.is_noop());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NotAdopted`] where the other history cannot be read or does not fit the files; [`Error::Changed`] where
    /// ours does not; as [`stamp`](Self::stamp).
    pub async fn adopt<'c>(
        &self,
        database: impl Connect<'c>,
        from: impl Into<Adopt>,
    ) -> Result<AdoptReport> {
        let adopt = from.into();
        self.adopt_on(&mut *self.connector(database)?, &adopt).await
    }

    /// Registers a Rust function that `-- ambix: run NAME` in a file runs at that point, in the step's transaction.
    ///
    /// It gets the real sqlx connection, so that it can use everything that sqlx has.
    ///
    /// ```
    /// use sqlx::SqliteConnection;
    /// async fn backfill(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    ///     sqlx::query("update users set full_name = email").execute(connection).await?;
    ///     Ok(())
    /// }
    /// # let migrator = ambix::Migrator::from_migrations(ambix::Migrations::default())?;
    /// let migrator = migrator.register("backfill_full_name", |connection: &mut SqliteConnection| {
    ///     Box::pin(async move { Ok(backfill(connection).await?) })
    /// });
    /// # Ok::<(), ambix::Error>(())
    /// ```
    #[must_use]
    pub fn register<C, F>(self, name: impl Into<String>, function: F) -> Self
    where
        C: StepConnection,
        F: for<'c> Fn(&'c mut C) -> BoxFuture<'c, Result<(), BoxError>> + Send + Sync + 'static,
    {
        self.register_with(name, move |connection, _| function(connection))
    }

    /// As [`register`](Self::register), for a function that wants to know more: which step calls it, and what the caller of
    /// the verb has to say ([`tag`](Self::tag), [`argument`](Self::argument)).
    ///
    /// ```
    /// use ambix::{BoxError, StepContext};
    /// use sqlx::SqliteConnection;
    /// async fn backfill(connection: &mut SqliteConnection, step: &StepContext) -> Result<(), BoxError> {
    ///     let rows: i64 = step.argument("rows").unwrap_or("1000").parse()?;
    ///     sqlx::query("update users set full_name = email where id <= ?").bind(rows).execute(connection).await?;
    ///     Ok(())
    /// }
    /// # let migrator = ambix::Migrator::from_migrations(ambix::Migrations::default())?;
    /// let migrator = migrator
    ///     .register_with("backfill_full_name", |connection: &mut SqliteConnection, step| {
    ///         Box::pin(async move { backfill(connection, &step).await })
    ///     })
    ///     .argument("rows", "500");
    /// # Ok::<(), ambix::Error>(())
    /// ```
    #[must_use]
    pub fn register_with<C, F>(mut self, name: impl Into<String>, function: F) -> Self
    where
        C: StepConnection,
        F: for<'c> Fn(&'c mut C, StepContext) -> BoxFuture<'c, Result<(), BoxError>>
            + Send
            + Sync
            + 'static,
    {
        let name = name.into();
        let function = erase(name.clone(), function);
        Arc::make_mut(&mut self.options.functions).insert(name, function);
        self
    }

    /// A word for registered functions and observers; it means nothing to ambix itself. Alembic's `--tag`.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.options.arguments.set_tag(tag.into());
        self
    }

    /// An argument for registered functions and observers; it means nothing to ambix itself. Alembic's `-x key=value`.
    #[must_use]
    pub fn argument(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.arguments.push(key.into(), value.into());
        self
    }

    /// Adds an observer: a function that is told what happens in a run while it happens, for a progress display or an app's
    /// own hooks. There may be several.
    ///
    /// It is called by the run itself, which goes on when it returns; so it should be quick (send what takes long to a
    /// channel), for a transaction may be open. What it is told it cannot change: if it panics, the run goes on, and it is
    /// not called any more. It costs no round trip, except where [`live`](Self::live) asks for that.
    ///
    /// ```
    /// use ambix::{Event, Migration, Migrations, Migrator};
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let migrations = Migrations::new([Migration::new("1", "create users").up("create table users (id integer)")])?;
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// let migrator = Migrator::from_migrations(migrations)?.observe(move |event| match event {
    ///     Event::StepStarted { .. } => sender.send(event.to_string()).unwrap_or_default(),
    ///     Event::StepDone { number, of, step, .. } => println!("{number} of {of} in {:?}", step.duration),
    ///     _ => {}
    /// });
    /// let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
    /// migrator.run_pending(&pool).await?;
    /// assert_eq!(receiver.recv()?, "Running upgrade  -> 1, create users");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn observe(mut self, observer: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.options.observers.add(observer);
        self
    }

    /// How closely observers can follow; the default is what costs least. Without observers it means nothing.
    #[must_use]
    pub fn live(mut self, live: Live) -> Self {
        self.options.live = live;
        self
    }
}

impl TryFrom<&Dir<'_>> for Migrator {
    type Error = Error;

    fn try_from(migrations: &Dir<'_>) -> Result<Self> {
        Self::new(migrations)
    }
}

/// A migrator is cheap to clone.
impl From<&Migrator> for Migrator {
    fn from(migrator: &Migrator) -> Self {
        migrator.clone()
    }
}
