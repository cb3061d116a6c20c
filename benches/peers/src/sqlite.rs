//! The same on SQLite, in a file, beside sqlx.

use std::{
    path::Path,
    str::FromStr,
    time::{Duration, Instant},
};

use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteSynchronous},
};

use crate::{
    corpus::{Corpus, remove},
    measure::{Bench, Result, Samples, Table, ratios, time},
    server::expect,
};

const NAMES: [&str; 3] = ["ambix", "ambix, transaction all", "sqlx"];

fn options(file: &Path) -> Result<SqliteConnectOptions> {
    // Off, since the disk's own time would be most of what is measured and varies most.
    Ok(SqliteConnectOptions::from_str("sqlite:")?
        .filename(file)
        .create_if_missing(true)
        .synchronous(SqliteSynchronous::Off))
}

async fn run(who: usize, file: &Path, corpus: &Corpus, steps: usize) -> Result<Duration> {
    let pool = SqlitePool::connect_with(options(file)?).await?;
    let elapsed = if who == 2 {
        let migrator = corpus.sqlx()?;
        let started = Instant::now();
        migrator.run(&pool).await?;
        started.elapsed()
    } else {
        let mode = if who == 1 {
            ambix::options::TransactionMode::All
        } else {
            ambix::options::TransactionMode::PerMigration
        };
        let migrator = corpus.ambix()?.transaction(mode);
        let started = Instant::now();
        let report = migrator.run_pending(&pool).await?;
        let elapsed = started.elapsed();
        expect(report.steps.len() == steps, "ambix did not run all migrations")?;
        elapsed
    };
    pool.close().await;
    Ok(elapsed)
}

pub(crate) async fn sqlite(bench: &mut Bench) -> Result<()> {
    let count = bench.count.unwrap_or(1_000);
    let rounds = bench.rounds.unwrap_or(7);
    let corpus = Corpus::new(count)?;
    let folder = std::env::temp_dir().join(format!("ambix-bench-sqlite-{}", std::process::id()));
    let mut pending = vec![Samples::default(); NAMES.len()];
    let mut start = pending.clone();
    let result = async {
        for round in 0..rounds {
            std::fs::create_dir_all(&folder)?;
            for turn in 0..NAMES.len() {
                let who = (turn + round) % NAMES.len();
                let file = folder.join(format!("{who}.db"));
                pending[who].push(run(who, &file, &corpus, count).await?);
                for _ in 0..3 {
                    start[who].push(run(who, &file, &corpus, 0).await?);
                }
            }
            remove(&folder);
        }
        Ok(())
    };
    let result: Result<()> = result.await;
    remove(&folder);
    result?;
    let mut table =
        Table::new(["", "pending", "range", "x sqlx", "in a round", "nothing to do", "x sqlx"]);
    let ratio = |samples: &[Samples], who: usize| samples[who].median() / samples[2].median();
    for (who, name) in NAMES.iter().enumerate() {
        table.row([
            (*name).to_owned(),
            time(pending[who].median()),
            pending[who].range(),
            format!("{:.2}", ratio(&pending, who)),
            ratios(&pending[who], &pending[2]),
            time(start[who].median()),
            format!("{:.2}", ratio(&start, who)),
        ]);
    }
    table.print(&format!("SQLite, a file, synchronous off: {count} pending, and {count} applied (medians of {rounds}; connected)"));
    bench.goal("SQLite: pending, ahead of sqlx", ratio(&pending, 0), 1.0);
    bench.goal("SQLite: pending in one transaction, ahead of sqlx", ratio(&pending, 1), 1.0);
    bench.goal("SQLite: no-op start, at most half of sqlx's time", ratio(&start, 0), 0.5);
    Ok(())
}
