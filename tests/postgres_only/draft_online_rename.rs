//! Renames of columns in an online draft: old and new programs read and write between the two phases.

use std::sync::atomic::{AtomicBool, Ordering};

use ambix::{
    Migration,
    draft::{DraftOptions, difference},
    options::Phase,
};
use sqlx::Connection as _;

use super::draft_online::{migrations, migrator};
use crate::{
    setup::{Connection, Fresh, fresh},
    support,
};

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
            "UPDATE people SET {column} = '{column}{round}' WHERE id = {old}; UPDATE people SET age = {round} WHERE id = {}; \
             INSERT INTO people (id, {column}) VALUES ({id}, 'new')",
            5001 - old
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    }
    round
}

async fn copy_in(db: &Fresh) {
    let mut copy = db.pool.acquire().await.unwrap();
    let mut rows = copy.copy_in_raw("COPY people (id, name) FROM STDIN").await.unwrap();
    rows.send("300001\tcopied\n".as_bytes()).await.unwrap();
    rows.finish().await.unwrap();
}

#[tokio::test]
async fn a_column_has_two_names_until_the_old_one_goes() {
    let db = fresh().await;
    let tables = "CREATE TABLE people (id bigint PRIMARY KEY, name text DEFAULT 'none', age int); CREATE TABLE pets (id bigint PRIMARY KEY, nick text);";
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
    let expand = online.clone().phase(Phase::Expand);
    let old = |over| writer(db.url.clone(), "name", 10_000, over);
    let (expanded, round) = support::beside(old, expand.run_pending(&db.pool)).await;
    expanded.unwrap();
    let differ = "SELECT count(*) FROM people WHERE name IS DISTINCT FROM full_name";
    assert_eq!((db.column(differ).await, round >= 20), (vec!["0".to_owned()], true));
    // Both versions at once.
    let done = std::sync::Arc::new(AtomicBool::new(true));
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
    copy_in(&db).await;
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
    // The way back to where both can run, while the new one runs.
    let contracts = draft.files.iter().filter(|file| file.phase.is_some()).count();
    let (new, target) =
        (|over| writer(db.url.clone(), "full_name", 400_000, over), format!("-{contracts}"));
    let (back, _) = support::beside(new, online.downgrade(&db.pool, &target)).await;
    back.unwrap();
    assert_eq!(db.column(differ).await, ["0"]);
    assert_eq!(db.column("SELECT count(*) FROM people WHERE full_name IS NULL").await, ["0"]);
    let values = db.column(names).await;
    online.downgrade(&db.pool, "r1").await.unwrap();
    assert_eq!(db.column(&names.replace("full_name", "name")).await, values);
    let back = online.inspect(&db.pool).await.unwrap();
    assert!(difference(&back, &before).is_empty(), "{:?}", difference(&back, &before));
}

