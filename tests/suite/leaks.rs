//! Whatever happens to a run: nothing of it is left on the server, the app's connections are as they were, and the next
//! run works at once.
#![allow(clippy::unwrap_used)] // What a test cannot do ends it.

use std::time::Duration;

use ambix::{
    Error, Migration, Migrations, Migrator,
    options::{Lock, Timeouts},
};
use sqlx::Connection as _;

use crate::{
    setup::{
        APP_SETTINGS, BEYOND_REPAIR, Connection, DISTURBING, Fresh, Pool, SLOW, fresh,
        pools_of_one, settings,
    },
    support::{migrator, revisions, three},
};

/// Longer than anything takes here.
const LONG: Duration = Duration::from_secs(60);

/// Steps that are not idempotent, with pauses between them in which a run can be cut off.
fn counting() -> Migrator {
    let list = [
        ("r1", "CREATE TABLE counter (step integer)"),
        ("r2", "INSERT INTO counter VALUES (2)"),
        ("r3", "INSERT INTO counter VALUES (3);\n-- ambix: run pause"),
        ("r4", "CREATE TABLE t4 (id integer);\nINSERT INTO counter VALUES (4)"),
        (
            "r5",
            "-- ambix: transaction none\nCREATE TABLE t5 (id integer);\nINSERT INTO counter VALUES (5);\n-- ambix: run pause",
        ),
        ("r6", "-- ambix: run pause\nINSERT INTO counter VALUES (6)"),
    ];
    let list = list.map(|(revision, up)| Migration::new(revision, "").up(up));
    let migrator = Migrator::from_migrations(Migrations::new(list).unwrap()).unwrap();
    migrator.register("pause", |_: &mut Connection| {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(15)).await;
            Ok(())
        })
    })
}

async fn settings_of(pool: &Pool) -> Vec<String> {
    let mut connection = tokio::time::timeout(LONG, pool.acquire())
        .await
        .expect("the pool has a connection")
        .unwrap();
    settings(&mut connection).await
}

