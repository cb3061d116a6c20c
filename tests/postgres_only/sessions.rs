//! Roles and servers with defaults of their own, and servers that end a connection.

use std::time::Duration;

use ambix::{
    Migration, Migrations, Migrator, draft::DraftOptions, options::Lock,
    preflight::PreflightOptions,
};
use sqlx::{ConnectOptions as _, Connection as _, postgres::PgConnectOptions};

use crate::{
    setup::{Connection, Fresh, Pool, fresh},
    support::{migrator, revisions, three, unique},
};

const LONG: Duration = Duration::from_secs(60);

/// A role, dropped with the value after its database.
struct Role {
    db: Fresh,
    name: String,
    pool: Pool,
}

impl Role {
    async fn new(attributes: &[&str]) -> Self {
        let db = fresh().await;
        let name = unique("ambix_role");
        db.execute(&format!("CREATE ROLE {name} LOGIN; GRANT ALL ON SCHEMA public TO {name}"))
            .await;
        for attribute in attributes {
            db.execute(&format!("ALTER ROLE {name} {attribute}")).await;
        }
        let options: PgConnectOptions = db.url.parse().unwrap();
        let options = options.username(&name);
        let pool = sqlx::postgres::PgPoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await
            .unwrap();
        Self { db, name, pool }
    }

    async fn end(self) {
        self.pool.close().await;
        self.db.execute(&format!("DROP OWNED BY {0}; DROP ROLE {0}", self.name)).await;
    }
}

#[tokio::test]
async fn defaults_of_the_role_do_not_matter() {
    for attributes in [
        &["SET default_transaction_isolation = 'serializable'"][..],
        &["SET default_transaction_isolation = 'repeatable read'"],
        &[
            "SET default_transaction_deferrable = on",
            "SET default_transaction_isolation = 'serializable'",
        ],
        &["SET standard_conforming_strings = off"],
        &["SET search_path = ''", "SET search_path = public"],
        &[
            "SET statement_timeout = '1s'",
            "SET lock_timeout = '1s'",
            "SET idle_in_transaction_session_timeout = '1ms'",
        ],
    ] {
        let role = Role::new(attributes).await;
        let migrator = migrator(&[
            ("r1", "CREATE TABLE t1 (id integer)", "DROP TABLE t1"),
            (
                "r2",
                "-- ambix: transaction none\nCREATE INDEX CONCURRENTLY t1_id ON t1 (id)",
                "DROP INDEX t1_id",
            ),
            ("r3", "INSERT INTO t1 SELECT 3 FROM pg_sleep(1.5)", "DELETE FROM t1"),
        ]);
        // Two at once, so that one reads again after it has waited.
        let url = role.pool.connect_options().to_url_lossy().to_string();
        let (other, of_other) = (migrator.clone(), url.clone());
        let other = tokio::spawn(async move { other.run_pending(&of_other).await });
        let mut steps: Vec<String> = revisions(&migrator.run_pending(&role.pool).await.unwrap())
            .into_iter()
            .map(str::to_owned)
            .collect();
        let other = tokio::time::timeout(LONG, other)
            .await
            .unwrap()
            .unwrap()
            .unwrap_or_else(|e| panic!("{attributes:?}: {e}"));
        steps.extend(revisions(&other).into_iter().map(str::to_owned));
        assert_eq!(steps, ["r1", "r2", "r3"], "{attributes:?}");
        assert_eq!(role.db.column("SELECT id::text FROM t1").await, ["3"]);
        migrator.downgrade(&url, "base").await.unwrap();
        role.end().await;
    }
}

#[tokio::test]
async fn a_role_whose_transactions_only_read_is_told_so() {
    let role = Role::new(&["SET default_transaction_read_only = on"]).await;
    let migrator = migrator(&[
        ("r1", "CREATE TABLE t1 (id integer)", ""),
        ("r2", "-- ambix: transaction none\nCREATE INDEX CONCURRENTLY t1_id ON t1 (id)", ""),
    ]);
    let error = format!("{:#}", migrator.run_pending(&role.pool).await.unwrap_err());
    assert!(error.contains("default_transaction_read_only"), "{error}");
    assert_eq!(role.db.tables().await, Vec::<String>::new());
    // What only reads works, and a start with nothing to do.
    assert_eq!(migrator.status(&role.pool).await.unwrap().with("pending").count(), 2);
    migrator.run_pending(&role.db.pool).await.unwrap();
    role.db.execute(&format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}", role.name)).await;
    assert!(migrator.run_pending(&role.pool).await.unwrap().is_noop());
    assert_eq!(role.db.leaks().await, Vec::<String>::new());
    role.end().await;
}

#[tokio::test]
async fn the_right_to_read_is_enough_for_a_start_with_nothing_to_do() {
    let role = Role::new(&[]).await;
    let migrator = three();
    migrator.run_pending(&role.db.pool).await.unwrap();
    role.db
        .execute(&format!(
            "REVOKE ALL ON SCHEMA public FROM {0}, public; GRANT USAGE ON SCHEMA public TO {0}",
            role.name
        ))
        .await;
    role.db
        .execute(&format!("GRANT SELECT ON ambix_history, ambix_history_lock TO {}", role.name))
        .await;
    assert!(migrator.run_pending(&role.pool).await.unwrap().is_noop());
    assert_eq!(migrator.status(&role.pool).await.unwrap().with("applied").count(), 3);
    assert!(migrator.verify(&role.pool).await.unwrap().is_ok());
    assert_eq!(migrator.current(&role.pool).await.unwrap().revisions, ["r3"]);
    assert!(migrator.plan(&role.pool, "heads").await.unwrap().is_empty());
    migrator.wait(&role.pool, "heads", LONG).await.unwrap();
    // With something to do it is told what it may not.
    let error = format!("{:#}", migrator.downgrade(&role.pool, "-1").await.unwrap_err());
    assert!(error.contains("permission denied"), "{error}");
    assert_eq!(role.db.leaks().await, Vec::<String>::new());
    role.end().await;
}

