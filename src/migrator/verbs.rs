//! The verbs, as users see them. What they do is in the files beside this one.

use std::{path::Path, time::Duration};

use super::{
    Adopt, AdoptReport, Current, History, Migrator, Repair, RepairReport, Status, Verification,
};
use crate::{
    database::{
        Connect,
        lock_report::{LockSession, Locks},
    },
    error::{Error, Result},
    graph::{Graph, Target},
    migration::{Migrations, Phase},
    run::{
        plan::Request,
        report::{Plan, Report},
    },
    sum,
};

/// # Running migrations
///
/// Verbs that change your schema. They take the migration lock, run each migration in a transaction if the database can, and return a
/// [`Report`]. `database` is a pool, a `&mut` connection or a URL; see [`Connect`].
impl Migrator {
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

    /// Reverts the newest applied migration and applies it as its file is now: for a migration that you are still writing. **This drops
    /// what the migration created, with its data.**
    ///
    /// The revert runs the down side that was applied, so you may have edited the file since.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use ambix::{Migration, Migrations, Migrator};
    /// # let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
    /// let migrator = |up| Migrator::from_migrations(Migrations::new([Migration::new("1", "users").up(up).down("drop table users")])?);
    /// migrator("create table users (id integer)")?.run_pending(&pool).await?;
    /// let report = migrator("create table users (id integer, email text)")?.redo(&pool).await?;
    /// assert_eq!(report.steps.len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`downgrade`](Self::downgrade) and [`upgrade`](Self::upgrade); [`Error::ManyHeads`] if several migrations are the newest of
    /// their branches. If the second half fails, the migration is pending.
    pub async fn redo<'c>(&self, database: impl Connect<'c>) -> Result<Report> {
        self.redo_on(&mut *self.connector(database)?).await
    }

    /// Reverts all migrations and applies them again. **All data in the migrated tables is lost.**
    ///
    /// # Errors
    /// As [`downgrade`](Self::downgrade) and [`run_pending`](Self::run_pending). If the second half fails,
    /// [`Error::Failed`] says where the database is.
    pub async fn reset<'c>(&self, database: impl Connect<'c>) -> Result<Report> {
        let mut connector = self.connector(database)?;
        self.check_way_up(connector.dialect())?;
        let before = self.applied_texts(&mut *connector).await?;
        let mut report =
            self.run_loop_on(&mut *connector, "reset", Request::Downgrade(Target::base())).await?;
        let all = self.clone().phase(Phase::LAST);
        let up =
            all.run_loop_on(&mut *connector, "reset", Request::Upgrade(Target::heads())).await?;
        report.append(up);
        self.keep_dump(&mut *connector, &report).await?;
        self.record_rehearsal(&mut *connector, &report, &before).await?;
        Ok(report)
    }

    /// Applies what is pending, reverts it, and applies it again: the rehearsal before production, on a copy of its data. **What the
    /// pending migrations create is dropped in between, and what their up sides delete stays deleted.**
    ///
    /// If all of it works, the history says so in the row of each migration, with the checksums of both sides, and
    /// [`preflight`](Self::preflight) finds it there. [`reset`](Self::reset) leaves the same record.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use ambix::{Migration, Migrations, Migrator, preflight::{AnswerState, PreflightOptions, Subject}};
    /// # let pool = || sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:");
    /// # let (staging, production) = (pool().await?, pool().await?);
    /// # let users = Migration::new("1", "users").up("create table users (id integer)").down("drop table users");
    /// # let migrator = Migrator::from_migrations(Migrations::new([users])?)?;
    /// assert_eq!(migrator.rehearse(&staging, "heads").await?.steps.len(), 3);
    ///
    /// let options = PreflightOptions::new().staging(migrator.history(&staging).await?.records);
    /// let preflight = migrator.preflight(&production, &options).await?;
    /// assert!(preflight.about(Subject::Rehearsal).all(|answer| answer.state == AnswerState::Ok));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`upgrade`](Self::upgrade) and [`downgrade`](Self::downgrade); [`Error::Irreversible`] before anything is run.
    pub async fn rehearse<'c, T>(&self, database: impl Connect<'c>, target: T) -> Result<Report>
    where
        T: TryInto<Target>,
        Error: From<T::Error>,
    {
        let target = target.try_into()?;
        self.rehearse_on(&mut *self.connector(database)?, target).await
    }
}

/// # Looking
///
/// Verbs that only read. They take no lock and change nothing, so you can call them at any time.
impl Migrator {
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

