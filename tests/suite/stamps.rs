//! What writes the history and runs nothing: several targets, purge, the tables alone, and the same as scripts.
#![allow(clippy::unwrap_used)] // What a test cannot do ends it.

use ambix::{Error, Migration, Migrations, Migrator};

use crate::{
    flavor::shell,
    setup::{SCHEME, fresh},
    support::{migrator, revisions, three},
};

/// Two lines: r1, r2 and s1, s2, of which s2 needs r1.
fn lines() -> Migrator {
    let of = |revision: &str, parents: &[&str]| {
        Migration::new(revision, format!("make {revision}"))
            .up("SELECT 1")
            .down("SELECT 1")
            .parents(parents.iter().copied())
    };
    let list = [of("r1", &[]), of("r2", &["r1"]), of("s1", &[]), of("s2", &["s1"])];
    Migrator::from_migrations(Migrations::new(list).unwrap()).unwrap()
}

#[tokio::test]
async fn several_targets_are_stamped_at_once() {
    let db = fresh().await;
    let report = lines().stamp(&db.pool, "r1 s2").await.unwrap();
    assert_eq!(revisions(&report), ["r1", "s1", "s2"]);
    assert_eq!(lines().current(&db.pool).await.unwrap().revisions, ["r1", "s2"]);
    // Two of one line are refused before anything is changed.
    let error = lines().stamp(&db.pool, "r1 r2").await.unwrap_err();
    assert!(matches!(&error, Error::Target { .. }), "{error}");
    assert_eq!(lines().current(&db.pool).await.unwrap().revisions, ["r1", "s2"]);
}

#[tokio::test]
async fn a_purge_is_the_way_out_when_files_are_gone() {
    let db = fresh().await;
    three().run_pending(&db.pool).await.unwrap();
    // Other files with another history: one that is known is applied, edited; the rest is not known.
    let other = migrator(&[
        ("n1", "CREATE TABLE n1 (id integer)", "DROP TABLE n1"),
        ("r1", "CREATE TABLE t1 (id bigint)", "DROP TABLE t1"),
    ]);
    let error = other.stamp(&db.pool, "heads").await.unwrap_err();
    assert!(matches!(error, Error::Missing(_)), "{error}");
    let report = other.stamp_purge(&db.pool, "head").await.unwrap();
    assert_eq!(revisions(&report), ["r3", "r2", "r1", "n1", "r1"]);
    assert!(other.verify(&db.pool).await.unwrap().is_ok());
    assert_eq!(other.current(&db.pool).await.unwrap().revisions, ["r1"]);
    assert_eq!(db.tables().await, ["t1", "t2", "t3"], "nothing was run");
    let report = other.stamp_purge(&db.pool, "base").await.unwrap();
    assert_eq!(revisions(&report), ["r1", "n1"]);
    assert!(other.history(&db.pool).await.unwrap().records.is_empty());
    assert!(other.stamp_purge(&db.pool, "base").await.unwrap().is_noop());
    assert_eq!(db.leaks().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_purge_helps_where_the_rows_make_no_sense() {
    let db = fresh().await;
    three().run_pending(&db.pool).await.unwrap();
    // A circle between a file and a row, and a migration that was left in the middle.
    db.execute("UPDATE ambix_history SET state = 'upgrading' WHERE revision = 'r2'").await;
    let other = migrator(&[("r3", "SELECT 1", ""), ("r9", "SELECT 1", "")]);
    db.execute("UPDATE ambix_history SET parents = 'r9' WHERE revision = 'r1'").await;
    db.execute("UPDATE ambix_history SET parents = 'r1' WHERE revision = 'r3'").await;
    assert!(other.stamp(&db.pool, "head").await.is_err());
    let report = other.stamp_purge(&db.pool, "r3").await.unwrap();
    assert_eq!(report.steps.len(), 4, "{report}");
    assert_eq!(db.column("SELECT revision FROM ambix_history").await, ["r3"]);
}

#[tokio::test]
async fn a_purge_that_cannot_be_changes_nothing() {
    let db = fresh().await;
    three().run_pending(&db.pool).await.unwrap();
    assert!(three().stamp_purge(&db.pool, "nosuch").await.is_err());
    assert_eq!(three().history(&db.pool).await.unwrap().records.len(), 3);
}

#[tokio::test]
async fn the_tables_of_the_history_can_be_made_alone() {
    let db = fresh().await;
    assert!(three().ensure_history(&db.pool).await.unwrap());
    assert_eq!(db.column("SELECT count(*) FROM ambix_history").await, ["0"]);
    assert_eq!(db.column("SELECT layout FROM ambix_history_lock").await, ["1"]);
    assert_eq!(db.leaks().await, Vec::<String>::new());
    assert!(!three().ensure_history(&db.pool).await.unwrap());
    assert_eq!(revisions(&three().run_pending(&db.pool).await.unwrap()), ["r1", "r2", "r3"]);
    assert!(!three().ensure_history(&db.pool).await.unwrap());
}

#[tokio::test]
async fn many_make_the_tables_at_once() {
    let db = fresh().await;
    let makers = (0..4).map(|_| {
        let pool = db.pool.clone();
        tokio::spawn(async move { three().ensure_history(&pool).await })
    });
    let mut made = 0;
    for maker in makers.collect::<Vec<_>>() {
        made += u32::from(maker.await.unwrap().unwrap());
    }
    assert_eq!(made, 1);
}

#[tokio::test]
async fn scripts_do_the_same() {
    let db = fresh().await;
    let run = |script: String| {
        let output = shell(&db, &script);
        assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
    };
    run(three().script_history(SCHEME).unwrap());
    assert!(!three().ensure_history(&db.pool).await.unwrap());
    let script = three().script_stamp(SCHEME, "base", "r2").unwrap();
    assert!(script.contains("-- Running stamp  -> r1, make r1"), "{script}");
    run(script);
    assert_eq!(three().current(&db.pool).await.unwrap().revisions, ["r2"]);
    run(three().script_stamp(SCHEME, "r2", "r1").unwrap());
    assert_eq!(three().current(&db.pool).await.unwrap().revisions, ["r1"]);
    assert!(three().verify(&db.pool).await.unwrap().is_ok());
    assert_eq!(revisions(&three().run_pending(&db.pool).await.unwrap()), ["r2", "r3"]);
}
