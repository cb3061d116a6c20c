//! Measures ambix beside sqlx's `Migrator`, refinery and psql, side by side in one run.
//!
//! `./test -- cargo run --release -p ambix-benches -- [--check | --smoke] [--rounds N] [--count N] [NAMES]`
//!
//! The names are those of [`NAMES`]; without one, all are measured. With `TMPDIR=/dev/shm` the throw-away server keeps its
//! data in memory: thousands of files that are made and removed make a disk's file system slower and slower.
//! Contenders take turns within a round, so that a busy
//! machine is busy for all of them; what counts are the ratios. `--check` prints whether each goal is met, and fails if one is not; `--smoke` runs
//! everything once with few migrations, which shows that it works and tells nothing of time.

mod corpus;
mod cpu;
mod graph;
mod measure;
mod pending;
#[path = "../../../tests/support/proxy.rs"]
mod proxy;
mod server;
mod sqlite;
mod start;

use measure::{Bench, Error, Result};
use server::Server;

/// start: nothing to do. pending: 1,000 migrations. latency: both with 5 ms in each direction. graph and split: no server.
const NAMES: [&str; 6] = ["start", "pending", "latency", "graph", "split", "sqlite"];

const USAGE: &str = "usage: ambix-benches [--check | --smoke] [--rounds N] [--count N] [start|pending|latency|graph|split|sqlite]...";

#[tokio::main]
async fn main() -> std::process::ExitCode {
    match run().await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let mut bench = Bench { rounds: None, count: None, goals: Vec::new() };
    let (mut names, mut check) = (Vec::new(), false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number =
            || arguments.next().and_then(|n| n.parse().ok()).filter(|n| *n > 0).ok_or(USAGE);
        match argument.as_str() {
            "--check" => check = true,
            "--smoke" => (bench.rounds, bench.count) = (Some(1), Some(10)),
            "--help" => {
                println!("{USAGE}");
                return Ok(());
            }
            "--rounds" => bench.rounds = Some(number()?),
            "--count" => bench.count = Some(number()?),
            name => names.push(*NAMES.iter().find(|known| **known == name).ok_or(USAGE)?),
        }
    }
    if names.is_empty() {
        names = NAMES.to_vec();
    }
    println!("load before: {}", load());
    let mut server = None;
    for name in names {
        if ["start", "pending", "latency"].contains(&name) && server.is_none() {
            let found = Server::from_environment()?;
            println!("{}", found.describe().await?);
            server = Some(found);
        }
        let on = || server.as_ref().ok_or(Error::from("no server"));
        match name {
            "start" => start::start(on()?, &mut bench).await?,
            "pending" => pending::pending(on()?, &mut bench).await?,
            "latency" => pending::latency(on()?, &mut bench).await?,
            "graph" => graph::graph(&mut bench).await?,
            "split" => graph::split(&mut bench)?,
            _ => sqlite::sqlite(&mut bench).await?,
        }
    }
    println!("\nload after: {}", load());
    if check { judge(&bench.goals) } else { Ok(()) }
}

/// Prints whether each goal is met.
fn judge(goals: &[(String, bool)]) -> Result<()> {
    println!("\ngoals");
    for (what, is_met) in goals {
        println!("  {}  {what}", if *is_met { "PASS" } else { "FAIL" });
    }
    match goals.iter().filter(|(_, is_met)| !is_met).count() {
        0 => Ok(()),
        missed => Err(format!("{missed} of {} goals are not met", goals.len()).into()),
    }
}

/// How busy the machine is: numbers of a busy one are worth less.
fn load() -> String {
    let processors = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_else(|_| "unknown".to_owned());
    let load: Vec<&str> = load.split_whitespace().take(3).collect();
    format!("{} on {processors} processors", load.join(" "))
}
