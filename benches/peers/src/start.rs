//! A start with nothing to do, which is what nearly every start of a service is.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use sqlx::migrate::Migrator;

use crate::{
    corpus::Corpus,
    measure::{Bench, Result, Samples, Table, time},
    proxy::Proxy,
    server::{Client, Contender, Database, Server, expect, pool},
};

const CONTENDERS: [Contender; 3] = [Contender::Ambix, Contender::Sqlx, Contender::Refinery];

/// What is on the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The migrator alone: a fresh pool has one open connection, and the migrations are loaded.
    Connected,
    /// And connecting.
    Connecting,
    /// And loading what is compiled into the program (sqlx does all of that when it is compiled).
    Embedded,
    /// And reading a folder instead.
    Folder,
}

const PARTS: [Part; 4] = [Part::Connected, Part::Connecting, Part::Embedded, Part::Folder];

/// Everything loaded once, for the parts that do not measure loading.
struct Loaded {
    corpus: Corpus,
    dir: &'static include_dir::Dir<'static>,
    ambix: ambix::Migrator,
    sqlx: Migrator,
    refinery: refinery::Runner,
}

async fn databases(server: &Server, corpus: &Corpus) -> Result<[Database; 3]> {
    let databases = [server.database().await?, server.database().await?, server.database().await?];
    for (contender, database) in CONTENDERS.iter().zip(&databases) {
        contender.run(&database.url, corpus).await?;
        database.settle().await?;
    }
    Ok(databases)
}

pub(crate) async fn start(server: &Server, bench: &mut Bench) -> Result<()> {
    let count = bench.count.unwrap_or(1_000);
    let corpus = Corpus::new(count)?;
    let databases = databases(server, &corpus).await?;
    let loaded = Loaded {
        dir: corpus.embedded(),
        ambix: corpus.ambix()?,
        sqlx: corpus.sqlx()?,
        refinery: corpus.refinery()?,
        corpus,
    };

    let mut samples = vec![vec![Samples::default(); PARTS.len()]; CONTENDERS.len()];
    let rounds = bench.rounds.unwrap_or(41);
    for round in 0..rounds + 1 {
        for turn in 0..CONTENDERS.len() {
            let who = (turn + round) % CONTENDERS.len();
            for (at, part) in PARTS.iter().enumerate() {
                let elapsed = once(CONTENDERS[who], *part, &databases[who].url, &loaded).await?;
                // The first round warms the server's caches.
                if round > 0 {
                    samples[who][at].push(elapsed);
                }
            }
        }
    }
    let trips = round_trips(&databases, &loaded).await?;
    print(&samples, &trips, count, rounds, bench);
    far(&databases, &loaded, bench).await?;
    for database in databases {
        database.drop().await?;
    }
    Ok(())
}

fn print(samples: &[Vec<Samples>], trips: &[u64], count: usize, rounds: usize, bench: &mut Bench) {
    let mut table = Table::new([
        "",
        "migrator alone",
        "x sqlx",
        "+ connecting",
        "x sqlx",
        "+ embedded",
        "x sqlx",
        "or + folder",
        "x sqlx",
        "round trips",
    ]);
    for (who, contender) in CONTENDERS.iter().enumerate() {
        let cell = |at: usize| time(samples[who][at].median());
        let ratio =
            |at: usize| format!("{:.2}", samples[who][at].median() / samples[1][at].median());
        table.row([
            contender.name().to_owned(),
            cell(0),
            ratio(0),
            cell(1),
            ratio(1),
            cell(2),
            ratio(2),
            cell(3),
            ratio(3),
            trips[who].to_string(),
        ]);
    }
    table.print(&format!(
        "start with nothing to do, {count} applied, a fresh pool each (medians of {rounds}; \"migrator alone\": the pool has an open connection)"
    ));
    let ratio = |who: usize, at: usize| samples[0][at].median() / samples[who][at].median();
    bench.goal("no-op start, migrator alone: at most half of sqlx's time", ratio(1, 0), 0.5);
    bench.goal(
        "no-op start, with connecting and loading what is embedded: ahead of sqlx",
        ratio(1, 2),
        1.0,
    );
    bench.goal(
        "no-op start, with connecting and loading a folder: ahead of sqlx",
        ratio(1, 3),
        1.0,
    );
    bench.goal("no-op start, migrator alone: ahead of refinery", ratio(2, 0), 1.0);
}

