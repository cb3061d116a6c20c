//! The half of the contract that the test kit needs: how a database of its own comes to a test.
//!
//! A *template* is a database that was migrated once. A *copy* is made from it, or made ready again, for one test at a time. The
//! server keeps all that has to be known of them, so that any number of processes can use one server; what a killed process has
//! left is known by its lock, which nobody holds any more.

pub(crate) mod files;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
pub(crate) mod pool;
pub(crate) mod shell;

use std::{
    any::Any,
    fmt,
    time::{Duration, Instant},
};

use self::shell::ShellKnowledge;
use super::{BoxFuture, Failure, FailureKind, Row, Session, driver, sealed};
use crate::{
    error::{Error, Result},
    random::jitter,
    sql::Statement,
};

/// What a database brings to the test kit. A database without it is migrated and drafted for like any other.
pub(crate) trait TestKit: ShellKnowledge {
    /// Gives databases to tests, on the server of a URL.
    fn copies(&self, url: &str) -> Result<Box<dyn Copies>>;

    /// A server for tests that name none; none if no server is needed.
    fn throw_away(&self) -> Option<&'static ThrowAway> {
        None
    }
}

/// What the database of a URL, or of a scheme, brings to the kit.
pub(crate) fn testkit(url: &str) -> Result<&'static dyn TestKit> {
    let driver = driver(url)?;
    driver.testkit.ok_or_else(|| Error::TestKit {
        problem: format!(
            "it cannot give databases of {} to tests yet; create them yourself, and pass their URLs to the migrator",
            driver.dialect.name()
        ),
    })
}

/// What a test wants.
#[derive(Debug, Clone)]
pub struct Order {
    /// What the template is made of, as 16 hexadecimal digits: orders with the same get copies of one template. `None` asks for an
    /// empty database, which needs no template.
    pub fingerprint: Option<String>,
    /// The test's name, for people.
    pub test: String,
}

/// Fills a new database, whose URL it is given: it runs the migrations.
pub type Fill<'a> = &'a (dyn Fn(String) -> BoxFuture<'a, Result<()>> + Send + Sync);

/// Gives out databases of one server.
pub trait Copies: Send {
    /// What tells this server from others, for the number of tests that may use it at once; none where there is no limit.
    fn server(&self) -> Option<String>;

    /// How many connections the server takes from us.
    fn connections(&mut self) -> BoxFuture<'_, Result<u32>>;

    /// A database for one test. The template is made first where there is none, by one process at a time; it is there as a
    /// whole or not at all. What dead processes and old migrations have left is taken away.
    fn give<'s>(
        &'s mut self,
        order: &'s Order,
        fill: Fill<'s>,
    ) -> BoxFuture<'s, Result<Box<dyn DatabaseCopy>>>;

    /// Takes away everything that the kit has on this server and nobody uses: templates, copies that were kept, leftovers.
    fn clear(&mut self) -> BoxFuture<'_, Result<Vec<String>>>;
}

/// A database that one test has. Where it is dropped without one of the two, it is as if the process had been killed: the next
/// one takes it away.
pub trait DatabaseCopy: Send + Sync + fmt::Debug {
    /// Its URL.
    fn url(&self) -> &str;
    /// Its name: that of the database, or of the file.
    fn name(&self) -> &str;
    /// Its URL after [`keep`](Self::keep).
    fn kept_url(&self) -> String {
        self.url().to_owned()
    }
    /// The test has succeeded: the database is not needed any more. Connections that are left are ended. `elsewhere` says that
    /// this is not the runtime in which it was made, so that connections of that time cannot be used.
    fn discard(self: Box<Self>, elsewhere: bool) -> BoxFuture<'static, Result<()>>;
    /// The test has failed: the database stays, until the same test runs again or some days have passed.
    fn keep(self: Box<Self>, elsewhere: bool) -> BoxFuture<'static, Result<()>>;
}

/// A server that can be started for tests.
#[derive(Debug)]
pub(crate) struct ThrowAway {
    /// The part of the shell script that knows this kind of server.
    pub(crate) script: &'static str,
    /// The environment variable that says where the programs are: with another value it is another server.
    pub(crate) variable: &'static str,
    /// The URL of the server that is in a folder.
    pub(crate) url: fn(folder: &str) -> String,
}

impl ThrowAway {
    /// The part of the script that all kinds share.
    pub(crate) const LIFE: &str = include_str!("throwaway.sh");
}

/// How many templates of other migrations stay.
pub(crate) const TEMPLATES: usize = 8;
/// How long a template that nobody uses stays, and a copy that was kept after a failure.
pub(crate) const UNUSED: Duration = Duration::from_secs(7 * 24 * 3600);
/// How old the note of a template's last use may become.
pub(crate) const NOTE: Duration = Duration::from_secs(3600);
/// How many copies that are ready wait for tests with one fingerprint at most.
pub(crate) const READY: usize = 16;

