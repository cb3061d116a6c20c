//! Two branches of migrations, their labels, a merge, and the targets that lead along them. SQLite in memory.
//!
//! `cargo run --example branches --features sqlite`

use ambix::{Migration, Migrations, Migrator};
use sqlx::{SqlitePool, sqlite::SqlitePoolOptions};

/// `a1 - a2`, followed by the branches `billing` (`b1 - b2`) and `search` (`c1`), each from another team. In files, write parents and
/// labels as comments: `-- ambix: parents a2`, `-- ambix: labels billing`.
fn branches() -> Vec<Migration> {
    vec![
        Migration::new("a1", "create users")
            .up("CREATE TABLE users (id integer PRIMARY KEY)")
            .down("DROP TABLE users"),
        Migration::new("a2", "create texts")
            .up("CREATE TABLE texts (id integer PRIMARY KEY)")
            .down("DROP TABLE texts"),
        Migration::new("b1", "create invoices")
            .labels(["billing"])
            .up("CREATE TABLE invoices (id integer PRIMARY KEY)")
            .down("DROP TABLE invoices"),
        Migration::new("b2", "add due to invoices")
            .up("ALTER TABLE invoices ADD COLUMN due text")
            .down("ALTER TABLE invoices DROP COLUMN due"),
        Migration::new("c1", "index texts")
            .parents(["a2"])
            .labels(["search"])
            .up("CREATE INDEX texts_id ON texts (id)")
            .down("DROP INDEX texts_id"),
    ]
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // An in-memory database exists only in its own connection.
    let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
    let migrator = Migrator::from_migrations(Migrations::new(branches())?)?;

    say("One branch: `billing@head`", &migrator.upgrade(&pool, "billing@head").await?);
    show(&migrator, &pool).await?;

    // Two branches have two heads, so that `head` is ambiguous. `heads` is not, nor is `run_pending`.
    let refused = migrator
        .upgrade(&pool, "head")
        .await
        .map_or_else(|error| format!("{error:#}"), |report| report.to_string());
    say("All branches by `head`", &refused);
    say("All branches by `heads`", &migrator.upgrade(&pool, "heads").await?);
    show(&migrator, &pool).await?;

    say(
        "One step back on one branch: `billing@-1`",
        &migrator.downgrade(&pool, "billing@-1").await?,
    );
    show(&migrator, &pool).await?;

    // A merge has several parents and often no SQL. After it, there is a single head again.
    let mut merged = branches();
    merged.push(
        Migration::new("d1", "merge billing and search").parents(["b2", "c1"]).up("").down(""),
    );
    let migrator = Migrator::from_migrations(Migrations::new(merged)?)?;
    say("What is planned for `head` after the merge", &migrator.plan(&pool, "head").await?);
    say("After the merge: `head`", &migrator.upgrade(&pool, "head").await?);
    show(&migrator, &pool).await?;

    say("Back to where the branches began: `a2`", &migrator.downgrade(&pool, "a2").await?);
    show(&migrator, &pool).await?;
    Ok(())
}

fn say(title: &str, result: &impl std::fmt::Display) {
    println!("{title}\n{result}\n");
}

async fn show(migrator: &Migrator, pool: &SqlitePool) -> Result<(), ambix::Error> {
    let current = migrator.current(pool).await?.to_string();
    println!("current: {}\n", current.replace('\n', ", "));
    Ok(())
}
