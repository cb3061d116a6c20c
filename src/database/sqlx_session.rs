//! The one session over sqlx that the databases share. What differs between drivers is the short trait [`SqlxDriver`].

use std::{
    any::Any,
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Waker},
    time::{Duration, Instant},
};

use futures_core::Stream;
use sqlx::{Connection as _, Either, error::DatabaseError, pool::PoolConnection};

use super::{
    Age, BoxFuture, Connector, Dialect, Failure, FailureKind, Patience, Row, Session,
    StatementLimit, Transaction,
    connector::{ConnectTarget, Opened, SqlxConnector, within},
};
use crate::{
    error::{BoxError, ConnectProblem, DriverError},
    sql::{NUL, line_column},
};

pub(crate) type DriverOptions<DB> =
    <<DB as sqlx::Database>::Connection as sqlx::Connection>::Options;

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

/// What one sqlx driver does in its own way. [`sqlx_driver_functions`] writes most of it.
pub(crate) trait SqlxDriver: sqlx::Database {
    /// Columns of answers that no query can give a tag: they are read as well, with [`SHOWN`](super::SHOWN) for a tag.
    const SHOWN: &'static [&'static str] = &[];
    /// Sends SQL unprepared, as one message.
    fn send(connection: &mut Self::Connection, sql: String) -> Results<'_, Self>;
    /// Sends a COPY and the rows that it reads; only a database in whose syntax rows can follow a statement is asked.
    fn copy<'s>(
        _connection: &'s mut Self::Connection,
        _statement: &'s str,
        _rows: &'s str,
    ) -> BoxFuture<'s, Result<(), sqlx::Error>> {
        Box::pin(async {
            Err(sqlx::Error::Configuration("the rows of a COPY cannot be sent here".into()))
        })
    }
    /// Closes a connection in good manners.
    fn close(connection: Self::Connection) -> BoxFuture<'static, ()>;
    /// All columns as text, where the first is named [`TAG`](super::TAG), or where a statement shows a table: [`Row::shown`].
    fn read(row: &Self::Row, names: &mut ColumnNames) -> Option<Row>;
    /// Opens a connection for ambix itself: named after the application, silent, since ambix logs its own work, and with the
    /// settings of the database in the place of the driver's. `first` is said on it before anything else.
    fn open<'s>(
        options: &'s DriverOptions<Self>,
        application: &'s str,
        first: &'s str,
    ) -> BoxFuture<'s, Result<Self::Connection, sqlx::Error>>;
    /// Where a connection leads, for people.
    fn place(_options: &DriverOptions<Self>) -> Option<String> {
        None
    }
    /// What helps where a connection cannot be opened.
    fn advise(_options: &DriverOptions<Self>, failure: Failure) -> Failure {
        failure
    }
    /// Whether a second connection with these options would see the same database.
    fn can_open(_options: &DriverOptions<Self>) -> bool {
        true
    }
    /// The same options with another database, where they say which.
    fn beside(_options: &DriverOptions<Self>, _database: &str) -> Option<DriverOptions<Self>> {
        None
    }
    /// Ends statements after this time, where the server does not; see [`Session::limit_statements`].
    fn limit(
        _connection: &mut Self::Connection,
        _limit: Duration,
    ) -> BoxFuture<'_, Option<StatementLimit>> {
        Box::pin(async { None })
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

/// Writes the functions of [`SqlxDriver`] that look alike for all drivers. A macro and not a generic function, since only with
/// a concrete driver the compiler sees that the futures are `Send`.
macro_rules! sqlx_driver_functions {
    ($connection:ty) => {
        fn send(
            connection: &mut $connection,
            sql: String,
        ) -> $crate::database::sqlx_session::Results<'_, Self> {
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).fetch_many(connection)
        }
        fn close(connection: $connection) -> $crate::database::BoxFuture<'static, ()> {
            use sqlx::Connection;
            Box::pin(async move {
                // A connection that cannot be closed is gone already.
                let _ = connection.close().await;
            })
        }
        fn read(
            row: &Self::Row,
            names: &mut $crate::database::sqlx_session::ColumnNames,
        ) -> Option<$crate::database::Row> {
            use sqlx::{Column, Row};
            let columns = row.columns();
            let is_shown = |column: &<Self as sqlx::Database>::Column| {
                <Self as $crate::database::sqlx_session::SqlxDriver>::SHOWN.contains(&column.name())
            };
            // The queries for ambix cast to text, and the simple protocol sends text: unchecked saves naming the types.
            let values = (0..columns.len()).map(|at| row.try_get_unchecked(at).ok().flatten());
            if columns.first()?.name() == $crate::database::TAG {
                return Some($crate::database::Row::new(names.of(columns), values.collect()));
            }
            if !columns.iter().any(is_shown) {
                return None;
            }
            let tag = ($crate::database::TAG, Some($crate::database::SHOWN.to_owned()));
            let cells = columns.iter().map(Column::name).zip(values);
            Some($crate::database::Row::of(std::iter::once(tag).chain(cells)))
        }
    };
}
pub(crate) use sqlx_driver_functions;

