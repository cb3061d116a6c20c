//! Tables whose engine has no transactions: nothing that was done there is done twice.

use std::time::Duration;

use ambix::{Error, Migration, Migrations, Migrator, options::TransactionMode, repair::Repair};
use sqlx::Connection as _;

use crate::{
    setup::{Connection, Fresh, fresh, is_mariadb},
    support::{migrator, revisions},
};

const ENGINES: &[&str] = &["MyISAM", "Aria", "MEMORY", "CSV"];

/// Those of them that the server has.
async fn engines(all: &[&'static str]) -> Vec<&'static str> {
    let is_mariadb = is_mariadb().await;
    all.iter().copied().filter(|engine| is_mariadb || *engine != "Aria").collect()
}

fn made(engine: &str) -> String {
    let key = if engine == "CSV" { "" } else { " PRIMARY KEY" };
    format!(
        "CREATE TABLE m (n int NOT NULL{key}) ENGINE = {engine}; CREATE TABLE safe (n int PRIMARY KEY) ENGINE = InnoDB; \
         CREATE VIEW sight AS SELECT n FROM m; CREATE TABLE watched (n int PRIMARY KEY); \
         CREATE TRIGGER tr AFTER INSERT ON watched FOR EACH ROW INSERT INTO m VALUES (NEW.n); \
         CREATE FUNCTION put(n int) RETURNS int MODIFIES SQL DATA BEGIN INSERT INTO m VALUES (n); RETURN n; END"
    )
}

fn with(engine: &str, up: &str, down: &str) -> Migrator {
    migrator(&[
        ("r1", &made(engine), ""),
        ("r2", up, down),
        ("r3", "INSERT INTO safe VALUES (33)", ""),
    ])
}

async fn rows(db: &Fresh) -> Vec<String> {
    db.column("SELECT n FROM m ORDER BY n").await
}

/// Statement by statement: the first is done, and stays so.
#[tokio::test]
async fn what_is_done_before_a_failure_is_not_done_again() {
    for engine in engines(ENGINES).await {
        for first in [
            "INSERT INTO m VALUES (1)",
            "INSERT INTO `M` VALUES (1)",
            "INSERT INTO sight VALUES (1)",
            "INSERT INTO watched VALUES (1)",
            "INSERT INTO safe VALUES (put(1))",
            "INSERT INTO SCHEMA.m VALUES (1)",
            "REPLACE INTO m VALUES (1)",
        ] {
            let db = fresh().await;
            let name = format!("`{}`", db.name);
            let first = first.replace("SCHEMA", &name).replace("`M`", "`m`");
            if engine == "CSV" && first.contains("sight") {
                continue; // It takes no rows by a view.
            }
            let of = |last: &str| {
                with(engine, &format!("INSERT INTO safe VALUES (0);\n{first};\n{last}"), "")
            };
            let failing = of("INSERT INTO nowhere VALUES (1)");
            for _ in 0..2 {
                let error = failing.run_pending(&db.pool).await.unwrap_err();
                let text = format!("{error:#}");
                assert!(
                    text.contains("its first 2 of 3 statements are done"),
                    "{engine}: {first}: {text}"
                );
                assert!(!text.contains("rolled back"), "{engine}: {text}");
                assert_eq!(rows(&db).await, ["1"], "{engine}: {first}");
            }
            let report = of("INSERT INTO m VALUES (2)").run_pending(&db.pool).await.unwrap();
            assert_eq!(revisions(&report), ["r2", "r3"], "{engine}: {first}");
            assert_eq!(rows(&db).await, ["1", "2"], "{engine}: {first}");
        }
    }
}

/// A statement that fails in the middle of its rows has left the first of them.
#[tokio::test]
async fn a_statement_that_failed_in_the_middle_is_in_doubt() {
    for engine in engines(&["MyISAM", "Aria", "MEMORY"]).await {
        for lent in [false, true] {
            let db = fresh().await;
            let migrator = with(engine, "INSERT INTO m VALUES (1), (2), (1)", "");
            for round in 0..2 {
                let error = if lent {
                    let mut connection = Connection::connect(&db.url).await.unwrap();
                    migrator.run_pending(&mut connection).await.unwrap_err()
                } else {
                    migrator.run_pending(&db.pool).await.unwrap_err()
                };
                let text = format!("{error:#}");
                assert!(
                    text.contains("in doubt") && !text.contains("nothing of this"),
                    "{engine}: {text}"
                );
                assert_eq!(matches!(error, Error::Unfinished(_)), round > 0, "{engine}: {text}");
                assert_eq!(rows(&db).await, ["1", "2"], "{engine}");
            }
            // Somebody has looked, and completed it.
            migrator.repair(&db.pool, [Repair::MarkApplied("r2".into())]).await.unwrap();
            assert_eq!(revisions(&migrator.run_pending(&db.pool).await.unwrap()), ["r3"]);
        }
    }
}

/// The same on the way down.
#[tokio::test]
async fn a_downgrade_is_not_done_twice_either() {
    for engine in engines(&["MyISAM", "Aria", "MEMORY"]).await {
        let db = fresh().await;
        let migrator = with(
            engine,
            "INSERT INTO m VALUES (1), (2), (3)",
            "UPDATE m SET n = CASE n WHEN 1 THEN 9 ELSE 3 END WHERE n < 3 ORDER BY n",
        );
        migrator.upgrade(&db.pool, "r1").await.unwrap();
        migrator.upgrade(&db.pool, "r2").await.unwrap();
        let error = migrator.downgrade(&db.pool, "r1").await.unwrap_err();
        assert!(format!("{error:#}").contains("in doubt"), "{engine}: {error}");
        let error = migrator.downgrade(&db.pool, "r1").await.unwrap_err();
        assert!(matches!(error, Error::Unfinished(_)), "{engine}: {error}");
        assert_eq!(rows(&db).await, ["2", "3", "9"], "{engine}");
    }
}

/// What a function writes is not to be seen before; the server says it at the rollback.
#[tokio::test]
async fn a_function_that_failed_is_not_called_again() {
    for (up, lent) in [
        ("-- ambix: run fill", false),
        ("-- ambix: run fill", true),
        ("INSERT INTO safe VALUES (5);\n-- ambix: run fill", false),
        ("CREATE TABLE more (n int);\n-- ambix: run fill", false),
        ("CREATE TABLE more (n int);\n-- ambix: run fill", true),
    ] {
        let db = fresh().await;
        let list = [Migration::new("r1", "").up(&made("MyISAM")), Migration::new("r2", "").up(up)];
        let migrator = Migrator::from_migrations(Migrations::new(list).unwrap()).unwrap();
        let migrator = migrator.register("fill", |connection: &mut Connection| {
            Box::pin(async move {
                sqlx::raw_sql("INSERT INTO m VALUES (7)").execute(&mut *connection).await?;
                Err("no".into())
            })
        });
        for round in 0..2 {
            let error = if lent {
                let mut connection = Connection::connect(&db.url).await.unwrap();
                migrator.run_pending(&mut connection).await.unwrap_err()
            } else {
                migrator.run_pending(&db.pool).await.unwrap_err()
            };
            assert_eq!(matches!(error, Error::Unfinished(_)), round > 0, "{up}: {error}");
            assert!(
                format!("{error:#}").contains("no transactions") || round == 0,
                "{up}: {error}"
            );
            assert_eq!(rows(&db).await, ["7"], "{up}: {error}");
        }
    }
}

/// A crash in the middle: nobody has heard whether it was done.
#[tokio::test]
async fn a_crash_leaves_the_statement_in_doubt() {
    for engine in engines(ENGINES).await {
        let db = fresh().await;
        let up = "INSERT INTO m VALUES (1);\nINSERT INTO m SELECT 2 + SLEEP(60)";
        let migrator = with(engine, up, "");
        migrator.upgrade(&db.pool, "r1").await.unwrap();
        let (url, other) = (db.url.clone(), migrator.clone());
        let run = tokio::spawn(async move {
            let mut connection = Connection::connect(&url).await.unwrap();
            other.run_pending(&mut connection).await.unwrap_err()
        });
        let asleep = "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND state = 'User sleep'";
        let mut ids = Vec::new();
        while ids.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
            ids = db.column(asleep).await;
        }
        db.execute(&format!("KILL {}", ids[0])).await;
        run.await.unwrap();
        let error = migrator.run_pending(&db.pool).await.unwrap_err();
        let Error::Unfinished(unfinished) = &error else { panic!("{engine}: {error}") };
        assert_eq!(unfinished.done, 1, "{engine}: {error}");
        assert!(format!("{error:#}").contains("no transactions"), "{engine}: {error}");
        // MySQL ends the sleep alone, and the row is written.
        let written = if is_mariadb().await { &["1"][..] } else { &["1", "3"] };
        assert_eq!(rows(&db).await, written, "{engine}");
    }
}

#[tokio::test]
async fn it_cannot_be_part_of_one_transaction_for_the_run() {
    let db = fresh().await;
    with("MyISAM", "", "").upgrade(&db.pool, "r1").await.unwrap();
    let all = with("MyISAM", "INSERT INTO m VALUES (1)", "").transaction(TransactionMode::All);
    let error = format!("{:#}", all.run_pending(&db.pool).await.unwrap_err());
    assert!(error.contains("cannot be part of one transaction"), "{error}");
    assert_eq!(rows(&db).await, Vec::<String>::new());
}

/// Where every table has transactions, a step of data is one, and travels with others.
#[tokio::test]
async fn steps_beside_it_are_as_ever() {
    let db = fresh().await;
    let up = "INSERT INTO safe VALUES (1);\nINSERT INTO nowhere VALUES (1)";
    let error = format!("{:#}", with("MyISAM", up, "").run_pending(&db.pool).await.unwrap_err());
    assert!(error.contains("rolled back"), "{error}");
    assert_eq!(db.column("SELECT n FROM safe").await, Vec::<String>::new());
    let report = with("MyISAM", "INSERT INTO safe VALUES (1)", "").run_pending(&db.pool).await;
    assert_eq!(revisions(&report.unwrap()), ["r2", "r3"]);
}
