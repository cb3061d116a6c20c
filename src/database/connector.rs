//! Where sessions come from: a pool, a connection that is lent, or options with which connections are opened.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Waker},
    time::{Duration, Instant},
};

use sqlx::{Connection as _, Pool, pool::PoolConnection};

use super::{
    BoxFuture, Connector, Dialect, Failure, FailureKind, Patience, Session,
    sqlx_session::{DriverOptions, HeldConnection, SqlxDriver, SqlxSession, explain},
};
use crate::error::{ConnectProblem, Error, Result};

/// How a database is reached.
pub(crate) struct ConnectTarget<DB: SqlxDriver> {
    pub(crate) options: DriverOptions<DB>,
    /// What a URL asks to be said on each connection before anything else.
    pub(crate) first: String,
    /// How long connecting may take, where the URL says so.
    pub(crate) connect: Option<Duration>,
}

impl<DB: SqlxDriver> ConnectTarget<DB> {
    pub(crate) fn new(options: DriverOptions<DB>) -> Self {
        Self { options, first: String::new(), connect: None }
    }

    /// The same way with other options.
    pub(crate) fn with(&self, options: DriverOptions<DB>) -> Self {
        Self { options, first: self.first.clone(), connect: self.connect }
    }

    async fn open(&self, application: &str, patience: Patience) -> Result<Opened<DB>, Failure> {
        let began = Instant::now();
        let opening = DB::open(&self.options, application, &self.first);
        let limit = self.connect.or(patience.connect);
        let failure = match within(limit, opening).await {
            Some(Ok(connection)) => {
                let (ended, gone) = (Instant::now(), Arc::default());
                return Ok(Opened { connection, began, ended, gone });
            }
            Some(Err(error)) => DB::advise(&self.options, explain::<DB>(error)),
            None => {
                let limit = limit.unwrap_or_default();
                let text = format!("there was no answer within {limit:?}");
                let failure = Failure::new(FailureKind::Lost, text);
                Failure { connect: ConnectProblem::NoAnswer, ..failure }
            }
        };
        // The server's own words are about what it was asked for; in all others the first question is which server.
        Err(match DB::place(&self.options) {
            Some(place) if failure.code.is_none() => {
                let error = format!("{} (the server is {place})", failure.error);
                failure.reworded(error)
            }
            _ => failure,
        })
    }
}

impl<DB: SqlxDriver> Clone for ConnectTarget<DB> {
    fn clone(&self) -> Self {
        self.with(self.options.clone())
    }
}

/// A connection of ambix's own, with the time in which it was opened.
pub(crate) struct Opened<DB: SqlxDriver> {
    pub(super) connection: DB::Connection,
    pub(super) began: Instant,
    pub(super) ended: Instant,
    /// A message on it was not answered, or the connection broke: it must not be used again.
    gone: Arc<AtomicBool>,
}

impl<DB: SqlxDriver> Opened<DB> {
    fn is_good(&self) -> bool {
        !self.gone.load(Ordering::Relaxed)
    }
}

/// The connection that a session has left for the next one.
struct SpareConnection<DB: SqlxDriver>(Option<Opened<DB>>);

impl<DB: SqlxDriver> SpareConnection<DB> {
    /// It, if it is still good.
    fn take(&mut self) -> Option<Opened<DB>> {
        self.0.take().filter(Opened::is_good)
    }
}

/// Without a goodbye a server takes the client for lost: MySQL writes a warning into its log, PostgreSQL counts an abandoned session.
/// A drop cannot wait, but a few bytes go out at the first poll, unless tokio finds that its task has done enough for one turn.
impl<DB: SqlxDriver> Drop for SpareConnection<DB> {
    fn drop(&mut self) {
        if let Some(opened) = self.take() {
            let closing = pin!(tokio::task::unconstrained(DB::close(opened.connection)));
            let _ = closing.poll(&mut Context::from_waker(Waker::noop()));
        }
    }
}

