//! Crashes in the middle of DDL, which commits by itself.

use std::time::Duration;

use ambix::{Error, Migrator, options::Timeouts, repair::Repair};
use sqlx::{Connection as _, Executor as _};

use crate::{
    setup::{Connection, Fresh, fresh, is_mariadb},
    support::{migrator, revisions},
};

fn with(statement: &str) -> Migrator {
    let up =
        format!("INSERT INTO t (id) VALUES (1);\n{statement};\nINSERT INTO t (id) VALUES (2);");
    let made = "CREATE TABLE t (id integer, old integer, KEY old_key (old)); CREATE TABLE parent (id integer PRIMARY KEY)";
    migrator(&[("r1", made, ""), ("r2", &up, "")]).timeouts(Timeouts::default().lock(None))
}

/// The connection of a run that stands in `statement` is killed.
///
/// A lock on the table holds the statement up, so that the kill meets it in any case.
async fn killed(db: &Fresh, statement: &str) -> Error {
    with(statement).upgrade(&db.pool, "r1").await.unwrap();
    let mut other = Connection::connect(&db.url).await.unwrap();
    // The INSERT before it goes through, the DDL does not.
    other.execute("INSERT INTO t (id) VALUES (0)").await.unwrap();
    other.execute("BEGIN").await.unwrap();
    other.execute("SELECT * FROM t").await.unwrap();
    let (url, migrator) = (db.url.clone(), with(statement));
    let run = tokio::spawn(async move {
        let mut connection = Connection::connect(&url).await.unwrap();
        migrator.run_pending(&mut connection).await.unwrap_err()
    });
    for _ in 0..600 {
        let ids = db
            .column("SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND state LIKE 'Waiting for table metadata lock%'")
            .await;
        if let Some(id) = ids.first() {
            db.execute(&format!("KILL {id}")).await;
            let error = run.await.unwrap();
            // The client hears of the kill before the statement does: let go too early, and it would still be done.
            gone(db, id).await;
            other.execute("ROLLBACK").await.unwrap();
            return error;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{statement} does not wait");
}

async fn gone(db: &Fresh, id: &str) {
    for _ in 0..600 {
        let left = db
            .column(&format!("SELECT id FROM information_schema.processlist WHERE id = {id}"))
            .await;
        if left.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("connection {id} does not end");
}

async fn ids(db: &Fresh) -> Vec<String> {
    db.column("SELECT id FROM t ORDER BY id").await
}

/// The statement in doubt, and what somebody else would have had to do for it to be done.
const TOLD: &[&str] = &[
    "ALTER TABLE t ADD COLUMN new integer",
    "ALTER TABLE t ADD new integer, ADD other integer",
    "ALTER TABLE t DROP COLUMN old",
    "ALTER TABLE t CHANGE old older bigint",
    "ALTER TABLE t RENAME COLUMN old TO older",
    "ALTER TABLE t ADD INDEX new_key (id)",
    "ALTER TABLE t DROP INDEX old_key",
    "ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (old) REFERENCES parent (id)",
    "ALTER TABLE t ADD PRIMARY KEY (id)",
    "CREATE INDEX new_key ON t (id)",
    "CREATE UNIQUE INDEX new_key ON `t` (id)",
    "DROP INDEX old_key ON t",
    "RENAME TABLE t TO t_before, parent TO parent2, t_before TO t",
    "ALTER TABLE t DROP INDEX old_key, ADD INDEX new_key (id), ADD COLUMN IF NOT EXISTS old integer",
    "ALTER TABLE t RENAME INDEX old_key TO new_key",
    "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.old = 1",
];

/// MySQL has no IF NOT EXISTS in ALTER TABLE.
async fn statement_is_known(statement: &str) -> bool {
    !statement.contains("IF NOT EXISTS") || is_mariadb().await
}

#[tokio::test]
async fn absent_is_run_and_done_is_not_run_again() {
    for statement in TOLD {
        if !statement_is_known(statement).await {
            continue;
        }
        let db = fresh().await;
        let error = killed(&db, statement).await;
        assert!(matches!(error, Error::Database { .. }), "{statement}: {error}");
        let doubt = db.column("SELECT CONCAT(statements_done, ' ', doubt_hash <> '') FROM ambix_history WHERE revision = 'r2'").await;
        assert_eq!(doubt, ["1 1"], "{statement}");
        assert_eq!(
            revisions(&with(statement).run_pending(&db.pool).await.unwrap()),
            ["r2"],
            "{statement}: absent"
        );
        assert_eq!(ids(&db).await, ["0", "1", "2"], "{statement}: absent");

        let db = fresh().await;
        killed(&db, statement).await;
        db.execute(statement).await;
        // None of them could be run twice.
        assert_eq!(
            revisions(&with(statement).run_pending(&db.pool).await.unwrap()),
            ["r2"],
            "{statement}: done"
        );
        assert_eq!(ids(&db).await, ["0", "1", "2"], "{statement}: done");
    }
}

#[tokio::test]
async fn what_cannot_be_told_is_refused_with_the_ways_on() {
    let statement = "ALTER TABLE t ADD CHECK (id < 1000)";
    for repair in [
        Repair::Resume("r2".into()),
        Repair::MarkApplied("r2".into()),
        Repair::MarkPending("r2".into()),
    ] {
        let db = fresh().await;
        killed(&db, statement).await;
        let error = with(statement).run_pending(&db.pool).await.unwrap_err();
        let Error::Unfinished(unfinished) = &error else { panic!("{error}") };
        let (text, place) = unfinished.statement.as_ref().unwrap();
        assert_eq!(
            (text.as_str(), place.line, place.column, unfinished.done),
            (statement, 2, 1, 1)
        );
        let text = format!("{error:#}");
        for part in [
            "`ALTER TABLE t ADD CHECK",
            "does not show",
            "Repair::Resume",
            "Repair::MarkApplied",
            "Repair::MarkPending",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        // Another statement in its place is not simply run, either.
        let error = with("SELECT 1").run_pending(&db.pool).await.unwrap_err();
        assert!(
            format!("{error:#}").contains("in its place")
                || format!("{error:#}").contains("no longer in the file"),
            "{error}"
        );
        with(statement).repair(&db.pool, [repair.clone()]).await.unwrap();
        with(statement).run_pending(&db.pool).await.unwrap();
        let expected: &[&str] = match repair {
            Repair::Resume(_) => &["0", "1", "2"],
            Repair::MarkApplied(_) => &["0", "1"],
            _ => &["0", "1", "1", "2"],
        };
        assert_eq!(ids(&db).await, expected, "{repair:?}");
    }
}

/// What is there before and after alike tells nothing, so that nothing is claimed of it.
#[tokio::test]
async fn names_that_change_places_tell_nothing() {
    for statement in [
        "RENAME TABLE t TO other, parent TO t, other TO parent",
        "ALTER TABLE t RENAME COLUMN id TO old, RENAME COLUMN old TO id",
        "ALTER TABLE t CHANGE id old integer, CHANGE old id integer",
        "ALTER TABLE t RENAME INDEX old_key TO new_key, ADD INDEX old_key (id)",
        "ALTER TABLE t ADD CHECK (id < 1000), ALGORITHM = COPY",
    ] {
        for done in [false, true] {
            let db = fresh().await;
            killed(&db, statement).await;
            if done {
                db.execute(statement).await;
            }
            let error = with(statement).run_pending(&db.pool).await.unwrap_err();
            assert!(matches!(error, Error::Unfinished(_)), "{statement}: {done}: {error}");
            assert!(format!("{error:#}").contains("does not show"), "{statement}: {error}");
        }
    }
    // Half of it was done by hand.
    let statement = "RENAME TABLE t TO t2, parent TO parent2";
    let db = fresh().await;
    killed(&db, statement).await;
    db.execute("RENAME TABLE parent TO parent2").await;
    let error = with(statement).run_pending(&db.pool).await.unwrap_err();
    assert!(format!("{error:#}").contains("does not show"), "{error}");
}

/// `IF NOT EXISTS` may meet another object.
#[tokio::test]
async fn what_can_be_said_in_many_ways_is_done() {
    let db = fresh().await;
    let up = "CREATE TABLE a (id integer); CREATE TABLE IF NOT EXISTS a (id integer)";
    migrator(&[("r1", up, "")]).run_pending(&db.pool).await.unwrap();
    let up = "CREATE TABLE b (id integer);\nCREATE VIEW v AS SELECT 1;\nDROP TABLE IF EXISTS nothing;\nRENAME TABLE b TO c;\nCREATE OR REPLACE VIEW v AS SELECT 2;\n\
              CREATE DEFINER = CURRENT_USER PROCEDURE p() SELECT 1;\nDROP PROCEDURE p;\nTRUNCATE TABLE c";
    let report =
        migrator(&[("r2", up, "")]).history_table("other").run_pending(&db.pool).await.unwrap();
    assert_eq!(report.steps[0].statements, 8);
}
