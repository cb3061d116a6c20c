//! From structs to tables: drafts the first migration from the models, applies it, reverts it and applies it again. Then the models
//! change, and the tables follow. It ends with the sample app, whose models match its migrations.
//!
//! `cargo run --example draft --features cli,sqlite,macros`
#![allow(dead_code)] // Nobody reads the rows here.

use std::{path::Path, process::ExitCode};

use ambix::{
    Migrator,
    cli::{Args, CommandLine},
    draft::DraftOptions,
    schema::Models,
};
use clap::Parser;

/// The models of the first release, as a program with sqlx has them.
mod first {
    use ambix::{Model, models, schema::Models};
    use sqlx::FromRow;

    #[derive(Debug, FromRow, Model)]
    #[model(table = "users")]
    pub struct User {
        #[column(primary_key, auto_increment)]
        id: i64,
        #[column(unique)]
        email: String,
        hashed_password: String,
    }

    pub fn all() -> Models {
        models![User]
    }
}

/// The models of the second release: one more field, another length, and the things that users pay for.
mod second {
    use ambix::{Model, models, schema::Models};
    use sqlx::FromRow;

    #[derive(Debug, FromRow, Model)]
    #[model(table = "users")]
    pub struct User {
        #[column(primary_key, auto_increment)]
        id: i64,
        #[column(unique, max_length = 255)]
        email: String,
        hashed_password: String,
        #[column(default = "")]
        full_name: String,
    }

    #[derive(Debug, FromRow, Model)]
    #[model(table = "subscriptions")]
    pub struct Subscription {
        #[column(primary_key)]
        id: String,
        #[column(references(User, id), index)]
        user_id: i64,
        #[column(max_length = 50)]
        plan: String,
        #[column(max_length = 20)]
        status: String,
        #[column(default_sql = "CURRENT_TIMESTAMP")]
        created_at: String,
    }

    pub fn all() -> Models {
        models![User, Subscription]
    }
}

/// The sample app, whose migrations are in `migrations/sqlite`.
mod sample {
    use ambix::{Model, models, schema::Models};
    use sqlx::FromRow;

    #[derive(Debug, FromRow, Model)]
    #[model(table = "users")]
    pub struct User {
        #[column(primary_key, auto_increment)]
        id: i64,
        #[column(index(name = "users_email", unique))]
        email: String,
        hashed_password: String,
        #[column(default = "")]
        full_name: String,
        bio: Option<String>,
    }

    #[derive(Debug, FromRow, Model)]
    #[model(table = "transcriptions")]
    pub struct Transcription {
        #[column(primary_key, auto_increment)]
        id: i64,
        #[column(
            references(User, id, on_delete = "cascade"),
            index(name = "transcriptions_user_id")
        )]
        user_id: i64,
        file_name: String,
        #[column(default = "")]
        body: String,
        #[column(default_sql = "CURRENT_TIMESTAMP")]
        created_at: String,
    }

    #[derive(Debug, FromRow, Model)]
    #[model(table = "subscriptions")]
    pub struct Subscription {
        #[column(primary_key)]
        id: String,
        #[column(references(User, id), index(name = "subscriptions_user_id"))]
        user_id: i64,
        #[column(max_length = 50)]
        plan: String,
        #[column(max_length = 20)]
        status: String,
        #[column(default_sql = "CURRENT_TIMESTAMP")]
        created_at: String,
    }

    pub fn all() -> Models {
        models![User, Transcription, Subscription]
    }
}

static SAMPLE: ambix::Dir<'_> = ambix::include_dir!("$CARGO_MANIFEST_DIR/migrations/sqlite");

#[derive(Parser)]
struct Db {
    #[command(flatten)]
    args: Args,
}

/// Runs a command of the program's own command line with these models.
async fn db(
    folder: &Path,
    models: &Models,
    words: &[&str],
) -> Result<(), Box<dyn std::error::Error>> {
    println!("\n$ db {}", words.join(" "));
    let args = Db::try_parse_from([&["db"], words].concat())?.args;
    let migrations = folder.join("migrations");
    let migrator = match migrations.is_dir() {
        true => Migrator::from_path(&migrations)?,
        false => Migrator::from_migrations(ambix::Migrations::default())?,
    };
    let code = CommandLine::new(migrator.models(models.clone()))
        .folder(&migrations)
        .database_url(format!("sqlite://{}?mode=rwc", folder.join("app.db").display()))
        .run(args)
        .await;
    if code == ExitCode::SUCCESS { Ok(()) } else { Err(format!("{words:?} has failed").into()) }
}

/// Prints the files of the latest draft.
fn show(folder: &Path, words: &str) -> std::io::Result<()> {
    for side in ["up", "down"] {
        for entry in std::fs::read_dir(folder.join("migrations"))? {
            let (path, end) = (entry?.path(), format!("_{words}.{side}.sql"));
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.ends_with(&end) {
                println!("\n--- {name}\n{}", std::fs::read_to_string(&path)?);
            }
        }
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::temp_dir().join(format!("ambix_draft_{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let result = walk(&folder).await;
    std::fs::remove_dir_all(&folder)?;
    result
}

async fn walk(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let models = first::all();
    db(folder, &models, &["init", "--quiet"]).await?;
    db(folder, &models, &["generate", "initial tables"]).await?;
    show(folder, "initial_tables")?;
    for words in [&["upgrade"][..], &["downgrade", "base", "--yes"], &["upgrade"], &["check"]] {
        db(folder, &models, words).await?;
    }

    let models = second::all();
    db(folder, &models, &["generate", "add subscriptions and full name"]).await?;
    show(folder, "add_subscriptions_and_full_name")?;
    for words in [&["upgrade"][..], &["downgrade", "-1", "--yes"], &["upgrade"], &["check"]] {
        db(folder, &models, words).await?;
    }

    // The test that you would run in CI; only the kind of the database matters.
    let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
    let migrations = DraftOptions::new().from_migrations(true);
    let draft = Migrator::new(&SAMPLE)?.models(sample::all()).check(&pool, migrations).await?;
    println!("\nthe sample app: {draft}");
    if draft.is_empty() { Ok(()) } else { Err("a migration is missing".into()) }
}