/// A server needs a moment to see that a connection is gone, and another one shows transactions of a moment ago.
pub(super) async fn until_nothing_is_left(db: &Fresh) {
    let until = std::time::Instant::now() + LONG;
    loop {
        let leaks = db.leaks().await;
        if leaks.is_empty() {
            return;
        }
        assert!(until > std::time::Instant::now(), "left behind: {leaks:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn an_open_transaction_would_be_seen() {
    let db = fresh().await;
    db.execute("CREATE TABLE t1 (id integer)").await;
    let mut other = Connection::connect(&db.url).await.unwrap();
    let mut transaction = other.begin().await.unwrap();
    sqlx::raw_sql("INSERT INTO t1 VALUES (1)").execute(&mut *transaction).await.unwrap();
    assert_eq!(db.leaks().await.len(), 1);
    transaction.rollback().await.unwrap();
    assert_eq!(db.leaks().await, [""; 0]);
}

/// The pool's connection is as it was and in no transaction, and a run on it ends well.
async fn works_at_once(db: &Fresh, pool: &Pool, before: &[String], next: &Migrator) {
    until_nothing_is_left(db).await;
    assert_same(before, &settings_of(pool).await, "the pool's connection");
    let transaction = tokio::time::timeout(LONG, pool.begin()).await.unwrap().unwrap();
    transaction.rollback().await.unwrap();
    let next = next.clone().lock(Lock::session().wait(Duration::ZERO));
    tokio::time::timeout(LONG, next.run_pending(pool)).await.unwrap().unwrap();
    assert!(next.run_pending(pool).await.unwrap().is_noop());
    until_nothing_is_left(db).await;
    assert_same(before, &settings_of(pool).await, "the pool's connection");
}

#[tokio::test]
async fn nothing_is_left_after_an_error() {
    let broken = [
        "INSERT INTO nowhere VALUES (1)",
        "INSERT INTO t1 VALUES (1);\n-- ambix: run fail",
        "CREATE TABLE t2 (id integer);\n-- ambix: run fail",
        "-- ambix: transaction none\nINSERT INTO t1 VALUES (1);\nINSERT INTO nowhere VALUES (1)",
        "-- ambix: transaction none\nCREATE TABLE t2 (id integer);\n-- ambix: run fail",
        "-- ambix: foreign-keys off\nINSERT INTO t1 VALUES (1);\n-- ambix: run fail",
    ];
    for sql in broken {
        let db = fresh().await;
        for pool in pools_of_one(&db).await {
            let before = settings_of(&pool).await;
            let failing = migrator(&[("r1", "CREATE TABLE t1 (id integer)", ""), ("r2", sql, "")])
                .register("fail", |connection: &mut Connection| {
                    Box::pin(async move {
                        // A transaction that nobody ends must not stay open.
                        let mut inner = connection.begin().await?;
                        sqlx::raw_sql("INSERT INTO t1 VALUES (2)").execute(&mut *inner).await?;
                        Err("no".into())
                    })
                });
            let error = failing.run_pending(&pool).await.unwrap_err();
            assert!(matches!(&error, Error::Failed(f) if f.revision == "r2"), "{sql}: {error}");
            // What ran of it stays where there are no transactions for it, so the next run has another text for the rest.
            let mended = sql.replace("nowhere", "t1");
            let mended =
                migrator(&[("r1", "CREATE TABLE t1 (id integer)", ""), ("r2", &mended, "")])
                    .register("fail", |_: &mut Connection| Box::pin(async { Ok(()) }));
            works_at_once(&db, &pool, &before, &mended).await;
        }
    }
}

#[tokio::test]
async fn nothing_is_left_after_a_panic_in_a_rust_step() {
    for sql in [
        "INSERT INTO t1 VALUES (1);\n-- ambix: run panic",
        "-- ambix: foreign-keys off\nINSERT INTO t1 VALUES (1);\n-- ambix: run panic",
        "-- ambix: transaction none\nINSERT INTO t1 VALUES (1);\n-- ambix: run panic",
    ] {
        let db = fresh().await;
        for pool in pools_of_one(&db).await {
            let before = settings_of(&pool).await;
            let base = migrator(&[("r1", "CREATE TABLE t1 (id integer)", ""), ("r2", sql, "")]);
            let panicking = base
                .clone()
                .register("panic", |_: &mut Connection| Box::pin(async { panic!("on purpose") }));
            let of = pool.clone();
            let ended =
                tokio::spawn(async move { panicking.run_pending(&of).await.map(|_| ()) }).await;
            assert!(ended.is_err_and(|error| error.is_panic()), "{sql}");
            let mended = base.register("panic", |_: &mut Connection| Box::pin(async { Ok(()) }));
            works_at_once(&db, &pool, &before, &mended).await;
        }
    }
}

#[tokio::test]
async fn a_run_can_be_dropped_at_any_moment() {
    // Denser at the begin, where connecting, locking and reading are.
    let moments = (0..10).map(|n| n * 2).chain((2..14).map(|n| n * 10)).map(Duration::from_millis);
    let mut cut = 0;
    for moment in moments {
        let db = fresh().await;
        for pool in pools_of_one(&db).await {
            let before = settings_of(&pool).await;
            let migrator = counting();
            let ended = tokio::time::timeout(moment, migrator.run_pending(&pool)).await;
            cut += usize::from(ended.is_err());
            works_at_once(&db, &pool, &before, &migrator).await;
            let mut connection = pool.acquire().await.unwrap();
            let steps: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM counter")
                .fetch_one(&mut *connection)
                .await
                .unwrap();
            let distinct = sqlx::query_scalar("SELECT COUNT(DISTINCT step) FROM counter");
            let distinct: i64 = distinct.fetch_one(&mut *connection).await.unwrap();
            assert_eq!((steps, distinct), (5, 5), "cut off after {moment:?}");
        }
    }
    assert!(cut > 5, "only {cut} runs were cut off");
}

#[tokio::test]
async fn a_run_can_be_dropped_during_a_slow_statement() {
    // SQLite goes on with it to its end.
    let slow = SLOW.replace("3000000", "1000000");
    for sql in [
        slow.clone(),
        format!("INSERT INTO t1 VALUES (1);\n{slow}"),
        format!("-- ambix: transaction none\n{slow}"),
    ] {
        let db = fresh().await;
        for pool in pools_of_one(&db).await {
            let before = settings_of(&pool).await;
            let all = migrator(&[("r1", "CREATE TABLE t1 (id integer)", ""), ("r2", &sql, "")]);
            all.upgrade(&pool, "r1").await.unwrap();
            let ended =
                tokio::time::timeout(Duration::from_millis(200), all.run_pending(&pool)).await;
            assert!(ended.is_err(), "{slow} was not slow enough");
            // A server that cannot be told ends the message, which is one transaction; another one has rolled it back.
            works_at_once(&db, &pool, &before, &all).await;
            let rows: i64 =
                sqlx::query_scalar("SELECT COUNT(*) FROM t1").fetch_one(&pool).await.unwrap();
            assert_eq!(rows, i64::from(sql.contains("INSERT")), "{sql}");
        }
    }
}

/// A connection on which the app has set this and that.
async fn of_the_app(db: &Fresh) -> Connection {
    let mut connection = Connection::connect(&db.url).await.unwrap();
    sqlx::raw_sql(APP_SETTINGS).execute(&mut connection).await.unwrap();
    connection
}

#[tokio::test]
async fn a_callers_connection_is_given_back_as_it_was() {
    let db = fresh().await;
    let mut connection = of_the_app(&db).await;
    let before = settings(&mut connection).await;
    let migrator = three().timeouts(Timeouts::default().statement(LONG).lock(LONG));
    assert_eq!(revisions(&migrator.upgrade(&mut connection, "+1").await.unwrap()), ["r1"]);
    assert_same(&before, &settings(&mut connection).await, "the caller's connection");
    assert_eq!(revisions(&migrator.run_pending(&mut connection).await.unwrap()), ["r2", "r3"]);
    assert_same(&before, &settings(&mut connection).await, "the caller's connection");
    assert!(migrator.run_pending(&mut connection).await.unwrap().is_noop());
    migrator.status(&mut connection).await.unwrap();
    migrator.repair(&mut connection, []).await.unwrap();
    migrator.downgrade(&mut connection, "-1").await.unwrap();
    migrator.stamp(&mut connection, "heads").await.unwrap();
    assert_same(&before, &settings(&mut connection).await, "the caller's connection");
    until_nothing_is_left(&db).await;
}

#[tokio::test]
async fn a_callers_connection_is_given_back_as_it_was_after_disturbing_migrations() {
    for sql in DISTURBING.iter().filter(|sql| !BEYOND_REPAIR.contains(sql)) {
        let db = fresh().await;
        let mut connection = of_the_app(&db).await;
        let before = settings(&mut connection).await;
        let migrator = migrator(&[("r1", sql, ""), ("r2", "CREATE TABLE t2 (id integer)", "")])
            .register("nothing", |_: &mut Connection| Box::pin(async { Ok(()) }));
        migrator.run_pending(&mut connection).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
        assert_same(&before, &settings(&mut connection).await, sql);
        until_nothing_is_left(&db).await;
    }
}

/// The settings, of which only the differences are of interest.
fn assert_same(before: &[String], after: &[String], what: &str) {
    let gone = before.iter().filter(|line| !after.contains(line)).map(|line| format!("- {line}"));
    let new = after.iter().filter(|line| !before.contains(line)).map(|line| format!("+ {line}"));
    let differences: Vec<String> = gone.chain(new).collect();
    assert!(differences.is_empty(), "{what}: {differences:#?}");
}

#[tokio::test]
async fn a_callers_connection_is_given_back_as_it_was_after_errors() {
    let failing = |sql: &str| {
        migrator(&[("r1", "CREATE TABLE t1 (id integer)", ""), ("r2", sql, "")])
            .register("fail", |_: &mut Connection| Box::pin(async { Err("no".into()) }))
    };
    let ours = "SELECT 1 AS layout";
    let foreign = format!(
        "CREATE TABLE ambix_history (id integer); CREATE VIEW ambix_history_lock AS {ours}"
    );
    // What is in the database before, and the migrator that fails.
    let cases = [
        (
            "a statement fails",
            String::new(),
            failing("INSERT INTO t1 VALUES (1); INSERT INTO nowhere VALUES (1)"),
        ),
        (
            "a statement fails alone",
            String::new(),
            failing("-- ambix: transaction none\nINSERT INTO nowhere VALUES (1)"),
        ),
        (
            "a function fails",
            String::new(),
            failing("INSERT INTO t1 VALUES (1);\n-- ambix: run fail"),
        ),
        (
            "a function fails, foreign keys off",
            String::new(),
            failing("-- ambix: foreign-keys off\n-- ambix: run fail"),
        ),
        (
            "a run cannot be planned",
            String::new(),
            failing("-- ambix: transaction none\n-- ambix: run unknown"),
        ),
        ("the table is another tool's", foreign, three()),
        (
            "an object is in the way",
            "CREATE VIEW ambix_history AS SELECT 1 AS no_column".to_owned(),
            three(),
        ),
    ];
    for (what, prepare, migrator) in cases {
        let db = fresh().await;
        if !prepare.is_empty() {
            db.execute(&prepare).await;
        }
        let mut connection = of_the_app(&db).await;
        let before = settings(&mut connection).await;
        let error = migrator.run_pending(&mut connection).await.unwrap_err();
        assert_same(&before, &settings(&mut connection).await, &format!("{what}: {error}"));
        connection.begin().await.unwrap().rollback().await.unwrap();
        until_nothing_is_left(&db).await;
        // And nobody else waits.
        let other =
            three().history_table("ambix_history").lock(Lock::session().wait(Duration::ZERO));
        let after = other.run_pending(&db.pool).await;
        assert!(!matches!(after, Err(Error::Locked { .. })), "{what}: {after:?}");
    }
}

#[tokio::test]
async fn migrations_may_change_their_session() {
    for sql in DISTURBING {
        let db = fresh().await;
        let (sender, mut seen) = tokio::sync::mpsc::unbounded_channel();
        let list = [
            ("r1", "-- ambix: run look"),
            ("r2", *sql),
            ("r3", "-- ambix: run look\nINSERT INTO here VALUES (3)"),
            ("r4", "CREATE TABLE t4 (id integer)"),
        ];
        let list = list.map(|(revision, up)| Migration::new(revision, "").up(up));
        let migrator = Migrator::from_migrations(Migrations::new(list).unwrap()).unwrap();
        let migrator = migrator
            .allow_existing(true)
            .register("nothing", |_: &mut Connection| Box::pin(async { Ok(()) }))
            .register("look", move |connection: &mut Connection| {
                let sender = sender.clone();
                Box::pin(async move { Ok(sender.send(settings(connection).await)?) })
            });
        db.execute("CREATE TABLE here (id integer)").await;
        let report = migrator.run_pending(&db.pool).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
        assert_eq!(revisions(&report), ["r1", "r2", "r3", "r4"], "{sql}");
        let (before, after) = (seen.recv().await.unwrap(), seen.recv().await.unwrap());
        assert_same(&before, &after, sql);
        assert_eq!(db.column("SELECT COUNT(*) FROM ambix_history").await, ["4"], "{sql}");
        assert_eq!(db.column("SELECT COUNT(*) FROM t4").await, ["0"], "{sql}");
        until_nothing_is_left(&db).await;
        assert!(migrator.run_pending(&db.pool).await.unwrap().is_noop(), "{sql}");
    }
}
