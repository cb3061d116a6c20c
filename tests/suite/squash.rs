//! A squash: one migration that replaces several, on databases that have all of them, none of them, or some.

use ambix::{Error, Migration, Migrations, Migrator, options::UnknownApplied, report::StatusState};

use crate::{
    setup::{Fresh, fresh},
    support::{revisions, three},
};

/// The three tables of `three` in one migration.
fn squash() -> Migration {
    Migration::new("s1", "make all")
        .replaces(["r1", "r2", "r3"])
        .parents(Vec::<String>::new())
        .up("CREATE TABLE t1 (id integer PRIMARY KEY); CREATE TABLE t2 (id integer PRIMARY KEY);\n\
             CREATE TABLE t3 (id integer PRIMARY KEY)")
        .down("DROP TABLE t3; DROP TABLE t2; DROP TABLE t1")
}

fn child() -> Migration {
    let child = Migration::new("r4", "make r4").parents(["r3"]);
    child.up("CREATE TABLE t4 (id integer PRIMARY KEY)").down("DROP TABLE t4")
}

fn of(list: impl IntoIterator<Item = Migration>) -> Migrator {
    Migrator::from_migrations(Migrations::new(list).unwrap()).unwrap()
}

/// The program after the squash, with a migration that was made before it.
fn squashed() -> Migrator {
    of([squash(), child()])
}

async fn rows(db: &Fresh) -> Vec<String> {
    db.column("SELECT revision FROM ambix_history ORDER BY 1").await
}

#[tokio::test]
async fn where_all_are_applied_the_squash_is_recorded() {
    let db = fresh().await;
    three().run_pending(&db.pool).await.unwrap();
    let new = squashed();
    let status = new.status(&db.pool).await.unwrap();
    let states: Vec<&StatusState> = status.entries.iter().map(|entry| &entry.state).collect();
    assert_eq!(states, [&StatusState::Applied, &StatusState::Pending], "{status}");
    assert_eq!(new.current(&db.pool).await.unwrap().revisions, ["s1"]);
    assert!(new.verify(&db.pool).await.unwrap().is_ok());
    let report = new.run_pending(&db.pool).await.unwrap();
    assert_eq!(revisions(&report), ["s1", "r4"]);
    assert!(report.to_string().starts_with("recorded s1, make all"), "{report}");
    assert_eq!(rows(&db).await, ["r1", "r2", "r3", "r4", "s1"]);
    assert_eq!(db.tables().await, ["t1", "t2", "t3", "t4"]);
    let epoch = "SELECT CAST(epoch AS char(20)) FROM ambix_history_lock";
    let before = db.column(epoch).await;
    assert!(new.run_pending(&db.pool).await.unwrap().is_noop());
    assert_eq!(db.column(epoch).await, before, "nobody took the lock");
    assert!(new.verify(&db.pool).await.unwrap().is_ok());
    assert!(new.current(&db.pool).await.unwrap().is_head);
    assert_eq!(db.leaks().await, Vec::<String>::new());
}

/// A replica that only waits has nothing to wait for: the schema is there.
#[tokio::test]
async fn a_row_that_is_not_written_yet_is_not_waited_for() {
    let db = fresh().await;
    three().run_pending(&db.pool).await.unwrap();
    let new = of([squash()]);
    new.wait(&db.pool, "heads", std::time::Duration::from_millis(1)).await.unwrap();
    assert_eq!(rows(&db).await, ["r1", "r2", "r3"]);
}

#[tokio::test]
async fn where_none_is_applied_the_squash_is_run() {
    let db = fresh().await;
    let new = squashed();
    assert_eq!(revisions(&new.run_pending(&db.pool).await.unwrap()), ["s1", "r4"]);
    assert_eq!(rows(&db).await, ["r4", "s1"]);
    assert_eq!(db.tables().await, ["t1", "t2", "t3", "t4"]);
    assert!(new.run_pending(&db.pool).await.unwrap().is_noop());
    assert_eq!(revisions(&new.downgrade(&db.pool, "base").await.unwrap()), ["r4", "s1"]);
    assert_eq!((db.tables().await, rows(&db).await), (vec![], vec![]));
}

#[tokio::test]
async fn where_some_are_applied_nothing_is_done() {
    let db = fresh().await;
    let old = three();
    old.upgrade(&db.pool, "r2").await.unwrap();
    let new = squashed();
    let expected = "<s1 up> (revision s1) replaces r1, r2, r3, of which the database has only r1, r2; nothing was run; run the \
                    version of the program (or the files) before the squash up to r3, or down below r1, then this one";
    assert_eq!(new.run_pending(&db.pool).await.unwrap_err().to_string(), expected);
    assert_eq!(new.downgrade(&db.pool, "base").await.unwrap_err().to_string(), expected);
    assert_eq!(new.stamp(&db.pool, "s1").await.unwrap_err().to_string(), expected);
    assert_eq!(new.plan(&db.pool, "heads").await.unwrap_err().to_string(), expected);
    let verification = new.verify(&db.pool).await.unwrap();
    assert_eq!(verification.problems, [expected]);
    assert_eq!(rows(&db).await, ["r1", "r2"]);
    assert_eq!(db.tables().await, ["t1", "t2"]);
    old.run_pending(&db.pool).await.unwrap();
    assert_eq!(revisions(&new.run_pending(&db.pool).await.unwrap()), ["s1", "r4"]);
}

