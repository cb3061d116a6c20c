//! Databases for tests: `CREATE DATABASE ... TEMPLATE`, by the strategy that is the faster one on this server.

use std::time::Duration;

use super::{
    super::{
        BoxFuture, Dialect, Failure, Row, Session,
        copies::{Copies, DatabaseCopy, Fill, Order, Route, TEMPLATES, UNUSED, jitter, unique},
        fill as substitute, section,
    },
    Postgres,
};
use crate::error::{Error, Result};

/// Somebody is connected to the database.
const IN_USE: &str = "55006";
/// There is no such database.
const NO_DATABASE: &str = "3D000";
/// How old the note of a template's last use may become.
const NOTE: u64 = 3600;
/// The first version that can be told how to copy.
const STRATEGY: u32 = 150_000;

pub(super) fn open(url: &str) -> Result<Box<dyn Copies>> {
    Ok(Box::new(Cluster { route: Route::new(url) }))
}

fn sql(name: &str) -> &'static str {
    section(include_str!("copies.sql"), name)
}

/// The key of the lock that belongs to a name: its last 16 digits.
fn key(digits: &str) -> Result<i64> {
    let number = u64::from_str_radix(digits, 16);
    number
        .map(u64::cast_signed)
        .map_err(|_| Error::Unsupported(format!("{digits} is no fingerprint")))
}

#[derive(Debug)]
struct Cluster {
    route: Route,
}

impl Cluster {
    /// A session on the database of the URL; or on the one that every cluster has, where there is no such yet.
    async fn session(&self) -> Result<Box<dyn Session>> {
        match self.route.session(None).await {
            Err(Error::Database { source, .. })
                if source.to_string().contains("does not exist") =>
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
            let rows =
                run(&mut *session, "asking for the server's limits", sql("connections")).await;
            session.close().await;
            Ok(rows?.first().and_then(|row| text(row, 1).parse().ok()).unwrap_or(100))
        })
    }

    fn give<'s>(
        &'s mut self,
        order: &'s Order,
        fill: Fill<'s>,
    ) -> BoxFuture<'s, Result<Box<dyn DatabaseCopy>>> {
        Box::pin(async move {
            let session = self.session().await?;
            let (mut desk, known) = Desk::open(session, &self.route).await?;
            desk.collect(&known, &order.test).await;
            desk.copy(order, &known, fill).await?;
            Ok(Box::new(Copy {
                url: self.route.url(&desk.name),
                name: desk.name,
                test: order.test.clone(),
                route: self.route.clone(),
                session: std::sync::Mutex::new(desk.session),
            }) as Box<dyn DatabaseCopy>)
        })
    }

    fn clear(&mut self) -> BoxFuture<'_, Result<Vec<String>>> {
        Box::pin(async move {
            let (mut desk, known) = Desk::open(self.session().await?, &self.route).await?;
            let mut gone = Vec::new();
            for database in known.into_iter().filter(|known| !known.held) {
                if desk.remove(&database.name).await.is_ok() {
                    gone.push(database.name);
                }
            }
            desk.session.close().await;
            Ok(gone)
        })
    }
}

/// What is known of a database of the kit.
#[derive(Debug)]
struct Known {
    name: String,
    note: Note,
    held: bool,
    /// Seconds since its note was written.
    age: u64,
}

impl Known {
    fn read(row: &Row) -> Option<Self> {
        if text(row, 0) != "known" {
            return None;
        }
        let note = Note::read(text(row, 2));
        let now: u64 = text(row, 4).parse().unwrap_or_default();
        let age = now.saturating_sub(note.at());
        Some(Self { name: text(row, 1).to_owned(), note, held: text(row, 3) == "1", age })
    }

    fn is_template(&self) -> bool {
        self.name.starts_with("ambix_template_")
    }
}

/// What stands in a database's comment.
#[derive(Debug, PartialEq, Eq)]
enum Note {
    /// Nothing: it is in use, or a killed process has left it.
    None,
    /// A template, and when it was used.
    Used(u64),
    /// A copy that was kept, since when, and the test that failed.
    Kept(u64, String),
}

