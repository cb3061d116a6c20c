//! What only a server with sessions, roles and replicas can tell preflight.

use std::time::Duration;

use ambix::preflight::{Answer, AnswerState, Preflight, PreflightOptions, Subject};
use sqlx::{ConnectOptions as _, Connection as _, postgres::PgConnectOptions};

use crate::{
    setup::{Connection, Fresh, Pool, fresh, pool_on},
    suite::locks::Pause,
    support::{migrator, tries, unique, variable},
};

const TABLES: &str = "CREATE TABLE users (id integer PRIMARY KEY, email text); CREATE TABLE orders (id integer PRIMARY KEY, user_id integer)";
const CHANGES: &str = "CREATE UNIQUE INDEX users_email ON users (email); \
     ALTER TABLE orders ADD CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users (id); CREATE TABLE new (id integer)";

fn pending(up: &str) -> ambix::Migrator {
    migrator(&[
        ("tables", TABLES, "DROP TABLE orders; DROP TABLE users"),
        ("pending", up, "SELECT 1"),
    ])
}

async fn prepared() -> Fresh {
    let db = fresh().await;
    pending(CHANGES).upgrade(&db.pool, "tables").await.unwrap();
    db.execute(
        "INSERT INTO users VALUES (1, 'a'), (2, 'a'), (3, NULL); INSERT INTO orders VALUES (1, 7)",
    )
    .await;
    db
}

fn found(preflight: &Preflight, subject: Subject, state: AnswerState, words: &str) -> Answer {
    let mut all = preflight.about(subject).filter(|answer| answer.state == state);
    let found = all.find(|answer| answer.to_string().contains(words));
    found.unwrap_or_else(|| panic!("{words}: {preflight}")).clone()
}

async fn as_role(db: &Fresh, role: &str) -> Pool {
    let options: PgConnectOptions = db.url.parse().unwrap();
    pool_on(options.username(role).to_url_lossy().as_ref()).await
}

