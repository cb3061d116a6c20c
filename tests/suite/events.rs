//! What a run tells its observers, what they can ask for, and that they change nothing; arguments on their way to functions.
#![allow(clippy::unwrap_used)] // What a test cannot do ends it.

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use ambix::{
    Error, Migrator,
    error::Direction,
    events::{Event, Live},
    options::{Timeouts, TransactionMode},
    report::Action,
};
use sqlx::Connection as _;

use super::leaks::until_nothing_is_left;
use crate::{
    flavor::{TRICKY, row, schema},
    setup::{Connection, Fresh, HOLD_T1, RELEASE, SLOW, fresh},
    support::{migrator, revisions, three},
};

const LONG: Duration = Duration::from_secs(60);

/// What an observer was told, on one line each, without times.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    fn by(&self, migrator: Migrator) -> Migrator {
        let told = self.0.clone();
        migrator.observe(move |event| told.lock().unwrap().push(line(event)))
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

fn line(event: &Event) -> String {
    match event {
        Event::Locked { .. } => "locked".to_owned(),
        Event::Waiting { .. } => "waiting".to_owned(),
        Event::StepStarted { number, of, statements, .. } => {
            format!("{number}/{of}: {event} ({statements})")
        }
        Event::StatementStarted { number, of, statement, place, .. } => {
            format!("  {number}/{of}: {statement} at line {}", place.line)
        }
        Event::StepDone { number, of, step, .. } => {
            format!("{number}/{of}: done {}, {:?}", step.revision, step.action)
        }
        other => other.to_string(),
    }
}

/// Statements on lines of their own, with data; and a second migration with one.
const SEVERAL: &[(&str, &str, &str)] = &[
    (
        "r1",
        "-- a comment\nCREATE TABLE a (id integer);\nINSERT INTO a VALUES (1),\n  (2);\nCREATE TABLE b (id integer);",
        "DROP TABLE b; DROP TABLE a",
    ),
    ("r2", "INSERT INTO b VALUES (3)", "DELETE FROM b"),
];

#[tokio::test]
async fn every_statement_is_told_live() {
    let db = fresh().await;
    let told = Told::default();
    let migrator = told.by(migrator(SEVERAL)).live(Live::Statements);
    migrator.run_pending(&db.pool).await.unwrap();
    let expected = [
        "locked",
        "2 steps to do",
        "1/2: Running upgrade  -> r1, make r1 (3)",
        "  1/3: CREATE TABLE a (id integer) at line 2",
        "  2/3: INSERT INTO a VALUES (1), (2) at line 3",
        "  3/3: CREATE TABLE b (id integer) at line 5",
        "1/2: done r1, Run",
        "2/2: Running upgrade r1 -> r2, make r2 (1)",
        "  1/1: INSERT INTO b VALUES (3) at line 1",
        "2/2: done r2, Run",
    ];
    assert_eq!(told.take(), expected);
    migrator.downgrade(&db.pool, "base").await.unwrap();
    let expected = [
        "locked",
        "2 steps to do",
        "1/2: Running downgrade r2 -> r1, make r2 (1)",
        "  1/1: DELETE FROM b at line 1",
        "1/2: done r2, Run",
        "2/2: Running downgrade r1 -> , make r1 (2)",
        "  1/2: DROP TABLE b at line 1",
        "  2/2: DROP TABLE a at line 1",
        "2/2: done r1, Run",
    ];
    assert_eq!(told.take(), expected);
    migrator.stamp(&db.pool, "r1").await.unwrap();
    let expected = [
        "locked",
        "1 step to do",
        "1/1: Running stamp  -> r1, make r1 (0)",
        "1/1: done r1, Record",
    ];
    assert_eq!(told.take(), expected);
    migrator.stamp(&db.pool, "r1").await.unwrap();
    // It takes the lock, under which there is nothing to do.
    assert_eq!(told.take(), ["locked", "0 steps to do"]);
}

