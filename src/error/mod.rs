//! Errors: what went wrong, the state that it leaves, and what to do next.
//!
//! Every function of this crate that can fail returns [`Error`]. Match on its variants and their fields. A variant with much to say
//! holds a struct, such as [`Failed`] or [`Changed`]. [`Error::find_source`] finds the driver's own error behind a [`DriverError`].
//!
//! Every message says what happened, where, what state the database is in and what to do next. Messages are for people and may change
//! in any release.

mod advice;
mod connect;
mod display;
mod driver;
mod existing;
mod history;
mod place;
mod refused;
mod step;
#[cfg(test)]
mod tests;
mod words;

use std::{error::Error as StdError, fmt, time::Duration};

pub use self::{
    advice::Advice,
    connect::ConnectProblem,
    driver::DriverError,
    existing::ExistingTables,
    history::{Changed, Late, Missing, PartlySquashed},
    place::Place,
    step::{Blocker, Direction, Failed, Unfinished},
};
pub(crate) use self::{
    driver::Chain,
    history::at,
    step::in_words,
    words::{brief, did_you_mean, some, some_of},
};

/// The result of every fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error from below: the driver's, or the one that a registered Rust function returned.
pub type BoxError = Box<dyn StdError + Send + Sync + 'static>;

/// Everything that can go wrong.
///
/// Unless a variant says otherwise the database is as it was before the call.
///
/// # What it prints
///
/// `Display` is the message without what [`source`](StdError::source) says, for printers that follow the chain of
/// sources, such as anyhow's. `{error:#}` is all of it on one line, and so is `Debug`, since that is what a `main` that
/// returns the error prints:
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use std::error::Error as _;
/// let migrations = ambix::Migrations::new([ambix::Migration::new("a", "").up("SELECT 1 FROM nowhere")])?;
/// let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
/// let error = ambix::Migrator::from_migrations(migrations)?.run_pending(&pool).await.unwrap_err();
///
/// let source = error.source().unwrap().to_string();
/// assert_eq!(source, "no such table: nowhere");
/// assert!(!error.to_string().contains(&source));
/// assert!(format!("{error:#}").contains(&source));
/// assert_eq!(format!("{error:?}"), format!("{error:#}"));
/// # Ok(())
/// # }
/// ```
///
/// # The driver's error
///
/// What comes from a database has the driver's error in it: that of a migration ([`Failed`](Self::Failed)), of a draft's
/// scratch place ([`Scratch`](Self::Scratch)), and of ambix's own queries ([`Database`](Self::Database),
/// [`Connect`](Self::Connect)). The [`source`](StdError::source) is a [`DriverError`], which has the server's words, and
/// [`find_source`](Self::find_source) goes to the `sqlx::Error`, or to whatever error a registered function has returned:
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use std::error::Error as _;
/// # let up = "CREATE TABLE t (a int UNIQUE); INSERT INTO t VALUES (1), (1)";
/// # let migrations = ambix::Migrations::new([ambix::Migration::new("a", "").up(up)])?;
/// # let migrator = ambix::Migrator::from_migrations(migrations)?;
/// # let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
/// let error = migrator.run_pending(&pool).await.unwrap_err();
/// let Some(sqlx::Error::Database(from_server)) = error.find_source::<sqlx::Error>() else {
///     return Err(error.into()); // The connection was lost, for example.
/// };
/// assert!(from_server.is_unique_violation());
///
/// // The same step by step, as it is done from behind a `dyn Error`:
/// let driver = error.source().and_then(|source| source.downcast_ref::<ambix::error::DriverError>());
/// assert!(driver.unwrap().get_ref().downcast_ref::<sqlx::Error>().is_some());
/// # Ok(())
/// # }
/// ```
#[non_exhaustive]
pub enum Error {
    /// A migration file, its name, its directives or its SQL cannot be used. No database was touched.
    #[non_exhaustive]
    Source {
        /// Where.
        place: Place,
        /// What is wrong, and what would be right.
        problem: String,
    },

    /// Two migrations have the same revision. No database was touched.
    #[non_exhaustive]
    Duplicate {
        /// The revision.
        revision: String,
        /// The file that sorts first.
        first: Place,
        /// The other file.
        second: Place,
    },

    /// A parent or dependency that no migration has as its revision. No database was touched.
    #[non_exhaustive]
    UnknownParent {
        /// The revision that names it.
        revision: String,
        /// Where.
        place: Place,
        /// What the missing one is to it.
        relation: Relation,
        /// The revision that does not exist.
        missing: String,
        /// Revisions that look like it.
        near: Vec<String>,
    },

    /// Revisions that follow from each other in a circle. No database was touched.
    #[non_exhaustive]
    Cycle {
        /// The revisions of the circle, each followed by one that it needs.
        revisions: Vec<String>,
        /// Their files, in the same order.
        places: Vec<Place>,
    },

    /// The given revision is not known here.
    #[non_exhaustive]
    UnknownRevision {
        /// What was asked for.
        given: String,
        /// Revisions that look like it.
        near: Vec<String>,
    },

