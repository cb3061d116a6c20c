//! The whole contract with a database, on one page.
//!
//! A [`Session`] *talks*: it sends SQL and brings back rows. A [`Dialect`] *knows*: it quotes, it writes the SQL of the
//! history table, it says which statements cannot run in a transaction. A [`MigrationLock`] is one way to keep other runners
//! out. Everything above asks [`Capabilities`], never which database it is. Generic at the door ([`Connect`]), `dyn` inside.

// The traits are public only because the sealed `Connect` names them; nobody outside can use them.
#![allow(unreachable_pub, private_interfaces)]
#![allow(clippy::duplicate_mod)] // absent.rs, which is one file so that it is the same.

use std::{any::Any, fmt, pin::Pin, time::Duration};

use crate::{
    error::{BoxError, Result},
    migration::Checksum,
    sql::{Statement, Syntax},
};

mod connect;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod connector;
#[cfg(feature = "draft")]
pub(crate) mod drafting;
mod failure;
mod fence;
mod limit;
pub(crate) mod lock_report;
#[cfg(all(feature = "lint", feature = "draft"))]
pub(crate) mod measure;
#[cfg(feature = "draft")]
pub(crate) mod mentioned;
#[cfg(feature = "lint")]
pub(crate) mod preflight;
#[cfg(any(feature = "draft", all(feature = "lint", feature = "sqlite")))]
pub(crate) mod replace_tokens;
mod row;
pub(crate) mod server;
mod session_info;
pub(crate) mod sql_file;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
pub(crate) mod sqlx_session;
#[cfg(feature = "testkit")]
pub(crate) mod testkit;
pub(crate) mod tools;
mod url;
#[cfg(any(feature = "draft", feature = "lint"))]
pub(crate) mod values;

#[cfg(feature = "draft")]
pub(crate) use self::drafting::{ChangeSet, Drafting, RenderedChanges, RenderedStatement, Scope};
#[cfg(all(feature = "lint", feature = "draft"))]
pub(crate) use self::measure::Measuring;
#[cfg(feature = "lint")]
pub(crate) use self::preflight::PreflightQueries;
pub use self::{
    failure::{Age, Expected, Failure, FailureKind, Patience},
    limit::{Limits, StatementLimit},
    row::Row,
    session_info::{SessionInfo, TransactionGuard},
    sql_file::{AdoptQueries, HistoryStatements},
};
pub(crate) use self::{
    fence::{fence_name, is_fence},
    lock_report::{LockInspector, NoWatch},
    row::Columns,
    server::Server,
    sql_file::{SqlFile, fill, section},
    url::driver,
};

#[cfg(not(feature = "mysql"))]
#[path = "absent.rs"]
mod mysql;
#[cfg(feature = "mysql")]
pub(crate) mod mysql;
#[cfg(not(feature = "postgres"))]
#[path = "absent.rs"]
mod postgres;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(not(feature = "sqlite"))]
#[path = "absent.rs"]
mod sqlite;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

/// A boxed future, as the traits of this module return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The name of the first column by which a session knows the rows that are meant for ambix. The results of other
/// queries (a migration may SELECT) are read and dropped.
pub const TAG: &str = "ambix";

/// The tag of an answer to a statement that shows something and takes no columns of ours, as MySQL's SHOW CREATE.
pub(crate) const SHOWN: &str = "shown";

/// What a database can do, settled by its folder. The rest of the crate asks these flags.
#[derive(Debug, Clone, Copy)]
pub struct Capabilities {
    /// DDL can be rolled back, so that a migration and its history row are one transaction.
    pub transactional_ddl: bool,
    /// A message costs a round trip over a network, so that several steps should share one.
    pub remote: bool,
    /// A message that is longer than this many bytes gains nothing. A server holds the whole message in memory; and a driver
    /// that takes it apart itself may need time for each statement that grows with all the others.
    pub message_bytes: usize,
    /// The statement of the fence starts the clock of the step that follows it, which then needs no statement of its own.
    pub fence_starts_clock: bool,
    /// The `foreign-keys off` directive means something here.
    pub foreign_keys_switch: bool,
}