/// Waits for something no longer than the limit.
pub(super) async fn within<T>(limit: Option<Duration>, work: impl Future<Output = T>) -> Option<T> {
    match limit {
        Some(limit) => tokio::time::timeout(limit, work).await.ok(),
        None => Some(work.await),
    }
}

/// Where sessions come from.
enum SessionSource<'c, DB: SqlxDriver> {
    /// An app's pool, and its connect options.
    Pool(&'c Pool<DB>),
    /// A connection that the caller lends.
    Borrowed(&'c mut DB::Connection),
    /// Connect options alone, and the connection that the last read has left.
    Way(ConnectTarget<DB>, SpareConnection<DB>),
}

/// Opens sessions.
pub(crate) struct SqlxConnector<'c, DB: SqlxDriver> {
    source: SessionSource<'c, DB>,
    patience: Patience,
    /// All sessions are on one connection.
    keeps: bool,
}

impl<'c, DB: SqlxDriver> SqlxConnector<'c, DB> {
    fn of(source: SessionSource<'c, DB>) -> Self {
        Self { source, patience: Patience::default(), keeps: false }
    }

    pub(crate) fn pool(pool: &'c Pool<DB>) -> Self {
        Self::of(SessionSource::Pool(pool))
    }

    pub(crate) fn lent(connection: &'c mut DB::Connection) -> Self {
        Self::of(SessionSource::Borrowed(connection))
    }

    pub(crate) fn leading(way: ConnectTarget<DB>) -> Self {
        Self::of(SessionSource::Way(way, SpareConnection(None)))
    }
}

/// How a connection of ambix's own is opened beside a pool.
fn beside<DB: SqlxDriver>(pool: &Pool<DB>) -> ConnectTarget<DB> {
    ConnectTarget::new((*pool.connect_options()).clone())
}

impl<DB: SqlxDriver> SqlxConnector<'_, DB>
where
    DriverOptions<DB>: Sync,
{
    async fn open(
        way: &ConnectTarget<DB>,
        application: &str,
        patience: Patience,
    ) -> Result<Opened<DB>> {
        let opened = way.open(application, patience).await;
        opened.map_err(Failure::connecting)
    }

    /// A session on a connection that stays open for the next one.
    async fn kept<'s>(
        way: &ConnectTarget<DB>,
        spare: &'s mut SpareConnection<DB>,
        application: &str,
        (connecting, patience): (Patience, Patience),
    ) -> Result<SqlxSession<'s, DB>> {
        let opened = match spare.take() {
            Some(opened) => opened,
            None => Self::open(way, application, connecting).await?,
        };
        let opened = spare.0.insert(opened);
        let gone = opened.gone.clone();
        let mut session =
            SqlxSession::new(HeldConnection::Borrowed(&mut opened.connection), patience);
        session.gone = gone;
        Ok(session)
    }

    /// How a connection of ambix's own is opened, where it can be.
    fn way(&self) -> Option<ConnectTarget<DB>> {
        match &self.source {
            SessionSource::Pool(pool) => Some(beside(pool)),
            SessionSource::Way(way, _) => Some(way.clone()),
            SessionSource::Borrowed(_) => None,
        }
    }

    /// A pooled connection where that costs no waiting: an idle one, or a place for a new one. `try_acquire` does not
    /// ping, which `acquire` does; a connection that went stale shows in the read and is then replaced.
    async fn acquire(pool: &Pool<DB>) -> Result<Option<PoolConnection<DB>>> {
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

    /// A session that may take its time, unless something else is said. `keeps` leaves a connection of ambix's own for the next one.
    async fn session<'s>(
        &'s mut self,
        application: &'s str,
        keeps: bool,
    ) -> Result<Box<dyn Session + 's>> {
        let patience = self.patience;
        let endless = Patience { answer: None, ..patience };
        let session = match &mut self.source {
            SessionSource::Pool(pool) if DB::can_open(&pool.connect_options()) => {
                let way = beside(pool);
                let opened = Self::open(&way, application, patience).await?;
                SqlxSession::own(way, opened, endless)
            }
            SessionSource::Pool(pool) => {
                let connection = pool.acquire().await.map_err(|error| {
                    explain::<DB>(error).doing("taking a connection from the pool")
                })?;
                SqlxSession::new(HeldConnection::Pooled(connection), endless)
            }
            SessionSource::Borrowed(connection) if connection.is_in_transaction() => {
                let problem = "the connection is in a transaction, and migrations begin and commit their own; end it first, or \
                               pass the pool";
                return Err(Error::Connection { problem: problem.to_owned() });
            }
            SessionSource::Borrowed(connection) => {
                SqlxSession::new(HeldConnection::Borrowed(&mut **connection), endless)
            }
            SessionSource::Way(way, spare) => {
                if keeps {
                    Self::kept(way, spare, application, (patience, endless)).await?
                } else {
                    let opened = match spare.take() {
                        Some(opened) => opened,
                        None => Self::open(way, application, patience).await?,
                    };
                    SqlxSession::own(way.clone(), opened, endless)
                }
            }
        };
        Ok(Box::new(session))
    }
}

