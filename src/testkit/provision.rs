//! A database for one test, of whatever kind: where it comes from, and where it goes.

use std::{fmt, sync::mpsc, thread, time::Duration};

use super::{
    fingerprint::fingerprint,
    server,
    slot::Slot,
    source::{self, TestServer},
};
use crate::{
    database::testkit::{DatabaseCopy, Order, testkit},
    error::Result,
    graph::Target,
    migrator::Migrator,
    url::without_secrets,
};

/// How long a test that does not close its database waits for that at its end.
const ENDING: Duration = Duration::from_secs(30);

/// What a place is made of.
pub(super) struct DatabaseRequest<'a> {
    pub(super) migrator: &'a Migrator,
    pub(super) target: Target,
    /// The URL of the server; without it, [`source`] finds one.
    pub(super) url: Option<String>,
    /// The scheme that the URL must have; `None` means any.
    pub(super) scheme: Option<&'static str>,
    pub(super) test: String,
    pub(super) connections: u32,
}

/// A database that one test has.
pub(super) struct LeasedDatabase {
    /// Empty only while it is being given back.
    copy: Option<Box<dyn DatabaseCopy>>,
    url: String,
    name: String,
    test: String,
    /// With its server.
    is_thrown_away: bool,
    slot: Option<Slot>,
}

impl LeasedDatabase {
    pub(super) async fn take(wish: DatabaseRequest<'_>) -> Result<Self> {
        let TestServer { url, thrown_away } = source::find(wish.url, wish.scheme).await?;
        let mut copies = testkit(&url)?.copies(&url)?;
        let slot = Slot::take(&mut *copies, thrown_away.as_deref(), wish.connections).await?;
        let order =
            Order { fingerprint: fingerprint(wish.migrator, &wish.target)?, test: wish.test };
        let (migrator, target) = (&wish.migrator.without_dump(), &wish.target);
        let copy = copies
            .give(&order, &|url| {
                Box::pin(async move { migrator.upgrade(&url, target.clone()).await.map(drop) })
            })
            .await?;
        Ok(Self {
            url: copy.url().to_owned(),
            name: copy.name().to_owned(),
            copy: Some(copy),
            is_thrown_away: thrown_away.is_some(),
            test: order.test,
            slot,
        })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The test has succeeded.
    pub(super) async fn discard(mut self) -> Result<()> {
        match self.copy.take() {
            Some(copy) => copy.discard(false).await,
            None => Ok(()),
        }
    }

    /// The test has failed: says where its database is.
    pub(super) async fn keep(mut self) -> Result<()> {
        let Some(copy) = self.copy.take() else { return Ok(()) };
        self.say_kept(&*copy);
        copy.keep(false).await
    }

    /// On the test's own thread, since the harness shows it beside the failure then.
    fn say_kept(&self, copy: &dyn DatabaseCopy) {
        let url = without_secrets(&copy.kept_url());
        let hint = if self.is_thrown_away { server::HINT } else { "" };
        eprintln!("{}: its database is kept: {url}{hint}", self.test);
    }
}

/// The test did not close it. A drop cannot wait for a future; a thread with a runtime of its own can.
impl Drop for LeasedDatabase {
    fn drop(&mut self) {
        let Some(copy) = self.copy.take() else { return };
        let keeps = thread::panicking();
        if keeps {
            self.say_kept(&*copy);
        }
        let slot = self.slot.take();
        let (working, over) = mpsc::channel::<()>();
        thread::spawn(move || {
            let (_working, _seat) = (working, slot);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let Ok(runtime) = runtime else { return };
            let end =
                async { if keeps { copy.keep(true).await } else { copy.discard(true).await } };
            if let Err(error) = runtime.block_on(end) {
                tracing::warn!(?error, "a test's database is left; a later run takes it away");
            }
        });
        // The other end goes with the thread.
        let _ = over.recv_timeout(ENDING);
    }
}

impl fmt::Debug for LeasedDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place")
            .field("name", &self.name)
            .field("test", &self.test)
            .finish_non_exhaustive()
    }
}
