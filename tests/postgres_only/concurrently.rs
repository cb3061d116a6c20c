//! CREATE INDEX CONCURRENTLY waits for all transactions that are older than it: also for those of waiting runners.

use std::time::Duration;

use sqlx::Connection as _;

use crate::{
    setup::{Connection, fresh},
    support::{migrator, revisions},
};

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn an_index_is_made_while_others_wait_for_the_lock() {
    let db = fresh().await;
    let migrator = migrator(&[
        ("r1", "CREATE TABLE t1 (id integer)", ""),
        ("r2", "-- ambix: transaction none\nCREATE INDEX CONCURRENTLY t1_id ON t1 (id)", ""),
        ("r3", "CREATE TABLE t3 (id integer)", ""),
    ]);
    migrator.upgrade(&db.pool, "r1").await.unwrap();
    // An older transaction holds the index up until there are waiters.
    let mut older = Connection::connect(&db.url).await.unwrap();
    sqlx::raw_sql("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM t1")
        .execute(&mut older)
        .await
        .unwrap();
    let start = || {
        let (migrator, url) = (migrator.clone(), db.url.clone());
        tokio::spawn(async move { migrator.run_pending(&url).await })
    };
    let runners: Vec<_> = (0..6).map(|_| start()).collect();
    let building = "SELECT count(*)::text FROM pg_stat_progress_create_index WHERE datname = current_database()";
    while db.column(building).await != ["1"] {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(runners.iter().all(|runner| !runner.is_finished()));
    sqlx::raw_sql("ROLLBACK").execute(&mut older).await.unwrap();
    let mut steps = Vec::new();
    for runner in runners {
        let report =
            tokio::time::timeout(LONG, runner).await.expect("no deadlock").unwrap().unwrap();
        steps.extend(revisions(&report).into_iter().map(str::to_owned));
    }
    assert_eq!(steps, ["r2", "r3"]);
    assert_eq!(
        db.column("SELECT indisvalid::text FROM pg_index WHERE indexrelid = 't1_id'::regclass")
            .await,
        ["true"]
    );
    assert_eq!(db.leaks().await, Vec::<String>::new());
}
