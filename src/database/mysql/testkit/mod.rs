//! Databases for tests. Neither server can copy a database, and to make one with many tables takes long, so that copies are made
//! ready again: after a test that has succeeded its database is compared with the template, put back to that, and stays on the
//! shelf. Only if there is none, a script that was derived from the template creates one.

mod copier;
mod definition;
mod reuse;
mod session;
mod shell;

use std::{sync::Mutex, time::Duration};

use self::{
    copier::{Copier, remove},
    session::Reader,
};
use super::{
    super::{
        BoxFuture, Dialect, Failure, FailureKind, Row, SqlFile, fill, section,
        testkit::{Copies, DatabaseCopy, Fill, Order, Route, TestKit, ThrowAway},
    },
    MySql,
    server::is,
};
use crate::{
    error::{Error, Result},
    random::jitter,
};

/// How often what others are in the way of is tried.
const TRIES: u32 = 20;

/// A server for tests that name none.
const THROW_AWAY: ThrowAway = ThrowAway {
    script: include_str!("throwaway.sh"),
    variable: "AMBIX_TESTKIT_MYSQL_BIN",
    url: |folder| format!("mysql://root@localhost/mysql?socket={folder}/data/mysql.sock"),
};

impl TestKit for MySql {
    fn copies(&self, url: &str) -> Result<Box<dyn Copies>> {
        Ok(Box::new(Instance { route: Route::new(url) }))
    }

    fn throw_away(&self) -> Option<&'static ThrowAway> {
        Some(&THROW_AWAY)
    }
}

const COPIES: SqlFile = SqlFile::of(include_str!("test_databases.sql"));

/// The name of a template, and of its lock.
fn template(fingerprint: &str) -> String {
    format!("ambix_template_{fingerprint}")
}

#[derive(Debug)]
struct Instance {
    route: Route,
}

impl Copies for Instance {
    fn server(&self) -> Option<String> {
        Some(self.route.server())
    }

    fn connections(&mut self) -> BoxFuture<'_, Result<u32>> {
        Box::pin(async move {
            let mut reader = Reader::open(&self.route).await?;
            let query = fill(section!(COPIES, "connections"), &[]);
            let sets = run(&mut reader, "asking for the server's limits", &query).await;
            reader.close().await;
            let sets = sets?;
            let limit =
                sets.iter().flatten().next().and_then(|row| row.text("connections").parse().ok());
            Ok(limit.unwrap_or(100))
        })
    }

    fn give<'s>(
        &'s mut self,
        order: &'s Order,
        fill: Fill<'s>,
    ) -> BoxFuture<'s, Result<Box<dyn DatabaseCopy>>> {
        Box::pin(async move {
            let mut copier = Copier::open(&self.route, order).await?;
            if let Err(error) = copier.copy(fill).await {
                if !copier.name.is_empty() {
                    // Where this fails, too, the next one takes it away.
                    let _ = remove(&mut copier.reader, &copier.name).await;
                }
                copier.reader.close().await;
                return Err(error);
            }
            Ok(Box::new(Copy {
                url: self.route.url(&copier.name),
                name: copier.name,
                fingerprint: order.fingerprint.clone(),
                route: self.route.clone(),
                reader: Mutex::new(copier.reader),
            }) as Box<dyn DatabaseCopy>)
        })
    }

    fn clear(&mut self) -> BoxFuture<'_, Result<Vec<String>>> {
        Box::pin(async move {
            let order = Order { fingerprint: None, test: String::new() };
            let mut copier = Copier::open(&self.route, &order).await?;
            let cleared = clear(&mut copier).await;
            copier.reader.close().await;
            cleared
        })
    }
}

async fn clear(copier: &mut Copier<'_>) -> Result<Vec<String>> {
    let doing = "looking for databases of tests";
    run(&mut copier.reader, doing, &fill(section!(COPIES, "settings"), &[])).await?;
    let sets = match copier.reader.run(&fill(section!(COPIES, "all"), &[])).await {
        Err(failure) if failure.kind == FailureKind::Absent => return Ok(Vec::new()),
        sets => sets.map_err(|failure| failure.doing(doing))?,
    };
    let [copies, templates] = sets.as_slice() else { return Ok(Vec::new()) };
    let mut gone = Vec::new();
    let names = copies.iter().map(|row| (row.text("name").to_owned(), None));
    let templates = templates.iter().map(|row| row.text("fingerprint"));
    let templates = templates.map(|fingerprint| (template(fingerprint), Some(fingerprint)));
    for (name, fingerprint) in names.chain(templates) {
        let literal = MySql.literal(&name);
        let take = format!("SELECT GET_LOCK({literal}, 0) AS held");
        let taken = run(&mut copier.reader, doing, &take).await?;
        if taken.iter().flatten().next().is_none_or(|row| row.column("held") != Some("1")) {
            continue;
        }
        match fingerprint {
            Some(fingerprint) => copier.drop_template(fingerprint).await,
            None => drop(remove(&mut copier.reader, &name).await),
        }
        gone.push(name);
        run(&mut copier.reader, doing, &format!("DO RELEASE_LOCK({literal})")).await?;
    }
    let rest = run(&mut copier.reader, doing, &fill(section!(COPIES, "rest"), &[])).await?;
    if rest.iter().flatten().next().is_some_and(|row| row.column("rest") == Some("0")) {
        run(&mut copier.reader, doing, "DROP DATABASE IF EXISTS ambix_testkit").await?;
    }
    Ok(gone)
}

