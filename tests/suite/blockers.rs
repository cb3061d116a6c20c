//! Who is in the way: seen by `locks`, named by a failed step, ended by `cancel` and `terminate`.
#![allow(clippy::unwrap_used)] // What a test cannot do ends it.

use std::time::Duration;

use ambix::{Error, error::Blocker, locks::Locks, options::Timeouts};
use sqlx::Connection as _;

use super::locks::Pause;
use crate::{
    setup::{Connection, Fresh, HOLD_T1, ONE_WRITER, RELEASE, SCHEME, fresh},
    support::{migrator, revisions, three},
};

const LONG: Duration = Duration::from_secs(60);
/// Where the database has sessions that can be seen and ended.
const SESSIONS: bool = !ONE_WRITER;

/// A session that does something.
async fn session(db: &Fresh, sql: &'static str) -> Connection {
    let mut connection = Connection::connect(&db.url).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection
}

/// Looks until there is what is waited for. Not more often: InnoDB shows the same again to those who ask within 100 ms.
async fn until(db: &Fresh, what: impl Fn(&Locks) -> bool) -> Locks {
    for _ in 0..50 {
        let locks = three().locks(&db.pool).await.unwrap();
        if what(&locks) {
            return locks;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    panic!("it is never seen: {}", three().locks(&db.pool).await.unwrap());
}

#[tokio::test]
async fn nothing_is_locked() {
    let db = fresh().await;
    three().run_pending(&db.pool).await.unwrap();
    let locks = three().locks(&db.pool).await.unwrap();
    assert!(locks.is_free(), "{locks}");
    assert_eq!(
        locks.to_string(),
        "the migration lock of ambix_history is free\nnobody waits for a table"
    );
    // Looking takes nothing and leaves nothing.
    assert_eq!(db.leaks().await, Vec::<String>::new());
}

#[tokio::test]
async fn the_holder_of_the_migration_lock_is_named() {
    let db = fresh().await;
    let pause = Pause::new();
    let slow = migrator(&[("r1", "-- ambix: run pause", "")]).application("slow-app", "3.2.1");
    let slow = pause.of(slow);
    let (pool, other) = (db.pool.clone(), slow.clone());
    let running = tokio::spawn(async move { other.run_pending(&pool).await });
    let locks = until(&db, |locks| locks.holder.is_some()).await;
    let holder = locks.holder.clone().unwrap();
    if SCHEME == "mysql" {
        assert!(holder.contains(" as "), "{holder}");
    } else {
        assert!(holder.contains("slow-app"), "{holder}");
        assert!(holder.contains(&std::process::id().to_string()), "{holder}");
    }
    assert_eq!(locks.holder_id.is_some(), SESSIONS, "{locks}");
    // Of another history it is not the lock.
    let library = three().history_table("ambix_library").locks(&db.pool).await.unwrap();
    assert_eq!(library.holder, None, "{library}");
    if SCHEME == "postgres" {
        let (pool, waiter) = (db.pool.clone(), slow.application("second-app", "1"));
        let waiting = tokio::spawn(async move { waiter.run_pending(&pool).await });
        let locks = until(&db, |locks| !locks.waiting.is_empty()).await;
        assert!(locks.to_string().contains("second-app"), "{locks}");
        assert!(locks.to_string().contains("waits for it"), "{locks}");
        pause.go_on.notify_one();
        waiting.await.unwrap().unwrap();
    } else {
        pause.go_on.notify_one();
    }
    running.await.unwrap().unwrap();
    assert!(three().locks(&db.pool).await.unwrap().holder.is_none());
}

#[tokio::test]
async fn a_blocked_table_is_seen_with_blocker_and_waiter() {
    let db = fresh().await;
    three().upgrade(&db.pool, "r1").await.unwrap();
    let mut blocker = session(&db, HOLD_T1).await;
    if !SESSIONS {
        let locks = three().locks(&db.pool).await.unwrap();
        assert!(locks.database_locked && !locks.is_free(), "{locks}");
        assert!(locks.to_string().contains("locked for writing now"), "{locks}");
        if cfg!(target_os = "linux") {
            let process = format!("by process {} (", std::process::id());
            assert!(locks.to_string().contains(&process), "{locks}");
            // The write lock is elsewhere then.
            sqlx::raw_sql("ROLLBACK; PRAGMA journal_mode = wal; BEGIN IMMEDIATE")
                .execute(&mut blocker)
                .await
                .unwrap();
            let locks = three().locks(&db.pool).await.unwrap();
            assert!(locks.to_string().contains(&process), "{locks}");
        }
        sqlx::raw_sql(RELEASE).execute(&mut blocker).await.unwrap();
        assert!(three().locks(&db.pool).await.unwrap().is_free());
        return;
    }
    let pool = db.pool.clone();
    let waiting = tokio::spawn(async move {
        sqlx::raw_sql("ALTER TABLE t1 ADD COLUMN more integer").execute(&pool).await.map(|_| ())
    });
    let locks = until(&db, |locks| locks.waits.iter().any(|wait| wait.blocker.is_some())).await;
    let [wait] = locks.waits.as_slice() else { panic!("{locks:#?}") };
    assert!(wait.table.as_deref().is_some_and(|table| table.ends_with(".t1")), "{wait:?}");
    let waiter = locks.session(wait.waiter).unwrap();
    assert_eq!(waiter.statement.as_deref(), Some("ALTER TABLE t1 ADD COLUMN more integer"));
    let held = locks.session(wait.blocker.unwrap()).unwrap();
    assert!(held.holds.iter().any(|lock| lock.table.ends_with(".t1")), "{held:?}");
    let text = locks.to_string();
    assert!(text.contains("\n  blocks ") && text.contains(", waits for "), "{text}");
    sqlx::raw_sql(RELEASE).execute(&mut blocker).await.unwrap();
    waiting.await.unwrap().unwrap();
    until(&db, Locks::is_free).await;
}

#[tokio::test]
async fn a_blocked_row_is_seen() {
    if !SESSIONS {
        return;
    }
    let db = fresh().await;
    three().upgrade(&db.pool, "r1").await.unwrap();
    db.execute("INSERT INTO t1 VALUES (1)").await;
    let mut blocker = session(&db, "BEGIN; UPDATE t1 SET id = 2").await;
    let pool = db.pool.clone();
    let waiting =
        tokio::spawn(
            async move { sqlx::raw_sql("DELETE FROM t1").execute(&pool).await.map(|_| ()) },
        );
    let locks = until(&db, |locks| !locks.waits.is_empty()).await;
    let [wait] = locks.waits.as_slice() else { panic!("{locks:#?}") };
    assert_eq!(wait.mode.as_deref(), Some("a row lock"), "{locks}");
    assert!(wait.table.as_deref().is_some_and(|table| table.ends_with(".t1")), "{wait:?}");
    let blocker_session = locks.session(wait.blocker.unwrap()).unwrap();
    assert_eq!(blocker_session.state.as_deref(), Some("idle in transaction"), "{locks}");
    assert!(blocker_session.transaction_since.is_some(), "{blocker_session:?}");
    sqlx::raw_sql("ROLLBACK").execute(&mut blocker).await.unwrap();
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn who_idles_in_a_transaction_is_seen_before_anybody_waits() {
    if !SESSIONS {
        return;
    }
    let db = fresh().await;
    three().upgrade(&db.pool, "r1").await.unwrap();
    let _idle = session(&db, "BEGIN; INSERT INTO t1 VALUES (1)").await;
    assert!(three().locks(&db.pool).await.unwrap().idle.is_empty(), "only after a while");
    tokio::time::sleep(Duration::from_secs(11)).await;
    let locks = three().locks(&db.pool).await.unwrap();
    assert_eq!(locks.idle.len(), 1, "{locks}");
    assert!(locks.to_string().contains("does nothing in it"), "{locks}");
    assert!(locks.to_string().contains("  holds "), "{locks}");
}

#[tokio::test]
async fn a_statement_that_names_a_password_is_not_shown() {
    if SCHEME != "postgres" {
        return;
    }
    let db = fresh().await;
    three().upgrade(&db.pool, "r1").await.unwrap();
    let _blocker = session(&db, "BEGIN; LOCK TABLE t1; SELECT 'hunter2' AS password").await;
    let pool = db.pool.clone();
    let waiting = tokio::spawn(async move {
        sqlx::raw_sql("BEGIN; LOCK TABLE t1").execute(&pool).await.map(|_| ())
    });
    let locks = until(&db, |locks| !locks.waits.is_empty()).await;
    assert!(!format!("{locks} {locks:?}").contains("hunter2"), "{locks}");
    assert!(locks.to_string().contains("names a password"), "{locks}");
    let id = locks.waits[0].blocker.unwrap();
    three().terminate(&db.pool, id).await.unwrap();
    let _ = waiting.await.unwrap();
}

#[tokio::test]
async fn a_step_that_gives_up_names_who_is_in_its_way() {
    let db = fresh().await;
    for sql in ["ALTER TABLE t1 ADD COLUMN more integer", "INSERT INTO t1 VALUES (1)"] {
        let migrator = migrator(&[("r1", "CREATE TABLE t1 (id integer)", ""), ("r2", sql, "")])
            .timeouts(Timeouts::default().lock(Duration::from_millis(100)).attempts(2));
        migrator.upgrade(&db.pool, "r1").await.unwrap();
        let mut other = session(&db, HOLD_T1).await;
        let error =
            tokio::time::timeout(LONG, migrator.run_pending(&db.pool)).await.unwrap().unwrap_err();
        let Error::Failed(failed) = &error else { panic!("{error}") };
        assert!(error.to_string().contains("in its way: "), "{error}");
        if SESSIONS {
            let is_t1 = |blocker: &Blocker| matches!(blocker, Blocker::Session { id, table, .. } if *id > 0 && table.contains("t1"));
            assert!(failed.blockers.iter().any(is_t1), "{:?}", failed.blockers);
            assert!(error.to_string().contains("t1 is locked ("), "{error}");
            assert!(error.to_string().contains(" by session "), "{error}");
        } else {
            let process = format!("by process {} (", std::process::id());
            let who = if cfg!(target_os = "linux") { &process } else { "does not tell who" };
            assert!(error.to_string().contains(who), "{error}");
        }
        sqlx::raw_sql(RELEASE).execute(&mut other).await.unwrap();
    }
}

/// Whoever comes later waits behind a statement that waits; so it gives them more time than it takes from them.
#[tokio::test]
async fn after_a_lock_timeout_it_waits_for_longer_than_it_was_in_the_way() {
    let db = fresh().await;
    let pauses = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = std::sync::Arc::clone(&pauses);
    let limit = Duration::from_millis(100);
    let migrator = migrator(&[
        ("r1", "CREATE TABLE t1 (id integer)", ""),
        ("r2", "ALTER TABLE t1 ADD COLUMN more integer", ""),
    ])
    .timeouts(Timeouts::default().lock(limit).attempts(4))
    .observe(move |event| {
        if let ambix::events::Event::Retrying { pause, .. } = event {
            assert!(event.to_string().contains("will be tried again in "), "{event}");
            seen.lock().unwrap().push(*pause);
        }
    });
    migrator.upgrade(&db.pool, "r1").await.unwrap();
    let _other = session(&db, HOLD_T1).await;
    migrator.run_pending(&db.pool).await.unwrap_err();
    let pauses = pauses.lock().unwrap().clone();
    assert_eq!(pauses.len(), 3);
    // Each wait takes the limit, and the readers get more time than that.
    assert!(pauses[0] > limit, "{pauses:?}");
    assert!(pauses.is_sorted_by(|pause, next| pause < next), "{pauses:?}");
}

/// A reader that came while the statement waited has its lock only since that gave up: it was not in the way.
#[tokio::test]
async fn who_waited_behind_it_was_not_in_its_way() {
    if !SESSIONS {
        return;
    }
    let db = fresh().await;
    let migrator = migrator(&[
        ("r1", "CREATE TABLE t1 (id integer)", ""),
        ("r2", "ALTER TABLE t1 ADD COLUMN more integer", ""),
    ])
    .timeouts(Timeouts::default().lock(Duration::from_secs(3)).attempts(1));
    migrator.upgrade(&db.pool, "r1").await.unwrap();
    let _blocker = session(&db, "BEGIN; SELECT 'the blocker' FROM t1").await;
    let other = migrator.clone();
    let pool = db.pool.clone();
    let run = tokio::spawn(async move { other.run_pending(&pool).await });
    until(&db, |locks| !locks.waits.is_empty()).await;
    let (function, url) = (if SCHEME == "mysql" { "SLEEP" } else { "pg_sleep" }, db.url.clone());
    let reader = tokio::spawn(async move {
        let mut connection = Connection::connect(&url).await.unwrap();
        let sql = format!(
            "SELECT 'the reader', {function}(4) FROM t1 UNION ALL SELECT '', {function}(4)"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.map(|_| ())
    });
    let error = format!("{:#}", run.await.unwrap().unwrap_err());
    assert!(error.contains("t1 is locked ("), "{error}");
    assert!(!error.contains("the reader"), "{error}");
    reader.abort();
}

#[tokio::test]
async fn another_s_lock_on_another_table_is_not_in_the_way() {
    if !SESSIONS {
        return;
    }
    let db = fresh().await;
    let migrator = migrator(&[
        ("r1", "CREATE TABLE t1 (id integer)", ""),
        ("r2", "CREATE TABLE t10 (id integer)", ""),
        ("r3", "ALTER TABLE t1 ADD COLUMN more integer", ""),
    ])
    .timeouts(Timeouts::default().lock(Duration::from_millis(100)).attempts(1));
    migrator.upgrade(&db.pool, "r2").await.unwrap();
    let _other = session(&db, "BEGIN; INSERT INTO t10 VALUES (1)").await;
    let _blocker = session(&db, HOLD_T1).await;
    let error = format!("{:#}", migrator.run_pending(&db.pool).await.unwrap_err());
    assert!(error.contains("t1 is locked (") && !error.contains("t10 is locked"), "{error}");
}

#[tokio::test]
async fn a_session_is_cancelled_or_ended() {
    let db = fresh().await;
    let migrator = three();
    migrator.upgrade(&db.pool, "r1").await.unwrap();
    if !SESSIONS {
        let error = format!("{:#}", migrator.cancel(&db.pool, 4711).await.unwrap_err());
        assert!(error.contains("end the process"), "{error}");
        return;
    }
    let blocker = session(&db, HOLD_T1).await;
    let pool = db.pool.clone();
    let waiting = tokio::spawn(async move {
        sqlx::raw_sql("ALTER TABLE t1 ADD COLUMN more integer").execute(&pool).await.map(|_| ())
    });
    let locks = until(&db, |locks| locks.waits.iter().any(|wait| wait.blocker.is_some())).await;
    let (waiter, blocker_id) = (locks.waits[0].waiter, locks.waits[0].blocker.unwrap());
    // The blocker runs nothing: cancelling it would do nothing.
    let error = format!("{:#}", migrator.cancel(&db.pool, blocker_id).await.unwrap_err());
    assert!(error.contains("terminate it"), "{error}");
    assert_eq!(migrator.cancel(&db.pool, waiter).await.unwrap().id, waiter);
    let cancelled = format!("{:#}", waiting.await.unwrap().unwrap_err());
    assert!(cancelled.contains("cancel") || cancelled.contains("interrupted"), "{cancelled}");
    migrator.terminate(&db.pool, blocker_id).await.unwrap();
    until(&db, Locks::is_free).await;
    assert_eq!(revisions(&migrator.run_pending(&db.pool).await.unwrap()), ["r2", "r3"]);
    let error = format!("{:#}", migrator.terminate(&db.pool, 999_999_999).await.unwrap_err());
    assert!(error.contains("there is no session 999999999"), "{error}");
    drop(blocker);
}

#[tokio::test]
async fn what_a_user_may_not_see_is_said() {
    let db = fresh().await;
    let user = crate::support::unique("u");
    let (create, drop) = match SCHEME {
        "postgres" => (format!("CREATE ROLE {user} LOGIN"), format!("DROP ROLE {user}")),
        "mysql" => {
            let grant = format!("GRANT ALL ON {}.* TO {user}@'%'", db.name);
            (format!("CREATE USER {user}@'%'; {grant}"), format!("DROP USER {user}@'%'"))
        }
        _ => return,
    };
    db.execute(&create).await;
    three().upgrade(&db.pool, "r1").await.unwrap();
    let _blocker = session(&db, HOLD_T1).await;
    let url = db.url.replacen("//postgres@", &format!("//{user}@"), 1);
    let url = url.replacen("//root@", &format!("//{user}@"), 1);
    let locks = three().locks(&url).await.unwrap();
    assert!(locks.notes.iter().any(|note| note.contains("GRANT ")), "{locks}");
    db.execute(&drop).await;
}
