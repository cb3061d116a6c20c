//! A database of its own for every test.

use std::{
    collections::HashSet,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use ambix::{
    Migration, Migrations, Migrator, databases,
    testkit::{TestDatabase, TestSetup},
};

use crate::{
    setup::{Connection, Pool, testkit_url},
    support::unique,
};

/// Migrations that no other test has, and with them a template of its own.
fn own_migrator() -> Migrator {
    migrator_of(&unique("t"))
}

fn migrator_of(table: &str) -> Migrator {
    let migrations = Migrations::new([
        Migration::new("1", "create users").up("CREATE TABLE users (id integer PRIMARY KEY)"),
        Migration::new("2", "create posts")
            .up(format!("CREATE TABLE {table} (id integer PRIMARY KEY)").as_str()),
        Migration::new("3", "a first user").up("INSERT INTO users VALUES (1)"),
    ]);
    Migrator::from_migrations(migrations.unwrap()).unwrap()
}

fn setup(migrator: &Migrator) -> TestSetup<Pool> {
    TestSetup::new(migrator).url(testkit_url())
}

async fn users(pool: &Pool) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM users").fetch_one(pool).await.unwrap()
}

async fn add_user(pool: &Pool, id: i32) {
    let sql = format!("INSERT INTO users VALUES ({id})");
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(pool).await.unwrap();
}

