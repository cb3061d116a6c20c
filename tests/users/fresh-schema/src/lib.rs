//! The second user: an application whose integration tests have a database each. The tests are in `tests/`.

use sqlx::PgPool;

/// Adds a user and says which number it got.
///
/// # Errors
/// Where the email is taken.
pub async fn add_user(pool: &PgPool, email: &str) -> Result<i64, sqlx::Error> {
    let insert = "INSERT INTO users (email, hashed_password) VALUES ($1, '') RETURNING id";
    sqlx::query_scalar(insert).bind(email).fetch_one(pool).await
}

/// How many users there are.
///
/// # Errors
/// Where the database fails.
pub async fn count_users(pool: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT count(*) FROM users").fetch_one(pool).await
}
