//! The quick look of a start: what a person has done to the history is noticed, although nothing is pending.

use ambix::{Error, Migration, Migrations, Migrator};

use crate::{
    setup::{Fresh, fresh},
    support::{revisions, three},
};

/// All of the history as it was, in another order of the rows if one is given.
async fn put_back(db: &Fresh, order: &str) {
    db.execute("DELETE FROM ambix_history").await;
    db.execute(&format!("INSERT INTO ambix_history SELECT * FROM kept {order}")).await;
}

fn checksum(migrator: &Migrator, revision: &str) -> String {
    migrator.graph().get(revision).unwrap().checksum().to_string()
}

/// A row that is like another but for its revision.
async fn add(db: &Fresh, revision: &str, like: &str) {
    let columns = "name, parents, depends_on, flags, checksum, token_checksum, down, state, statements_done, done_hash, \
                   doubt_hash, applied_at, duration_us, applied_by";
    db.execute(&format!(
        "INSERT INTO ambix_history SELECT '{revision}', {columns} FROM ambix_history WHERE revision = '{like}'"
    ))
    .await;
}

/// What a start says that finds this in the history.
async fn after(db: &Fresh, migrator: &Migrator, edit: &str) -> Error {
    db.execute(edit).await;
    let report = migrator.run_pending(&db.pool).await;
    put_back(db, "").await;
    report.expect_err(edit)
}

#[tokio::test]
async fn rows_that_a_person_changed_are_noticed() {
    let db = fresh().await;
    let migrator = three();
    migrator.run_pending(&db.pool).await.unwrap();
    db.execute("CREATE TABLE kept AS SELECT * FROM ambix_history").await;
    let (first, second) = (checksum(&migrator, "r1"), checksum(&migrator, "r2"));

    for deleted in ["r1", "r2"] {
        let edit = format!("DELETE FROM ambix_history WHERE revision = '{deleted}'");
        let error = after(&db, &migrator, &edit).await;
        let Error::OutOfOrder { pending, .. } = &error else { panic!("{edit}: {error}") };
        assert!(pending.len() == 1 && pending[0].revision.contains(deleted), "{edit}: {error}");
    }
    let changed = |error: &Error| -> Vec<String> {
        let Error::Changed(all) = error else { panic!("{error}") };
        all.iter().map(|changed| changed.revision.clone()).collect()
    };
    for new in [second.as_str(), "", &first.to_uppercase()] {
        let edit = format!(
            "UPDATE ambix_history SET checksum = '{new}', token_checksum = '' WHERE revision = 'r1'"
        );
        assert_eq!(changed(&after(&db, &migrator, &edit).await), ["r1"], "{edit}");
    }
    // Whatever the second checksum says: one that cannot be read is no edit of white space.
    for unreadable in ["", "nothing", "sha256:", &first[..first.len() - 1]] {
        let edit =
            format!("UPDATE ambix_history SET checksum = '{unreadable}' WHERE revision = 'r1'");
        assert_eq!(changed(&after(&db, &migrator, &edit).await), ["r1"], "{edit}");
    }
    let swap = format!(
        "UPDATE ambix_history SET token_checksum = '', checksum = CASE revision WHEN 'r1' THEN '{second}' ELSE '{first}' END \
         WHERE revision IN ('r1', 'r2')"
    );
    assert_eq!(changed(&after(&db, &migrator, &swap).await), ["r1", "r2"]);
    for revision in ["r9", "R3"] {
        let edit =
            format!("UPDATE ambix_history SET revision = '{revision}' WHERE revision = 'r3'");
        let error = after(&db, &migrator, &edit).await;
        assert!(matches!(&error, Error::Missing(all) if all[0].revision == revision), "{error}");
    }
    add(&db, "r4", "r3").await;
    let error = migrator.run_pending(&db.pool).await.unwrap_err();
    assert!(matches!(&error, Error::Missing(all) if all[0].revision == "r4"), "{error}");
    put_back(&db, "").await;
    assert!(migrator.run_pending(&db.pool).await.unwrap().is_noop());
    // An upgrade that was not ended is gone on with, or refused.
    db.execute("UPDATE ambix_history SET state = 'upgrading' WHERE revision = 'r3'").await;
    let report = migrator.run_pending(&db.pool).await;
    assert!(!report.is_ok_and(|report| report.is_noop()));
}

