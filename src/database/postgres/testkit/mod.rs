//! Databases for tests: `CREATE DATABASE ... TEMPLATE`, by the strategy that is the faster one on this server; and copies that
//! were made ready again, which is faster still.

mod collect;
mod note;
mod reuse;
mod session;
mod shell;

use std::time::Duration;

use self::{
    collect::{collect, has_room, is_kept_by, look, remove, remove_unheld},
    note::{CopyNote, Known},
    reuse::TemplateState,
};
use super::{
    super::{
        BoxFuture, Dialect, Failure, Row, Session, SqlFile, fill as substitute, section,
        testkit::{Copies, DatabaseCopy, Fill, NOTE, Order, Route, TestKit, ThrowAway},
    },
    Postgres,
};
use crate::{
    error::{DriverError, Error, Result},
    random::{jitter, random},
};

/// Somebody is connected to the database.
const IN_USE: &str = "55006";
/// There is no such database.
const NO_DATABASE: &str = "3D000";
/// The first version that can be told how to copy.
const STRATEGY: u32 = 150_000;

/// A server for tests that name none.
const THROW_AWAY: ThrowAway = ThrowAway {
    script: include_str!("throwaway.sh"),
    variable: "AMBIX_TESTKIT_POSTGRES_BIN",
    // The driver reads PGPORT and PGSSLMODE, which are meant for another server.
    url: |folder| {
        format!("postgres://postgres@localhost:5432/postgres?host={folder}/data&sslmode=disable")
    },
};

impl TestKit for Postgres {
    fn copies(&self, url: &str) -> Result<Box<dyn Copies>> {
        Ok(Box::new(Cluster { route: Route::new(url) }))
    }

    fn throw_away(&self) -> Option<&'static ThrowAway> {
        Some(&THROW_AWAY)
    }
}

const COPIES: SqlFile = SqlFile::of(include_str!("test_databases.sql"));

/// The key of the lock that belongs to a name: its last 16 digits.
fn key(name: &str) -> Result<i64> {
    let digits = name.get(name.len().saturating_sub(16)..).unwrap_or_default();
    let number = u64::from_str_radix(digits, 16);
    let problem = |_| Error::TestKit { problem: format!("{digits} is no fingerprint") };
    number.map(u64::cast_signed).map_err(problem)
}

#[derive(Debug)]
struct Cluster {
    route: Route,
}

impl Cluster {
    /// A session on the database of the URL; or on the one that every cluster has, where there is no such yet.
    async fn session(&self) -> Result<Box<dyn Session>> {
        match self.route.session(None).await {
            Err(error)
                if error.find_source::<DriverError>().and_then(DriverError::code)
                    == Some(NO_DATABASE) =>
            {
                self.route.session(Some("postgres")).await
            }
            other => other,
        }
    }
}

impl Copies for Cluster {
    fn server(&self) -> Option<String> {
        Some(self.route.server())
    }

    fn connections(&mut self) -> BoxFuture<'_, Result<u32>> {
        Box::pin(async move {
            let mut session = self.session().await?;
            let rows = run(
                &mut *session,
                "asking for the server's limits",
                section!(COPIES, "connections"),
            )
            .await;
            session.close().await;
            Ok(rows?.first().and_then(|row| row.text("connections").parse().ok()).unwrap_or(100))
        })
    }

    fn give<'s>(
        &'s mut self,
        order: &'s Order,
        fill: Fill<'s>,
    ) -> BoxFuture<'s, Result<Box<dyn DatabaseCopy>>> {
        Box::pin(async move {
            let session = self.session().await?;
            let (mut copier, known) = Copier::open(session, &self.route).await?;
            for kept in known.iter().filter(|known| is_kept_by(known, &order.test)) {
                remove_unheld(&mut *copier.session, &kept.name).await;
            }
            let template = copier.copy(order, &known, fill).await?;
            Ok(Box::new(Copy {
                url: self.route.url(&copier.name),
                name: copier.name,
                test: order.test.clone(),
                template,
                route: self.route.clone(),
                session: std::sync::Mutex::new(copier.session),
            }) as Box<dyn DatabaseCopy>)
        })
    }

    fn clear(&mut self) -> BoxFuture<'_, Result<Vec<String>>> {
        Box::pin(async move {
            let (mut copier, known) = Copier::open(self.session().await?, &self.route).await?;
            let mut gone = Vec::new();
            for database in known.into_iter().filter(|known| !known.held) {
                if remove_unheld(&mut *copier.session, &database.name).await {
                    gone.push(database.name);
                }
            }
            copier.session.close().await;
            Ok(gone)
        })
    }
}

