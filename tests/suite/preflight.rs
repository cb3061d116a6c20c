//! Preflight: prepared troubles are found with the right number, each question has an answer, and a rehearsal is known.
#![allow(clippy::unwrap_used)] // What a test cannot do ends it.

use std::time::Duration;

use ambix::{
    Migration, Migrations, Migrator,
    options::Timeouts,
    preflight::{Answer, AnswerState, Backup, Preflight, PreflightOptions, Subject},
};
use sqlx::{AssertSqlSafe, Connection as _};

use crate::{
    setup::{Connection, Fresh, SCHEME, TRANSACTIONAL_DDL, fresh},
    support::{folder, migrator, revisions},
};

const TABLES: &str = "CREATE TABLE users (id integer PRIMARY KEY, email varchar(100), name varchar(50), age bigint, price numeric(12,2), \
     mood varchar(20));
     CREATE TABLE orders (id integer PRIMARY KEY, user_id integer, kind varchar(20), part varchar(20));
     CREATE TABLE empty_table (id integer PRIMARY KEY, note varchar(20))";
const DROPS: &str = "DROP TABLE empty_table; DROP TABLE orders; DROP TABLE users";

const ROWS: &str = "INSERT INTO users VALUES (1, 'a', 'Ada', 30, 123456.50, 'ok'), (2, 'dup', 'bob', 31, 1, 'ok'), (3, 'dup', 'Bob', 32, 1, 'sad'), \
     (4, NULL, 'Dora', 33, 1, 'ok'), (5, 'e', 'Eva', -4, 1, 'ok'), (6, 'f', 'a name of more than ten', 34, 1, 'ok'), \
     (7, NULL, 'Gus', 35, 1, 'odd'), (8, 'twin', 'Hal', 36, 1, 'ok'), (9, 'twin', 'Ian', 37, 1, 'ok'), (10, 'dup', 'Joe', 3000000000, 1, 'ok');
     INSERT INTO orders VALUES (1, 1, 'x', 'p'), (2, 99, 'x', 'p'), (3, 98, 'y', 'q'), (4, 99, 'y', 'r'), (5, NULL, 'z', 's')";

/// A trouble: what it is called, the pending statements on each database (nothing if it has no such thing), how many rows or values, and
/// the first example.
type Trouble = (&'static str, [&'static str; 3], u64, &'static str);

const POSTGRES: usize = 0;
const MYSQL: usize = 1;
const SQLITE: usize = 2;

fn here() -> usize {
    match SCHEME {
        "postgres" => POSTGRES,
        "mysql" => MYSQL,
        _ => SQLITE,
    }
}

/// The way of SQLite to change a table: with this in the place of the column, and a constraint behind the columns.
macro_rules! rebuild {
    ($column:literal) => {
        concat!(
            "CREATE TABLE users_new (id integer PRIMARY KEY, ",
            $column,
            "); INSERT INTO users_new (id, email, age, price) SELECT id, email, age, price FROM users; DROP TABLE users; \
             ALTER TABLE users_new RENAME TO users"
        )
    };
}