/// What the section `digest` says of a history with these revisions and checksums, all of them applied.
pub type DigestOf = fn(&mut dyn Iterator<Item = (&str, Checksum)>) -> String;

/// Talks to one connection.
pub trait Session: Send {
    /// Sends SQL, which may be many statements, as one message, and waits for its end.
    ///
    /// Returned are the rows whose first column is named [`TAG`], without that column's name but with its value.
    fn run<'s>(&'s mut self, sql: &'s str) -> BoxFuture<'s, Result<Vec<Row>, Failure>>;

    /// Sends a COPY and the rows that it reads from the client.
    fn copy<'s>(
        &'s mut self,
        statement: &'s str,
        rows: &'s str,
    ) -> BoxFuture<'s, Result<(), Failure>>;

    /// Begins a transaction of which the driver knows.
    fn begin<'s>(
        &'s mut self,
        sql: &'static str,
    ) -> BoxFuture<'s, Result<Box<dyn Transaction + 's>, Failure>>;

    /// Rolls back a transaction that a message began; where there is none it does nothing.
    fn rollback(&mut self) -> BoxFuture<'_, Result<(), Failure>>;

    /// Notes the statements that put a connection back, in case the session is dropped before; an empty list once they have run.
    fn run_on_drop(&mut self, _statements: Vec<String>) {}

    /// Whether the connection is ambix's own: closed at the end, so that nothing on it can leak.
    fn is_own(&self) -> bool;

    /// How old the connection is, where it is ambix's own.
    fn age(&self) -> Option<Age> {
        None
    }

    /// A connector for another connection like this one, where this one is ambix's own.
    fn another(&self) -> Option<Box<dyn Connector>> {
        None
    }

    /// Ends statements that run longer than this, where the server has no such limit of its own, until the guard is dropped.
    fn limit_statements(&mut self, _limit: Duration) -> BoxFuture<'_, Option<StatementLimit>> {
        Box::pin(async { None })
    }

    /// How long answers are waited for from now on.
    fn be_patient(&mut self, _patience: Patience) {}

    /// Ends the session: closes ambix's own connection, gives others back.
    fn close<'s>(self: Box<Self>) -> BoxFuture<'s, ()>
    where
        Self: 's;
}

/// A transaction of which the driver knows: dropping it rolls it back, also on a connection that lives on, and a
/// transaction that a Rust function begins in it becomes a savepoint.
pub trait Transaction: Send {
    /// As [`Session::run`].
    fn run<'s>(&'s mut self, sql: &'s str) -> BoxFuture<'s, Result<Vec<Row>, Failure>>;
    /// As [`Session::copy`].
    fn copy<'s>(
        &'s mut self,
        statement: &'s str,
        rows: &'s str,
    ) -> BoxFuture<'s, Result<(), Failure>>;
    /// The driver's connection, for a registered Rust function.
    fn connection(&mut self) -> &mut (dyn Any + Send);
    /// What an error of a registered function means: one of the driver's may be worth another try.
    fn explain(&self, error: BoxError) -> Failure;
    /// Commits.
    fn commit<'s>(self: Box<Self>) -> BoxFuture<'s, Result<(), Failure>>
    where
        Self: 's;
}

/// The history table's name, and its schema once that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryTable {
    /// The schema that the user asked for, or the one that the opening message found.
    pub schema: Option<String>,
    /// The table.
    pub name: String,
}

