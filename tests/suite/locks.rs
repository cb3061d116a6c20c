//! Other runners are kept out, a waiter is told by whom, and nobody can write under a lock that is lost.
#![allow(clippy::unwrap_used)] // What a test cannot do ends it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use ambix::{
    Error, Migration, Migrations, Migrator,
    events::Event,
    options::{Lock, Timeouts},
};
use sqlx::Connection as _;
use tokio::sync::Notify;

use super::leaks::until_nothing_is_left;
use crate::{
    setup::{
        Connection, HOLD_T1, ONE_WRITER, RELEASE, SLOW, TRANSACTIONAL_DDL, ends_statements, fresh,
    },
    support::{migrator, revisions, three},
};

/// Longer than anything takes here.
const LONG: Duration = Duration::from_secs(60);

/// A run that stands still in a Rust step until it is told to go on.
pub struct Pause {
    reached: Arc<Notify>,
    pub go_on: Arc<Notify>,
}

impl Pause {
    pub fn new() -> Self {
        Self { reached: Arc::default(), go_on: Arc::default() }
    }

    /// Registers it under the name `pause`.
    pub fn of(&self, migrator: Migrator) -> Migrator {
        let (reached, go_on) = (self.reached.clone(), self.go_on.clone());
        migrator.register("pause", move |_: &mut Connection| {
            let (reached, go_on) = (reached.clone(), go_on.clone());
            Box::pin(async move {
                reached.notify_one();
                tokio::time::timeout(LONG, go_on.notified()).await?;
                Ok(())
            })
        })
    }

    pub async fn reached(&self) {
        tokio::time::timeout(LONG, self.reached.notified())
            .await
            .expect("the run comes to the pause");
    }
}

#[test]
fn a_run_can_be_spawned_from_any_thread() {
    fn is_send<F: Send>(_: &F) {}
    let migrator = three();
    let url = "sqlite::memory:";
    is_send(&migrator.run_pending(url));
    is_send(&migrator.reset(url));
    is_send(&migrator.stamp(url, "heads"));
    is_send(&migrator.plan(url, "heads"));
    is_send(&migrator.status(url));
    is_send(&migrator.repair(url, []));
    is_send(&migrator.wait(url, "heads", LONG));
}

#[tokio::test]
async fn a_second_runner_waits_and_finds_nothing_to_do() {
    let db = fresh().await;
    let pause = Pause::new();
    let first = pause.of(migrator(&[
        ("r1", "CREATE TABLE t1 (id integer)", ""),
        ("r2", "-- ambix: run pause", ""),
    ]));
    let (pool, of_first) = (db.pool.clone(), first.clone());
    let running = tokio::spawn(async move { of_first.run_pending(&pool).await });
    pause.reached().await;
    // It has the same Rust step, which would wait for ever.
    let waits = Arc::new(Notify::new());
    let seen = waits.clone();
    let of_second = first.clone().observe(move |event| {
        if matches!(event, Event::Waiting { .. }) {
            seen.notify_one();
        }
    });
    let pool = db.pool.clone();
    let waiting = tokio::spawn(async move { of_second.run_pending(&pool).await });
    tokio::time::timeout(LONG, waits.notified()).await.expect("the second runner waits");
    assert!(!waiting.is_finished());
    pause.go_on.notify_one();
    assert_eq!(revisions(&running.await.unwrap().unwrap()), ["r1", "r2"]);
    let report = tokio::time::timeout(LONG, waiting).await.unwrap().unwrap().unwrap();
    assert!(report.is_noop(), "{report:?}");
    assert!(report.waited > Duration::ZERO, "{report:?}");
    until_nothing_is_left(&db).await;
}