const TROUBLES: [Trouble; 19] = [
    (
        "NULL under NOT NULL",
        [
            "ALTER TABLE users ALTER COLUMN email SET NOT NULL",
            "ALTER TABLE users MODIFY email varchar(100) NOT NULL",
            rebuild!("email varchar(100) NOT NULL, age bigint, price numeric"),
        ],
        2,
        "id = 4",
    ),
    ("a unique index", ["CREATE UNIQUE INDEX i ON users (email)"; 3], 2, "email = "),
    (
        "a unique index over an expression",
        [
            "CREATE UNIQUE INDEX i ON users (lower(name))",
            "",
            "CREATE UNIQUE INDEX i ON users (lower(name))",
        ],
        1,
        "lower(name) = bob",
    ),
    (
        "a partial unique index",
        [
            "CREATE UNIQUE INDEX i ON users (email) WHERE age > 35",
            "",
            "CREATE UNIQUE INDEX i ON users (email) WHERE age > 35",
        ],
        1,
        "email = twin",
    ),
    (
        "a unique constraint over two columns",
        [
            "ALTER TABLE orders ADD CONSTRAINT u UNIQUE (kind, part)",
            "ALTER TABLE orders ADD CONSTRAINT u UNIQUE (kind, part)",
            "CREATE UNIQUE INDEX u ON orders (kind, part)",
        ],
        1,
        "kind = x, part = p",
    ),
    (
        "a unique column of a table that is built again",
        ["", "", rebuild!("email varchar(100) UNIQUE, age bigint, price numeric")],
        2,
        "email = ",
    ),
    (
        "a primary key with NULL",
        ["ALTER TABLE users DROP CONSTRAINT users_pkey, ADD PRIMARY KEY (email)", "", ""],
        2,
        "id = 4",
    ),
    (
        "a foreign key",
        [
            "ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (user_id) REFERENCES users",
            "ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (user_id) REFERENCES users (id)",
            "",
        ],
        2,
        "user_id = 9",
    ),
    (
        "a foreign key of a table that is built again",
        [
            "",
            "",
            "CREATE TABLE orders_new (id integer PRIMARY KEY, user_id integer REFERENCES users (id)); \
             INSERT INTO orders_new SELECT id, user_id FROM orders; DROP TABLE orders; ALTER TABLE orders_new RENAME TO orders",
        ],
        2,
        "user_id = 9",
    ),
    (
        "a foreign key that is validated later",
        [
            "ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID; ALTER TABLE orders VALIDATE CONSTRAINT f",
            "",
            "",
        ],
        2,
        "user_id = 9",
    ),
    (
        "a CHECK",
        [
            "ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0)",
            "ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0)",
            rebuild!("email varchar(100), age bigint CHECK (age > 0), price numeric"),
        ],
        1,
        "id = 5",
    ),
    (
        "a CHECK over two columns of a table that is built again",
        ["", "", rebuild!("email varchar(100), age bigint, price numeric, CHECK (age > price)")],
        2,
        "id = 1",
    ),
    (
        "a CHECK that is validated later",
        [
            "ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0) NOT VALID; ALTER TABLE users VALIDATE CONSTRAINT c",
            "",
            "",
        ],
        1,
        "id = 5",
    ),
    (
        "a shorter text",
        [
            "ALTER TABLE users ALTER COLUMN name TYPE varchar(10)",
            "ALTER TABLE users MODIFY name varchar(10)",
            "",
        ],
        1,
        "id = 6, name = a name of more than ten",
    ),
    (
        "a smaller number",
        ["ALTER TABLE users ALTER COLUMN age TYPE integer", "ALTER TABLE users MODIFY age int", ""],
        1,
        "id = 10, age = 3000000000",
    ),
    (
        "fewer digits",
        [
            "ALTER TABLE users ALTER COLUMN price TYPE numeric(6,2)",
            "ALTER TABLE users MODIFY price numeric(6,2)",
            "",
        ],
        1,
        "id = 1, price = 123456.50",
    ),
    (
        "a text that is no number",
        [
            "ALTER TABLE users ALTER COLUMN email TYPE integer USING email::integer",
            "ALTER TABLE users MODIFY email int",
            "",
        ],
        8,
        "id = 1, email = a",
    ),
    (
        "a text that is not in the list",
        ["", "ALTER TABLE users MODIFY mood enum('ok', 'sad')", ""],
        1,
        "id = 7, mood = odd",
    ),
    (
        "a required column",
        [
            "ALTER TABLE users ADD COLUMN city text NOT NULL",
            "",
            "ALTER TABLE users ADD COLUMN city text NOT NULL",
        ],
        10,
        "id = 1",
    ),
];

/// A migrator with the tables and one pending migration.
fn pending(up: &str) -> Migrator {
    migrator(&[("tables", TABLES, DROPS), ("pending", up, "SELECT 1")])
}

/// A database with the tables and rows.
async fn prepared() -> Fresh {
    let db = fresh().await;
    migrator(&[("tables", TABLES, DROPS)]).run_pending(&db.pool).await.unwrap();
    db.execute(ROWS).await;
    db
}

async fn ask(migrator: &Migrator, db: &Fresh) -> Preflight {
    migrator.preflight(&db.pool, &PreflightOptions::new()).await.unwrap()
}

fn about(preflight: &Preflight, subject: Subject, state: AnswerState) -> Vec<&Answer> {
    preflight.about(subject).filter(|answer| answer.state == state).collect()
}