impl fmt::Display for HistoryTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// How a statement goes together with transactions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransactionSupport {
    /// It can be rolled back.
    Transactional,
    /// It cannot run in a transaction, or ends one; the text says why.
    Alone(&'static str),
    /// It can be rolled back, but where there is no transaction around it, it may make some of its own.
    Either,
    /// It switches the enforcement of foreign keys, and does nothing inside a transaction; the text says what to do instead.
    ForeignKeys(bool, &'static str),
    /// It does nothing inside a transaction, and that is not what its author meant; the text says what to do instead.
    Futile(&'static str),
}

/// How to look in the catalog whether a statement that cannot be rolled back has been done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// A query with one row: the tag, then `done`, `half` or `absent`; anything else where it is not clear.
    pub query: String,
    /// What removes the half, before the statement is run again.
    pub clean: Option<String>,
    /// Whether the server acknowledges the statement, too, where it has met another object and done nothing, so that the query
    /// must say `done` after it.
    pub verify: bool,
    /// Whether the statement does its work in parts, so that one that failed may have done some of them.
    pub parts: bool,
}

impl Probe {
    /// For a statement that may be run again without harm.
    pub(crate) fn again() -> Self {
        Self {
            query: "SELECT 'probe' AS ambix, 'absent' AS state".to_owned(),
            clean: None,
            verify: false,
            parts: false,
        }
    }
}

/// Knows one database's SQL. It does no I/O.
pub trait Dialect: Send + Sync + fmt::Debug {
    /// The name for messages, and the name by which `script` finds it.
    fn name(&self) -> &'static str;
    /// Schemes of URLs that mean this database.
    fn schemes(&self) -> &'static [&'static str];
    /// What it can do.
    fn capabilities(&self) -> &'static Capabilities;
    /// How its SQL is read.
    fn syntax(&self) -> &'static Syntax;
    /// A name, quoted.
    fn quote(&self, name: &str) -> String;
    /// A text, as a literal that no setting of the session can break.
    fn literal(&self, text: &str) -> String;
    /// The file that holds the SQL of the history table, in sections. See [`section`].
    fn history(&self) -> &'static HistoryStatements;
    /// How to know what the section `digest` says; none where the server cannot say in one number what is in the history.
    fn digest(&self) -> Option<DigestOf> {
        None
    }
    /// The file that holds the queries for the history tables of other tools, in sections.
    fn adopt_queries(&self) -> &'static AdoptQueries;
    /// The statement that begins a step's transaction.
    fn begin(&self) -> &'static str;
    /// What surrounds a step's transaction, if the server may roll it back while the message continues.
    fn guard(&self, _opening: &SessionInfo) -> Option<TransactionGuard> {
        None
    }
    /// What stands around the opening message where the session's own isolation might make its re-read stale.
    fn around_opening(&self) -> Option<(&'static str, &'static str)> {
        None
    }
    /// One SELECT with the columns of [`SessionInfo`], tag first; `lock` is an SQL expression for the second.
    fn opening(&self, table: &HistoryTable, lock: &str) -> String;
    /// A lock expression that is 2, without a try, if the server's side of the connection is not as `expected`: then there may
    /// be a pooler in between. What [`prepare`](Self::prepare) sets in the same transaction ends with that.
    fn unless_pooled(&self, lock: &str, _expected: Expected<'_>) -> String {
        lock.to_owned()
    }
    /// A query with one tagged row that differs between the server's connections; none if no pooler can be before it.
    fn backend(&self) -> Option<&'static str> {
        None
    }
    /// A statement that fails as [`FailureKind::Pooled`] where another connection of the server has answered the opening query.
    fn same_backend(&self, _opening: &SessionInfo) -> Option<String> {
        None
    }
    /// Ends the connection of the server that answered the opening query, if nobody uses it.
    fn end_backend(&self, _opening: &SessionInfo) -> Option<String> {
        None
    }
    /// A query with one tagged row that says where the history is, if it is where this role would look for it but may not.
    fn hidden(&self, _table: &HistoryTable) -> Option<String> {
        None
    }
    /// Why no table can have a name, which the database would refuse or cut.
    fn unfit_name(&self, _name: &str) -> Option<String> {
        None
    }
    /// Why the lock would not keep others out on this server; a query with one tagged row where that is so.
    fn cluster(&self) -> Option<&'static str> {
        None
    }
    /// Whether a failure says that nothing can be made in the schema of the history: it is not there, or the role may not.
    fn cannot_make(&self, _failure: &Failure) -> bool {
        false
    }
    /// The database in which the migrations run, if a statement can lead to another.
    fn home<'o>(&self, _opening: &'o SessionInfo) -> Option<&'o str> {
        None
    }
    /// The database to which a statement leads all that follow it.
    fn leads_to(&self, _statement: &Statement<'_>) -> Option<String> {
        None
    }
    /// Why no migration may have a statement, and what to do instead: nothing can put back what it changes, it gives up the migration
    /// lock, or the rest of its script would be read in another way.
    fn forbidden(&self, _statement: &Statement<'_>, _script: &str) -> Option<&'static str> {
        None
    }
    /// The longest statement that the server takes, in bytes, where it has such a limit.
    fn longest_statement(&self, _opening: &SessionInfo) -> Option<usize> {
        None
    }
    /// Statements that undo the driver's settings on a caller's connection, after [`prepare`](Self::prepare) there.
    fn lent(&self) -> Vec<String> {
        Vec::new()
    }
    /// What gives a registered function the settings on which its driver relies, and what takes them back.
    fn around_function(&self) -> Option<(&'static str, &'static str)> {
        None
    }
    /// What is said last on a connection of our own. It ends with that, unless a pooler keeps it.
    fn farewell(&self) -> Option<&'static str> {
        None
    }
    /// Statements that follow the first opening in its message: limits, and what makes a killed client's work end soon.
    fn prepare(&self, table: &HistoryTable, limits: Limits) -> Vec<String>;
    /// Statements that give the session back its rights, before the history row is written.
    fn restore_role(&self, opening: &SessionInfo) -> Vec<String>;
    /// Statements that undo what a migration may have set, after the history row is written.
    fn restore(
        &self,
        table: &HistoryTable,
        opening: &SessionInfo,
        limits: Limits,
        own: bool,
    ) -> Vec<String>;
    /// Statements that put a caller's connection back as it was.
    fn restore_settings(&self, opening: &SessionInfo) -> Vec<String>;
    /// Turns the enforcement of foreign keys off or on; asked only where there is such a switch.
    fn foreign_keys(&self, on: bool) -> &'static str;
    /// A query with one tagged row for each violated foreign key; asked only where there is such a switch.
    fn foreign_key_check(&self) -> &'static str;
    /// Whether a statement of a migration may change a setting of the session, so that [`restore`](Self::restore) must follow.
    fn may_set(&self, _statement: &Statement<'_>) -> bool {
        true
    }
    /// Whether a statement of a migration may leave something in the session that is no setting and that the next migration
    /// would see: a temporary table, a variable, a prepared statement, a lock.
    fn leaves(&self, _statement: &Statement<'_>) -> bool {
        false
    }
    /// Whether what a statement says depends on what the session has done before: the last row, sequence or count.
    fn asks_session(&self, _statement: &Statement<'_>) -> bool {
        false
    }
    /// Notes what a session has before a migration that may leave something, where that cannot have one of its own.
    fn remember(&self) -> Option<String> {
        None
    }
    /// Removes what these statements have left in such a session.
    fn forget(&self, _statements: &[Statement<'_>]) -> Vec<String> {
        Vec::new()
    }
    /// Whether a statement makes a temporary object, which may have the name of another one and hide it.
    fn makes_temporary(&self, _statement: &Statement<'_>) -> bool {
        false
    }
    /// A query for the tables whose engine has no transactions, in the default schema and these; none where all have them.
    fn untransacted(&self, _schemas: &[String]) -> Option<String> {
        None
    }
    /// The query right after a rollback: a tagged row, whose `kept` is not 0 if not everything was rolled back.
    fn rolled_back(&self) -> Option<&'static str> {
        None
    }
    /// How a statement goes together with transactions.
    fn work(&self, statement: &Statement<'_>) -> TransactionSupport;
    /// How to find out whether a statement that stands alone has been done.
    fn probe(&self, statement: &Statement<'_>) -> Option<Probe>;
    /// A statement as the database's own shell must be given it, where that differs (a body with semicolons).
    fn shell(&self, statement: &str) -> String;
    /// The first lines of an offline script: what makes the shell stop at the first error.
    fn script_head(&self) -> &'static str {
        ""
    }
    /// What an offline script says after a file, so that the file's settings end with it.
    fn script_restore(&self) -> &'static str {
        ""
    }
    /// What an offline script says after a step that leaves something in the session, so that the next one does not see it.
    fn script_forget(&self, statements: &[Statement<'_>]) -> Vec<String> {
        self.forget(statements).into_iter().map(|statement| format!("{statement};")).collect()
    }
    /// What makes a missing schema of the history in an offline script, and what puts it first in the search path, if a run does so.
    fn script_home(&self, _schema: &str) -> Option<[String; 2]> {
        None
    }
    /// What an offline script begins and ends a transaction with.
    fn script_transaction(&self) -> (&'static str, &'static str);
    /// What an offline script says before it commits a step with `foreign-keys off`: it fails where a key is violated.
    fn script_foreign_key_check(&self) -> &'static str {
        ""
    }
    /// What it knows of schemas; none where nothing can be drafted.
    #[cfg(feature = "draft")]
    fn drafting(&self) -> Option<&'static dyn Drafting> {
        None
    }
    /// What preflight asks; none where nothing can be asked.
    #[cfg(feature = "lint")]
    fn preflight(&self) -> Option<&'static dyn PreflightQueries> {
        None
    }
    /// What is asked while a migration runs in a scratch database; none where nothing can be asked.
    #[cfg(all(feature = "lint", feature = "draft"))]
    fn measuring(&self) -> Option<&'static dyn Measuring> {
        None
    }
    /// Looks at the locks of this database.
    fn lock_inspector(&self, _table: &HistoryTable) -> Box<dyn LockInspector> {
        Box::new(NoWatch)
    }
    /// The session lock of this database; `who` is how the holder is shown to those who wait. With `exclude_sqlx` it is held
    /// together with the lock of sqlx's own migrator, where that has one.
    fn session_lock(
        &self,
        table: &HistoryTable,
        who: &str,
        exclude_sqlx: bool,
    ) -> Box<dyn MigrationLock>;
}