/// Who downgrades for good must stop the programs that have the revision first: one that starts later applies it again.
#[tokio::test]
async fn a_program_that_starts_during_a_downgrade_applies_the_revision_again() {
    let db = fresh().await;
    let pause = Pause::new();
    let set = || {
        migrator(&[
            ("r1", "CREATE TABLE t1 (id integer)", ""),
            ("r2", "CREATE TABLE t2 (id integer)", "-- ambix: run pause\nDROP TABLE t2"),
        ])
    };
    let first = pause.of(set());
    first.run_pending(&db.pool).await.unwrap();
    let pool = db.pool.clone();
    let downgrade = tokio::spawn(async move { first.downgrade(&pool, "r1").await });
    pause.reached().await;
    let program = Pause::new().of(set());
    if TRANSACTIONAL_DDL {
        // Until that is committed, everything is there.
        assert!(program.run_pending(&db.pool).await.unwrap().is_noop());
    }
    let (pool, other) = (db.pool.clone(), program.clone());
    let during = tokio::spawn(async move { other.run_pending(&pool).await });
    pause.go_on.notify_one();
    assert_eq!(revisions(&downgrade.await.unwrap().unwrap()), ["r2"]);
    tokio::time::timeout(LONG, during).await.unwrap().unwrap().unwrap();
    program.run_pending(&db.pool).await.unwrap();
    assert_eq!(db.tables().await, ["t1", "t2"]);
    until_nothing_is_left(&db).await;
}

#[tokio::test]
async fn a_finite_wait_ends_with_the_holders_name() {
    let db = fresh().await;
    let pause = Pause::new();
    let first =
        pause.of(migrator(&[("r1", "-- ambix: run pause", "")])).application("first-app", "1.2.3");
    let pool = db.pool.clone();
    let running = tokio::spawn(async move { first.run_pending(&pool).await });
    pause.reached().await;
    for wait in [Duration::ZERO, Duration::from_millis(800)] {
        let second = three().lock(Lock::session().wait(wait));
        let error = second.run_pending(&db.pool).await.unwrap_err();
        let Error::Locked { waited, holder: Some(holder), .. } = &error else {
            panic!("{error:?}")
        };
        assert!(*waited >= wait, "{error}");
        let names = if cfg_names_application() {
            holder.contains("first-app")
        } else {
            holder.contains("connection ")
        };
        assert!(names, "{holder}");
        if cfg_names_application() {
            assert!(holder.contains(&std::process::id().to_string()), "{holder}");
        }
        assert!(format!("{error:#}").contains(holder.as_str()), "{error}");
        assert!(format!("{error:#}").contains("nothing was run"), "{error}");
    }
    pause.go_on.notify_one();
    running.await.unwrap().unwrap();
    until_nothing_is_left(&db).await;
}

/// MySQL's list of connections has no names of applications.
fn cfg_names_application() -> bool {
    crate::setup::SCHEME != "mysql"
}

#[tokio::test]
async fn without_a_lock_the_fence_keeps_two_runners_apart() {
    let list = [
        ("r1", "CREATE TABLE counter (step integer)"),
        ("r2", "INSERT INTO counter VALUES (2);\n-- ambix: run breathe"),
        ("r3", "INSERT INTO counter VALUES (3)"),
        ("r4", "-- ambix: run breathe\nINSERT INTO counter VALUES (4)"),
        ("r5", "INSERT INTO counter VALUES (5)"),
        ("r6", "-- ambix: run breathe\nINSERT INTO counter VALUES (6)"),
    ];
    let list = list.map(|(revision, up)| Migration::new(revision, "").up(up));
    let migrator =
        Migrator::from_migrations(Migrations::new(list).unwrap()).unwrap().lock(Lock::none());
    let migrator = migrator.register("breathe", |_: &mut Connection| {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            Ok(())
        })
    });
    let mut fenced = 0;
    for _ in 0..8 {
        let db = fresh().await;
        if !TRANSACTIONAL_DDL {
            // Nothing but a lock keeps two runners from doing it at the same time.
            migrator.upgrade(&db.pool, "r1").await.unwrap();
        }
        let runners = (0..3).map(|_| {
            let (pool, migrator) = (db.pool.clone(), migrator.clone());
            tokio::spawn(async move { migrator.run_pending(&pool).await })
        });
        for runner in runners.collect::<Vec<_>>() {
            match tokio::time::timeout(LONG, runner).await.unwrap().unwrap() {
                Ok(_) => {}
                Err(Error::Fenced { .. }) => fenced += 1,
                Err(error) => panic!("{error}"),
            }
        }
        // Whoever was fenced begins anew.
        migrator.run_pending(&db.pool).await.unwrap();
        assert_eq!(
            db.column("SELECT step FROM counter ORDER BY 1").await,
            ["2", "3", "4", "5", "6"]
        );
        assert_eq!(
            db.column("SELECT revision FROM ambix_history ORDER BY 1").await,
            ["r1", "r2", "r3", "r4", "r5", "r6"]
        );
        until_nothing_is_left(&db).await;
    }
    println!("{fenced} runners were fenced");
}

