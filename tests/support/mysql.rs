//! MySQL or MariaDB for the suite: a database for each test.

#![allow(dead_code)]

#[allow(clippy::duplicate_mod)] // Some programs test several databases.
#[path = "fresh.rs"]
mod fresh;

use sqlx::{AssertSqlSafe, Connection as _, mysql::MySqlPoolOptions};

use crate::support::{unique, variable, with_database};

pub type Pool = sqlx::MySqlPool;
pub type Connection = sqlx::MySqlConnection;
pub type PoolOptions = MySqlPoolOptions;

/// The scheme, as `Migrator::script` takes it.
pub const SCHEME: &str = "mysql";
/// DDL can be rolled back.
pub const TRANSACTIONAL_DDL: bool = false;
/// An application's pool that is not the tests' own.
pub const MAX_CONNECTIONS: u32 = 5;
/// While one transaction writes, no other can.
pub const ONE_WRITER: bool = false;
/// The server can end a statement that takes too long. MySQL can do so only with a SELECT that reads rows; MariaDB with all.
pub async fn ends_statements() -> bool {
    is_mariadb().await
}

/// Which of the two servers it is.
pub async fn is_mariadb() -> bool {
    let mut connection = Connection::connect(&server()).await.unwrap();
    let version: String =
        sqlx::query_scalar("SELECT VERSION()").fetch_one(&mut connection).await.unwrap();
    version.contains("MariaDB")
}
/// A query that takes long enough to be cut off.
pub const SLOW: &str = "SELECT SLEEP(3)";
/// Takes and releases a lock that keeps others from changing `t1`.
pub const HOLD_T1: &str = "LOCK TABLES t1 WRITE";
pub const RELEASE: &str = "UNLOCK TABLES";
/// What an app may set on a connection that it passes.
pub const APP_SETTINGS: &str = "SET SESSION sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES', SESSION lock_wait_timeout = 43, \
    SESSION innodb_lock_wait_timeout = 32, SESSION foreign_key_checks = 0, SESSION time_zone = '+05:45'; \
    SET NAMES latin1; SET SESSION lock_wait_timeout = 43 /*M!, SESSION max_statement_time = 54 */";
/// Migrations that leave the session otherwise than they found it.
pub const DISTURBING: &[&str] = &[
    "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'",
    "SET SESSION sql_mode = ''; SET foreign_key_checks = 0, unique_checks = 0",
    "SET NAMES latin1",
    "SET time_zone = '+05:45'",
    "SET SESSION lock_wait_timeout = 1, SESSION innodb_lock_wait_timeout = 1",
    "SET autocommit = 0",
    "SET autocommit = 0; CREATE TABLE uncommitted (id integer)",
    "SET SESSION sql_safe_updates = 1",
    "SET sql_mode = 'PIPES_AS_CONCAT';\n-- ambix: run nothing\nSET sql_mode = 'ANSI_QUOTES'",
    "-- ambix: transaction none\nSET sql_mode = 'ANSI_QUOTES'",
];
/// Those of them that ambix can undo only on a connection of its own.
pub const BEYOND_REPAIR: &[&str] = &[];

/// A database of its own, dropped with the value.
pub struct Fresh {
    pub name: String,
    pub url: String,
    pub pool: Pool,
}

pub fn server() -> String {
    variable("AMBIX_TEST_MYSQL_URL")
}

/// The server's URL with another database.
pub fn url_of(database: &str) -> String {
    with_database(&server(), database)
}

pub async fn fresh() -> Fresh {
    fresh_named(&unique("ambix_test")).await
}

pub async fn fresh_named(name: &str) -> Fresh {
    let mut admin = Connection::connect(&server()).await.unwrap();
    let quoted = format!("`{}`", name.replace('`', "``"));
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {quoted}")))
        .execute(&mut admin)
        .await
        .unwrap();
    admin.close().await.unwrap();
    let url = url_of(&name.replace('`', "%60"));
    let pool = fresh::pool(&url).await;
    Fresh { name: name.to_owned(), url, pool }
}

impl Fresh {
    /// The tables of the app, sorted.
    pub async fn tables(&self) -> Vec<String> {
        self.column(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() \
             AND table_name NOT LIKE 'ambix%' ORDER BY 1",
        )
        .await
    }

