//! Migrates a SQLite file, inserts and reads a user, and prints the history. Needs no server.
//!
//! `cargo run --example quickstart --features sqlite [-- FILE]`, and once more to see a start with nothing to do.

use ambix::Migrator;
use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};

// The folder is compiled into the program, so you deploy nothing else.
static MIGRATIONS: ambix::Dir<'_> = ambix::include_dir!("$CARGO_MANIFEST_DIR/migrations/sqlite");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).unwrap_or_else(|| "quickstart.db".to_owned());
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let pool = SqlitePool::connect_with(options).await?;

    // The first start runs all migrations; the second has nothing to do.
    let migrator = Migrator::new(&MIGRATIONS)?.application("quickstart", env!("CARGO_PKG_VERSION"));
    println!("{}\n", migrator.run_pending(&pool).await?);

    sqlx::query("INSERT INTO users (email, hashed_password, full_name) VALUES (?, ?, ?) ON CONFLICT (email) DO NOTHING")
        .bind("ada@example.org")
        .bind("not a real hash")
        .bind("Ada Lovelace")
        .execute(&pool)
        .await?;
    let (email, full_name): (String, String) =
        sqlx::query_as("SELECT email, full_name FROM users").fetch_one(&pool).await?;
    println!("{email} is {full_name}\n");

    println!("{}", migrator.history(&pool).await?);
    pool.close().await;
    Ok(())
}
