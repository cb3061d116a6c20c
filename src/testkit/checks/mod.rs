//! The tests that every project with migrations should have, ready-made.
//!
//! Each check is a function of [`MigrationTests`]; [`migration_tests!`](crate::testkit::migration_tests) makes a test of each.

mod data;
mod files;
mod hook;
mod losses;
pub(super) mod macros;
mod release;
mod rows;
mod runner;
mod schema;
mod script;

use std::fmt;

use self::hook::{Hook, RowSetup};
use super::database::this_test;
use crate::{
    database::{BoxFuture, StepConnection},
    error::{BoxError, Error},
    lint::Severity,
    migrator::Migrator,
    run::function::erase,
    schema::Models,
};

/// Tests of migrations: what is tested, and how. [`migration_tests!`](crate::testkit::migration_tests) makes a test function of each check;
/// this is what is behind it, for other harnesses and for the options.
///
/// ```
/// use ambix::{Migration, Migrations, Migrator, testkit::MigrationTests};
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let migrator = Migrator::from_migrations(Migrations::new([
///     Migration::new("a1", "create users").up("CREATE TABLE users (id integer)").down("DROP TABLE users"),
///     Migration::new("b2", "add name").up("ALTER TABLE users ADD COLUMN name text"),
/// ])?)?;
/// let tests = MigrationTests::new(&migrator);
/// tests.check_one_head().await?;
/// let failed = tests.check_down_sides().await.unwrap_err();
/// assert!(failed.to_string().contains("b2"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Checks that need a database take one of their own, as [`TestDatabase`](super::TestDatabase) does. It is dropped when they pass
/// and kept, and named in the output, when they fail.
#[derive(Debug, Clone)]
#[must_use]
pub struct MigrationTests {
    migrator: Migrator,
    url: Option<String>,
    database: Option<String>,
    one_head: bool,
    down_sides: bool,
    sum: bool,
    offline_script: bool,
    column_order: bool,
    lints: Option<Severity>,
    runs_lints: bool,
    before: Vec<Hook<RowSetup>>,
    after: Vec<Hook<String>>,
    changes_data: Vec<Hook<String>>,
    loses: Vec<Hook<String>>,
    releases: Vec<Hook<String>>,
}

/// One of the checks of [`MigrationTests`]. Its `Display` is the name of the test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum MigrationCheck {
    /// [`check_one_head`](MigrationTests::check_one_head).
    OneHead,
    /// [`check_upgrade`](MigrationTests::check_upgrade).
    Upgrade,
    /// [`check_stairway`](MigrationTests::check_stairway).
    Stairway,
    /// [`check_down_sides`](MigrationTests::check_down_sides).
    DownSides,
    /// [`check_models`](MigrationTests::check_models).
    Models,
    /// [`check_sum`](MigrationTests::check_sum).
    Sum,
    /// [`check_offline_script`](MigrationTests::check_offline_script).
    OfflineScript,
    /// [`check_data`](MigrationTests::check_data).
    Data,
    /// [`check_release`](MigrationTests::check_release).
    Release,
    /// [`check_losses`](MigrationTests::check_losses).
    Losses,
    /// [`check_lints`](MigrationTests::check_lints).
    Lints,
}

impl MigrationCheck {
    /// All of them, in the order in which they are best read.
    pub const ALL: [Self; 11] = [
        Self::OneHead,
        Self::Upgrade,
        Self::Stairway,
        Self::DownSides,
        Self::Models,
        Self::Sum,
        Self::OfflineScript,
        Self::Data,
        Self::Release,
        Self::Losses,
        Self::Lints,
    ];
}

impl fmt::Display for MigrationCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OneHead => "one_head",
            Self::Upgrade => "upgrade",
            Self::Stairway => "stairway",
            Self::DownSides => "down_sides",
            Self::Models => "models",
            Self::Sum => "sum",
            Self::OfflineScript => "offline_script",
            Self::Data => "data",
            Self::Release => "release",
            Self::Losses => "losses",
            Self::Lints => "lints",
        })
    }
}

/// A check that did not pass: what is wrong, where, and what to do about it.
#[derive(Debug)]
#[non_exhaustive]
pub struct CheckFailed {
    /// The check.
    pub check: MigrationCheck,
    /// What is wrong, in one line or more.
    pub problem: String,
    /// The error that kept the check from running, if that is the problem. The text has what it says.
    pub source: Option<Box<Error>>,
}

