//! A process with tests, as one contender runs them. It prints the microseconds that each waited for its pool.

use std::{cell::Cell, future::Future, path::Path, time::Instant};

use ambix::{
    Migrator,
    testkit::{TestPool, TestSetup},
};
use sqlx::{
    AssertSqlSafe, Executor, MySqlPool, PgPool, Pool, SqlitePool,
    testing::{TestArgs, TestFn},
};

use super::Result;

thread_local! {
    static STARTED: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// The arguments: who, which database, the folder of migrations, how many tests, how many threads.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let [who, database, folder, tests, threads] = arguments else { return Err("arguments".into()) };
    let (tests, threads): (usize, usize) = (tests.parse()?, threads.parse()?);
    let folder = Path::new(folder);
    let one: Box<dyn Fn(usize) + Sync> = match (who.as_str(), database.as_str()) {
        ("sqlx", "postgres") => {
            Box::new(sqlx_test(folder, usable::<sqlx::Postgres> as fn(PgPool) -> _)?)
        }
        ("sqlx", "mysql") => {
            Box::new(sqlx_test(folder, usable::<sqlx::MySql> as fn(MySqlPool) -> _)?)
        }
        ("sqlx", "sqlite") => {
            Box::new(sqlx_test(folder, usable::<sqlx::Sqlite> as fn(SqlitePool) -> _)?)
        }
        ("ambix", "postgres") => Box::new(ambix_test(folder, usable::<sqlx::Postgres>)?),
        ("ambix", "mysql") => Box::new(ambix_test(folder, usable::<sqlx::MySql>)?),
        ("ambix", "sqlite") => Box::new(ambix_test(folder, usable::<sqlx::Sqlite>)?),
        other => return Err(format!("{other:?}").into()),
    };
    let failed = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|thread| {
                let one = &one;
                scope.spawn(move || {
                    for test in (thread..tests).step_by(threads) {
                        STARTED.set(Some(Instant::now()));
                        one(test);
                    }
                })
            })
            .collect();
        threads.into_iter().filter_map(|thread| thread.join().err()).count()
    });
    if failed > 0 { Err(format!("{failed} threads had a test that failed").into()) } else { Ok(()) }
}

/// What every test does: it asks one thing, says how long it took until then, and writes a row.
async fn usable<DB: sqlx::Database>(pool: Pool<DB>)
where
    for<'c> &'c Pool<DB>: Executor<'c, Database = DB>,
{
    (&pool).execute(AssertSqlSafe("SELECT 1".to_owned())).await.unwrap();
    let waited = STARTED.get().map(|started| started.elapsed()).unwrap_or_default();
    println!("{}", waited.as_micros());
    (&pool).execute(AssertSqlSafe("INSERT INTO t1 (name) VALUES ('x')".to_owned())).await.unwrap();
}

/// As `#[sqlx::test]` expands.
fn sqlx_test<F>(folder: &Path, test: F) -> Result<impl Fn(usize) + Sync + use<F>>
where
    F: TestFn<Output = ()> + Copy + Send + Sync,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let migrator: &'static _ =
        Box::leak(Box::new(runtime.block_on(sqlx::migrate::Migrator::new(folder))?));
    let process = std::process::id();
    Ok(move |number| {
        let path: &'static str =
            Box::leak(format!("bench::p{process}::t{number}").into_boxed_str());
        let mut arguments = TestArgs::new(path);
        arguments.migrator(migrator);
        test.run_test(arguments);
    })
}

/// As `#[ambix::test]` expands.
fn ambix_test<P, R>(folder: &Path, test: fn(P) -> R) -> Result<impl Fn(usize) + Sync + use<P, R>>
where
    P: TestPool,
    R: Future<Output = ()>,
{
    let migrator = Migrator::from_path(folder)?;
    Ok(move |number| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let setup = TestSetup::<P>::new(&migrator).name(format!("bench::{number}"));
            let database = setup.create().await.unwrap();
            test(database.pool().clone()).await;
            database.close().await.unwrap();
        });
    })
}
