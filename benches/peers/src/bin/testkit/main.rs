//! How long a test waits for its database: the test kit beside `#[sqlx::test]`, in one run, on the same servers.
//!
//! `./test -- cargo run --release -p ambix-benches --bin testkit -- [--check] [--rounds N] [start|many|ways]...`
//!
//! start: from the start of a test to the first answer of its pool, with 10, 100 and 500 migrations. many: 200 tests in 4
//! processes. ways: what a copy costs that is made in one way or another. Each contender works in processes of its own, and they
//! take turns within a round, so that a busy machine is busy for both; what counts are the ratios. `--check` is for the goals.

mod child;
mod many;
mod start;
mod ways;

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

const USAGE: &str = "usage: testkit [--check] [--rounds N] [start|many|ways]...";

/// A database, and the URL of a server with it.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    pub(crate) name: &'static str,
    pub(crate) url: String,
}

/// A folder that goes with the value.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Result<Self> {
        let path = std::env::temp_dir().join(format!("ambix-bench-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.first().map(String::as_str) {
        Some("child") => child::run(&arguments[1..]).map(|()| true),
        _ => run(&arguments),
    };
    match done {
        Ok(true) => std::process::ExitCode::SUCCESS,
        Ok(false) => std::process::ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

/// Whether all goals are met, or nobody asked.
fn run(arguments: &[String]) -> Result<bool> {
    let (mut names, mut check, mut rounds) = (Vec::new(), false, 5);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--check" => check = true,
            "--rounds" => {
                let number = arguments.next().and_then(|n| n.parse().ok()).filter(|n| *n > 0);
                rounds = number.ok_or(USAGE)?;
            }
            name @ ("start" | "many" | "ways") => names.push(name.to_owned()),
            _ => return Err(USAGE.into()),
        }
    }
    let wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    println!("load before: {}", load());
    let databases = databases()?;
    let mut goals = Vec::new();
    if wanted("ways") {
        ways::measure(&databases, rounds)?;
    }
    if wanted("start") {
        start::measure(&databases, rounds, &mut goals)?;
    }
    if wanted("many") {
        many::measure(&databases, &mut goals)?;
    }
    println!("\nload after: {}", load());
    for (goal, met) in &goals {
        println!("{} {goal}", if *met { "met:    " } else { "MISSED: " });
    }
    Ok(!check || goals.iter().all(|(_, met)| *met))
}

fn databases() -> Result<Vec<Database>> {
    let server = |name: &'static str, variable: &str| -> Result<Database> {
        let url = std::env::var(variable)
            .map_err(|_| format!("{variable} is not set; run it with ./test -- ..."))?;
        Ok(Database { name, url })
    };
    Ok(vec![
        server("postgres", "AMBIX_TEST_POSTGRES_URL")?,
        server("mysql", "AMBIX_TEST_MYSQL_URL")?,
        Database { name: "sqlite", url: "sqlite:".to_owned() },
    ])
}

/// Writes so many migrations: a table and an index each.
pub(crate) fn migrations(folder: &Path, database: &Database, count: usize) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let id = match database.name {
        "postgres" => "bigserial",
        "mysql" => "bigint AUTO_INCREMENT",
        _ => "integer",
    };
    for at in 1..=count {
        let sql = format!(
            "CREATE TABLE t{at} (id {id} PRIMARY KEY, name varchar(100) NOT NULL, other bigint, at timestamp NULL);\n\
             CREATE INDEX t{at}_name ON t{at} (name);\n"
        );
        std::fs::write(folder.join(format!("{:04}_create_t{at}.sql", at)), sql)?;
    }
    Ok(())
}

/// What a child is to do.
pub(crate) struct Task<'a> {
    pub(crate) who: &'a str,
    pub(crate) database: &'a Database,
    pub(crate) migrations: &'a Path,
    pub(crate) tests: usize,
    pub(crate) threads: usize,
}

impl Task<'_> {
    pub(crate) fn command(&self, folder: &Path) -> Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["child", self.who, self.database.name])
            .arg(self.migrations)
            .args([self.tests.to_string(), self.threads.to_string()])
            .env("DATABASE_URL", &self.database.url)
            // sqlx keeps its SQLite databases below the current folder.
            .current_dir(folder)
            .stdout(Stdio::piped());
        Ok(command)
    }

    /// The times of its tests, from the start of each to its usable pool.
    pub(crate) fn run(&self, folder: &Path) -> Result<Vec<Duration>> {
        let output = self.command(folder)?.output()?;
        if !output.status.success() {
            return Err(format!("{} on {} failed", self.who, self.database.name).into());
        }
        times(&String::from_utf8(output.stdout)?)
    }
}

pub(crate) fn times(output: &str) -> Result<Vec<Duration>> {
    output.lines().map(|line| Ok(Duration::from_micros(line.trim().parse()?))).collect()
}

pub(crate) fn median(times: &[Duration]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort();
    sorted.get(sorted.len() / 2).map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
}

pub(crate) fn time<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, Duration)> {
    let started = Instant::now();
    let done = work()?;
    Ok((done, started.elapsed()))
}

fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').take(3).collect::<Vec<_>>().join(" ")
}