#[tokio::test]
async fn rows_that_would_make_a_step_fail_are_found_with_their_number() {
    let db = prepared().await;
    let mut connection = Connection::connect(&db.url).await.unwrap();
    let mut asked = 0;
    for (name, sql, count, example) in TROUBLES {
        let up = sql[here()];
        if up.is_empty() {
            continue;
        }
        asked += 1;
        let preflight = ask(&pending(up), &db).await;
        let stops = about(&preflight, Subject::Rows, AnswerState::Stop);
        let first = stops.first().unwrap_or_else(|| panic!("{name}: {preflight}"));
        assert_eq!(first.count, Some(count), "{name}: {preflight}");
        assert!(first.examples[0].starts_with(example), "{name}: {preflight}");
        assert!(
            first.examples.len() <= 3 && first.advice.contains("SELECT"),
            "{name}: {preflight}"
        );
        assert_eq!(first.revision.as_deref(), Some("pending"), "{name}");
        assert!(preflight.is_stop());
        // The server says the same, and nobody has changed anything so far.
        sqlx::raw_sql("BEGIN").execute(&mut connection).await.unwrap();
        let refused = sqlx::raw_sql(AssertSqlSafe(up)).execute(&mut connection).await;
        let _ = sqlx::raw_sql("ROLLBACK").execute(&mut connection).await;
        assert!(refused.is_err(), "{name}: the server takes it");
    }
    assert!(asked >= 8, "{asked}");
}

/// The same statements, where every row meets what they demand.
#[tokio::test]
async fn rows_that_meet_the_demands_are_no_trouble() {
    let db = prepared().await;
    db.execute(
        "DELETE FROM orders WHERE user_id > 10 OR id = 2; DELETE FROM users WHERE id IN (1, 3, 4, 5, 6, 7, 9, 10); \
         UPDATE users SET email = id; DELETE FROM orders",
    )
    .await;
    for (name, sql, ..) in TROUBLES {
        let up = sql[here()];
        if up.is_empty() || name == "a required column" {
            continue;
        }
        let preflight = ask(&pending(up), &db).await;
        let stops = about(&preflight, Subject::Rows, AnswerState::Stop);
        assert!(stops.is_empty(), "{name}: {preflight}");
        assert!(
            about(&preflight, Subject::Rows, AnswerState::Look).is_empty(),
            "{name}: {preflight}"
        );
    }
}

/// What the run does before makes the rows others: that is said, and is no reason to stop.
#[tokio::test]
async fn what_the_run_repairs_itself_is_a_doubt() {
    let db = prepared().await;
    let not_null = TROUBLES[0].1[here()];
    if here() == SQLITE {
        return;
    }
    let preflight =
        ask(&pending(&format!("UPDATE users SET email = '' WHERE email IS NULL; {not_null}")), &db)
            .await;
    assert!(about(&preflight, Subject::Rows, AnswerState::Stop).is_empty(), "{preflight}");
    let looks = about(&preflight, Subject::Rows, AnswerState::Look);
    assert_eq!((looks[0].count, looks.len()), (Some(2), 1), "{preflight}");
    assert!(looks[0].text.contains("may repair them"), "{preflight}");

    // Names are followed back to those that the database has now.
    let renamed = not_null.replace("email", "mail").replace("users", "people");
    let rename =
        "ALTER TABLE users RENAME TO people; ALTER TABLE people RENAME COLUMN email TO mail; ";
    let preflight = ask(&pending(&format!("{rename}{renamed}")), &db).await;
    let stops = about(&preflight, Subject::Rows, AnswerState::Stop);
    assert_eq!(stops.first().and_then(|answer| answer.count), Some(2), "{preflight}");

    // What nobody can know is said, and what has no rows cannot fail.
    let empty = "ALTER TABLE empty_table ADD COLUMN a integer DEFAULT 0 CHECK (a > 0)";
    assert!(about(&ask(&pending(empty), &db).await, Subject::Rows, AnswerState::Look).is_empty());
    let preflight = ask(&pending(&empty.replace("empty_table", "users")), &db).await;
    let looks = about(&preflight, Subject::Rows, AnswerState::Look);
    assert!(
        looks[0].is_unknown && looks[0].text.contains("with a constraint that may refuse it"),
        "{preflight}"
    );
    let preflight = ask(&pending("ALTER TABLE users ADD COLUMN city varchar(9) DEFAULT 'x'; CREATE UNIQUE INDEX i ON users (city)"), &db).await;
    let looks = about(&preflight, Subject::Rows, AnswerState::Look);
    assert!(
        looks[0].is_unknown && looks[0].text.contains("the run adds the column city"),
        "{preflight}"
    );
    let preflight = ask(&pending("CREATE UNIQUE INDEX i ON nowhere (city)"), &db).await;
    let looks = about(&preflight, Subject::Rows, AnswerState::Look);
    assert!(looks[0].text.contains("there is no table nowhere"), "{preflight}");
}

