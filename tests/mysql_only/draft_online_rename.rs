//! Renames of columns in an online draft: old and new programs read and write between the two phases.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use ambix::{
    Migration,
    draft::{DraftOptions, difference},
    options::Phase,
    report::Note,
};
use sqlx::{AssertSqlSafe, Connection as _};

use super::draft_online::{migrations, migrator, text};
use crate::{
    setup::{Connection, Fresh, fresh},
    support,
};

const PEOPLE: &str = "CREATE TABLE people (id bigint PRIMARY KEY, seen timestamp NULL ON UPDATE current_timestamp(), \
     name varchar(20) DEFAULT 'none', age int, KEY people_name (name), KEY people_both (age, name(5)));
     CREATE TABLE codes (id bigint PRIMARY KEY, code char(9) NOT NULL, UNIQUE codes_code (code));
     CREATE TABLE rates (id bigint PRIMARY KEY, rate float DEFAULT 0.1);";

/// Writes of an old program, which knows the first name, and of a new one, and what both read afterwards, the text in quotes.
const WRITES: &[(&str, &str)] = &[
    ("INSERT INTO people (id, name) VALUES (1, 'a')", "a a"),
    ("INSERT INTO people (id, full_name) VALUES (1, 'a')", "a a"),
    ("INSERT INTO people (id) VALUES (1)", "none none"),
    ("INSERT INTO people (id, name) VALUES (1, NULL)", "- -"),
    ("INSERT INTO people (id, full_name) VALUES (1, NULL)", "- -"),
    ("INSERT INTO people (id, name) VALUES (1, 'none')", "none none"),
    ("INSERT INTO people (id, full_name) VALUES (1, 'NONE ')", "NONE  NONE "),
    ("INSERT INTO people (id, name, full_name) VALUES (1, 'a', 'b')", "b b"),
    ("INSERT INTO people (id, name) VALUES (1, 'a'); UPDATE people SET name = 'b'", "b b"),
    ("INSERT INTO people (id, name) VALUES (1, 'a'); UPDATE people SET full_name = 'b'", "b b"),
    ("INSERT INTO people (id, name) VALUES (1, 'a'); UPDATE people SET name = NULL", "- -"),
    ("INSERT INTO people (id, name) VALUES (1, 'a'); UPDATE people SET full_name = NULL", "- -"),
    ("INSERT INTO people (id, name) VALUES (1, 'a'); UPDATE people SET name = 'A'", "A A"),
    ("INSERT INTO people (id, name) VALUES (1, 'a'); UPDATE people SET full_name = 'a '", "a  a "),
    ("INSERT INTO people (id, name) VALUES (1, 'a'); UPDATE people SET age = 2", "a a"),
    (
        "INSERT INTO people (id, name) VALUES (1, 'a'); UPDATE people SET name = 'b', full_name = 'c'",
        "c c",
    ),
    (
        "INSERT INTO people (id, name) VALUES (1, 'a'), (2, 'x'); DELETE FROM people WHERE id = 2; \
         INSERT INTO people (id, name) VALUES (1, 'b') ON DUPLICATE KEY UPDATE name = VALUES(name)",
        "b b",
    ),
    (
        "INSERT INTO people (id, name) VALUES (1, 'a'); \
         INSERT INTO people (id, full_name) VALUES (1, 'b') ON DUPLICATE KEY UPDATE full_name = VALUES(full_name)",
        "b b",
    ),
    (
        "INSERT INTO people (id, name) VALUES (1, 'a'); REPLACE INTO people (id, full_name) VALUES (1, 'b')",
        "b b",
    ),
    ("INSERT INTO codes (id, code) VALUES (1, 'a')", "a a"),
    ("INSERT INTO codes (id, token) VALUES (1, 'a')", "a a"),
    ("INSERT INTO codes (id, code) VALUES (1, 'a'); UPDATE codes SET token = 'b'", "b b"),
    ("INSERT INTO rates (id, rate) VALUES (1, 0.5)", "0.5 0.5"),
    ("INSERT INTO rates (id, share) VALUES (1, 0.5)", "0.5 0.5"),
    ("INSERT INTO rates (id) VALUES (1)", "0.1 0.1"),
];

/// What neither program may write, and which constraint says so.
const REFUSED: &[(&str, &str)] = &[
    ("INSERT INTO codes (id) VALUES (1)", "code"),
    ("INSERT INTO codes (id, code) VALUES (1, 'a'), (2, 'a')", "Duplicate"),
    ("INSERT INTO codes (id, token) VALUES (1, 'a'), (2, 'a')", "Duplicate"),
    ("INSERT INTO codes (id, code) VALUES (1, 'a'); UPDATE codes SET token = NULL", "null"),
];

