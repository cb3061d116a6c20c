//! Loading and planning very many migrations, and splitting very long ones. No server.

use std::fmt::Write;

use ambix::{Graph, Migration, Migrations, Migrator, Target, graph::Applied, migration::Checksum};
use sqlx::{Connection, SqliteConnection};

use crate::measure::{Bench, Result, Table, best, time};

/// The shapes of a history.
const SHAPES: [&str; 2] = ["a line", "branches and merges"];

fn migrations(shape: &str, count: usize) -> Vec<Migration> {
    let revision =
        |n: usize| format!("{:016x}", (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let one = |n: usize| {
        let sql = format!(
            "CREATE TABLE t{n} (id bigint PRIMARY KEY, name text NOT NULL);\nCREATE INDEX t{n}_name ON t{n} (name);\n"
        );
        let migration = Migration::new(revision(n), format!("create t{n}"))
            .up(&sql)
            .down(&format!("DROP TABLE t{n};\n"));
        match (shape, n) {
            ("a line", _) | (_, 0) => migration,
            // Branches of one to seven migrations; each ends in a merge with the line beside it.
            (_, n) if n % 8 == 7 => migration.parents([revision(n - 1), revision(n - 8.min(n))]),
            (_, n) if n % 4 == 3 => {
                migration.parents([revision(n - 4.min(n))]).depends_on([revision(n - 1)])
            }
            (_, n) => migration.parents([revision(n - 1)]),
        }
    };
    (0..count).map(one).collect()
}

/// Steps, each with its time in seconds.
type Times = Vec<(&'static str, f64)>;

/// What needs no database.
fn in_memory(shape: &str, count: usize, rounds: usize) -> Result<Times> {
    let list = migrations(shape, count);
    let mut times = Vec::new();
    times.push((
        "Migrations::new (checksums)",
        best(rounds, || Migrations::new(list.clone()).map(|m| m.len())),
    ));
    times.push(("  of which copying the input", best(rounds, || list.clone().len())));
    let all = Migrations::new(list)?;
    times.push(("Graph::new", best(rounds, || Graph::new(all.clone()).map(|g| g.len()))));
    times.push(("  of which copying the input", best(rounds, || all.clone().len())));
    let migrator = Migrator::from_migrations(all)?;
    let graph = migrator.graph();
    let applied: Applied = graph.iter().take(count / 2).map(|m| m.revision().to_owned()).collect();
    let target: Target = Target::heads();
    times.push((
        "resolve heads",
        best(rounds, || graph.resolve(&target, &applied).map(|found| found.len())),
    ));
    let prefix = graph.iter().last().map(|m| m.revision()[..10].to_owned()).unwrap_or_default();
    times.push(("find a prefix", best(rounds, || graph.find(&prefix).is_ok())));
    times.push((
        "range base:heads",
        best(rounds, || graph.range("base:heads", &applied).map(|found| found.len())),
    ));
    times.push(("current of a half", best(rounds, || graph.current(&applied).len())));
    times.push((
        "script base -> heads",
        best(rounds, || migrator.script("postgres", "base", "heads").map(|s| s.len())),
    ));
    Ok(times)
}

/// The plan as a service makes it, on a database in memory.
async fn with_database(shape: &str, count: usize, rounds: usize) -> Result<Times> {
    let migrator = Migrator::from_migrations(Migrations::new(migrations(shape, count))?)?;
    let mut connection = SqliteConnection::connect("sqlite::memory:").await?;
    let mut times = Vec::new();
    times.push((
        "plan, all pending",
        timed(rounds, async || migrator.plan(&mut connection, "heads").await.map(|_| ())).await?,
    ));
    let middle =
        migrator.graph().iter().nth(count / 2).map(|m| m.revision().to_owned()).unwrap_or_default();
    migrator.stamp(&mut connection, middle.as_str()).await?;
    times.push((
        "plan, half applied",
        timed(rounds, async || migrator.plan(&mut connection, "heads").await.map(|_| ())).await?,
    ));
    times.push((
        "stamp the other half",
        timed(1, async || migrator.stamp(&mut connection, "heads").await.map(|_| ())).await?,
    ));
    times.push((
        "run_pending, all applied",
        timed(rounds, async || migrator.run_pending(&mut connection).await.map(|_| ())).await?,
    ));
    times.push((
        "status, all applied",
        timed(rounds, async || migrator.status(&mut connection).await.map(|_| ())).await?,
    ));
    times.push((
        "plan base, all applied",
        timed(rounds, async || migrator.plan(&mut connection, "base").await.map(|_| ())).await?,
    ));
    connection.close().await?;
    Ok(times)
}

async fn timed(rounds: usize, mut work: impl AsyncFnMut() -> ambix::Result<()>) -> Result<f64> {
    let mut least = f64::INFINITY;
    for _ in 0..rounds.max(1) {
        let started = std::time::Instant::now();
        work().await?;
        least = least.min(started.elapsed().as_secs_f64());
    }
    Ok(least)
}

fn of(times: &Times, wanted: &[&str]) -> f64 {
    times.iter().filter(|(name, _)| wanted.contains(name)).map(|(_, time)| time).sum()
}

fn print(title: &str, counts: [usize; 2], small: &Times, large: &Times) {
    let mut table = Table::new(["", &counts[0].to_string(), &counts[1].to_string(), "ratio"]);
    for ((name, small), (_, large)) in small.iter().zip(large) {
        table.row([
            (*name).to_owned(),
            time(*small),
            time(*large),
            format!("{:.1}", large / small),
        ]);
    }
    table.print(title);
}

pub(crate) async fn graph(bench: &mut Bench) -> Result<()> {
    let count = bench.count.unwrap_or(10_000);
    let rounds = bench.rounds.unwrap_or(5);
    for shape in SHAPES {
        let near_linear = |bench: &mut Bench, what: &[&str], small: &Times, large: &Times| {
            let name = format!("{shape}: {}: near-linear, ten times as many", what.join(" + "));
            bench.goal(name, of(large, what) / of(small, what), 20.0);
        };
        let load = ["Migrations::new (checksums)", "Graph::new"];
        let (small, large) =
            (in_memory(shape, count, rounds)?, in_memory(shape, count * 10, rounds)?);
        print(&format!("{shape}: load (best of {rounds})"), [count, count * 10], &small, &large);
        bench.goal(
            format!("{shape}: load and graph of {count} in milliseconds"),
            of(&small, &load) * 1e3,
            50.0,
        );
        near_linear(bench, &load, &small, &large);
        near_linear(bench, &["script base -> heads"], &small, &large);

        let tenth = with_database(shape, count / 10, rounds).await?;
        let whole = with_database(shape, count, rounds).await?;
        print(&format!("{shape}: plan (best of {rounds})"), [count / 10, count], &tenth, &whole);
        for (name, seconds) in &whole {
            if !name.starts_with("stamp") {
                bench.goal(
                    format!("{shape}: {name}: {count} in milliseconds"),
                    seconds * 1e3,
                    100.0,
                );
            }
            near_linear(bench, &[name], &tenth, &whole);
        }
    }
    Ok(())
}

/// Texts of about `bytes` bytes.
fn texts(bytes: usize) -> [(&'static str, String); 5] {
    let fill = |part: &dyn Fn(usize) -> String| {
        let mut text = String::with_capacity(bytes + 1_000);
        let mut n = 0;
        while text.len() < bytes {
            text.push_str(&part(n));
            n += 1;
        }
        text
    };
    let mut values = "INSERT INTO things (id, name) VALUES\n".to_owned();
    values.push_str(&fill(&|n| format!("({n}, 'a name; with ''quotes'' and -- no comment'),\n")));
    values.push_str("(0, 'the last');\n");
    let mut comment = "/* ".to_owned();
    let _ = writeln!(comment, "{} */ SELECT 1;", "licence; text ".repeat(bytes / 14));
    [
        (
            "tables and indexes",
            fill(&|n| {
                format!(
                    "-- Number {n}.\nCREATE TABLE t{n} (\n    id bigint PRIMARY KEY,\n    name text NOT NULL DEFAULT 'x;y'\n);\nCREATE INDEX t{n}_name ON t{n} (lower(name));\n\n"
                )
            }),
        ),
        ("short statements", fill(&|_| "SELECT 1;\n".to_owned())),
        (
            "functions",
            fill(&|n| {
                format!(
                    "CREATE FUNCTION f{n}(a int) RETURNS int LANGUAGE plpgsql AS $body$\nBEGIN\n    -- a; comment\n    IF a > 0 THEN RETURN a; END IF;\n    RETURN f{n}(-a);\nEND;\n$body$;\n"
                )
            }),
        ),
        ("one long INSERT", values),
        ("one long comment", comment),
    ]
}

/// The splitter, through an offline script of one migration, beside the SHA-256 that every text needs anyway.
pub(crate) fn split(bench: &mut Bench) -> Result<()> {
    let rounds = bench.rounds.unwrap_or(3);
    // A megabyte and ten, where no other number of migrations is asked for.
    let small = bench.count.unwrap_or(1_000) * 1_000;
    let large = 10 * small;
    let mut table = Table::new(["", "long", "MB/s", "x SHA-256", "long / short", "load"]);
    for ((name, one), (_, ten)) in texts(small).into_iter().zip(texts(large)) {
        let migrator = |text: &str| -> Result<Migrator> {
            Ok(Migrator::from_migrations(Migrations::new([Migration::new("1", "long").up(text)])?)?)
        };
        let script =
            |migrator: &Migrator| migrator.script("postgres", "base", "heads").map(|s| s.len());
        let [short, long] = [migrator(&one)?, migrator(&ten)?];
        script(&long)?;
        let (short, slow) = (best(rounds, || script(&short)), best(rounds, || script(&long)));
        let hash = best(rounds, || Checksum::of(&ten));
        let load = best(rounds, || migrator(&ten).is_ok());
        let growth = (slow / ten.len() as f64) / (short / one.len() as f64) * 10.0;
        table.row([
            name.to_owned(),
            time(slow),
            format!("{:.0}", ten.len() as f64 / slow / 1e6),
            format!("{:.1}", slow / hash),
            format!("{growth:.1}"),
            time(load),
        ]);
        bench.goal(format!("split {name}: near-linear, ten times as much"), growth, 20.0);
    }
    table.print(&format!(
        "an offline script of one migration of {} MB, and of a tenth: split, tokens hashed, written (best times)",
        large as f64 / 1e6
    ));
    Ok(())
}
