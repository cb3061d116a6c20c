//! Crashes in the middle of what no transaction holds: the connection is killed, or the program's future is dropped.

use std::time::Duration;

use ambix::{Error, Migrator, repair::Repair};
use sqlx::{Connection as _, Executor as _};

use crate::{
    setup::{Connection, Fresh, fresh},
    support::{migrator, revisions},
};

const INDEX: &str = "-- ambix: transaction none\nINSERT INTO t VALUES (1);\nCREATE INDEX CONCURRENTLY ix ON t (id);\nINSERT INTO t VALUES (2);";

fn with(up: &str) -> Migrator {
    migrator(&[("r1", "CREATE TABLE t (id integer)", ""), ("r2", up, "")])
}

/// A database where r1 is applied, and another session that a CREATE INDEX CONCURRENTLY on t has to wait for.
async fn held() -> (Fresh, Connection) {
    let db = fresh().await;
    with("").upgrade(&db.pool, "r1").await.unwrap();
    let mut other = Connection::connect(&db.url).await.unwrap();
    other.execute("BEGIN").await.unwrap();
    other.execute("LOCK TABLE t IN ROW EXCLUSIVE MODE").await.unwrap();
    (db, other)
}

/// Waits until a session of this database runs what begins so, and gives its pid.
async fn running(db: &Fresh, begin: &str) -> String {
    let question = format!(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
         AND state = 'active' AND query LIKE '{begin}%'"
    );
    for _ in 0..600 {
        let pids = db.column(&question).await;
        if let Some(pid) = pids.first() {
            return pid.clone();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nothing runs {begin}");
}

async fn gone(db: &Fresh, pid: &str) {
    for _ in 0..600 {
        if db
            .column(&format!("SELECT pid FROM pg_stat_activity WHERE pid = {pid}"))
            .await
            .is_empty()
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{pid} does not end");
}

/// The migrator's connection is killed while it runs r2, and there is no way for it to connect again.
async fn killed(db: &Fresh, migrator: &Migrator, begin: &str) -> Error {
    let (url, migrator) = (db.url.clone(), migrator.clone());
    let run = tokio::spawn(async move {
        let mut connection = Connection::connect(&url).await.unwrap();
        migrator
            .timeouts(ambix::options::Timeouts::default().lock(None))
            .run_pending(&mut connection)
            .await
            .unwrap_err()
    });
    let pid = running(db, begin).await;
    db.execute(&format!("SELECT pg_terminate_backend({pid})")).await;
    gone(db, &pid).await;
    run.await.unwrap()
}

async fn valid(db: &Fresh) -> Vec<String> {
    db.column("SELECT indisvalid::text FROM pg_index WHERE indrelid = 't'::regclass").await
}

/// BUG-021.
#[tokio::test]
async fn an_index_that_was_cut_off_is_dropped_and_built_again() {
    let (db, mut other) = held().await;
    let error = killed(&db, &with(INDEX), "CREATE INDEX").await;
    assert!(matches!(error, Error::Database { .. }), "{error}");
    assert_eq!(valid(&db).await, ["false"], "what the crash has left");
    assert_eq!(db.column("SELECT statements_done || ' ' || (doubt_hash <> '') FROM ambix_history WHERE revision = 'r2'").await, ["1 true"]);
    other.execute("ROLLBACK").await.unwrap();
    assert_eq!(revisions(&with(INDEX).run_pending(&db.pool).await.unwrap()), ["r2"]);
    assert_eq!(valid(&db).await, ["true"]);
    assert_eq!(db.column("SELECT id FROM t ORDER BY 1").await, ["1", "2"]);
}

/// The same with a pool: the run connects again by itself, and ends as if nothing had been.
#[tokio::test]
async fn a_killed_connection_is_replaced() {
    let (db, mut other) = held().await;
    let (pool, migrator) =
        (db.pool.clone(), with(INDEX).timeouts(ambix::options::Timeouts::default().lock(None)));
    let run = tokio::spawn(async move { migrator.run_pending(&pool).await });
    let pid = running(&db, "CREATE INDEX").await;
    db.execute(&format!("SELECT pg_terminate_backend({pid})")).await;
    gone(&db, &pid).await;
    other.execute("ROLLBACK").await.unwrap();
    assert_eq!(revisions(&run.await.unwrap().unwrap()), ["r2"]);
    assert_eq!(valid(&db).await, ["true"]);
    assert_eq!(db.column("SELECT id FROM t ORDER BY 1").await, ["1", "2"]);
    assert_eq!(db.leaks().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_was_done_without_an_answer_is_not_done_again_and_what_was_not_is() {
    let (db, mut other) = held().await;
    killed(&db, &with(INDEX), "CREATE INDEX").await;
    other.execute("ROLLBACK").await.unwrap();
    // Done: the index is there, and valid.
    db.execute("DROP INDEX ix").await;
    db.execute("CREATE INDEX ix ON t (id)").await;
    let before = db.column("SELECT 'ix'::regclass::oid").await;
    with(INDEX).run_pending(&db.pool).await.unwrap();
    assert_eq!(db.column("SELECT 'ix'::regclass::oid").await, before, "it is the same index");

    let (db, mut other) = held().await;
    killed(&db, &with(INDEX), "CREATE INDEX").await;
    other.execute("ROLLBACK").await.unwrap();
    // Absent.
    db.execute("DROP INDEX ix").await;
    with(INDEX).run_pending(&db.pool).await.unwrap();
    assert_eq!(valid(&db).await, ["true"]);
    assert_eq!(db.column("SELECT id FROM t ORDER BY 1").await, ["1", "2"]);
}

#[tokio::test]
async fn a_statement_of_which_nothing_can_be_told_is_refused_with_the_ways_on() {
    let slow = "-- ambix: transaction none\nINSERT INTO t VALUES (1);\n\n  DO $$ BEGIN PERFORM pg_sleep(60); END $$;\nINSERT INTO t VALUES (2);";
    let fast = with(&slow.replace("pg_sleep(60)", "pg_sleep(0)"));
    let slow = with(slow);
    for repair in [
        Repair::Resume("r2".into()),
        Repair::MarkApplied("r2".into()),
        Repair::MarkPending("r2".into()),
    ] {
        let db = fresh().await;
        slow.upgrade(&db.pool, "r1").await.unwrap();
        killed(&db, &slow, "DO $$").await;
        for _ in 0..2 {
            let error = slow.run_pending(&db.pool).await.unwrap_err();
            let Error::Unfinished(unfinished) = &error else { panic!("{error}") };
            let (statement, place) = unfinished.statement.as_ref().unwrap();
            assert!(
                statement.starts_with("DO $$") && (place.line, place.column) == (4, 3),
                "{error}"
            );
            let text = format!("{error:#}");
            for part in [
                "<r2 up>:4:3",
                "the catalog does not show whether it was done",
                "Repair::Resume",
                "Repair::MarkApplied",
                "Repair::MarkPending",
            ] {
                assert!(text.contains(part), "{part}: {text}");
            }
        }
        // The file may not say something else of the statement in doubt.
        let error = fast.run_pending(&db.pool).await.unwrap_err();
        assert!(format!("{error:#}").contains("another statement in its place"), "{error}");
        let change = slow.repair(&db.pool, [repair.clone()]).await.unwrap();
        assert_eq!(change.changes.len(), 1);
        let expected: (&[&str], &[&str]) = match repair {
            Repair::Resume(_) => (&["r2"], &["1", "2"]),
            Repair::MarkApplied(_) => (&[], &["1"]),
            _ => (&["r2"], &["1", "1", "2"]),
        };
        // Its statement may be another one now, since nothing is in doubt any more.
        let after = if matches!(repair, Repair::MarkApplied(_)) { &slow } else { &fast };
        assert_eq!(
            revisions(&after.run_pending(&db.pool).await.unwrap()),
            expected.0,
            "{repair:?}"
        );
        assert_eq!(db.column("SELECT id FROM t ORDER BY 1").await, expected.1, "{repair:?}");
        assert!(after.verify(&db.pool).await.unwrap().is_ok());
    }
}

#[tokio::test]
async fn a_unique_index_on_duplicates_leaves_no_invalid_index() {
    let db = fresh().await;
    let up = "-- ambix: transaction none\nINSERT INTO t VALUES (1), (1);\nCREATE UNIQUE INDEX CONCURRENTLY ix ON t (id);\n";
    let error = with(up).run_pending(&db.pool).await.unwrap_err();
    assert!(
        matches!(&error, Error::Failed(f) if f.place.line == 3 && f.code.as_deref() == Some("23505")),
        "{error}"
    );
    assert!(format!("{error:#}").contains("first 1 of 2"), "{error}");
    assert_eq!(valid(&db).await, Vec::<String>::new());
    db.execute("DELETE FROM t; INSERT INTO t VALUES (2)").await;
    assert_eq!(revisions(&with(up).run_pending(&db.pool).await.unwrap()), ["r2"]);
    assert_eq!(valid(&db).await, ["true"]);
}

/// `IF NOT EXISTS` takes an invalid index for done; so does a name that another table's index has.
#[tokio::test]
async fn if_not_exists_does_not_hide_an_invalid_index() {
    let up = "-- ambix: transaction none\nCREATE INDEX CONCURRENTLY IF NOT EXISTS ix ON t (id);\n";
    let db = fresh().await;
    with(up).upgrade(&db.pool, "r1").await.unwrap();
    db.execute("INSERT INTO t VALUES (1), (1)").await;
    let made =
        sqlx::raw_sql("CREATE UNIQUE INDEX CONCURRENTLY ix ON t (id)").execute(&db.pool).await;
    assert!(made.is_err() && valid(&db).await == ["false"]);
    let error = with(up).run_pending(&db.pool).await.unwrap_err();
    assert!(format!("{error:#}").contains("an index that is not valid"), "{error}");
    assert_eq!(valid(&db).await, ["false"], "it is not ours to drop");
    assert!(with(up).current(&db.pool).await.unwrap().revisions == ["r1"]);

    db.execute("DROP INDEX ix; CREATE TABLE u (id integer); CREATE INDEX ix ON u (id)").await;
    let error = with(up).run_pending(&db.pool).await.unwrap_err();
    assert!(format!("{error:#}").contains("met another object"), "{error}");
    db.execute("DROP TABLE u").await;
    with(up).run_pending(&db.pool).await.unwrap();
}

#[tokio::test]
async fn calls_vacuum_and_plain_statements_go_together() {
    let db = fresh().await;
    let migrator = migrator(&[
        (
            "r1",
            "CREATE TABLE t (id integer); CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (1); COMMIT; INSERT INTO t VALUES (2); END $$",
            "",
        ),
        (
            "r2",
            "-- ambix: transaction none\nCALL p();\nVACUUM t;\nUPDATE t SET id = id + 10;\nCREATE INDEX CONCURRENTLY ON t (id);\n\
             REINDEX INDEX CONCURRENTLY t_id_idx;\nDO $$ BEGIN DELETE FROM t WHERE id = 11; COMMIT; END $$;\nDROP INDEX CONCURRENTLY t_id_idx;\n",
            "",
        ),
    ]);
    assert_eq!(migrator.run_pending(&db.pool).await.unwrap().steps[1].statements, 7);
    assert_eq!(db.column("SELECT id FROM t").await, ["12"]);
    assert_eq!(valid(&db).await, Vec::<String>::new());
}

/// A dropped future is a crash of the program: the server ends the statement by itself, since nobody listens any more.
#[tokio::test]
async fn a_dropped_future_leaves_a_state_that_the_next_run_understands() {
    let (db, mut other) = held().await;
    let (pool, migrator) =
        (db.pool.clone(), with(INDEX).timeouts(ambix::options::Timeouts::default().lock(None)));
    let run = tokio::spawn(async move { migrator.run_pending(&pool).await });
    let pid = running(&db, "CREATE INDEX").await;
    run.abort();
    assert!(run.await.unwrap_err().is_cancelled());
    gone(&db, &pid).await;
    other.execute("ROLLBACK").await.unwrap();
    assert_eq!(revisions(&with(INDEX).run_pending(&db.pool).await.unwrap()), ["r2"]);
    assert_eq!(valid(&db).await, ["true"]);
    assert_eq!(db.column("SELECT id FROM t ORDER BY 1").await, ["1", "2"]);
}
