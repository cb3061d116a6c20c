//! What one migration leaves in the session is not seen by the next, whether they run in one call or in two.
#![allow(clippy::unwrap_used)] // What a test cannot do ends it.

use ambix::{Migrator, options::TransactionMode};
use sqlx::Connection as _;

use crate::{
    setup::{Connection, Fresh, SCHEME, fresh},
    support::migrator,
};

/// What is left, the migration that leaves it, and a query of the next one for it.
type Case = (&'static str, &'static str, &'static str);

const POSTGRES: &[Case] = &[
    (
        "a temporary table",
        "CREATE TEMP TABLE left_1 (n int)",
        "SELECT to_regclass('pg_temp.left_1')::text",
    ),
    (
        "one by its schema",
        "CREATE TABLE pg_temp.left_2 (n int)",
        "SELECT to_regclass('pg_temp.left_2')::text",
    ),
    (
        "one of a SELECT",
        "SELECT 1 AS n INTO TEMPORARY left_3",
        "SELECT to_regclass('pg_temp.left_3')::text",
    ),
    (
        "one of a block",
        "DO $$ BEGIN CREATE TEMP TABLE left_4 (n int); END $$",
        "SELECT to_regclass('pg_temp.left_4')::text",
    ),
    (
        "one that hides another",
        "CREATE TEMP TABLE seen_too (v text)",
        "SELECT count(*) FROM pg_class WHERE relname = 'seen_too'",
    ),
    (
        "a temporary view",
        "CREATE TEMPORARY VIEW left_5 AS SELECT 1",
        "SELECT to_regclass('pg_temp.left_5')::text",
    ),
    (
        "a temporary sequence",
        "CREATE TEMP SEQUENCE left_6",
        "SELECT to_regclass('pg_temp.left_6')::text",
    ),
    (
        "rows that are still to be checked",
        "CREATE TEMP TABLE left_7 (n int UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT INTO left_7 VALUES (1)",
        "SELECT to_regclass('pg_temp.left_7')::text",
    ),
    (
        "a temporary function",
        "CREATE FUNCTION pg_temp.left_8() RETURNS int LANGUAGE sql AS 'SELECT 1'; SELECT pg_temp.left_8()",
        "SELECT count(*) FROM pg_proc WHERE proname = 'left_8' AND pronamespace = pg_my_temp_schema()",
    ),
    (
        "a temporary function that is not called",
        "CREATE OR REPLACE FUNCTION pg_temp.left_13() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SELECT count(*) FROM pg_proc WHERE proname = 'left_13' AND pronamespace = pg_my_temp_schema()",
    ),
    (
        "a lock of a new table",
        "CREATE TABLE locking AS SELECT 1 AS n WHERE pg_advisory_lock(4713) IS NOT NULL",
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4713 AND pid = pg_backend_pid()",
    ),
    (
        "a prepared statement",
        "PREPARE left_9 AS SELECT 1",
        "SELECT count(*) FROM pg_prepared_statements WHERE name = 'left_9'",
    ),
    (
        "a cursor",
        "DECLARE left_10 CURSOR WITH HOLD FOR SELECT 1",
        "SELECT count(*) FROM pg_cursors WHERE name = 'left_10'",
    ),
    (
        "a channel",
        "LISTEN left_11",
        "SELECT count(*) FROM pg_listening_channels() c WHERE c = 'left_11'",
    ),
    (
        "a lock",
        "SELECT pg_advisory_lock(4711)",
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND pid = pg_backend_pid()",
    ),
    (
        "a shared lock of two keys",
        "SELECT pg_advisory_lock_shared(-1, 4712)",
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4712 AND pid = pg_backend_pid()",
    ),
    (
        "what a statement that stands alone leaves",
        "-- ambix: transaction none\nCREATE TEMP TABLE left_12 (n int);\nVACUUM",
        "SELECT to_regclass('pg_temp.left_12')::text",
    ),
    ("nothing", "CREATE TABLE templates (n int)", "SELECT count(*) FROM templates"),
];

/// Those that only a new session gets rid of.
const POSTGRES_OWN: &[Case] = &[
    (
        "a variable of the application",
        "SET app.who = 'x'",
        "SELECT coalesce(current_setting('app.who', true), 'unknown')",
    ),
    (
        "a variable of the transaction",
        "SET LOCAL app.who TO 'x'",
        "SELECT coalesce(current_setting('app.who', true), 'unknown')",
    ),
    (
        "a variable by the function",
        "SELECT pg_catalog.set_config( 'app.who', 'x', true)",
        "SELECT coalesce(current_setting('app.who', true), 'unknown')",
    ),
    (
        "a variable of a block",
        "DO $$ BEGIN PERFORM set_config('app' || '.who', 'x', false); END $$",
        "SELECT coalesce(current_setting('app.who', true), 'unknown')",
    ),
    ("a sequence", "CREATE SEQUENCE sq; SELECT nextval('sq')", "SELECT lastval()"),
    (
        "a sequence of a column",
        "CREATE TABLE counted (n serial); INSERT INTO counted DEFAULT VALUES",
        "SELECT currval('counted_n_seq')",
    ),
];

const MYSQL: &[Case] = &[
    ("a variable", "SET @shade = 'green'", "SELECT @shade"),
    ("a variable of a SELECT", "SELECT 1 INTO @shade", "SELECT @shade"),
    ("a variable in an expression", "INSERT INTO ground SELECT @shade := 3", "SELECT @shade"),
    ("a variable among DDL", "CREATE TABLE more (n int); SET @shade = 1", "SELECT @shade"),
    ("a variable in a comment of a dump", "/*!40101 SET @shade = 4 */", "SELECT @shade"),
    ("a temporary table", "CREATE TEMPORARY TABLE ground2 (n int)", "SELECT n FROM ground2"),
    (
        "one that hides another",
        "CREATE TEMPORARY TABLE ground (n int); INSERT INTO ground VALUES (9)",
        "SELECT COUNT(*) FROM ground",
    ),
    ("a prepared statement", "PREPARE st FROM 'SELECT 1'", "EXECUTE st"),
    (
        "transactions that only read",
        "CREATE TABLE more (n int); SET SESSION TRANSACTION READ ONLY",
        "SELECT 1",
    ),
    (
        "transactions that only read, in a step of data",
        "SET SESSION TRANSACTION READ ONLY",
        "SELECT 1",
    ),
    (
        "an isolation level",
        "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "SELECT @@SESSION.tx_isolation",
    ),
    ("locked tables", "LOCK TABLES ground READ", "SELECT COUNT(*) FROM seen"),
    ("nothing", "INSERT INTO ground VALUES (1)", "SELECT COUNT(*) FROM ground"),
];

/// Those that only a new session gets rid of.
const MYSQL_OWN: &[Case] = &[
    // As above, of this session: the server takes a moment to see that the one before is gone.
    ("a lock", "DO GET_LOCK('left', 0)", "SELECT IS_USED_LOCK('left') <=> CONNECTION_ID()"),
    (
        "a setting that is not put back",
        "SET SESSION group_concat_max_len = 77",
        "SELECT @@SESSION.group_concat_max_len",
    ),
    (
        "the last number",
        "CREATE TABLE numbered (n int AUTO_INCREMENT PRIMARY KEY, v int); INSERT INTO numbered (v) VALUES (1), (2)",
        "SELECT LAST_INSERT_ID()",
    ),
    ("the last number, in a step of data", "SELECT LAST_INSERT_ID(7)", "SELECT @@identity"),
    (
        "how many rows there were",
        "SELECT SQL_CALC_FOUND_ROWS * FROM ground LIMIT 1",
        "SELECT FOUND_ROWS()",
    ),
    ("a variable of a procedure", "CREATE PROCEDURE p() SET @shade = 1; CALL p()", "SELECT @shade"),
];

const SQLITE: &[Case] = &[
    (
        "a temporary table",
        "CREATE TEMP TABLE left_1 (n)",
        "SELECT count(*) FROM sqlite_temp_master",
    ),
    (
        "one by its schema",
        "CREATE TABLE temp.left_2 (n)",
        "SELECT count(*) FROM sqlite_temp_master",
    ),
    ("one that hides another", "CREATE TEMPORARY TABLE ground (n)", "SELECT count(*) FROM ground"),
    (
        "a temporary view",
        "CREATE TEMP VIEW left_3 AS SELECT 1",
        "SELECT count(*) FROM sqlite_temp_master",
    ),
    (
        "a temporary trigger",
        "CREATE TEMP TRIGGER left_4 AFTER INSERT ON seen BEGIN INSERT INTO ground VALUES (9); END",
        "SELECT count(*) FROM ground",
    ),
    (
        "an attached database",
        "-- ambix: transaction none\nATTACH ':memory:' AS other",
        "SELECT count(*) FROM pragma_database_list",
    ),
    ("nothing", "INSERT INTO ground VALUES (1)", "SELECT count(*) FROM ground"),
];

const SQLITE_OWN: &[Case] = &[
    ("a setting that is not put back", "PRAGMA case_sensitive_like = ON", "SELECT 'A' LIKE 'a'"),
    (
        "the last row",
        "INSERT INTO ground VALUES (1), (2)",
        "SELECT last_insert_rowid() || '/' || changes() || '/' || total_changes()",
    ),
    (
        "a journal",
        "-- ambix: transaction none\nPRAGMA journal_mode = MEMORY",
        "SELECT journal_mode FROM pragma_journal_mode",
    ),
    (
        "another one",
        "PRAGMA reverse_unordered_selects = ON",
        "SELECT reverse_unordered_selects FROM pragma_reverse_unordered_selects",
    ),
];

fn cases() -> (&'static [Case], &'static [Case]) {
    match SCHEME {
        "postgres" => (POSTGRES, POSTGRES_OWN),
        "mysql" => (MYSQL, MYSQL_OWN),
        _ => (SQLITE, SQLITE_OWN),
    }
}

fn with((_, first, query): &Case) -> Migrator {
    let second = if query.starts_with("EXECUTE") {
        (*query).to_owned()
    } else {
        format!("INSERT INTO seen {query}")
    };
    migrator(&[
        (
            "r1",
            "CREATE TABLE ground (n integer); CREATE TABLE seen (v varchar(99)); CREATE TABLE seen_too (v varchar(99))",
            "",
        ),
        ("r2", first, ""),
        ("r3", &second, ""),
        ("r4", "CREATE TABLE last (n integer)", ""),
    ])
}

/// What the next migration saw, or that it failed.
async fn seen(db: &Fresh, run: ambix::Result<ambix::Report>) -> Vec<String> {
    match run {
        Ok(_) => db.column("SELECT v FROM seen").await,
        Err(error) => vec![format!(
            "failed: {}",
            matches!(&error, ambix::Error::Failed(f) if f.revision == "r3")
        )],
    }
}

/// Each in a call of its own.
async fn one_by_one(case: &Case) -> Vec<String> {
    let db = fresh().await;
    let migrator = with(case);
    for target in ["r1", "r2"] {
        migrator.upgrade(&db.pool, target).await.unwrap_or_else(|e| panic!("{}: {e}", case.0));
    }
    seen(&db, migrator.run_pending(&db.pool).await).await
}

#[tokio::test]
async fn the_next_migration_begins_as_in_a_new_session() {
    let (cases, own) = cases();
    for case in cases.iter().chain(own) {
        let expected = one_by_one(case).await;
        let db = fresh().await;
        let run = with(case).run_pending(&db.pool).await;
        assert_eq!(seen(&db, run).await, expected, "{}", case.0);
        assert_eq!(db.leaks().await, Vec::<String>::new(), "{}", case.0);
        let db = fresh().await;
        let run = with(case).run_pending(&db.url).await;
        assert_eq!(seen(&db, run).await, expected, "{}, by a URL", case.0);
    }
}

#[tokio::test]
async fn so_it_does_on_a_connection_of_the_caller() {
    for case in cases().0 {
        let expected = one_by_one(case).await;
        let db = fresh().await;
        let mut connection = Connection::connect(&db.url).await.unwrap();
        let run = with(case).run_pending(&mut connection).await;
        assert_eq!(seen(&db, run).await, expected, "{}", case.0);
        assert_eq!(db.leaks().await, Vec::<String>::new(), "{}", case.0);
        // What the caller has is not ours to remove.
        if SCHEME == "postgres" {
            let mine = "CREATE TEMP TABLE mine (n int); PREPARE mine AS SELECT 1; LISTEN mine; SELECT pg_advisory_lock(1)";
            sqlx::raw_sql(mine).execute(&mut connection).await.unwrap();
            let again = with(case).history_table("again");
            sqlx::raw_sql(
                "DROP TABLE ground, seen, seen_too, last; DROP TABLE IF EXISTS templates, locking",
            )
            .execute(&mut connection)
            .await
            .unwrap();
            again.run_pending(&mut connection).await.unwrap_or_else(|e| panic!("{}: {e}", case.0));
            let kept = "SELECT (SELECT count(*) FROM pg_class WHERE relname = 'mine') + (SELECT count(*) FROM pg_prepared_statements WHERE name = 'mine') \
                        + (SELECT count(*) FROM pg_listening_channels()) + (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())";
            let kept: i64 = sqlx::query_scalar(kept).fetch_one(&mut connection).await.unwrap();
            assert_eq!(kept, 4, "{}", case.0);
        }
    }
}

#[tokio::test]
async fn and_where_the_run_is_one_transaction() {
    if SCHEME == "mysql" {
        return; // DDL commits there.
    }
    for case in cases().0.iter().filter(|(_, first, _)| !first.contains("transaction none")) {
        let expected = one_by_one(case).await;
        let db = fresh().await;
        let run = with(case).transaction(TransactionMode::All).run_pending(&db.pool).await;
        assert_eq!(seen(&db, run).await, expected, "{}", case.0);
        assert_eq!(db.leaks().await, Vec::<String>::new(), "{}", case.0);
    }
}