/// The names of a result's columns, which its rows share.
#[derive(Default)]
pub(crate) struct ColumnNames(Option<Arc<[String]>>);

impl ColumnNames {
    pub(crate) fn of(&mut self, columns: &[impl sqlx::Column]) -> Arc<[String]> {
        let is_same = |names: &&Arc<[String]>| {
            let pairs = names.iter().zip(columns);
            names.len() == columns.len() && pairs.into_iter().all(|(name, c)| name == c.name())
        };
        if let Some(names) = self.0.as_ref().filter(is_same) {
            return Arc::clone(names);
        }
        let names: Arc<[String]> = columns.iter().map(|column| column.name().to_owned()).collect();
        self.0 = Some(Arc::clone(&names));
        names
    }
}

/// Whose connection it is.
pub(crate) enum HeldConnection<'c, DB: sqlx::Database> {
    /// Opened by ambix, closed by ambix. Empty only while it is being closed.
    Own(Option<DB::Connection>),
    /// Lent by a pool.
    Pooled(PoolConnection<DB>),
    /// Passed in by the caller.
    Borrowed(&'c mut DB::Connection),
}

/// How long closing a connection may take; a server that does not answer need not be told.
const GOODBYE: Duration = Duration::from_secs(5);

/// A [`Session`] on a sqlx connection.
pub(crate) struct SqlxSession<'c, DB: SqlxDriver> {
    held: HeldConnection<'c, DB>,
    on_drop: Vec<String>,
    /// Of a connection of ambix's own: how another like it is opened, and when it was.
    way: Option<(ConnectTarget<DB>, Instant, Instant)>,
    patience: Patience,
    pub(super) gone: Arc<AtomicBool>,
}

impl<'c, DB: SqlxDriver> SqlxSession<'c, DB> {
    pub(super) fn new(held: HeldConnection<'c, DB>, patience: Patience) -> Self {
        Self { held, on_drop: Vec::new(), way: None, patience, gone: Arc::default() }
    }

    pub(super) fn own(way: ConnectTarget<DB>, opened: Opened<DB>, patience: Patience) -> Self {
        let Opened { connection, began, ended, .. } = opened;
        let mut session = Self::new(HeldConnection::Own(Some(connection)), patience);
        session.way = Some((way, began, ended));
        session
    }

    fn link(&mut self) -> &mut DB::Connection {
        match &mut self.held {
            HeldConnection::Own(connection) => {
                connection.as_mut().expect("the session is not closed yet")
            }
            HeldConnection::Pooled(connection) => connection,
            HeldConnection::Borrowed(connection) => connection,
        }
    }

    /// A connection that is gone is not given back to its pool.
    fn note_loss(&mut self, failure: &Failure) {
        if failure.kind != FailureKind::Lost {
            return;
        }
        self.gone.store(true, Ordering::Relaxed);
        if let HeldConnection::Pooled(connection) = &mut self.held {
            connection.close_on_drop();
        }
    }
}

