//! How migrations are run.

use std::{fmt, sync::Arc, time::Duration};

use super::{DownSide, Migrator};
use crate::{
    database::{Dialect, HistoryTable, Limits, NoLock, Patience},
    error::{Error, Result},
    migration::Phase,
    process::Process,
    run::{
        event::{Live, Observers},
        execute::{Retry, TransactionMode},
        function::{Arguments, Functions},
        plan::{OutOfOrder, Policies, UnknownApplied},
    },
};

/// The migration lock: how to keep other runners out, and how long to wait for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lock {
    strategy: LockStrategy,
    wait: Duration,
    pub(super) exclude_sqlx: bool,
    pub(super) this_node_only: bool,
}

/// The way in which other runners are kept out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum LockStrategy {
    /// A lock of the database session that does the work, and that ends with it: an advisory lock, a named lock, or a locked file
    /// next to the database file. This is the default.
    #[default]
    Session,
    /// No lock, if something else makes sure that there is only one runner. If there are two after all, the fence makes one of them
    /// fail.
    None,
}

impl Lock {
    /// Creates a lock of the session with a wait of up to five minutes.
    #[must_use]
    pub fn session() -> Self {
        let wait = Duration::from_secs(300);
        Self { strategy: LockStrategy::Session, wait, exclude_sqlx: false, this_node_only: false }
    }

    /// Turns the lock off.
    #[must_use]
    pub fn none() -> Self {
        Self { strategy: LockStrategy::None, ..Self::session() }
    }

    /// Sets how long to wait before [`Error::Locked`](crate::Error::Locked); zero tries once.
    #[must_use]
    pub fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// Also holds the lock of sqlx's own migrator. Use this as long as an older program still runs the same migrations with
    /// `sqlx::migrate!`, so that the two never run at once.
    ///
    /// This has no effect if sqlx takes no lock (on SQLite, and with `set_locking(false)`), or in a run without a lock.
    ///
    /// ```
    /// use ambix::{Migrator, options::Lock};
    /// # let migrator = Migrator::from_migrations(ambix::Migrations::default())?;
    /// let migrator = migrator.lock(Lock::session().exclude_sqlx());
    /// # Ok::<(), ambix::Error>(())
    /// ```
    #[must_use]
    pub fn exclude_sqlx(mut self) -> Self {
        self.exclude_sqlx = true;
        self
    }

    /// Promises that all runners use this one node of a cluster whose nodes do not share locks (Galera, group replication). Without this
    /// promise, ambix runs nothing on such a server, because it could not keep out a runner on another node.
    ///
    /// ```
    /// use ambix::{Migrator, options::Lock};
    /// # let migrator = Migrator::from_migrations(ambix::Migrations::default())?;
    /// let migrator = migrator.lock(Lock::session().this_node_only());
    /// # Ok::<(), ambix::Error>(())
    /// ```
    #[must_use]
    pub fn this_node_only(mut self) -> Self {
        self.this_node_only = true;
        self
    }

    pub(super) fn longest_wait(&self) -> Duration {
        self.wait
    }
}

impl Default for Lock {
    fn default() -> Self {
        Self::session()
    }
}

/// Limits that the database enforces while migrations run, and the retries after a failed wait for a table lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    statement: Option<Duration>,
    lock: Option<Duration>,
    attempts: u32,
    connect: Option<Duration>,
}

/// How long the answer to a message of our own may take, whatever it is: none of them waits for what others do.
const ANSWER: Duration = Duration::from_secs(60);
/// How much longer than its statements may take we wait for the answer to a message.
const MARGIN: Duration = Duration::from_secs(10);

impl Timeouts {
    /// Limits how long one statement may run; `None`, the default, means no limit. (The statement timeout of your application does not
    /// apply to migrations.)
    ///
    /// PostgreSQL and MariaDB end such a statement. MySQL ends only queries: for other statements, ambix stops waiting for the answer ten
    /// seconds after this limit and [`lock`](Self::lock), and the error says that the statement may still be running. SQLite ends none.
    #[must_use]
    pub fn statement(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.statement = limit.into();
        self
    }

    /// Limits how long a statement may wait for a table lock; three seconds by default. While it waits, all later statements on the
    /// table wait behind it, so it should give up soon and try again.
    #[must_use]
    pub fn lock(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.lock = limit.into();
        self
    }

    /// Sets how often a step is tried that runs into a lock timeout, a deadlock or a serialization failure; 10 by default.
    ///
    /// The pauses between attempts last from 50 ms up to about 3 s. After a lock timeout, the pause is longer than the attempt waited for
    /// the lock, and grows each time, so that the sessions that wait behind it get their turn.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Limits how long connecting may take; ten seconds by default, and `None` means no limit. This applies to connections that ambix
    /// opens.
    ///
    /// ambix also notices a server that stops answering later: after a minute for its own queries, and for a migration ten seconds after
    /// [`statement`](Self::statement) should have ended it. Without that limit, it waits for a statement of a migration as long as the
    /// connection lasts.
    #[must_use]
    pub fn connect(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.connect = limit.into();
        self
    }

