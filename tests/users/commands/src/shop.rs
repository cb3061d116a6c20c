//! A service that mounts the commands below `db`, and has models, a URL of its own and a Rust step.

use std::process::ExitCode;

use ambix::{Migrator, Model, cli::CommandLine, models};
use clap::{CommandFactory, Parser};
use sqlx::SqliteConnection;

static MIGRATIONS: ambix::Dir<'_> = ambix::include_dir!("$CARGO_MANIFEST_DIR/migrations");

/// A shop.
#[derive(Parser)]
#[command(name = "shop", version)]
enum Shop {
    /// Serve customers
    Serve,
    /// Look after the database's schema
    Db(ambix::cli::Args),
}

/// What is sold.
#[derive(Model)]
#[model(table = "articles")]
#[allow(dead_code)] // Nobody is served here.
struct Article {
    #[column(primary_key, auto_increment)]
    id: i64,
    name: String,
    /// In cents; no migration has it yet.
    price: Option<i64>,
}

fn migrator() -> ambix::Result<Migrator> {
    let migrator = Migrator::new(&MIGRATIONS)?
        .application("shop", env!("CARGO_PKG_VERSION"))
        .models(models![Article]);
    Ok(migrator.register_with("first_article", |connection: &mut SqliteConnection, step| {
        Box::pin(async move {
            // `-x article=cheese`, and `--tag` for who asks for it.
            let article = step.argument("article").unwrap_or("bread").to_owned();
            let article = step.tag().map_or(article.clone(), |tag| format!("{article} for {tag}"));
            sqlx::query("INSERT INTO articles (name) VALUES (?)")
                .bind(article)
                .execute(connection)
                .await?;
            Ok(())
        })
    }))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match (Shop::parse(), migrator()) {
        (_, Err(error)) => ambix::cli::fail(&error),
        (Shop::Serve, Ok(_)) => {
            println!("open");
            ExitCode::SUCCESS
        }
        (Shop::Db(args), Ok(migrator)) => {
            let mut line = CommandLine::new(migrator)
                .folder(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"))
                .program(Shop::command());
            if let Ok(url) = std::env::var("SHOP_DATABASE") {
                line = line.database_url(url);
            }
            line.run(args).await
        }
    }
}
