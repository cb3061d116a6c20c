//! Many tests in several processes at once: whether any fails, what they leave, and how long all of them take.

use sqlx::{Connection, MySqlConnection, PgConnection};

use super::{Database, Folder, Result, Task, migrations, time};

const PROCESSES: usize = 4;
const TESTS: usize = 50;
const THREADS: usize = 8;
const MIGRATIONS: usize = 100;

pub(crate) fn measure(databases: &[Database], goals: &mut Vec<(String, bool)>) -> Result<()> {
    println!(
        "\n{} tests in {PROCESSES} processes of {THREADS} threads, {MIGRATIONS} migrations, in s (and what they left)",
        PROCESSES * TESTS
    );
    println!("{:<10} {:>18} {:>18}", "database", "sqlx::test", "ambix::test");
    for database in databases {
        let folder = Folder::new(&format!("many-{}", database.name))?;
        let files = folder.0.join("migrations");
        migrations(&files, database, MIGRATIONS)?;
        let mut cells = Vec::new();
        for who in ["sqlx", "ambix"] {
            let task = Task { who, database, migrations: &files, tests: TESTS, threads: THREADS };
            let (failed, took) = time(|| all(&task, &folder))?;
            let left = left(database, &folder)?;
            cells.push(format!("{:.1} ({failed} failed, {left} left)", took.as_secs_f64()));
            if who == "ambix" {
                let text =
                    format!("{}: no failure ({failed}), no leftover ({left})", database.name);
                goals.push((text, failed == 0 && left == 0));
            }
        }
        println!("{:<10} {:>18} {:>18}", database.name, cells[0], cells[1]);
    }
    Ok(())
}

/// How many tests did not end well.
fn all(task: &Task<'_>, folder: &Folder) -> Result<usize> {
    let children: Vec<_> =
        (0..PROCESSES).map(|_| Ok(task.command(&folder.0)?.spawn()?)).collect::<Result<_>>()?;
    let mut ended = 0;
    for child in children {
        let output = child.wait_with_output()?;
        if output.status.success() {
            ended += String::from_utf8(output.stdout)?.lines().count();
        }
    }
    Ok((PROCESSES * TESTS).saturating_sub(ended))
}

/// The databases of tests that are still there. Templates, and copies that wait for the next test, are meant to be.
fn left(database: &Database, folder: &Folder) -> Result<usize> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match database.name {
        "postgres" => runtime.block_on(async {
            let mut connection = PgConnection::connect(&database.url).await?;
            let query = "SELECT count(*) FROM pg_database WHERE datname ~ '^(ambix_test|_sqlx_test)'";
            let left: i64 = sqlx::query_scalar(query).fetch_one(&mut connection).await?;
            Ok(usize::try_from(left)?)
        }),
        "mysql" => runtime.block_on(async {
            let mut connection = MySqlConnection::connect(&database.url).await?;
            let query = "SELECT count(*) FROM information_schema.schemata WHERE schema_name LIKE '\\_sqlx\\_test%' \
                         OR (schema_name LIKE 'ambix\\_test\\_%' AND NOT EXISTS \
                             (SELECT 1 FROM ambix_testkit.copies WHERE name = schema_name AND state = 'ready'))";
            let left = sqlx::query_scalar(query).fetch_one(&mut connection).await;
            let left: i64 = left.unwrap_or_default();
            Ok(usize::try_from(left)?)
        }),
        _ => {
            let sqlx = files(&folder.0.join("target"));
            let kit = std::fs::read_dir(std::env::temp_dir())?.filter_map(Result::ok);
            let kit = kit.filter(|entry| entry.file_name().to_string_lossy().starts_with("ambix-testkit-"));
            let kit = kit.flat_map(|entry| std::fs::read_dir(entry.path().join("sqlite")).into_iter().flatten());
            let names = kit.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()));
            Ok(sqlx + names.filter(|name| name.starts_with("test-")).count())
        }
    }
}

fn files(folder: &std::path::Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let count = |path: std::path::PathBuf| if path.is_dir() { files(&path) } else { 1 };
    entries.filter_map(|entry| Some(count(entry.ok()?.path()))).sum()
}
