//! The helper: a pool on a place of its own, migrated. Copy what you need.

use std::{
    future::Future,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

use ambix::Migrator;
use sqlx::{
    AssertSqlSafe, MySqlPool, PgPool, SqlitePool,
    mysql::MySqlConnectOptions,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::SqlitePoolOptions,
};

/// A migrator is cheap to clone, so the files are read once for all tests.
fn migrator(folder: &str) -> Migrator {
    Migrator::from_path(format!("../../../migrations/{folder}")).unwrap()
}

static POSTGRES: LazyLock<Migrator> = LazyLock::new(|| migrator("postgres"));
static MYSQL: LazyLock<Migrator> = LazyLock::new(|| migrator("mysql"));
static SQLITE: LazyLock<Migrator> = LazyLock::new(|| migrator("sqlite"));

/// A name that no other test has, of this process or another.
fn unique() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("./test sets {name}"))
}

/// PostgreSQL: a schema in the one database. It is dropped after the test; after a failed one it stays, to be looked at.
///
/// `Migrator::schema` creates the schema, keeps the history in it, and is part of the lock's key: no test waits for
/// another. `search_path` sends the application's own queries there.
pub async fn postgres<F: Future>(test: impl FnOnce(PgPool) -> F) {
    let schema = unique();
    let options: PgConnectOptions = variable("AMBIX_TEST_POSTGRES_URL").parse().unwrap();
    let options = options.options([("search_path", &schema)]);
    let pool = PgPoolOptions::new().max_connections(2).connect_with(options).await.unwrap();
    POSTGRES.clone().schema(&schema).run_pending(&pool).await.unwrap();
    test(pool.clone()).await;
    execute_postgres(&pool, &format!("DROP SCHEMA {schema} CASCADE")).await;
}

async fn execute_postgres(pool: &PgPool, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(pool).await.unwrap();
}

/// MySQL: a schema is a database there, so it is a database.
pub async fn mysql<F: Future>(test: impl FnOnce(MySqlPool) -> F) {
    let database = unique();
    let options: MySqlConnectOptions = variable("AMBIX_TEST_MYSQL_URL").parse().unwrap();
    let server = MySqlPool::connect_with(options.clone()).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {database}")))
        .execute(&server)
        .await
        .unwrap();
    let pool = MySqlPool::connect_with(options.database(&database)).await.unwrap();
    MYSQL.run_pending(&pool).await.unwrap();
    test(pool).await;
    sqlx::raw_sql(AssertSqlSafe(format!("DROP DATABASE {database}")))
        .execute(&server)
        .await
        .unwrap();
}

/// SQLite: an in-memory database, which lives in one connection that must not be closed.
pub async fn sqlite() -> SqlitePool {
    let options = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
    let pool = options.connect("sqlite::memory:").await.unwrap();
    SQLITE.run_pending(&pool).await.unwrap();
    pool
}
