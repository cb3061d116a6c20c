//! What only a server with sessions, roles and replicas can tell preflight.

use std::time::Duration;

use ambix::preflight::{Answer, AnswerState, Preflight, PreflightOptions, Subject};
use sqlx::{ConnectOptions as _, Connection as _, postgres::PgConnectOptions};

use crate::{
    setup::{Connection, Fresh, Pool, fresh, fresh_on_primary, pool_on},
    suite::locks::Pause,
    support::{migrator, tries, unique, variable},
};

const TABLES: &str = "CREATE TABLE users (id integer PRIMARY KEY, email text); CREATE TABLE orders (id integer PRIMARY KEY, user_id integer)";
const CHANGES: &str = "CREATE UNIQUE INDEX users_email ON users (email); \
     ALTER TABLE orders ADD CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users (id); CREATE TABLE new (id integer)";

fn pending(up: &str) -> ambix::Migrator {
    migrator(&[
        ("tables", TABLES, "DROP TABLE orders; DROP TABLE users"),
        ("pending", up, "SELECT 1"),
    ])
}

async fn prepared() -> Fresh {
    prepared_on(fresh().await).await
}

async fn prepared_on(db: Fresh) -> Fresh {
    pending(CHANGES).upgrade(&db.pool, "tables").await.unwrap();
    db.execute(
        "INSERT INTO users VALUES (1, 'a'), (2, 'a'), (3, NULL); INSERT INTO orders VALUES (1, 7)",
    )
    .await;
    db
}

fn found(preflight: &Preflight, subject: Subject, state: AnswerState, words: &str) -> Answer {
    let mut all = preflight.about(subject).filter(|answer| answer.state == state);
    let found = all.find(|answer| answer.to_string().contains(words));
    found.unwrap_or_else(|| panic!("{words}: {preflight}")).clone()
}

async fn as_role(db: &Fresh, role: &str) -> Pool {
    let options: PgConnectOptions = db.url.parse().unwrap();
    pool_on(options.username(role).to_url_lossy().as_ref()).await
}

