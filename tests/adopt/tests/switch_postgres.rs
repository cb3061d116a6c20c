//! The switch from sqlx: while programs of both kinds run the same files, one lock keeps all of them apart.

#![allow(clippy::unwrap_used)] // What a test cannot do ends it.

#[path = "../../support/mod.rs"]
mod support;

#[path = "../../support/postgres.rs"]
mod postgres;

use std::{sync::Arc, time::Duration};

use ambix::{Error, Migrator, adopt::Tool, options::Lock};
use tokio::sync::Notify;

use self::{
    postgres::{Connection, Fresh, fresh},
    support::{folder, from_files, revisions},
};

/// Longer than anything takes here.
const LONG: Duration = Duration::from_secs(60);
const OLD: &[(&str, &str)] =
    &[("0001_a.sql", "CREATE TABLE a (id integer)"), ("0002_slow.sql", "SELECT pg_sleep(3)")];

async fn old(files: &[(&str, &str)]) -> sqlx::migrate::Migrator {
    sqlx::migrate::Migrator::new(folder(files).0.as_path()).await.unwrap()
}

fn switching(files: &[(&str, &str)]) -> Migrator {
    from_files(files).unwrap().lock(Lock::session().exclude_sqlx())
}

/// A migrator that stands still in its last step until it is told to go on.
fn pausing(lock: Lock) -> (Migrator, Arc<Notify>, Arc<Notify>) {
    let (reached, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (told, told_to) = (reached.clone(), go_on.clone());
    let files =
        [("0001_a.sql", "CREATE TABLE a (id integer)"), ("0003_pause.sql", "-- ambix: run pause")];
    let migrator = from_files(&files).unwrap().lock(lock);
    let migrator = migrator.register("pause", move |_: &mut Connection| {
        let (told, told_to) = (told.clone(), told_to.clone());
        Box::pin(async move {
            told.notify_one();
            tokio::time::timeout(LONG, told_to.notified()).await?;
            Ok(())
        })
    });
    (migrator, reached, go_on)
}

/// The first migration of a program with sqlx is done, and its second, the slow one, is running.
async fn one_is_done(db: &Fresh) {
    let there = "SELECT count(*)::text FROM pg_tables WHERE tablename = '_sqlx_migrations'";
    for sql in [there, "SELECT count(*)::text FROM _sqlx_migrations"] {
        while db.column(sql).await != ["1"] {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Nobody holds a lock of sqlx's or of ours any more.
async fn nothing_is_left(db: &Fresh) {
    for _ in 0..100 {
        if db.leaks().await.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(db.leaks().await, Vec::<String>::new());
    let mut connection = db.pool.acquire().await.unwrap();
    let free = tokio::time::timeout(LONG, sqlx::migrate::Migrate::lock(&mut *connection)).await;
    free.unwrap().unwrap();
    sqlx::migrate::Migrate::unlock(&mut *connection).await.unwrap();
}

#[tokio::test]
async fn a_run_waits_for_a_program_with_sqlx() {
    let db = fresh().await;
    let (pool, migrator) = (db.pool.clone(), old(OLD).await);
    let running = tokio::spawn(async move { migrator.run(&pool).await });
    one_is_done(&db).await;
    let ours = [("0009_z.sql", "CREATE TABLE z (id integer)")];
    let ours = || switching(&ours).allow_existing(true);
    let error = ours().lock(Lock::session().exclude_sqlx().wait(Duration::ZERO));
    let error = error.run_pending(&db.pool).await.unwrap_err();
    let Error::Locked { holder: Some(holder), .. } = &error else { panic!("{error:?}") };
    assert!(
        holder.starts_with("the lock of sqlx's own migrator is not free: it is held by "),
        "{holder}"
    );
    let report = tokio::time::timeout(LONG, ours().run_pending(&db.pool)).await.unwrap().unwrap();
    // It came after.
    assert_eq!(db.column("SELECT count(*)::text FROM _sqlx_migrations").await, ["2"]);
    assert!(report.waited > Duration::from_millis(100), "{report:?}");
    running.await.unwrap().unwrap();
    nothing_is_left(&db).await;
}

#[tokio::test]
async fn adopting_waits_for_a_program_with_sqlx_and_finds_all_of_its_work() {
    let db = fresh().await;
    let (pool, migrator) = (db.pool.clone(), old(OLD).await);
    let running = tokio::spawn(async move { migrator.run(&pool).await });
    one_is_done(&db).await;
    // Nobody has to ask for sqlx's lock here.
    let new = from_files(OLD).unwrap();
    let report =
        tokio::time::timeout(LONG, new.adopt(&db.pool, Tool::Sqlx)).await.unwrap().unwrap();
    assert_eq!(report.adopted.len(), 2, "{report}");
    running.await.unwrap().unwrap();
    assert!(new.run_pending(&db.pool).await.unwrap().is_noop());
    nothing_is_left(&db).await;
}

#[tokio::test]
async fn a_program_with_sqlx_waits_for_a_run() {
    let db = fresh().await;
    old(&OLD[..1]).await.run(&db.pool).await.unwrap();
    for (lock, waits) in [(Lock::session().exclude_sqlx(), true), (Lock::session(), false)] {
        let (migrator, reached, go_on) = pausing(lock);
        let pool = db.pool.clone();
        migrator.stamp(&pool, "base").await.unwrap();
        migrator.stamp(&pool, "0001").await.unwrap();
        let running = tokio::spawn(async move { migrator.run_pending(&pool).await });
        tokio::time::timeout(LONG, reached.notified()).await.unwrap();
        let (pool, migrator) = (db.pool.clone(), old(&OLD[..1]).await);
        let waiting = tokio::spawn(async move { migrator.run(&pool).await });
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!(!waiting.is_finished(), waits);
        go_on.notify_one();
        assert_eq!(revisions(&running.await.unwrap().unwrap()), ["0003"]);
        tokio::time::timeout(LONG, waiting).await.unwrap().unwrap().unwrap();
        nothing_is_left(&db).await;
    }
}

#[tokio::test]
async fn both_locks_are_given_back_on_every_path() {
    let db = fresh().await;
    let broken = [
        ("0001_a.sql", "CREATE TABLE a (id integer)"),
        ("0002_b.sql", "INSERT INTO nowhere VALUES (1)"),
    ];
    switching(&broken).run_pending(&db.pool).await.unwrap_err();
    nothing_is_left(&db).await;
    // On a connection that lives on, too.
    let mut connection = db.pool.acquire().await.unwrap();
    switching(&broken).run_pending(&mut *connection).await.unwrap_err();
    let whole = [broken[0], ("0002_b.sql", "CREATE TABLE b (id integer)")];
    switching(&whole).run_pending(&mut *connection).await.unwrap();
    nothing_is_left(&db).await;
    drop(connection);
    // Where the try for sqlx's lock fails, ours is given back: others may run meanwhile.
    let mut other = db.pool.acquire().await.unwrap();
    sqlx::migrate::Migrate::lock(&mut *other).await.unwrap();
    let mut lent = db.pool.acquire().await.unwrap();
    let more = [whole[0], whole[1], ("0003_c.sql", "CREATE TABLE c (id integer)")];
    let lock = Lock::session().exclude_sqlx().wait(Duration::from_millis(100));
    let error = switching(&more).lock(lock).stamp(&mut *lent, "heads").await.unwrap_err();
    assert!(matches!(error, Error::Locked { .. }), "{error:?}");
    let alone = from_files(&more).unwrap().lock(Lock::session().wait(Duration::ZERO));
    alone.stamp(&db.pool, "heads").await.unwrap();
    sqlx::migrate::Migrate::unlock(&mut *other).await.unwrap();
    drop((other, lent));
    nothing_is_left(&db).await;
}

#[tokio::test]
async fn a_run_that_is_dropped_leaves_no_lock() {
    let db = fresh().await;
    let (migrator, reached, _go_on) = pausing(Lock::session().exclude_sqlx());
    let pool = db.pool.clone();
    let running = tokio::spawn(async move { migrator.run_pending(&pool).await });
    tokio::time::timeout(LONG, reached.notified()).await.unwrap();
    running.abort();
    let _ = running.await;
    nothing_is_left(&db).await;
}

#[tokio::test]
async fn many_programs_of_both_kinds_start_at_once() {
    const FILES: &[(&str, &str)] = &[
        ("0001_a.sql", "CREATE TABLE a (id integer)"),
        ("0002_b.sql", "CREATE TABLE b (id integer)"),
    ];
    let db = fresh().await;
    old(FILES).await.run(&db.pool).await.unwrap();
    let mut more = FILES.to_vec();
    more.push(("0003_c.sql", "CREATE TABLE c (id integer)"));
    let new = switching(&more);
    let mut programs = Vec::new();
    for _ in 0..4 {
        let (pool, migrator) = (db.pool_of(1).await, old(FILES).await);
        programs.push(tokio::spawn(async move {
            migrator.run(&pool).await.unwrap();
        }));
        let (pool, migrator) = (db.pool_of(1).await, new.clone());
        programs.push(tokio::spawn(async move {
            migrator.adopt(&pool, Tool::Sqlx).await.unwrap();
            migrator.run_pending(&pool).await.unwrap();
        }));
    }
    for program in programs {
        tokio::time::timeout(LONG, program).await.unwrap().unwrap();
    }
    assert_eq!(
        db.column("SELECT revision FROM ambix_history ORDER BY 1").await,
        ["0001", "0002", "0003"]
    );
    nothing_is_left(&db).await;
}
