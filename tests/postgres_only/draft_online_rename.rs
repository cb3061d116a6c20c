//! Renames of columns in an online draft: old and new programs read and write between the two phases.

use std::sync::atomic::{AtomicBool, Ordering};

use ambix::{
    Migration,
    draft::{DraftOptions, difference},
    options::Phase,
};
use sqlx::Connection as _;

use super::draft_online::{migrations, migrator};
use crate::setup::{Connection, fresh};

/// Writes of an old program, which knows `name`, and of a new one, which knows `full_name`, and what both read afterwards.
const WRITES: &[(&str, &str)] = &[
    ("INSERT INTO people (id, name) VALUES (1, 'a')", "a a"),
    ("INSERT INTO people (id, full_name) VALUES (1, 'a')", "a a"),
    ("INSERT INTO people (id) VALUES (1)", "none none"),
    ("INSERT INTO people (id, name) VALUES (1, NULL)", "- -"),
    ("INSERT INTO people (id, full_name) VALUES (1, NULL)", "- -"),
    ("INSERT INTO people (id, name) VALUES (1, 'none')", "none none"),
    ("INSERT INTO people VALUES (1, 'a')", "a a"),
    ("INSERT INTO people (id, name, full_name) VALUES (1, 'a', 'b')", "b b"),
    ("INSERT INTO people VALUES (1, 'a'); UPDATE people SET name = 'b'", "b b"),
    ("INSERT INTO people VALUES (1, 'a'); UPDATE people SET full_name = 'b'", "b b"),
    ("INSERT INTO people VALUES (1, 'a'); UPDATE people SET name = NULL", "- -"),
    ("INSERT INTO people VALUES (1, 'a'); UPDATE people SET full_name = NULL", "- -"),
    ("INSERT INTO people VALUES (1, NULL); UPDATE people SET name = 'none'", "none none"),
    ("INSERT INTO people VALUES (1, 'a'); UPDATE people SET name = 'b', full_name = 'c'", "c c"),
    ("INSERT INTO people VALUES (1, 'a'); UPDATE people SET id = 2", "a a"),
    ("INSERT INTO people VALUES (1, 'a'); UPDATE people SET name = 'A'", "A A"),
    (
        "INSERT INTO people VALUES (1, 'a'); INSERT INTO people (id, name) VALUES (1, 'b') ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name",
        "b b",
    ),
    (
        "INSERT INTO people VALUES (1, 'a'); INSERT INTO people (id, full_name) VALUES (1, 'b') ON CONFLICT (id) DO UPDATE SET full_name = EXCLUDED.full_name",
        "b b",
    ),
    ("INSERT INTO pets (id, nick) VALUES (1, 'a')", "a a"),
    ("INSERT INTO pets (id, call_name) VALUES (1, 'a')", "a a"),
    ("INSERT INTO pets (id) VALUES (1)", "- -"),
];

/// A program that writes one of the two columns all the time.
async fn writer(
    url: String,
    column: &'static str,
    from: i64,
    over: std::sync::Arc<AtomicBool>,
) -> i64 {
    let mut connection = Connection::connect(&url).await.unwrap();
    let mut round = 0;
    while round < 20 || !over.load(Ordering::Relaxed) {
        round += 1;
        let (id, old) = (from + round, 1 + round % 5000);
        let sql = format!(
            "UPDATE people SET {column} = '{column}{round}' WHERE id = {old}; INSERT INTO people (id, {column}) VALUES ({id}, 'new')"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    }
    round
}

#[tokio::test]
async fn a_column_has_two_names_until_the_old_one_goes() {
    let db = fresh().await;
    let tables = "CREATE TABLE people (id bigint PRIMARY KEY, name text DEFAULT 'none'); CREATE TABLE pets (id bigint PRIMARY KEY, nick text);";
    let script = tables.replace("name text", "full_name text").replace("nick", "call_name");
    let first = Migration::new("r1", "tables").up(tables);
    let start = migrator(vec![first.clone()], script.clone());
    start.run_pending(&db.pool).await.unwrap();
    db.execute("INSERT INTO people SELECT n, 'n' || n FROM generate_series(1, 5000) n").await;
    let before = start.inspect(&db.pool).await.unwrap();
    let options = DraftOptions::new()
        .online(true)
        .rename("people.name", "full_name")
        .rename("pets.nick", "call_name");
    let draft = start.draft(&db.pool, options).await.unwrap();
    let online = migrator(migrations(&first, &draft), script);
    let over = || std::sync::Arc::new(AtomicBool::new(false));
    let done = over();
    let old = tokio::spawn(writer(db.url.clone(), "name", 10_000, done.clone()));
    let expanded = online.clone().phase(Phase::Expand).run_pending(&db.pool).await;
    done.store(true, Ordering::Relaxed);
    let round = old.await.unwrap();
    expanded.unwrap();
    let differ = "SELECT count(*) FROM people WHERE name IS DISTINCT FROM full_name";
    assert_eq!((db.column(differ).await, round >= 20), (vec!["0".to_owned()], true));
    // Both versions at once.
    let done = over();
    done.store(true, Ordering::Relaxed);
    let old = tokio::spawn(writer(db.url.clone(), "name", 100_000, done.clone()));
    let new = tokio::spawn(writer(db.url.clone(), "full_name", 200_000, done));
    old.await.unwrap();
    new.await.unwrap();
    assert_eq!(db.column(differ).await, ["0"]);
    let mut wrong = Vec::new();
    for (write, expected) in WRITES {
        let (table, columns) = match write.contains("pets") {
            true => ("pets", "coalesce(nick, '-') || ' ' || coalesce(call_name, '-')"),
            false => ("people", "coalesce(name, '-') || ' ' || coalesce(full_name, '-')"),
        };
        let mut connection = db.pool.acquire().await.unwrap();
        let sql = format!("BEGIN; DELETE FROM {table}; {write}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut *connection).await.unwrap();
        let sql = format!("SELECT {columns} FROM {table}");
        let found: String =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut *connection).await.unwrap();
        sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await.unwrap();
        if found != *expected {
            wrong.push(format!("{write}: {found}"));
        }
    }
    let mut copy = db.pool.acquire().await.unwrap();
    let mut rows = copy.copy_in_raw("COPY people (id, name) FROM STDIN").await.unwrap();
    rows.send("300001\tcopied\n".as_bytes()).await.unwrap();
    rows.finish().await.unwrap();
    drop(copy);
    assert_eq!(db.column("SELECT full_name FROM people WHERE id = 300001").await, ["copied"]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // What is between the two phases is no difference to draft.
    let error = online.check(&db.pool, DraftOptions::new()).await.unwrap_err();
    assert!(
        matches!(&error, ambix::Error::Pending { pending, .. } if pending.len() == 2),
        "{error}"
    );
    let names = "SELECT full_name FROM people ORDER BY id";
    let values = db.column(names).await;
    online.run_pending(&db.pool).await.unwrap();
    assert!(online.check(&db.pool, DraftOptions::new()).await.unwrap().is_empty());
    assert_eq!(db.column(names).await, values);
    online.downgrade(&db.pool, "r1").await.unwrap();
    assert_eq!(db.column(&names.replace("full_name", "name")).await, values);
    let back = online.inspect(&db.pool).await.unwrap();
    assert!(difference(&back, &before).is_empty(), "{:?}", difference(&back, &before));
}
