//! A data migration in Rust, which computes new values from stored ones in a way that is awkward in SQL.
//!
//! `cargo run --example rust_step --features sqlite`

use ambix::{Migration, Migrations, Migrator};
use sqlx::{Connection, SqliteConnection, sqlite::SqlitePoolOptions};

/// Derives a full name from the email for every user without one: `ada.lovelace@example.org` is Ada Lovelace.
///
/// It gets the real sqlx connection, inside the step's transaction: if this fails, the whole step is rolled back.
async fn backfill_full_name(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let users: Vec<(i64, String)> =
        sqlx::query_as("SELECT id, email FROM users WHERE full_name = ''")
            .fetch_all(&mut *connection)
            .await?;
    // A transaction in the step's transaction is a savepoint.
    let mut savepoint = connection.begin().await?;
    for (id, email) in users {
        let update = sqlx::query("UPDATE users SET full_name = ? WHERE id = ?");
        update.bind(full_name(&email)).bind(id).execute(&mut *savepoint).await?;
    }
    savepoint.commit().await
}

fn full_name(email: &str) -> String {
    let local = email.split('@').next().unwrap_or_default();
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect::<String>())
            .unwrap_or_default()
    };
    local.split(['.', '_']).map(capital).collect::<Vec<_>>().join(" ")
}

fn migrations() -> Result<Migrations, ambix::Error> {
    Migrations::new([
        Migration::new("5a1c0e", "create users")
            .up("CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL, full_name text NOT NULL DEFAULT '')"),
        // The file names the function at the place where it should run, between other statements if you like.
        Migration::new("f0117b", "backfill full name")
            .up("-- ambix: run backfill_full_name\nCREATE INDEX users_full_name ON users (full_name);")
            .irreversible("because nobody knows who had no name before"),
    ])
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // An in-memory database exists only in its own connection.
    let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
    let migrator = Migrator::from_migrations(migrations()?)?.register(
        "backfill_full_name",
        |connection: &mut SqliteConnection| {
            Box::pin(async move { Ok(backfill_full_name(connection).await?) })
        },
    );

    // Some existing users.
    migrator.upgrade(&pool, "5a1c0e").await?;
    sqlx::raw_sql(
        "INSERT INTO users (email) VALUES ('ada.lovelace@example.org'), ('grace@example.org')",
    )
    .execute(&pool)
    .await?;

    println!("{}\n", migrator.plan(&pool, "head").await?);
    println!("{}\n", migrator.run_pending(&pool).await?);
    let users: Vec<(String, String)> =
        sqlx::query_as("SELECT email, full_name FROM users").fetch_all(&pool).await?;
    for (email, full_name) in users {
        println!("{email} is {full_name}");
    }

    // The migration has no down side, and says why.
    match migrator.downgrade(&pool, "-1").await {
        Ok(report) => println!("\n{report}"),
        Err(error) => println!("\n{error:#}"),
    }
    Ok(())
}