#[tokio::test]
async fn steps_are_told_and_nothing_where_there_is_nothing_to_do() {
    let db = fresh().await;
    for live in [Live::No, Live::Steps] {
        let told = Told::default();
        let migrator = told.by(three()).live(live);
        migrator.run_pending(&db.pool).await.unwrap();
        let mut lines = told.take();
        // Whether they share a message is the database's.
        lines.retain(|line| !line.starts_with("  ") && !line.contains("in one message"));
        let expected = [
            "locked",
            "3 steps to do",
            "1/3: Running upgrade  -> r1, make r1 (1)",
            "1/3: done r1, Run",
            "2/3: Running upgrade r1 -> r2, make r2 (1)",
            "2/3: done r2, Run",
            "3/3: Running upgrade r2 -> r3, make r3 (1)",
            "3/3: done r3, Run",
        ];
        assert_eq!(lines, expected);
        migrator.run_pending(&db.pool).await.unwrap();
        assert_eq!(told.take(), Vec::<String>::new());
        migrator.downgrade(&db.pool, "base").await.unwrap();
    }
}

#[tokio::test]
async fn one_transaction_for_all_is_told_live() {
    let db = fresh().await;
    let told = Told::default();
    let data = [
        ("r2", "INSERT INTO t1 VALUES (1);\nINSERT INTO t1 VALUES (2)", ""),
        ("r3", "INSERT INTO t1 VALUES (3)", ""),
    ];
    let list = [&[("r1", "CREATE TABLE t1 (id integer)", "")][..], &data].concat();
    migrator(&list[..1]).run_pending(&db.pool).await.unwrap();
    let migrator = told.by(migrator(&list)).transaction(TransactionMode::All);
    migrator.live(Live::Statements).run_pending(&db.pool).await.unwrap();
    let expected = [
        "locked",
        "2 steps to do",
        "1/2: Running upgrade r1 -> r2, make r2 (2)",
        "  1/2: INSERT INTO t1 VALUES (1) at line 1",
        "  2/2: INSERT INTO t1 VALUES (2) at line 2",
        "2/2: Running upgrade r2 -> r3, make r3 (1)",
        "  1/1: INSERT INTO t1 VALUES (3) at line 1",
        "1/2: done r2, Run",
        "2/2: done r3, Run",
    ];
    assert_eq!(told.take(), expected);
    assert_eq!(db.column("SELECT id FROM t1 ORDER BY id").await, ["1", "2", "3"]);
}

#[tokio::test]
async fn one_transaction_of_one_step_is_told() {
    let db = fresh().await;
    let list =
        [("r1", "CREATE TABLE t1 (id integer)", ""), ("r2", "INSERT INTO t1 VALUES (1)", "")];
    migrator(&list[..1]).run_pending(&db.pool).await.unwrap();
    for live in [Live::No, Live::Batches, Live::Steps] {
        let told = Told::default();
        let migrator = told.by(migrator(&list)).transaction(TransactionMode::All).live(live);
        migrator.run_pending(&db.pool).await.unwrap();
        let expected = [
            "locked",
            "1 step to do",
            "1/1: Running upgrade r1 -> r2, make r2 (1)",
            "1/1: done r2, Run",
        ];
        assert_eq!(told.take(), expected, "{live:?}");
        migrator.stamp(&db.pool, "r1").await.unwrap();
    }
}