/// A program that writes one of the two columns all the time, and changes rows without it.
async fn writer(url: String, column: &'static str, from: i64, over: Arc<AtomicBool>) -> i64 {
    let mut connection = Connection::connect(&url).await.unwrap();
    let mut round = 0;
    while round < 20 || !over.load(Ordering::Relaxed) {
        round += 1;
        let (id, old) = (from + round, 1 + round % 2400);
        for sql in [
            format!("UPDATE people SET {column} = '{column}{round}' WHERE id = {old}"),
            format!("UPDATE people SET age = {round} WHERE id = {}", 2401 - old),
            format!("INSERT INTO people (id, {column}) VALUES ({id}, 'new')"),
        ] {
            let mut tries = 0;
            while let Err(error) =
                sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&mut connection).await
            {
                tries += 1;
                // A program begins a deadlock again.
                assert!(tries < 50 && error.to_string().contains("1213"), "{sql}: {error}");
            }
        }
    }
    round
}

/// Runs something while a program writes.
async fn beside<T>(
    db: &Fresh,
    (column, from): (&'static str, i64),
    run: impl std::future::Future<Output = T>,
) -> T {
    let program = |over| writer(db.url.clone(), column, from, over);
    let (done, rounds) = support::beside(program, run).await;
    assert!(rounds >= 20);
    done
}

async fn writes(db: &Fresh) -> Vec<String> {
    let mut wrong = Vec::new();
    for (write, expected) in WRITES.iter().chain(REFUSED) {
        let (table, old, new) = match write {
            write if write.contains("codes") => ("codes", "code", "token"),
            write if write.contains("rates") => ("rates", "rate", "share"),
            _ => ("people", "name", "full_name"),
        };
        let mut connection = db.pool.acquire().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(format!("START TRANSACTION; DELETE FROM {table}")))
            .execute(&mut *connection)
            .await
            .unwrap();
        let written =
            sqlx::raw_sql(AssertSqlSafe(write.to_string())).execute(&mut *connection).await;
        let sql = format!(
            "SELECT CONCAT_WS(' ', COALESCE({old}, '-'), COALESCE({new}, '-')) FROM {table}"
        );
        let found: Option<String> =
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_optional(&mut *connection).await.unwrap();
        sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await.unwrap();
        match written {
            Ok(_) if found.as_deref() == Some(*expected) => {}
            Err(error) if error.to_string().to_lowercase().contains(&expected.to_lowercase()) => {}
            written => wrong.push(format!("{write}: {found:?} {written:?}")),
        }
    }
    wrong
}

#[tokio::test]
async fn a_column_has_two_names_until_the_old_one_goes() {
    let db = fresh().await;
    let script = PEOPLE.replace("name varchar(20)", "full_name varchar(20)");
    let script = script.replace("people_name (name)", "people_name (full_name)");
    let script = script.replace("name(5)", "full_name(5)").replace("rate float", "share float");
    let script = script.replace("code char", "token char").replace("(code)", "(token)");
    let first = Migration::new("r1", "tables").up(PEOPLE);
    let start = migrator(vec![first.clone()], script.clone());
    start.run_pending(&db.pool).await.unwrap();
    db.execute(
        "CREATE TABLE digits (n int); INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
         INSERT INTO people (id, name) SELECT n, IF(n = 9, NULL, CONCAT('n', n)) FROM (SELECT 1 + 1000 * a.n + 100 * b.n + 10 * c.n + d.n AS n \
         FROM digits a, digits b, digits c, digits d) AS numbers WHERE n < 2500;
         INSERT INTO codes SELECT id, id FROM people; DROP TABLE digits",
    )
    .await;
    let before = start.inspect(&db.pool).await.unwrap();
    let options = DraftOptions::new()
        .online(true)
        .rename("people.name", "full_name")
        .rename("codes.code", "token")
        .rename("rates.rate", "share");
    let draft = start.draft(&db.pool, options).await.unwrap();
    assert!(draft.is_proven, "{:?}", draft.notes);
    let locks = draft.notes.iter().filter(|note| matches!(note, Note::NotOnline { .. })).count();
    assert_eq!(locks, 0, "{:?}\n{}", draft.notes, text(&draft));
    let online = migrator(migrations(&first, &draft), script);
    let expand = online.clone().phase(Phase::Expand);
    beside(&db, ("name", 10_000), expand.run_pending(&db.pool)).await.unwrap();
    let differ = "SELECT count(*) FROM people WHERE NOT (BINARY name <=> BINARY full_name)";
    assert_eq!(db.column(differ).await, ["0"], "{}", text(&draft));
    assert_eq!(db.column("SELECT count(*) FROM codes WHERE code <> token").await, ["0"]);
    assert_eq!(
        db.column(
            "SELECT count(*) FROM people WHERE seen IS NOT NULL AND age IS NULL AND name REGEXP '^n[0-9]+$'"
        )
        .await,
        ["0"],
        "a backfill is no update that anybody has made"
    );
    beside(
        &db,
        ("name", 100_000),
        writer(db.url.clone(), "full_name", 200_000, Arc::new(AtomicBool::new(true))),
    )
    .await;
    assert_eq!(db.column(differ).await, ["0"]);
    let wrong = writes(&db).await;
    assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), text(&draft));
    let names = "SELECT COALESCE(full_name, '-') FROM people ORDER BY id";
    beside(&db, ("full_name", 300_000), online.run_pending(&db.pool)).await.unwrap();
    let left = online.check(&db.pool, DraftOptions::new()).await.unwrap();
    assert!(left.is_empty(), "{left}\n{}", text(&draft));
    // The way back to where both programs can run, while the new one runs.
    let contracts = draft.files.iter().filter(|file| file.phase.is_some()).count();
    let target = format!("-{contracts}");
    let back = online.downgrade(&db.pool, &target);
    beside(&db, ("full_name", 400_000), back).await.unwrap();
    assert_eq!(db.column(differ).await, ["0"]);
    let lost = "SELECT count(*) FROM people WHERE full_name IS NULL AND id <> 9";
    assert_eq!(db.column(lost).await, ["0"]);
    let wrong = writes(&db).await;
    assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), text(&draft));
    let values = db.column(names).await;
    online.downgrade(&db.pool, "r1").await.unwrap();
    assert_eq!(db.column(&names.replace("full_name", "name")).await, values);
    let back = online.inspect(&db.pool).await.unwrap();
    let differ = difference(&back, &before);
    assert!(differ.is_empty(), "{differ:?}\n{}", text(&draft));
}