/// What fails for a reason that is in the catalogue: the pending statements on each database (nothing if it has no such thing), and words
/// of the answer.
const STRUCTURE: [([&str; 3], &str); 24] = [
    (["CREATE TABLE users (id integer)"; 3], "users"),
    (["ALTER TABLE nosuch ADD COLUMN a integer"; 3], "nosuch"),
    (["ALTER TABLE users ADD COLUMN age integer"; 3], "age"),
    (["ALTER TABLE users DROP COLUMN nosuch"; 3], "nosuch"),
    (["ALTER TABLE users RENAME COLUMN age TO name"; 3], "name"),
    (["ALTER TABLE users DROP COLUMN age; ALTER TABLE users DROP COLUMN age"; 3], "age"),
    (["DROP TABLE empty_table; DROP TABLE empty_table"; 3], "empty_table"),
    (["ALTER TABLE users RENAME TO people; ALTER TABLE users ADD COLUMN a integer"; 3], "users"),
    (["CREATE INDEX i ON users (nosuch)"; 3], "nosuch"),
    (["CREATE INDEX i ON users (age); CREATE INDEX i ON users (name)"; 3], "i"),
    (["CREATE VIEW v AS SELECT 1 AS a; CREATE VIEW v AS SELECT 2 AS a"; 3], "v"),
    (
        [
            "CREATE VIEW v AS SELECT nosuch FROM users",
            "CREATE VIEW v AS SELECT nosuch FROM users",
            "",
        ],
        "nosuch",
    ),
    (["DROP VIEW nosuch"; 3], "nosuch"),
    (["INSERT INTO users (nosuch) VALUES (1)"; 3], "nosuch"),
    (["UPDATE nosuch SET a = 1"; 3], "nosuch"),
    (["ALTER TABLE users ADD COLUMN city varchar(9); UPDATE users SET town = 'a'"; 3], "town"),
    (
        [
            "ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (user_id) REFERENCES users (age)",
            "ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (user_id) REFERENCES users (age)",
            "",
        ],
        "age",
    ),
    (
        [
            "ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (kind) REFERENCES users (id)",
            "ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (kind) REFERENCES users (id)",
            "",
        ],
        "compare",
    ),
    (
        [
            "ALTER TABLE users ADD CONSTRAINT c CHECK (nosuch > 0)",
            "ALTER TABLE users ADD CONSTRAINT c CHECK (nosuch > 0)",
            "",
        ],
        "nosuch",
    ),
    (
        [
            "ALTER TABLE users DROP CONSTRAINT nosuch",
            "ALTER TABLE users DROP CONSTRAINT nosuch",
            "",
        ],
        "nosuch",
    ),
    (
        ["ALTER TABLE users ADD PRIMARY KEY (age)", "ALTER TABLE users ADD PRIMARY KEY (age)", ""],
        "primary key",
    ),
    (["CREATE VIEW v AS SELECT age FROM users; DROP TABLE users", "", ""], "v depends on it"),
    (["ALTER TABLE users ALTER COLUMN name TYPE integer", "", ""], "does not convert"),
    (
        [
            "CREATE EXTENSION no_such_extension",
            "CREATE TABLE t (n varchar(1000) PRIMARY KEY)",
            "CREATE TABLE t (a varchar(9)) STRICT",
        ],
        "",
    ),
];