impl Note {
    fn read(comment: &str) -> Self {
        let mut words = comment.splitn(4, ' ');
        let (Some("ambix"), Some(kind), Some(at)) = (words.next(), words.next(), words.next())
        else {
            return Self::None;
        };
        match (kind, at.parse()) {
            ("used", Ok(at)) => Self::Used(at),
            ("kept", Ok(at)) => Self::Kept(at, words.next().unwrap_or_default().to_owned()),
            _ => Self::None,
        }
    }

    fn at(&self) -> u64 {
        match self {
            Self::None => 0,
            Self::Used(at) | Self::Kept(at, _) => *at,
        }
    }
}

/// One test's work on the server.
struct Desk<'r> {
    session: Box<dyn Session>,
    route: &'r Route,
    /// The oid of the database in which our locks are.
    scope: String,
    /// The copy's name.
    name: String,
    durable: bool,
    version: u32,
}

impl<'r> Desk<'r> {
    /// Takes the lock of a name for a copy, and looks what is there.
    async fn open(mut session: Box<dyn Session>, route: &'r Route) -> Result<(Self, Vec<Known>)> {
        let (digits, rows) = loop {
            let digits = format!("{:016x}", unique());
            let take = substitute(sql("take"), &[("key", &key(&digits)?.to_string())]);
            let message = format!("{take};\n{}", sql("known"));
            let rows = run(&mut *session, "asking the server for a place", &message).await?;
            if rows.first().is_some_and(|row| text(row, 1) == "1") {
                break (digits, rows);
            }
        };
        let place = rows.get(1).cloned().unwrap_or_default();
        let scope = text(&place, 1).to_owned();
        let desk = Self {
            session,
            route,
            name: format!("ambix_test_{scope}_{digits}"),
            durable: text(&place, 2) != "1",
            version: text(&place, 3).parse().unwrap_or_default(),
            scope,
        };
        Ok((desk, rows.iter().filter_map(Known::read).collect()))
    }

    /// Takes away what killed processes have left, copies that an earlier run of the same test has kept, and old templates.
    async fn collect(&mut self, known: &[Known], test: &str) {
        let mut templates: Vec<&Known> = known.iter().filter(|known| known.is_template()).collect();
        templates.sort_by_key(|known| known.age);
        let old = |known: &Known| match &known.note {
            Note::None => true,
            Note::Used(_) => {
                let rank = templates.iter().position(|other| other.name == known.name);
                known.age > UNUSED.as_secs() || rank >= Some(TEMPLATES)
            }
            Note::Kept(_, by) => by == test || known.age > UNUSED.as_secs(),
        };
        for known in known.iter().filter(|known| !known.held && old(known)) {
            // Another process may be doing the same; one that cannot be dropped now can be later.
            if let Err(failure) = self.remove(&known.name).await {
                tracing::debug!(error = %failure.error, name = known.name, "a database of a test is left");
            }
        }
    }

    async fn remove(&mut self, name: &str) -> Result<(), Failure> {
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", Postgres.quote(name));
        self.session.run(&drop).await.map(|_| ())
    }

    /// Makes the copy.
    async fn copy(&mut self, order: &Order, known: &[Known], fill: Fill<'_>) -> Result<()> {
        let Some(fingerprint) = &order.fingerprint else {
            return self.create(&self.name.clone(), None).await.map_err(refused);
        };
        let template = format!("ambix_template_{}_{fingerprint}", self.scope);
        let mut tries = 0;
        loop {
            match self.create(&self.name.clone(), Some(&template)).await {
                Ok(()) => break,
                Err(failure) if is(&failure, NO_DATABASE) && tries < 5 => {
                    self.build(fingerprint, &template, fill).await?;
                }
                // It is being dropped, or published.
                Err(failure) if is(&failure, IN_USE) && tries < 50 => {
                    tokio::time::sleep(jitter(Duration::from_millis(100))).await;
                }
                Err(failure) => return Err(refused(failure)),
            }
            tries += 1;
        }
        if known.iter().any(|known| known.name == template && known.age > NOTE) {
            // Two that do this at once are no trouble, whichever fails.
            let _ = self.session.run(&note(&template, "used", "")).await;
        }
        Ok(())
    }