#[tokio::test]
async fn a_runner_that_lost_its_lock_records_nothing() {
    let db = fresh().await;
    let raise = "UPDATE ambix_history_lock SET epoch = epoch + 1, holder = 'another'";
    let raising = migrator(&[
        ("r1", "CREATE TABLE t1 (id integer)", ""),
        ("r2", "INSERT INTO t1 VALUES (2);\n-- ambix: run raise", ""),
        ("r3", "INSERT INTO t1 VALUES (3);\n-- ambix: run count", ""),
    ]);
    let counted = Arc::new(AtomicU32::new(0));
    let count = counted.clone();
    let raising = raising
        .register("raise", move |connection: &mut Connection| {
            // As if another runner had done so right after this step: from here on the row is locked by us.
            Box::pin(async move {
                sqlx::raw_sql(raise).execute(connection).await?;
                Ok(())
            })
        })
        .register("count", move |_: &mut Connection| {
            count.fetch_add(1, Ordering::Relaxed);
            Box::pin(async { Ok(()) })
        });
    let error = raising.run_pending(&db.pool).await.unwrap_err();
    assert!(matches!(error, Error::Fenced { .. }), "{error:?}");
    assert_eq!(counted.load(Ordering::Relaxed), 0, "the fence comes first");
    assert_eq!(db.column("SELECT id FROM t1").await, ["2"]);
    assert_eq!(db.column("SELECT revision FROM ambix_history ORDER BY 1").await, ["r1", "r2"]);
    until_nothing_is_left(&db).await;
    assert_eq!(revisions(&raising.run_pending(&db.pool).await.unwrap()), ["r3"]);
}