    /// Sessions that hold an advisory lock or are in a transaction, apart from this one.
    pub async fn leaks(&self) -> Vec<String> {
        let lock = format!(
            "CONCAT('ambix:', LEFT(SHA2('{}.ambix_history', 256), 40))",
            self.name.to_lowercase().replace('\'', "''")
        );
        let held = format!(
            "SELECT CONCAT('lock of ', IS_USED_LOCK({lock})) FROM DUAL WHERE IS_USED_LOCK({lock}) IS NOT NULL"
        );
        let mut leaks = self.column(&held).await;
        let transactions = self.transactions().await;
        let sessions = "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()";
        for session in self.column(sessions).await {
            if transactions.contains(&session) {
                leaks.push(format!("transaction of {session}"));
            }
        }
        leaks
    }

    /// The sessions of the server that are in a transaction. Not from `innodb_trx`: that is a copy which the server does not
    /// renew while somebody reads it more often than ten times a second, and several tests that wait do.
    async fn transactions(&self) -> Vec<String> {
        self.transactions_that(|text| {
            text.lines().next().is_some_and(|line| line.contains("ACTIVE"))
        })
        .await
    }

    /// The sessions in this database whose transaction waits for a lock of another one.
    pub async fn waiting_transactions(&self) -> Vec<String> {
        let mut waiting = self.transactions_that(|text| text.contains("LOCK WAIT")).await;
        let own =
            "SELECT CAST(id AS char) FROM information_schema.processlist WHERE db = DATABASE()";
        let own = self.column(own).await;
        waiting.retain(|id| own.contains(id));
        waiting
    }

    async fn transactions_that(&self, is_it: impl Fn(&str) -> bool) -> Vec<String> {
        use sqlx::Row;
        let status = sqlx::raw_sql("SHOW ENGINE INNODB STATUS").fetch_one(&self.pool).await;
        let status: String = status.unwrap().get_unchecked(2);
        let transactions = status.split("---TRANSACTION ").skip(1);
        transactions
            .filter(|text| is_it(text))
            .filter_map(|text| text.split("thread id ").nth(1)?.split(',').next())
            .map(str::to_owned)
            .collect()
    }
}

/// All settings of a session.
pub async fn settings(connection: &mut Connection) -> Vec<String> {
    use sqlx::Row;
    // What changes by itself.
    let volatile = [
        "timestamp",
        "rand_seed1",
        "rand_seed2",
        "in_transaction",
        "last_insert_id",
        "identity",
        "insert_id",
    ];
    let volatile = [
        &volatile[..],
        &["error_count", "warning_count", "pseudo_thread_id", "last_gtid", "statement_id"],
    ]
    .concat();
    let rows = sqlx::raw_sql("SHOW SESSION VARIABLES").fetch_all(&mut *connection).await.unwrap();
    let text = |row: &sqlx::mysql::MySqlRow, at| {
        row.get_unchecked::<Option<String>, usize>(at).unwrap_or_default()
    };
    let rows = rows.iter().filter(|row| {
        let name = text(row, 0);
        !volatile.contains(&name.as_str()) && !name.contains("gtid")
    });
    let mut all: Vec<String> =
        rows.map(|row| format!("{} = {}", text(row, 0), text(row, 1))).collect();
    let database = sqlx::raw_sql("SELECT DATABASE()").fetch_one(connection).await.unwrap();
    all.push(format!("database = {}", text(&database, 0)));
    all
}

/// Pools of one connection, of each kind that behaves in its own way.
pub async fn pools_of_one(db: &Fresh) -> Vec<Pool> {
    vec![db.pool_of(1).await]
}

impl Drop for Fresh {
    fn drop(&mut self) {
        let name = self.name.replace('`', "``");
        // A drop cannot wait; a thread with a runtime of its own can.
        let _ = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                if let Ok(mut admin) = Connection::connect(&server()).await {
                    let sql = format!("DROP DATABASE IF EXISTS `{name}`");
                    let _ = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut admin).await;
                    let _ = admin.close().await;
                }
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
pub const TESTKIT_BIN: &str = "AMBIX_TESTKIT_MYSQL_BIN";
