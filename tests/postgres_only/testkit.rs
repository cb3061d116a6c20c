//! The attribute `#[ambix::test]`.

use std::{
    process::{Command, ExitCode},
    sync::LazyLock,
};

use ambix::{Migration, Migrations, Migrator, databases, testkit::TestDatabase};
use sqlx::{PgPool, Pool, Postgres, pool::PoolConnection};

use crate::setup::testkit_url;

static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| {
    let migrations = Migrations::new([
        Migration::new("1", "create users").up("CREATE TABLE users (id int PRIMARY KEY)"),
        Migration::new("2", "a first user").up("INSERT INTO users VALUES (1)"),
    ]);
    Migrator::from_migrations(migrations.unwrap()).unwrap()
});

async fn ids(pool: &PgPool) -> Vec<i32> {
    sqlx::query_scalar("SELECT id FROM users ORDER BY id").fetch_all(pool).await.unwrap()
}

/// The doc comment stays.
#[ambix::test(migrator = "MIGRATOR", url = testkit_url())]
async fn a_pool_is_an_argument(pool: PgPool) {
    assert_eq!(ids(&pool).await, [1]);
}

#[ambix::test(migrator = MIGRATOR, url = testkit_url(), max_connections = 2)]
async fn all_kinds_of_arguments(
    pool: Pool<Postgres>,
    mut connection: PoolConnection<Postgres>,
    database: &TestDatabase<PgPool>,
) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO users VALUES (2)").execute(&mut *connection).await?;
    assert_eq!(ids(&pool).await, ids(database.pool()).await);
    assert_eq!(pool.options().get_max_connections(), 2);
    assert!(database.url().contains(database.name()));
    Ok(())
}

#[ambix::test(migrator = "MIGRATOR", url = testkit_url(), target = "base")]
async fn a_target_is_an_argument(database: &TestDatabase<PgPool>) {
    assert_eq!(MIGRATOR.current(database.url()).await.unwrap().to_string(), "base");
}

async fn user_30(pool: PgPool) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO users VALUES (30)").execute(&pool).await.map(drop)
}

#[ambix::test(migrator = "MIGRATOR", url = testkit_url(), fixtures("users", "./sql/more_users.sql"), fixture_fns(user_30))]
async fn fixtures_by_name_and_path_and_function(pool: PgPool) {
    assert_eq!(ids(&pool).await, [1, 10, 11, 20, 30]);
}

#[ambix::test(migrator = "MIGRATOR", url = testkit_url(), fixtures(path = "sql", scripts("more_users")))]
async fn fixtures_in_a_folder(pool: PgPool) {
    assert_eq!(ids(&pool).await, [1, 20]);
}

#[ambix::test(migrator = "MIGRATOR", url = testkit_url(), fixtures("users"), fixtures(path = "sql", scripts("more_users")))]
async fn fixtures_in_two_folders(pool: PgPool) {
    assert_eq!(ids(&pool).await, [1, 10, 11, 20]);
}

/// Takes two types, for the sake of the comma between them.
fn called<A, F: FnOnce() -> A>(function: F) -> A {
    function()
}

#[ambix::test(migrator = "MIGRATOR", url = called::<String, fn() -> String>(testkit_url), max_connections = 2)]
async fn a_comma_between_types_ends_no_argument(pool: PgPool) -> ExitCode {
    assert_eq!(pool.options().get_max_connections(), 2);
    ExitCode::SUCCESS
}

#[ambix::test(migrator = "MIGRATOR", url = testkit_url(), flavor = "multi_thread", worker_threads = 2)]
async fn a_runtime_with_threads(pool: PgPool) {
    let task = tokio::spawn(async move { ids(&pool).await });
    assert_eq!(tokio::task::block_in_place(|| 1), 1);
    assert_eq!(task.await.unwrap(), [1]);
}

#[ambix::test]
async fn without_a_database() -> Result<(), String> {
    tokio::task::yield_now().await;
    Ok(())
}

#[ambix::test(migrator = "MIGRATOR", url = testkit_url())]
#[should_panic(expected = "on purpose")]
async fn a_panic_that_is_right(database: &TestDatabase<PgPool>) {
    panic!("on purpose, in {}", database.name());
}

/// The children of the tests below.
mod child {
    use super::*;

    #[ambix::test(migrator = "MIGRATOR", url = testkit_url())]
    #[ignore = "the child of another test"]
    async fn succeeds(database: &TestDatabase<PgPool>) {
        println!("url={}", database.url());
        user_30(database.pool().clone()).await.unwrap();
    }

    #[ambix::test(migrator = "MIGRATOR", url = testkit_url())]
    #[ignore = "the child of another test"]
    async fn panics(database: &TestDatabase<PgPool>) {
        println!("url={}", database.url());
        user_30(database.pool().clone()).await.unwrap();
        panic!("the users are wrong");
    }