    async fn create(&mut self, name: &str, template: Option<&str>) -> Result<(), Failure> {
        let mut create = format!("CREATE DATABASE {}", Postgres.quote(name));
        if let Some(template) = template {
            create += &format!(" TEMPLATE {}", Postgres.quote(template));
            // Copying files takes two checkpoints, which cost nothing where nothing has to reach the disk; writing to the log
            // takes none. Measured by benches/testkit.sh.
            if self.version >= STRATEGY {
                create += if self.durable { " STRATEGY wal_log" } else { " STRATEGY file_copy" };
            }
        }
        self.session.run(&create).await.map(|_| ())
    }

    /// Makes the template, unless another process does: then it waits for that.
    async fn build(&mut self, fingerprint: &str, template: &str, fill: Fill<'_>) -> Result<()> {
        let lock = key(fingerprint)?;
        let try_lock = format!("SELECT 'held' AS ambix, pg_try_advisory_lock({lock})::int::text");
        loop {
            let rows = run(&mut *self.session, "waiting for the template", &try_lock).await?;
            if rows.first().is_some_and(|row| text(row, 1) == "1") {
                break;
            }
            tokio::time::sleep(jitter(Duration::from_millis(40))).await;
        }
        let known = run(&mut *self.session, "looking for the template", sql("known")).await;
        let built = match known {
            Ok(rows) if rows.iter().any(|row| text(row, 1) == template) => Ok(()),
            Ok(_) => self.make(fingerprint, template, fill).await,
            Err(error) => Err(error),
        };
        let unlock = format!("SELECT pg_advisory_unlock({lock})");
        let unlocked = run(&mut *self.session, "giving the template's lock back", &unlock).await;
        built.and(unlocked.map(drop))
    }

    /// Under the lock: the name says that all of it is there, so that it gets that last.
    async fn make(&mut self, fingerprint: &str, template: &str, fill: Fill<'_>) -> Result<()> {
        let build = format!("ambix_build_{}_{fingerprint}", self.scope);
        self.remove(&build).await.map_err(refused)?;
        self.create(&build, None).await.map_err(refused)?;
        if let Err(error) = fill(self.route.url(&build)).await {
            let _ = self.remove(&build).await;
            return Err(error);
        }
        let (from, to) = (Postgres.quote(&build), Postgres.quote(template));
        // A connection that is still on its way out would be in the way of the new name, and of every copy.
        let publish = [
            note(&build, "used", ""),
            format!("ALTER DATABASE {from} ALLOW_CONNECTIONS false"),
            format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}",
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
    session: std::sync::Mutex<Box<dyn Session>>,
}

impl Copy {
    async fn end(self, elsewhere: bool, doing: &'static str, statement: &str) -> Result<()> {
        let mut session =
            self.session.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        // The runtime of the one that we have is not there to talk to it. It still holds the lock, without which others would take
        // the database for one that a killed process has left.
        let mut held = None;
        if elsewhere {
            let new = self.route.session(None).await?;
            held = Some(std::mem::replace(&mut session, new));
        }
        let ended = session.run(statement).await;
        session.close().await;
        drop(held);
        ended.map(|_| ()).map_err(|failure| failure.doing(doing))
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
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", Postgres.quote(&self.name));
        Box::pin(async move { self.end(elsewhere, "dropping the test's database", &drop).await })
    }

    fn keep(self: Box<Self>, elsewhere: bool) -> BoxFuture<'static, Result<()>> {
        Box::pin(async move {
            let note = note(&self.name, "kept", &self.test);
            self.end(elsewhere, "keeping the test's database", &note).await
        })
    }
}

impl std::fmt::Debug for Copy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Copy").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The statement that writes a note, with the time of the server.
fn note(database: &str, kind: &str, test: &str) -> String {
    // A comment takes no expression.
    format!(
        "DO $ambix$ BEGIN EXECUTE format('COMMENT ON DATABASE %I IS %L', {}, \
         concat_ws(' ', 'ambix', '{kind}', floor(extract(epoch FROM now()))::bigint, {})); END $ambix$",
        Postgres.literal(database),
        Postgres.literal(test)
    )
}

async fn run(session: &mut dyn Session, doing: &'static str, sql: &str) -> Result<Vec<Row>> {
    session.run(sql).await.map_err(|failure| failure.doing(doing))
}

fn text(row: &Row, at: usize) -> &str {
    row.get(at).and_then(Option::as_deref).unwrap_or_default()
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
        return Error::Database { doing: "making a database for a test", source: text.into() };
    }
    failure.doing("making a database for a test")
}
