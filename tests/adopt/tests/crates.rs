//! The histories that tools of Rust have written, by the tools themselves: what they have applied is taken over, their files
//! run on, and the next file is a migration as any other.

#![allow(clippy::unwrap_used)] // What a test cannot do ends it.

#[path = "../../support/mod.rs"]
mod support;

#[path = "../../support/mysql.rs"]
mod mysql;
#[path = "../../support/postgres.rs"]
mod postgres;
#[path = "../../support/sqlite.rs"]
mod sqlite;

use std::path::Path;

use ambix::{
    Connect, Migrator,
    adopt::{Adopt, AdoptReport, Checked, Tool},
};
use support::{Folder, folder};

/// What the tool has applied is taken over once, and the file that the tool has not seen runs.
async fn is_taken_over<C>(
    database: impl Fn() -> C,
    folder: &Folder,
    tool: Tool,
    new: (&str, &str),
    checked: Checked,
) where
    C: for<'c> Connect<'c>,
{
    let migrator = || Migrator::from_path(&folder.0).unwrap();
    let all: Vec<String> = migrator().graph().iter().map(|m| m.revision().to_owned()).collect();
    let dry = migrator().adopt(database(), Adopt::from(tool).dry_run(true)).await.unwrap();
    let report: AdoptReport = migrator().adopt(database(), tool).await.unwrap();
    assert_eq!(dry.adopted, report.adopted, "{tool}");
    let adopted: Vec<&str> = report.adopted.iter().map(|one| one.revision.as_str()).collect();
    assert_eq!(adopted, all, "{tool}: {report}");
    for one in &report.adopted {
        assert_eq!(one.checksum, checked, "{tool}: {one:?}");
        // In UTC, and just now.
        let time = one.applied_at.unwrap();
        let history = migrator().history(database()).await.unwrap();
        let record = history.records.iter().find(|record| record.revision == one.revision).unwrap();
        let differ = [format!("{:.0}", record.applied_at.unwrap()), format!("{time:.0}")];
        assert_eq!(differ[0], differ[1], "{tool}: {record:?}");
    }
    assert!(migrator().run_pending(database()).await.unwrap().is_noop(), "{tool}");
    assert!(migrator().adopt(database(), tool).await.unwrap().is_noop(), "{tool}");
    write(&folder.0, new.0, new.1);
    let report = migrator().run_pending(database()).await.unwrap();
    assert_eq!(report.steps.len(), 1, "{tool}: {report}");
    assert!(migrator().verify(database()).await.unwrap().is_ok(), "{tool}");
}

fn write(folder: &Path, file: &str, text: &str) {
    let path = folder.join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

const A: &str = "CREATE TABLE a (id integer);\n-- é\n";
const B: &str = "CREATE TABLE b (id integer);\r\nINSERT INTO b VALUES (1);\r\n";
const C: &str = "CREATE TABLE c (id integer);\n";

macro_rules! on_every_database {
    ($($database:ident)*) => { $(
        mod $database {
            use super::*;
            use crate::$database::fresh;

            #[tokio::test]
            async fn sqlx_s_history_is_taken_over() {
                let db = fresh().await;
                let files = [
                    ("0001_a.sql", A),
                    ("0002_b.up.sql", B),
                    ("0002_b.down.sql", "DROP TABLE b"),
                    ("20240103000000_d.sql", "\u{feff}-- marked\nCREATE TABLE d (id integer)"),
                ];
                let files = folder(if stringify!($database) == "sqlite" { &files } else { &files[..3] });
                let old = sqlx::migrate::Migrator::new(files.0.as_path()).await.unwrap();
                old.run(&db.pool).await.unwrap();
                is_taken_over(|| db.url.as_str(), &files, Tool::Sqlx, ("20250101000000_c.sql", C), Checked::Equal).await;
                // The older program finds its own history as it was, and has nothing to do.
                old.run(&db.pool).await.unwrap();
            }

            #[tokio::test]
            async fn sea_orm_s_history_is_taken_over() {
                use sea_orm_migration::{MigratorTrait, sea_orm::Database};
                let db = fresh().await;
                let connection = Database::connect(&db.url).await.unwrap();
                sea::Migrations::up(&connection, None).await.unwrap();
                connection.close().await.unwrap();
                // Its migrations are Rust; these are the files with their SQL.
                let files = folder(&[("20240101_000001_create_a.sql", A), ("20240102_000001_create_b.sql", B)]);
                is_taken_over(|| db.url.as_str(), &files, Tool::SeaOrm, ("20240103_000001_c.sql", C), Checked::Unknown).await;
            }
        }
    )* };
}

mod on {
    use super::*;
    on_every_database!(postgres mysql sqlite);
}

/// Migrations of sea-orm, in its own way.
mod sea {
    use sea_orm_migration::{prelude::*, schema::integer_null};

    pub struct Migrations;

    #[async_trait::async_trait]
    impl MigratorTrait for Migrations {
        fn migrations() -> Vec<Box<dyn MigrationTrait>> {
            let one = |name, table| Box::new(Create { name, table }) as Box<dyn MigrationTrait>;
            vec![one("m20240101_000001_create_a", "a"), one("m20240102_000001_create_b", "b")]
        }
    }

    struct Create {
        name: &'static str,
        table: &'static str,
    }

    impl MigrationName for Create {
        fn name(&self) -> &str {
            self.name
        }
    }

    #[async_trait::async_trait]
    impl MigrationTrait for Create {
        async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
            let mut table = Table::create();
            manager
                .create_table(
                    table.table(Alias::new(self.table)).col(integer_null("id")).to_owned(),
                )
                .await
        }
    }
}

