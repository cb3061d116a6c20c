//! Online drafts: each statement is in the cheapest form that the server accepts, and leads to the same schema as the plain draft, up and
//! down.

use ambix::{
    Migration, Migrations, Migrator,
    draft::{Draft, DraftFile, DraftOptions, difference},
    lint::{LintOptions, Severity},
    options::Phase,
    report::Note,
};
use sqlx::{AssertSqlSafe, Connection as _};

use crate::setup::{Connection, Fresh, fresh, is_mariadb};

const USERS: &str = "CREATE TABLE users (id bigint PRIMARY KEY, email varchar(100) NOT NULL, name varchar(20), age int, KEY users_email (email));
    CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint, total decimal(10,2));
    CREATE TABLE pairs (a int, b varchar(5) COLLATE utf8mb4_bin, c int, PRIMARY KEY (a, b));
    CREATE TABLE logs (at bigint NOT NULL, what varchar(20));\n";
/// More rows than a batch has.
const ROWS: &str =
    "CREATE TABLE digits (n int); INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
    INSERT INTO users SELECT n, CONCAT('a', n), CONCAT('b', n), NULLIF(n % 3, 1)
        FROM (SELECT 1000 * a.n + 100 * b.n + 10 * c.n + d.n AS n FROM digits a, digits b, digits c, digits d) AS numbers WHERE n < 2500;
    INSERT INTO orders SELECT id, id, id FROM users;
    INSERT INTO pairs SELECT id DIV 50, CONCAT(id % 50), NULL FROM users;
    INSERT INTO logs SELECT id, 'x' FROM users; DROP TABLE digits";

/// What is replaced in the script of the tables, with what; the files, each with the forms of its statements on MariaDB; and how many
/// changes lock programs out.
struct Case {
    name: &'static str,
    replace: &'static [(&'static str, &'static str)],
    more: &'static str,
    options: fn(DraftOptions) -> DraftOptions,
    files: &'static [&'static str],
    locks: &'static [&'static str],
}

const fn case(
    name: &'static str,
    replace: &'static [(&'static str, &'static str)],
    files: &'static [&'static str],
) -> Case {
    Case { name, replace, more: "", options: |options| options, files, locks: &[] }
}