/// A program that reads and writes a table by one of its names all the time.
async fn visitor(url: String, table: &'static str, from: i64, over: std::sync::Arc<AtomicBool>) {
    let mut connection = Connection::connect(&url).await.unwrap();
    let mut round = 0;
    while round < 20 || !over.load(Ordering::Relaxed) {
        round += 1;
        let id = from + round;
        let sql = format!(
            "INSERT INTO {table} (id, name) VALUES ({id}, 'a') RETURNING id; UPDATE {table} SET name = 'b' WHERE id = {id}; \
             SELECT * FROM {table} WHERE id = {id} FOR UPDATE"
        );
        let rows =
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap();
        assert_eq!(rows.len(), 2);
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
    ("INSERT INTO # (id, name) VALUES (1, 'a')", "1 a 7 1-a"),
    ("INSERT INTO public.# (id, name, age) VALUES (1, 'a', NULL) RETURNING id", "1 a - 1-a"),
    ("INSERT INTO # (name) VALUES ('a'); UPDATE # SET id = 1", "1 a 7 1-a"),
    (
        "INSERT INTO # (id, name) VALUES (1, 'a'); INSERT INTO # AS t (id, name) VALUES (1, 'b') ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name",
        "1 b 7 1-b",
    ),
    (
        "INSERT INTO # (id, name) VALUES (1, 'a'), (2, 'b'); INSERT INTO orders VALUES (1, 1); DELETE FROM # t USING orders o WHERE t.id = o.user_id + 1",
        "1 a 7 1-a",
    ),
    (
        "WITH new AS (INSERT INTO # (id, name) VALUES (1, 'a') RETURNING id) INSERT INTO orders SELECT id, id FROM new",
        "1 a 7 1-a",
    ),
];

#[tokio::test]
async fn a_table_has_two_names_until_the_old_one_goes() {
    let db = fresh().await;
    let tables = "CREATE TABLE users (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, name text NOT NULL, age int DEFAULT 7, \
         both_names text GENERATED ALWAYS AS (id || '-' || name) STORED);
         CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users);
         CREATE VIEW adults AS SELECT id FROM users WHERE age > 17;";
    let script = tables.replace("users", "people");
    let first = Migration::new("r1", "tables").up(tables);
    let start = migrator(vec![first.clone()], script.clone());
    start.run_pending(&db.pool).await.unwrap();
    db.execute("INSERT INTO users (id, name) SELECT n, n FROM generate_series(1000, 1100) n; INSERT INTO orders VALUES (0, 1000)").await;
    let role = crate::support::unique("ambix_app");
    db.execute(&format!("CREATE ROLE {role}; GRANT SELECT, INSERT ON users TO {role}")).await;
    let before = start.inspect(&db.pool).await.unwrap();
    let options = DraftOptions::new().online(true).rename("users", "people");
    let draft = start.draft(&db.pool, options).await.unwrap();
    assert!(draft.is_proven, "{:?}", draft.notes);
    let text = format!("{:?}", draft.files);
    let phases: Vec<bool> = draft.files.iter().map(|file| file.phase.is_some()).collect();
    // The last one gives the primary key its new name.
    assert_eq!(phases, [false, true, true], "{text}");
    let online = migrator(migrations(&first, &draft), script);
    let expand = online.clone().phase(Phase::Expand);
    visited(&db, ("users", 10_000), expand.run_pending(&db.pool)).await.unwrap();
    let may = format!("SELECT has_table_privilege('{role}', 'people', 'INSERT')");
    assert_eq!(db.column(&may).await, ["t"], "{text}");
    for table in ["users", "people"] {
        for (visit, expected) in VISITS {
            let mut connection = db.pool.acquire().await.unwrap();
            let sql = format!(
                "BEGIN; DELETE FROM orders; DELETE FROM users; {}",
                visit.replace('#', table)
            );
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
                .execute(&mut *connection)
                .await
                .unwrap_or_else(|error| panic!("{visit}: {error}"));
            let sql =
                "SELECT concat_ws(' ', id, name, coalesce(age::text, '-'), both_names) FROM people";
            let found: String = sqlx::query_scalar(sql).fetch_one(&mut *connection).await.unwrap();
            sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await.unwrap();
            assert_eq!(found, *expected, "{table}: {visit}");
        }
    }
    visited(&db, ("people", 20_000), online.run_pending(&db.pool)).await.unwrap();
    let left = online.check(&db.pool, DraftOptions::new()).await.unwrap();
    assert!(left.is_empty(), "{left}\n{text}");
    assert_eq!(db.column(&may).await, ["t"], "{text}");
    visited(&db, ("people", 30_000), online.downgrade(&db.pool, "-2")).await.unwrap();
    visited(&db, ("users", 40_000), online.downgrade(&db.pool, "r1")).await.unwrap();
    let back = online.inspect(&db.pool).await.unwrap();
    assert!(difference(&back, &before).is_empty(), "{:?}", difference(&back, &before));
    assert_eq!(db.column("SELECT count(*) FROM users WHERE name = 'a'").await, ["0"]);
    db.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

/// What cannot be used by two names, and why.
const USED_ONCE: &[(&str, &str)] = &[
    (
        "CREATE TABLE users (id int, name text); ALTER TABLE users ENABLE ROW LEVEL SECURITY;",
        "with the rights of its owner",
    ),
    (
        "CREATE TABLE users (id int, name text) PARTITION BY RANGE (id); CREATE TABLE part PARTITION OF users DEFAULT;",
        "it has partitions",
    ),
    (
        "CREATE TABLE users (id int, name text); CREATE RULE quiet AS ON DELETE TO users DO INSTEAD NOTHING;",
        "rules",
    ),
];

#[tokio::test]
async fn a_table_that_no_view_can_be_is_renamed_at_once_and_said() {
    let db = fresh().await;
    for (tables, why) in USED_ONCE {
        db.execute(&format!("DROP TABLE IF EXISTS users CASCADE; {tables}")).await;
        let options = DraftOptions::new().online(true).rename("users", "people").findings(false);
        let start = migrator(Vec::new(), tables.replace("users", "people"));
        let draft = start.draft(&db.pool, options).await.unwrap();
        let said: Vec<String> = draft.notes.iter().map(ToString::to_string).collect();
        let is_said =
            said.iter().any(|note| note.contains(why) && note.contains("stop the older one"));
        assert!(is_said, "{tables}: {said:?}");
        let text: String = draft.files.iter().map(|file| file.up.as_str()).collect();
        assert!(text.contains("RENAME TO people") && !text.contains("CREATE VIEW"), "{text}");
    }
}

/// A view shows the column: it follows in the second phase if it shows what it showed, and otherwise the rename is made at once.
#[tokio::test]
async fn a_view_follows_a_column_that_has_two_names() {
    let db = fresh().await;
    let tables = "CREATE TABLE people (id bigint PRIMARY KEY, name text NOT NULL); CREATE VIEW names AS SELECT id, name FROM people; \
                  CREATE VIEW more AS SELECT name AS x FROM names;";
    let kept = tables
        .replace("name text", "full_name text")
        .replace("id, name FROM", "id, full_name AS name FROM");
    let first = Migration::new("r1", "tables").up(tables);
    let start = migrator(vec![first.clone()], kept.clone());
    start.run_pending(&db.pool).await.unwrap();
    db.execute("INSERT INTO people VALUES (1, 'a')").await;
    let before = start.inspect(&db.pool).await.unwrap();
    let options = || DraftOptions::new().online(true).rename("people.name", "full_name");
    let draft = start.draft(&db.pool, options()).await.unwrap();
    assert!(draft.is_proven, "{:?}", draft.notes);
    let online = migrator(migrations(&first, &draft), kept);
    online.clone().phase(Phase::Expand).run_pending(&db.pool).await.unwrap();
    db.execute("UPDATE people SET full_name = 'b'").await;
    assert_eq!(db.column("SELECT name FROM names").await, ["b"]);
    online.run_pending(&db.pool).await.unwrap();
    let left = online.check(&db.pool, DraftOptions::new()).await.unwrap();
    assert!(left.is_empty(), "{left} {:?}", draft.files);
    assert_eq!(db.column("SELECT x FROM more").await, ["b"]);
    online.downgrade(&db.pool, "r1").await.unwrap();
    let back = online.inspect(&db.pool).await.unwrap();
    assert!(difference(&back, &before).is_empty(), "{:?}", difference(&back, &before));
    // A view that shows it under the new name would be another one to older programs.
    let other = tables
        .replace("name text", "full_name text")
        .replace("id, name FROM", "id, full_name FROM");
    let other = other.replace("SELECT name AS x", "SELECT full_name AS x");
    let draft = migrator(vec![first], other).draft(&db.pool, options()).await.unwrap();
    let said: Vec<String> = draft.notes.iter().map(ToString::to_string).collect();
    assert!(said.iter().any(|note| note.contains("AS name")), "{said:?}");
}
