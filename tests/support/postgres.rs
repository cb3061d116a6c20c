//! PostgreSQL for the suite: a database for each test.

#![allow(dead_code)]

#[allow(clippy::duplicate_mod)] // Some programs test several databases.
#[path = "fresh.rs"]
mod fresh;

use sqlx::{AssertSqlSafe, Connection as _, postgres::PgPoolOptions};

use crate::support::{unique, variable, with_database};

pub type Pool = sqlx::PgPool;
pub type Connection = sqlx::PgConnection;
pub type PoolOptions = PgPoolOptions;

/// The scheme, as `Migrator::script` takes it.
pub const SCHEME: &str = "postgres";
/// DDL can be rolled back.
pub const TRANSACTIONAL_DDL: bool = true;
/// An application's pool that is not the tests' own.
pub const MAX_CONNECTIONS: u32 = 5;
/// While one transaction writes, no other can.
pub const ONE_WRITER: bool = false;
/// The server can end a statement that takes too long.
pub async fn ends_statements() -> bool {
    true
}
/// A query that takes long enough to be cut off.
pub const SLOW: &str = "SELECT pg_sleep(3)";
/// Takes and releases a lock that keeps others from changing `t1`.
pub const HOLD_T1: &str = "BEGIN; LOCK TABLE t1 IN ACCESS EXCLUSIVE MODE";
pub const RELEASE: &str = "ROLLBACK";
/// What an app may set on a connection that it passes.
pub const APP_SETTINGS: &str = "CREATE SCHEMA IF NOT EXISTS app; SET search_path = app, public; SET statement_timeout = '54s'; \
    SET lock_timeout = '43s'; SET idle_in_transaction_session_timeout = '32s'; SET ROLE postgres; SET application_name = 'app'";
/// Migrations that leave the session otherwise than they found it.
pub const DISTURBING: &[&str] = &[
    "SET search_path = pg_catalog",
    "SELECT set_config('search_path', '', false)",
    "SET ROLE pg_monitor",
    "SET SESSION AUTHORIZATION pg_monitor",
    "SET ROLE pg_monitor; SET search_path = nowhere",
    "RESET ALL",
    "SET lock_timeout = '1ms'; SET statement_timeout = '1h'",
    "SET idle_in_transaction_session_timeout = '1ms'",
    "SET standard_conforming_strings = off; SET escape_string_warning = off; SET check_function_bodies = off",
    "SET TimeZone = 'Asia/Kathmandu'; SET DateStyle = 'SQL, DMY'; SET IntervalStyle = 'sql_standard'",
    "SET default_transaction_isolation = 'serializable'",
    "SET default_transaction_read_only = on",
    "SET session_replication_role = replica; SET row_security = off",
    "SET search_path = pg_catalog;\n-- ambix: run nothing\nSET ROLE pg_monitor",
    "-- ambix: transaction none\nSET search_path = pg_catalog; SET lock_timeout = '1ms'; VACUUM pg_class",
    "-- ambix: transaction none\nSET ROLE pg_monitor; SET search_path = pg_catalog",
    "-- ambix: transaction none\nSET ROLE pg_monitor; DO $$ BEGIN END $$",
    "-- ambix: transaction none\nRESET ALL; SET SESSION AUTHORIZATION pg_monitor",
];
/// Those of them that ambix can undo only on a connection of its own, on which nothing else was set.
pub const BEYOND_REPAIR: &[&str] = &[
    "RESET ALL",
    "SET standard_conforming_strings = off; SET escape_string_warning = off; SET check_function_bodies = off",
    "SET TimeZone = 'Asia/Kathmandu'; SET DateStyle = 'SQL, DMY'; SET IntervalStyle = 'sql_standard'",
    "SET default_transaction_isolation = 'serializable'",
    "SET default_transaction_read_only = on",
    "SET session_replication_role = replica; SET row_security = off",
    "-- ambix: transaction none\nRESET ALL; SET SESSION AUTHORIZATION pg_monitor",
];

/// A database of its own, dropped with the value.
pub struct Fresh {
    pub name: String,
    pub url: String,
    pub pool: Pool,
    /// The server that it is on.
    server: String,
}

pub fn server() -> String {
    variable("AMBIX_TEST_POSTGRES_URL")
}

/// The server's URL with another database.
pub fn url_of(database: &str) -> String {
    with_database(&server(), database)
}

