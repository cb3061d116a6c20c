//! What a test's database is asked, in the same way for each of them.

use sqlx::{AssertSqlSafe, Row};

use super::{Fresh, MAX_CONNECTIONS, Pool, PoolOptions};

impl Fresh {
    /// Another pool on the same database.
    pub async fn pool_of(&self, connections: u32) -> Pool {
        PoolOptions::new().max_connections(connections).connect(&self.url).await.unwrap()
    }

    pub async fn execute(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&self.pool)
            .await
            .unwrap_or_else(|e| panic!("{sql}: {e}"));
    }

    /// The first column of all rows, as text.
    pub async fn column(&self, sql: &str) -> Vec<String> {
        let rows = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_all(&self.pool).await;
        let rows = rows.unwrap_or_else(|e| panic!("{sql}: {e}"));
        rows.iter()
            .map(|row| row.try_get_unchecked::<Option<String>, _>(0).unwrap().unwrap_or_default())
            .collect()
    }
}

/// The pool of a database that was just made.
pub async fn pool(url: &str) -> Pool {
    PoolOptions::new().max_connections(MAX_CONNECTIONS).connect(url).await.unwrap()
}