/// A database of a test. The session holds its lock.
struct Copy {
    route: Route,
    url: String,
    name: String,
    fingerprint: Option<String>,
    reader: Mutex<Reader>,
}

impl Copy {
    /// The session of this runtime.
    async fn reader(self, elsewhere: bool) -> Result<Reader> {
        let reader = self.reader.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !elsewhere {
            return Ok(reader);
        }
        // The old one's runtime is not there to talk to it.
        let mut new = Reader::open(&self.route).await?;
        drop(reader);
        let name = MySql.literal(&self.name);
        let lock =
            format!("{};\nSELECT GET_LOCK({name}, 10)", fill(section!(COPIES, "settings"), &[]));
        run(&mut new, "taking the lock of the test's database", &lock).await?;
        Ok(new)
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
        Box::pin(async move {
            let (name, fingerprint) = (self.name.clone(), self.fingerprint.clone());
            let mut reader = self.reader(elsewhere).await?;
            let shelved = match fingerprint {
                Some(fingerprint) => reuse::shelve(&mut reader, &name, &fingerprint).await,
                None => Ok(false),
            };
            let ended = match shelved {
                Ok(true) => Ok(()),
                Ok(false) => remove(&mut reader, &name).await,
                Err(failure) => {
                    tracing::debug!(error = %failure.error, name, "a database cannot be made ready again");
                    remove(&mut reader, &name).await
                }
            };
            end(reader).await;
            ended.map_err(|failure| failure.doing("dropping the test's database"))
        })
    }

    fn keep(self: Box<Self>, elsewhere: bool) -> BoxFuture<'static, Result<()>> {
        Box::pin(async move {
            let keep = fill(section!(COPIES, "keep"), &[("name", &MySql.literal(&self.name))]);
            let mut reader = if elsewhere {
                // Before the lock goes with the old session: what is kept needs none.
                Reader::open(&self.route).await?
            } else {
                self.reader(false).await?
            };
            let kept = settle(&mut reader, &keep).await;
            end(reader).await;
            kept.map(drop).map_err(|failure| failure.doing("keeping the test's database"))
        })
    }
}

impl std::fmt::Debug for Copy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Copy").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Gives up the lock of the copy and closes the session. The server would release the lock itself, but a moment after the client is
/// gone: the next test would see a database in use and make another one.
async fn end(mut reader: Reader) {
    let _ = reader.run("DO RELEASE_ALL_LOCKS()").await;
    reader.close().await;
}

async fn run(reader: &mut Reader, doing: &'static str, sql: &str) -> Result<Vec<Vec<Row>>> {
    reader.run(sql).await.map_err(|failure| failure.doing(doing))
}

/// Sends what may be sent twice: tries again where another process is in the way.
async fn settle(reader: &mut Reader, sql: &str) -> Result<Vec<Vec<Row>>, Failure> {
    let mut tries = 0;
    loop {
        match reader.run(sql).await {
            Err(failure) if failure.kind == FailureKind::Transient && tries < TRIES => {
                tries += 1;
                tokio::time::sleep(jitter(Duration::from_millis(10))).await;
            }
            other => return other,
        }
    }
}

/// Databases cannot be made: most of the time the user lacks the right.
fn refused(failure: Failure) -> Error {
    let doing = "making a database for a test";
    if ["1044", "1142", "1045", "1227"].iter().any(|number| is(&failure, number)) {
        let text = format!(
            "{}; every test gets a database of its own, so the user of the URL needs all rights on these: \
             GRANT ALL ON `ambix\\_%`.* TO ...",
            failure.error
        );
        return failure.reworded(text).doing(doing);
    }
    failure.doing(doing)
}