    /// How long answers are waited for that are not those of migrations.
    pub(super) fn patience(&self) -> Patience {
        let answer = match self.statement {
            Some(statement) => MARGIN + self.lock.unwrap_or_default() + statement,
            None => ANSWER,
        };
        Patience { connect: self.connect, answer: Some((answer, Duration::ZERO)) }
    }

    /// The same for messages that have statements of migrations in them.
    pub(super) fn patience_with_steps(&self) -> Patience {
        let lock = self.lock.unwrap_or_default();
        let answer = self.statement.map(|statement| (MARGIN, statement + lock));
        Patience { connect: self.connect, answer }
    }

    pub(super) fn limits(&self) -> Limits {
        Limits { statement: self.statement, lock: self.lock }
    }

    pub(super) fn retry(&self) -> Retry {
        Retry { attempts: self.attempts }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        let (lock, connect) = (Some(Duration::from_secs(3)), Some(Duration::from_secs(10)));
        Self { statement: None, lock, attempts: 10, connect }
    }
}

/// The name of the history's table unless a set of migrations chooses its own.
pub(super) const HISTORY_TABLE: &str = "ambix_history";

#[derive(Clone)]
pub(super) struct MigratorOptions {
    pub(super) table: String,
    pub(super) schema: Option<String>,
    pub(super) lock: Lock,
    pub(super) timeouts: Timeouts,
    pub(super) transaction: TransactionMode,
    pub(super) policies: Policies,
    pub(super) down_side: DownSide,
    pub(super) functions: Arc<Functions>,
    pub(super) process: Process,
    pub(super) allow_existing: bool,
    pub(super) observers: Observers,
    pub(super) live: Live,
    /// The same for a run of few steps, if that is more. For the command line.
    pub(super) live_in_short_runs: Live,
    pub(super) arguments: Arguments,
    #[cfg(feature = "draft")]
    pub(super) drafting: super::draft::DraftingOptions,
}

/// # Options
///
/// Each option takes the migrator and returns it, so that you can chain them. You need none of them: the defaults suit a service that
/// migrates when it starts. The types of the arguments are in [`options`](crate::options).
impl Migrator {
    /// Sets the name of the history table; `ambix_history` by default.
    ///
    /// If you write a library with its own migrations, choose your own name here, so that it has its own history and its own lock.
    ///
    /// The table `<name>_lock` is beside it, so that the longest name has 58 bytes on PostgreSQL, and 59 characters on MySQL.
    #[must_use]
    pub fn history_table(mut self, name: impl Into<String>) -> Self {
        self.options.table = name.into();
        self
    }

    /// Sets the schema of the history table, which is also the first in the search path while migrations run. By default, both are
    /// those of the connection.
    #[must_use]
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.options.schema = Some(name.into());
        self
    }

    /// Sets how to keep other runners out, and how long to wait for them. The default is a lock of the session and five minutes.
    #[must_use]
    pub fn lock(mut self, lock: Lock) -> Self {
        self.options.lock = lock;
        self
    }

    /// Sets the limits for statements and for waiting for table locks.
    #[must_use]
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.options.timeouts = timeouts;
        self
    }

    /// Sets whether each migration is a transaction (the default), or the whole run is one.
    #[must_use]
    pub fn transaction(mut self, mode: TransactionMode) -> Self {
        self.options.transaction = mode;
        self
    }

    /// Sets what to do with pending migrations that come before applied ones. The default is to refuse.
    #[must_use]
    pub fn out_of_order(mut self, policy: OutOfOrder) -> Self {
        self.options.policies.out_of_order = policy;
        self
    }

    /// Sets what to do with applied migrations that this program does not know. The default is to refuse.
    #[must_use]
    pub fn unknown_applied(mut self, policy: UnknownApplied) -> Self {
        self.options.policies.unknown_applied = policy;
        self
    }

    /// Sets the last phase whose migrations are run; [`Phase::Contract`], which is all of them, by default.
    ///
    /// With [`Phase::Expand`], a run, a plan, [`wait`](Self::wait) and `preflight` stop before each pending migration that says
    /// `-- ambix: phase contract`, and before everything that needs it. A [`Note`](crate::report::Note) names what is left. Deploy
    /// the new version of the program, and run the rest when no older one is left. [`redo`](Self::redo) and [`reset`](Self::reset) apply
    /// what they reverted, whatever its phase, and [`current`](Self::current) asks for all heads.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use ambix::{Migration, Migrations, Migrator, options::Phase};
    /// # let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
    /// let migrator = Migrator::from_migrations(Migrations::new([
    ///     Migration::new("1", "users").up("create table users (id integer primary key, name text)"),
    ///     Migration::new("2", "full name").up("alter table users add column full_name text"),
    ///     Migration::new("3", "drop name").up("alter table users drop column name").phase(Phase::Contract),
    /// ])?)?;
    /// let report = migrator.clone().phase(Phase::Expand).run_pending(&pool).await?;
    /// assert_eq!(report.steps.len(), 2);
    /// assert!(report.notes[0].to_string().starts_with("left for later: 3"));
    /// // Deploy the new version of the program. When the last older one has ended:
    /// assert_eq!(migrator.run_pending(&pool).await?.steps.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn phase(mut self, phase: Phase) -> Self {
        self.options.policies.phase = phase;
        self
    }

    /// Allows running the migrations from the first one on in a database that has tables or another tool's history, but no ambix history.
    /// The default is to refuse, because the migrations could create existing objects a second time.
    ///
    /// Use this for migrations that live next to the existing tables. If the migrations describe these tables, record that with
    /// [`stamp`](Self::stamp), or take over another tool's history with [`adopt`](Self::adopt).
    #[must_use]
    pub fn allow_existing(mut self, yes: bool) -> Self {
        self.options.allow_existing = yes;
        self
    }

    /// Sets which down side a downgrade runs if a file was edited since it was applied. The default is the one that was applied with it,
    /// which the history keeps.
    ///
    /// ```
    /// use ambix::{Migrator, options::DownSide};
    /// # let migrator = Migrator::from_migrations(ambix::Migrations::default())?;
    /// let migrator = migrator.down_side(DownSide::Files);
    /// # Ok::<(), ambix::Error>(())
    /// ```
    #[must_use]
    pub fn down_side(mut self, side: DownSide) -> Self {
        self.options.down_side = side;
        self
    }

    /// Sets the name and version of your program, for the history and for waiting runners; by default, the name of the executable.
    ///
    /// ```
    /// # let migrator = ambix::Migrator::from_migrations(ambix::Migrations::default())?;
    /// let migrator = migrator.application(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    /// # Ok::<(), ambix::Error>(())
    /// ```
    #[must_use]
    pub fn application(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.options.process.application = name.into();
        self.options.process.version = version.into();
        self
    }
}