async fn send<DB: SqlxDriver>(
    connection: &mut DB::Connection,
    sql: &str,
    patience: Patience,
) -> Result<Vec<Row>, Failure> {
    let (mut rows, mut names) = (Vec::new(), ColumnNames::default());
    let mut completed = 0;
    check_nul(sql)?;
    let limit = patience.answer_to(sql);
    let answer = async {
        let mut results = DB::send(connection, sql.to_owned());
        while let Some(result) = poll_fn(|context| results.as_mut().poll_next(context)).await {
            match result {
                Ok(Either::Left(_)) => completed += 1,
                Ok(Either::Right(row)) => rows.extend(DB::read(&row, &mut names)),
                Err(error) => return Err(explain::<DB>(error)),
            }
        }
        Ok(())
    };
    match within(limit, answer).await {
        Some(Ok(())) => Ok(rows),
        Some(Err(failure)) => Err(Failure { completed, ..failure }),
        None => Err(Failure { completed, ..unanswered(limit) }),
    }
}

async fn copy<DB: SqlxDriver>(
    connection: &mut DB::Connection,
    statement: &str,
    rows: &str,
    patience: Patience,
) -> Result<(), Failure> {
    check_nul(statement)?;
    check_nul(rows)?;
    let limit = patience.answer_to(statement);
    match within(limit, DB::copy(connection, statement, rows)).await {
        Some(copied) => copied.map_err(explain::<DB>),
        None => Err(unanswered(limit)),
    }
}

/// One driver would read on behind it for ever, and another takes the connection for broken.
fn check_nul(text: &str) -> Result<(), Failure> {
    let Some(at) = text.find('\0') else { return Ok(()) };
    let (line, column) = line_column(text, at);
    let problem =
        format!("{NUL}; it is in line {line}, column {column} of the SQL, which was not sent");
    Err(Failure::new(FailureKind::Other, problem))
}

fn unanswered(limit: Option<Duration>) -> Failure {
    let limit = limit.unwrap_or_default();
    let text = format!(
        "the server did not answer within {limit:?}; what was sent may or may not have taken effect"
    );
    Failure::new(FailureKind::Lost, text)
}

impl<DB: SqlxDriver> Session for SqlxSession<'_, DB> {
    fn run<'s>(&'s mut self, sql: &'s str) -> BoxFuture<'s, Result<Vec<Row>, Failure>> {
        Box::pin(async move {
            let patience = self.patience;
            let sent = send::<DB>(self.link(), sql, patience).await;
            sent.inspect_err(|failure| self.note_loss(failure))
        })
    }

    fn copy<'s>(
        &'s mut self,
        statement: &'s str,
        rows: &'s str,
    ) -> BoxFuture<'s, Result<(), Failure>> {
        Box::pin(async move {
            let patience = self.patience;
            let sent = copy::<DB>(self.link(), statement, rows, patience).await;
            sent.inspect_err(|failure| self.note_loss(failure))
        })
    }

    fn begin<'s>(
        &'s mut self,
        sql: &'static str,
    ) -> BoxFuture<'s, Result<Box<dyn Transaction + 's>, Failure>> {
        Box::pin(async move {
            let patience = self.patience;
            let transaction = self.link().begin_with(sql).await.map_err(explain::<DB>)?;
            Ok(Box::new(SqlxTransaction(transaction, patience)) as Box<dyn Transaction>)
        })
    }

    fn rollback(&mut self) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move {
            // Without a transaction this is an error on one database and a notice on another; both mean that there is
            // nothing to roll back. What the driver began, the driver has rolled back already.
            let patience = self.patience;
            match self.is_own().then(|| send::<DB>(self.link(), "ROLLBACK", patience)) {
                Some(rollback) => match rollback.await {
                    Err(failure) if failure.kind == FailureKind::Lost => Err(failure),
                    _ => Ok(()),
                },
                None => Ok(()),
            }
        })
    }

    fn run_on_drop(&mut self, statements: Vec<String>) {
        self.on_drop = if self.is_own() { Vec::new() } else { statements };
    }

    fn is_own(&self) -> bool {
        matches!(self.held, HeldConnection::Own(_))
    }

    fn age(&self) -> Option<Age> {
        let (_, began, ended) = self.way.as_ref()?;
        Some(Age { since_begin: began.elapsed(), since_end: ended.elapsed() })
    }

    fn another(&self) -> Option<Box<dyn Connector>> {
        let (way, ..) = self.way.as_ref()?;
        Some(Box::new(SqlxConnector::leading(way.clone())))
    }

    fn limit_statements(&mut self, limit: Duration) -> BoxFuture<'_, Option<StatementLimit>> {
        DB::limit(self.link(), limit)
    }

    fn be_patient(&mut self, patience: Patience) {
        self.patience = patience;
    }

    fn close<'s>(mut self: Box<Self>) -> BoxFuture<'s, ()>
    where
        Self: 's,
    {
        Box::pin(async move {
            if let HeldConnection::Own(connection) = &mut self.held
                && let Some(connection) = connection.take()
            {
                within(Some(GOODBYE), DB::close(connection)).await;
            }
        })
    }
}

