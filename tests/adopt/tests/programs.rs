//! The histories that Alembic and dbmate have written, by the programs themselves. `tools.sh` installs both below `target/`,
//! from the registries of their languages.

#![allow(clippy::unwrap_used)] // What a test cannot do ends it.

#[path = "../../support/mod.rs"]
mod support;

#[path = "../../support/mysql.rs"]
mod mysql;
#[path = "../../support/postgres.rs"]
mod postgres;
#[path = "../../support/sqlite.rs"]
mod sqlite;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use ambix::{Migrator, adopt::Tool};
use support::{Folder, folder, revisions};

/// The folder with the tools, which are installed where they are missing.
fn tools() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let tools = target.unwrap_or_else(|| here.join("../../target")).join("adopt-tools");
    run(Command::new(here.join("tools.sh")).arg(&tools));
    tools
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, errors) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{out}\n{errors}", output.status);
}

/// Two files of dbmate's.
fn of_dbmate() -> Folder {
    folder(&[
        (
            "20240101000000_a.sql",
            "-- migrate:up\nCREATE TABLE a (id integer);\n\n-- migrate:down\nDROP TABLE a;\n",
        ),
        (
            "20240102000000_b.sql",
            "-- migrate:up transaction:false\nCREATE TABLE b (id integer);\n\n-- migrate:down\nDROP TABLE b;\n",
        ),
    ])
}

const NEXT_OF_DBMATE: &str =
    "-- migrate:up\nCREATE TABLE c (id integer);\n\n-- migrate:down\nDROP TABLE c;\n";

/// Two revisions of Alembic's, as its template writes them.
fn of_alembic() -> Folder {
    let version = |revision: &str, parent: &str, table: &str| {
        format!(
            "from alembic import op\nimport sqlalchemy as sa\n\nrevision = '{revision}'\ndown_revision = {parent}\n\
             branch_labels = None\ndepends_on = None\n\n\ndef upgrade():\n    \
             op.create_table('{table}', sa.Column('id', sa.Integer()))\n\n\ndef downgrade():\n    op.drop_table('{table}')\n"
        )
    };
    let env = "import os\nimport sqlalchemy as sa\nfrom alembic import context\n\n\
               with sa.create_engine(os.environ['URL']).connect() as connection:\n    \
               context.configure(connection=connection)\n    \
               with context.begin_transaction():\n        context.run_migrations()\n";
    folder(&[
        ("alembic.ini", "[alembic]\nscript_location = %(here)s/scripts\n".to_owned()),
        ("scripts/env.py", env.to_owned()),
        ("scripts/versions/aaa111_a.py", version("aaa111", "None", "a")),
        ("scripts/versions/bbb222_b.py", version("bbb222", "'aaa111'", "b")),
    ])
}

macro_rules! on_every_database {
    ($($database:ident $alembic:literal $dbmate:literal)*) => { $(
        mod $database {
            use super::*;
            use crate::$database::fresh;

            fn url(url: &str, scheme: &str, query: &str) -> String {
                let url = url.split('?').next().unwrap();
                let (_, rest) = url.split_once(':').unwrap();
                format!("{scheme}:{rest}{query}")
            }

            #[tokio::test]
            async fn dbmate_s_history_is_taken_over() {
                let (db, files) = (fresh().await, of_dbmate());
                let mut dbmate = Command::new(tools().join("node_modules/.bin/dbmate"));
                let scheme = stringify!($database);
                dbmate.arg("--url").arg(url(&db.url, scheme, $dbmate)).arg("-d").arg(&files.0);
                run(dbmate.args(["--no-dump-schema", "up"]));
                let migrator = || Migrator::from_path(&files.0).unwrap();
                let report = migrator().adopt(&db.pool, Tool::Dbmate).await.unwrap();
                let adopted: Vec<&str> = report.adopted.iter().map(|one| one.revision.as_str()).collect();
                assert_eq!(adopted, ["20240101000000", "20240102000000"]);
                assert!(migrator().run_pending(&db.pool).await.unwrap().is_noop());
                std::fs::write(files.0.join("20240103000000_c.sql"), NEXT_OF_DBMATE).unwrap();
                let report = migrator().run_pending(&db.pool).await.unwrap();
                assert_eq!(revisions(&report), ["20240103000000"]);
                assert_eq!(db.tables().await, ["a", "b", "c", "schema_migrations"]);
                // What dbmate has applied, ambix takes back.
                migrator().downgrade(&db.pool, "base").await.unwrap();
                assert_eq!(db.tables().await, ["schema_migrations"]);
            }

            #[tokio::test]
            async fn alembic_s_history_is_taken_over() {
                let (db, scripts) = (fresh().await, of_alembic());
                let mut alembic = Command::new(tools().join("venv/bin/python"));
                let at = match stringify!($database) {
                    // SQLAlchemy counts its slashes in another way.
                    "sqlite" => url(&db.url, $alembic, "").replace("sqlite:///", "sqlite:////"),
                    _ => url(&db.url, $alembic, ""),
                };
                alembic.args(["-m", "alembic", "-c"]).arg(scripts.0.join("alembic.ini")).env("URL", at);
                run(alembic.args(["upgrade", "head"]));
                // The same revisions as SQL.
                let files = folder(&[
                    ("20240101_0000_aaa111_a.up.sql", "CREATE TABLE a (id integer);\n"),
                    ("20240101_0000_aaa111_a.down.sql", "DROP TABLE a;\n"),
                    ("20240102_0000_bbb222_b.up.sql", "CREATE TABLE b (id integer);\n"),
                    ("20240102_0000_bbb222_b.down.sql", "DROP TABLE b;\n"),
                ]);
                let migrator = || Migrator::from_path(&files.0).unwrap();
                let report = migrator().adopt(&db.pool, Tool::Alembic).await.unwrap();
                let adopted: Vec<&str> = report.adopted.iter().map(|one| one.revision.as_str()).collect();
                assert_eq!(adopted, ["aaa111", "bbb222"]);
                assert!(migrator().run_pending(&db.pool).await.unwrap().is_noop());
                let next = files.0.join("20240103_0000_ccc333_c.sql");
                std::fs::write(next, "CREATE TABLE c (id integer);\n").unwrap();
                assert_eq!(revisions(&migrator().run_pending(&db.pool).await.unwrap()), ["ccc333"]);
                assert_eq!(db.tables().await, ["a", "alembic_version", "b", "c"]);
            }
        }
    )* };
}

mod on {
    use super::*;
    on_every_database! {
        postgres "postgresql+psycopg" "?sslmode=disable"
        mysql "mysql+pymysql" ""
        sqlite "sqlite" ""
    }
}