async fn once(contender: Contender, part: Part, url: &str, loaded: &Loaded) -> Result<Duration> {
    if contender == Contender::Refinery {
        return refinery(part, url, loaded).await;
    }
    if part == Part::Connected {
        // Opens a connection and lends it to nobody yet.
        let pool = pool(url)?;
        drop(pool.acquire().await?);
        // A connection is pinged on its way back to the pool.
        while pool.num_idle() == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        return timed(pool, contender, None, loaded).await;
    }
    timed(pool(url)?, contender, Some(part), loaded).await
}

/// One start with a pool; the clock runs from here.
async fn timed(
    pool: sqlx::PgPool,
    contender: Contender,
    load: Option<Part>,
    loaded: &Loaded,
) -> Result<Duration> {
    let started = Instant::now();
    let elapsed = if contender == Contender::Sqlx {
        match load {
            Some(Part::Folder) => {
                Migrator::new(loaded.corpus.path("sqlx")).await?.run(&pool).await?
            }
            _ => loaded.sqlx.run(&pool).await?,
        }
        started.elapsed()
    } else {
        let report = match load {
            Some(Part::Folder) => {
                ambix::Migrator::from_path(loaded.corpus.path("sqlx"))?.run_pending(&pool).await?
            }
            Some(Part::Embedded) => ambix::Migrator::new(loaded.dir)?.run_pending(&pool).await?,
            _ => loaded.ambix.run_pending(&pool).await?,
        };
        let elapsed = started.elapsed();
        expect(report.is_noop(), "there was something to do")?;
        elapsed
    };
    pool.close().await;
    Ok(elapsed)
}

async fn refinery(part: Part, url: &str, loaded: &Loaded) -> Result<Duration> {
    let mut open = None;
    if part == Part::Connected {
        open = Some(Client::connect(url).await?);
    }
    let started = Instant::now();
    let mut client = match open {
        Some(client) => client,
        None => Client::connect(url).await?,
    };
    match part {
        Part::Connected | Part::Connecting => loaded.refinery.run_async(&mut client.client).await?,
        Part::Embedded => loaded.corpus.refinery()?.run_async(&mut client.client).await?,
        Part::Folder => {
            let list = refinery::load_sql_migrations(loaded.corpus.path("refinery"))?;
            refinery::Runner::new(&list).run_async(&mut client.client).await?
        }
    };
    let elapsed = started.elapsed();
    client.close().await?;
    Ok(elapsed)
}

/// How many round trips a start takes, from a pool that is not connected yet, connecting not counted.
async fn round_trips(databases: &[Database; 3], loaded: &Loaded) -> Result<Vec<u64>> {
    let mut trips = Vec::new();
    for (contender, database) in CONTENDERS.iter().zip(databases) {
        let proxy = Proxy::start_for(&database.url, Duration::ZERO).await?;
        trips.push(
            counted(&proxy, once(*contender, Part::Connecting, &proxy.url(&database.url), loaded))
                .await?,
        );
    }
    Ok(trips)
}

async fn counted(proxy: &Proxy, run: impl Future<Output = Result<Duration>>) -> Result<u64> {
    run.await?;
    Ok(proxy.round_trips())
}

/// The same with 5 ms in each direction.
async fn far(databases: &[Database; 3], loaded: &Loaded, bench: &mut Bench) -> Result<()> {
    let rounds = bench.rounds.unwrap_or(11).min(11);
    let mut samples = vec![vec![Samples::default(); 2]; CONTENDERS.len()];
    for round in 0..rounds {
        for turn in 0..CONTENDERS.len() {
            let who = (turn + round) % CONTENDERS.len();
            let proxy = Proxy::start_for(&databases[who].url, Duration::from_millis(5)).await?;
            let url = proxy.url(&databases[who].url);
            for (at, part) in [Part::Connected, Part::Connecting].into_iter().enumerate() {
                samples[who][at].push(once(CONTENDERS[who], part, &url, loaded).await?);
            }
        }
    }
    let mut table = Table::new(["", "migrator alone", "x sqlx", "+ connecting", "x sqlx"]);
    for (who, contender) in CONTENDERS.iter().enumerate() {
        let ratio =
            |at: usize| format!("{:.2}", samples[who][at].median() / samples[1][at].median());
        let cell = |at: usize| time(samples[who][at].median());
        table.row([contender.name().to_owned(), cell(0), ratio(0), cell(1), ratio(1)]);
    }
    table.print(&format!("the same, 5 ms away in each direction (medians of {rounds})"));
    let ratio = |who: usize| samples[0][0].median() / samples[who][0].median();
    bench.goal("no-op start 5 ms away, migrator alone: at most half of sqlx's time", ratio(1), 0.5);
    bench.goal("no-op start 5 ms away, migrator alone: ahead of refinery", ratio(2), 1.0);
    Ok(())
}