#[tokio::test]
async fn a_downgrade_takes_the_replaced_rows_with_it() {
    let db = fresh().await;
    three().run_pending(&db.pool).await.unwrap();
    let new = squashed();
    new.run_pending(&db.pool).await.unwrap();
    assert_eq!(revisions(&new.downgrade(&db.pool, "s1").await.unwrap()), ["r4"]);
    assert_eq!(revisions(&new.downgrade(&db.pool, "-1").await.unwrap()), ["s1"]);
    assert_eq!((db.tables().await, rows(&db).await), (vec![], vec![]));
    assert_eq!(revisions(&new.run_pending(&db.pool).await.unwrap()), ["s1", "r4"]);
    // Without a run in between, the row is written and taken back at once.
    let db = fresh().await;
    three().run_pending(&db.pool).await.unwrap();
    assert_eq!(revisions(&new.downgrade(&db.pool, "base").await.unwrap()), ["s1", "s1"]);
    assert_eq!((db.tables().await, rows(&db).await), (vec![], vec![]));
}

#[tokio::test]
async fn stamps_know_of_the_replaced() {
    let db = fresh().await;
    three().run_pending(&db.pool).await.unwrap();
    let new = squashed();
    new.stamp(&db.pool, "heads").await.unwrap();
    assert_eq!(rows(&db).await, ["r1", "r2", "r3", "r4", "s1"]);
    new.stamp(&db.pool, "base").await.unwrap();
    assert_eq!(rows(&db).await, Vec::<String>::new());
    new.stamp(&db.pool, "s1").await.unwrap();
    assert_eq!(rows(&db).await, ["s1"]);
    // A purge leaves nothing, whether the squash has its row or not.
    for target in ["base", "s1"] {
        let db = fresh().await;
        three().run_pending(&db.pool).await.unwrap();
        if target == "s1" {
            new.run_pending(&db.pool).await.unwrap();
        }
        new.stamp_purge(&db.pool, target).await.unwrap();
        let left: &[&str] = if target == "s1" { &["s1"] } else { &[] };
        assert_eq!(rows(&db).await, left);
    }
}

/// The last one that was squashed is the same place; at the others no database can be.
#[tokio::test]
async fn targets_name_what_was_squashed() {
    let db = fresh().await;
    let new = squashed();
    assert_eq!(revisions(&new.upgrade(&db.pool, "r3").await.unwrap()), ["s1"]);
    new.run_pending(&db.pool).await.unwrap();
    assert_eq!(revisions(&new.downgrade(&db.pool, "r3").await.unwrap()), ["r4"]);
    let error = format!("{:#}", new.upgrade(&db.pool, "r2").await.unwrap_err());
    assert_eq!(
        error,
        "target r2: revision r2 is now a part of s1, into which it was squashed (<s1 up>); write s1"
    );
    assert!(matches!(new.upgrade(&db.pool, "r5").await, Err(Error::UnknownRevision { .. })));
}

/// An older program beside the newer one, and after a rollback.
#[tokio::test]
async fn an_older_program_starts_and_goes_down() {
    let db = fresh().await;
    let old = three().unknown_applied(UnknownApplied::AllowNewer);
    old.run_pending(&db.pool).await.unwrap();
    let new = squashed();
    new.run_pending(&db.pool).await.unwrap();
    let error = three().run_pending(&db.pool).await.unwrap_err();
    assert!(matches!(error, Error::Missing(_)), "as with any newer migration: {error}");
    assert!(old.run_pending(&db.pool).await.unwrap().is_noop());
    // Only the mark of the squash goes; then the older program's own, one by one.
    assert_eq!(revisions(&old.downgrade(&db.pool, "r2").await.unwrap()), ["r4", "s1", "r3"]);
    assert_eq!(db.tables().await, ["t1", "t2"]);
    assert!(new.run_pending(&db.pool).await.unwrap_err().to_string().contains("has only r1, r2"));
    assert_eq!(revisions(&old.run_pending(&db.pool).await.unwrap()), ["r3"]);
    assert_eq!(revisions(&new.run_pending(&db.pool).await.unwrap()), ["s1", "r4"]);
    assert_eq!(
        revisions(&old.downgrade(&db.pool, "base").await.unwrap()),
        ["r4", "s1", "r3", "r2", "r1"]
    );
    assert_eq!((db.tables().await, rows(&db).await), (vec![], vec![]));
    // A database that only the newer program has made goes down by the stored down side.
    new.run_pending(&db.pool).await.unwrap();
    assert_eq!(rows(&db).await, ["r4", "s1"]);
}

#[test]
fn what_is_replaced_is_gone_and_is_replaced_once() {
    let refused = |list: Vec<Migration>| {
        Migrator::from_migrations(Migrations::new(list).unwrap()).unwrap_err().to_string()
    };
    let one = |revision: &str, replaced: &str| Migration::new(revision, "").replaces([replaced]);
    assert_eq!(
        refused(vec![Migration::new("r1", ""), one("s1", "r1")]),
        "<s1 up>: s1 replaces r1, which is still there: remove <r1 up>"
    );
    assert_eq!(
        refused(vec![one("s1", "r1"), one("s2", "r1")]),
        "<s2 up>: r1 is replaced twice, also by revision s1 (<s1 up>)"
    );
    assert_eq!(refused(vec![one("s1", "s1")]), "<s1 up>: a migration cannot replace itself");
    assert_eq!(
        refused(vec![one("s1", "r1"), Migration::new("r2", "").labels(["r1"])]),
        "<r2 up>: label r1 is also the revision of revision s1 (<s1 up>)"
    );
    let error = Migrations::new([Migration::new("s1", "").up("-- ambix: replaces ,")]).unwrap_err();
    assert_eq!(format!("{error:#}"), "<s1 up>:1: `replaces` needs revisions");
}
