//! The application's tests: they run side by side, and each finds a migrated database of its own, without rows.

mod shared;

use std::sync::LazyLock;

use ambix::{Migrator, testkit::TestDatabase};
use ambix_user_fresh_schema::{add_user, count_users};
use shared::{migrator, server};
use sqlx::{MySqlPool, PgPool, SqlitePool};

static POSTGRES: LazyLock<Migrator> = LazyLock::new(|| migrator("postgres"));
static MYSQL: LazyLock<Migrator> = LazyLock::new(|| migrator("mysql"));
static SQLITE: LazyLock<Migrator> = LazyLock::new(|| migrator("sqlite"));

#[ambix::test(migrator = "POSTGRES", url = server("POSTGRES"))]
async fn an_email_is_used_once(pool: PgPool) {
    add_user(&pool, "ada@example.org").await.unwrap();
    let again = add_user(&pool, "ada@example.org").await.unwrap_err();
    assert!(again.to_string().contains("users_email"), "{again}");
}

#[ambix::test(migrator = "POSTGRES", url = server("POSTGRES"), fixtures("users"), fixture_fns(grace))]
async fn fixtures_are_there(pool: PgPool) -> sqlx::Result<()> {
    assert_eq!(count_users(&pool).await?, 3);
    Ok(())
}

async fn grace(pool: PgPool) -> sqlx::Result<()> {
    add_user(&pool, "grace@example.org").await.map(drop)
}

/// The same user in every test: in one database all but the first would fail.
async fn the_first_user_has_number_1(pool: PgPool) {
    assert_eq!(add_user(&pool, "ada@example.org").await.unwrap(), 1);
    assert_eq!(count_users(&pool).await.unwrap(), 1);
}

async fn one_user_on_mysql(pool: MySqlPool) {
    let insert = "INSERT INTO users (email, hashed_password) VALUES ('ada@example.org', '')";
    let inserted = sqlx::query(insert).execute(&pool).await.unwrap();
    assert_eq!(inserted.last_insert_id(), 1);
    let count: i64 =
        sqlx::query_scalar("SELECT count(*) FROM users").fetch_one(&pool).await.unwrap();
    assert_eq!(count, 1);
}

async fn one_user_on_sqlite(pool: SqlitePool) {
    let insert = "INSERT INTO users (email, hashed_password) VALUES ('ada@example.org', '')";
    assert_eq!(sqlx::query(insert).execute(&pool).await.unwrap().last_insert_rowid(), 1);
}

/// Many tests at once, in one process or in a process each.
macro_rules! many {
    ($($name:ident)*) => {$(
        mod $name {
            use super::*;

            #[ambix::test(migrator = "POSTGRES", url = server("POSTGRES"))]
            async fn on_postgres(pool: PgPool) {
                the_first_user_has_number_1(pool).await;
            }

            #[ambix::test(migrator = "MYSQL", url = server("MYSQL"))]
            async fn on_mysql(pool: MySqlPool) {
                one_user_on_mysql(pool).await;
            }

            #[ambix::test(migrator = "SQLITE")]
            async fn on_sqlite(pool: SqlitePool) {
                one_user_on_sqlite(pool).await;
            }
        }
    )*};
}

many! { one two three four five six seven eight nine ten eleven twelve }

/// For another harness: what is behind the attribute.
#[tokio::test]
async fn the_plain_function_does_the_same() {
    let database = TestDatabase::<SqlitePool>::new(&SQLITE).await.unwrap();
    one_user_on_sqlite(database.pool().clone()).await;
    database.close().await.unwrap();
}