    /// Several revisions begin with the given prefix.
    #[non_exhaustive]
    AmbiguousRevision {
        /// What was asked for.
        given: String,
        /// All the revisions that begin with it.
        candidates: Vec<String>,
    },

    /// One head was asked for, but there are several.
    #[non_exhaustive]
    ManyHeads {
        /// What was asked for.
        target: String,
        /// The heads.
        heads: Vec<String>,
    },

    /// A target or range that cannot be read, or cannot be reached from the revision of the database.
    #[non_exhaustive]
    Target {
        /// What was asked for.
        target: String,
        /// Why it cannot be.
        problem: String,
    },

    /// Migrations that are older than what is applied, but are not applied themselves. Nothing was run.
    #[non_exhaustive]
    OutOfOrder {
        /// The migrations that came late.
        pending: Vec<Late>,
        /// Applied migrations that follow from them.
        applied: Vec<String>,
    },

    /// Migrations that were edited after they had been applied. Nothing was run.
    Changed(Vec<Changed>),

    /// Migrations that the database has but this program does not know. Nothing was run.
    Missing(Vec<Missing>),

    /// An earlier run ended in the middle of a migration whose work is not all in one transaction, and ambix does not know what it left.
    Unfinished(Box<Unfinished>),

    /// A downgrade has to pass a migration that has no down side. Nothing was run.
    #[non_exhaustive]
    Irreversible {
        /// The revision.
        revision: String,
        /// Its up file.
        place: Place,
        /// What its `irreversible` directive says.
        reason: Option<String>,
    },

    /// The migration lock was not free within the time given. Nothing was run.
    #[non_exhaustive]
    Locked {
        /// How long it waited.
        waited: Duration,
        /// Who holds it, since when and what it runs, as far as the database tells.
        holder: Option<String>,
    },

    /// Another runner took over: the step in hand was rolled back, the steps before it are applied.
    #[non_exhaustive]
    Fenced {
        /// The epoch under which this runner worked.
        epoch: i64,
    },

    /// A statement or function of a migration failed.
    Failed(Box<Failed>),

    /// A `run` directive names a function that the program did not register. Nothing was run.
    #[non_exhaustive]
    Unregistered {
        /// The name in the directive.
        function: String,
        /// Where.
        place: Place,
        /// The names that are registered.
        known: Vec<String>,
    },

    /// The database URL cannot be used as it is: correct it. No database was touched.
    #[non_exhaustive]
    Url {
        /// What is wrong, and what would be right. It repeats nothing of the URL that may be a password.
        problem: String,
    },

    /// The program was built without this database: enable its Cargo feature. No database was touched.
    #[non_exhaustive]
    NotCompiledIn {
        /// The scheme of the URL; none if no database at all is compiled in.
        scheme: Option<String>,
        /// The schemes of the databases that are compiled in.
        compiled_in: Vec<&'static str>,
        /// Those of them that look like it.
        near: Vec<String>,
    },

    /// The database cannot be reached, or takes no connection: another try may succeed.
    #[non_exhaustive]
    Connect {
        /// What is in the way.
        problem: ConnectProblem,
        /// What the driver said.
        source: BoxError,
    },

    /// The connection that was passed cannot be used for this: pass a pool, another connection or a URL, as the message says.
    /// Nothing was run.
    #[non_exhaustive]
    Connection {
        /// Why, and what to pass.
        problem: String,
    },

    /// The connection leads to a pooler that gives each transaction another connection to the server: use the URL of the
    /// server itself.
    #[non_exhaustive]
    Pooled {
        /// The revisions that this call applied (or downgraded) before it was noticed. Mostly none.
        done: Vec<String>,
    },

    /// The server is a node of a cluster, in which a lock holds on its node only: see
    /// [`Lock::this_node_only`](crate::options::Lock::this_node_only). Nothing was run.
    #[non_exhaustive]
    ClusterNode {
        /// The cluster, as the server describes it.
        cluster: String,
    },

    /// The server, or the role, only reads: connect to the primary, or as another role. Nothing was run.
    #[non_exhaustive]
    ReadOnly {
        /// Why, and where to connect.
        problem: String,
    },

    /// The history table, or the table of its lock, is not ambix's: give this program a table of its own. Nothing was run.
    #[non_exhaustive]
    NotOurTable {
        /// The table.
        table: String,
        /// What the database says of it.
        problem: String,
    },

    /// A migration cannot be run in this way, or not on this server: change the migration or the option that the message names.
    /// Nothing was run.
    #[non_exhaustive]
    NotRunnable {
        /// The revision.
        revision: String,
        /// Where.
        place: Place,
        /// Why, and what to change.
        problem: String,
    },

    /// A migration replaces others, of which the database has only some: run the version before the squash first. Nothing was run.
    PartlySquashed(Box<PartlySquashed>),

    /// A name or a text that was passed means nothing: correct the call. Nothing was done.
    #[non_exhaustive]
    Argument {
        /// What it was passed for: `rename`, `fill`, `tool` ...
        argument: &'static str,
        /// What was passed.
        given: String,
        /// Why it means nothing, and what would.
        problem: String,
    },