/// What works, though a part of it looks like one of those.
const SOUND: [[&str; 3]; 13] = [
    ["CREATE TABLE IF NOT EXISTS users (id integer, nosuch integer)"; 3],
    ["DROP TABLE IF EXISTS nosuch"; 3],
    ["DROP TABLE empty_table; CREATE TABLE empty_table (id integer)"; 3],
    ["ALTER TABLE users RENAME TO people; ALTER TABLE people ADD COLUMN a integer; CREATE TABLE users (id integer)";
        3],
    ["ALTER TABLE users RENAME COLUMN age TO years; UPDATE users SET years = 1; ALTER TABLE users ADD COLUMN age integer";
        3],
    ["CREATE TABLE t (id integer PRIMARY KEY, a integer); CREATE INDEX i ON t (a); INSERT INTO t (id, a) VALUES (1, 2); DROP TABLE t";
        3],
    ["ALTER TABLE users ADD COLUMN city varchar(9); UPDATE users SET city = name WHERE id = 0"; 3],
    ["CREATE VIEW v AS SELECT age FROM users; DROP VIEW v; DROP TABLE empty_table"; 3],
    [
        "ALTER TABLE USERS ALTER COLUMN AGE TYPE numeric",
        "ALTER TABLE users MODIFY AGE decimal(12)",
        "ALTER TABLE USERS ADD COLUMN b integer",
    ],
    [
        "ALTER TABLE users DROP COLUMN age, ADD COLUMN age text",
        "ALTER TABLE users DROP COLUMN age, ADD COLUMN age text",
        "",
    ],
    [
        "ALTER TABLE users ADD COLUMN \"a b\" integer, ADD CHECK (\"a b\" > 0)",
        "ALTER TABLE users ADD COLUMN `a b` integer, ADD CHECK (`a b` > 0)",
        "",
    ],
    [
        "CREATE UNIQUE INDEX i ON empty_table (note); CREATE TABLE t (n varchar(20) REFERENCES empty_table (note))",
        "CREATE UNIQUE INDEX i ON empty_table (note); CREATE TABLE t (n varchar(20), FOREIGN KEY (n) REFERENCES empty_table (note))",
        "",
    ],
    [
        "CREATE TYPE mood AS ENUM ('a'); ALTER TABLE users ADD COLUMN m mood[], ADD COLUMN d double precision",
        "ALTER TABLE users ADD COLUMN a integer AFTER age, ADD COLUMN b integer AFTER a",
        "",
    ],
];

#[tokio::test]
async fn what_the_schema_forbids_is_found() {
    let db = prepared().await;
    for (statements, words) in STRUCTURE {
        let up = statements[here()];
        if up.is_empty() {
            continue;
        }
        let preflight = ask(&pending(up), &db).await;
        let mut found = about(&preflight, Subject::Schema, AnswerState::Stop);
        // If an earlier statement changes what this one names, a person looks at it.
        if up.contains("; ") {
            found.extend(about(&preflight, Subject::Schema, AnswerState::Look));
        }
        assert!(found.iter().any(|answer| answer.text.contains(words)), "{up}: {preflight}");
        // Where nothing of it remains, it is run: it does fail.
        if TRANSACTIONAL_DDL {
            pending(up).run_pending(&db.pool).await.expect_err(up);
        }
    }
    for statements in SOUND {
        let up = statements[here()];
        let preflight = ask(&pending(up), &db).await;
        let all: Vec<&Answer> = preflight.about(Subject::Schema).collect();
        assert!(all.iter().all(|answer| answer.state == AnswerState::Ok), "{up}: {preflight}");
    }
}

/// A name is what is written as one, and not its letters wherever they occur.
#[tokio::test]
async fn what_an_earlier_statement_changes_is_looked_at_by_a_person() {
    let db = prepared().await;
    for (first, second, state) in [
        ("CREATE TABLE e (id integer)", "UPDATE users SET nosuch = 1", AnswerState::Stop),
        ("ALTER TABLE orders ADD COLUMN s integer", "DROP TABLE nosuch", AnswerState::Stop),
        (
            "ALTER TABLE orders ADD COLUMN a integer",
            "UPDATE users SET nosuch = 'an a'",
            AnswerState::Stop,
        ),
        (
            "ALTER TABLE users ADD COLUMN a integer",
            "UPDATE users SET nosuch = 1",
            AnswerState::Look,
        ),
        (
            "ALTER TABLE orders ADD COLUMN nosuch integer",
            "UPDATE users SET nosuch = 1",
            AnswerState::Look,
        ),
    ] {
        let up = format!("{first}; {second}");
        let preflight = ask(&pending(&up), &db).await;
        // SQLite runs them on a copy, so that nothing is in doubt.
        let state = if SCHEME == "sqlite" { AnswerState::Stop } else { state };
        let found = about(&preflight, Subject::Schema, state);
        assert!(found.iter().any(|answer| answer.text.contains("nosuch")), "{up}: {preflight}");
    }
}

