//! Two schemas drawn at random, with rows: the draft leads from one to the other and back, a second draft is empty, and the rows
//! are still there.
//!
//! `./test --soak` draws more than every run does, `AMBIX_DRAFT_CASES=10000` as many as it says, and `AMBIX_DRAFT_SEED=7` one alone, and
//! prints its drafts.

mod draw;
mod found;

use ambix::{
    Migration, Migrations, Migrator,
    draft::DraftOptions,
    preflight::{AnswerState, PreflightOptions},
    schema::{Column, Schema, Table, Type},
};

use self::draw::{Drawer, Drawn, quote};
use crate::{
    setup::{self, Connection, Fresh, SCHEME},
    support::tries,
};

/// The tests that share the pairs.
const TESTS: u64 = 4;

fn migrator(migrations: &[Migration], models: &Schema) -> Migrator {
    let migrations = Migrations::new(migrations.iter().cloned()).unwrap();
    Migrator::from_migrations(migrations).unwrap().models(models.clone())
}

fn table_in_sql(table: &Table) -> String {
    let name = quote(&table.name.name);
    table.name.schema.as_ref().map_or(name.clone(), |schema| format!("{}.{name}", quote(schema)))
}

/// Three rows, in each of which every value is the row's own.
async fn insert(db: &Fresh, schema: &Schema) -> Result<(), String> {
    for row in 1..=3 {
        for table in &schema.tables {
            let columns: Vec<&Column> =
                table.columns.iter().filter(|column| column.generated.is_none()).collect();
            let names: Vec<String> = columns.iter().map(|c| quote(&c.name)).collect();
            let values: Vec<String> = columns.iter().map(|c| value(c, row)).collect();
            db.execute(&format!(
                "INSERT INTO {} ({}) VALUES ({})",
                table_in_sql(table),
                names.join(", "),
                values.join(", ")
            ))
            .await;
        }
    }
    Ok(())
}

fn value(column: &Column, row: u32) -> String {
    match column.name.as_str() {
        "at" => "'2024-05-06'".to_owned(),
        "state" => "'b'".to_owned(),
        "data" => format!("'[{row}]'"),
        "flag" => "true".to_owned(),
        "list" => "'{1,2}'".to_owned(),
        _ if matches!(column.ty, Type::Varchar(_) | Type::Text) => format!("'{row}'"),
        _ => row.to_string(),
    }
}

/// How many rows each table has that both schemas have, and the values of the columns that both have.
async fn sums(db: &Fresh, schema: &Schema, other: &Schema) -> Vec<String> {
    let mut sums = Vec::new();
    let base = |table: &Table| {
        (table.name.schema.clone(), table.renamed_from.clone().unwrap_or(table.name.name.clone()))
    };
    let old = |column: &Column| column.renamed_from.clone().unwrap_or(column.name.clone());
    for table in &schema.tables {
        let Some(of) = other.tables.iter().find(|known| base(known) == base(table)) else {
            continue;
        };
        let from = table_in_sql(table);
        let id = quote(&table.primary_key.as_ref().unwrap().columns[0]);
        let count = db.column(&format!("SELECT count(*) FROM {from}")).await;
        sums.push(format!("{} has {}", base(table).1, count[0]));
        for column in table.columns.iter().filter(|column| column.generated.is_none()) {
            let is_kept = of.columns.iter().any(|c| old(c) == old(column) && c.generated.is_none());
            let is_plain = !["state", "data", "at", "flag", "list"].contains(&column.name.as_str());
            if is_kept && is_plain {
                let name = quote(&column.name);
                let text = match SCHEME {
                    "mysql" => format!("left({name} + 0, 1)"),
                    "postgres" => format!("left({name}::text, 1)"),
                    _ => format!("substr({name}, 1, 1)"),
                };
                let values = db.column(&format!("SELECT {text} FROM {from} ORDER BY {id}")).await;
                sums.push(format!("{}.{} {}", base(table).1, old(column), values.join(",")));
            }
        }
    }
    sums.sort();
    sums
}