/// As many rows as there are migrations, but not theirs.
#[tokio::test]
async fn a_row_for_another_is_noticed() {
    let db = fresh().await;
    let migrator = three();
    migrator.upgrade(&db.pool, "r2").await.unwrap();
    add(&db, "r9", "r2").await;
    let error = migrator.run_pending(&db.pool).await.unwrap_err();
    assert!(matches!(&error, Error::Missing(all) if all[0].revision == "r9"), "{error}");
    assert_eq!(db.tables().await, ["t1", "t2"]);
}

#[tokio::test]
async fn the_order_of_the_rows_does_not_matter() {
    let db = fresh().await;
    let migrator = three();
    migrator.run_pending(&db.pool).await.unwrap();
    db.execute("CREATE TABLE kept AS SELECT * FROM ambix_history").await;
    put_back(&db, "ORDER BY revision DESC").await;
    let report = migrator.run_pending(&db.pool).await.unwrap();
    assert!(report.is_noop() && report.notes.is_empty(), "{report:?}");
}

/// A history that was emptied is not one in which nothing differs.
#[tokio::test]
async fn an_emptied_history_is_noticed() {
    let db = fresh().await;
    let migrator = three();
    migrator.run_pending(&db.pool).await.unwrap();
    db.execute("DELETE FROM ambix_history").await;
    // What it would make is there.
    migrator.run_pending(&db.pool).await.unwrap_err();
}

/// What was squashed stays in the history. Beside it, what is the squash's is noticed as before.
#[tokio::test]
async fn rows_beside_those_of_a_squash_are_noticed() {
    let db = fresh().await;
    three().run_pending(&db.pool).await.unwrap();
    let squash = Migration::new("s1", "make all").replaces(["r1", "r2"]);
    let squash = squash.parents(Vec::<String>::new()).up("SELECT 1");
    let three = three();
    let last = three.graph().get("r3").unwrap().clone().parents(["r2"]);
    let migrator = Migrator::from_migrations(Migrations::new([squash, last]).unwrap()).unwrap();
    assert_eq!(revisions(&migrator.run_pending(&db.pool).await.unwrap()), ["s1"]);
    let report = migrator.run_pending(&db.pool).await.unwrap();
    assert!(report.is_noop() && report.notes.is_empty(), "{report:?}");
    // Of what was squashed nothing is expected any more.
    db.execute("UPDATE ambix_history SET checksum = '' WHERE revision = 'r1'").await;
    assert!(migrator.run_pending(&db.pool).await.unwrap().is_noop());
    db.execute("UPDATE ambix_history SET checksum = '', token_checksum = '' WHERE revision = 'r3'")
        .await;
    let error = migrator.run_pending(&db.pool).await.unwrap_err();
    assert!(matches!(&error, Error::Changed(all) if all[0].revision == "r3"), "{error}");
    let restore = format!(
        "UPDATE ambix_history SET checksum = '{}' WHERE revision = 'r3'",
        checksum(&migrator, "r3")
    );
    db.execute(&restore).await;
    db.execute("DELETE FROM ambix_history WHERE revision = 's1'").await;
    assert_eq!(revisions(&migrator.run_pending(&db.pool).await.unwrap()), ["s1"]);
}

/// Targets that say something else than "all" are worked out.
#[tokio::test]
async fn a_target_is_still_checked_where_all_is_applied() {
    let db = fresh().await;
    let migrator = three();
    migrator.run_pending(&db.pool).await.unwrap();
    for target in ["head", "heads", "r2", "r3", "+0"] {
        assert!(migrator.upgrade(&db.pool, target).await.unwrap().is_noop(), "{target}");
    }
    for target in ["+1", "nowhere"] {
        migrator.upgrade(&db.pool, target).await.expect_err(target);
    }
    let two = Migrations::new([
        Migration::new("r1", "one").up("SELECT 1"),
        Migration::new("r2", "two").parents(Vec::<String>::new()).up("SELECT 1"),
    ]);
    let two = Migrator::from_migrations(two.unwrap()).unwrap().history_table("others");
    two.run_pending(&db.pool).await.unwrap();
    assert!(two.upgrade(&db.pool, "heads").await.unwrap().is_noop());
    let error = two.upgrade(&db.pool, "head").await.unwrap_err();
    assert!(matches!(error, Error::ManyHeads { .. }), "{error}");
}
