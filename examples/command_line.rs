//! A service that has the database commands as commands of its own: `shop db upgrade head`, `shop db history`, `shop serve`.
//!
//! ```sh
//! cargo run --example command_line --features cli,sqlite -- db --database-url 'sqlite://shop.db?mode=rwc' upgrade
//! cargo run --example command_line --features cli,sqlite -- db --database-url sqlite://shop.db status
//! ```

use std::process::ExitCode;

use ambix::{Migrator, cli::CommandLine};
use clap::{CommandFactory, Parser};

static MIGRATIONS: ambix::Dir<'_> = ambix::include_dir!("$CARGO_MANIFEST_DIR/migrations/sqlite");

/// A shop.
#[derive(Parser)]
#[command(name = "shop")]
enum Shop {
    /// Serve customers
    Serve,
    /// Manage the database's schema
    Db(ambix::cli::Args),
}

/// Configures the migrations in one place, for the start of the service and for its commands.
fn migrator() -> ambix::Result<Migrator> {
    Ok(Migrator::new(&MIGRATIONS)?.application("shop", "1.4.2"))
}

async fn serve(migrator: &Migrator) -> Result<(), Box<dyn std::error::Error>> {
    let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
    println!("{}", migrator.run_pending(&pool).await?);
    println!("open");
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let shop = Shop::parse();
    let migrator = match migrator() {
        Ok(migrator) => migrator,
        Err(error) => return ambix::cli::fail(&error),
    };
    match shop {
        Shop::Serve => match serve(&migrator).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error:#}");
                ExitCode::FAILURE
            }
        },
        // New files go next to the sources; everything else is compiled in.
        Shop::Db(args) => {
            CommandLine::new(migrator)
                .folder(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite"))
                .program(Shop::command())
                .run(args)
                .await
        }
    }
}