/// The questions of the guide that ambix answers (a team's own list), each with the subjects that answer it.
const CHECKLIST: [(&str, &[Subject]); 7] = [
    ("tested on dev and staging", &[Subject::Rehearsal, Subject::Rows]),
    ("backup made", &[Subject::Backup]),
    ("rollback tested", &[Subject::Rehearsal, Subject::WayBack]),
    ("duration estimated", &[Subject::Duration, Subject::Locks]),
    ("maintenance mode", &[Subject::Maintenance]),
    ("monitoring", &[Subject::Monitoring]),
    ("rollback plan", &[Subject::WayBack]),
];

/// All of them.
const SUBJECTS: [Subject; 19] = [
    Subject::Files,
    Subject::Models,
    Subject::Steps,
    Subject::Rehearsal,
    Subject::Schema,
    Subject::Rows,
    Subject::Locks,
    Subject::Duration,
    Subject::Programs,
    Subject::WayBack,
    Subject::Backup,
    Subject::Activity,
    Subject::Vacuum,
    Subject::Replication,
    Subject::Disk,
    Subject::Rights,
    Subject::Timeouts,
    Subject::Maintenance,
    Subject::Monitoring,
];

#[tokio::test]
async fn each_line_of_the_checklist_has_an_answer() {
    let db = prepared().await;
    let pages = include_str!("../../docs/guide/production.md");
    for preflight in [
        ask(&migrator(&[("tables", TABLES, DROPS)]), &db).await,
        ask(&pending("ALTER TABLE users ADD COLUMN city varchar(9)"), &db).await,
        ask(
            &migrator(&[("tables", TABLES, DROPS), ("irreversible", "DROP TABLE orders", "")]),
            &db,
        )
        .await,
    ] {
        for subject in SUBJECTS {
            assert!(preflight.about(subject).next().is_some(), "{subject}: {preflight}");
            assert!(pages.contains(&format!("`{subject}`")), "the page does not mention {subject}");
        }
        for (line, subjects) in CHECKLIST {
            for subject in subjects {
                let answers: Vec<&Answer> = preflight.about(*subject).collect();
                assert!(
                    answers.iter().all(|answer| !answer.text.is_empty()),
                    "{line}: {preflight}"
                );
            }
        }
        // What is not known says why.
        for answer in preflight.answers.iter().filter(|answer| answer.is_unknown) {
            assert!(
                answer.text.contains("not known, because") && answer.state == AnswerState::Look,
                "{answer}"
            );
        }
        assert!(!preflight.is_stop(), "{preflight}");
    }
    let table = pages.split("## Checklist").nth(1).unwrap();
    for line in table.lines().filter(|line| line.starts_with("| ")) {
        assert!(!line.contains("| you") && !line.contains("not ambix |"), "{line}");
    }
}

/// As `verify` finds it.
#[tokio::test]
async fn an_edited_down_side_is_found() {
    let db = prepared().await;
    let edited = migrator(&[("tables", TABLES, &format!("{DROPS}; SELECT 1"))]);
    let preflight = ask(&edited, &db).await;
    let found = about(&preflight, Subject::Files, AnswerState::Stop);
    let words = "another down side than was applied";
    assert!(found.iter().any(|answer| answer.to_string().contains(words)), "{preflight}");
}

