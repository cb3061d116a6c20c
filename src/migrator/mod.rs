//! The facade: options and verbs. The only place that joins what the other levels do.

mod acquire_lock;
mod adopt;
#[cfg(feature = "cli")]
mod count;
mod draft;
mod existing;
#[cfg(feature = "testkit")]
mod identity;
mod locked;
mod locks;
mod options;
mod pooler;
mod queries;
mod repair;
mod run_loop;
mod script;
mod stamp;
mod status;
mod steps;
mod stored_down;

use std::{
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use include_dir::Dir;

use self::options::MigratorOptions;
pub use self::{
    adopt::{Adopt, AdoptReport, Adopted, Checked, Tool},
    options::{Lock, LockStrategy, Timeouts},
    repair::{Repair, RepairReport},
    status::{Current, History, Status, StatusEntry, StatusState, Verification},
    stored_down::DownSide,
};
use crate::{
    database::{
        BoxFuture, Connect, Connector, StepConnection,
        lock_report::{LockSession, Locks},
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

/// A set of migrations, the options for running them, and the verbs that run them.
///
/// A migrator keeps its migrations behind an `Arc`. It is cheap to clone, and you can put it in a `static LazyLock` or in your
/// application's state.
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
    options: MigratorOptions,
}

impl Migrator {
    /// Creates a migrator for an embedded folder; see [`include_dir!`](crate::include_dir!).
    ///
    /// # Errors
    /// Returns what is wrong with the files, before it touches any database: [`Error::Source`], [`Error::Duplicate`],
    /// [`Error::UnknownParent`], [`Error::Cycle`].
    pub fn new(migrations: &Dir<'_>) -> Result<Self> {
        Self::from_migrations(Migrations::try_from(migrations)?)
    }

    /// Creates a migrator for a folder on disk, which it reads now.
    ///
    /// # Errors
    /// As [`new`](Self::new), and if the folder cannot be read.
    pub fn from_path(folder: impl AsRef<Path>) -> Result<Self> {
        Self::from_migrations(Migrations::from_path(folder)?)
    }

    /// Creates a migrator for migrations that you built in code.
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
            options: MigratorOptions::default(),
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

    /// Returns the migrations as a graph.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Writes `ambix.sum` into a folder of migrations: every revision, its parents and its checksum.
    ///
    /// # Errors
    /// [`Error::Source`] if the file cannot be written.
    pub fn write_sum(&self, folder: impl AsRef<Path>) -> Result<()> {
        Migrations::write_sum(folder.as_ref(), &sum::write(&self.graph))
    }

    /// Runs all pending migrations on all branches. This is the verb to call in a service's `main()`.
    ///
    /// If nothing is pending, this is a single query, without a lock and without a write. It only needs the right to SELECT from
    /// `ambix_history` and `ambix_history_lock`. Otherwise, it takes the migration lock, reads the history again, and runs what is still
    /// pending.
    ///
    /// # Errors
    /// [`Error::Failed`] if a migration fails; the ones before it stay applied. [`Error::Locked`] if another runner holds the lock for
    /// too long. [`Error::Changed`], [`Error::Missing`], [`Error::OutOfOrder`] and [`Error::Unfinished`] if the database and the files do
    /// not match; in that case, nothing was run.
    pub async fn run_pending<'c>(&self, database: impl Connect<'c>) -> Result<Report> {
        self.run_state(self.connector(database)?, "run_pending", Request::Upgrade(Target::heads()))
            .await
    }

    /// Applies the migrations up to a target: `head`, `heads`, `+1`, `abc123`, `billing@head`; see [`Target`].
    ///
    /// # Errors
    /// As [`run_pending`](Self::run_pending), and if the target cannot be read or reached.
    pub async fn upgrade<'c, T>(&self, database: impl Connect<'c>, target: T) -> Result<Report>
    where
        T: TryInto<Target>,
        Error: From<T::Error>,
    {
        let request = Request::Upgrade(target.try_into()?);
        self.run_state(self.connector(database)?, "upgrade", request).await
    }

    /// Reverts the migrations above a target: `-1`, `base`, `abc123`, `billing@base`; see [`Target`].
    ///
    /// This runs the down side that the history stored when it applied each migration, even if the file was edited or is gone;
    /// [`down_side`](Self::down_side) changes that.
    ///
    /// # Errors
    /// As [`run_pending`](Self::run_pending); [`Error::Irreversible`] if a migration has no down side.
    pub async fn downgrade<'c, T>(&self, database: impl Connect<'c>, target: T) -> Result<Report>
    where
        T: TryInto<Target>,
        Error: From<T::Error>,
    {
        let request = Request::Downgrade(target.try_into()?);
        self.run_state(self.connector(database)?, "downgrade", request).await
    }

    /// Reverts all migrations and applies them again. **All data in the migrated tables is lost.**
    ///
    /// # Errors
    /// As [`downgrade`](Self::downgrade) and [`run_pending`](Self::run_pending). If the second half fails,
    /// [`Error::Failed`] says where the database is.
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

    /// Returns the steps that [`upgrade`](Self::upgrade) would run, or, if everything up to the target is applied, those of
    /// [`downgrade`](Self::downgrade). This only reads.
    ///
    /// # Errors
    /// As for the verb that it plans.
    pub async fn plan<'c, T>(&self, database: impl Connect<'c>, target: T) -> Result<Plan>
    where
        T: TryInto<Target>,
        Error: From<T::Error>,
    {
        let target = target.try_into()?;
        self.plan_on(&mut *self.connector(database)?, target).await
    }

    /// Returns the SQL that takes a database from one target to another, with its history rows, for the database's own shell: psql, mysql
    /// or sqlite3. This needs no database.
    ///
    /// `database` is a scheme (`postgres`, `mysql`, `sqlite`) or a URL. If the script starts at `base`, it also creates the history
    /// table.
    ///
    /// # Errors
    /// [`Error::NotRunnable`] if a step runs a Rust function; [`Error::NotCompiledIn`] if the database is not compiled in;
    /// [`Error::Target`] if an end depends on the current revision of a database (`current`, or `+1` as the start); as
    /// [`plan`](Self::plan) if a target cannot be reached.
    pub fn script<F, T>(&self, database: &str, from: F, to: T) -> Result<String>
    where
        F: TryInto<Target>,
        T: TryInto<Target>,
        Error: From<F::Error> + From<T::Error>,
    {
        self.script_of(database, &from.try_into()?, &to.try_into()?)
    }

    /// Waits until another program has brought the schema to the target, for replicas that may not migrate. This only reads, at first a
    /// few times a second, and later every second.
    ///
    /// # Errors
    /// [`Error::NotReady`] after the timeout, with what was missing.
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

    /// Returns the revisions that the database is at: the newest applied one of each branch. This only reads.
    ///
    /// # Errors
    /// [`Error::Database`] if the history cannot be read.
    pub async fn current<'c>(&self, database: impl Connect<'c>) -> Result<Current> {
        self.current_on(&mut *self.connector(database)?).await
    }

    /// Returns what was applied, when, by whom and how long it took. This only reads.
    ///
    /// # Errors
    /// [`Error::Database`] if the history cannot be read.
    pub async fn history<'c>(&self, database: impl Connect<'c>) -> Result<History> {
        self.history_on(&mut *self.connector(database)?).await
    }

    /// Returns the state of every migration: applied, pending, changed, missing here, unfinished, out of order. This only reads.
    ///
    /// # Errors
    /// [`Error::Database`] if the history cannot be read.
    pub async fn status<'c>(&self, database: impl Connect<'c>) -> Result<Status> {
        self.status_on(&mut *self.connector(database)?).await
    }

    /// Checks that the files, `ambix.sum` and the history agree. Pending migrations do not count as a disagreement. This only reads.
    ///
    /// # Errors
    /// [`Error::Database`] if the history cannot be read. The result contains everything that does not agree.
    pub async fn verify<'c>(&self, database: impl Connect<'c>) -> Result<Verification> {
        let mut connector = self.connector(database)?;
        let mut verification = self.status_on(&mut *connector).await?.verification();
        verification.problems.extend(self.edited_downs(&mut *connector).await?);
        Ok(verification)
    }

    /// Returns who holds the migration lock, who waits for tables and rows and for whom, and who is idle in an open transaction. Ask this
    /// first if a migration hangs. This only reads.
    ///
    /// The notes list what the user may not see, or what the server does not show.
    ///
    /// # Errors
    /// [`Error::Database`] if the query fails.
    pub async fn locks<'c>(&self, database: impl Connect<'c>) -> Result<Locks> {
        self.locks_on(&mut *self.connector(database)?).await
    }

    /// Asks a session to end its current statement; `id` is the number from [`locks`](Self::locks). The session's transaction then fails,
    /// and its locks are released when its application rolls back.
    ///
    /// # Errors
    /// [`Error::Argument`] if there is no such session, or it runs nothing (then only [`terminate`](Self::terminate) helps);
    /// [`Error::Unsupported`] if the database has no sessions; [`Error::Database`] if you lack the right to do so.
    pub async fn cancel<'c>(&self, database: impl Connect<'c>, id: u64) -> Result<LockSession> {
        self.end_on(&mut *self.connector(database)?, id, false).await
    }

    /// Ends a session and rolls back its transaction; its application has to reconnect.
    ///
    /// # Errors
    /// As [`cancel`](Self::cancel).
    pub async fn terminate<'c>(&self, database: impl Connect<'c>, id: u64) -> Result<LockSession> {
        self.end_on(&mut *self.connector(database)?, id, true).await
    }

    /// Repairs the history, never the schema. Without a named repair, it does what is always safe: it records the new checksums of files
    /// in which only comments or white space were edited.
    ///
    /// # Errors
    /// As [`stamp`](Self::stamp); [`Error::UnknownRevision`] if a named revision is not in the history.
    pub async fn repair<'c>(
        &self,
        database: impl Connect<'c>,
        repairs: impl IntoIterator<Item = Repair>,
    ) -> Result<RepairReport> {
        let repairs: Vec<Repair> = repairs.into_iter().collect();
        self.repair_on(&mut *self.connector(database)?, &repairs).await
    }

    /// Takes over the history of another tool: records in ambix's history what the tool has applied, and runs nothing.
    ///
    /// This checks the other tool's checksums, if there are any, and records nothing if something does not match. It leaves the other
    /// tool's table unchanged. It records everything in one transaction, under the migration lock; for sqlx, also under the lock of
    /// sqlx's migrator. If ambix's history is not empty, it adds the missing rows.
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
    /// [`Error::NotAdopted`] if the other history cannot be read or does not match the files; [`Error::Changed`] if ambix's own does not;
    /// as [`stamp`](Self::stamp).
    pub async fn adopt<'c>(
        &self,
        database: impl Connect<'c>,
        from: impl Into<Adopt>,
    ) -> Result<AdoptReport> {
        let adopt = from.into();
        self.adopt_on(&mut *self.connector(database)?, &adopt).await
    }

    /// Registers a Rust function. `-- ambix: run NAME` in a file runs it at that point, in the step's transaction.
    ///
    /// The function gets the real sqlx connection, so you can use everything that sqlx offers.
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

    /// Registers a Rust function, as [`register`](Self::register) does, that also learns which step calls it, and which values the caller
    /// of the verb has set ([`tag`](Self::tag), [`argument`](Self::argument)).
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

    /// Sets a tag for registered functions and observers. ambix itself does not use it. This is Alembic's `--tag`.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.options.arguments.set_tag(tag.into());
        self
    }

    /// Sets an argument for registered functions and observers. ambix itself does not use it. This is Alembic's `-x key=value`.
    #[must_use]
    pub fn argument(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.arguments.push(key.into(), value.into());
        self
    }

    /// Adds an observer: a function that learns what happens in a run while it happens, for a progress display or for hooks of your own.
    /// You can add several.
    ///
    /// The run itself calls the observer, and continues when it returns. A transaction may be open at that time, so return quickly, and
    /// send slow work to a channel. An observer cannot change the run: if it panics, the run continues without calling it again. It costs
    /// no round trip, unless [`live`](Self::live) asks for that.
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

    /// Sets how closely observers can follow; the default costs least. Without observers, this has no effect.
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