impl<DB: SqlxDriver> Connector for SqlxConnector<'_, DB>
where
    DriverOptions<DB>: Sync,
{
    fn dialect(&self) -> &'static dyn Dialect {
        DB::dialect()
    }

    fn be_patient(&mut self, patience: Patience) {
        self.patience = patience;
    }

    fn quick<'s>(
        &'s mut self,
        application: &'s str,
    ) -> BoxFuture<'s, Result<Box<dyn Session + 's>>> {
        Box::pin(async move {
            let patience = self.patience;
            let session = match &mut self.source {
                SessionSource::Pool(pool) => match Self::acquire(pool).await? {
                    Some(connection) => {
                        SqlxSession::new(HeldConnection::Pooled(connection), patience)
                    }
                    None => {
                        let way = beside(pool);
                        let opened = Self::open(&way, application, patience).await?;
                        SqlxSession::own(way, opened, patience)
                    }
                },
                SessionSource::Borrowed(connection) => {
                    SqlxSession::new(HeldConnection::Borrowed(&mut **connection), patience)
                }
                SessionSource::Way(way, spare) => {
                    Self::kept(way, spare, application, (patience, patience)).await?
                }
            };
            Ok(Box::new(session) as Box<dyn Session>)
        })
    }

    fn dedicated<'s>(
        &'s mut self,
        application: &'s str,
    ) -> BoxFuture<'s, Result<Box<dyn Session + 's>>> {
        let keeps = self.keeps;
        Box::pin(self.session(application, keeps))
    }

    fn lasting<'s>(
        &'s mut self,
        application: &'s str,
    ) -> BoxFuture<'s, Result<Box<dyn Session + 's>>> {
        Box::pin(self.session(application, true))
    }

    #[cfg(feature = "testkit")]
    fn detached<'s>(
        &'s self,
        application: &'s str,
    ) -> BoxFuture<'s, Result<Box<dyn Session>, Failure>> {
        // Before the future: a lent connection cannot be looked at from another thread.
        let (way, patience) = (self.way(), self.patience);
        Box::pin(async move {
            let Some(way) = way else {
                return Err(Failure::new(FailureKind::Other, "a lent connection is the only one"));
            };
            let opened = way.open(application, patience).await?;
            Ok(Box::new(SqlxSession::<'static, DB>::own(way, opened, patience)) as Box<dyn Session>)
        })
    }

    fn can_reopen(&self) -> bool {
        !self.keeps && !matches!(self.source, SessionSource::Borrowed(_))
    }

    fn keep_connection(&mut self) {
        self.keeps = true;
    }

    fn again(&self) -> Option<Box<dyn Connector>> {
        let way = self.way().filter(|way| DB::can_open(&way.options))?;
        Some(Box::new(SqlxConnector { patience: self.patience, ..SqlxConnector::leading(way) }))
    }

    fn beside(&self, database: &str) -> Option<Box<dyn Connector>> {
        let way = self.way()?;
        let way = way.with(DB::beside(&way.options, database)?);
        Some(Box::new(SqlxConnector { patience: self.patience, ..SqlxConnector::leading(way) }))
    }
}