impl fmt::Display for CheckFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.check, self.problem)
    }
}

/// Without a source: the text has all of it, since it is what a test prints.
impl std::error::Error for CheckFailed {}

impl CheckFailed {
    fn new(check: MigrationCheck, problem: impl Into<String>) -> Self {
        Self { check, problem: problem.into(), source: None }
    }

    fn of(check: MigrationCheck) -> impl Fn(Error) -> Self {
        move |error| Self { check, problem: format!("{error:#}"), source: Some(Box::new(error)) }
    }
}

/// What the functions of a check return.
type Checked<T = ()> = Result<T, CheckFailed>;

impl MigrationTests {
    /// All checks of these migrations. The migrator's options count, too: its history table, its schema, its registered
    /// functions, its models.
    pub fn new(migrator: &Migrator) -> Self {
        Self {
            migrator: migrator.without_dump(),
            url: None,
            database: None,
            one_head: true,
            down_sides: true,
            sum: true,
            offline_script: true,
            column_order: false,
            lints: None,
            runs_lints: false,
            before: Vec::new(),
            after: Vec::new(),
            changes_data: Vec::new(),
            loses: Vec::new(),
            releases: Vec::new(),
        }
    }

    /// The models that the migrations should make the tables of. Without, the migrator's own are taken.
    pub fn models(mut self, models: impl Into<Models>) -> Self {
        self.migrator = self.migrator.models(models);
        self
    }

    /// On the server of this URL, as [`TestSetup::url`](super::TestSetup::url).
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// The database that they are for, where several are compiled in and no URL says which: a scheme (`postgres`, `mysql`,
    /// `sqlite`). The server is found as for [`TestDatabase`](super::TestDatabase).
    pub fn database(mut self, scheme: impl Into<String>) -> Self {
        self.database = Some(scheme.into());
        self
    }

    /// Whether there must be one head. Switch it off for a project that keeps several lines on purpose.
    pub fn one_head(mut self, check: bool) -> Self {
        self.one_head = check;
        self
    }

    /// Whether every migration must have a down side or say that it is irreversible.
    pub fn down_sides(mut self, check: bool) -> Self {
        self.down_sides = check;
        self
    }

    /// Whether `ambix.sum` must be there and right. Migrations that were built in code have none, and pass.
    pub fn sum(mut self, check: bool) -> Self {
        self.sum = check;
        self
    }

    /// Whether the offline script must make the same schema as a run. That takes the database's own shell.
    pub fn offline_script(mut self, check: bool) -> Self {
        self.offline_script = check;
        self
    }

    /// Whether down sides must also bring columns back to where they stood. By default they need not: most databases can add a
    /// column at the end alone.
    pub fn column_order(mut self, check: bool) -> Self {
        self.column_order = check;
        self
    }

    /// Turns on the check `lints`: no migration may have a finding of [`lint`](crate::lint) of this severity or a higher one, but for those
    /// in the baseline `ambix.lint`. It is off by default, since the migrations of a running project cannot be changed any more:
    /// `ambix lint --write-baseline` writes the baseline first.
    pub fn lints(mut self, deny: Severity) -> Self {
        self.lints = Some(deny);
        self
    }

    /// The same, and the check also runs the migrations in a scratch database of the server, to see what their statements lock, read and
    /// write again; see [`Migrator::lint_run`](crate::Migrator::lint_run).
    pub fn lints_run(mut self, deny: Severity) -> Self {
        self.runs_lints = true;
        self.lints(deny)
    }

    /// SQL that puts rows into the database right before the up side of a revision is run. They must survive it and all that
    /// follows.
    pub fn before(mut self, revision: impl Into<String>, sql: impl Into<String>) -> Self {
        let hook = Hook::new(revision, "before", |name| RowSetup::sql(name, sql.into()));
        self.before.push(hook);
        self
    }

