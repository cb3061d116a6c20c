//! MySQL or MariaDB for the suite: a database for each test.

#![allow(dead_code)]

use sqlx::{AssertSqlSafe, Connection as _, mysql::MySqlPoolOptions};

use crate::support::{unique, variable};

pub type Pool = sqlx::MySqlPool;
pub type Connection = sqlx::MySqlConnection;
pub type PoolOptions = MySqlPoolOptions;

/// The scheme, as `Migrator::script` takes it.
pub const SCHEME: &str = "mysql";
/// DDL can be rolled back.
pub const TRANSACTIONAL_DDL: bool = false;
/// An application's pool that is not the tests' own.
pub const MAX_CONNECTIONS: u32 = 5;

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
    let (server, query) = match server().split_once('?') {
        Some((server, query)) => (server.to_owned(), format!("?{query}")),
        None => (server(), String::new()),
    };
    let (base, _) = server.rsplit_once('/').unwrap();
    format!("{base}/{database}{query}")
}

pub async fn fresh() -> Fresh {
    fresh_named(&unique("ambix_test")).await
}

pub async fn fresh_named(name: &str) -> Fresh {
    let mut admin = Connection::connect(&server()).await.unwrap();
    let quoted = format!("`{}`", name.replace('`', "``"));
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {quoted}"))).execute(&mut admin).await.unwrap();
    admin.close().await.unwrap();
    let url = url_of(&name.replace('`', "%60"));
    let pool = MySqlPoolOptions::new().max_connections(MAX_CONNECTIONS).connect(&url).await.unwrap();
    Fresh { name: name.to_owned(), url, pool }
}

impl Fresh {
    /// Another pool on the same database.
    pub async fn pool_of(&self, connections: u32) -> Pool {
        MySqlPoolOptions::new().max_connections(connections).connect(&self.url).await.unwrap()
    }

    pub async fn execute(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&self.pool).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    }

    /// The first column of all rows, as text.
    pub async fn column(&self, sql: &str) -> Vec<String> {
        use sqlx::Row;
        let rows = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_all(&self.pool).await;
        let rows = rows.unwrap_or_else(|e| panic!("{sql}: {e}"));
        rows.iter().map(|row| row.try_get_unchecked::<Option<String>, _>(0).unwrap().unwrap_or_default()).collect()
    }

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
        let lock = format!("CONCAT('ambix:', LEFT(SHA2('{}.ambix_history', 256), 40))", self.name.to_lowercase());
        self.column(&format!(
            "SELECT CONCAT('lock of ', IS_USED_LOCK({lock})) FROM DUAL WHERE IS_USED_LOCK({lock}) IS NOT NULL UNION ALL \
             SELECT CONCAT('transaction of ', t.trx_mysql_thread_id) FROM information_schema.innodb_trx t \
             JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id \
             WHERE p.db = DATABASE() AND p.id <> CONNECTION_ID()"
        ))
        .await
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        let name = self.name.replace('`', "``");
        // A drop cannot wait; a thread with a runtime of its own can.
        let _ = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
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