/// One way to keep other runners out.
///
/// The contract: (1) at most one runner holds it; (2) trying never waits; (3) it is given back on every path, at the
/// latest when the connection ends; (4) giving it back says whether it was ours.
pub trait MigrationLock: Send + Sync {
    /// Tries to take what must be taken before the opening message. A lock that is an SQL expression takes nothing here.
    fn acquire<'s>(
        &'s mut self,
        _session: &'s mut dyn Session,
    ) -> BoxFuture<'s, Result<bool, Failure>> {
        Box::pin(async { Ok(true) })
    }

    /// An SQL expression in the opening message that tries to take it, and is 1 where that worked.
    fn expression(&self) -> String {
        "1".to_owned()
    }

    /// A statement with one tagged row, `1` where the lock was ours, that gives it back. It travels at the end of the last
    /// message where it can.
    fn release_statement(&self, _opening: &SessionInfo) -> Option<String> {
        None
    }

    /// Gives back what [`take`](Self::take) took.
    fn release(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }

    /// Who holds it, since when and what it runs; a sentence for people. Asked while waiting.
    fn holder<'s>(
        &'s mut self,
        _session: &'s mut dyn Session,
        _opening: Option<&'s SessionInfo>,
    ) -> BoxFuture<'s, Option<String>> {
        Box::pin(async { None })
    }
}

