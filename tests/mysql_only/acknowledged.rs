//! What the server has acknowledged is done, whatever the catalog shows of it; and what it has refused may be done in part.

use ambix::{Error, Migrator};

use crate::{
    setup::{Fresh, fresh, is_mariadb},
    support::{migrator, revisions},
};

/// What there is before.
const START: &str = "CREATE TABLE live (n int PRIMARY KEY, v int); CREATE TABLE fresh (n int PRIMARY KEY, v int); \
                     CREATE TABLE third (n int PRIMARY KEY); CREATE VIEW glance AS SELECT 1 AS x; CREATE INDEX ix ON live (v); \
                     CREATE TABLE parts (n int) PARTITION BY RANGE (n) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20)); \
                     CREATE TABLE apart (n int); CREATE PROCEDURE p() SELECT 1; INSERT INTO live VALUES (1, 2)";

/// Each of them is right, and of none the catalog shows afterwards what its first words promise.
const RIGHT: &[&str] = &[
    "CREATE TEMPORARY TABLE scratch (n int); INSERT INTO scratch VALUES (1); DROP TEMPORARY TABLE scratch",
    "CREATE TEMPORARY TABLE scratch (n int)",
    "CREATE TEMPORARY TABLE live (n int); DROP TABLE live",
    "CREATE OR REPLACE TEMPORARY TABLE scratch (n int)",
    "CREATE TEMPORARY TABLE scratch (n int); ALTER TABLE scratch ADD COLUMN more int; CREATE INDEX here ON scratch (more); ALTER TABLE scratch RENAME TO scratch2",
    "RENAME TABLE live TO live_before, fresh TO live",
    "RENAME TABLE live TO tmp, fresh TO live, tmp TO fresh",
    "RENAME TABLE `live` TO `LIVE2`, third TO live",
    "RENAME TABLE IF EXISTS nowhere TO somewhere",
    "DROP TABLE IF EXISTS glance; CREATE OR REPLACE VIEW glance AS SELECT 2 AS x",
    "DROP TABLE IF EXISTS nowhere, third",
    "DROP VIEW IF EXISTS nowhere",
    "CREATE TABLE IF NOT EXISTS glance (n int)",
    "CREATE TABLE IF NOT EXISTS live (another int)",
    "CREATE OR REPLACE TABLE third (other int)",
    "CREATE INDEX IF NOT EXISTS ix ON live (n)",
    "CREATE OR REPLACE INDEX ix ON live (n)",
    "DROP INDEX IF EXISTS nowhere ON live",
    "CREATE PROCEDURE IF NOT EXISTS p() SELECT 2",
    "DROP FUNCTION IF EXISTS nowhere",
    "DROP TRIGGER IF EXISTS nowhere",
    "ALTER TABLE live RENAME COLUMN n TO v, RENAME COLUMN v TO n",
    "ALTER TABLE live CHANGE n v int, CHANGE v n int",
    "ALTER TABLE fresh DROP COLUMN v, ADD COLUMN v bigint",
    "ALTER TABLE live DROP PRIMARY KEY, ADD PRIMARY KEY (n, v)",
    "ALTER TABLE live ADD COLUMN IF NOT EXISTS v int, DROP COLUMN IF EXISTS nowhere",
    "ALTER TABLE live DROP INDEX IF EXISTS nowhere",
    "ALTER TABLE live RENAME INDEX ix TO ix2, ADD INDEX ix (n)",
    "ALTER TABLE IF EXISTS nowhere ADD COLUMN more int",
    "ALTER TABLE live ADD UNIQUE (v), ADD CHECK (v > 0)",
    "ALTER TABLE live RENAME TO live2, ADD COLUMN more int",
    "ALTER TABLE parts EXCHANGE PARTITION p0 WITH TABLE apart",
    "ALTER TABLE live ENGINE = InnoDB, COMMENT = 'x'",
    "CREATE SEQUENCE seq; DROP SEQUENCE seq",
    "CREATE TABLE copied LIKE live; CREATE TABLE selected AS SELECT * FROM live",
    "CREATE DATABASE IF NOT EXISTS information_schema_of_nobody; DROP DATABASE IF EXISTS information_schema_of_nobody",
    "LOCK TABLES live WRITE; UNLOCK TABLES",
    "/*!50003 DROP TABLE IF EXISTS glance */; /*!50001 CREATE TABLE IF NOT EXISTS third (n int) */",
];

