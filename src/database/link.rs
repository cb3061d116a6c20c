//! The one session over sqlx that the databases share. What differs between drivers is the short trait [`Link`].

use std::{
    any::Any,
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Waker},
};

use futures_core::Stream;
use sqlx::{Connection as _, Either, Pool, error::DatabaseError, pool::PoolConnection};

use super::{BoxFuture, Connector, Dialect, Failure, FailureKind, Row, Session, Transaction};
use crate::{
    error::{BoxError, Error, Result as AmbixResult},
    schema::{ArrayElement, ColumnType, Type},
    sql::{NUL, line_column},
};

pub(crate) type Options<DB> = <<DB as sqlx::Database>::Connection as sqlx::Connection>::Options;

/// The results of a message: rows, and an end for each statement.
pub(crate) type Results<'s, DB> = Pin<
    Box<
        dyn Stream<
                Item = Result<
                    Either<<DB as sqlx::Database>::QueryResult, <DB as sqlx::Database>::Row>,
                    sqlx::Error,
                >,
            > + Send
            + 's,
    >,
>;

/// What one sqlx driver does in its own way. [`link_functions`] writes most of it.
pub(crate) trait Link: sqlx::Database {
    /// Sends SQL unprepared, as one message.
    fn send(connection: &mut Self::Connection, sql: String) -> Results<'_, Self>;
    /// Closes a connection in good manners.
    fn close(connection: Self::Connection) -> BoxFuture<'static, ()>;
    /// All columns as text, where the first is named [`TAG`](super::TAG).
    fn read(row: &Self::Row) -> Option<Row>;
    /// Opens a connection for ambix itself: named after the application, and silent, since ambix logs its own work.
    fn open<'s>(
        options: &'s Options<Self>,
        application: &'s str,
    ) -> BoxFuture<'s, Result<Self::Connection, sqlx::Error>>;
    /// What helps where a connection cannot be opened.
    fn advise(_options: &Options<Self>, failure: Failure) -> Failure {
        failure
    }
    /// Whether a second connection with these options would see the same database.
    fn can_open(_options: &Options<Self>) -> bool {
        true
    }
    /// The same options with another database, where they say which.
    fn beside(_options: &Options<Self>, _database: &str) -> Option<Options<Self>> {
        None
    }
    /// The driver's dialect.
    fn dialect() -> &'static dyn Dialect;
    /// What an error of the server means; `completed` is filled in by the caller.
    fn explain(error: &dyn DatabaseError, failure: &mut Failure);
    /// The detail and the hint that came with an error.
    fn hints(_error: &dyn DatabaseError) -> [Option<&str>; 2] {
        [None, None]
    }
}

/// Writes the functions of [`Link`] that look alike for all drivers. A macro and not a generic function, since only with
/// a concrete driver the compiler sees that the futures are `Send`.
macro_rules! link_functions {
    ($connection:ty) => {
        fn send(
            connection: &mut $connection,
            sql: String,
        ) -> $crate::database::link::Results<'_, Self> {
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).fetch_many(connection)
        }
        fn close(connection: $connection) -> $crate::database::BoxFuture<'static, ()> {
            use sqlx::Connection;
            Box::pin(async move {
                // A connection that cannot be closed is gone already.
                let _ = connection.close().await;
            })
        }
        fn read(row: &Self::Row) -> Option<$crate::database::Row> {
            use sqlx::{Column, Row};
            let columns = row.columns();
            if columns.first()?.name() != $crate::database::TAG {
                return None;
            }
            // The queries for ambix cast to text, and the simple protocol sends text: unchecked saves naming the types.
            Some((0..columns.len()).map(|at| row.try_get_unchecked(at).ok().flatten()).collect())
        }
    };
}
pub(crate) use link_functions;

/// Whose connection it is.
pub(crate) enum Held<'c, DB: sqlx::Database> {
    /// Opened by ambix, closed by ambix. Empty only while it is being closed.
    Own(Option<DB::Connection>),
    /// Lent by a pool.
    Pooled(PoolConnection<DB>),
    /// Passed in by the caller.
    Borrowed(&'c mut DB::Connection),
}

/// A [`Session`] on a sqlx connection.
pub(crate) struct LinkSession<'c, DB: Link> {
    held: Held<'c, DB>,
    owed: Vec<String>,
}

impl<'c, DB: Link> LinkSession<'c, DB> {
    pub(crate) fn new(held: Held<'c, DB>) -> Self {
        Self { held, owed: Vec::new() }
    }