/// How a holder is introduced who holds the lock of sqlx's migrator, and not ours.
#[cfg(any(feature = "postgres", feature = "mysql"))]
const SQLX_LOCK: &str = "the lock of sqlx's own migrator is not free: ";

/// A column of the only row, if there is one.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn one_text(rows: &[Row], name: &str) -> Option<String> {
    rows.first()?.column(name).map(str::to_owned)
}

/// No lock at all: the fence alone keeps two runners apart, and one of them fails.
#[derive(Debug)]
pub(crate) struct NoLock;

impl MigrationLock for NoLock {}

/// Opens sessions on one database. What a [`Connect`] becomes.
pub trait Connector: Send {
    /// The database's dialect.
    fn dialect(&self) -> &'static dyn Dialect;
    /// How long the sessions from here wait for the server.
    fn be_patient(&mut self, _patience: Patience) {}
    /// A session for one quick read, from the pool if there is one. `application` is what a new connection is called on the server.
    fn quick<'s>(
        &'s mut self,
        application: &'s str,
    ) -> BoxFuture<'s, Result<Box<dyn Session + 's>>>;
    /// A session for lock and work: a connection of its own wherever there can be one.
    fn dedicated<'s>(
        &'s mut self,
        application: &'s str,
    ) -> BoxFuture<'s, Result<Box<dyn Session + 's>>>;
    /// A session that only reads. The next one takes its connection over, if it can: the first look into a catalogue is a slow one.
    fn lasting<'s>(
        &'s mut self,
        application: &'s str,
    ) -> BoxFuture<'s, Result<Box<dyn Session + 's>>> {
        self.dedicated(application)
    }
    /// Whether a lost connection can be replaced.
    fn can_reopen(&self) -> bool;
    /// A session that does not borrow from here: a connection of its own, closed at its end.
    #[cfg(feature = "testkit")]
    fn detached<'s>(
        &'s self,
        _application: &'s str,
    ) -> BoxFuture<'s, Result<Box<dyn Session>, Failure>> {
        let problem = "this connection is the only one that there is";
        Box::pin(async move { Err(Failure::new(FailureKind::Other, problem)) })
    }
    /// Lets all sessions be on one connection, for a database that is gone with it.
    fn keep_connection(&mut self) {}
    /// Another connector for the same database, which nobody has to wait for; none where connections are the caller's.
    fn again(&self) -> Option<Box<dyn Connector>> {
        None
    }
    /// A connector for another database of the same server; none where that cannot be.
    fn beside(&self, _database: &str) -> Option<Box<dyn Connector>> {
        None
    }
}