    /// Answers the checklist before production for what is pending: whether the existing rows meet what the statements demand, what they
    /// lock and for how long, who is in the way, which rights are missing, whether there is a way back and a backup. What cannot be
    /// known is named as well. This only reads, and needs no more than SELECT; see [`preflight`](crate::preflight).
    ///
    /// # Errors
    /// [`Error::Connect`], [`Error::Url`] and [`Error::Connection`] if the database cannot be reached. Everything else is an answer.
    #[cfg(feature = "lint")]
    pub async fn preflight<'c>(
        &self,
        database: impl Connect<'c>,
        options: &crate::preflight::PreflightOptions,
    ) -> Result<crate::preflight::Preflight> {
        self.preflight_on(&mut *self.connector(database)?, options).await
    }

    /// Returns the state of every migration: applied, pending, changed, missing here, unfinished, out of order. This only reads.
    ///
    /// # Errors
    /// [`Error::Database`] if the history cannot be read.
    pub async fn status<'c>(&self, database: impl Connect<'c>) -> Result<Status> {
        self.status_on(&mut *self.connector(database)?).await
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

    /// Checks that the files, `ambix.sum` and the history agree. Pending migrations do not count as a disagreement. This only reads.
    ///
    /// # Errors
    /// [`Error::Database`] if the history cannot be read. The result contains everything that does not agree.
    pub async fn verify<'c>(&self, database: impl Connect<'c>) -> Result<Verification> {
        self.verify_on(&mut *self.connector(database)?).await
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

    /// Returns the migrations as a graph.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.graph
    }
}

/// # Writing the history
///
/// Verbs that change what the history table says, and never your schema: to begin with an existing database, to take over another tool's
/// history, to correct what no longer fits.
impl Migrator {
    /// Sets the history to a target without running any migration. Branches that the target does not name stay as they are;
    /// `"abc123 def456"` names several.
    ///
    /// # Errors
    /// As [`upgrade`](Self::upgrade), except for the errors of running a migration.
    pub async fn stamp<'c, T>(&self, database: impl Connect<'c>, target: T) -> Result<Report>
    where
        T: TryInto<Target>,
        Error: From<T::Error>,
    {
        let request = Request::Stamp { target: target.try_into()?, purge: false };
        self.run_state(self.connector(database)?, "stamp", request).await
    }

    /// Deletes all rows of the history and sets it to a target, in one transaction and without running any migration. Use this if the
    /// history names migrations that are gone for good.
    ///
    /// This loses what the rows know: when a migration was applied and by whom, and the down sides of those that are gone.
    ///
    /// # Errors
    /// As [`stamp`](Self::stamp), except for the errors that the deleted rows would cause.
    pub async fn stamp_purge<'c, T>(&self, database: impl Connect<'c>, target: T) -> Result<Report>
    where
        T: TryInto<Target>,
        Error: From<T::Error>,
    {
        let request = Request::Stamp { target: target.try_into()?, purge: true };
        self.run_state(self.connector(database)?, "stamp", request).await
    }

    /// Takes over the history of another tool: records in ambix's history what the tool has applied, and runs nothing.
    ///
    /// This checks the other tool's checksums, if there are any, and records nothing if something does not match. It leaves the other
    /// tool's table unchanged. It records everything in one transaction, under the migration lock; for sqlx, also under the lock of
    /// sqlx's migrator. If ambix's history is not empty, it adds the missing rows.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # use ambix::{Migration, Migrations, Migrator, adopt::Tool};
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

    /// Creates the tables of the history if they are missing, and nothing else, so that a role with fewer rights can do the rest. Returns
    /// whether there was something to create.
    ///
    /// # Errors
    /// [`Error::Locked`]; [`Error::Database`] if the tables cannot be created.
    pub async fn ensure_history<'c>(&self, database: impl Connect<'c>) -> Result<bool> {
        self.ensure_on(&mut *self.connector(database)?).await
    }
}

/// # Locks and sessions
///
/// When a migration hangs: who holds the lock it waits for, and how to end what that session does.
impl Migrator {
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
}

/// # Scripts and files
///
/// What needs no database: SQL for its own shell, and the file `ambix.sum`.
impl Migrator {
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

    /// Returns the SQL that sets the history of a database from one target to another, in one transaction, for the database's own shell.
    /// This needs no database; `database` is as in [`script`](Self::script).
    ///
    /// # Errors
    /// As [`script`](Self::script).
    pub fn script_stamp<F, T>(&self, database: &str, from: F, to: T) -> Result<String>
    where
        F: TryInto<Target>,
        T: TryInto<Target>,
        Error: From<F::Error> + From<T::Error>,
    {
        self.stamp_script_of(database, &from.try_into()?, &to.try_into()?)
    }

    /// Returns the SQL of [`ensure_history`](Self::ensure_history), for the database's own shell.
    ///
    /// # Errors
    /// [`Error::NotCompiledIn`] if the database is not compiled in.
    pub fn script_history(&self, database: &str) -> Result<String> {
        self.history_script_of(database)
    }

    /// Writes `ambix.sum` into a folder of migrations: every revision, its parents and its checksum.
    ///
    /// # Errors
    /// [`Error::Source`] if the file cannot be written.
    pub fn write_sum(&self, folder: impl AsRef<Path>) -> Result<()> {
        Migrations::write_sum(folder.as_ref(), &sum::write(&self.graph))
    }
}