#[tokio::test]
async fn other_troubles_are_found() {
    let db = prepared().await;
    let harmless = "ALTER TABLE users ADD COLUMN city varchar(9)";
    let one = |preflight: &Preflight, subject: Subject, state: AnswerState, words: &str| {
        let found = about(preflight, subject, state);
        assert!(
            found.iter().any(|answer| answer.to_string().contains(words)),
            "{words}: {preflight}"
        );
    };
    let (look, stop) = (AnswerState::Look, AnswerState::Stop);

    // No way back, rows that are lost, programs that break.
    let drop = migrator(&[("tables", TABLES, DROPS), ("pending", "DROP TABLE orders", "")]);
    let preflight = ask(&drop, &db).await;
    one(&preflight, Subject::WayBack, look, "pending cannot be reverted");
    one(&preflight, Subject::WayBack, look, "drops the table orders, which has 5 rows");
    one(&preflight, Subject::Programs, look, "COMPAT-006");
    one(&preflight, Subject::Maintenance, look, "breaks programs that are still running");

    // An edited file, and one that is gone.
    let edited = migrator(&[("tables", &format!("{TABLES}; SELECT 1"), DROPS)]);
    one(&ask(&edited, &db).await, Subject::Files, stop, "was edited after being applied");
    one(
        &ask(&migrator(&[("other", "SELECT 1", "")]), &db).await,
        Subject::Files,
        stop,
        "can't locate revision tables",
    );

    // A target that there is not.
    let options = PreflightOptions::new().target("nowhere").unwrap();
    let preflight = pending(harmless).preflight(&db.pool, &options).await.unwrap();
    one(&preflight, Subject::Steps, stop, "nowhere");

    // A registered function, of which nothing is known.
    let function = pending("-- ambix: run fill")
        .register("fill", |_: &mut Connection| Box::pin(async { Ok(()) }));
    one(&ask(&function, &db).await, Subject::Steps, look, "the registered function fill");

    // No backup, an old one, a fresh one.
    let backup = |backup, within| {
        PreflightOptions::new().backup(backup).backup_within(Duration::from_secs(within))
    };
    let migrator = pending(harmless);
    let files = folder(&[("done", "")]);
    let file = Backup::File(files.0.join("done"));
    for (options, state, words) in [
        (PreflightOptions::new(), look, "not known"),
        (backup(Backup::File(files.0.join("nothing")), 9), stop, "cannot be read"),
        (
            backup(Backup::Query("SELECT 7200".to_owned()), 3600),
            stop,
            "is 2 h old, and it may be 60 min old",
        ),
        (backup(Backup::Query("SELECT 60".to_owned()), 3600), AnswerState::Ok, "is 60 s old"),
        (backup(file, 3600), AnswerState::Ok, "restore it once"),
        (
            backup(Backup::Query("SELECT nothing FROM nowhere".to_owned()), 3600),
            look,
            "the query for the backup failed",
        ),
    ] {
        one(&migrator.preflight(&db.pool, &options).await.unwrap(), Subject::Backup, state, words);
    }

    // No space.
    let index = pending("CREATE INDEX i ON users (mood)");
    let options = PreflightOptions::new().disk_free(100);
    one(
        &index.preflight(&db.pool, &options).await.unwrap(),
        Subject::Disk,
        stop,
        "100 bytes are free",
    );

    // No limit for locks; a duration from elsewhere.
    let patient = pending(harmless).timeouts(Timeouts::default().lock(None));
    one(&ask(&patient, &db).await, Subject::Timeouts, look, "as long as it takes");
    let options = PreflightOptions::new().duration("pending", Duration::from_secs(90));
    one(
        &migrator.preflight(&db.pool, &options).await.unwrap(),
        Subject::Duration,
        look,
        "pending took 90.0s elsewhere",
    );

    // Several statements, each committed by itself.
    if !TRANSACTIONAL_DDL {
        let two = pending("ALTER TABLE users ADD COLUMN a int; ALTER TABLE users ADD COLUMN b int");
        one(&ask(&two, &db).await, Subject::Steps, look, "not in one transaction: pending");
    }
}

