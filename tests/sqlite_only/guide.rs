//! The pages of the guide, followed from top to bottom.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
};

use sqlx::{AssertSqlSafe, SqlitePool, migrate::Migrator, sqlite::SqliteConnectOptions};

use crate::suite::guide::{Reader, follow};

const URL: &str = "sqlite://app.db";

/// A page about the sample app.
fn follow_with_sample(name: &str) {
    follow(name, Reader::new(URL, true));
}

#[test]
fn every_page_is_followed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide");
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned();
        let followed = include_str!("guide.rs").contains(&format!("(\"{name}\""));
        assert!(followed, "nobody follows docs/guide/{name}.md");
    }
}

/// What README.md shows is done by a program that has the models.
#[test]
fn readme() {
    let mut reader = Reader::new(URL, true);
    let myapp = Path::new(env!("CARGO_BIN_EXE_myapp")).parent().unwrap();
    reader.programs = format!("{}:{}", reader.programs, myapp.display());
    // The program is at the point where its models have a new field, and no migration makes it yet.
    for entry in fs::read_dir(reader.folder.0.join("migrations")).unwrap() {
        let path = entry.unwrap().path();
        let is_kept = ["5a1c0e", "7b93d2"].iter().any(|id| path.to_str().unwrap().contains(id));
        if !is_kept {
            fs::remove_file(path).unwrap();
        }
    }
    let before = reader.types("myapp db upgrade --quiet");
    assert!(before.1, "{}", before.0);
    follow("README", reader);
}

#[test]
fn first_migration() {
    let mut reader = Reader::new(URL, false);
    reader.environment.clear();
    follow("first-migration", reader);
}

#[test]
fn upgrade_downgrade() {
    follow_with_sample("upgrade-downgrade");
}

#[test]
fn drafting() {
    follow_with_sample("drafting");
}

#[test]
fn team() {
    follow_with_sample("team");
}

#[test]
fn replicas() {
    follow_with_sample("replicas");
}

#[test]
fn production() {
    follow_with_sample("production");
}

#[test]
fn troubleshooting() {
    follow_with_sample("troubleshooting");
}

#[test]
fn command_line() {
    follow_with_sample("command-line");
}

// --- The histories of other tools

const USERS: &str = "CREATE TABLE users (id integer PRIMARY KEY, email varchar(100) NOT NULL);\n";
const FULL_NAME: &str = "ALTER TABLE users ADD COLUMN full_name varchar(100);\n";
const SUBSCRIPTIONS: &str =
    "CREATE TABLE subscriptions (id integer PRIMARY KEY, user_id integer NOT NULL);\n";

async fn database(reader: &Reader) -> SqlitePool {
    let options = SqliteConnectOptions::new().filename(reader.folder.0.join("app.db"));
    SqlitePool::connect_with(options.create_if_missing(true)).await.unwrap()
}

async fn execute(pool: &SqlitePool, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(pool).await.unwrap();
}

#[tokio::test]
async fn from_sqlx() {
    let reader = Reader::new(URL, false);
    let files = [
        ("20241104090000_create_users.up.sql", USERS),
        ("20241104090000_create_users.down.sql", "DROP TABLE users;\n"),
        ("20241113143000_add_full_name_to_user.up.sql", FULL_NAME),
        (
            "20241113143000_add_full_name_to_user.down.sql",
            "ALTER TABLE users DROP COLUMN full_name;\n",
        ),
        ("20241118112000_add_subscriptions.sql", SUBSCRIPTIONS),
    ];
    for (file, text) in files {
        reader.write(&format!("migrations/{file}"), text);
    }
    let pool = database(&reader).await;
    let migrator = Migrator::new(reader.folder.0.join("migrations")).await.unwrap();
    migrator.run_to(20_241_113_143_000, &pool).await.unwrap();
    pool.close().await;
    follow("from-sqlx", reader);
}

#[tokio::test]
async fn from_refinery() {
    let reader = Reader::new(URL, false);
    let files = [
        ("create_users", USERS),
        ("add_full_name_to_user", FULL_NAME),
        ("add_subscriptions", SUBSCRIPTIONS),
    ];
    let pool = database(&reader).await;
    // As refinery makes it.
    execute(
        &pool,
        "CREATE TABLE refinery_schema_history
         (version INT4 PRIMARY KEY, name VARCHAR(255), applied_on VARCHAR(255), checksum VARCHAR(255))",
    )
    .await;
    for (version, (name, sql)) in (1_i32..).zip(files) {
        reader.write(&format!("migrations/V{version}__{name}.sql"), sql);
        if version == 3 {
            break;
        }
        execute(&pool, sql).await;
        // The standard library's hasher is refinery's SipHash-1-3.
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        version.hash(&mut hasher);
        sql.hash(&mut hasher);
        let checksum = hasher.finish();
        execute(
            &pool,
            &format!("INSERT INTO refinery_schema_history VALUES ({version}, '{name}', '2024-11-13T14:30:00Z', '{checksum}')"),
        )
        .await;
    }
    pool.close().await;
    follow("from-refinery", reader);
}

#[tokio::test]
async fn from_diesel() {
    let reader = Reader::new(URL, false);
    let files = [
        ("2024-11-04-090000_create_users", USERS, "DROP TABLE users;\n"),
        (
            "2024-11-13-143000_add_full_name_to_user",
            FULL_NAME,
            "ALTER TABLE users DROP COLUMN full_name;\n",
        ),
        ("2024-11-18-112000_add_subscriptions", SUBSCRIPTIONS, "DROP TABLE subscriptions;\n"),
    ];
    let pool = database(&reader).await;
    // As diesel makes it.
    execute(
        &pool,
        "CREATE TABLE __diesel_schema_migrations
         (version VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)",
    )
    .await;
    for (folder, up, down) in files {
        reader.write(&format!("migrations/{folder}/up.sql"), up);
        reader.write(&format!("migrations/{folder}/down.sql"), down);
        if folder.ends_with("subscriptions") {
            break;
        }
        execute(&pool, up).await;
        let version: String = folder[..17].replace('-', "");
        execute(
            &pool,
            &format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{version}')"),
        )
        .await;
    }
    pool.close().await;
    follow("from-diesel", reader);
}

#[tokio::test]
async fn from_alembic() {
    let reader = Reader::new(URL, true);
    let pool = database(&reader).await;
    for revision in
        ["5a1c0e_create_users", "7b93d2_create_transcriptions", "abc123_add_full_name_to_user"]
    {
        let folder = reader.folder.0.join("migrations");
        let file = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let file = file.filter(|path| is_up(path, revision)).last().unwrap();
        execute(&pool, &fs::read_to_string(file).unwrap()).await;
    }
    // As Alembic makes it.
    execute(
        &pool,
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
         INSERT INTO alembic_version VALUES ('abc123')",
    )
    .await;
    pool.close().await;
    follow("from-alembic", reader);
}

fn is_up(path: &Path, revision: &str) -> bool {
    path.file_name().unwrap().to_str().unwrap().ends_with(&format!("{revision}.up.sql"))
}