/// Statements that one message cannot hold, however large a database lets it be.
#[tokio::test]
async fn one_transaction_for_all_may_be_several_messages() {
    let insert = |n: usize| {
        let long = "x".repeat(if n.is_multiple_of(2) { 3_000 } else { 60_000 });
        format!("INSERT INTO t1 VALUES ({n});\n-- {long}\nINSERT INTO t1 VALUES ({n})")
    };
    let mut ups = vec!["CREATE TABLE t1 (id integer)".to_owned()];
    ups.extend((2..=40).map(insert));
    let names: Vec<String> = (1..=40).map(|n| format!("r{n:02}")).collect();
    let list = |ups: &[String]| -> Migrator {
        let list: Vec<(&str, &str, &str)> =
            names.iter().zip(ups).map(|(name, up)| (name.as_str(), up.as_str(), "")).collect();
        migrator(&list)
    };
    for live in [Live::No, Live::Batches, Live::Statements] {
        let db = fresh().await;
        list(&ups[..1]).run_pending(&db.pool).await.unwrap();
        let mut broken = ups.clone();
        broken[30].push_str(";\nINSERT INTO nowhere VALUES (1)");
        let all = |ups: &[String]| {
            Told::default().by(list(ups)).live(live).transaction(TransactionMode::All)
        };
        let error = all(&broken).run_pending(&db.pool).await.unwrap_err();
        let Error::Failed(failed) = &error else { panic!("{error}") };
        assert_eq!((failed.revision.as_str(), failed.place.line), ("r31", 4));
        until_nothing_is_left(&db).await;
        assert_eq!(db.column("SELECT count(*) FROM t1").await, ["0"]);
        all(&ups).run_pending(&db.pool).await.unwrap();
        assert_eq!(db.column("SELECT count(*) FROM t1").await, ["78"]);
    }
}

/// What the history has of each migration, apart from times and names.
async fn history(db: &Fresh) -> Vec<String> {
    let mut all = Vec::new();
    for column in ["checksum", "state", "statements_done", "down"] {
        let query = format!("SELECT {} FROM ambix_history ORDER BY 1", row(column));
        all.extend(db.column(&query).await);
    }
    all
}

