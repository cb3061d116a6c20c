//! What a test has: a database of its own, and a pool on it.

use std::{fmt, sync::Arc, time::Duration};

use super::{
    fixture::Fixture,
    provision::{DatabaseRequest, LeasedDatabase},
};
use crate::{
    database::{BoxFuture, testkit::TestPool},
    error::{BoxError, Error, Result},
    graph::Target,
    migrator::Migrator,
    process::Process,
};

/// Connections that the pool of a test opens at most.
const CONNECTIONS: u32 = 5;

/// How long the end of a test waits for connections of its pool.
const CLOSING: Duration = Duration::from_secs(10);

/// A database that belongs to one test, migrated, with a pool on it. `P` is the pool's type: `PgPool`, `MySqlPool` or
/// `SqlitePool`.
///
/// Migrations run once, for a *template*; each test gets a copy of it. [`close`](Self::close) drops the copy. Where that is not
/// called, the end of the value drops it; or keeps it, and prints its name, where the test panics. The attribute
/// [`#[ambix::test]`](macro@crate::test) does all of this; this is what is behind it, for other harnesses.
///
/// ```
/// use ambix::{Migration, Migrations, Migrator, testkit::TestDatabase};
/// use sqlx::SqlitePool;
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let migrator = Migrator::from_migrations(Migrations::new([
///     Migration::new("1", "create users").up("CREATE TABLE users (id integer PRIMARY KEY)"),
/// ])?)?;
/// let database = TestDatabase::<SqlitePool>::new(&migrator).await?;
/// sqlx::query("INSERT INTO users VALUES (1)").execute(database.pool()).await?;
/// database.close().await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TestDatabase<P: TestPool> {
    pool: P,
    place: LeasedDatabase,
}

impl<P: TestPool> TestDatabase<P> {
    /// A database at all heads. [`TestSetup`] has more to say.
    ///
    /// # Errors
    /// As [`TestSetup::create`].
    pub async fn new(migrator: &Migrator) -> Result<Self> {
        TestSetup::new(migrator).create().await
    }

    /// A pool on the database, of five connections if nothing else was asked for.
    #[must_use]
    pub fn pool(&self) -> &P {
        &self.pool
    }

    /// The URL of the database.
    #[must_use]
    pub fn url(&self) -> &str {
        self.place.url()
    }

    /// The name of the database; the path of its file where it is one.
    #[must_use]
    pub fn name(&self) -> &str {
        self.place.name()
    }

    /// Closes the pool and drops the database: what a test does that has succeeded.
    ///
    /// # Errors
    /// [`Error::Database`] where it cannot be dropped. A later run tries again.
    pub async fn close(self) -> Result<()> {
        let Self { pool, place } = self;
        end(&pool, place.name()).await;
        place.discard().await
    }

    /// Closes the pool and keeps the database, until the same test runs again or a week has passed. Its name is printed.
    ///
    /// # Errors
    /// [`Error::Database`] where the server cannot be told. The database may be taken away by a later run, then.
    pub async fn keep(self) -> Result<()> {
        let Self { pool, place } = self;
        end(&pool, place.name()).await;
        place.keep().await
    }
}

/// Closes a pool. A task that was forgotten may have a connection of it, and never give it back.
async fn end<P: TestPool>(pool: &P, name: &str) {
    if tokio::time::timeout(CLOSING, pool.end()).await.is_err() {
        eprintln!("{name}: something still has a connection of the test's pool");
    }
}

impl<P: TestPool> fmt::Debug for TestDatabase<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestDatabase").field("place", &self.place).finish_non_exhaustive()
    }
}

/// A Rust function that puts rows into a new database.
type Seed<P> = Arc<dyn Fn(P) -> BoxFuture<'static, Result<(), BoxError>> + Send + Sync>;

/// What database a test wants.
///
/// ```
/// use ambix::{Migration, Migrations, Migrator, testkit::TestSetup};
/// use sqlx::SqlitePool;
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// # let migrator = Migrator::from_migrations(Migrations::new([
/// #     Migration::new("1", "create users").up("CREATE TABLE users (id integer PRIMARY KEY)"),
/// #     Migration::new("2", "create posts").up("CREATE TABLE posts (id integer PRIMARY KEY)"),
/// # ])?)?;
/// let database = TestSetup::<SqlitePool>::new(&migrator)
///     .target("1")
///     .fixture("users.sql", "INSERT INTO users VALUES (1), (2)")
///     .create()
///     .await?;
/// # database.close().await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub struct TestSetup<P: TestPool> {
    migrator: Migrator,
    target: String,
    url: Option<String>,
    test: Option<String>,
    connections: u32,
    fixtures: Vec<Fixture>,
    seeds: Vec<Seed<P>>,
}