    #[ambix::test(migrator = "MIGRATOR", url = testkit_url())]
    #[ignore = "the child of another test"]
    async fn returns_an_error(database: &TestDatabase<PgPool>) -> sqlx::Result<()> {
        println!("url={}", database.url());
        user_30(database.pool().clone()).await?;
        user_30(database.pool().clone()).await
    }

    #[ambix::test(migrator = "MIGRATOR", url = testkit_url())]
    #[ignore = "the child of another test"]
    async fn returns_a_code(database: &TestDatabase<PgPool>) -> Result<ExitCode, sqlx::Error> {
        println!("url={}", database.url());
        user_30(database.pool().clone()).await?;
        Ok(ExitCode::FAILURE)
    }

    #[ambix::test(migrator = "MIGRATOR", url = testkit_url())]
    #[ignore = "the child of another test"]
    #[should_panic]
    async fn does_not_panic(database: &TestDatabase<PgPool>) {
        println!("url={}", database.url());
        user_30(database.pool().clone()).await.unwrap();
    }

    #[ambix::test(migrator = "MIGRATOR", url = "postgres://127.0.0.1:1/nobody")]
    #[ignore = "the child of another test"]
    #[should_panic]
    async fn has_no_server(_pool: PgPool) {
        panic!("it is not run");
    }

    static BROKEN: LazyLock<Migrator> = LazyLock::new(|| panic!("the files are wrong"));

    #[ambix::test(migrator = "BROKEN", url = testkit_url())]
    #[ignore = "the child of another test"]
    #[should_panic]
    async fn has_no_migrator(_pool: PgPool) {
        panic!("it is not run");
    }

    #[ambix::test(migrator = "MIGRATOR", url = testkit_url())]
    #[ignore = "the child of another test"]
    async fn forgets_a_connection(pool: PgPool) {
        let (has_it, told) = tokio::sync::oneshot::channel();
        tokio::spawn(async move {
            let connection = pool.acquire().await.unwrap();
            has_it.send(()).unwrap();
            std::future::pending::<()>().await;
            drop(connection);
        });
        told.await.unwrap();
    }
}

/// Runs a child: whether it succeeded, what it printed, and the URL of its database.
fn run(name: &str) -> (bool, String, Option<String>) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            &format!("postgres_only::testkit::child::{name}"),
            "--nocapture",
        ])
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let text = text(output.stdout) + &text(output.stderr);
    assert!(text.contains("1 passed") || text.contains("1 failed"), "no child ran: {text}");
    let url = text.lines().find_map(|line| line.split_once("url=").map(|(_, url)| url.to_owned()));
    (output.status.success(), text, url)
}

#[tokio::test]
async fn a_test_that_succeeds_says_nothing_of_its_database() {
    let (success, text, url) = run("succeeds");
    assert!(success && !text.contains("kept"), "{text}");
    assert!(url.is_some());
}

#[tokio::test]
async fn a_test_that_fails_keeps_its_database_and_says_where() {
    for (name, reason) in [
        ("panics", "the users are wrong"),
        ("returns_an_error", "duplicate key"),
        ("returns_a_code", "returns_a_code ... FAILED"),
    ] {
        let (success, text, url) = run(name);
        let url = url.unwrap();
        assert!(!success && text.contains(reason), "{text}");
        let line =
            format!("postgres::postgres_only::testkit::child::{name}: its database is kept: {url}");
        assert!(text.contains(&line), "{line}\n{text}");
        let pool = PgPool::connect(&url).await.unwrap();
        assert_eq!(ids(&pool).await, [1, 30]);
        pool.close().await;
        // The same test again has another one.
        let (_, _, again) = run(name);
        assert!(!databases::exists(&url).await.unwrap(), "{url}");
        databases::drop(&again.unwrap(), true).await.unwrap();
    }
}

#[tokio::test]
async fn a_test_that_should_panic_and_does_not_keeps_its_database() {
    let (success, text, url) = run("does_not_panic");
    let url = url.unwrap();
    assert!(
        !success && text.contains("did not panic") && text.contains(&format!("kept: {url}")),
        "{text}"
    );
    assert!(databases::exists(&url).await.unwrap());
    databases::drop(&url, true).await.unwrap();
}

#[tokio::test]
async fn what_comes_before_a_test_is_not_the_panic_that_it_should_have() {
    for (name, reason) in [
        ("has_no_server", "connecting to the database"),
        ("has_no_migrator", "the files are wrong"),
    ] {
        let (success, text, _) = run(name);
        assert!(!success && text.contains(reason) && text.contains("did not panic"), "{text}");
        assert!(!text.contains("it is not run"), "{text}");
    }
}

#[tokio::test]
async fn a_connection_that_is_not_given_back_is_said_and_no_test_hangs() {
    let (success, text, _) = run("forgets_a_connection");
    assert!(
        success && text.contains("something still has a connection of the test's pool"),
        "{text}"
    );
}