/// One test's work on the server.
struct Copier<'r> {
    session: Box<dyn Session>,
    route: &'r Route,
    /// The oid of the database in which our locks are.
    scope: String,
    /// The copy's name.
    name: String,
    durable: bool,
    version: u32,
}

impl<'r> Copier<'r> {
    /// Takes the lock of a name for a copy, and lists the kit's databases.
    async fn open(mut session: Box<dyn Session>, route: &'r Route) -> Result<(Self, Vec<Known>)> {
        let (digits, rows) = loop {
            let digits = format!("{:016x}", random());
            let take = substitute(section!(COPIES, "take"), &[("key", &key(&digits)?.to_string())]);
            let message = format!("{take};\n{}", section!(COPIES, "known"));
            let rows = run(&mut *session, "asking the server for a place", &message).await?;
            if says_yes(&rows) {
                break (digits, rows);
            }
        };
        let place = rows.iter().find(|row| row.tag() == "place").cloned().unwrap_or_default();
        let scope = place.find("oid").unwrap_or_default().to_owned();
        let copier = Self {
            session,
            route,
            name: format!("ambix_test_{scope}_{digits}"),
            durable: place.find("is_throwaway") != Some("1"),
            version: place
                .find("version")
                .and_then(|version| version.parse().ok())
                .unwrap_or_default(),
            scope,
        };
        Ok((copier, rows.iter().filter_map(Known::read).collect()))
    }

    /// Claims a copy that is ready, or makes one. Says what it is like, for its end; nothing of an empty database.
    async fn copy(
        &mut self,
        order: &Order,
        known: &[Known],
        fill: Fill<'_>,
    ) -> Result<Option<(String, TemplateState)>> {
        let Some(fingerprint) = &order.fingerprint else {
            self.create(&self.name.clone(), None).await.map_err(refused)?;
            return Ok(None);
        };
        let template = format!("ambix_template_{}_{fingerprint}", self.scope);
        let mut facts = facts_of(known, &template);
        // Without its template a copy that waits is about to be taken away.
        let is_ready =
            |known: &&Known| !known.held && known.note == CopyNote::Ready(fingerprint.clone());
        let mut claimed = false;
        for ready in known.iter().filter(is_ready).filter(|_| facts.is_some()) {
            if self.claim(&ready.name, fingerprint).await? {
                claimed = true;
                break;
            }
        }
        if !claimed {
            self.copy_template(fingerprint, &template, fill).await?;
        }
        if facts.is_none() {
            facts = facts_of(&look(&mut *self.session).await?, &template);
        }
        let age = known.iter().find(|known| known.name == template).map(|known| known.age);
        if let (Some(facts), true) = (&facts, age > Some(NOTE.as_secs())) {
            // Two that do this at once are no trouble, whichever fails.
            let _ = self.session.run(&CopyNote::Used(facts.clone()).write(&template)).await;
        }
        Ok(facts.map(|facts| (fingerprint.clone(), facts)))
    }

    /// Takes a copy that is ready, unless another process was faster. From here on it counts as one in use.
    async fn claim(&mut self, name: &str, fingerprint: &str) -> Result<bool> {
        let number = key(name)?.to_string();
        let (literal, like) =
            (Postgres.literal(name), Postgres.literal(&format!("% {fingerprint}")));
        let values = [("key", number.as_str()), ("name", &literal), ("like", &like)];
        let body = Postgres.literal(&substitute(section!(COPIES, "claim body"), &values));
        let claim = substitute(section!(COPIES, "claim"), &[("claim", &body), ("key", &number)]);
        let claimed = match self.session.run(&claim).await {
            Ok(rows) => says_yes(&rows),
            // It was dropped in this moment.
            Err(_) => false,
        };
        if claimed {
            name.clone_into(&mut self.name);
        }
        Ok(claimed)
    }

