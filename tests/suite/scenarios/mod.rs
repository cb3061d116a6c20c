//! What drafting finds between two schemas: the recorded scenarios, by their numbers, on every database.
//!
//! Where Alembic finds nothing in a real change, finds a change where there is none, or takes the data along, what is written here
//! is the right answer. Each case goes further than the scenario: the draft is applied, nothing is left to find, and its way back
//! leads to where it began.
//!
//! Left out, since they are Python's own: rendering of Python code, `key=`, the warnings of SQLAlchemy, the objects that hooks get
//! (DIF-037), comparing by a function of one's own (DIF-034; DIF-082 and 083 are met by a filter), system columns (DIF-025), and
//! what is about the inspector's cache (DIF-016). CK-010, 011, 014 are about a plugin that is off; there is none to turn on here.

mod apart;
mod checks;
mod expressions;
mod filters;
mod foreign_keys;
mod indexes;
mod notation;
mod round_trips;
mod tables;

use ambix::{
    Migration, Migrations, Migrator,
    draft::{DraftOptions, Object},
    schema::Schema,
};

use crate::setup::{self, SCHEME};

/// Two schemas in the notation of the scenarios, and the beginnings of the lines that a draft has.
pub struct Case {
    /// The scenario's number.
    pub number: &'static str,
    /// Databases, by the first letters of their schemes; empty is all.
    pub only: &'static str,
    /// What both have.
    pub both: &'static str,
    /// What the database alone has.
    pub database: &'static str,
    /// What the models alone have.
    pub models: &'static str,
    /// The changes, in any order; a line is a beginning.
    pub expected: &'static [&'static str],
}

/// `case("FK-001", both, database, models, [changes])`.
pub const fn case(
    number: &'static str,
    both: &'static str,
    database: &'static str,
    models: &'static str,
    expected: &'static [&'static str],
) -> Case {
    Case { number, only: "", both, database, models, expected }
}

impl Case {
    /// On these databases alone.
    pub const fn only(mut self, databases: &'static str) -> Self {
        self.only = databases;
        self
    }

    fn is_for_this_database(&self) -> bool {
        self.only.is_empty() || self.only.contains(&SCHEME[..1])
    }
}

type Filter = fn(&Object<'_>) -> bool;

/// Runs the cases and says all that is wrong with them.
pub async fn run(cases: &[Case]) {
    let mut problems = Vec::new();
    for case in cases.iter().filter(|case| case.is_for_this_database()) {
        if let Err(problem) = run_one(case, None).await {
            problems.push(format!("{}: {problem}", case.number));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

/// The same with a filter.
pub async fn run_filtered(cases: &[(Case, Filter)]) {
    let mut problems = Vec::new();
    for (case, filter) in cases.iter().filter(|(case, _)| case.is_for_this_database()) {
        if let Err(problem) = run_one(case, Some(*filter)).await {
            problems.push(format!("{}: {problem}", case.number));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

fn migrator(migrations: &[Migration], models: Schema) -> Migrator {
    let migrations = Migrations::new(migrations.iter().cloned()).unwrap();
    Migrator::from_migrations(migrations).unwrap().models(models)
}

async fn run_one(case: &Case, filter: Option<Filter>) -> Result<(), String> {
    let from = notation::schema(&[case.both, case.database]);
    let to = notation::schema(&[case.both, case.models]);
    let db = setup::fresh().await;
    // All of it on one connection: half of a server's work for a small draft is a new connection with nothing in its caches.
    let mut connection = db.pool.acquire().await.unwrap();
    let options = || DraftOptions::new().allow_destructive(true).findings(false);
    // It is run at once, and looked at: the proof of the second draft is enough for each scenario.
    let first = migrator(&[], from.clone()).draft(&mut *connection, options().proof(false)).await;
    let first = first.map_err(|error| format!("the database: {error}"))?;
    let mut migrations = vec![Migration::new("r1", "from").up(&first.up).down(&first.down)];
    let run = migrator(&migrations, from.clone()).run_pending(&mut *connection).await;
    run.map_err(|error| format!("the database: {error}\n{}", first.up))?;
    let again = migrator(&migrations, from.clone()).check(&mut *connection, options()).await;
    let again = again.map_err(|error| format!("the database again: {error}"))?;
    if !again.is_empty() {
        return Err(format!("the database is not as it was drafted: {again}\n{}", first.up));
    }

    let filtered = |migrator: Migrator| match filter {
        Some(filter) => migrator.include(filter),
        None => migrator,
    };
    let second =
        filtered(migrator(&migrations, to.clone())).draft(&mut *connection, options()).await;
    let second = second.map_err(|error| format!("the models: {error}"))?;
    let found: Vec<String> = second.changes.iter().map(ToString::to_string).collect();
    compare(case.expected, &found)?;
    if second.is_empty() {
        return Ok(());
    }
    migrations.push(Migration::new("r2", "to").up(&second.up).down(&second.down));
    let run = migrator(&migrations, to.clone()).run_pending(&mut *connection).await;
    run.map_err(|error| format!("up: {error}\n{}", second.up))?;
    let left = filtered(migrator(&migrations, to.clone())).check(&mut *connection, options()).await;
    let left = left.map_err(|error| format!("after up: {error}"))?;
    if !left.is_empty() {
        return Err(format!("after up there is left: {left}\n{}", second.up));
    }
    let down = migrator(&migrations, from.clone()).downgrade(&mut *connection, "-1").await;
    down.map_err(|error| format!("down: {error}\n{}", second.down))?;
    let back = migrator(&migrations[..1], from).check(&mut *connection, options()).await;
    let back = back.map_err(|error| format!("after down: {error}"))?;
    if !back.is_empty() {
        return Err(format!("after down there is left: {back}\n{}", second.down));
    }
    let again = migrator(&migrations, to).run_pending(&mut *connection).await;
    again.map(drop).map_err(|error| format!("up again: {error}\n{}", second.up))
}

/// Each expected beginning has a line of its own, and no line is left.
fn compare(expected: &[&str], found: &[String]) -> Result<(), String> {
    let mut left: Vec<String> = found.iter().map(|line| same_words(line)).collect();
    // The index that a foreign key makes for itself comes and goes with it.
    let of_keys: Vec<String> = left
        .iter()
        .filter_map(|line| line.split_once("foreign key ").map(|(_, rest)| rest.to_owned()))
        .filter_map(|rest| rest.split(' ').next().map(str::to_owned))
        .collect();
    if SCHEME == "mysql" {
        left.retain(|line| {
            let name = line.split_once(" index ").and_then(|(_, rest)| rest.split(' ').next());
            !name.is_some_and(|name| of_keys.iter().any(|key| key == name))
        });
    }
    let mut missing = Vec::new();
    for line in expected {
        match left.iter().position(|found| found.starts_with(&same_words(line))) {
            Some(at) => drop(left.remove(at)),
            None => missing.push(*line),
        }
    }
    if missing.is_empty() && left.is_empty() {
        return Ok(());
    }
    Err(format!("missing: {missing:?}; not expected: {left:?}"))
}

/// A unique index and a unique constraint are one thing on one of the databases.
fn same_words(line: &str) -> String {
    if SCHEME == "mysql" {
        line.replace("unique index", "unique constraint")
    } else {
        line.to_owned()
    }
}