impl<P: TestPool> TestSetup<P> {
    /// A database at all heads, without fixtures.
    pub fn new(migrator: &Migrator) -> Self {
        Self {
            migrator: migrator.clone(),
            target: "heads".to_owned(),
            url: None,
            test: None,
            connections: CONNECTIONS,
            fixtures: Vec::new(),
            seeds: Vec::new(),
        }
    }

    /// Migrated to this target, a revision in most cases; `base` is an empty database.
    pub fn target(mut self, target: impl Into<String>) -> Self {
        self.target = target.into();
        self
    }

    /// On the server of this URL, whose database only says where to begin. Without, `DATABASE_URL` says it, or a throw-away server is
    /// started. An SQLite database is a file of its own, whatever the URL says.
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// The test's name, for a database that is kept. Without, it is that of the program and the thread, which the harness names
    /// after the test.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.test = Some(name.into());
        self
    }

    /// How many connections the pool opens at most; five by default. The more there are, the fewer tests use a server at once.
    pub fn max_connections(mut self, connections: u32) -> Self {
        self.connections = connections.max(1);
        self
    }

    /// Runs SQL in the new database: `fixture("users.sql", include_str!("fixtures/users.sql"))`. The name is for errors.
    pub fn fixture(mut self, name: impl Into<String>, sql: impl Into<String>) -> Self {
        self.fixtures.push(Fixture::new(name, sql));
        self
    }

    /// Runs a Rust function on the new database, after the SQL.
    ///
    /// ```
    /// # use ambix::{Migrator, testkit::TestSetup};
    /// # use sqlx::SqlitePool;
    /// async fn two_users(pool: SqlitePool) -> sqlx::Result<()> {
    ///     sqlx::query("INSERT INTO users VALUES (1), (2)").execute(&pool).await?;
    ///     Ok(())
    /// }
    /// # fn setup(migrator: &Migrator) {
    /// let setup = TestSetup::new(migrator).fixture_fn(two_users);
    /// # }
    /// ```
    pub fn fixture_fn<F, R, E>(mut self, seed: F) -> Self
    where
        F: Fn(P) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        self.seeds.push(Arc::new(move |pool| {
            let seeded = seed(pool);
            Box::pin(async move { seeded.await.map_err(Into::into) })
        }));
        self
    }

    /// Makes it. Where the server has no room for another test, this waits.
    ///
    /// # Errors
    /// As [`Migrator::upgrade`] where the template has to be made; [`Error::Fixture`] where a fixture fails;
    /// [`Error::TestKit`] if no server is known or can be started, or the URL is one of another database; [`Error::Connect`] if the
    /// server cannot be reached; [`Error::Database`] if it refuses, for example the right to create databases.
    pub async fn create(self) -> Result<TestDatabase<P>> {
        let place = LeasedDatabase::take(DatabaseRequest {
            migrator: &self.migrator,
            target: Target::try_from(self.target.as_str())?,
            url: self.url,
            scheme: Some(P::SCHEME),
            test: self.test.unwrap_or_else(this_test),
            connections: self.connections,
        })
        .await?;
        let pool = P::open(place.url(), self.connections)?;
        let database = TestDatabase { pool, place };
        for fixture in &self.fixtures {
            fixture.run(database.url()).await?;
        }
        for seed in &self.seeds {
            seed(database.pool.clone())
                .await
                .map_err(|source| Error::Database { doing: "a fixture", source })?;
        }
        Ok(database)
    }
}

impl<P: TestPool> fmt::Debug for TestSetup<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestSetup")
            .field("target", &self.target)
            .field("test", &self.test)
            .field("connections", &self.connections)
            .field("fixtures", &self.fixtures)
            .finish_non_exhaustive()
    }
}

/// The program and the thread: libtest names threads after tests.
pub(super) fn this_test() -> String {
    let thread = std::thread::current();
    let program = Process::here().application;
    // Without the hash that cargo puts there, which changes with every build.
    let program = program.rsplit_once('-').map_or(program.as_str(), |(name, _)| name);
    format!("{program}::{}", thread.name().unwrap_or("unnamed"))
}