    /// Makes a copy of the template, and the template first where there is none.
    async fn copy_template(
        &mut self,
        fingerprint: &str,
        template: &str,
        fill: Fill<'_>,
    ) -> Result<()> {
        let mut tries = 0;
        loop {
            match self.create(&self.name.clone(), Some(template)).await {
                Ok(()) => return Ok(()),
                Err(failure) if is(&failure, NO_DATABASE) && tries < 5 => {
                    self.build(fingerprint, template, fill).await?;
                }
                // It is being dropped, or published.
                Err(failure) if is(&failure, IN_USE) && tries < 50 => {
                    tokio::time::sleep(jitter(Duration::from_millis(100))).await;
                }
                Err(failure) => return Err(refused(failure)),
            }
            tries += 1;
        }
    }

    async fn create(&mut self, name: &str, template: Option<&str>) -> Result<(), Failure> {
        let mut create = format!("CREATE DATABASE {}", Postgres.quote(name));
        if let Some(template) = template {
            create += &format!(" TEMPLATE {}", Postgres.quote(template));
            // Copying files takes two checkpoints, which cost nothing where nothing has to reach the disk; writing to the log
            // takes none. `testkit ways` of benches/peers measures it.
            if self.version >= STRATEGY {
                create += if self.durable { " STRATEGY wal_log" } else { " STRATEGY file_copy" };
            }
        }
        self.session.run(&create).await.map(|_| ())
    }

    /// Makes the template, unless another process does: then it waits for that.
    async fn build(&mut self, fingerprint: &str, template: &str, fill: Fill<'_>) -> Result<()> {
        let lock = key(fingerprint)?;
        while !try_lock(&mut *self.session, "waiting for the template", lock).await? {
            tokio::time::sleep(jitter(Duration::from_millis(40))).await;
        }
        let built = match look(&mut *self.session).await {
            Ok(known) if known.iter().any(|known| known.name == template) => Ok(()),
            Ok(_) => self.make(fingerprint, template, fill).await,
            Err(error) => Err(error),
        };
        built.and(unlock(&mut *self.session, "giving the template's lock back", lock).await)
    }

    /// Under the lock: the name says that all of it is there, so that it gets that last.
    async fn make(&mut self, fingerprint: &str, template: &str, fill: Fill<'_>) -> Result<()> {
        let build = format!("ambix_build_{}_{fingerprint}", self.scope);
        remove(&mut *self.session, &build).await.map_err(refused)?;
        self.create(&build, None).await.map_err(refused)?;
        if let Err(error) = fill(self.route.url(&build)).await {
            let _ = remove(&mut *self.session, &build).await;
            return Err(error);
        }
        // Without them a copy serves one test; that is all.
        let facts = TemplateState::gather(self.route, &build).await.unwrap_or_default();
        let (from, to) = (Postgres.quote(&build), Postgres.quote(template));
        // A connection that is still on its way out would be in the way of the new name, and of every copy.
        let publish = [
            CopyNote::Used(facts).write(&build),
            format!("ALTER DATABASE {from} ALLOW_CONNECTIONS false"),
            format!(
                "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}",
                Postgres.literal(&build)
            ),
            format!("ALTER DATABASE {from} RENAME TO {to}"),
        ];
        for statement in publish {
            let mut tries = 0;
            while let Err(failure) = self.session.run(&statement).await {
                if !is(&failure, IN_USE) || tries >= 50 {
                    return Err(failure.doing("publishing the template"));
                }
                tries += 1;
                tokio::time::sleep(jitter(Duration::from_millis(50))).await;
            }
        }
        Ok(())
    }
}

/// A database of a test. The session holds its lock.
struct Copy {
    route: Route,
    url: String,
    name: String,
    test: String,
    /// The fingerprint of its template, and what that is like.
    template: Option<(String, TemplateState)>,
    session: std::sync::Mutex<Box<dyn Session>>,
}

impl Copy {
    /// The session for the end, and the one that holds the lock until then.
    async fn sessions(
        session: std::sync::Mutex<Box<dyn Session>>,
        route: &Route,
        elsewhere: bool,
    ) -> Result<(Box<dyn Session>, Option<Box<dyn Session>>)> {
        let session = session.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !elsewhere {
            return Ok((session, None));
        }
        // The runtime of the one that we have is not there to talk to it. It still holds the lock, without which others would take
        // the database for one that a killed process has left.
        Ok((route.session(None).await?, Some(session)))
    }