#[tokio::test]
async fn two_sets_do_not_wait_for_each_other() {
    let db = fresh().await;
    let pause = Pause::new();
    let app = pause.of(migrator(&[("r1", "-- ambix: run pause", "")]));
    let library = three().history_table("ambix_library").lock(Lock::session().wait(Duration::ZERO));
    let pool = db.pool.clone();
    let running = tokio::spawn(async move { app.run_pending(&pool).await });
    pause.reached().await;
    let pool = db.pool.clone();
    let other = tokio::spawn(async move { library.run_pending(&pool).await });
    if ONE_WRITER {
        // It waits for the step's transaction, but not for the lock of the run.
        tokio::time::sleep(Duration::from_millis(300)).await;
        pause.go_on.notify_one();
    }
    assert_eq!(
        revisions(&tokio::time::timeout(LONG, other).await.unwrap().unwrap().unwrap()),
        ["r1", "r2", "r3"]
    );
    pause.go_on.notify_one();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn two_new_sets_can_start_at_once() {
    for _ in 0..5 {
        let db = fresh().await;
        let runs = (0..4).map(|n| {
            let up = format!("CREATE TABLE s{n} (id integer)");
            let set = migrator(&[("r1", &up, "")]).history_table(format!("ambix_set{n}"));
            let pool = db.pool.clone();
            tokio::spawn(async move { set.run_pending(&pool).await })
        });
        for run in runs.collect::<Vec<_>>() {
            assert_eq!(revisions(&run.await.unwrap().unwrap()), ["r1"]);
        }
        assert_eq!(db.tables().await, ["s0", "s1", "s2", "s3"]);
    }
}

#[tokio::test]
async fn a_step_is_tried_again_until_a_table_is_free() {
    let db = fresh().await;
    let migrator = migrator(&[
        ("r1", "CREATE TABLE t1 (id integer)", ""),
        ("r2", "ALTER TABLE t1 ADD COLUMN more integer;\nINSERT INTO t1 VALUES (1, 2)", ""),
    ])
    .timeouts(Timeouts::default().lock(Duration::from_millis(100)).attempts(50));
    migrator.upgrade(&db.pool, "r1").await.unwrap();
    let mut other = Connection::connect(&db.url).await.unwrap();
    sqlx::raw_sql(HOLD_T1).execute(&mut other).await.unwrap();
    let pool = db.pool.clone();
    let running = tokio::spawn(async move { migrator.run_pending(&pool).await });
    // Long enough for several tries.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert!(!running.is_finished());
    sqlx::raw_sql(RELEASE).execute(&mut other).await.unwrap();
    assert_eq!(
        revisions(&tokio::time::timeout(LONG, running).await.unwrap().unwrap().unwrap()),
        ["r2"]
    );
    assert_eq!(db.column("SELECT more FROM t1").await, ["2"]);
}

#[tokio::test]
async fn a_step_is_given_up_when_a_table_is_never_free() {
    let db = fresh().await;
    for (sql, line) in
        [("\nALTER TABLE t1 ADD COLUMN more integer", 2), ("\n\nINSERT INTO t1 VALUES (1)", 3)]
    {
        let migrator = migrator(&[("r1", "CREATE TABLE t1 (id integer)", ""), ("r2", sql, "")])
            .timeouts(Timeouts::default().lock(Duration::from_millis(100)).attempts(3));
        migrator.upgrade(&db.pool, "r1").await.unwrap();
        let mut other = Connection::connect(&db.url).await.unwrap();
        sqlx::raw_sql(HOLD_T1).execute(&mut other).await.unwrap();
        let error =
            tokio::time::timeout(LONG, migrator.run_pending(&db.pool)).await.unwrap().unwrap_err();
        let Error::Failed(failed) = &error else { panic!("{error}") };
        assert_eq!(failed.revision, "r2");
        // Where the whole database is locked, it is the begin of the transaction that fails.
        if !ONE_WRITER {
            assert_eq!(
                (failed.statement.as_str(), failed.place.line),
                (sql.trim(), line),
                "{error}"
            );
        }
        let tries = ["2 tries before it", "tried 3 times"];
        assert!(tries.iter().any(|tries| failed.state.contains(tries)), "{error}");
        sqlx::raw_sql(RELEASE).execute(&mut other).await.unwrap();
        until_nothing_is_left(&db).await;
        assert_eq!(migrator.status(&db.pool).await.unwrap().with("pending").count(), 1);
    }
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_ended() {
    let db = fresh().await;
    let migrator = migrator(&[("r1", "CREATE TABLE t1 (id integer)", ""), ("r2", SLOW, "")]);
    let limited = migrator.timeouts(Timeouts::default().statement(Duration::from_millis(200)));
    let result = tokio::time::timeout(LONG, limited.run_pending(&db.pool)).await.unwrap();
    if ends_statements().await {
        let error = result.unwrap_err();
        assert!(
            matches!(&error, Error::Failed(f) if f.revision == "r2" && f.statement == SLOW),
            "{error}"
        );
        assert!(format!("{error:#}").contains("time"), "{error}");
    } else {
        result.unwrap();
    }
    until_nothing_is_left(&db).await;
}