/// A column that cannot be kept twice, and why.
const KEPT_ONCE: &[(&str, &str)] = &[
    ("id bigint PRIMARY KEY, a int AUTO_INCREMENT, KEY k (a)", "it numbers rows"),
    ("id bigint PRIMARY KEY, b int, a int AS (b + 1)", "it is computed"),
    ("id bigint PRIMARY KEY, a int, b int AS (a + 1)", "computed from it"),
    ("a bigint PRIMARY KEY, b int", "part of the primary key"),
    ("id bigint PRIMARY KEY, a timestamp NULL ON UPDATE current_timestamp()", "the server itself"),
    (
        "id bigint PRIMARY KEY, a bigint, CONSTRAINT f FOREIGN KEY (a) REFERENCES other (id)",
        "foreign key is about it",
    ),
    ("id bigint PRIMARY KEY, a int, CONSTRAINT c CHECK (a > 0)", "CHECK is about it"),
    ("id bigint PRIMARY KEY, a text, FULLTEXT KEY k (a)", "of a kind whose building"),
    ("id bigint PRIMARY KEY, a varchar(40) DEFAULT (uuid())", "computed for each row"),
    ("id bigint, a int", "no primary key that batches could follow"),
];

#[tokio::test]
async fn a_column_that_cannot_be_kept_twice_is_renamed_at_once_and_said() {
    let db = fresh().await;
    let other = "CREATE TABLE other (id bigint PRIMARY KEY);";
    let mut wrong = Vec::new();
    for (columns, why) in KEPT_ONCE {
        let tables = format!("{other} CREATE TABLE t ({columns});");
        db.execute(&format!("DROP TABLE IF EXISTS t, other; {tables}")).await;
        let columns = columns.replace(" a ", " zed ").replace("(a", "(zed");
        let columns = columns.strip_prefix("a ").map_or(columns.clone(), |c| format!("zed {c}"));
        let script = format!("{other} CREATE TABLE t ({columns});");
        let options = DraftOptions::new().online(true).rename("t.a", "zed").findings(false);
        let start = migrator(Vec::new(), script);
        let draft = start.draft(&db.pool, options).await.unwrap();
        let said: Vec<String> = draft.notes.iter().map(ToString::to_string).collect();
        let is_said = said.iter().any(|note| note.contains(why) && note.contains("stop the older"));
        if !is_said || !text(&draft).contains("RENAME COLUMN") {
            wrong.push(format!("{columns}: {said:?}\n{}", text(&draft)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// A program that reads and writes a table by one of its names all the time.
async fn visitor(url: String, table: &'static str, from: i64, over: Arc<AtomicBool>) {
    let mut connection = Connection::connect(&url).await.unwrap();
    let mut round = 0;
    while round < 20 || !over.load(Ordering::Relaxed) {
        round += 1;
        let id = from + round;
        for sql in [
            format!("INSERT INTO {table} (id, name) VALUES ({id}, 'a')"),
            format!("UPDATE {table} SET name = 'b' WHERE id = {id}"),
        ] {
            let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
            assert_eq!(done.rows_affected(), 1);
        }
    }
}

async fn visited<T>(
    db: &Fresh,
    (table, from): (&'static str, i64),
    run: impl std::future::Future<Output = T>,
) -> T {
    support::beside(|over| visitor(db.url.clone(), table, from, over), run).await.0
}

/// What both programs can do, by the name of the table, and what the one with the new name reads then.
const VISITS: &[(&str, &str)] = &[
    ("INSERT INTO # (id, name) VALUES (1, 'a')", "1 a 7"),
    ("INSERT INTO # VALUES (1, 'a', NULL)", "1 a -"),
    ("INSERT INTO # (name) VALUES ('a'); UPDATE # SET id = 1", "1 a 7"),
    (
        "INSERT INTO # (id, name) VALUES (1, 'a'); INSERT INTO # (id, name) VALUES (1, 'b') ON DUPLICATE KEY UPDATE name = VALUES(name)",
        "1 b 7",
    ),
    ("REPLACE INTO # (id, name) VALUES (1, 'a')", "1 a 7"),
    ("INSERT INTO # (id, name) VALUES (1, 'a'), (2, 'b'); DELETE FROM # WHERE id = 2", "1 a 7"),
];

#[tokio::test]
async fn a_table_has_two_names_until_the_old_one_goes() {
    let db = fresh().await;
    let tables = "CREATE TABLE users (id bigint AUTO_INCREMENT PRIMARY KEY, name varchar(20) NOT NULL, age int DEFAULT 7);
         CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint, CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users (id));";
    let script = tables.replace("users", "people");
    let first = Migration::new("r1", "tables").up(tables);
    let start = migrator(vec![first.clone()], script.clone());
    start.run_pending(&db.pool).await.unwrap();
    db.execute(
        "INSERT INTO users (id, name) VALUES (1000, 'x'); INSERT INTO orders VALUES (0, 1000)",
    )
    .await;
    let before = start.inspect(&db.pool).await.unwrap();
    let options = || DraftOptions::new().online(true).rename("users", "people");
    let draft = start.draft(&db.pool, options()).await.unwrap();
    assert!(draft.is_proven, "{:?}", draft.notes);
    let phases: Vec<bool> = draft.files.iter().map(|file| file.phase.is_some()).collect();
    assert_eq!(phases, [false, true], "{:?}\n{}", draft.notes, text(&draft));
    let online = migrator(migrations(&first, &draft), script);
    let expand = online.clone().phase(Phase::Expand);
    visited(&db, ("users", 10_000), expand.run_pending(&db.pool)).await.unwrap();
    for table in ["users", "people"] {
        for (visit, expected) in VISITS {
            let mut connection = db.pool.acquire().await.unwrap();
            let sql = format!(
                "START TRANSACTION; DELETE FROM orders; DELETE FROM users; {}",
                visit.replace('#', table)
            );
            sqlx::raw_sql(AssertSqlSafe(sql))
                .execute(&mut *connection)
                .await
                .unwrap_or_else(|error| panic!("{table}: {visit}: {error}"));
            let sql = "SELECT CONCAT_WS(' ', id, name, COALESCE(age, '-')) FROM people";
            let found: String = sqlx::query_scalar(sql).fetch_one(&mut *connection).await.unwrap();
            sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await.unwrap();
            assert_eq!(found, *expected, "{table}: {visit}");
        }
    }
    visited(&db, ("people", 20_000), online.run_pending(&db.pool)).await.unwrap();
    let left = online.check(&db.pool, DraftOptions::new()).await.unwrap();
    assert!(left.is_empty(), "{left}\n{}", text(&draft));
    visited(&db, ("people", 30_000), online.downgrade(&db.pool, "-1")).await.unwrap();
    visited(&db, ("users", 40_000), online.downgrade(&db.pool, "r1")).await.unwrap();
    let back = online.inspect(&db.pool).await.unwrap();
    assert!(difference(&back, &before).is_empty(), "{:?}", difference(&back, &before));
    assert_eq!(db.column("SELECT count(*) FROM users WHERE name = 'a'").await, ["0"]);
    // What would look for the old name.
    db.execute("CREATE VIEW adults AS SELECT id FROM users WHERE age > 17").await;
    let script = format!(
        "{} CREATE VIEW adults AS SELECT id FROM people WHERE age > 17;",
        tables.replace("users", "people")
    );
    let draft = migrator(vec![first], script).draft(&db.pool, options()).await.unwrap();
    let said: Vec<String> = draft.notes.iter().map(ToString::to_string).collect();
    assert!(said.iter().any(|note| note.contains("the view adults uses it")), "{said:?}");
}
