//! Two applications on one database, with the same library in two versions.

use ambix::{Error, options::UnknownApplied};
use sqlx::{AssertSqlSafe, PgPool, Row, postgres::PgConnectOptions};

#[tokio::test]
async fn the_older_application_starts_on_the_newer_library_s_schema() {
    let db = Database::new("older").await;
    let two = app_two::start(&db.pool).await.unwrap();
    let one = app_one::start(&db.pool).await.unwrap();
    one.send("ada", "from version 1").await.unwrap();
    two.send("ada", "from version 2").await.unwrap();
    assert_eq!(two.read("ada").await.unwrap(), ["from version 1", "from version 2"]);

    // What it had to be allowed, and what it says about it.
    let report = app_one::MAILBOX_MIGRATOR.run_pending(&db.pool).await.unwrap();
    assert!(report.is_noop(), "{report}");
    let notes: Vec<String> = report.notes.iter().map(ToString::to_string).collect();
    assert_eq!(notes, ["the schema is newer than this program: it also has 0002"]);
    let strict = app_one::MAILBOX_MIGRATOR.clone().unknown_applied(UnknownApplied::Error);
    let refused = strict.run_pending(&db.pool).await.unwrap_err();
    assert!(matches!(&refused, Error::Missing(all) if all[0].revision == "0002"), "{refused}");
    assert!(format!("{refused:#}").contains("by mailbox 2.0.0 on "), "{refused}");
    db.drop().await;
}

#[tokio::test]
async fn the_newer_application_upgrades_under_the_older_one() {
    let db = Database::new("newer").await;
    let one = app_one::start(&db.pool).await.unwrap();
    one.send("ada", "before").await.unwrap();
    let two = app_two::start(&db.pool).await.unwrap();
    one.send("ada", "after").await.unwrap();
    assert_eq!(two.read("ada").await.unwrap(), ["before", "after"]);
    app_one::start(&db.pool).await.unwrap();
    db.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn both_start_at_once() {
    let db = Database::new("both").await;
    let mut starts = Vec::new();
    for _ in 0..4 {
        let (one, two) = (db.pool.clone(), db.pool.clone());
        starts.push(tokio::spawn(async move { app_one::start(&one).await.map(drop) }));
        starts.push(tokio::spawn(async move { app_two::start(&two).await.map(drop) }));
    }
    for start in starts {
        start.await.unwrap().unwrap();
    }
    // Three histories side by side; each migration was run once, or its CREATE TABLE would have failed.
    for (history, revisions) in [("app_one", "1"), ("app_two", "1"), ("mailbox", "0001 0002")] {
        let sql =
            format!("SELECT string_agg(revision, ' ' ORDER BY revision) FROM {history}_history");
        let row = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(&db.pool).await.unwrap();
        assert_eq!(row.get::<String, _>(0), revisions, "{history}");
    }
    db.drop().await;
}

/// A database of its own; a failed test leaves it there, to be looked at.
struct Database {
    server: PgPool,
    name: String,
    pool: PgPool,
}

impl Database {
    async fn new(name: &str) -> Self {
        let url =
            std::env::var("AMBIX_TEST_POSTGRES_URL").expect("./test sets AMBIX_TEST_POSTGRES_URL");
        let name = format!("ambix_mailbox_{name}_{}", std::process::id());
        let options: PgConnectOptions = url.parse().unwrap();
        let server = PgPool::connect_with(options.clone()).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .execute(&server)
            .await
            .unwrap();
        let pool = PgPool::connect_with(options.database(&name)).await.unwrap();
        Self { server, name, pool }
    }

    async fn drop(self) {
        let sql = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&self.server).await.unwrap();
    }
}
