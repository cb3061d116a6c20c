//! A deadlock rolls the whole transaction back. Where the statement that met it hides that, the statements behind it are not
//! committed one by one.

use std::time::{Duration, Instant};

use ambix::Migrator;
use sqlx::{Connection as _, Executor as _};

use crate::{
    setup::{Connection, fresh},
    support::migrator,
};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);

/// What meets the deadlock.
const HIDING: [&str; 5] = [
    "DO (SELECT v FROM b WHERE id = 1 FOR UPDATE)",
    "DO (SELECT COUNT(*) FROM b WHERE id = 1 LOCK IN SHARE MODE)",
    "DO (SELECT v FROM b WHERE id = 1 FOR UPDATE);\nDO 1;\nSELECT 1",
    "DO 1 + (SELECT MAX(v) FROM b FOR UPDATE), 2",
    // One that hides nothing.
    "SELECT v FROM b WHERE id = 1 FOR UPDATE",
];

#[tokio::test]
async fn what_stands_behind_a_hidden_deadlock_is_done_once_with_the_rest() {
    for hiding in HIDING {
        for way in ["own", "pool", "lent"] {
            deadlock(way, hiding, false).await;
        }
    }
    // With a statement that commits, each of the others is a transaction of its own, and nothing can be rolled back behind it.
    deadlock("own", HIDING[0], true).await;
}

async fn deadlock(way: &str, hiding: &str, mixed: bool) {
    let case = format!("{way}: {hiding}");
    let db = fresh().await;
    db.execute(
        "CREATE TABLE a (id int PRIMARY KEY, v int); CREATE TABLE b (id int PRIMARY KEY, v int); \
         CREATE TABLE log (id int AUTO_INCREMENT PRIMARY KEY, n int); INSERT INTO a VALUES (1, 0); INSERT INTO b VALUES (1, 0)",
    )
    .await;
    let ddl = if mixed { "CREATE TABLE c (id int);\n" } else { "" };
    let body = format!(
        "{ddl}UPDATE a SET v = v + 1;\nINSERT INTO log (n) VALUES (1);\nDO GET_LOCK('at_{name}', 0);\n{hiding};\n\
         INSERT INTO log (n) VALUES (2);",
        name = db.name
    );
    let runs: Migrator = migrator(&[("r1", &body, "")]).allow_existing(true);
    let run = async {
        match way {
            "own" => runs.run_pending(db.url.as_str()).await,
            "pool" => runs.run_pending(&db.pool).await,
            _ => {
                let mut connection = Connection::connect(&db.url).await.unwrap();
                let report = runs.run_pending(&mut connection).await;
                let left: i64 = sqlx::query_scalar("SELECT @@SESSION.autocommit")
                    .fetch_one(&mut connection)
                    .await
                    .unwrap();
                assert_eq!(left, 1, "{case}");
                report
            }
        }
    };
    let mut other = Connection::connect(&db.url).await.unwrap();
    // The larger of two transactions is not the one that is rolled back.
    other.execute("BEGIN; UPDATE b SET v = v + 100").await.unwrap();
    for n in 0..20 {
        let more = format!("INSERT INTO log (n) VALUES ({n} + 100)");
        other.execute(sqlx::AssertSqlSafe(more)).await.unwrap();
    }
    if mixed {
        other.execute("COMMIT").await.unwrap();
    }
    let meddle = async {
        if mixed {
            return;
        }
        let until = Instant::now() + LONG;
        let holder = format!("SELECT CAST(IS_USED_LOCK('at_{}') AS CHAR)", db.name);
        loop {
            let waiting = db.waiting_transactions().await;
            if db.column(&holder).await.iter().any(|session| waiting.contains(session)) {
                break;
            }
            assert!(Instant::now() < until, "{case}: it does not come to that");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        other
            .execute("UPDATE a SET v = v + 100; DELETE FROM log WHERE n >= 100; COMMIT")
            .await
            .unwrap();
    };
    let (report, ()) = tokio::join!(run, meddle);
    report.unwrap_or_else(|error| panic!("{case}: {error:#}"));
    assert_eq!(db.column("SELECT n FROM log WHERE n < 100 ORDER BY n").await, ["1", "2"], "{case}");
    let v = if mixed { "1" } else { "101" };
    assert_eq!(db.column("SELECT CAST(v AS CHAR) FROM a").await, [v], "{case}");
}