/// refinery's files; it runs each as one message, and a name may have any letters.
fn of_refinery() -> Folder {
    folder(&[("V1__a.sql", A), ("V02__make_b_é.sql", B)])
}

#[tokio::test]
async fn refinery_s_history_is_taken_over_on_sqlite() {
    let (db, files) = (sqlite::fresh().await, of_refinery());
    let path = db.url.strip_prefix("sqlite://").unwrap().split('?').next().unwrap();
    let mut connection = rusqlite::Connection::open(path).unwrap();
    let migrations = refinery::load_sql_migrations(&files.0).unwrap();
    refinery::Runner::new(&migrations).run(&mut connection).unwrap();
    drop(connection);
    is_taken_over(|| db.url.as_str(), &files, Tool::Refinery, ("V3__c.sql", C), Checked::Equal)
        .await;
}

#[tokio::test]
async fn refinery_s_history_is_taken_over_on_postgres() {
    let (db, files) = (postgres::fresh().await, of_refinery());
    let (mut client, connection) =
        tokio_postgres::connect(&db.url, tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let migrations = refinery::load_sql_migrations(&files.0).unwrap();
    refinery::Runner::new(&migrations).run_async(&mut client).await.unwrap();
    drop(client);
    connection.await.unwrap().unwrap();
    is_taken_over(|| db.url.as_str(), &files, Tool::Refinery, ("V3__c.sql", C), Checked::Equal)
        .await;
}

#[tokio::test]
async fn an_edited_file_of_refinery_s_is_seen() {
    let (db, files) = (sqlite::fresh().await, of_refinery());
    let path = db.url.strip_prefix("sqlite://").unwrap().split('?').next().unwrap();
    let mut connection = rusqlite::Connection::open(path).unwrap();
    let migrations = refinery::load_sql_migrations(&files.0).unwrap();
    refinery::Runner::new(&migrations).run(&mut connection).unwrap();
    write(&files.0, "V1__a.sql", "CREATE TABLE a (id bigint);\n");
    let error =
        Migrator::from_path(&files.0).unwrap().adopt(&db.pool, Tool::Refinery).await.unwrap_err();
    assert!(
        format!("{error:#}").contains("the text of V1__a.sql (version 1 (a)) is not what"),
        "{error}"
    );
}

#[tokio::test]
async fn diesel_s_history_is_taken_over() {
    use diesel::Connection;
    use diesel_migrations::{FileBasedMigrations, MigrationHarness};
    let db = sqlite::fresh().await;
    let files = folder(&[
        ("2024-01-01-000000_a/up.sql", A),
        ("2024-01-01-000000_a/down.sql", "DROP TABLE a"),
        ("2024-01-02-000000_b/up.sql", B),
        ("2024-01-02-000000_b/down.sql", "DROP TABLE b"),
    ]);
    let path = db.url.strip_prefix("sqlite://").unwrap().split('?').next().unwrap();
    let mut connection = diesel::SqliteConnection::establish(path).unwrap();
    let migrations = FileBasedMigrations::from_path(&files.0).unwrap();
    connection.run_pending_migrations(migrations).unwrap();
    drop(connection);
    is_taken_over(
        || db.url.as_str(),
        &files,
        Tool::Diesel,
        ("2024-01-03-000000_c/up.sql", C),
        Checked::Unknown,
    )
    .await;
    let back = Migrator::from_path(&files.0).unwrap().downgrade(&db.pool, "20240101000000").await;
    assert!(back.is_err(), "c has no down side");
}
