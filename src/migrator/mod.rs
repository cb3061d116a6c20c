//! The facade: options and verbs. The only place that joins what the other levels do.

// Their blocks are the sections of `Migrator`'s page, which shows them in the order of these lines.
mod new;
mod options;
mod verbs;

mod hooks;
#[cfg(feature = "draft")]
mod models;

mod acquire_lock;
mod adopt;
#[cfg(feature = "cli")]
mod count;
#[cfg(feature = "draft")]
mod draft;
#[cfg(all(feature = "lint", feature = "draft"))]
mod draft_findings;
#[cfg(feature = "draft")]
mod dump;
mod existing;
#[cfg(feature = "testkit")]
mod identity;
#[cfg(feature = "lint")]
mod lint;
#[cfg(all(feature = "lint", feature = "draft"))]
mod lint_run;
mod locked;
mod locks;
#[cfg(feature = "draft")]
mod online_forms;
mod pooler;
#[cfg(feature = "lint")]
mod preflight;
#[cfg(feature = "draft")]
mod proof;
mod queries;
mod rehearse;
mod repair;
mod run_loop;
#[cfg(feature = "draft")]
mod scratch;
mod script;
#[cfg(feature = "cli")]
mod squash;
mod stamp;
mod status;
mod steps;
mod stored_down;

use std::sync::{Arc, OnceLock};

#[cfg(feature = "cli")]
pub(crate) use self::dump::AFTER_A_RUN;
use self::options::MigratorOptions;
#[cfg(feature = "cli")]
pub(crate) use self::proof::DraftFindings;
#[cfg(feature = "cli")]
pub(crate) use self::squash::{SquashRoles, SquashVerdict};
pub use self::{
    adopt::{Adopt, AdoptReport, Adopted, Checked, Tool},
    options::{Lock, LockStrategy, Timeouts},
    repair::{Repair, RepairReport},
    status::{Current, History, Status, StatusEntry, StatusState, Verification},
    stored_down::DownSide,
};
use crate::{
    database::{Connect, Connector},
    error::Result,
    graph::Graph,
    note::Note,
    run::quick::Digest,
};
#[cfg(feature = "cli")]
use crate::{migration::Migrations, run::event::Live};

/// A set of migrations, the options for running them, and the verbs that run them.
///
/// A service calls [`run_pending`](Self::run_pending) when it starts. That is one query if nothing is pending; otherwise one replica
/// migrates, and the others wait for it.
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
///
/// A migrator keeps its migrations behind an `Arc`. It is cheap to clone, and you can put it in a `static LazyLock` or in your
/// application's state. It holds no connection: each verb takes the database as an argument, which is a pool, a `&mut` connection or a
/// URL ([`Connect`]).
///
/// # A tour
///
/// **[Create](#creating-a-migrator)** a migrator from an embedded folder with [`new`](Self::new), from a folder on disk with
/// [`from_path`](Self::from_path), or from code with [`from_migrations`](Self::from_migrations).
///
/// **[Choose options](#options)** if the defaults do not suit you: [`lock`](Self::lock) and [`timeouts`](Self::timeouts) say how long to
/// wait, [`history_table`](Self::history_table) lets a library keep a history of its own, and
/// [`unknown_applied`](Self::unknown_applied) lets yesterday's program start on today's schema.
///
/// **[Run](#running-migrations)** with [`run_pending`](Self::run_pending) in a service. Tools and scripts
/// [`upgrade`](Self::upgrade) and [`downgrade`](Self::downgrade) to a [`Target`](crate::Target), such as `"heads"`, `"+1"` or `"abc123"`.
/// While you write a migration, [`redo`](Self::redo) applies it again.
///
/// **[Look](#looking)** at what a verb would do with [`plan`](Self::plan), at what it would meet with [`preflight`](Self::preflight),
/// at what a database has with [`status`](Self::status) and [`history`](Self::history), and at whether files and history agree with
/// [`verify`](Self::verify). A replica that may not migrate [`wait`](Self::wait)s for one that does.
///
/// **[Write the history](#writing-the-history)** of a database that exists already: [`stamp`](Self::stamp) it at a revision,
/// [`adopt`](Self::adopt) another tool's history, or [`repair`](Self::repair) your own.
///
/// **[Find out who is in the way](#locks-and-sessions)** with [`locks`](Self::locks), and end a session with
/// [`cancel`](Self::cancel) or [`terminate`](Self::terminate).
///
/// **[Write scripts](#scripts-and-files)** with [`script`](Self::script) for a database that only its administrators may change.
///
/// **[Add your own code](#functions-and-observers)**: [`register`](Self::register) Rust functions for migrations, and
/// [`observe`](Self::observe) a run.
///
/// **[Draft migrations](#drafting-from-models)** from your [`models`](Self::models) with [`draft`](Self::draft), and let your CI
/// [`check`](Self::check) that no migration is missing.
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

    /// Whether it is known what the schema should be, which only drafts ask for.
    #[cfg(any(feature = "cli", feature = "lint", feature = "testkit"))]
    pub(crate) fn has_models(&self) -> bool {
        #[cfg(feature = "draft")]
        let is_known = self.options.drafting.wanted.is_some();
        #[cfg(not(feature = "draft"))]
        let is_known = false;
        is_known
    }

    /// The file of `dump_to` is an option of drafts.
    #[cfg(not(feature = "draft"))]
    async fn keep_dump(
        &self,
        _: &mut (dyn Connector + '_),
        _: &crate::run::report::Report,
    ) -> Result<()> {
        Ok(())
    }

    /// The way to a database, with the limits that are set here.
    fn connector<'c>(&self, database: impl Connect<'c>) -> Result<Box<dyn Connector + 'c>> {
        let mut connector = database.connector()?;
        connector.be_patient(self.options.timeouts.patience());
        Ok(connector)
    }
}