fn with(up: &str, down: &str) -> Migrator {
    migrator(&[("r1", START, ""), ("r2", up, down)])
}

#[tokio::test]
async fn what_was_acknowledged_is_done() {
    let mut wrong = Vec::new();
    let is_mariadb = is_mariadb().await;
    // MySQL does not know all of them.
    let is_known = |error: &Error| is_mariadb || !error.to_string().contains("code 1064");
    for statement in RIGHT {
        let db = fresh().await;
        let migrator = with(statement, "");
        match migrator.run_pending(&db.pool).await {
            Ok(report) => assert_eq!(revisions(&report), ["r1", "r2"], "{statement}"),
            Err(error) if is_known(&error) => wrong.push(format!("{statement}: {error}")),
            Err(_) => continue,
        }
        assert!(migrator.verify(&db.pool).await.unwrap().is_ok(), "{statement}");

        let db = fresh().await;
        let migrator = with("SELECT 1", statement);
        migrator.run_pending(&db.pool).await.unwrap();
        match migrator.downgrade(&db.pool, "r1").await {
            Ok(report) => assert_eq!(revisions(&report), ["r2"], "{statement}"),
            Err(error) => wrong.push(format!("down: {statement}: {error}")),
        }
        assert_eq!(migrator.current(&db.pool).await.unwrap().revisions, ["r1"], "{statement}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

async fn tables(db: &Fresh) -> usize {
    db.tables().await.len()
}

/// A statement of several parts that failed has perhaps done some of them.
#[tokio::test]
async fn what_failed_in_parts_is_in_doubt() {
    let parts =
        "CREATE PROCEDURE q() BEGIN CREATE TABLE made (n int); INSERT INTO nowhere VALUES (1); END";
    for (statement, left) in [
        // MySQL drops all of them or none.
        ("DROP TABLE third, nowhere", if is_mariadb().await { -1 } else { 0 }),
        ("CALL q()", 1),
        ("BEGIN NOT ATOMIC CREATE TABLE made (n int); INSERT INTO nowhere VALUES (1); END", 1),
    ] {
        if statement.contains("NOT ATOMIC") && !is_mariadb().await {
            continue;
        }
        for down in [false, true] {
            let db = fresh().await;
            let migrator = if down { with("SELECT 1", statement) } else { with(statement, "") };
            migrator.upgrade(&db.pool, if down { "r2" } else { "r1" }).await.unwrap();
            db.execute(parts).await;
            let before = tables(&db).await;
            let run = async || match down {
                true => migrator.downgrade(&db.pool, "r1").await,
                false => migrator.run_pending(&db.pool).await,
            };
            let text = format!("{:#}", run().await.unwrap_err());
            assert!(text.contains("in doubt"), "{statement}: {text}");
            assert!(!text.contains("nothing of this step was done"), "{statement}: {text}");
            assert!(text.contains("Repair::Resume"), "{statement}: {text}");
            let error = migrator.upgrade(&db.pool, "r1").await.unwrap_err();
            assert!(matches!(error, Error::Unfinished(_)), "{statement}: {error}");
            match run().await {
                // What was to go is gone, as the catalog shows.
                Ok(_) => assert!(statement.starts_with("DROP"), "{statement}"),
                Err(error) => {
                    assert!(matches!(error, Error::Unfinished(_)), "{statement}: {error}")
                }
            }
            let now = tables(&db).await;
            assert_eq!(now, before.checked_add_signed(left).unwrap(), "{statement}");
        }
    }
}