    fn link(&mut self) -> &mut DB::Connection {
        match &mut self.held {
            Held::Own(connection) => connection.as_mut().expect("the session is not closed yet"),
            Held::Pooled(connection) => connection,
            Held::Borrowed(connection) => connection,
        }
    }
}

async fn send<DB: Link>(connection: &mut DB::Connection, sql: &str) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    let mut completed = 0;
    // One driver would read on behind it for ever, and another takes the connection for broken.
    if let Some(at) = sql.find('\0') {
        let (line, column) = line_column(sql, at);
        let problem =
            format!("{NUL}; it is in line {line}, column {column} of the SQL, which was not sent");
        return Err(Failure::new(FailureKind::Other, problem));
    }
    let mut results = DB::send(connection, sql.to_owned());
    while let Some(result) = poll_fn(|context| results.as_mut().poll_next(context)).await {
        match result {
            Ok(Either::Left(_)) => completed += 1,
            Ok(Either::Right(row)) => rows.extend(DB::read(&row)),
            Err(error) => return Err(Failure { completed, ..explain::<DB>(error) }),
        }
    }
    Ok(rows)
}

impl<DB: Link> Session for LinkSession<'_, DB> {
    fn run<'s>(&'s mut self, sql: &'s str) -> BoxFuture<'s, Result<Vec<Row>, Failure>> {
        Box::pin(send::<DB>(self.link(), sql))
    }

    fn begin<'s>(
        &'s mut self,
        sql: &'static str,
    ) -> BoxFuture<'s, Result<Box<dyn Transaction + 's>, Failure>> {
        Box::pin(async move {
            let transaction = self.link().begin_with(sql).await.map_err(explain::<DB>)?;
            Ok(Box::new(LinkTransaction(transaction)) as Box<dyn Transaction>)
        })
    }

    fn rollback(&mut self) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move {
            // Without a transaction this is an error on one database and a notice on another; both mean that there is
            // nothing to roll back. What the driver began, the driver has rolled back already.
            match self.is_own().then(|| send::<DB>(self.link(), "ROLLBACK")) {
                Some(rollback) => match rollback.await {
                    Err(failure) if failure.kind == FailureKind::Lost => Err(failure),
                    _ => Ok(()),
                },
                None => Ok(()),
            }
        })
    }

    fn owe(&mut self, statements: Vec<String>) {
        self.owed = if self.is_own() { Vec::new() } else { statements };
    }

    fn is_own(&self) -> bool {
        matches!(self.held, Held::Own(_))
    }

    fn close<'s>(mut self: Box<Self>) -> BoxFuture<'s, ()>
    where
        Self: 's,
    {
        Box::pin(async move {
            if let Held::Own(connection) = &mut self.held
                && let Some(connection) = connection.take()
            {
                DB::close(connection).await;
            }
        })
    }
}

/// A future that was dropped, or a panic: there is no waiting any more, but a driver that hands its statements to a thread
/// takes them at the first poll, after the rollback that it was given before. (That is the one whose connections cannot be
/// replaced, for the database lives in them.)
impl<DB: Link> Drop for LinkSession<'_, DB> {
    fn drop(&mut self) {
        let mut context = Context::from_waker(Waker::noop());
        for statement in std::mem::take(&mut self.owed) {
            let _ = DB::send(self.link(), statement).as_mut().poll_next(&mut context);
        }
    }
}

struct LinkTransaction<'c, DB: Link>(sqlx::Transaction<'c, DB>);

impl<DB: Link> Transaction for LinkTransaction<'_, DB> {
    fn run<'s>(&'s mut self, sql: &'s str) -> BoxFuture<'s, Result<Vec<Row>, Failure>> {
        Box::pin(send::<DB>(&mut self.0, sql))
    }

    fn connection(&mut self) -> &mut (dyn Any + Send) {
        &mut *self.0
    }

    fn explain(&self, error: BoxError) -> Failure {
        match error.downcast::<sqlx::Error>() {
            Ok(error) => explain::<DB>(*error),
            Err(error) => Failure::new(FailureKind::Other, error),
        }
    }

    fn commit<'s>(self: Box<Self>) -> BoxFuture<'s, Result<(), Failure>>
    where
        Self: 's,
    {
        Box::pin(async move { self.0.commit().await.map_err(explain::<DB>) })
    }
}