/// A pool that a test can have: `PgPool`, `MySqlPool` or `SqlitePool`.
pub trait TestPool: Any + Clone + Send + Sync + sealed::Sealed {
    /// The scheme of its URLs.
    #[doc(hidden)]
    const SCHEME: &'static str;
    /// A pool that connects when it is first used, with so many connections at most.
    #[doc(hidden)]
    fn open(url: &str, connections: u32) -> Result<Self>;
    /// Closes it; returns when all connections are back.
    #[doc(hidden)]
    fn end(&self) -> BoxFuture<'_, ()>;
}

/// What a test can have of its pool: the pool itself, or a connection of it.
pub trait FromPool: Sized + sealed::Sealed {
    /// The pool.
    type Pool: TestPool;
    #[doc(hidden)]
    fn from_pool(pool: &Self::Pool) -> BoxFuture<'_, Result<Self>>;
}

/// The name that the kit's own connections show.
pub(crate) const APPLICATION: &str = "ambix testkit";
/// How long a connection is tried for that the server has no room for.
const ROOM: Duration = Duration::from_secs(120);

/// The way to the databases of one server.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    url: String,
}

impl Route {
    pub(crate) fn new(url: &str) -> Self {
        Self { url: url.to_owned() }
    }

    /// The URL of another database of the server; everything else in it stays.
    pub(crate) fn url(&self, database: &str) -> String {
        let (head, path) = self.halves();
        let query = path.find(['?', '#']).map_or("", |at| &path[at..]);
        format!("{head}/{database}{query}")
    }

    /// The server without user, password and database: what tells it from others.
    pub(crate) fn server(&self) -> String {
        let (head, path) = self.halves();
        let authority = head.rsplit(['@', '/']).next().unwrap_or_default();
        let query = path.split_once('?').map_or("", |(_, query)| query);
        let place = query
            .split('&')
            .filter(|pair| ["host=", "port=", "socket="].iter().any(|key| pair.starts_with(key)));
        place.fold(format!("{} {authority}", self.scheme()), |place, pair| place + " " + pair)
    }

    /// A session that lives on its own, on a database of the server or the one that the URL names. Where the server has no room
    /// it is tried again: other tests end.
    pub(crate) async fn session(&self, database: Option<&str>) -> Result<Box<dyn Session>> {
        let url = database.map_or_else(|| self.url.clone(), |database| self.url(database));
        let connector = (driver(&url)?.open)(&url)?;
        let begun = Instant::now();
        loop {
            match connector.detached(APPLICATION).await {
                Ok(session) => return Ok(session),
                Err(failure) => patience(begun, failure).await?,
            }
        }
    }

    fn scheme(&self) -> &str {
        self.url.split(':').next().unwrap_or_default()
    }

    /// The part before the path, and the path with all that follows.
    fn halves(&self) -> (&str, &str) {
        let authority = self.url.find("://").map_or(0, |at| at + 3);
        let end =
            self.url[authority..].find(['/', '?', '#']).map_or(self.url.len(), |at| at + authority);
        self.url.split_at(end)
    }
}

/// Sends SQL to the database of a URL, on a connection for this alone.
pub(crate) async fn ask(url: &str, sql: &str) -> Result<Result<Vec<Row>, Failure>> {
    let mut session = Route::new(url).session(None).await?;
    let asked = session.run(sql).await;
    session.close().await;
    Ok(asked)
}

/// Runs statements one by one, with the rows that follow them; what failed comes with its number.
pub(crate) async fn load(
    url: &str,
    statements: &[Statement<'_>],
) -> Result<Result<(), (usize, Failure)>> {
    let mut session = Route::new(url).session(None).await?;
    let mut loaded = Ok(());
    for (at, statement) in statements.iter().enumerate() {
        let done = match statement.data {
            Some(rows) => session.copy(statement.text, rows.text).await,
            None => session.run(statement.text).await.map(drop),
        };
        if let Err(failure) = done {
            loaded = Err((at, failure));
            break;
        }
    }
    session.close().await;
    Ok(loaded)
}

/// Waits for a while where the server had no room for a connection; any other failure is an error.
pub(crate) async fn patience(begun: Instant, failure: Failure) -> Result<()> {
    if failure.kind != FailureKind::Transient || begun.elapsed() > ROOM {
        return Err(failure.doing("connecting to the database"));
    }
    tokio::time::sleep(jitter(Duration::from_millis(100))).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_leads_to_other_databases_of_the_server() {
        let cases = [
            (
                "postgres://me:pw@host:5432/app?sslmode=disable",
                "postgres://me:pw@host:5432/x?sslmode=disable",
                "postgres host:5432",
            ),
            (
                "postgres:///app?host=/run/pg&user=me",
                "postgres:///x?host=/run/pg&user=me",
                "postgres  host=/run/pg",
            ),
            ("mysql://root@127.0.0.1", "mysql://root@127.0.0.1/x", "mysql 127.0.0.1"),
            (
                "mysql://root@h?socket=/a.sock",
                "mysql://root@h/x?socket=/a.sock",
                "mysql h socket=/a.sock",
            ),
        ];
        for (url, other, server) in cases {
            let route = Route::new(url);
            assert_eq!(route.url("x"), other);
            assert_eq!(route.server(), server);
        }
    }
}
