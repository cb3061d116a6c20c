//! The program that README.md shows: its own models, its migrations on disk, and the command line below `db`.

use std::process::ExitCode;

use ambix::{Migrator, Model, cli::CommandLine, models};
use clap::{CommandFactory, Parser};

/// A service.
#[derive(Parser)]
#[command(name = "myapp")]
enum MyApp {
    /// Look after the database's schema
    Db(ambix::cli::Args),
}

#[derive(sqlx::FromRow, Model)]
#[model(table = "users")]
#[allow(dead_code)] // Nobody is served here.
struct User {
    #[column(primary_key, auto_increment)]
    id: i64,
    #[column(index(name = "users_email", unique))]
    email: String,
    hashed_password: String,
    /// What no migration has yet.
    #[column(default = "")]
    full_name: String,
}

#[derive(sqlx::FromRow, Model)]
#[model(table = "transcriptions")]
#[allow(dead_code)]
struct Transcription {
    #[column(primary_key, auto_increment)]
    id: i64,
    #[column(references(User, id, on_delete = "cascade"), index(name = "transcriptions_user_id"))]
    user_id: i64,
    file_name: String,
    #[column(default = "")]
    body: String,
    #[column(default_sql = "CURRENT_TIMESTAMP")]
    created_at: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let MyApp::Db(args) = MyApp::parse();
    match Migrator::from_path("migrations") {
        Ok(migrator) => {
            let migrator = migrator.models(models![User, Transcription]);
            let line = CommandLine::new(migrator).folder("migrations").program(MyApp::command());
            line.run(args).await
        }
        Err(error) => ambix::cli::fail(&error),
    }
}