#[tokio::test]
async fn a_role_that_may_only_select_gets_all_answers() {
    let db = prepared().await;
    let role = unique("ambix_reader");
    db.execute(&format!(
        "CREATE ROLE {role} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}; REVOKE CREATE ON SCHEMA public FROM public; \
         REVOKE TEMPORARY ON DATABASE {} FROM public",
        db.name
    ))
    .await;
    let pool = as_role(&db, &role).await;
    let preflight = pending(CHANGES).preflight(&pool, &PreflightOptions::new()).await.unwrap();
    let stop = AnswerState::Stop;
    assert_eq!(found(&preflight, Subject::Rows, stop, "value of email").count, Some(1));
    assert_eq!(found(&preflight, Subject::Rows, stop, "value of user_id").count, Some(1));
    for words in [
        "is not the owner of users",
        "is not the owner of orders",
        "has no REFERENCES on users",
        "has no CREATE on the schema public",
        "has no INSERT on \"public\".\"ambix_history\"",
        "has no UPDATE on \"public\".\"ambix_history_lock\"",
    ] {
        found(&preflight, Subject::Rights, stop, words);
    }
    // The role that migrates has them.
    let options = PreflightOptions::new().role("postgres");
    let preflight = pending(CHANGES).preflight(&pool, &options).await.unwrap();
    found(
        &preflight,
        Subject::Rights,
        AnswerState::Ok,
        "the role postgres may do what the steps do",
    );
    let options = PreflightOptions::new().role("nobody_at_all");
    let preflight = pending(CHANGES).preflight(&pool, &options).await.unwrap();
    found(&preflight, Subject::Rights, AnswerState::Look, "not known, because");
    pool.close().await;
    db.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

#[tokio::test]
async fn who_is_in_the_way_is_named() {
    let db = prepared().await;
    let options = PreflightOptions::new().long_transaction(Duration::ZERO);
    let named = |name: &str| db.url.parse::<PgConnectOptions>().unwrap().application_name(name);
    let mut busy = named("shop/1.3.0").connect().await.unwrap();
    sqlx::raw_sql("BEGIN; LOCK TABLE users IN ROW EXCLUSIVE MODE")
        .execute(&mut busy)
        .await
        .unwrap();
    let mut idle = named("reports").connect().await.unwrap();
    sqlx::raw_sql("BEGIN; SELECT 1").execute(&mut idle).await.unwrap();
    let shop = pending(CHANGES).application("shop", "1.4.0");
    let preflight = shop.preflight(&db.pool, &options).await.unwrap();
    let answer = found(&preflight, Subject::Activity, AnswerState::Stop, "it has a lock on users");
    assert!(
        answer.text.contains("shop/1.3.0") && answer.text.contains("idle in transaction"),
        "{answer}"
    );
    found(&preflight, Subject::Activity, AnswerState::Look, "reports");
    let old = found(
        &preflight,
        Subject::Programs,
        AnswerState::Look,
        "shop/1.3.0 is connected as postgres (1 session)",
    );
    assert_eq!(old.count, Some(1));
    found(&preflight, Subject::Programs, AnswerState::Look, "other session");
    sqlx::raw_sql("ROLLBACK").execute(&mut busy).await.unwrap();
    sqlx::raw_sql("ROLLBACK").execute(&mut idle).await.unwrap();
    let preflight = shop.preflight(&db.pool, &options).await.unwrap();
    found(&preflight, Subject::Activity, AnswerState::Ok, "no transaction is older than 0ns");
    idle.close().await.unwrap();

    // Another run.
    let pause = Pause::new();
    let other = pause.of(pending("-- ambix: run pause"));
    let pool = db.pool.clone();
    let run = tokio::spawn(async move { other.run_pending(&pool).await });
    pause.reached().await;
    let preflight = shop.preflight(&db.pool, &PreflightOptions::new()).await.unwrap();
    found(&preflight, Subject::Activity, AnswerState::Stop, "another run holds the migration lock");
    pause.go_on.notify_one();
    run.await.unwrap().unwrap();
}

#[tokio::test]
async fn replicas_and_read_only_servers_are_seen() {
    let db = prepared().await;
    let slot = unique("ambix_slot");
    db.execute(&format!("SELECT pg_create_physical_replication_slot('{slot}', true)")).await;
    let preflight = pending(CHANGES).preflight(&db.pool, &PreflightOptions::new()).await.unwrap();
    db.execute(&format!("SELECT pg_drop_replication_slot('{slot}')")).await;
    found(&preflight, Subject::Replication, AnswerState::Look, &format!("the slot {slot} is"));
    if variable("AMBIX_TEST_POSTGRES_STANDBY_URL") != "unavailable" {
        // The standby of the tests is connected.
        assert!(preflight.about(Subject::Replication).count() > 1, "{preflight}");
    }
    db.execute(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", db.name)).await;
    let pool = pool_on(&db.url).await;
    let preflight = pending(CHANGES).preflight(&pool, &PreflightOptions::new()).await.unwrap();
    found(&preflight, Subject::Steps, AnswerState::Stop, "default_transaction_read_only is on");
    pool.close().await;
}

#[tokio::test]
async fn large_tables_are_read_within_the_limit_and_their_locks_take_time() {
    let db = prepared().await;
    let rows = tries(150_000, 1_000_000, "rows");
    db.execute(&format!(
        "INSERT INTO users SELECT n, 'user ' || n FROM generate_series(10, {rows}) n; INSERT INTO users VALUES (0, 'user 77'); ANALYZE users"
    ))
    .await;
    let up = "CREATE UNIQUE INDEX users_email ON users (email); ALTER TABLE users ADD CONSTRAINT named CHECK (length(email) < 100); \
              ALTER TABLE users ALTER COLUMN id TYPE bigint";
    let begun = std::time::Instant::now();
    let options = PreflightOptions::new().question_limit(Duration::from_secs(8));
    let preflight = pending(up).preflight(&db.pool, &options).await.unwrap();
    println!("{rows} rows: {:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(30), "{preflight}");
    assert_eq!(
        found(&preflight, Subject::Rows, AnswerState::Stop, "values of email").count,
        Some(2)
    );
    let rewrite =
        preflight.about(Subject::Locks).find(|answer| answer.text.contains("REWRITE-004")).unwrap();
    assert!(rewrite.estimate.unwrap() > Duration::from_millis(200), "{preflight}");
    assert!(rewrite.text.contains("users has "), "{preflight}");
    let index =
        preflight.about(Subject::Locks).find(|answer| answer.text.contains("LOCK-001")).unwrap();
    assert!(
        index.estimate > Some(Duration::ZERO) && index.estimate < rewrite.estimate,
        "{preflight}"
    );
    // A limit that is too short is said, and ends the question.
    let options = PreflightOptions::new().question_limit(Duration::from_millis(1));
    let preflight = pending(up).preflight(&db.pool, &options).await.unwrap();
    let unknown = preflight.about(Subject::Rows).filter(|answer| answer.is_unknown).count();
    assert!(unknown > 0, "{preflight}");
}

/// A name that needs quotes, in a schema of its own, with a key of two columns.
#[tokio::test]
async fn names_that_need_quotes_are_no_trouble() {
    let db = fresh().await;
    let tables = "CREATE SCHEMA \"My App\"; CREATE TABLE \"My App\".\"Order\" (\"Id\" integer, id integer, \"Sub\" integer, PRIMARY KEY (\"Id\", id)); \
                  CREATE TABLE \"My App\".\"Item\" (\"Order\" integer, nr integer)";
    let up = "ALTER TABLE \"My App\".\"Item\" ADD FOREIGN KEY (\"Order\", nr) REFERENCES \"My App\".\"Order\"; \
              ALTER TABLE \"My App\".\"Order\" ALTER \"Sub\" SET NOT NULL";
    let migrator = migrator(&[("tables", tables, ""), ("pending", up, "")]);
    migrator.upgrade(&db.pool, "tables").await.unwrap();
    db.execute("INSERT INTO \"My App\".\"Order\" VALUES (1, 2, NULL); INSERT INTO \"My App\".\"Item\" VALUES (1, 2), (1, 3), (2, NULL)").await;
    let preflight = migrator.preflight(&db.pool, &PreflightOptions::new()).await.unwrap();
    let orphans = found(&preflight, Subject::Rows, AnswerState::Stop, "Order = 1, nr = 3");
    assert_eq!(orphans.count, Some(1), "{preflight}");
    let nulls = found(&preflight, Subject::Rows, AnswerState::Stop, "NULL in Sub");
    assert_eq!(
        (nulls.count, nulls.examples[0].as_str()),
        (Some(1), "Id = 1, id = 2"),
        "{preflight}"
    );
    let mut connection = Connection::connect(&db.url).await.unwrap();
    let preflight = migrator.preflight(&mut connection, &PreflightOptions::new()).await.unwrap();
    assert!(preflight.is_stop());
}