/// A driver's error as a failure.
pub(crate) fn explain<DB: Link>(error: sqlx::Error) -> Failure {
    let kind = match &error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::WorkerCrashed => FailureKind::Lost,
        sqlx::Error::PoolTimedOut => FailureKind::Transient,
        _ => FailureKind::Other,
    };
    let mut failure = Failure::new(kind, String::new());
    failure.error = match error {
        sqlx::Error::Database(error) => {
            failure.code = error.code().map(std::borrow::Cow::into_owned);
            DB::explain(&*error, &mut failure);
            Box::new(ServerError {
                message: server_message(&*error, DB::hints(&*error)),
                source: error.into_error(),
            })
        }
        other => Box::new(other),
    };
    failure
}

/// What the server said, in its own words. The driver's `Display` adds a line number of the server's source to it, which
/// readers take for a line of their file.
#[derive(Debug)]
struct ServerError {
    message: String,
    source: BoxError,
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ServerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.source.as_ref())
    }
}

/// The message with its detail and hint.
fn server_message(error: &dyn DatabaseError, more: [Option<&str>; 2]) -> String {
    let more = more.into_iter().flatten().map(|text| text.trim_end_matches('.').to_owned());
    let parts: Vec<String> = std::iter::once(error.message().to_owned()).chain(more).collect();
    parts.join("; ")
}

/// Where sessions come from.
pub(crate) enum Door<'c, DB: Link> {
    /// An app's pool, and its connect options.
    Pool(&'c Pool<DB>),
    /// A connection that the caller lends.
    Borrowed(&'c mut DB::Connection),
    /// Connect options alone, and the connection that the quick read has left.
    Options(Options<DB>, Option<DB::Connection>),
}

impl<DB: Link> Door<'_, DB>
where
    Options<DB>: Sync,
{
    async fn open(options: &Options<DB>, application: &str) -> AmbixResult<DB::Connection> {
        DB::open(options, application).await.map_err(|error| {
            DB::advise(options, explain::<DB>(error)).doing("connecting to the database")
        })
    }

    /// How a connection of ambix's own is opened, where it can be.
    fn options(&self) -> Option<Options<DB>> {
        match self {
            Self::Pool(pool) => Some((*pool.connect_options()).clone()),
            Self::Options(options, _) => Some(options.clone()),
            Self::Borrowed(_) => None,
        }
    }

    /// A pooled connection where that costs no waiting: an idle one, or a place for a new one. `try_acquire` does not
    /// ping, which `acquire` does; a connection that went stale shows in the read and is then replaced.
    async fn acquire(pool: &Pool<DB>) -> AmbixResult<Option<PoolConnection<DB>>> {
        if let Some(connection) = pool.try_acquire() {
            return Ok(Some(connection));
        }
        let only_way = !DB::can_open(&pool.connect_options());
        if only_way || pool.size() < pool.options().get_max_connections() {
            let connection = pool.acquire().await;
            return connection
                .map(Some)
                .map_err(|error| explain::<DB>(error).doing("taking a connection from the pool"));
        }
        Ok(None)
    }
}

impl<DB: Link> Connector for Door<'_, DB>
where
    Options<DB>: Sync,
{
    fn dialect(&self) -> &'static dyn Dialect {
        DB::dialect()
    }

    fn quick<'s>(
        &'s mut self,
        application: &'s str,
    ) -> BoxFuture<'s, AmbixResult<Box<dyn Session + 's>>> {
        Box::pin(async move {
            let held: Held<'_, DB> = match self {
                Self::Pool(pool) => match Self::acquire(pool).await? {
                    Some(connection) => Held::Pooled(connection),
                    None => {
                        Held::Own(Some(Self::open(&pool.connect_options(), application).await?))
                    }
                },
                Self::Borrowed(connection) => Held::Borrowed(&mut **connection),
                Self::Options(options, spare) => {
                    let connection = match spare.take() {
                        Some(connection) => connection,
                        None => Self::open(options, application).await?,
                    };
                    Held::Borrowed(spare.insert(connection))
                }
            };
            Ok(Box::new(LinkSession::<DB>::new(held)) as Box<dyn Session>)
        })
    }

    fn dedicated<'s>(
        &'s mut self,
        application: &'s str,
    ) -> BoxFuture<'s, AmbixResult<Box<dyn Session + 's>>> {
        Box::pin(async move {
            let held: Held<'_, DB> = match self {
                Self::Pool(pool) => {
                    let options = pool.connect_options();
                    if DB::can_open(&options) {
                        Held::Own(Some(Self::open(&options, application).await?))
                    } else {
                        let connection = pool.acquire().await;
                        Held::Pooled(connection.map_err(|e| {
                            explain::<DB>(e).doing("taking a connection from the pool")
                        })?)
                    }
                }
                Self::Borrowed(connection) if connection.is_in_transaction() => {
                    return Err(Error::Unsupported(
                        "the connection is in a transaction, and migrations begin and commit their own; end it first, or \
                         pass the pool"
                            .to_owned(),
                    ));
                }
                Self::Borrowed(connection) => Held::Borrowed(&mut **connection),
                Self::Options(options, spare) => Held::Own(Some(match spare.take() {
                    Some(connection) => connection,
                    None => Self::open(options, application).await?,
                })),
            };
            Ok(Box::new(LinkSession::<DB>::new(held)) as Box<dyn Session>)
        })
    }

    #[cfg(feature = "testkit")]
    fn detached<'s>(
        &'s self,
        application: &'s str,
    ) -> BoxFuture<'s, Result<Box<dyn Session>, Failure>> {
        // Before the future: a lent connection cannot be looked at from another thread.
        let options = self.options();
        Box::pin(async move {
            let Some(options) = options else {
                return Err(Failure::new(FailureKind::Other, "a lent connection is the only one"));
            };
            let opened = DB::open(&options, application).await;
            let connection = opened.map_err(|error| DB::advise(&options, explain::<DB>(error)))?;
            let session = LinkSession::<'static, DB>::new(Held::Own(Some(connection)));
            Ok(Box::new(session) as Box<dyn Session>)
        })
    }

    fn can_reopen(&self) -> bool {
        !matches!(self, Self::Borrowed(_))
    }

    fn again(&self) -> Option<Box<dyn Connector>> {
        Some(Box::new(Door::<DB>::Options(self.options()?, None)))
    }

    fn beside(&self, database: &str) -> Option<Box<dyn Connector>> {
        let options = DB::beside(&self.options()?, database)?;
        Some(Box::new(Door::<DB>::Options(options, None)))
    }
}

