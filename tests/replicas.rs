//! Many processes start at once on a fresh database, as the replicas of a service do: each migration runs exactly once,
//! every process ends well, and no process waits for another for ever. The same with one of them killed at any moment.
//!
//! The processes are this program again, in the part of [`replica`].
#![cfg(all(feature = "postgres", feature = "mysql", feature = "sqlite"))]
#![allow(clippy::unwrap_used)] // What a test cannot do ends it.

mod support;

#[path = "support/mysql.rs"]
mod mysql;
#[path = "support/postgres.rs"]
mod postgres;
#[path = "support/sqlite.rs"]
mod sqlite;

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use ambix::{Migration, Migrations, Migrator};

/// The database's URL, for a process that is a replica.
const REPLICA: &str = "AMBIX_TEST_REPLICA_URL";
const PROCESSES: usize = 32;
/// Longer than a round can take on the slowest of machines.
const DEADLINE: Duration = Duration::from_secs(120);

/// None of them can be run twice.
fn migrator(url: &str) -> Migrator {
    let mut list = vec![
        ("1", "CREATE TABLE counter (step integer)"),
        ("2", "INSERT INTO counter VALUES (2)"),
        ("3", "CREATE TABLE other (id integer PRIMARY KEY);\nINSERT INTO counter VALUES (3)"),
        (
            "4",
            "ALTER TABLE other ADD COLUMN name varchar(20);\nINSERT INTO other VALUES (1, 'a');\nINSERT INTO counter VALUES (4)",
        ),
        ("5", "-- ambix: run count\nINSERT INTO counter VALUES (5)"),
        ("6", "INSERT INTO counter VALUES (6);\nCREATE INDEX other_name ON other (name)"),
    ];
    if url.starts_with("postgres") {
        list.push((
            "7",
            "-- ambix: transaction none\nCREATE INDEX CONCURRENTLY counter_step ON counter (step);\n\
             INSERT INTO counter VALUES (7);\nCREATE UNIQUE INDEX CONCURRENTLY counter_once ON counter (step)",
        ));
    }
    let list = list.into_iter().map(|(revision, up)| Migration::new(revision, "").up(up));
    let migrator = Migrator::from_migrations(Migrations::new(list).unwrap()).unwrap();
    match url.split(':').next() {
        Some("postgres") => migrator.register("count", |connection: &mut sqlx::PgConnection| {
            Box::pin(async move {
                sqlx::raw_sql("INSERT INTO counter VALUES (50)").execute(connection).await?;
                Ok(())
            })
        }),
        Some("mysql") => migrator.register("count", |connection: &mut sqlx::MySqlConnection| {
            Box::pin(async move {
                sqlx::raw_sql("INSERT INTO counter VALUES (50)").execute(connection).await?;
                Ok(())
            })
        }),
        _ => migrator.register("count", |connection: &mut sqlx::SqliteConnection| {
            Box::pin(async move {
                sqlx::raw_sql("INSERT INTO counter VALUES (50)").execute(connection).await?;
                Ok(())
            })
        }),
    }
}

/// Not a test of its own: what a process that is a replica does.
#[test]
fn replica() {
    let Ok(url) = std::env::var(REPLICA) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    if let Err(error) = runtime.block_on(migrator(&url).run_pending(&url)) {
        eprintln!("replica {}: {error:#}", std::process::id());
        std::process::exit(1);
    }
    // Without the words of the test harness.
    std::process::exit(0);
}

fn start(url: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "replica", "--nocapture"]).env(REPLICA, url);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits for the end of all, and returns what those that failed have said.
fn failures(replicas: Vec<Child>) -> Vec<String> {
    let until = Instant::now() + DEADLINE;
    let mut failures = Vec::new();
    for mut replica in replicas {
        while replica.try_wait().unwrap().is_none() {
            if Instant::now() > until {
                replica.kill().unwrap();
                failures.push(format!("replica {} did not end", replica.id()));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        let output = replica.wait_with_output().unwrap();
        if !output.status.success() {
            failures.push(format!(
                "{}: {}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            ));
        }
    }
    failures
}

/// A small generator of pseudo-random numbers (splitmix64), so that a failed round can be seen again.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

fn seed() -> u64 {
    let given = std::env::var("AMBIX_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| std::time::UNIX_EPOCH.elapsed().unwrap().as_secs())
}

/// The rounds on one database. The macro, since each database has its own type of `Fresh`.
macro_rules! rounds {
    ($database:ident, $kill:expr) => {{
        let seed = seed();
        println!("AMBIX_TEST_SEED={seed}");
        let mut random = Random(seed);
        // How long a round takes; a process is killed within that time.
        let mut usual = Duration::from_millis(500);
        let mut killed = 0;
        for round in 0..support::tries(4, 20, "rounds of 32 processes") {
            let db = $database::fresh().await;
            let started = Instant::now();
            let mut replicas: Vec<Child> = (0..PROCESSES).map(|_| start(&db.url)).collect();
            if $kill {
                let victim = usize::try_from(random.below(4)).unwrap();
                // Most of the time is that of the waiters, who look again at long intervals.
                let moment = Duration::from_micros(
                    random.below(u64::try_from(usual.as_micros() / 2).unwrap()),
                );
                std::thread::sleep(moment.saturating_sub(started.elapsed()));
                let mut victim = replicas.remove(victim);
                victim.kill().unwrap();
                killed += usize::from(!victim.wait().unwrap().success());
            }
            let failures = failures(replicas);
            assert_eq!(failures, Vec::<String>::new(), "round {round} of seed {seed}");
            usual = (usual * 3 + started.elapsed()) / 4;
            let mut expected = vec!["2", "3", "4", "5", "6"];
            expected.extend(db.url.starts_with("postgres").then_some("7"));
            let steps = db.column("SELECT step FROM counter WHERE step < 50 ORDER BY step").await;
            assert_eq!(steps, expected, "round {round} of seed {seed}");
            assert_eq!(
                db.column("SELECT COUNT(*) FROM counter WHERE step = 50").await,
                ["1"],
                "round {round} of seed {seed}"
            );
            assert_eq!(db.column("SELECT COUNT(*) FROM other").await, ["1"]);
            let status = migrator(&db.url).status(&db.pool).await.unwrap();
            assert_eq!(
                status.with("applied").count(),
                status.entries.len(),
                "round {round} of seed {seed}"
            );
            if !$kill {
                assert_eq!(db.leaks().await, Vec::<String>::new());
            }
        }
        println!("a round took {usual:?}; {killed} processes were killed at work");
    }};
}

#[tokio::test]
async fn each_step_runs_once_on_postgres() {
    rounds!(postgres, false);
}

#[tokio::test]
async fn each_step_runs_once_on_mysql() {
    rounds!(mysql, false);
}

#[tokio::test]
async fn each_step_runs_once_on_sqlite() {
    rounds!(sqlite, false);
}

#[tokio::test]
async fn the_others_finish_when_one_is_killed_on_postgres() {
    rounds!(postgres, true);
}

#[tokio::test]
async fn the_others_finish_when_one_is_killed_on_mysql() {
    rounds!(mysql, true);
}

#[tokio::test]
async fn the_others_finish_when_one_is_killed_on_sqlite() {
    rounds!(sqlite, true);
}