#[tokio::test]
async fn looking_on_changes_nothing() {
    let mut seen = Vec::new();
    for live in [Live::No, Live::Steps, Live::Statements] {
        let db = fresh().await;
        let tricky = Told::default().by(migrator(TRICKY)).live(live);
        tricky.run_pending(&db.pool).await.unwrap();
        seen.push((schema(&db).await, history(&db).await));
        // On a connection that is the caller's as well.
        let lent = fresh().await;
        let mut connection = Connection::connect(&lent.url).await.unwrap();
        tricky.run_pending(&mut connection).await.unwrap();
        assert_eq!(history(&lent).await, seen[0].1);
        tricky.downgrade(&db.pool, "x03").await.unwrap();
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
}

#[tokio::test]
async fn a_failure_is_as_exact_as_without_an_observer() {
    let broken = "CREATE TABLE ok (id integer);\nINSERT INTO ok VALUES (1);\n\n  INSERT INTO nowhere VALUES (1);\n\
                  INSERT INTO ok VALUES (2)";
    let data = "INSERT INTO t1 VALUES (1);\n\n  INSERT INTO nowhere VALUES (1);\nINSERT INTO t1 VALUES (2)";
    for second in [broken, data] {
        let mut seen = Vec::new();
        for live in [Live::No, Live::Steps, Live::Statements] {
            let db = fresh().await;
            let list = [("r1", "CREATE TABLE t1 (id integer)", ""), ("r2", second, "")];
            let migrator = Told::default().by(migrator(&list)).live(live);
            let error = migrator.run_pending(&db.pool).await.unwrap_err();
            let Error::Failed(failed) = &error else { panic!("{error}") };
            assert_eq!(failed.statement, "INSERT INTO nowhere VALUES (1)");
            assert_eq!(failed.place.line, if second == broken { 4 } else { 3 });
            // The name of the database is in the message of some.
            let said = format!("{error:#}").replace(&db.name, "db");
            until_nothing_is_left(&db).await;
            seen.push((said, db.tables().await, history(&db).await));
            assert_eq!(db.column("SELECT count(*) FROM t1").await, ["0"]);
        }
        assert_eq!(seen[0], seen[1]);
        assert_eq!(seen[0], seen[2]);
    }
}

#[tokio::test]
async fn a_run_that_is_dropped_between_statements_leaves_nothing() {
    let db = fresh().await;
    let list = [
        ("r1", "CREATE TABLE t1 (id integer)", ""),
        ("r2", &format!("INSERT INTO t1 VALUES (1);\n{SLOW};\nINSERT INTO t1 VALUES (2)"), ""),
    ];
    let (sender, slow) = mpsc::channel();
    let migrator = migrator(&list).live(Live::Statements).observe(move |event| {
        if matches!(event, Event::StatementStarted { number: 2, .. }) {
            let _ = sender.send(());
        }
    });
    let (pool, running) = (db.pool.clone(), migrator.clone());
    let running = tokio::spawn(async move { running.run_pending(&pool).await });
    tokio::task::spawn_blocking(move || slow.recv_timeout(LONG).unwrap()).await.unwrap();
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    until_nothing_is_left(&db).await;
    assert_eq!(db.column("SELECT count(*) FROM t1").await, ["0"]);
    assert_eq!(migrator.current(&db.pool).await.unwrap().revisions, ["r1"]);
    assert_eq!(revisions(&migrator.run_pending(&db.pool).await.unwrap()), ["r2"]);
    assert_eq!(db.column("SELECT count(*) FROM t1").await, ["2"]);
}

#[tokio::test]
async fn who_waits_is_told_for_whom_and_when_it_is_over() {
    let db = fresh().await;
    let (reached, go_on) =
        (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
    let (in_step, told_to) = (reached.clone(), go_on.clone());
    let first = migrator(&[("r1", "-- ambix: run pause", "")])
        .application("holder", "1.2")
        .register("pause", move |_: &mut Connection| {
            let (in_step, told_to) = (in_step.clone(), told_to.clone());
            Box::pin(async move {
                in_step.notify_one();
                tokio::time::timeout(LONG, told_to.notified()).await?;
                Ok(())
            })
        });
    let (pool, of_first) = (db.pool.clone(), first.clone());
    let running = tokio::spawn(async move { of_first.run_pending(&pool).await });
    tokio::time::timeout(LONG, reached.notified()).await.unwrap();
    let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    let second = first.observe(move |event| drop(sender.send(event.clone())));
    let pool = db.pool.clone();
    let waiting = tokio::spawn(async move { second.run_pending(&pool).await });
    let mut waits = Vec::new();
    for _ in 0..3 {
        waits.push(tokio::time::timeout(LONG, events.recv()).await.unwrap().unwrap());
    }
    go_on.notify_one();
    running.await.unwrap().unwrap();
    assert!(waiting.await.unwrap().unwrap().is_noop());
    let mut before = Duration::from_millis(500);
    for event in waits {
        let Event::Waiting { waited, holder, .. } = &event else { panic!("{event:?}") };
        assert!(*waited > before, "{event}");
        before = *waited;
        assert!(holder.as_ref().unwrap().contains("held by"), "{event}");
        assert!(event.to_string().starts_with("waiting for the migration lock: "), "{event}");
    }
    // Either it took the lock, or it saw before that there is nothing left to do.
    while let Some(event) = events.recv().await {
        assert!(!matches!(event, Event::StepStarted { .. }), "{event:?}");
    }
}

#[tokio::test]
async fn a_step_that_is_tried_again_is_told() {
    let db = fresh().await;
    let list =
        [("r1", "CREATE TABLE t1 (id integer)", ""), ("r2", "INSERT INTO t1 VALUES (1)", "")];
    let (sender, mut tries) = tokio::sync::mpsc::unbounded_channel();
    let migrator = migrator(&list)
        .timeouts(Timeouts::default().lock(Duration::from_millis(100)).attempts(50))
        .observe(move |event| {
            if matches!(event, Event::Retrying { .. }) {
                let _ = sender.send(event.to_string());
            }
        });
    migrator.upgrade(&db.pool, "r1").await.unwrap();
    let mut other = Connection::connect(&db.url).await.unwrap();
    sqlx::raw_sql(HOLD_T1).execute(&mut other).await.unwrap();
    let pool = db.pool.clone();
    let running = tokio::spawn(async move { migrator.run_pending(&pool).await });
    for number in 1..=2 {
        let said = tokio::time::timeout(LONG, tries.recv()).await.unwrap().unwrap();
        assert!(said.starts_with("revision r2 was rolled back"), "{said}");
        assert!(said.contains(&format!("(try {number} of 50)")), "{said}");
    }
    sqlx::raw_sql(RELEASE).execute(&mut other).await.unwrap();
    assert_eq!(
        revisions(&tokio::time::timeout(LONG, running).await.unwrap().unwrap().unwrap()),
        ["r2"]
    );
}

#[tokio::test]
async fn an_observer_that_panics_does_not_break_the_run() {
    let db = fresh().await;
    let calls = Told::default();
    let told = calls.0.clone();
    let migrator = three().live(Live::Statements).observe(move |event| {
        told.lock().unwrap().push(line(event));
        if matches!(event, Event::StatementStarted { .. }) {
            // Not `panic!`, so that no message is on the screen.
            std::panic::resume_unwind(Box::new("on purpose"));
        }
    });
    let other = Told::default();
    let migrator = other.by(migrator);
    assert_eq!(revisions(&migrator.run_pending(&db.pool).await.unwrap()), ["r1", "r2", "r3"]);
    assert_eq!(calls.take().len(), 4);
    assert!(other.take().len() > 8);
    assert_eq!(db.tables().await, ["t1", "t2", "t3"]);
    migrator.downgrade(&db.pool, "base").await.unwrap();
    assert_eq!(calls.take(), Vec::<String>::new());
}

#[tokio::test]
async fn functions_and_observers_read_the_arguments() {
    let db = fresh().await;
    let seen = Arc::new(Mutex::new(String::new()));
    let (by_function, by_observer) = (seen.clone(), seen.clone());
    let list = [(
        "r1",
        "-- ambix: run note\nCREATE TABLE t1 (id integer);\n-- ambix: run note",
        "-- ambix: run note\nDROP TABLE t1",
    )];
    let plain = migrator(&list).register_with("note", move |_: &mut Connection, step| {
        let seen = by_function.clone();
        Box::pin(async move {
            let all: Vec<String> =
                step.arguments().iter().map(|(k, v)| format!("{k}={v}")).collect();
            let (direction, tag) = (step.direction(), step.tag().unwrap_or("no tag"));
            let rows = step.argument("rows").unwrap_or("none");
            writeln!(
                seen.lock().unwrap(),
                "{direction} {}, {tag}, {rows}, {all:?}",
                step.revision()
            )?;
            Ok(())
        })
    });
    let with = plain
        .clone()
        .tag("release 7")
        .argument("rows", "10")
        .argument("empty", "")
        .argument("rows", "20")
        .observe(move |event| {
            let mut seen = by_observer.lock().unwrap();
            match event {
                Event::Planned { arguments, .. } => {
                    writeln!(seen, "plan: {:?}", arguments.tag()).unwrap();
                }
                Event::StepStarted { arguments, direction: Direction::Up, .. } => {
                    writeln!(seen, "begin: {:?}", arguments.get("rows")).unwrap();
                }
                Event::StepDone { arguments, step, .. } if step.action == Action::Run => {
                    writeln!(seen, "done: {:?}", arguments.get("nothing")).unwrap();
                }
                _ => {}
            }
        });
    with.run_pending(&db.pool).await.unwrap();
    let all = r#"release 7, 20, ["rows=10", "empty=", "rows=20"]"#;
    let expected = format!(
        "plan: Some(\"release 7\")\nbegin: Some(\"20\")\nupgrade r1, {all}\nupgrade r1, {all}\ndone: None\n"
    );
    assert_eq!(std::mem::take(&mut *seen.lock().unwrap()), expected);
    plain.downgrade(&db.pool, "base").await.unwrap();
    assert_eq!(*seen.lock().unwrap(), "downgrade r1, no tag, none, []\n");
    assert_eq!(db.tables().await.len(), 0);
}