#[tokio::test]
async fn a_test_has_a_migrated_database_of_its_own_that_is_gone_afterwards() {
    let migrator = own_migrator();
    let one = setup(&migrator).create().await.unwrap();
    let other = setup(&migrator).create().await.unwrap();
    assert_ne!(one.name(), other.name());
    add_user(one.pool(), 2).await;
    assert_eq!((users(one.pool()).await, users(other.pool()).await), (2, 1));
    assert!(migrator.current(one.url()).await.unwrap().is_head);
    assert!(migrator.run_pending(one.url()).await.unwrap().is_noop());

    let urls = [one.url().to_owned(), other.url().to_owned()];
    one.close().await.unwrap();
    other.close().await.unwrap();
    let third = setup(&migrator).create().await.unwrap();
    // What the first test did is nowhere, also where its database is used again.
    assert_eq!(users(third.pool()).await, 1);
    let third_url = third.url().to_owned();
    third.close().await.unwrap();
    if crate::setup::TESTKIT_DROPS {
        for url in urls.iter().chain([&third_url]) {
            assert!(!databases::exists(url).await.unwrap(), "{url}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrations_run_once_however_many_ask() {
    let runs = Arc::new(AtomicU32::new(0));
    let counted = runs.clone();
    let table = unique("t");
    let migrations = Migrations::new([
        Migration::new("1", "create users").up("CREATE TABLE users (id integer PRIMARY KEY)"),
        Migration::new("2", &table).up("-- ambix: run count"),
    ]);
    let migrator = Migrator::from_migrations(migrations.unwrap()).unwrap().register(
        "count",
        move |_: &mut Connection| {
            counted.fetch_add(1, Ordering::Relaxed);
            Box::pin(async { Ok(()) })
        },
    );
    let tasks = (0..12).map(|_| {
        let migrator = migrator.clone();
        tokio::spawn(async move {
            let database = setup(&migrator).create().await.unwrap();
            let name = database.name().to_owned();
            assert_eq!(users(database.pool()).await, 0);
            tokio::time::sleep(Duration::from_millis(20)).await;
            (database, name)
        })
    });
    let mut names = HashSet::new();
    let mut databases = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        let (database, name) = task.await.unwrap();
        assert!(names.insert(name), "two tests have one database");
        databases.push(database);
    }
    for database in databases {
        database.close().await.unwrap();
    }
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn an_edited_migration_is_another_template() {
    let (one, other) = (unique("t"), unique("t"));
    for table in [&one, &other, &one] {
        let database = setup(&migrator_of(table)).create().await.unwrap();
        let sql = format!("SELECT count(*) FROM {table}");
        let rows: i64 =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(database.pool()).await.unwrap();
        assert_eq!(rows, 0);
        database.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_target_is_where_the_database_is() {
    let migrator = own_migrator();
    for (target, expected) in [("1", "1"), ("2", "2"), ("heads", "3 (head)"), ("base", "base")] {
        let database = setup(&migrator).target(target).create().await.unwrap();
        assert_eq!(migrator.current(database.url()).await.unwrap().to_string(), expected);
        database.close().await.unwrap();
    }
}

#[tokio::test]
async fn fixtures_are_in_the_database() {
    async fn three(pool: Pool) -> sqlx::Result<()> {
        sqlx::query("INSERT INTO users VALUES (30)").execute(&pool).await?;
        Ok(())
    }
    let migrator = own_migrator();
    let database = setup(&migrator)
        .fixture("users.sql", "INSERT INTO users VALUES (10);\nINSERT INTO users VALUES (20);")
        .fixture_fn(three)
        .create()
        .await
        .unwrap();
    assert_eq!(users(database.pool()).await, 4);
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_fixture_that_fails_says_where() {
    let migrator = own_migrator();
    let sql = "INSERT INTO users VALUES (10);\n\n  INSERT INTO nowhere VALUES (20);";
    let error = setup(&migrator).fixture("some/users.sql", sql).create().await.unwrap_err();
    let text = format!("{error:#}");
    assert!(text.starts_with("some/users.sql:3:"), "{text}");
    assert!(text.contains("INSERT INTO nowhere VALUES (20)"), "{text}");
}

#[tokio::test]
async fn a_migration_that_fails_leaves_no_template() {
    let table = unique("t");
    let fails = Arc::new(AtomicU32::new(1));
    let failing = fails.clone();
    let migrations = Migrations::new([
        Migration::new("1", "create users").up("CREATE TABLE users (id integer PRIMARY KEY)"),
        Migration::new("2", &table).up("-- ambix: run fail"),
    ]);
    let migrator = Migrator::from_migrations(migrations.unwrap()).unwrap().register(
        "fail",
        move |_: &mut Connection| {
            let fails = failing.load(Ordering::Relaxed) == 1;
            Box::pin(async move { if fails { Err("not today".into()) } else { Ok(()) } })
        },
    );
    for _ in 0..2 {
        let error = setup(&migrator).create().await.unwrap_err();
        assert!(format!("{error:#}").contains("not today"), "{error}");
    }
    fails.store(0, Ordering::Relaxed);
    let database = setup(&migrator).create().await.unwrap();
    assert!(migrator.current(database.url()).await.unwrap().is_head);
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_database_is_kept_until_the_same_test_runs_again() {
    let migrator = own_migrator();
    let (test, other) = (unique("kept"), unique("other"));
    let failed = setup(&migrator).name(&test).create().await.unwrap();
    add_user(failed.pool(), 2).await;
    let (name, url) = (failed.name().to_owned(), failed.url().to_owned());
    failed.keep().await.unwrap();
    let url = crate::setup::testkit_kept(&url, &test);

    setup(&migrator).name(&other).create().await.unwrap().close().await.unwrap();
    assert!(databases::exists(&url).await.unwrap(), "{name}");
    let pool = crate::setup::pool_on(&url).await;
    assert_eq!(users(&pool).await, 2);
    pool.close().await;

    setup(&migrator).name(&test).create().await.unwrap().close().await.unwrap();
    assert!(!databases::exists(&url).await.unwrap(), "{name}");
}

#[tokio::test]
async fn a_value_that_is_dropped_drops_its_database() {
    let migrator = own_migrator();
    let database = setup(&migrator).create().await.unwrap();
    add_user(database.pool(), 2).await;
    let url = database.url().to_owned();
    drop(database);
    if crate::setup::TESTKIT_DROPS {
        assert!(!databases::exists(&url).await.unwrap());
    }
    let next = setup(&migrator).create().await.unwrap();
    assert_eq!(users(next.pool()).await, 1);
    next.close().await.unwrap();
}

#[test]
fn a_value_that_a_panic_drops_keeps_its_database() {
    let test = unique("panics");
    let name = test.clone();
    let (send, receive) = std::sync::mpsc::channel();
    let panics = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let database = setup(&own_migrator()).name(&name).create().await.unwrap();
            add_user(database.pool(), 2).await;
            send.send(database.url().to_owned()).unwrap();
            panic!("on purpose");
        });
    });
    assert!(panics.join().is_err());
    let url = crate::setup::testkit_kept(&receive.recv().unwrap(), &test);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        assert!(databases::exists(&url).await.unwrap());
        let pool = crate::setup::pool_on(&url).await;
        assert_eq!(users(&pool).await, 2);
        pool.close().await;
        databases::drop(&url, true).await.unwrap();
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tests_at_once_have_room() {
    let migrator = own_migrator();
    let tasks = (0..40).map(|_| {
        let migrator = migrator.clone();
        tokio::spawn(async move {
            let database = setup(&migrator).create().await.unwrap();
            // All the connections that a test may have, at once.
            let mut held = Vec::new();
            for _ in 0..5 {
                held.push(database.pool().acquire().await.unwrap());
            }
            drop(held);
            assert_eq!(users(database.pool()).await, 1);
            database.close().await.unwrap();
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

/// What `a_killed_test_is_cleaned_up_after` kills.
#[tokio::test]
#[ignore = "the child of another test"]
async fn child_that_is_killed() {
    let database = setup(&migrator_of("killed")).create().await.unwrap();
    add_user(database.pool(), 2).await;
    println!("\nurl={}", database.url());
    tokio::time::sleep(Duration::from_secs(60)).await;
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_killed_test_is_cleaned_up_after_and_disturbs_nobody() {
    let migrator = migrator_of("killed");
    let bystander = setup(&migrator).create().await.unwrap();
    let arguments = ["--ignored", "--exact", "suite::testkit::child_that_is_killed", "--nocapture"];
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = lines.find_map(|line| line.unwrap().strip_prefix("url=").map(str::to_owned)).unwrap();
    // It is at work: nobody takes its database.
    setup(&migrator).create().await.unwrap().close().await.unwrap();
    assert!(databases::exists(&url).await.unwrap());
    child.kill().unwrap();
    child.wait().unwrap();
    // The server notices the end of a connection when it wants to.
    let mut tries = 0;
    while databases::exists(&url).await.unwrap() {
        tries += 1;
        assert!(tries < 50, "the database of a killed test is still there: {url}");
        tokio::time::sleep(Duration::from_millis(100)).await;
        setup(&migrator).create().await.unwrap().close().await.unwrap();
    }
    assert_eq!(users(bystander.pool()).await, 1);
    bystander.close().await.unwrap();
}

#[tokio::test]
async fn a_url_of_another_database_is_refused() {
    if crate::setup::TESTKIT_SERVER {
        let error = TestSetup::<Pool>::new(&own_migrator())
            .url("sqlite:test.db")
            .create()
            .await
            .unwrap_err();
        let text = format!("{error:#}");
        assert!(
            text.contains("the URL that was given") || text.contains("no database is compiled in"),
            "{text}"
        );
    } else {
        // It is a file of its own, whatever the URL says.
        let database: TestDatabase<Pool> =
            TestSetup::new(&own_migrator()).url("postgres://nowhere/x").create().await.unwrap();
        database.close().await.unwrap();
    }
}
