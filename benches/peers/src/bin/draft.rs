//! What `benches/draft.sh` runs: reads a database's schema, compares it with itself, and checks it with models that are the same.
//! Prints the milliseconds of each.

use std::time::Instant;

use ambix::{
    Migrations, Migrator,
    draft::{DraftOptions, difference},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).ok_or("usage: draft URL")?;
    let migrator = Migrator::from_migrations(Migrations::default())?;
    let pool = sqlx::PgPool::connect(&url).await?;

    let start = Instant::now();
    let schema = migrator.inspect(&pool).await?;
    println!("inspect {}", milliseconds(start));

    let other = schema.clone();
    let start = Instant::now();
    let changes = difference(&schema, &other);
    println!("difference {}", milliseconds(start));
    if !changes.is_empty() {
        return Err(format!("a schema differs from itself: {}", changes[0]).into());
    }

    let start = Instant::now();
    let draft = migrator.models(schema).check(&pool, DraftOptions::new()).await?;
    println!("check {}", milliseconds(start));
    if !draft.is_empty() {
        return Err(format!("models that were inspected differ: {draft}").into());
    }
    Ok(())
}

fn milliseconds(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1000.0
}