const CASES: &[Case] = &[
    case(
        "an index",
        &[("KEY users_email (email)", "KEY users_email (email), KEY users_name (name)")],
        &[": NOCOPY"],
    ),
    case("no index", &[(", KEY users_email (email)", "")], &["*: NOCOPY"]),
    case(
        "another index of the name",
        &[("KEY users_email (email)", "UNIQUE users_email (email(50))")],
        &[": NOCOPY"],
    ),
    case("a unique constraint", &[("age int", "age int, UNIQUE users_one (name)")], &[": NOCOPY"]),
    case(
        "columns, in their places",
        &[
            ("email varchar", "first varchar(5), stars int NOT NULL DEFAULT 3, email varchar"),
            ("age int", "age int, seen datetime DEFAULT now()"),
        ],
        &[": INSTANT, INSTANT, INSTANT"],
    ),
    Case {
        locks: &["MODIFY COLUMN age bigint: the server copies the table"],
        ..case(
            "what is wider",
            &[("varchar(20), age int", "varchar(60), age bigint")],
            &[": INSTANT, plain"],
        )
    },
    case(
        "what may be NULL",
        &[("email varchar(100) NOT NULL", "email varchar(100)")],
        &[": INPLACE"],
    ),
    case("another default", &[("age int", "age int DEFAULT 4")], &[": INSTANT"]),
    case("a comment", &[("age int", "age int COMMENT 'years'")], &[": INSTANT"]),
    Case {
        options: |options| options.fill("users.age", "length(email)"),
        ..case(
            "NOT NULL with a value",
            &[("age int", "age int NOT NULL")],
            &["backfill users*: CALL", "complete users*: INPLACE"],
        )
    },
    Case {
        options: |options| options.fill("pairs.c", "a"),
        ..case(
            "NOT NULL in a table with two columns in its key",
            &[("c int", "c int NOT NULL DEFAULT 7")],
            &["expand pairs: INSTANT", "backfill pairs*: CALL", "complete pairs*: INPLACE"],
        )
    },
    Case {
        options: |options| options.fill("logs.what", "'y'"),
        locks: &["no primary key that batches could follow"],
        ..case(
            "NOT NULL in a table without a key",
            &[("what varchar(20)", "what varchar(20) NOT NULL")],
            &["*: INPLACE"],
        )
    },
    case(
        "a default of its own for each row",
        &[("age int", "age int, token char(36) NOT NULL DEFAULT (uuid())")],
        &["expand users: INSTANT", "backfill users: INSTANT, CALL", "complete users: INPLACE"],
    ),
    Case {
        options: |options| options.fill("users.nick", "name"),
        ..case(
            "a NOT NULL column without a default",
            &[("age int", "age int, nick varchar(30) NOT NULL")],
            &[
                "expand users: INSTANT",
                "backfill users: CALL",
                "backfill users*: CALL",
                "complete users*: INPLACE",
            ],
        )
    },
    Case {
        options: |options| options.fill("users.mail", "email").fill("users.note", "'n'"),
        ..case(
            "a column takes over from another, and one that may be NULL is filled",
            &[
                ("email varchar(100) NOT NULL, ", "mail varchar(100) NOT NULL, note text, "),
                (", KEY users_email (email)", ""),
            ],
            &[
                "expand users: INSTANT, INSTANT, INPLACE",
                "backfill users: CALL, CALL",
                "contract users*: NOCOPY",
                "backfill users*: CALL",
                "complete users*: INPLACE",
                "contract users*: INSTANT",
            ],
        )
    },
    Case {
        options: |options| options.rename("users.name", "full_name"),
        ..case(
            "a rename beside an index elsewhere",
            &[
                ("name varchar(20)", "full_name varchar(20)"),
                ("total decimal(10,2)", "total decimal(10,2), KEY orders_total (total)"),
            ],
            &[
                "rename users: INSTANT",
                "backfill users: CALL",
                "expand orders: NOCOPY",
                "contract users*: INSTANT",
            ],
        )
    },
    case(
        "a table goes",
        &[(
            "CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint, total decimal(10,2));",
            "",
        )],
        &["*: "],
    ),
    Case {
        more: "CREATE TABLE tags (id bigint PRIMARY KEY, user_id bigint, CONSTRAINT tags_user FOREIGN KEY (user_id) REFERENCES users (id));",
        locks: &[
            "ADD CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users (id): the server copies the table",
        ],
        ..case(
            "a new table, and a foreign key that cannot be added online",
            &[(
                "user_id bigint, total decimal(10,2)",
                "user_id bigint, total decimal(10,2), CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users (id)",
            )],
            &[": NOCOPY, plain"],
        )
    },
    Case {
        locks: &["MODIFY COLUMN total double: the server copies the table"],
        ..case(
            "a type that copies, and an index on it",
            &[("total decimal(10,2)", "total double, KEY orders_total (total)")],
            &["*: plain, NOCOPY"],
        )
    },
    Case {
        locks: &["the server copies the table"],
        ..case(
            "a check",
            &[("age int", "age int, CONSTRAINT users_age CHECK (age >= 0)")],
            &[": plain"],
        )
    },
    Case {
        locks: &["cannot write to it while the server reads its rows"],
        ..case(
            "a primary key, and a column that numbers rows",
            &[("at bigint NOT NULL", "n bigint AUTO_INCREMENT PRIMARY KEY, at bigint NOT NULL")],
            &[": plain"],
        )
    },
    Case {
        locks: &["cannot write to it while the server reads its rows"],
        ..case(
            "a fulltext index",
            &[("age int", "age int, FULLTEXT users_words (name)")],
            &[": plain"],
        )
    },
    Case {
        locks: &["thrice int GENERATED ALWAYS AS (`age` * 3) STORED: the server copies the table"],
        ..case(
            "computed columns",
            &[(
                "age int",
                "age int, twice int AS (age * 2) VIRTUAL, thrice int AS (age * 3) STORED",
            )],
            &[": INSTANT, plain"],
        )
    },
    Case {
        locks: &["PARTITION BY HASH (`at`) PARTITIONS 3: the server does not say"],
        ..case(
            "partitions",
            &[(
                "CREATE TABLE logs (at bigint NOT NULL, what varchar(20))",
                "CREATE TABLE logs (at bigint NOT NULL, what varchar(20)) PARTITION BY HASH (at) PARTITIONS 3",
            )],
            &[": plain"],
        )
    },
];

