//! A service whose database commands are commands of its own: `shop db upgrade head`, `shop db history`, `shop serve`.
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
    /// Look after the database's schema
    Db(ambix::cli::Args),
}

/// The one place that says how this program migrates, for its start and for its commands.
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
        // Files are written where the sources are; the rest is compiled in.
        Shop::Db(args) => {
            CommandLine::new(migrator)
                .folder(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite"))
                .program(Shop::command())
                .run(args)
                .await
        }
    }
}