#[tokio::test]
async fn the_apps_statement_timeout_is_not_the_migrations() {
    let db = fresh().await;
    let options: PgConnectOptions = db.url.parse().unwrap();
    let options = options.options([("statement_timeout", "1000"), ("lock_timeout", "1000")]);
    let pool = sqlx::postgres::PgPoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await
        .unwrap();
    let migrator = migrator(&[
        ("r1", "SELECT pg_sleep(1.5)", ""),
        ("r2", "-- ambix: transaction none\nSELECT pg_sleep(1.5)", ""),
    ]);
    assert_eq!(revisions(&migrator.run_pending(&pool).await.unwrap()), ["r1", "r2"]);
    let timeout: String =
        sqlx::query_scalar("SHOW statement_timeout").fetch_one(&pool).await.unwrap();
    assert_eq!(timeout, "1s");
}

const SLEEPS: &str = "wait_event = 'PgSleep'";
const IN_RUST: &str = "state = 'idle in transaction'";

/// Ends the runner's connection from another one, once it has come to the given statement.
async fn terminate(db: &Fresh, running: &str) {
    let until = std::time::Instant::now() + LONG;
    let terminate = format!(
        "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE datname = current_database() AND \
         application_name LIKE 'ambix %' AND pid <> pg_backend_pid() AND {running}"
    );
    while db.column(&terminate).await.is_empty() {
        assert!(std::time::Instant::now() < until, "the runner did not come to it");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_run_goes_on_after_its_connection_was_ended() {
    // The step, and how the moment is known.
    let cases = [
        ("INSERT INTO t1 VALUES (2);\nSELECT pg_sleep(0.7)", SLEEPS),
        ("INSERT INTO t1 VALUES (2);\n-- ambix: run sleep", IN_RUST),
        ("-- ambix: transaction none\nINSERT INTO t1 VALUES (2);\nSELECT pg_sleep(0.7)", SLEEPS),
        ("-- ambix: transaction none\nINSERT INTO t1 VALUES (2);\n-- ambix: run sleep", IN_RUST),
        (
            "-- ambix: transaction none\nINSERT INTO t1 VALUES (2);\nDO $$ BEGIN PERFORM 1; END $$;\n-- ambix: run sleep",
            IN_RUST,
        ),
    ];
    for (sql, moment) in cases {
        let db = fresh().await;
        let list = [
            ("r1", "CREATE TABLE t1 (id integer)"),
            ("r2", sql),
            ("r3", "INSERT INTO t1 VALUES (3)"),
        ];
        let list = list.map(|(revision, up)| Migration::new(revision, "").up(up));
        let migrator = Migrator::from_migrations(Migrations::new(list).unwrap()).unwrap();
        let migrator = migrator.register("sleep", |connection: &mut Connection| {
            Box::pin(async move {
                tokio::time::sleep(Duration::from_millis(700)).await;
                sqlx::raw_sql("SELECT 1").execute(connection).await?;
                Ok(())
            })
        });
        let pool = db.pool_of(1).await;
        let running = tokio::spawn(async move {
            migrator.lock(Lock::session().wait(LONG)).run_pending(&pool).await
        });
        terminate(&db, moment).await;
        let report = tokio::time::timeout(LONG, running)
            .await
            .unwrap()
            .unwrap()
            .unwrap_or_else(|e| panic!("{sql}: {e}"));
        assert_eq!(revisions(&report), ["r1", "r2", "r3"], "{sql}");
        assert_eq!(db.column("SELECT id::text FROM t1 ORDER BY 1").await, ["2", "3"], "{sql}");
        assert_eq!(db.leaks().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_callers_connection_that_was_ended_is_an_error() {
    let db = fresh().await;
    let mut connection = Connection::connect(&db.url).await.unwrap();
    sqlx::raw_sql("SET application_name = 'ambix caller'").execute(&mut connection).await.unwrap();
    let migrator = migrator(&[("r1", "SELECT pg_sleep(30)", "")]);
    let run = async { migrator.run_pending(&mut connection).await };
    let (result, ()) = tokio::join!(run, terminate(&db, SLEEPS));
    let error = format!("{:#}", result.unwrap_err());
    assert!(error.contains("the connection was lost"), "{error}");
}

/// A server takes a client that only closes its socket for lost: PostgreSQL counts such sessions, MySQL logs a warning for each.
#[tokio::test]
async fn every_session_says_goodbye() {
    let db = fresh().await;
    if db.column("SHOW server_version_num").await[0].parse::<u32>().unwrap() < 140_000 {
        return; // It does not count them.
    }
    let migrator = three().schema_sql("CREATE TABLE another (id integer PRIMARY KEY)");
    for _ in 0..2 {
        migrator.run_pending(&db.url).await.unwrap();
        migrator.status(&db.url).await.unwrap();
        migrator.verify(&db.url).await.unwrap();
        let options = DraftOptions::new().allow_destructive(true);
        assert!(!migrator.draft(&db.url, options).await.unwrap().is_empty());
        migrator.drift(&db.url).await.unwrap();
        migrator.preflight(&db.url, &PreflightOptions::new()).await.unwrap();
    }
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
                  AND application_name LIKE 'ambix %'";
    while db.column(others).await != ["0"] {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // What a session has counted is there before it is gone.
    let counted = "SELECT sessions_abandoned || ' of ' || (sessions > 5) \
                   FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(db.column(counted).await, ["0 of true"]);
}