    /// The same as a Rust function, which takes the real sqlx connection, as those of
    /// [`Migrator::register`](crate::Migrator::register) do.
    pub fn before_fn<C, F>(mut self, revision: impl Into<String>, function: F) -> Self
    where
        C: StepConnection,
        F: for<'c> Fn(&'c mut C) -> BoxFuture<'c, Result<(), BoxError>> + Send + Sync + 'static,
    {
        let hook = Hook::new(revision, "before_fn", |name| {
            RowSetup::Function(erase(name, move |connection: &mut C, _| function(connection)))
        });
        self.before.push(hook);
        self
    }

    /// A query with one column, each of whose rows must be true after the up side of a revision was run:
    /// `SELECT full_name = '' FROM users`. One that gives no row shows nothing, and fails.
    pub fn after(mut self, revision: impl Into<String>, query: impl Into<String>) -> Self {
        self.after.push(Hook::new(revision, "after", |_| query.into()));
        self
    }

    /// Declares that a revision changes or deletes rows on purpose, and why, so that they are not compared.
    pub fn changes_data(mut self, revision: impl Into<String>, why: impl Into<String>) -> Self {
        self.changes_data.push(Hook::new(revision, "changes_data", |_| why.into()));
        self
    }

    /// Declares that the up side of a revision drops a table or column, or makes a type narrower, and why that may be.
    pub fn loses(mut self, revision: impl Into<String>, why: impl Into<String>) -> Self {
        self.loses.push(Hook::new(revision, "loses", |_| why.into()));
        self
    }

    /// The data of a release, as a dump in SQL that was taken when the database was at this revision:
    /// `release("abc123", include_str!("release-1.4.sql"))`. From there the upgrade must work, and the rows must survive it.
    ///
    /// A dump that creates the tables is loaded into an empty database; one with rows alone into one that was upgraded to the
    /// revision. What only the database's shell understands (`COPY ... FROM stdin`) is loaded by that.
    pub fn release(mut self, revision: impl Into<String>, dump: impl Into<String>) -> Self {
        self.releases.push(Hook::new(revision, "release", |_| dump.into()));
        self
    }

    /// Whether there is something for a check to do: models to compare, a release to load.
    #[must_use]
    pub fn has(&self, check: MigrationCheck) -> bool {
        match check {
            MigrationCheck::OneHead => self.one_head,
            MigrationCheck::DownSides => self.down_sides,
            MigrationCheck::Sum => self.sum,
            MigrationCheck::OfflineScript => self.offline_script,
            MigrationCheck::Models => self.migrator.has_models(),
            MigrationCheck::Release => !self.releases.is_empty(),
            MigrationCheck::Lints => self.lints.is_some(),
            MigrationCheck::Upgrade
            | MigrationCheck::Stairway
            | MigrationCheck::Data
            | MigrationCheck::Losses => true,
        }
    }

    /// Makes one of the checks.
    ///
    /// # Errors
    /// [`CheckFailed`] where it does not pass.
    pub async fn check(&self, check: MigrationCheck) -> Result<(), CheckFailed> {
        match check {
            MigrationCheck::OneHead => self.check_one_head().await,
            MigrationCheck::Upgrade => self.check_upgrade().await,
            MigrationCheck::Stairway => self.check_stairway().await,
            MigrationCheck::DownSides => self.check_down_sides().await,
            MigrationCheck::Models => self.check_models().await,
            MigrationCheck::Sum => self.check_sum().await,
            MigrationCheck::OfflineScript => self.check_offline_script().await,
            MigrationCheck::Data => self.check_data().await,
            MigrationCheck::Release => self.check_release().await,
            MigrationCheck::Losses => self.check_losses().await,
            MigrationCheck::Lints => self.check_lints().await,
        }
    }

    /// Makes a check as a test of its own: on a runtime of its own, and with a panic where it does not pass.
    ///
    /// # Panics
    /// With the text of [`CheckFailed`].
    #[track_caller]
    pub fn run(&self, check: MigrationCheck) {
        match check {
            MigrationCheck::Release if !self.has(check) => {
                eprintln!(
                    "{check}: there is none, so that nothing was tried: `.release(..)` gives one"
                );
                return;
            }
            // Without models it says what is missing.
            MigrationCheck::Models => {}
            _ if !self.has(check) => {
                eprintln!("{check} is switched off");
                return;
            }
            _ => {}
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let checked = match runtime {
            Ok(runtime) => runtime.block_on(self.check(check)),
            Err(error) => {
                Err(CheckFailed::new(check, format!("no runtime could be made: {error}")))
            }
        };
        if let Err(failed) = checked {
            panic!("{failed}");
        }
    }

    /// The name under which a check's database is kept.
    fn test(&self) -> String {
        this_test()
    }
}