/// Staging has the record that the same texts went up, down, and up again.
#[tokio::test]
async fn a_rehearsal_is_known_until_a_text_changes() {
    let (staging, production) = (prepared().await, prepared().await);
    let with = |up: &str, down: &str| migrator(&[("tables", TABLES, DROPS), ("pending", up, down)]);
    let (up, down) =
        ("ALTER TABLE users ADD COLUMN city varchar(9)", "ALTER TABLE users DROP COLUMN city");
    let own = with(up, down);
    let state = async |migrator: &Migrator| {
        let records = own.history(&staging.pool).await.unwrap().records;
        let options = PreflightOptions::new().staging(records);
        let preflight = migrator.preflight(&production.pool, &options).await.unwrap();
        let answer = preflight.about(Subject::Rehearsal).next().unwrap().clone();
        (answer.state, answer.text)
    };
    assert!(state(&own).await.1.contains("is not applied on staging"));
    own.run_pending(&staging.pool).await.unwrap();
    assert!(state(&own).await.1.contains("never reverted there"));
    own.downgrade(&staging.pool, "-1").await.unwrap();
    let report = own.rehearse(&staging.pool, "heads").await.unwrap();
    assert_eq!(revisions(&report), ["pending"; 3]);
    assert_eq!(state(&own).await.0, AnswerState::Ok);
    let (other, text) = state(&with(up, "ALTER TABLE users DROP city")).await;
    assert_eq!((other, text.contains("another down side")), (AnswerState::Look, true), "{text}");
    let (other, text) = state(&with("ALTER TABLE users ADD COLUMN city varchar(8)", down)).await;
    assert_eq!((other, text.contains("another text")), (AnswerState::Stop, true), "{text}");
    // Nothing else is disturbed by the record, and there is nothing more to rehearse.
    assert!(own.verify(&staging.pool).await.unwrap().is_ok());
    assert!(own.rehearse(&staging.pool, "heads").await.unwrap().is_noop());

    // A reset leaves the same record, of all that it has run.
    own.downgrade(&staging.pool, "-1").await.unwrap();
    own.run_pending(&staging.pool).await.unwrap();
    assert_eq!(state(&own).await.0, AnswerState::Look);
    own.reset(&staging.pool).await.unwrap();
    assert_eq!(state(&own).await.0, AnswerState::Ok);
    let preflight = own
        .preflight(
            &fresh().await.pool,
            &PreflightOptions::new().staging(own.history(&staging.pool).await.unwrap().records),
        )
        .await
        .unwrap();
    assert_eq!(about(&preflight, Subject::Rehearsal, AnswerState::Ok).len(), 2, "{preflight}");

    // What cannot be reverted is not begun.
    let migrations = [
        Migration::new("tables", "make tables").up(TABLES).down(DROPS),
        Migration::new("pending", "make pending").up(up).down(down),
        Migration::new("last", "make last").up("SELECT 1").irreversible("it is only a test"),
    ];
    let irreversible = Migrator::from_migrations(Migrations::new(migrations).unwrap()).unwrap();
    let error = irreversible.rehearse(&staging.pool, "heads").await.unwrap_err();
    assert!(matches!(error, ambix::Error::Irreversible { .. }), "{error}");
    assert_eq!(irreversible.current(&staging.pool).await.unwrap().revisions, ["pending"]);
}

/// However slow a question is, the limits end it, and what was asked before stays.
#[tokio::test]
async fn a_question_has_a_limit() {
    let db = prepared().await;
    let slow = match here() {
        POSTGRES => "SELECT (SELECT 5 FROM pg_sleep(20))",
        MYSQL => "SELECT SLEEP(20)",
        _ => {
            "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r"
        }
    };
    let options = PreflightOptions::new()
        .question_limit(Duration::from_millis(200))
        .backup(Backup::Query(slow.to_owned()));
    let preflight = pending("SELECT 1").preflight(&db.pool, &options).await.unwrap();
    let answer = preflight.about(Subject::Backup).next().unwrap();
    assert!(preflight.elapsed < Duration::from_secs(10), "{preflight}");
    // MySQL's SLEEP ends without an error where its time is over.
    let is_said = answer.text.contains("takes longer than 200ms") || here() == MYSQL;
    assert!(is_said, "{preflight}");
    let rights = preflight.about(Subject::Rights).next().unwrap();
    assert!(!rights.is_unknown, "{preflight}");
    // The connection is as before.
    db.execute("SELECT count(*) FROM users").await;

    let options = PreflightOptions::new().total_limit(Duration::ZERO);
    let preflight = pending(TROUBLES[1].1[here()]).preflight(&db.pool, &options).await.unwrap();
    let answer = preflight.about(Subject::Rows).next().unwrap();
    assert!(answer.is_unknown, "{preflight}");
}
