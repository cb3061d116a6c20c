//! SQLite for the suite: a file for each test.

#![allow(dead_code)]

#[allow(clippy::duplicate_mod)] // Some programs test several databases.
#[path = "fresh.rs"]
mod fresh;

use sqlx::{
    AssertSqlSafe,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};

use crate::support::unique;

pub type Pool = sqlx::SqlitePool;
pub type Connection = sqlx::SqliteConnection;
pub type PoolOptions = SqlitePoolOptions;

/// The scheme, as `Migrator::script` takes it.
pub const SCHEME: &str = "sqlite";
/// DDL can be rolled back.
pub const TRANSACTIONAL_DDL: bool = true;
/// An application's pool that is not the tests' own.
pub const MAX_CONNECTIONS: u32 = 5;
/// While one transaction writes, no other can.
pub const ONE_WRITER: bool = true;
/// The server can end a statement that takes too long.
pub async fn ends_statements() -> bool {
    false
}
/// A query that takes long enough to be cut off; it goes on for a second or two, since there is nobody to cut it off.
pub const SLOW: &str = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 3000000) SELECT max(x) FROM c";
/// Takes and releases a lock that keeps others from changing `t1`.
pub const HOLD_T1: &str = "BEGIN IMMEDIATE";
pub const RELEASE: &str = "ROLLBACK";
/// What an app may set on a connection that it passes.
pub const APP_SETTINGS: &str =
    "PRAGMA foreign_keys = OFF; PRAGMA recursive_triggers = ON; PRAGMA busy_timeout = 4321";
/// Migrations that leave the session otherwise than they found it.
pub const DISTURBING: &[&str] = &[
    "PRAGMA recursive_triggers = ON",
    "PRAGMA legacy_alter_table = ON",
    "PRAGMA ignore_check_constraints = ON",
    "PRAGMA defer_foreign_keys = ON",
    "PRAGMA busy_timeout = 1",
    "-- ambix: foreign-keys off\nCREATE TABLE off (id integer)",
    "-- ambix: foreign-keys off\nCREATE TABLE off_and_call (id integer);\n-- ambix: run nothing\nPRAGMA recursive_triggers = ON",
    "-- ambix: transaction none\nPRAGMA foreign_keys = OFF; CREATE TABLE without (id integer)",
    "-- ambix: transaction none\nVACUUM; PRAGMA recursive_triggers = ON; PRAGMA legacy_alter_table = ON",
];
/// Those of them that ambix can undo only on a connection of its own.
pub const BEYOND_REPAIR: &[&str] = &[];

/// A file of its own, removed with the value.
pub struct Fresh {
    pub name: String,
    pub url: String,
    pub pool: Pool,
    pub folder: std::path::PathBuf,
}

pub async fn fresh() -> Fresh {
    fresh_named(&unique("ambix_test")).await
}

pub async fn fresh_named(name: &str) -> Fresh {
    let folder = std::env::temp_dir().join(unique("ambix_sqlite"));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(name);
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let pool = SqlitePoolOptions::new()
        .max_connections(MAX_CONNECTIONS)
        .connect_with(options)
        .await
        .unwrap();
    Fresh { name: name.to_owned(), url: format!("sqlite://{}", file.display()), pool, folder }
}

impl Fresh {
    /// The tables of the app, sorted.
    pub async fn tables(&self) -> Vec<String> {
        self.column(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'ambix%' AND name NOT LIKE 'sqlite%' ORDER BY 1",
        )
        .await
    }

    /// Lock files that are left, and a write lock that somebody holds.
    pub async fn leaks(&self) -> Vec<String> {
        let files =
            std::fs::read_dir(&self.folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut leaks: Vec<String> = files
            .map(|name| name.to_string_lossy().into_owned())
            .filter(|name| name.contains("-ambix-"))
            .collect();
        if let Err(error) = sqlx::raw_sql("PRAGMA busy_timeout = 100; BEGIN IMMEDIATE; ROLLBACK")
            .execute(&self.pool)
            .await
        {
            leaks.push(format!("{error:#}"));
        }
        leaks
    }
}

/// All settings of a session.
pub async fn settings(connection: &mut Connection) -> Vec<String> {
    use sqlx::Row;
    let mut all = Vec::new();
    for name in [
        "busy_timeout",
        "defer_foreign_keys",
        "foreign_keys",
        "ignore_check_constraints",
        "journal_mode",
        "legacy_alter_table",
        "locking_mode",
        "recursive_triggers",
        "synchronous",
        "writable_schema",
    ] {
        let row = sqlx::raw_sql(AssertSqlSafe(format!("PRAGMA {name}")))
            .fetch_one(&mut *connection)
            .await
            .unwrap();
        all.push(format!("{name} = {}", row.get_unchecked::<String, _>(0)));
    }
    all
}

/// Pools of one connection, of each kind that behaves in its own way.
pub async fn pools_of_one(db: &Fresh) -> Vec<Pool> {
    let memory =
        SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.unwrap();
    vec![db.pool_of(1).await, memory]
}

impl Drop for Fresh {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The test kit drops a database after its test; it is a file of its own.
pub const TESTKIT_DROPS: bool = true;
pub const TESTKIT_SERVER: bool = false;

/// Where the test kit makes databases.
pub fn testkit_url() -> String {
    "sqlite:".to_owned()
}

/// The URL of a database that was kept.
pub fn testkit_kept(url: &str, test: &str) -> String {
    let (folder, _) = url.rsplit_once('/').unwrap();
    format!("{folder}/kept-{test}.db")
}

/// A pool on any database.
pub async fn pool_on(url: &str) -> Pool {
    PoolOptions::new().max_connections(2).connect(url).await.unwrap()
}
