//! How often a run waits for the server's answer: counted by a proxy, what belongs to connecting not counted.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use ambix::{
    Migration, Migrations, Migrator,
    events::{Event, Live},
    options::{OutOfOrder, TransactionMode},
};

use super::proxy::Proxy;
use crate::{
    setup::{Fresh, fresh},
    support::migrator,
};

fn tables(from: usize, to: usize) -> Vec<(String, String)> {
    (from..=to)
        .map(|n| (format!("r{n:03}"), format!("CREATE TABLE t{n} (id integer PRIMARY KEY)")))
        .collect()
}

fn of(list: &[(String, String)]) -> Migrator {
    let list: Vec<(&str, &str, &str)> =
        list.iter().map(|(revision, up)| (revision.as_str(), up.as_str(), "")).collect();
    migrator(&list)
}

/// The round trips of one call, by the time that it returns.
async fn count(db: &Fresh, migrator: &Migrator) -> u64 {
    let proxy = Proxy::start_for(&db.url, Duration::ZERO).await.unwrap();
    migrator.run_pending(&proxy.url(&db.url)).await.unwrap();
    proxy.round_trips()
}

/// The same with a pool that has an idle connection, as an app has.
async fn count_with_a_pool(db: &Fresh, migrator: &Migrator) -> u64 {
    let proxy = Proxy::start_for(&db.url, Duration::ZERO).await.unwrap();
    let pool = sqlx::PgPool::connect(&proxy.url(&db.url)).await.unwrap();
    // A connection comes back to its pool with a ping.
    while pool.num_idle() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    proxy.reset();
    migrator.run_pending(&pool).await.unwrap();
    proxy.round_trips()
}

#[tokio::test]
async fn a_start_with_nothing_to_do_is_one_round_trip() {
    let db = fresh().await;
    let migrator = of(&tables(1, 20));
    migrator.run_pending(&db.pool).await.unwrap();
    assert_eq!(count(&db, &migrator).await, 1);
    assert_eq!(count_with_a_pool(&db, &migrator).await, 1);
}

/// One number says that nothing is to be done, also where some were squashed: to read rows would be a second round trip.
#[tokio::test]
async fn a_start_with_nothing_to_do_reads_no_rows() {
    let db = fresh().await;
    of(&tables(1, 4)).run_pending(&db.pool).await.unwrap();
    let squash = Migration::new("s1", "half").replaces(["r001", "r002"]);
    let rest = tables(3, 4).into_iter().map(|(r, up)| Migration::new(r, "").up(&up));
    let list = std::iter::once(squash.parents(Vec::<String>::new())).chain(rest);
    let squashed = Migrator::from_migrations(Migrations::new(list).unwrap()).unwrap();
    let german = Migrations::new([Migration::new("straße_ä", "").up("SELECT 1")]).unwrap();
    let german = Migrator::from_migrations(german).unwrap().history_table("others");
    for migrator in [squashed.out_of_order(OutOfOrder::Allow), german] {
        migrator.run_pending(&db.pool).await.unwrap();
        assert_eq!(count(&db, &migrator).await, 1);
    }
}

#[tokio::test]
async fn pending_migrations_are_two_more_than_their_number_at_most() {
    let mut seen = Vec::new();
    for pending in [1, 3, 10, 50] {
        let limit = u64::try_from(pending).unwrap() + 2;
        let db = fresh().await;
        let new = count(&db, &of(&tables(1, pending))).await;
        let more = count(&db, &of(&tables(1, 2 * pending))).await;
        let pooled = count_with_a_pool(&db, &of(&tables(1, 3 * pending))).await;
        seen.push((pending, new, more, pooled));
        assert!(
            new <= limit && more <= limit,
            "{pending} pending: {new} on a fresh database, {more} later"
        );
        // The pool tests each connection that comes back to it.
        assert!(pooled <= limit + 1, "{pending} pending: {pooled} with a pool");
    }
    println!("(pending, round trips on a fresh database, later, with a pool): {seen:?}");
}

