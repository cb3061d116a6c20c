//! Starts many processes of itself at once against one database, and shows that each migration ran once.
//!
//! `cargo run --example replicas --features postgres,mysql,sqlite,any -- [URL [PROCESSES]]`
//!
//! URL names a database without other migrations, for example `postgres://postgres@localhost/replicas`; the default is a SQLite
//! file. Each migration counts how often it runs.

use std::process::Command;

use ambix::{Migration, Migrations, Migrator};

/// The variable that marks a process as a replica.
const REPLICA: &str = "AMBIX_REPLICA";

fn migrator(url: &str) -> ambix::Result<Migrator> {
    let mut list =
        vec![Migration::new("1", "create the counter").up("CREATE TABLE counter (step integer)")];
    list.extend((2..=6).map(|n| {
        Migration::new(n.to_string(), "count").up(&format!("INSERT INTO counter VALUES ({n})"))
    }));
    if url.starts_with("postgres") {
        // This cannot run in a transaction, and it waits for all others, including runners that would wait for a lock.
        let sql =
            "-- ambix: transaction none\nCREATE INDEX CONCURRENTLY counter_step ON counter (step)";
        list.push(Migration::new("7", "index the counter").up(sql));
    }
    Migrator::from_migrations(Migrations::new(list)?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().unwrap_or_else(|| {
        let file = std::env::temp_dir().join("ambix-replicas.db");
        format!("sqlite://{}?mode=rwc", file.display())
    });
    let migrator = migrator(&url)?;
    if std::env::var_os(REPLICA).is_some() {
        // A service does this in its main function, before it listens.
        let report = migrator.run_pending(&url).await?;
        println!(
            "process {} ran {} migrations and waited {:.1?}",
            std::process::id(),
            report.steps.len(),
            report.waited
        );
        return Ok(());
    }

    let count: u32 = arguments.next().map_or(Ok(16), |count| count.parse())?;
    let program = std::env::current_exe()?;
    let start = |_| Command::new(&program).arg(&url).env(REPLICA, "1").spawn();
    let replicas = (0..count).map(start).collect::<Result<Vec<_>, _>>()?;
    for mut replica in replicas {
        let status = replica.wait()?;
        if !status.success() {
            return Err(format!("a replica ended with {status}").into());
        }
    }

    println!("\n{}", migrator.history(&url).await?);
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(&url).await?;
    let counted: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM counter").fetch_one(&pool).await?;
    println!("\n{count} processes counted to {counted}");
    if counted == 5 { Ok(()) } else { Err("a migration did not run exactly once".into()) }
}