#[cfg(feature = "testkit")]
impl<DB: Link> super::sealed::Sealed for PoolConnection<DB> {}

#[cfg(feature = "testkit")]
impl<DB: Link> super::copies::FromPool for PoolConnection<DB>
where
    Pool<DB>: super::copies::TestPool,
{
    type Pool = Pool<DB>;
    fn from_pool(pool: &Pool<DB>) -> BoxFuture<'_, AmbixResult<Self>> {
        Box::pin(async move {
            let taken = pool.acquire().await;
            taken.map_err(|error| explain::<DB>(error).doing("taking a connection for the test"))
        })
    }
}

/// Makes a driver's pool one that a test can have.
#[cfg(feature = "testkit")]
macro_rules! test_pool {
    ($pool:ty, $options:ty, $scheme:literal, $read:expr) => {
        impl $crate::database::sealed::Sealed for $pool {}
        impl $crate::database::copies::TestPool for $pool {
            const SCHEME: &'static str = $scheme;
            fn open(url: &str, connections: u32) -> $crate::Result<Self> {
                // A test is short: nothing is gained by closing connections that are idle.
                let options = <$options>::new()
                    .max_connections(connections)
                    .idle_timeout(None)
                    .max_lifetime(None);
                Ok(options.connect_lazy_with($read(url)?))
            }
            fn end(&self) -> $crate::database::BoxFuture<'_, ()> {
                Box::pin(self.close())
            }
        }
        impl $crate::database::copies::FromPool for $pool {
            type Pool = $pool;
            fn from_pool(pool: &$pool) -> $crate::database::BoxFuture<'_, $crate::Result<Self>> {
                Box::pin(async { Ok(pool.clone()) })
            }
        }
    };
}
#[cfg(feature = "testkit")]
pub(crate) use test_pool;

// The driver's own types in models, of all databases.
impl<T> ColumnType for sqlx::types::Text<T> {
    fn column_type() -> Type {
        Type::Text
    }
}
impl<T> ArrayElement for sqlx::types::Text<T> {}

#[cfg(feature = "json")]
impl<T> ColumnType for sqlx::types::Json<T> {
    fn column_type() -> Type {
        Type::Json
    }
}
#[cfg(feature = "json")]
impl<T> ArrayElement for sqlx::types::Json<T> {}
