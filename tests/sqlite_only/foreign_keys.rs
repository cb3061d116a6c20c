//! `foreign-keys off`: the documented rebuild of a table, on a pool whose connections enforce foreign keys.

use ambix::{Error, Migrator};
use sqlx::{Connection as _, Executor as _};

use crate::{
    setup::{Connection, fresh},
    support::{migrator, revisions},
};

const BASE: &str = "CREATE TABLE parent (id integer PRIMARY KEY);\nCREATE TABLE child (id integer PRIMARY KEY, p integer NOT NULL REFERENCES parent ON DELETE CASCADE);\n\
                    INSERT INTO parent VALUES (1), (2); INSERT INTO child VALUES (1, 1), (2, 2);";
const REBUILD: &str = "-- ambix: foreign-keys off\nCREATE TABLE new (id integer PRIMARY KEY, more text);\nINSERT INTO new (id) SELECT id FROM parent;\n\
                       DROP TABLE parent;\nALTER TABLE new RENAME TO parent;\n";

fn with(up: &str) -> Migrator {
    migrator(&[
        ("r1", BASE, ""),
        ("r2", up, "-- nothing\n"),
        ("r3", "CREATE TABLE more (id integer)", "DROP TABLE more"),
    ])
}

/// BUG-033, as far as it is the run's.
#[tokio::test]
async fn a_rebuild_keeps_the_children() {
    let db = fresh().await;
    assert_eq!(db.column("PRAGMA foreign_keys").await, ["1"]);
    with(REBUILD).run_pending(&db.pool).await.unwrap();
    assert_eq!(db.column("SELECT count(*) FROM child").await, ["2"]);
    // Without the directive the rows are lost: the test can fail.
    let db = fresh().await;
    with(REBUILD.split_once('\n').unwrap().1).run_pending(&db.pool).await.unwrap();
    assert_eq!(db.column("SELECT count(*) FROM child").await, ["0"]);
}

#[tokio::test]
async fn a_violation_is_rolled_back_and_enforcement_is_on_again() {
    let db = fresh().await;
    let mut connection = Connection::connect(&db.url).await.unwrap();
    let bad = REBUILD.replace("SELECT id FROM parent", "SELECT id FROM parent WHERE id = 1");
    for again in 0..2 {
        let error = with(&bad).run_pending(&mut connection).await.unwrap_err();
        let Error::Failed(failed) = &error else { panic!("{error}") };
        assert_eq!(failed.revision, "r2", "{again}");
        let text = format!("{error:#}");
        assert!(
            text.contains("child row 2 references parent") && text.contains("rolled back"),
            "{text}"
        );
        assert_eq!(db.tables().await, ["child", "parent"]);
        assert_eq!(db.column("SELECT count(*) FROM parent").await, ["2"]);
        let refused = connection.execute("INSERT INTO child VALUES (3, 3)").await;
        assert!(refused.is_err(), "enforcement is on again");
    }
    // Another failure inside of it, too.
    let error = with(&format!("{REBUILD}\nINSERT INTO nowhere VALUES (1)"))
        .run_pending(&mut connection)
        .await
        .unwrap_err();
    assert!(matches!(&error, Error::Failed(f) if f.place.line == 7), "{error}");
    assert!(connection.execute("INSERT INTO child VALUES (3, 3)").await.is_err());
    assert_eq!(revisions(&with(REBUILD).run_pending(&mut connection).await.unwrap()), ["r2", "r3"]);
    assert!(connection.execute("INSERT INTO child VALUES (3, 3)").await.is_err());
    // What the app had switched off stays off.
    connection.execute("PRAGMA foreign_keys = OFF").await.unwrap();
    with(REBUILD).downgrade(&mut connection, "r1").await.unwrap();
    connection.execute("INSERT INTO child VALUES (3, 3)").await.unwrap();
}

#[tokio::test]
async fn the_pragma_in_a_file_is_refused_with_the_directive() {
    for pragma in
        ["PRAGMA foreign_keys = OFF", "pragma foreign_keys=0", "PRAGMA main.foreign_keys(off)"]
    {
        let db = fresh().await;
        let error = with(&format!("SELECT 1;\n{pragma};"))
            .run_pending(&db.pool)
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("<r2 up>:2:1: ") && error.contains("-- ambix: foreign-keys off"),
            "{pragma}: {error}"
        );
        assert_eq!(db.tables().await, Vec::<String>::new());
    }
    let db = fresh().await;
    let both = format!("-- ambix: transaction none\n{REBUILD}");
    let error = format!("{:#}", with(&both).run_pending(&db.pool).await.unwrap_err());
    assert!(error.contains("does not go together with `transaction none`"), "{error}");
    for statement in ["VACUUM", "PRAGMA journal_mode = WAL", "ATTACH 'x' AS x"] {
        let error = with(&format!("SELECT 1;\n{statement};"))
            .run_pending(&db.pool)
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("<r2 up>:2:1: ") && error.contains("transaction none"),
            "{statement}: {error}"
        );
    }
    assert_eq!(db.tables().await, Vec::<String>::new());
}

/// The offline script does the same, and fails on the same.
#[tokio::test]
async fn the_script_checks_foreign_keys_too() {
    let db = fresh().await;
    let output =
        crate::flavor::shell(&db, &with(REBUILD).script("sqlite", "base", "heads").unwrap());
    assert!(output.status.success(), "{output:?}");
    assert_eq!(db.column("SELECT count(*) FROM child").await, ["2"]);
    let db = fresh().await;
    let bad = REBUILD.replace("SELECT id FROM parent", "SELECT id FROM parent WHERE id = 1");
    let output = crate::flavor::shell(&db, &with(&bad).script("sqlite", "base", "heads").unwrap());
    assert!(!output.status.success(), "{output:?}");
    assert_eq!(with(&bad).current(&db.pool).await.unwrap().revisions, ["r1"]);
    assert_eq!(db.column("SELECT count(*) FROM parent").await, ["2"]);
}