impl Case {
    fn script(&self) -> String {
        let text = self.replace.iter().fold(USERS.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{}: {from}", self.name);
            text.replacen(from, to, 1)
        });
        text + self.more
    }
}

pub(super) fn migrator(list: Vec<Migration>, script: String) -> Migrator {
    Migrator::from_migrations(Migrations::new(list).unwrap()).unwrap().schema_sql(script)
}

/// The migrations of an online draft, behind the one that makes what was there.
pub(super) fn migrations(first: &Migration, draft: &Draft) -> Vec<Migration> {
    let own = draft.files.iter().enumerate();
    let own = own.map(|(at, file)| {
        Migration::new(format!("f{at}"), &file.title).up(&file.up).down(&file.down)
    });
    std::iter::once(first.clone()).chain(own).collect()
}

pub(super) fn text(draft: &Draft) -> String {
    let file =
        |file: &DraftFile| format!("==== {}\n{}---- down\n{}", file.title, file.up, file.down);
    draft.files.iter().map(file).collect()
}

/// `expand users*: INSTANT, plain`: the title with a star for phase contract, and the form of each statement.
fn forms(file: &DraftFile) -> String {
    let star = if file.phase == Some(Phase::Contract) { "*" } else { "" };
    let mut found = Vec::new();
    for statement in
        file.up.split(";\n").filter(|text| text.contains("ALTER TABLE") || text.contains("CALL"))
    {
        let form =
            statement.split("ALGORITHM=").nth(1).and_then(|rest| rest.split([',', ' ']).next());
        found.push(match form {
            Some("INSTANT") => "INSTANT".to_owned(),
            Some(form) => {
                assert!(statement.contains("LOCK=NONE"), "{statement}");
                form.to_owned()
            }
            None if statement.contains("CALL") => "CALL".to_owned(),
            None => "plain".to_owned(),
        });
    }
    format!("{}{star}: {}", file.title, found.join(", "))
}

async fn reset(db: &Fresh) {
    let tables = db
        .column("SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()")
        .await;
    let drop = format!(
        "SET foreign_key_checks = 0; DROP TABLE {}; SET foreign_key_checks = 1",
        tables.join(", ")
    );
    if !tables.is_empty() {
        db.execute(&drop).await;
    }
}

/// Both ways lead to the same, and back to what was.
async fn same_either_way(db: &Fresh, case: &Case) -> Result<Draft, String> {
    reset(db).await;
    let first = Migration::new("r1", "tables").up(USERS);
    let start = migrator(vec![first.clone()], case.script());
    start.run_pending(&db.pool).await.unwrap();
    db.execute(ROWS).await;
    let before = start.inspect(&db.pool).await.unwrap();
    let options = DraftOptions::new().allow_destructive(true).online(true).findings(false);
    let draft = start.draft(&db.pool, (case.options)(options)).await;
    let draft = draft.map_err(|error| format!("{error:#}"))?;
    if !draft.is_proven {
        return Err(format!("not proven: {:?}", draft.notes));
    }
    let online = migrator(migrations(&first, &draft), case.script());
    let done = online.run_pending(&db.pool).await;
    done.map_err(|error| format!("up: {error:#}\n{}", text(&draft)))?;
    let left = online.check(&db.pool, DraftOptions::new()).await.unwrap();
    if !left.is_empty() {
        return Err(format!("left: {left}\n{}", text(&draft)));
    }
    let there = online.inspect(&db.pool).await.unwrap();
    let done = online.downgrade(&db.pool, "r1").await;
    done.map_err(|error| format!("down: {error:#}\n{}", text(&draft)))?;
    let back = online.inspect(&db.pool).await.unwrap();
    let plain = Migration::new("p", "").up(&draft.up).down(&draft.down);
    migrator(vec![first, plain], case.script()).run_pending(&db.pool).await.unwrap();
    let plainly = online.inspect(&db.pool).await.unwrap();
    match (difference(&back, &before), difference(&there, &plainly)) {
        (back, there) if back.is_empty() && there.is_empty() => Ok(draft),
        differ => Err(format!("back or there: {differ:?}\n{}", text(&draft))),
    }
}

