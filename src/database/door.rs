//! Where sessions come from: a pool, a connection that is lent, or options with which connections are opened.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::{Connection as _, Pool, pool::PoolConnection};

use super::{
    BoxFuture, Connector, Dialect, Failure, FailureKind, Patience, Session,
    link::{Held, Link, LinkSession, Options, explain},
};
use crate::error::{Error, Result};

/// How a database is reached.
pub(crate) struct Way<DB: Link> {
    pub(crate) options: Options<DB>,
    /// What a URL asks to be said on each connection before anything else.
    pub(crate) first: String,
    /// How long connecting may take, where the URL says so.
    pub(crate) connect: Option<Duration>,
}

impl<DB: Link> Way<DB> {
    pub(crate) fn new(options: Options<DB>) -> Self {
        Self { options, first: String::new(), connect: None }
    }

    /// The same way with other options.
    pub(crate) fn with(&self, options: Options<DB>) -> Self {
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
                Failure::new(FailureKind::Lost, text)
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

impl<DB: Link> Clone for Way<DB> {
    fn clone(&self) -> Self {
        self.with(self.options.clone())
    }
}

/// A connection of ambix's own, with the time in which it was opened.
pub(crate) struct Opened<DB: Link> {
    pub(super) connection: DB::Connection,
    pub(super) began: Instant,
    pub(super) ended: Instant,
    /// A message on it was not answered, or the connection broke: it must not be used again.
    gone: Arc<AtomicBool>,
}

impl<DB: Link> Opened<DB> {
    fn is_good(&self) -> bool {
        !self.gone.load(Ordering::Relaxed)
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
enum Source<'c, DB: Link> {
    /// An app's pool, and its connect options.
    Pool(&'c Pool<DB>),
    /// A connection that the caller lends.
    Borrowed(&'c mut DB::Connection),
    /// Connect options alone, and the connection that the quick read has left.
    Way(Way<DB>, Option<Opened<DB>>),
}

/// Opens sessions.
pub(crate) struct Door<'c, DB: Link> {
    source: Source<'c, DB>,
    patience: Patience,
}

impl<'c, DB: Link> Door<'c, DB> {
    fn of(source: Source<'c, DB>) -> Self {
        Self { source, patience: Patience::default() }
    }

    pub(crate) fn pool(pool: &'c Pool<DB>) -> Self {
        Self::of(Source::Pool(pool))
    }

    pub(crate) fn lent(connection: &'c mut DB::Connection) -> Self {
        Self::of(Source::Borrowed(connection))
    }

    pub(crate) fn leading(way: Way<DB>) -> Self {
        Self::of(Source::Way(way, None))
    }
}

/// How a connection of ambix's own is opened beside a pool.
fn beside<DB: Link>(pool: &Pool<DB>) -> Way<DB> {
    Way::new((*pool.connect_options()).clone())
}

impl<DB: Link> Door<'_, DB>
where
    Options<DB>: Sync,
{
    async fn open(way: &Way<DB>, application: &str, patience: Patience) -> Result<Opened<DB>> {
        let opened = way.open(application, patience).await;
        opened.map_err(Failure::connecting)
    }

    /// How a connection of ambix's own is opened, where it can be.
    fn way(&self) -> Option<Way<DB>> {
        match &self.source {
            Source::Pool(pool) => Some(beside(pool)),
            Source::Way(way, _) => Some(way.clone()),
            Source::Borrowed(_) => None,
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
}

impl<DB: Link> Connector for Door<'_, DB>
where
    Options<DB>: Sync,
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
                Source::Pool(pool) => match Self::acquire(pool).await? {
                    Some(connection) => LinkSession::new(Held::Pooled(connection), patience),
                    None => {
                        let way = beside(pool);
                        let opened = Self::open(&way, application, patience).await?;
                        LinkSession::own(way, opened, patience)
                    }
                },
                Source::Borrowed(connection) => {
                    LinkSession::new(Held::Borrowed(&mut **connection), patience)
                }
                Source::Way(way, spare) => {
                    let opened = match spare.take().filter(Opened::is_good) {
                        Some(opened) => opened,
                        None => Self::open(way, application, patience).await?,
                    };
                    let opened = spare.insert(opened);
                    let gone = opened.gone.clone();
                    let mut session =
                        LinkSession::new(Held::Borrowed(&mut opened.connection), patience);
                    session.gone = gone;
                    session
                }
            };
            Ok(Box::new(session) as Box<dyn Session>)
        })
    }

    fn dedicated<'s>(
        &'s mut self,
        application: &'s str,
    ) -> BoxFuture<'s, Result<Box<dyn Session + 's>>> {
        Box::pin(async move {
            let patience = self.patience;
            // What is done on it may take its time, unless something else is said.
            let endless = Patience { answer: None, ..patience };
            let session = match &mut self.source {
                Source::Pool(pool) if DB::can_open(&pool.connect_options()) => {
                    let way = beside(pool);
                    let opened = Self::open(&way, application, patience).await?;
                    LinkSession::own(way, opened, endless)
                }
                Source::Pool(pool) => {
                    let connection = pool.acquire().await.map_err(|error| {
                        explain::<DB>(error).doing("taking a connection from the pool")
                    })?;
                    LinkSession::new(Held::Pooled(connection), endless)
                }
                Source::Borrowed(connection) if connection.is_in_transaction() => {
                    let problem = "the connection is in a transaction, and migrations begin and commit their own; end it first, or \
                                   pass the pool";
                    return Err(Error::Connection { problem: problem.to_owned() });
                }
                Source::Borrowed(connection) => {
                    LinkSession::new(Held::Borrowed(&mut **connection), endless)
                }
                Source::Way(way, spare) => {
                    let opened = match spare.take().filter(Opened::is_good) {
                        Some(opened) => opened,
                        None => Self::open(way, application, patience).await?,
                    };
                    LinkSession::own(way.clone(), opened, endless)
                }
            };
            Ok(Box::new(session) as Box<dyn Session>)
        })
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
            Ok(Box::new(LinkSession::<'static, DB>::own(way, opened, patience)) as Box<dyn Session>)
        })
    }

    fn can_reopen(&self) -> bool {
        !matches!(self.source, Source::Borrowed(_))
    }

    fn again(&self) -> Option<Box<dyn Connector>> {
        Some(Box::new(Door { patience: self.patience, ..Door::leading(self.way()?) }))
    }

    fn beside(&self, database: &str) -> Option<Box<dyn Connector>> {
        let way = self.way()?;
        let way = way.with(DB::beside(&way.options, database)?);
        Some(Box::new(Door { patience: self.patience, ..Door::leading(way) }))
    }
}
