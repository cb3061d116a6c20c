//! The switch from sqlx on MySQL and MariaDB. sqlx waits for its lock as MySQL does it (`GET_LOCK(name, -1)`), which
//! MariaDB does not understand: there a program with sqlx holds no lock at all, and nothing can keep it out. So what is
//! tested is the name for which sqlx asks, as the server has heard it, and that our runs hold it and wait for it.

#![allow(clippy::unwrap_used)] // What a test cannot do ends it.

#[path = "../../support/mod.rs"]
mod support;

#[path = "../../support/mysql.rs"]
mod mysql;

use std::{sync::Arc, time::Duration};

use ambix::{Error, Migrator, adopt::Tool, options::Lock};
use sqlx::Connection as _;
use tokio::sync::Notify;

use self::{
    mysql::{Connection, Fresh, fresh},
    support::{folder, from_files, revisions},
};

/// Longer than anything takes here.
const LONG: Duration = Duration::from_secs(60);
const ONE: &[(&str, &str)] = &[("0001_a.sql", "CREATE TABLE a (id integer)")];

/// The name for which sqlx's migrator asks in this database.
async fn name_of_sqlx(db: &Fresh) -> String {
    use sqlx::Row;
    let mut connection = Connection::connect(&db.url).await.unwrap();
    for sql in ["SET GLOBAL log_output = 'TABLE'", "SET GLOBAL general_log = ON"] {
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    }
    sqlx::migrate::Migrate::lock(&mut connection).await.unwrap();
    let heard = "SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log WHERE thread_id = CONNECTION_ID() \
                 AND command_type = 'Execute' AND argument LIKE '%GET_LOCK(''%'";
    let heard: String =
        sqlx::raw_sql(heard).fetch_one(&mut connection).await.unwrap().get_unchecked(0);
    connection.close().await.unwrap();
    heard.split('\'').nth(1).unwrap().to_owned()
}

/// Whether somebody holds a lock.
async fn is_held(db: &Fresh, name: &str) -> bool {
    db.column(&format!("SELECT CAST(IS_USED_LOCK('{name}') IS NOT NULL AS char)")).await == ["1"]
}

/// Somebody who holds sqlx's lock until the connection ends.
async fn holder(db: &Fresh, name: &str) -> Connection {
    let mut connection = Connection::connect(&db.url).await.unwrap();
    let sql = sqlx::AssertSqlSafe(format!("DO GET_LOCK('{name}', 0)"));
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    assert!(is_held(db, name).await);
    connection
}

fn switching(files: &[(&str, &str)], wait: Duration) -> Migrator {
    from_files(files).unwrap().lock(Lock::session().exclude_sqlx().wait(wait))
}

#[tokio::test]
async fn on_mariadb_sqlx_holds_nothing() {
    let db = fresh().await;
    let name = name_of_sqlx(&db).await;
    let mut connection = Connection::connect(&db.url).await.unwrap();
    sqlx::migrate::Migrate::lock(&mut connection).await.unwrap();
    let mariadb = db.column("SELECT VERSION()").await[0].contains("MariaDB");
    // Should this fail one day, then MariaDB or sqlx has learnt the other's language, and docs/adopting.md has to say so.
    assert_eq!(is_held(&db, &name).await, !mariadb);
}

#[tokio::test]
async fn a_run_holds_the_lock_for_which_sqlx_asks() {
    let db = fresh().await;
    let name = name_of_sqlx(&db).await;
    let (reached, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (told, told_to) = (reached.clone(), go_on.clone());
    let pausing = switching(&[("0001_pause.sql", "-- ambix: run pause")], LONG);
    let pausing = pausing.register("pause", move |_: &mut Connection| {
        let (told, told_to) = (told.clone(), told_to.clone());
        Box::pin(async move {
            told.notify_one();
            tokio::time::timeout(LONG, told_to.notified()).await?;
            Ok(())
        })
    });
    let pool = db.pool.clone();
    let running = tokio::spawn(async move { pausing.run_pending(&pool).await });
    tokio::time::timeout(LONG, reached.notified()).await.unwrap();
    let held = is_held(&db, &name).await;
    go_on.notify_one();
    running.await.unwrap().unwrap();
    assert!(held, "{name}");
    until_free(&db, &name).await;
}

async fn until_free(db: &Fresh, name: &str) {
    for _ in 0..100 {
        if !is_held(db, name).await && db.leaks().await.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{name} is still held, or {:?}", db.leaks().await);
}

#[tokio::test]
async fn a_run_waits_for_the_lock_of_sqlx() {
    let db = fresh().await;
    let name = name_of_sqlx(&db).await;
    let other = holder(&db, &name).await;
    let error = switching(ONE, Duration::ZERO).run_pending(&db.pool).await.unwrap_err();
    let Error::Locked { holder: Some(holder), .. } = &error else { panic!("{error:?}") };
    assert!(
        holder
            .starts_with("the lock of sqlx's own migrator is not free: it is held by connection "),
        "{holder}"
    );
    // On a connection that lives on, a try that failed has given ours back.
    let mut lent = db.pool.acquire().await.unwrap();
    let error = switching(ONE, Duration::ZERO).run_pending(&mut *lent).await.unwrap_err();
    assert!(matches!(error, Error::Locked { .. }), "{error:?}");
    from_files::<&str>(&[])
        .unwrap()
        .lock(Lock::session().wait(Duration::ZERO))
        .stamp(&db.pool, "base")
        .await
        .unwrap();
    let pool = db.pool.clone();
    let running = tokio::spawn(async move { switching(ONE, LONG).run_pending(&pool).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let waits = !running.is_finished();
    other.close().await.unwrap();
    assert_eq!(revisions(&running.await.unwrap().unwrap()), ["0001"]);
    assert!(waits);
    drop(lent);
    until_free(&db, &name).await;
}

#[tokio::test]
async fn both_locks_are_given_back_on_every_path() {
    let db = fresh().await;
    let name = name_of_sqlx(&db).await;
    let broken = [ONE[0], ("0002_b.sql", "INSERT INTO nowhere VALUES (1)")];
    switching(&broken, LONG).run_pending(&db.pool).await.unwrap_err();
    until_free(&db, &name).await;
    let mut lent = db.pool.acquire().await.unwrap();
    let whole = [ONE[0], ("0002_b.sql", "CREATE TABLE b (id integer)")];
    switching(&broken, LONG).run_pending(&mut *lent).await.unwrap_err();
    until_free(&db, &name).await;
    let mended = switching(&whole, LONG).run_pending(&mut *lent).await;
    mended.unwrap();
    until_free(&db, &name).await;
}

#[tokio::test]
async fn adopting_waits_for_the_lock_of_sqlx() {
    let db = fresh().await;
    let name = name_of_sqlx(&db).await;
    let old = sqlx::migrate::Migrator::new(folder(ONE).0.as_path()).await.unwrap();
    old.run(&db.pool).await.unwrap();
    let other = holder(&db, &name).await;
    // Nobody has to ask for it here.
    let new = from_files(ONE).unwrap().lock(Lock::session().wait(Duration::ZERO));
    let error = new.adopt(&db.pool, Tool::Sqlx).await.unwrap_err();
    assert!(matches!(error, Error::Locked { .. }), "{error:?}");
    other.close().await.unwrap();
    let new = new.lock(Lock::session());
    assert_eq!(new.adopt(&db.pool, Tool::Sqlx).await.unwrap().adopted.len(), 1);
    old.run(&db.pool).await.unwrap();
    until_free(&db, &name).await;
}
