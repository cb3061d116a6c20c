//! The application's tests: they run side by side, and each finds an empty schema.

mod fresh;

use ambix_user_fresh_schema::{add_user, count_users};

/// The same user in every test: in one schema all but the first would fail.
async fn one_user(pool: sqlx::PgPool) {
    assert_eq!(add_user(&pool, "ada@example.org").await.unwrap(), 1);
    assert_eq!(count_users(&pool).await.unwrap(), 1);
}

#[tokio::test]
async fn an_email_is_used_once() {
    fresh::postgres(|pool| async move {
        add_user(&pool, "ada@example.org").await.unwrap();
        let again = add_user(&pool, "ada@example.org").await.unwrap_err();
        assert!(again.to_string().contains("users_email"), "{again}");
    })
    .await;
}

#[tokio::test]
async fn the_first_user_has_number_1() {
    fresh::postgres(one_user).await;
}

/// Many schemas at once, in one process: also in a runner that gives each test a process of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn schemas_do_not_meet() {
    let tests: Vec<_> = (0..8).map(|_| tokio::spawn(fresh::postgres(one_user))).collect();
    for test in tests {
        test.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn databases_do_not_meet() {
    let one_user = |pool: sqlx::MySqlPool| async move {
        let insert = "INSERT INTO users (email, hashed_password) VALUES ('ada@example.org', '')";
        sqlx::raw_sql(insert).execute(&pool).await.unwrap();
        let count: i64 =
            sqlx::query_scalar("SELECT count(*) FROM users").fetch_one(&pool).await.unwrap();
        assert_eq!(count, 1);
    };
    let tests: Vec<_> = (0..3).map(|_| tokio::spawn(fresh::mysql(one_user))).collect();
    for test in tests {
        test.await.unwrap();
    }
}

#[tokio::test]
async fn memories_do_not_meet() {
    for _ in 0..3 {
        let pool = fresh::sqlite().await;
        let insert = "INSERT INTO users (email, hashed_password) VALUES ('ada@example.org', '')";
        sqlx::raw_sql(insert).execute(&pool).await.unwrap();
    }
}