/// Everything that a verb of [`Migrator`](crate::Migrator) takes for a database: `&PgPool`, `&MySqlPool`, `&SqlitePool`,
/// `&AnyPool`, a `&mut` connection of one of the three, or a URL as `&str`.
///
/// With a pool, lock and work use a connection of their own, opened with the pool's connect options, so a pool of size 1
/// is enough; only an in-memory SQLite database works through the pool itself. With a `&mut` connection everything runs
/// on it, and it must not be in a transaction; if the verb's future is dropped before it ends, close that connection, since
/// on a server it may still hold the migration lock.
pub trait Connect<'c>: sealed::Sealed {
    #[doc(hidden)]
    fn connector(self) -> Result<Box<dyn Connector + 'c>>;
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// A sqlx connection that a registered Rust function can take: `PgConnection`, `MySqlConnection`, `SqliteConnection`.
pub trait StepConnection: Any + Send + sealed::Sealed {
    #[doc(hidden)]
    const NAME: &'static str;
}

/// Opens a scratch place.
pub(crate) type OpenScratch = fn() -> Result<Box<dyn Connector>>;

/// What a database's folder gives to this page.
pub(crate) struct Driver {
    pub(crate) dialect: &'static dyn Dialect,
    /// The type of the connection that a registered Rust function takes; the command line writes it into new code.
    #[cfg_attr(not(feature = "cli"), allow(dead_code))]
    pub(crate) connection: &'static str,
    pub(crate) open: fn(url: &str) -> Result<Box<dyn Connector>>,
    pub(crate) server: fn(url: &str) -> Result<Box<dyn Server>>,
    /// The statement that gives a session the settings that a URL asks for; none if it asks for none.
    pub(crate) settings: fn(url: &str) -> Result<Option<String>>,
    /// Opens a scratch place that is nobody else's and goes with its connection; none where it must be made on the server.
    pub(crate) scratch: Option<OpenScratch>,
    /// What it brings to the test kit; none until it has a room for that.
    #[cfg(feature = "testkit")]
    pub(crate) testkit: Option<&'static dyn testkit::TestKit>,
}

/// The databases that were compiled in.
pub(crate) fn drivers() -> impl Iterator<Item = &'static Driver> {
    [postgres::DRIVER, mysql::DRIVER, sqlite::DRIVER].into_iter().flatten()
}