impl MigratorOptions {
    /// The table as far as it is known before a database is asked.
    pub(super) fn table(&self) -> HistoryTable {
        HistoryTable { schema: self.schema.clone(), name: self.table.clone() }
    }

    /// The history table, for a database that may not be able to have one of this name.
    ///
    /// # Errors
    /// If the database would refuse the name of one of the tables, or cut it: then two tables would be one.
    pub(super) fn table_for(&self, dialect: &dyn Dialect) -> Result<HistoryTable> {
        let beside = format!("{}_lock", self.table);
        let problem = match self.table.as_str() {
            "" => Some("a name cannot be empty".to_owned()),
            name if name.contains('\0') => Some("a name cannot contain a NUL byte".to_owned()),
            name => dialect.unfit_name(name).or_else(|| dialect.unfit_name(&beside)),
        };
        let Some(problem) = problem else { return Ok(self.table()) };
        Err(Error::Argument {
            argument: "history_table",
            given: self.table.clone(),
            problem: format!(
                "the history table cannot be called {:?}: {problem}; nothing was run; choose another name with \
                 `Migrator::history_table`",
                self.table
            ),
        })
    }

    pub(super) fn lock_for(
        &self,
        dialect: &dyn Dialect,
    ) -> Box<dyn crate::database::MigrationLock> {
        match self.lock.strategy {
            LockStrategy::Session => {
                let who = self.process.to_string();
                dialect.session_lock(&self.table(), &who, self.lock.exclude_sqlx)
            }
            LockStrategy::None => Box::new(NoLock),
        }
    }
}

impl Default for MigratorOptions {
    fn default() -> Self {
        Self {
            table: HISTORY_TABLE.to_owned(),
            schema: None,
            lock: Lock::default(),
            timeouts: Timeouts::default(),
            transaction: TransactionMode::default(),
            policies: Policies::default(),
            down_side: DownSide::default(),
            functions: Arc::default(),
            process: Process::here(),
            allow_existing: false,
            observers: Observers::default(),
            live: Live::default(),
            live_in_short_runs: Live::default(),
            arguments: Arguments::default(),
            #[cfg(feature = "draft")]
            drafting: super::draft::DraftingOptions::default(),
        }
    }
}

impl fmt::Debug for MigratorOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut functions: Vec<&String> = self.functions.keys().collect();
        functions.sort();
        let mut debug = f.debug_struct("Options");
        debug
            .field("table", &self.table)
            .field("schema", &self.schema)
            .field("lock", &self.lock)
            .field("timeouts", &self.timeouts)
            .field("transaction", &self.transaction)
            .field("policies", &self.policies)
            .field("down_side", &self.down_side)
            .field("functions", &functions)
            .field("process", &self.process)
            .field("allow_existing", &self.allow_existing)
            .field("observers", &self.observers.len())
            .field("live", &self.live)
            .field("live_in_short_runs", &self.live_in_short_runs)
            .field("arguments", &self.arguments);
        #[cfg(feature = "draft")]
        debug.field("drafting", &self.drafting);
        debug.finish()
    }
}