/// A future that was dropped, or a panic: there is no waiting any more, but a driver that hands its statements to a thread
/// takes them at the first poll, after the rollback that it was given before. (That is the one whose connections cannot be
/// replaced, for the database lives in them.)
impl<DB: SqlxDriver> Drop for SqlxSession<'_, DB> {
    fn drop(&mut self) {
        let mut context = Context::from_waker(Waker::noop());
        for statement in std::mem::take(&mut self.on_drop) {
            let _ = DB::send(self.link(), statement).as_mut().poll_next(&mut context);
        }
    }
}

struct SqlxTransaction<'c, DB: SqlxDriver>(sqlx::Transaction<'c, DB>, Patience);

impl<DB: SqlxDriver> Transaction for SqlxTransaction<'_, DB> {
    fn run<'s>(&'s mut self, sql: &'s str) -> BoxFuture<'s, Result<Vec<Row>, Failure>> {
        Box::pin(send::<DB>(&mut self.0, sql, self.1))
    }

    fn copy<'s>(
        &'s mut self,
        statement: &'s str,
        rows: &'s str,
    ) -> BoxFuture<'s, Result<(), Failure>> {
        Box::pin(copy::<DB>(&mut self.0, statement, rows, self.1))
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
pub(crate) fn explain<DB: SqlxDriver>(error: sqlx::Error) -> Failure {
    let kind = match &error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::WorkerCrashed => FailureKind::Lost,
        sqlx::Error::PoolTimedOut => FailureKind::Transient,
        _ => FailureKind::Other,
    };
    let mut failure = Failure::new(kind, String::new());
    failure.connect = match &error {
        sqlx::Error::Io(_) => ConnectProblem::Unreachable,
        sqlx::Error::Protocol(_) => ConnectProblem::NotUnderstood,
        _ => ConnectProblem::Other,
    };
    // The driver's `Display` adds a line number of the server's source, which readers take for a line of their file.
    let message = match &error {
        sqlx::Error::Database(error) => {
            failure.code = error.code().map(std::borrow::Cow::into_owned);
            DB::explain(&**error, &mut failure);
            server_message(&**error, DB::hints(&**error))
        }
        other => other.to_string(),
    };
    failure.error = Box::new(DriverError::new(message, failure.code.clone(), Box::new(error)));
    failure
}

/// The message with its detail and hint.
fn server_message(error: &dyn DatabaseError, more: [Option<&str>; 2]) -> String {
    let more = more.into_iter().flatten().map(|text| text.trim_end_matches('.').to_owned());
    let parts: Vec<String> = std::iter::once(error.message().to_owned()).chain(more).collect();
    parts.join("; ")
}

/// What users pass to verbs and get in their functions: a driver's pool and its connection.
macro_rules! connections {
    ($pool:ty, $connection:ident, $driver:ty) => {
        impl $crate::database::sealed::Sealed for $connection {}
        impl $crate::database::StepConnection for $connection {
            const NAME: &'static str = stringify!($connection);
        }

        impl $crate::database::sealed::Sealed for &$pool {}
        impl<'c> $crate::database::Connect<'c> for &'c $pool {
            fn connector(self) -> $crate::error::Result<Box<dyn $crate::database::Connector + 'c>> {
                Ok(Box::new($crate::database::connector::SqlxConnector::pool(self)))
            }
        }

        impl $crate::database::sealed::Sealed for &mut $connection {}
        impl<'c> $crate::database::Connect<'c> for &'c mut $connection {
            fn connector(self) -> $crate::error::Result<Box<dyn $crate::database::Connector + 'c>> {
                Ok(Box::new($crate::database::connector::SqlxConnector::<$driver>::lent(self)))
            }
        }
    };
}
pub(crate) use connections;

#[cfg(feature = "draft")]
mod column_types {
    //! The drivers' own types in models, of all databases.

    use crate::schema::{ArrayElement, ColumnType, Type};

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
}
