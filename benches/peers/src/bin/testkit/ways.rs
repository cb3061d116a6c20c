//! What a copy of a migrated database costs, made in one way or another. What the kit does was chosen by this.

use std::time::{Duration, Instant};

use sqlx::{
    AssertSqlSafe, Connection, MySqlConnection, PgConnection, SqliteConnection,
    sqlite::SqliteConnectOptions,
};

use super::{Database, Folder, Result, median, migrations};

const COUNTS: [usize; 3] = [10, 100, 500];

/// The times of making and removing, of each way by its name.
type Times = Vec<(String, Vec<Duration>, Vec<Duration>)>;

pub(crate) fn measure(databases: &[Database], rounds: usize) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    println!("\nways to a copy, medians of {rounds} rounds in ms: making it, and removing it");
    println!("{:<10} {:>6} {:<34} {:>8} {:>8}", "database", "tables", "way", "make", "remove");
    for database in databases {
        for count in COUNTS {
            let folder = Folder::new(&format!("ways-{}-{count}", database.name))?;
            let files = folder.0.join("migrations");
            migrations(&files, database, count)?;
            let mut script = String::new();
            for at in 1..=count {
                script +=
                    &std::fs::read_to_string(files.join(format!("{at:04}_create_t{at}.sql")))?;
            }
            let times = match database.name {
                "postgres" => runtime.block_on(postgres(database, &script, rounds))?,
                "mysql" => runtime.block_on(mysql(database, &script, rounds))?,
                _ => runtime.block_on(sqlite(&folder, &script, rounds))?,
            };
            for (way, make, remove) in times {
                let (make, remove) = (median(&make), median(&remove));
                println!("{:<10} {count:>6} {way:<34} {make:>8.1} {remove:>8.1}", database.name);
            }
        }
    }
    Ok(())
}

/// Notes how long something takes.
async fn timed<T, E>(
    times: &mut Vec<Duration>,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let started = Instant::now();
    let done = work.await;
    times.push(started.elapsed());
    done
}

async fn postgres(database: &Database, script: &str, rounds: usize) -> Result<Times> {
    async fn run(connection: &mut PgConnection, sql: &str) -> Result<()> {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await?;
        Ok(())
    }
    let mut connection = PgConnection::connect(&database.url).await?;
    let (template, copy) = (unique("template"), unique("copy"));
    let base = database.url.rsplit_once('/').ok_or("the URL has no database")?.0;
    run(&mut connection, &format!("CREATE DATABASE {template}")).await?;
    let mut filled = PgConnection::connect(&format!("{base}/{template}")).await?;
    run(&mut filled, script).await?;
    filled.close().await?;
    let mut all = Times::new();
    for strategy in ["file_copy", "wal_log"] {
        let (mut make, mut remove) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let create = format!("CREATE DATABASE {copy} TEMPLATE {template} STRATEGY {strategy}");
            timed(&mut make, run(&mut connection, &create)).await?;
            timed(&mut remove, run(&mut connection, &format!("DROP DATABASE {copy}"))).await?;
        }
        all.push((format!("template, {strategy}"), make, remove));
    }
    run(&mut connection, &format!("DROP DATABASE {template}")).await?;
    let (mut make, mut remove) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let sql = format!("CREATE SCHEMA {copy}; SET search_path = {copy}; {script}");
        timed(&mut make, run(&mut connection, &sql)).await?;
        let drop = format!("SET client_min_messages = error; DROP SCHEMA {copy} CASCADE");
        timed(&mut remove, run(&mut connection, &drop)).await?;
    }
    all.push(("replay into a schema, one message".to_owned(), make, remove));
    Ok(all)
}

async fn mysql(database: &Database, script: &str, rounds: usize) -> Result<Times> {
    async fn run(connection: &mut MySqlConnection, sql: &str) -> Result<()> {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await?;
        Ok(())
    }
    let mut connection = MySqlConnection::connect(&database.url).await?;
    let copy = unique("copy");
    let (mut make, mut remove) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let sql = format!("CREATE DATABASE {copy}; USE {copy}; {script}");
        timed(&mut make, run(&mut connection, &sql)).await?;
        timed(&mut remove, run(&mut connection, &format!("DROP DATABASE {copy}"))).await?;
    }
    // What makes one ready again is measured by `start`: that is what a test waits for there.
    Ok(vec![("replay into a database, one message".to_owned(), make, remove)])
}

async fn sqlite(folder: &Folder, script: &str, rounds: usize) -> Result<Times> {
    async fn run(connection: &mut SqliteConnection, sql: &str) -> Result<()> {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await?;
        Ok(())
    }
    let template = folder.0.join("template.db");
    let copy = folder.0.join("copy.db");
    let open =
        |path: &std::path::Path| SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut filled = SqliteConnection::connect_with(&open(&template)).await?;
    run(&mut filled, &format!("BEGIN; {script} COMMIT")).await?;
    let mut all = Times::new();
    let (mut make, mut remove) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let made = async {
            std::fs::copy(&template, &copy)?;
            let mut connection = SqliteConnection::connect_with(&open(&copy)).await?;
            run(&mut connection, "SELECT 1").await?;
            Ok::<_, super::Error>(connection)
        };
        timed(&mut make, made).await?.close().await?;
        timed(&mut remove, async { std::fs::remove_file(&copy) }).await?;
    }
    all.push(("copy of the file".to_owned(), make, remove));
    let (mut make, mut remove) = (Vec::new(), Vec::new());
    let image: Vec<u8> = filled.serialize(None).await?.to_vec();
    for _ in 0..rounds {
        let made = async {
            let mut connection = SqliteConnection::connect("sqlite::memory:").await?;
            connection.deserialize(None, image.as_slice().try_into()?, false).await?;
            run(&mut connection, "SELECT 1").await?;
            Ok::<_, super::Error>(connection)
        };
        let connection = timed(&mut make, made).await?;
        timed(&mut remove, connection.close()).await?;
    }
    all.push(("deserialize into memory".to_owned(), make, remove));
    let (mut make, mut remove) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let made = async {
            let mut connection = SqliteConnection::connect("sqlite::memory:").await?;
            run(&mut connection, script).await?;
            Ok::<_, super::Error>(connection)
        };
        let connection = timed(&mut make, made).await?;
        timed(&mut remove, connection.close()).await?;
    }
    all.push(("replay into memory, one message".to_owned(), make, remove));
    Ok(all)
}

fn unique(what: &str) -> String {
    format!("ambix_bench_{what}_{}", std::process::id())
}