#[tokio::test]
async fn an_online_draft_leads_to_the_same_and_back() {
    let db = fresh().await;
    let is_mariadb = is_mariadb().await;
    let mut wrong = Vec::new();
    for case in CASES {
        let draft = match same_either_way(&db, case).await {
            Ok(draft) => draft,
            Err(problem) => {
                wrong.push(format!("{}: {problem}", case.name));
                continue;
            }
        };
        let found: Vec<String> = draft.files.iter().map(forms).collect();
        if is_mariadb && found != case.files {
            wrong.push(format!("{}: {found:?}\n{}", case.name, text(&draft)));
        }
        let said = draft.notes.iter().filter(|note| matches!(note, Note::NotOnline { .. }));
        let said: Vec<String> = said.map(ToString::to_string).collect();
        let is_as_said = said.len() == case.locks.len()
            && said.iter().zip(case.locks).all(|(said, lock)| said.contains(lock));
        if is_mariadb && !is_as_said {
            wrong.push(format!("{}: {said:?}", case.name));
        }
        if let Err(problem) = lints(case, &draft) {
            wrong.push(format!("{}: {problem}\n{}", case.name, text(&draft)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What the linter says of the files in which no change locks others out.
fn lints(case: &Case, draft: &Draft) -> Result<(), String> {
    let first = Migration::new("r1", "tables").up(USERS);
    let online = migrator(migrations(&first, draft), case.script());
    let report = online.lint("mysql", &LintOptions::new()).unwrap();
    let families = ["LOCK-", "REWRITE-", "AMBIX-"];
    let is_found = |code: &str| families.iter().any(|family| code.starts_with(family));
    let found = report.findings.iter().filter(|found| found.severity != Severity::Info);
    let found = found.filter(|found| found.revision != "r1" && is_found(found.code));
    let found: Vec<String> = found
        .map(|found| format!("{} {}: {}", found.code, found.statement, found.message))
        .collect();
    if found.is_empty() || !case.locks.is_empty() { Ok(()) } else { Err(found.join("; ")) }
}

/// What a program's write met while a statement ran.
#[derive(Debug, PartialEq)]
enum Met {
    /// It was made, and the statement ran before and after it.
    Written,
    Blocked,
}

/// Runs a statement, and writes from another connection while the server shows that it is at it.
async fn write_beside(
    db: &Fresh,
    program: &mut Connection,
    sql: &str,
    next: &mut i64,
) -> Option<Met> {
    let mut worker = Connection::connect(&db.url).await.unwrap();
    let id: u64 = sqlx::query_scalar("SELECT CAST(CONNECTION_ID() AS UNSIGNED)")
        .fetch_one(&mut worker)
        .await
        .unwrap();
    let statement = sql.to_owned();
    let work = tokio::spawn(async move {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut worker).await.unwrap();
    });
    let is_running = |state: &str| {
        format!(
            "SELECT id FROM information_schema.processlist WHERE id = {id} AND info LIKE '%ALTER TABLE%' {state}"
        )
    };
    let at_it = is_running("AND state IN ('altering table', 'copy to tmp table')");
    let mut met = None;
    while met != Some(Met::Written) && !work.is_finished() {
        if db.column(&at_it).await.is_empty() {
            tokio::task::yield_now().await;
            continue;
        }
        *next += 1;
        let write = format!(
            "START TRANSACTION; UPDATE users SET name = 'n' WHERE id = 7; INSERT INTO users VALUES ({next}, 'new', {next}, 1)"
        );
        let written = sqlx::raw_sql(AssertSqlSafe(write)).execute(&mut *program).await;
        match written {
            Ok(_) if !db.column(&is_running("")).await.is_empty() => met = Some(Met::Written),
            Ok(_) => {}
            Err(error) if error.to_string().contains("1205") => met = Some(Met::Blocked),
            Err(error) => panic!("{error}"),
        }
        sqlx::raw_sql("COMMIT").execute(&mut *program).await.unwrap();
    }
    work.await.unwrap();
    met
}

/// A program writes while the forms of a draft read or rebuild all rows; the plain form, which is told, keeps it waiting.
#[tokio::test]
async fn a_program_writes_while_an_online_form_runs() {
    let db = fresh().await;
    let first = Migration::new("r1", "tables").up(USERS);
    migrator(vec![first.clone()], USERS.to_owned()).run_pending(&db.pool).await.unwrap();
    db.execute(&ROWS.replace("2500", "10000")).await;
    let mut program = Connection::connect(&db.url).await.unwrap();
    // Whoever has to wait for the table fails at once, or after the second that MySQL asks for.
    sqlx::raw_sql("SET lock_wait_timeout = 0").execute(&mut program).await.unwrap();
    let mut next = 100_000;
    let is_mariadb = is_mariadb().await;
    for (name, expected) in
        [("an index", Met::Written), ("what may be NULL", Met::Written), ("a check", Met::Blocked)]
    {
        if name == "a check" && !is_mariadb {
            continue; // MySQL copies the table, and lets the program write until it has begun.
        }
        let case = CASES.iter().find(|case| case.name == name).unwrap();
        let start = migrator(vec![first.clone()], case.script());
        let options = DraftOptions::new().proof(false).findings(false).online(true);
        let draft = start.draft(&db.pool, options).await.unwrap();
        // The statement that is too quick for anybody to write beside it runs again.
        for round in 0.. {
            assert!(round < 200, "{name}: nothing was written while the statement ran");
            let met = write_beside(
                &db,
                &mut program,
                draft.files[0].up.trim_end_matches(";\n"),
                &mut next,
            )
            .await;
            db.execute(&draft.files[0].down).await;
            match met {
                Some(met) if met == expected => break,
                // An online form begins and ends with a moment for itself.
                None | Some(Met::Blocked) => {}
                Some(met) => panic!("{name}: {met:?}"),
            }
        }
    }
}

/// A run that is killed in the middle of a backfill leaves what the next one can go on with.
#[tokio::test]
async fn a_backfill_that_was_killed_is_run_again() {
    let db = fresh().await;
    let script = USERS.replace("age int", "age int, token char(36) DEFAULT (uuid())");
    let first = Migration::new("r1", "tables").up(USERS);
    let start = migrator(vec![first.clone()], script.clone());
    start.run_pending(&db.pool).await.unwrap();
    db.execute(ROWS).await;
    let options = DraftOptions::new().online(true).proof(false).findings(false);
    let draft = start.draft(&db.pool, options).await.unwrap();
    let online = migrator(migrations(&first, &draft), script);
    // A row of the second batch waits for a row of another table.
    db.execute(
        "CREATE TABLE gate (id bigint PRIMARY KEY, n int); INSERT INTO gate VALUES (1500, 0);
         CREATE TRIGGER gate BEFORE UPDATE ON users FOR EACH ROW UPDATE gate SET n = n + 1 WHERE id = NEW.id",
    )
    .await;
    let mut holder = Connection::connect(&db.url).await.unwrap();
    let hold = "START TRANSACTION; SELECT id FROM gate FOR UPDATE";
    sqlx::raw_sql(hold).execute(&mut holder).await.unwrap();
    let (run, pool) = (online.clone(), db.pool.clone());
    let run = tokio::spawn(async move { run.run_pending(&pool).await });
    let waiting = loop {
        if let [id] = db.waiting_transactions().await.as_slice() {
            break id.clone();
        }
        assert!(!run.is_finished(), "the backfill waits for no row");
        tokio::task::yield_now().await;
    };
    let filled = db.column("SELECT count(*) FROM users WHERE token IS NOT NULL").await;
    assert_eq!(filled, ["1000"]);
    db.execute(&format!("KILL {waiting}")).await;
    sqlx::raw_sql("ROLLBACK").execute(&mut holder).await.unwrap();
    // This run may go on by itself, or the next one does.
    if run.await.unwrap().is_err() {
        online.run_pending(&db.pool).await.unwrap();
    }
    db.execute("DROP TRIGGER gate; DROP TABLE gate").await;
    assert_eq!(db.column("SELECT count(*) FROM users WHERE token IS NULL").await, ["0"]);
    assert!(online.check(&db.pool, DraftOptions::new()).await.unwrap().is_empty());
}
