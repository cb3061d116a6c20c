//! The PostgreSQL server, fresh databases on it, and everybody who migrates one.

use std::{
    process::Stdio,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use ambix::options::TransactionMode;
use sqlx::{Connection, PgConnection, PgPool, postgres::PgPoolOptions};

use crate::{
    corpus::Corpus,
    measure::{Error, Result},
};

/// The server of AMBIX_TEST_POSTGRES_URL.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    url: String,
}

impl Server {
    pub(crate) fn from_environment() -> Result<Self> {
        let url = std::env::var("AMBIX_TEST_POSTGRES_URL").map_err(|_| {
            "AMBIX_TEST_POSTGRES_URL is not set; run `./test -- cargo run --release -p ambix-benches`, which starts a server"
        })?;
        Ok(Self { url })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) async fn describe(&self) -> Result<String> {
        let mut connection = PgConnection::connect(&self.url).await?;
        let sql = "SELECT format('PostgreSQL %s, fsync %s, %s standbys', current_setting('server_version'), \
                   current_setting('fsync'), (SELECT count(*) FROM pg_stat_replication))";
        let described = sqlx::query_scalar(sql).fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok(described)
    }

    pub(crate) async fn run(&self, sql: String) -> Result<()> {
        let mut connection = PgConnection::connect(&self.url).await?;
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await?;
        connection.close().await?;
        Ok(())
    }

    /// A new and empty database.
    pub(crate) async fn database(&self) -> Result<Database> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name =
            format!("ambix_bench_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        self.run(format!("CREATE DATABASE {name}")).await?;
        let (start, query) = self
            .url
            .split_once('?')
            .map_or((self.url.as_str(), ""), |(start, query)| (start, query));
        let path =
            start.find("://").and_then(|at| start[at + 3..].find('/').map(|slash| at + 3 + slash));
        let mut url = format!("{}/{name}", &start[..path.unwrap_or(start.len())]);
        if !query.is_empty() {
            url = format!("{url}?{query}");
        }
        Ok(Database { server: self.clone(), name, url })
    }
}

/// A database of one measurement.
#[derive(Debug)]
pub(crate) struct Database {
    server: Server,
    name: String,
    pub(crate) url: String,
}

impl Database {
    pub(crate) async fn drop(self) -> Result<()> {
        self.server.run(format!("DROP DATABASE {} WITH (FORCE)", self.name)).await
    }

    /// As autovacuum would leave it: no measurement should pay for the rest of an earlier one.
    pub(crate) async fn settle(&self) -> Result<()> {
        let here = Server { url: self.url.clone() };
        here.run("VACUUM ANALYZE".to_owned()).await?;
        here.run("CHECKPOINT".to_owned()).await
    }
}

/// Who migrates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Contender {
    Ambix,
    AmbixAll,
    Sqlx,
    Refinery,
    RefineryGrouped,
    Psql,
}

impl Contender {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ambix => "ambix",
            Self::AmbixAll => "ambix, transaction all",
            Self::Sqlx => "sqlx",
            Self::Refinery => "refinery",
            Self::RefineryGrouped => "refinery, grouped",
            Self::Psql => "psql -1 -f",
        }
    }

    /// Runs all migrations, from the URL to the end; loading them is not measured.
    pub(crate) async fn run(self, url: &str, corpus: &Corpus) -> Result<Duration> {
        match self {
            Self::Ambix | Self::AmbixAll => {
                let mode = if self == Self::AmbixAll {
                    TransactionMode::All
                } else {
                    TransactionMode::PerMigration
                };
                let migrator = corpus.ambix()?.transaction(mode);
                let started = Instant::now();
                let pool = pool(url)?;
                let report = migrator.run_pending(&pool).await?;
                let elapsed = started.elapsed();
                pool.close().await;
                expect(report.steps.len() == corpus.count, "ambix did not run all migrations")?;
                Ok(elapsed)
            }
            Self::Sqlx => {
                let migrator = corpus.sqlx()?;
                let started = Instant::now();
                let pool = pool(url)?;
                migrator.run(&pool).await?;
                let elapsed = started.elapsed();
                pool.close().await;
                Ok(elapsed)
            }
            Self::Refinery | Self::RefineryGrouped => {
                let runner = corpus.refinery()?.set_grouped(self == Self::RefineryGrouped);
                let started = Instant::now();
                let mut client = Client::connect(url).await?;
                runner.run_async(&mut client.client).await?;
                let elapsed = started.elapsed();
                client.close().await?;
                Ok(elapsed)
            }
            Self::Psql => {
                let started = Instant::now();
                let status = tokio::process::Command::new("psql")
                    .args(["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-f"])
                    .arg(corpus.path("all.sql"))
                    .arg(url)
                    .stdin(Stdio::null())
                    .status()
                    .await?;
                let elapsed = started.elapsed();
                expect(status.success(), "psql failed")?;
                Ok(elapsed)
            }
        }
    }
}

/// The pool of a service, which connects when it is used.
pub(crate) fn pool(url: &str) -> Result<PgPool> {
    Ok(PgPoolOptions::new().max_connections(4).connect_lazy(url)?)
}

/// A connection of tokio-postgres, with the task that drives it.
pub(crate) struct Client {
    pub(crate) client: tokio_postgres::Client,
    driver: tokio::task::JoinHandle<Result<(), tokio_postgres::Error>>,
}

impl Client {
    pub(crate) async fn connect(url: &str) -> Result<Self> {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
        Ok(Self { client, driver: tokio::spawn(connection) })
    }

    pub(crate) async fn close(self) -> Result<()> {
        drop(self.client);
        Ok(self.driver.await??)
    }
}

pub(crate) fn expect(holds: bool, message: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::from(message)) }
}