#[tokio::test]
async fn a_role_that_may_only_select_gets_all_answers() {
    let db = prepared().await;
    let role = unique("ambix_reader");
    db.execute(&format!(
        "CREATE ROLE {role} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}; REVOKE CREATE ON SCHEMA public FROM public; \
         REVOKE TEMPORARY ON DATABASE {} FROM public",
        db.name
    ))
    .await;
    let pool = as_role(&db, &role).await;
    let preflight = pending(CHANGES).preflight(&pool, &PreflightOptions::new()).await.unwrap();
    let stop = AnswerState::Stop;
    assert_eq!(found(&preflight, Subject::Rows, stop, "value of email").count, Some(1));
    assert_eq!(found(&preflight, Subject::Rows, stop, "value of user_id").count, Some(1));
    for words in [
        "is not the owner of users",
        "is not the owner of orders",
        "has no REFERENCES on users",
        "has no CREATE on the schema public",
        "has no INSERT on \"public\".\"ambix_history\"",
        "has no UPDATE on \"public\".\"ambix_history_lock\"",
    ] {
        found(&preflight, Subject::Rights, stop, words);
    }
    // Nobody knows what a policy hides from it.
    db.execute("ALTER TABLE users ENABLE ROW LEVEL SECURITY").await;
    let hidden = pending(CHANGES).preflight(&pool, &PreflightOptions::new()).await.unwrap();
    found(&hidden, Subject::Rows, AnswerState::Look, "row-level security");
    db.execute("ALTER TABLE users DISABLE ROW LEVEL SECURITY").await;
    // The role that migrates has them.
    let options = PreflightOptions::new().role("postgres");
    let preflight = pending(CHANGES).preflight(&pool, &options).await.unwrap();
    found(
        &preflight,
        Subject::Rights,
        AnswerState::Ok,
        "the role postgres may do what the steps do",
    );
    let options = PreflightOptions::new().role("nobody_at_all");
    let preflight = pending(CHANGES).preflight(&pool, &options).await.unwrap();
    found(&preflight, Subject::Rights, AnswerState::Look, "not known, because");
    pool.close().await;
    db.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

#[tokio::test]
async fn who_is_in_the_way_is_named() {
    let db = prepared().await;
    let options = PreflightOptions::new().long_transaction(Duration::ZERO);
    let named = |name: &str| db.url.parse::<PgConnectOptions>().unwrap().application_name(name);
    let mut busy = named("shop/1.3.0").connect().await.unwrap();
    sqlx::raw_sql("BEGIN; LOCK TABLE users IN ROW EXCLUSIVE MODE")
        .execute(&mut busy)
        .await
        .unwrap();
    let mut idle = named("reports").connect().await.unwrap();
    sqlx::raw_sql("BEGIN; SELECT 1").execute(&mut idle).await.unwrap();
    let shop = pending(CHANGES).application("shop", "1.4.0");
    let preflight = shop.preflight(&db.pool, &options).await.unwrap();
    let answer = found(&preflight, Subject::Activity, AnswerState::Stop, "it has a lock on users");
    assert!(
        answer.text.contains("shop/1.3.0") && answer.text.contains("idle in transaction"),
        "{answer}"
    );
    found(&preflight, Subject::Activity, AnswerState::Look, "reports");
    let old = found(
        &preflight,
        Subject::Programs,
        AnswerState::Look,
        "shop/1.3.0 is connected as postgres (1 session)",
    );
    assert_eq!(old.count, Some(1));
    found(&preflight, Subject::Programs, AnswerState::Look, "other session");
    sqlx::raw_sql("ROLLBACK").execute(&mut busy).await.unwrap();
    sqlx::raw_sql("ROLLBACK").execute(&mut idle).await.unwrap();
    let preflight = shop.preflight(&db.pool, &options).await.unwrap();
    found(&preflight, Subject::Activity, AnswerState::Ok, "no transaction is older than 0ns");
    idle.close().await.unwrap();

    // Another run.
    let pause = Pause::new();
    let other = pause.of(pending("-- ambix: run pause"));
    let pool = db.pool.clone();
    let run = tokio::spawn(async move { other.run_pending(&pool).await });
    pause.reached().await;
    let preflight = shop.preflight(&db.pool, &PreflightOptions::new()).await.unwrap();
    found(&preflight, Subject::Activity, AnswerState::Stop, "another run holds the migration lock");
    pause.go_on.notify_one();
    run.await.unwrap().unwrap();
}

#[tokio::test]
async fn replicas_and_read_only_servers_are_seen() {
    let db = prepared_on(fresh_on_primary().await).await;
    let slot = unique("ambix_slot");
    db.execute(&format!("SELECT pg_create_physical_replication_slot('{slot}', true)")).await;
    let preflight = pending(CHANGES).preflight(&db.pool, &PreflightOptions::new()).await.unwrap();
    db.execute(&format!("SELECT pg_drop_replication_slot('{slot}')")).await;
    found(&preflight, Subject::Replication, AnswerState::Look, &format!("the slot {slot} is"));
    if variable("AMBIX_TEST_POSTGRES_STANDBY_URL") != "unavailable" {
        // The standby of the tests is connected.
        assert!(preflight.about(Subject::Replication).count() > 1, "{preflight}");
    }
    db.execute(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", db.name)).await;
    let pool = pool_on(&db.url).await;
    let preflight = pending(CHANGES).preflight(&pool, &PreflightOptions::new()).await.unwrap();
    found(&preflight, Subject::Steps, AnswerState::Stop, "default_transaction_read_only is on");
    pool.close().await;
}

#[tokio::test]
async fn large_tables_are_read_within_the_limit_and_their_locks_take_time() {
    let db = prepared().await;
    let rows = tries(150_000, 1_000_000, "rows");
    db.execute(&format!(
        "INSERT INTO users SELECT n, 'user ' || n FROM generate_series(10, {rows}) n; INSERT INTO users VALUES (0, 'user 77'); ANALYZE users"
    ))
    .await;
    let up = "CREATE UNIQUE INDEX users_email ON users (email); ALTER TABLE users ADD CONSTRAINT named CHECK (length(email) < 100); \
              ALTER TABLE users ALTER COLUMN id TYPE bigint";
    let begun = std::time::Instant::now();
    let options = PreflightOptions::new().question_limit(Duration::from_secs(8));
    let preflight = pending(up).preflight(&db.pool, &options).await.unwrap();
    println!("{rows} rows: {:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(30), "{preflight}");
    assert_eq!(
        found(&preflight, Subject::Rows, AnswerState::Stop, "values of email").count,
        Some(2)
    );
    let rewrite =
        preflight.about(Subject::Locks).find(|answer| answer.text.contains("REWRITE-004")).unwrap();
    assert!(rewrite.estimate.unwrap() > Duration::from_millis(200), "{preflight}");
    assert!(rewrite.text.contains("users has "), "{preflight}");
    let index =
        preflight.about(Subject::Locks).find(|answer| answer.text.contains("LOCK-001")).unwrap();
    assert!(
        index.estimate > Some(Duration::ZERO) && index.estimate < rewrite.estimate,
        "{preflight}"
    );
    // A limit that is too short is said, and ends the question.
    let options = PreflightOptions::new().question_limit(Duration::from_millis(1));
    let preflight = pending(up).preflight(&db.pool, &options).await.unwrap();
    let unknown = preflight.about(Subject::Rows).filter(|answer| answer.is_unknown).count();
    assert!(unknown > 0, "{preflight}");
}

/// A name that needs quotes, in a schema of its own, with a key of two columns.
#[tokio::test]
async fn names_that_need_quotes_are_no_trouble() {
    let db = fresh().await;
    let tables = "CREATE SCHEMA \"My App\"; CREATE TABLE \"My App\".\"Order\" (\"Id\" integer, id integer, \"Sub\" integer, PRIMARY KEY (\"Id\", id)); \
                  CREATE TABLE \"My App\".\"Item\" (\"Order\" integer, nr integer)";
    let up = "ALTER TABLE \"My App\".\"Item\" ADD FOREIGN KEY (\"Order\", nr) REFERENCES \"My App\".\"Order\"; \
              ALTER TABLE \"My App\".\"Order\" ALTER \"Sub\" SET NOT NULL";
    let migrator = migrator(&[("tables", tables, ""), ("pending", up, "")]);
    migrator.upgrade(&db.pool, "tables").await.unwrap();
    db.execute("INSERT INTO \"My App\".\"Order\" VALUES (1, 2, NULL); INSERT INTO \"My App\".\"Item\" VALUES (1, 2), (1, 3), (2, NULL)").await;
    let preflight = migrator.preflight(&db.pool, &PreflightOptions::new()).await.unwrap();
    let orphans = found(&preflight, Subject::Rows, AnswerState::Stop, "Order = 1, nr = 3");
    assert_eq!(orphans.count, Some(1), "{preflight}");
    let nulls = found(&preflight, Subject::Rows, AnswerState::Stop, "NULL in Sub");
    assert_eq!(
        (nulls.count, nulls.examples[0].as_str()),
        (Some(1), "Id = 1, id = 2"),
        "{preflight}"
    );
    let mut connection = Connection::connect(&db.url).await.unwrap();
    let preflight = migrator.preflight(&mut connection, &PreflightOptions::new()).await.unwrap();
    assert!(preflight.is_stop());
}

/// What a block or procedure does gets the same answers as a plain statement, with what the block may decide.
#[tokio::test]
async fn statements_in_a_block_are_looked_at_like_others() {
    let db = prepared().await;
    let index = "CREATE UNIQUE INDEX users_email ON users (email)";
    let block = |body: &str| format!("DO $$ BEGIN {body} END $$");
    let procedure = |language: &str, body: &str| {
        format!(
            "CREATE PROCEDURE p() LANGUAGE {language} AS $$ {body} $$; CALL p(); DROP PROCEDURE p()"
        )
    };
    let (decides, catches) = ("the block decides whether", "the block may catch the error");
    let cases = [
        (index.to_owned(), None),
        (block(&format!("{index};")), None),
        (block(&format!("EXECUTE '{index}';")), None),
        (procedure("plpgsql", &format!("BEGIN {index}; END")), None),
        (procedure("sql", index), None),
        (
            block(&format!("IF to_regclass('users_email') IS NULL THEN {index}; END IF;")),
            Some(decides),
        ),
        (block(&format!("IF random() > 2 THEN RETURN; END IF; {index};")), Some(decides)),
        (block(&format!("{index}; EXCEPTION WHEN duplicate_table THEN NULL;")), Some(catches)),
    ];
    for (up, doubt) in cases {
        let preflight = pending(&up).preflight(&db.pool, &PreflightOptions::new()).await.unwrap();
        let state = if doubt.is_some() { AnswerState::Look } else { AnswerState::Stop };
        let rows = found(&preflight, Subject::Rows, state, doubt.unwrap_or_default());
        assert_eq!((rows.count, rows.is_unknown), (Some(1), false), "{up}: {preflight}");
        let locks = preflight.about(Subject::Locks).find(|answer| answer.text.contains("LOCK-001"));
        let locks = locks.unwrap_or_else(|| panic!("{up}: {preflight}"));
        assert!(locks.text.contains("users has 3 rows"), "{up}: {preflight}");
        assert!(locks.text.contains(doubt.unwrap_or_default()), "{up}: {preflight}");
        let steps = preflight.about(Subject::Steps);
        assert_eq!(steps.filter(|answer| answer.is_unknown).count(), 0, "{up}: {preflight}");
    }
    let hidden = block("EXECUTE format('CREATE UNIQUE INDEX i ON %I (email)', 'users');");
    let preflight = pending(&hidden).preflight(&db.pool, &PreflightOptions::new()).await.unwrap();
    found(&preflight, Subject::Steps, AnswerState::Look, "does not understand what it does");
}

/// Tables with rows, what is pending, and what is said of it: a stop with its number or words, or words alone.
const VALUES: &[(&str, &str, Option<u64>, &str)] = &[
    (
        "a text INSERT ('short'); INSERT INTO t SELECT n, string_agg(md5(random()::text), '') FROM generate_series(2, 3) n, generate_series(1, 300) GROUP BY n",
        "CREATE INDEX i ON t (a)",
        Some(2),
        "than an index can hold",
    ),
    (
        "a text INSERT ('99999999999'), ('5'), (' 7 '), ('x'), (NULL)",
        "ALTER TABLE t ALTER a TYPE int USING a::int",
        Some(2),
        "99999999999",
    ),
    (
        "a text INSERT ('2024-01-01'), ('soon')",
        "ALTER TABLE t ALTER a TYPE date USING a::date",
        None,
        "cannot compute a as date",
    ),
    (
        "a text INSERT ('{}'), ('{x')",
        "ALTER TABLE t ALTER a TYPE jsonb USING a::jsonb",
        None,
        "cannot compute a as jsonb",
    ),
    ("a int[] INSERT ('{1,70000}')", "ALTER TABLE t ALTER a TYPE smallint[]", None, "out of range"),
    (
        "a int INSERT (1), (0)",
        "ALTER TABLE t ADD b int GENERATED ALWAYS AS (10 / a) STORED",
        None,
        "cannot compute the new column b",
    ),
    (
        "a int INSERT (2000000000)",
        "ALTER TABLE t ADD b int GENERATED ALWAYS AS (a * 2) STORED",
        None,
        "integer out of range",
    ),
    (
        "a text INSERT ('1'), ('x')",
        "CREATE MATERIALIZED VIEW m AS SELECT a::int FROM t",
        None,
        "the server cannot compute the rows of m",
    ),
    (
        "a text INSERT ('1'), ('x')",
        "CREATE TABLE m AS SELECT a::int FROM t",
        None,
        "invalid input syntax for type integer",
    ),
    (
        "a int INSERT (1), (NULL), (NULL)",
        "ALTER TABLE t ADD b int NOT NULL GENERATED ALWAYS AS (a * 2) STORED",
        Some(2),
        "2 rows of t give NULL for the new column b, which is NOT NULL",
    ),
    ("a int INSERT (1), (0)", "CREATE INDEX i ON t ((10 / a))", None, "division by zero"),
    (
        "a int INSERT (1), (1); CREATE TABLE c () INHERITS (t); INSERT INTO c VALUES (9, 2)",
        "CREATE UNIQUE INDEX i ON t (a)",
        Some(1),
        "a = 1",
    ),
];

/// What is no trouble, and what nobody can ask without changing something.
const NO_VALUES: &[(&str, &str, &str)] = &[
    ("a text INSERT (repeat('x', 9000)), (NULL)", "CREATE INDEX i ON t (a)", ""),
    ("a text INSERT ('1')", "CREATE MATERIALIZED VIEW m AS SELECT a::int FROM t", ""),
    ("a text INSERT ('x')", "CREATE VIEW m AS SELECT a::int FROM t", ""),
    ("a text INSERT ('x')", "CREATE MATERIALIZED VIEW m AS SELECT a::int FROM t WITH NO DATA", ""),
    (
        "a text INSERT ('x')",
        "CREATE TABLE IF NOT EXISTS m AS SELECT a::int FROM t",
        "nothing is computed if m exists by then",
    ),
    (
        "a text INSERT ('x')",
        "UPDATE t SET a = '1'; CREATE TABLE m AS SELECT a::int FROM t",
        "changes rows of t before, which may repair them",
    ),
    (
        "a int INSERT (1)",
        "CREATE TABLE m AS SELECT loud(a) FROM t",
        "would call public.loud, which may change something",
    ),
    (
        "a text INSERT ('abcd'), ('ab  '), ('xyz')",
        "ALTER TABLE t ALTER a TYPE char(3) USING a::char(3)",
        "1 row of t has a value in a that the cast to char(3) cuts off without an error",
    ),
    (
        "a text INSERT ('abcd')",
        "ALTER TABLE t ALTER a TYPE varchar(3) USING a::varchar(3)",
        "cuts off without an error",
    ),
    ("a text INSERT (' 7 '), (NULL)", "ALTER TABLE t ALTER a TYPE int USING a::int", ""),
    ("a text INSERT ('2024-01-01'), (NULL)", "ALTER TABLE t ALTER a TYPE date USING a::date", ""),
    ("a timestamp INSERT (now())", "ALTER TABLE t ALTER a TYPE date", ""),
    ("a int INSERT (1), (NULL)", "ALTER TABLE t ADD b int GENERATED ALWAYS AS (10 / a) STORED", ""),
    (
        "a int INSERT (1); CREATE TABLE c () INHERITS (t); INSERT INTO c VALUES (9, 1), (8, 1)",
        "CREATE UNIQUE INDEX i ON t (a)",
        "",
    ),
    ("a int INSERT (1)", "ALTER TABLE t ADD b int CHECK (a > 0)", ""),
    (
        "a int INSERT (-1)",
        "ALTER TABLE t ADD CHECK (loud(a))",
        "would call public.loud, which may change something",
    ),
    (
        "a int INSERT (-1)",
        "CREATE INDEX i ON t ((pg_catalog.setval('seq', a)))",
        "pg_catalog.setval",
    ),
    ("a int INSERT (-1)", "ALTER TABLE t ADD CHECK (quiet(a))", ""),
];

#[tokio::test]
async fn values_that_the_server_cannot_convert_are_found_and_no_function_changes_anything() {
    let db = fresh().await;
    migrator(&[("tables", "SELECT 1", "")]).run_pending(&db.pool).await.unwrap();
    db.execute(
        "CREATE SEQUENCE seq; CREATE FUNCTION loud(int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_notify('x', 'y'); \
         PERFORM pg_advisory_lock(4711); RETURN true; END $$;
         CREATE FUNCTION quiet(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true'",
    )
    .await;
    let ask = async |table: &str, up: &str| {
        let (columns, rows) = table.split_once(" INSERT ").unwrap();
        let (rows, more) = rows.split_once(';').unwrap_or((rows, ""));
        let rows = rows.replace("), (", "), (DEFAULT, ").replacen('(', "(DEFAULT, ", 1);
        db.execute(&format!(
            "DROP TABLE IF EXISTS t CASCADE; CREATE TABLE t (id serial, {columns}); INSERT INTO t VALUES {rows}; {more}"
        ))
        .await;
        let migrator = migrator(&[("tables", "SELECT 1", ""), ("pending", up, "")]);
        migrator.preflight(&db.pool, &PreflightOptions::new()).await.unwrap()
    };
    for (table, up, count, words) in VALUES {
        let preflight = ask(table, up).await;
        let answer = found(&preflight, Subject::Rows, AnswerState::Stop, words);
        assert_eq!(answer.count, *count, "{up}: {preflight}");
    }
    for (table, up, words) in NO_VALUES {
        let preflight = ask(table, up).await;
        let said = preflight.about(Subject::Rows).filter(|answer| answer.state != AnswerState::Ok);
        let said: Vec<String> = said.map(ToString::to_string).collect();
        let is_right = match words {
            &"" => said.is_empty(),
            words => said.len() == 1 && said[0].contains(words),
        };
        assert!(is_right, "{table}: {up}: {said:?}");
    }
    let held = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
                WHERE d.datname = current_database() AND l.objid = 4711";
    assert_eq!(db.column(held).await, ["0"]);
}