pub async fn fresh() -> Fresh {
    fresh_named(&unique("ambix_test")).await
}

pub async fn fresh_named(name: &str) -> Fresh {
    fresh_on(server(), name).await
}

/// One on the server that has a standby.
pub async fn fresh_on_primary() -> Fresh {
    fresh_on(variable("AMBIX_TEST_POSTGRES_PRIMARY_URL"), &unique("ambix_test")).await
}

async fn fresh_on(server: String, name: &str) -> Fresh {
    let mut admin = Connection::connect(&server).await.unwrap();
    let quoted = format!("\"{}\"", name.replace('"', "\"\""));
    // On a server where nothing has to reach the disk, copying the files takes a tenth of what writing them to the log does.
    let has_strategies = admin.server_version_num().is_some_and(|version| version >= 150_000);
    let strategy = if has_strategies { " STRATEGY file_copy" } else { "" };
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {quoted}{strategy}")))
        .execute(&mut admin)
        .await
        .unwrap();
    admin.close().await.unwrap();
    let url = with_database(&server, &name.replace('"', "%22"));
    let pool = fresh::pool(&url).await;
    Fresh { name: name.to_owned(), url, pool, server }
}

impl Fresh {
    /// The tables of the app, sorted.
    pub async fn tables(&self) -> Vec<String> {
        self.column(
            "SELECT tablename::text FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') \
             AND tablename NOT LIKE 'ambix%' ORDER BY 1",
        )
        .await
    }

    /// Sessions that hold an advisory lock or are in a transaction, apart from this one.
    pub async fn leaks(&self) -> Vec<String> {
        self.column(
            "SELECT format('%s %s %s', a.pid, a.state, a.query) FROM pg_stat_activity a WHERE a.datname = current_database() \
             AND a.pid <> pg_backend_pid() AND (a.state LIKE 'idle in transaction%' OR EXISTS (SELECT FROM pg_locks l \
             WHERE l.pid = a.pid AND l.locktype = 'advisory'))",
        )
        .await
    }
}

/// All settings of a session.
pub async fn settings(connection: &mut Connection) -> Vec<String> {
    use sqlx::Row;
    // The transaction's own show only that there is one; the first setting is as good as the one that is shown.
    let rows = sqlx::raw_sql(
        "SELECT name || ' = ' || setting FROM pg_settings WHERE name NOT LIKE 'transaction_%' AND name NOT LIKE '%.%' UNION ALL SELECT 'user = ' \
         || session_user || ', ' || current_user ORDER BY 1",
    );
    rows.fetch_all(connection).await.unwrap().iter().map(|row| row.get_unchecked(0)).collect()
}

/// Pools of one connection, of each kind that behaves in its own way.
pub async fn pools_of_one(db: &Fresh) -> Vec<Pool> {
    vec![db.pool_of(1).await]
}

/// Drops a database with its connections. `WITH (FORCE)` alone ends them, too, but then sleeps for 100 ms before it looks again.
async fn drop_database(server: &str, name: &str) -> sqlx::Result<()> {
    let mut admin = Connection::connect(server).await?;
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
    let until = std::time::Instant::now() + std::time::Duration::from_secs(1);
    while sqlx::query(end).bind(name).execute(&mut admin).await?.rows_affected() > 0
        && std::time::Instant::now() < until
    {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    let name = name.replace('"', "\"\"");
    let sql = format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut admin).await?;
    admin.close().await
}

impl Drop for Fresh {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A drop cannot wait; a thread with a runtime of its own can.
        let _ = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let _ = drop_database(&server, &name).await;
            });
        })
        .join();
    }
}

/// The test kit uses a database again after its test, and makes it on a server.
pub const TESTKIT_DROPS: bool = false;
pub const TESTKIT_SERVER: bool = true;

/// Where the test kit makes databases.
pub fn testkit_url() -> String {
    server()
}

/// The URL of a database that was kept.
pub fn testkit_kept(url: &str, _test: &str) -> String {
    url.to_owned()
}

/// A pool on any database.
pub async fn pool_on(url: &str) -> Pool {
    PoolOptions::new().max_connections(2).connect(url).await.unwrap()
}

/// Where the programs of a throw-away server are.
pub const TESTKIT_BIN: &str = "AMBIX_TESTKIT_POSTGRES_BIN";