    /// Makes it ready for the next test, or drops it.
    async fn finish(self, elsewhere: bool) -> Result<()> {
        let Self { route, name, template, session, .. } = self;
        let (mut session, held) = Self::sessions(session, &route, elsewhere).await?;
        let fingerprint = template.as_ref().map(|(fingerprint, _)| fingerprint.clone());
        let restored = match &template {
            Some((_, facts)) => reuse::restore(&route, &name, facts).await.unwrap_or(false),
            None => false,
        };
        let known = look(&mut *session).await?;
        let ended = match &fingerprint {
            Some(fingerprint) if restored && has_room(&known, fingerprint) => {
                let ready = CopyNote::Ready(fingerprint.clone()).write(&name);
                session.run(&ready).await.map(|_| ())
            }
            _ => remove(&mut *session, &name).await,
        };
        collect(&mut *session, &known, fingerprint.as_deref()).await;
        end(session).await;
        drop(held);
        ended.map_err(|failure| failure.doing("giving the test's database back"))
    }
}

/// Gives up the lock of the copy and closes the session. The server would release the lock itself, but a moment after the client is
/// gone: the next test would see a database in use and make another one.
async fn end(mut session: Box<dyn Session>) {
    let _ = session.run("SELECT pg_catalog.pg_advisory_unlock_all()").await;
    session.close().await;
}

/// What is known about a template.
fn facts_of(known: &[Known], template: &str) -> Option<TemplateState> {
    let found = known.iter().find(|known| known.name == template)?;
    match &found.note {
        CopyNote::Used(facts) => Some(facts.clone()),
        _ => None,
    }
}

impl DatabaseCopy for Copy {
    fn url(&self) -> &str {
        &self.url
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn discard(self: Box<Self>, elsewhere: bool) -> BoxFuture<'static, Result<()>> {
        Box::pin(self.finish(elsewhere))
    }

    fn keep(self: Box<Self>, elsewhere: bool) -> BoxFuture<'static, Result<()>> {
        Box::pin(async move {
            let (mut session, held) = Self::sessions(self.session, &self.route, elsewhere).await?;
            let kept = session.run(&CopyNote::Kept(self.test).write(&self.name)).await;
            let fingerprint = self.template.as_ref().map(|(fingerprint, _)| fingerprint.as_str());
            if let Ok(known) = look(&mut *session).await {
                collect(&mut *session, &known, fingerprint).await;
            }
            end(session).await;
            drop(held);
            kept.map(|_| ()).map_err(|failure| failure.doing("keeping the test's database"))
        })
    }
}

impl std::fmt::Debug for Copy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Copy").field("name", &self.name).finish_non_exhaustive()
    }
}

async fn run(session: &mut dyn Session, doing: &'static str, sql: &str) -> Result<Vec<Row>> {
    session.run(sql).await.map_err(|failure| failure.doing(doing))
}

/// Whether the first row says yes.
fn says_yes(rows: &[Row]) -> bool {
    rows.first().is_some_and(|row| row.column("yes") == Some("1"))
}

async fn try_lock(session: &mut dyn Session, doing: &'static str, key: i64) -> Result<bool> {
    let sql =
        format!("SELECT 'held' AS ambix, pg_catalog.pg_try_advisory_lock({key})::int::text AS yes");
    Ok(says_yes(&run(session, doing, &sql).await?))
}

async fn unlock(session: &mut dyn Session, doing: &'static str, key: i64) -> Result<()> {
    run(session, doing, &format!("SELECT pg_catalog.pg_advisory_unlock({key})")).await.map(drop)
}

fn is(failure: &Failure, code: &str) -> bool {
    failure.code.as_deref() == Some(code)
}

/// Databases cannot be made: most of the time the role lacks the right.
fn refused(failure: Failure) -> Error {
    if is(&failure, "42501") {
        let text = format!(
            "{}; every test gets a database of its own, so the role of the URL needs CREATEDB: `ALTER ROLE ... CREATEDB`",
            failure.error
        );
        return failure.reworded(text).doing("making a database for a test");
    }
    failure.doing("making a database for a test")
}