#[tokio::test]
async fn one_transaction_for_all_is_a_constant_number() {
    let mut seen = Vec::new();
    for pending in [5, 50] {
        let db = fresh().await;
        let all = |from, to| of(&tables(from, to)).transaction(TransactionMode::All);
        let new = count(&db, &all(1, pending)).await;
        let more = count(&db, &all(1, 2 * pending)).await;
        seen.push((new, more));
    }
    println!("(round trips on a fresh database, later): {seen:?}");
    assert_eq!(seen[0], seen[1]);
    assert!(seen[0].0 <= 4 && seen[0].1 <= 4, "{seen:?}");
}

#[tokio::test]
async fn an_observer_costs_nothing_unless_it_wants_to_look_on_live() {
    let mut seen = Vec::new();
    let observed = |migrator: Migrator, live| migrator.observe(|_| {}).live(live);
    for live in [None, Some(Live::No), Some(Live::Steps), Some(Live::Statements)] {
        let db = fresh().await;
        let migrator = of(&tables(1, 20));
        let migrator = match live {
            None => migrator.live(Live::Statements), // Nobody looks on.
            Some(live) => observed(migrator, live),
        };
        let run = count(&db, &migrator).await;
        seen.push((run, count(&db, &migrator).await));
    }
    println!("(round trips, and with nothing to do): {seen:?}");
    assert_eq!(seen[0], seen[1]);
    assert!(seen.iter().all(|(_, nothing_to_do)| *nothing_to_do == 1), "{seen:?}");
    // One message for each step, of one statement each, in place of one for all.
    assert_eq!((seen[2].0, seen[3].0), (seen[0].0 + 19, seen[0].0 + 19), "{seen:?}");
}

#[tokio::test]
async fn an_observer_is_told_of_a_message_before_it_is_sent() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let events = told.clone();
    let observer = move |event: &Event| {
        let line = match event {
            Event::BatchStarted { first, last, of, .. } => format!("{first} to {last} of {of}"),
            Event::StepStarted { number, .. } => format!("{number} begins"),
            Event::StepDone { number, .. } => format!("{number} done"),
            _ => return,
        };
        events.lock().unwrap().push(line);
    };
    let each = |numbers: std::ops::RangeInclusive<usize>| {
        numbers.flat_map(|n| [format!("{n} begins"), format!("{n} done")])
    };
    let migrator = of(&tables(1, 25)).observe(observer);
    let mut batches = vec!["1 to 10 of 25".to_owned()];
    batches.extend(each(1..=10));
    batches.push("11 to 25 of 25".to_owned());
    batches.extend(each(11..=25));
    let all: Vec<String> =
        std::iter::once("1 to 25 of 25".to_owned()).chain(each(1..=25)).collect();
    for (live, expected) in
        [(Live::Batches, batches), (Live::No, all), (Live::Steps, each(1..=25).collect())]
    {
        let db = fresh().await;
        migrator.clone().live(live).run_pending(&db.pool).await.unwrap();
        assert_eq!(std::mem::take(&mut *told.lock().unwrap()), expected, "{live:?}");
    }
}

/// However many objects there are, a schema is read with the same queries.
#[tokio::test]
async fn a_schema_is_read_in_as_many_round_trips_however_large_it_is() {
    let db = fresh().await;
    let migrator = of(&[]);
    let mut counted = Vec::new();
    for objects in [1..=2, 3..=150] {
        let each = |n: i32| {
            format!(
                "CREATE TABLE t{n} (id integer PRIMARY KEY, other integer REFERENCES t{n} (id)); CREATE INDEX ON t{n} (other);
                 CREATE VIEW v{n} AS SELECT id FROM t{n};
                 CREATE FUNCTION f{n}() RETURNS integer LANGUAGE sql AS 'SELECT max(id) FROM t{n}';"
            )
        };
        db.execute(&objects.map(each).collect::<String>()).await;
        let proxy = Proxy::start_for(&db.url, Duration::ZERO).await.unwrap();
        let schema = migrator.inspect(&proxy.url(&db.url)).await.unwrap();
        counted.push((schema.tables.len(), proxy.round_trips()));
    }
    let [(2, few), (150, many)] = counted[..] else { panic!("{counted:?}") };
    assert!(few == many && few < 5, "{counted:?}");
}