/// From one schema to another and back, so many times, and back to nothing.
async fn run(db: &Fresh, from: &Schema, to: &Schema, rounds: u32) -> Result<(), String> {
    // On one connection, as the scenarios are.
    let mut connection = db.pool.acquire().await.unwrap();
    // The laws are what a proof asks.
    let options = || DraftOptions::new().allow_destructive(true).proof(false).findings(false);
    let first = migrator(&[], from).draft(&mut *connection, options()).await;
    let first = first.map_err(|error| format!("drafting the first: {error}"))?;
    let all = vec![Migration::new("r1", "from").up(&first.up).down(&first.down)];
    not_stopped(db, &migrator(&all, from)).await?;
    let done = migrator(&all, from).run_pending(&mut *connection).await;
    done.map_err(|error| format!("the first: {error}\n{}", first.up))?;
    let left = check(&mut connection, &all, from).await?;
    if !left.is_empty() {
        return Err(format!("the first leaves: {left}\n{}", first.up));
    }
    insert(db, from).await?;
    let before = sums(db, from, to).await;
    let draft = migrator(&all, to).draft(&mut *connection, options()).await;
    let draft = draft.map_err(|error| format!("drafting the second: {error}"))?;
    let mut both = all.clone();
    both.push(Migration::new("r2", "to").up(&draft.up).down(&draft.down));
    not_stopped(db, &migrator(&both, to)).await?;
    for round in 0..if draft.is_empty() { 0 } else { rounds } {
        let said = |what: String, side: &str| format!("round {round}: {what}\n{side}");
        let done = migrator(&both, to).run_pending(&mut *connection).await;
        done.map_err(|error| said(format!("up: {error}"), &draft.up))?;
        let left = check(&mut connection, &both, to).await?;
        if !left.is_empty() {
            return Err(said(format!("up leaves: {left}"), &draft.up));
        }
        let after = sums(db, to, from).await;
        if round == 0 && after != before {
            return Err(said(format!("rows:\n{before:?}\n{after:?}"), &draft.up));
        }
        let done = migrator(&both, from).downgrade(&mut *connection, "-1").await;
        done.map_err(|error| said(format!("down: {error}"), &draft.down))?;
        let left = check(&mut connection, &all, from).await?;
        if !left.is_empty() {
            return Err(said(format!("down leaves: {left}"), &draft.down));
        }
        let back = sums(db, from, to).await;
        if round == 0 && back != before {
            return Err(said(format!("rows after down:\n{before:?}\n{back:?}"), &draft.down));
        }
    }
    let done = migrator(&all, from).downgrade(&mut *connection, "base").await;
    done.map_err(|error| format!("the first, down: {error}\n{}", first.down))?;
    let left = db.tables().await;
    if left.is_empty() { Ok(()) } else { Err(format!("down to nothing leaves: {left:?}")) }
}

/// What can run, preflight does not stop.
async fn not_stopped(db: &Fresh, migrator: &Migrator) -> Result<(), String> {
    let report = migrator.preflight(&db.url, &PreflightOptions::new()).await;
    let report = report.map_err(|error| format!("preflight: {error}"))?;
    let stops: Vec<String> = report
        .answers
        .iter()
        .filter(|answer| answer.state == AnswerState::Stop)
        .map(|answer| format!("{}: {}", answer.subject, answer.text))
        .collect();
    if stops.is_empty() { Ok(()) } else { Err(format!("preflight stops it: {}", stops.join("; "))) }
}

/// A database without anything in it. On PostgreSQL a new one takes as long as half of a case.
async fn emptied(db: Option<Fresh>) -> Fresh {
    match db {
        Some(db) if SCHEME == "postgres" => {
            let sql = "SET client_min_messages = error; DROP SCHEMA public CASCADE; CREATE SCHEMA public; \
                DROP SCHEMA IF EXISTS audit CASCADE";
            db.execute(sql).await;
            db
        }
        _ => setup::fresh().await,
    }
}

async fn check(
    connection: &mut Connection,
    migrations: &[Migration],
    models: &Schema,
) -> Result<ambix::draft::Draft, String> {
    let options = DraftOptions::new().allow_destructive(true).proof(false).findings(false);
    migrator(migrations, models)
        .check(connection, options)
        .await
        .map_err(|error| format!("check: {error}"))
}

fn draw(seed: u64) -> (Schema, Schema) {
    let mut drawn = Drawn(seed.wrapping_mul(977).wrapping_add(31));
    let from = Drawer::new(&mut drawn, false).schema();
    let to = Drawer::new(&mut drawn, true).schema();
    (from, to)
}

/// Every `TESTS`th seed, beginning with one, so that the tests share the work.
async fn run_share(share: u64) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds: Vec<u64> = match number("AMBIX_DRAFT_SEED") {
        Some(seed) if share == 0 => vec![seed],
        Some(_) => Vec::new(),
        None => {
            let all = number("AMBIX_DRAFT_CASES")
                .unwrap_or_else(|| tries(24, 400, "pairs of schemas, in four tests"));
            (0..all).filter(|seed| seed % TESTS == share).collect()
        }
    };
    let (mut problems, mut db) = (Vec::new(), None);
    for (number, seed) in seeds.into_iter().enumerate() {
        let (from, to) = draw(seed);
        // A new one also now and then, as the server's catalogs grow.
        let empty = emptied(db.take().filter(|_| number % 100 != 0)).await;
        let rounds = if number % 4 == 0 { 2 } else { 1 };
        let done = run(&empty, &from, &to, rounds).await;
        db = Some(empty).filter(|_| done.is_ok());
        if let Err(problem) = done {
            problems.push(format!("AMBIX_DRAFT_SEED={seed}: {problem}"));
        }
        assert!(problems.len() < 20, "too many problems\n\n{}", problems.join("\n\n"));
    }
    assert!(problems.is_empty(), "{} problems\n\n{}", problems.len(), problems.join("\n\n"));
}

#[tokio::test]
async fn the_first_share() {
    run_share(0).await;
}

#[tokio::test]
async fn the_second_share() {
    run_share(1).await;
}

#[tokio::test]
async fn the_third_share() {
    run_share(2).await;
}

#[tokio::test]
async fn the_fourth_share() {
    run_share(3).await;
}