    /// The models, or a `schema.sql`, cannot be drafted from: correct them. Nothing was written.
    #[non_exhaustive]
    Models {
        /// What is wrong with them.
        problem: String,
    },

    /// The database has nothing of the kind, or ambix has no way to it: leave it out. Nothing was run or written.
    #[non_exhaustive]
    Unsupported {
        /// The database's name.
        database: &'static str,
        /// What it is, and what to do instead.
        problem: String,
    },

    /// The test kit has no database for a test: no server is known or can be started, or its folder cannot be used.
    #[non_exhaustive]
    TestKit {
        /// Why, and what to set.
        problem: String,
    },

    /// The history of another tool cannot be taken over. Nothing was recorded.
    #[non_exhaustive]
    NotAdopted {
        /// The tool's name.
        tool: &'static str,
        /// What does not fit.
        problem: String,
        /// What to do about it.
        advice: Advice,
    },

    /// The database already has tables, or another tool's history, but none of ambix. Nothing was run.
    ExistingTables(Box<ExistingTables>),

    /// The history table was written by a newer version of ambix. Nothing was run.
    #[non_exhaustive]
    NewerLayout {
        /// The history table.
        table: String,
        /// Its layout.
        layout: i64,
        /// The newest layout that this version knows.
        known: i64,
    },

    /// The history table is not as ambix left it, or cannot be written: it is gone, has rows that make no sense, or lost some.
    /// Nothing was run because of what it says.
    #[non_exhaustive]
    History {
        /// The history table.
        table: String,
        /// What was found.
        problem: String,
        /// What to do about it.
        advice: Advice,
        /// What the driver said, if a statement on the table has failed.
        source: Option<BoxError>,
    },

    /// [`wait`](crate::Migrator::wait) gave up before the schema was at the target.
    #[non_exhaustive]
    NotReady {
        /// The target.
        target: String,
        /// How long it was waited for.
        waited: Duration,
        /// What is missing.
        problem: String,
        /// The error of the last try, if it had one.
        source: Option<Box<Error>>,
    },

    /// A draft was asked for against a database that lacks migrations. Nothing was written.
    #[non_exhaustive]
    Pending {
        /// The revisions that are not applied.
        pending: Vec<String>,
    },

    /// A draft would lose data. Nothing was written.
    #[non_exhaustive]
    Destructive {
        /// The changes that lose data.
        changes: Vec<String>,
        /// Dropped and added things that look alike: the old one and the new one.
        rename_candidates: Vec<(String, String)>,
    },

    /// One side of a draft, run on a copy of the current schema, failed or did something else than it should. Nothing was written.
    #[non_exhaustive]
    NotProven {
        /// Which side.
        side: Direction,
        /// What would still have to be done after it.
        left: Vec<String>,
        /// The statement that failed, if one did.
        source: Option<Box<Error>>,
    },

    /// What the models, a `schema.sql` or the migrations say cannot be made in a scratch place. The database is as it was.
    #[non_exhaustive]
    Scratch {
        /// What was being done, with the file and line where there is one.
        doing: String,
        /// The statement.
        statement: String,
        /// The driver's error.
        source: BoxError,
    },

    /// A fixture of a test failed.
    #[non_exhaustive]
    Fixture {
        /// Where.
        place: Place,
        /// The statement.
        statement: String,
        /// The driver's error.
        source: BoxError,
    },

    /// The database failed in one of ambix's own queries.
    #[non_exhaustive]
    Database {
        /// What was being done, for example `reading the history`.
        doing: &'static str,
        /// The driver's error.
        source: BoxError,
    },
}

/// What one migration is to another that names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Relation {
    /// It is the one before, which the other follows.
    Parent,
    /// It has to be applied first.
    Dependency,
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Parent => "parent",
            Self::Dependency => "dependency",
        })
    }
}

impl Error {
    /// The first error of this type among the causes: `find_source::<sqlx::Error>()` is the driver's error, and that of a
    /// registered function is found by its own type.
    ///
    /// It follows [`source`](StdError::source), and continues in a [`DriverError`] with the driver's own error.
    #[must_use]
    pub fn find_source<E: StdError + 'static>(&self) -> Option<&E> {
        let mut next = self.source();
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref::<E>() {
                return Some(found);
            }
            next = match error.downcast_ref::<DriverError>() {
                Some(driver) => Some(driver.get_ref()),
                None => error.source(),
            };
        }
        None
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Failed(failed) => Some(failed.source.as_ref()),
            Self::Connect { source, .. }
            | Self::Scratch { source, .. }
            | Self::Fixture { source, .. }
            | Self::Database { source, .. } => Some(source.as_ref()),
            Self::History { source, .. } => source.as_deref().map(|source| source as _),
            Self::NotReady { source, .. } | Self::NotProven { source, .. } => {
                source.as_deref().map(|source| source as _)
            }
            _ => None,
        }
    }
}

impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}
