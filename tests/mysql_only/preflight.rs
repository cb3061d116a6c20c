//! What only this server can tell preflight.

use std::time::Duration;

use ambix::preflight::{AnswerState, Preflight, PreflightOptions, Subject};
use sqlx::Connection as _;

use crate::{
    setup::{Connection, fresh, is_mariadb, pool_on, server},
    support::{migrator, unique},
};

const TABLES: &str = "CREATE TABLE users (id integer PRIMARY KEY, email varchar(100))";
const CHANGES: &str = "CREATE UNIQUE INDEX users_email ON users (email)";

fn has(preflight: &Preflight, subject: Subject, state: AnswerState, words: &str) {
    let mut answers = preflight.about(subject).filter(|answer| answer.state == state);
    assert!(answers.any(|answer| answer.to_string().contains(words)), "{words}: {preflight}");
}

#[tokio::test]
async fn a_user_that_may_only_select_gets_all_answers() {
    let db = fresh().await;
    let migrator = migrator(&[("tables", TABLES, ""), ("pending", CHANGES, "")]);
    migrator.upgrade(&db.pool, "tables").await.unwrap();
    db.execute("INSERT INTO users VALUES (1, 'a'), (2, 'a')").await;
    let user = unique("reader");
    let user = &user[user.len().saturating_sub(30)..].replace("-", "_");
    db.execute(&format!("CREATE USER '{user}'@'%' IDENTIFIED BY 'pw'")).await;
    db.execute(&format!("GRANT SELECT ON `{}`.* TO '{user}'@'%'", db.name)).await;
    let (scheme, rest) = db.url.split_once("://").unwrap();
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let pool = pool_on(&format!("{scheme}://{user}:pw@{rest}")).await;
    let preflight = migrator.preflight(&pool, &PreflightOptions::new()).await.unwrap();
    has(
        &preflight,
        Subject::Rows,
        AnswerState::Stop,
        "1 value of email is in more than one row of users: email = a",
    );
    has(&preflight, Subject::Rights, AnswerState::Stop, "has no INDEX on users");
    has(&preflight, Subject::Rights, AnswerState::Stop, "has no INSERT on ambix_history");
    has(&preflight, Subject::Activity, AnswerState::Look, "not known, because");
    pool.close().await;
    let preflight = migrator.preflight(&db.pool, &PreflightOptions::new()).await.unwrap();
    has(&preflight, Subject::Rights, AnswerState::Ok, "this role may do what the steps do");
    db.execute(&format!("DROP USER '{user}'@'%'")).await;
}

#[tokio::test]
async fn an_open_transaction_is_named() {
    let db = fresh().await;
    let migrator = migrator(&[("tables", TABLES, ""), ("pending", CHANGES, "")]);
    migrator.upgrade(&db.pool, "tables").await.unwrap();
    let mut busy = Connection::connect(&db.url).await.unwrap();
    sqlx::raw_sql("BEGIN; INSERT INTO users VALUES (1, 'a')").execute(&mut busy).await.unwrap();
    let options = PreflightOptions::new().long_transaction(Duration::ZERO);
    // The server shows a copy of its list of transactions, which it renews only if nobody has read it for a tenth of a second.
    let words = "has had a transaction open for";
    let mut preflight = migrator.preflight(&db.pool, &options).await.unwrap();
    for _ in 0..50 {
        if preflight.to_string().contains(words) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        preflight = migrator.preflight(&db.pool, &options).await.unwrap();
    }
    has(&preflight, Subject::Activity, AnswerState::Look, words);
    sqlx::raw_sql("ROLLBACK").execute(&mut busy).await.unwrap();
    assert!(server().contains("://"));
}

/// A procedure is the only way to a condition, so that its plain statements are looked at like others.
#[tokio::test]
async fn statements_in_a_procedure_are_looked_at_like_others() {
    let db = fresh().await;
    let procedure =
        |body: &str| format!("CREATE PROCEDURE p() BEGIN {body} END; CALL p(); DROP PROCEDURE p()");
    let (stop, look) = (AnswerState::Stop, AnswerState::Look);
    let cases = [
        (procedure(&format!("{CHANGES};")), stop, "1 value of email is in more than one row"),
        (
            procedure(&format!("IF @@version > '' THEN {CHANGES}; END IF;")),
            look,
            "the block decides whether",
        ),
        (
            procedure(&format!("DECLARE CONTINUE HANDLER FOR 1061 BEGIN END; {CHANGES};")),
            look,
            "the block may catch the error",
        ),
    ];
    let tables = migrator(&[("tables", TABLES, "")]);
    tables.run_pending(&db.pool).await.unwrap();
    db.execute("INSERT INTO users VALUES (1, 'a'), (2, 'a')").await;
    for (up, state, words) in cases {
        let migrator = migrator(&[("tables", TABLES, ""), ("pending", &up, "")]);
        let preflight = migrator.preflight(&db.pool, &PreflightOptions::new()).await.unwrap();
        has(&preflight, Subject::Rows, state, words);
        let steps = preflight.about(Subject::Steps);
        assert_eq!(steps.filter(|answer| answer.is_unknown).count(), 0, "{up}: {preflight}");
    }
    let up = procedure("PREPARE s FROM @text; EXECUTE s;");
    let migrator = migrator(&[("tables", TABLES, ""), ("pending", &up, "")]);
    let preflight = migrator.preflight(&db.pool, &PreflightOptions::new()).await.unwrap();
    has(&preflight, Subject::Steps, look, "does not understand what it does");
}

/// A column with values, what it becomes, how many do not fit, and an example or, without a number, words.
const VALUES: &[(&str, &str, &str, u64, &str)] = &[
    (
        "varchar(20) CHARACTER SET utf8mb4",
        "('日本'), ('ü'), (NULL)",
        "MODIFY a varchar(20) CHARACTER SET latin1",
        1,
        "日本",
    ),
    (
        "varchar(20) CHARACTER SET utf8mb4",
        "('ü'), (NULL)",
        "MODIFY a varchar(20) CHARACTER SET latin1",
        0,
        "",
    ),
    (
        "set('x','y','z')",
        "('x,z'), ('x,y'), ('z'), (''), (NULL)",
        "MODIFY a set('x','y')",
        2,
        "x,z",
    ),
    ("varchar(20)", "('2024-01-01'), ('soon'), (NULL)", "MODIFY a date", 1, "soon"),
    ("varchar(20)", "('2024-01-01'), (NULL)", "MODIFY a date", 0, ""),
    ("datetime", "('1960-01-01'), ('2024-01-01'), (NULL)", "MODIFY a timestamp NULL", 1, "1960"),
    ("text", "('{}'), ('{x'), (NULL)", "MODIFY a json", 1, "{x"),
    ("varbinary(20)", "('abcdefghijk'), ('b')", "MODIFY a varbinary(5)", 1, "abcdefghijk"),
    ("int", "(1800), (2000), (0), (99)", "MODIFY a year", 1, "1800"),
    (
        "int",
        "(1), (100)",
        "PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (2))",
        1,
        "id = 2",
    ),
    (
        "int",
        "(1), (NULL)",
        "PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (2), PARTITION p1 VALUES LESS THAN MAXVALUE)",
        0,
        "",
    ),
    (
        "int",
        "(1), (100), (7)",
        "PARTITION BY LIST (id % 4) (PARTITION p0 VALUES IN (1, 2), PARTITION p1 VALUES IN (NULL))",
        1,
        "id = 3",
    ),
    (
        "int",
        "(1), (100)",
        "DROP PRIMARY KEY, ADD KEY (id) PARTITION BY LIST COLUMNS (a, id) (PARTITION p0 VALUES IN ((1, 1), (100, 1)))",
        1,
        "id = 2",
    ),
    ("int", "(1), (100)", "PARTITION BY HASH (id) PARTITIONS 3", 0, ""),
    (
        "int",
        "(1), (100)",
        "EXCHANGE PARTITION p0 WITH TABLE t",
        0,
        "no query of ambix finds the rows of t for which the server refuses this (partition p0)",
    ),
    (
        "int",
        "(1), (100)",
        "REORGANIZE PARTITION p0 INTO (PARTITION p0 VALUES IN (1))",
        0,
        "no query of ambix finds the rows",
    ),
    (
        "varchar(9) COLLATE utf8mb4_bin",
        "('a')",
        "CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
        0,
        "no query of ambix finds",
    ),
    ("varchar(9)", "('a')", "ADD b varchar(1) AS (a) STORED", 0, "only the statement itself tells"),
];

#[tokio::test]
async fn values_that_do_not_fit_another_type_are_found_with_their_number() {
    let db = fresh().await;
    migrator(&[("tables", "SELECT 1", "")]).run_pending(&db.pool).await.unwrap();
    for (ty, rows, action, count, words) in VALUES {
        let rows = rows.replace("), (", "), (DEFAULT, ").replacen('(', "(DEFAULT, ", 1);
        db.execute(&format!(
            "DROP TABLE IF EXISTS t; CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, a {ty}); INSERT INTO t VALUES {rows}"
        ))
        .await;
        let up = format!("ALTER TABLE t {action}");
        let migrator = migrator(&[("tables", "SELECT 1", ""), ("pending", &up, "")]);
        let preflight = migrator.preflight(&db.pool, &PreflightOptions::new()).await.unwrap();
        let said: Vec<_> = preflight
            .about(Subject::Rows)
            .filter(|answer| answer.state != AnswerState::Ok)
            .collect();
        let is_right = match said.as_slice() {
            [] => *count == 0 && words.is_empty(),
            [only] if *count == 0 => only.is_unknown && only.text.contains(words),
            [only] => {
                only.state == AnswerState::Stop
                    && only.count == Some(*count)
                    && only.examples[0].contains(words)
            }
            _ => false,
        };
        assert!(is_right, "{ty} {rows}: {action}: {preflight}");
        if *count > 0 {
            let mut connection = Connection::connect(&db.url).await.unwrap();
            let run = sqlx::raw_sql(sqlx::AssertSqlSafe(up)).execute(&mut connection).await;
            assert!(run.is_err(), "{action}: the server takes it");
        }
    }
}

/// IGNORE fails on no row: what is in the way is deleted or changed. MySQL no longer has it.
#[tokio::test]
async fn ignore_is_named_beside_the_rows_that_it_deletes() {
    let db = fresh().await;
    db.execute("CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 5), (2, 5)")
        .await;
    let up = "ALTER IGNORE TABLE t ADD UNIQUE KEY t_a (a)";
    let migrator = migrator(&[("pending", up, "")]).allow_existing(true);
    let preflight = migrator.preflight(&db.pool, &PreflightOptions::new()).await.unwrap();
    has(
        &preflight,
        Subject::Rows,
        AnswerState::Look,
        "with IGNORE, the server deletes or changes rows",
    );
    has(&preflight, Subject::Rows, AnswerState::Stop, "");
    if is_mariadb().await {
        migrator.run_pending(&db.pool).await.unwrap();
        assert_eq!(db.column("SELECT count(*) FROM t").await, ["1"]);
    }
}

/// Between which types a foreign key can be, the server decides: preflight says nothing else.
#[tokio::test]
async fn foreign_keys_between_types() {
    const TYPES: [&str; 14] = [
        "int",
        "int unsigned",
        "bigint",
        "mediumint",
        "mediumint unsigned",
        "varchar(20)",
        "char(5)",
        "date",
        "datetime",
        "timestamp NULL",
        "time",
        "decimal(10,2)",
        "float",
        "double",
    ];
    let db = fresh().await;
    migrator(&[("tables", "SELECT 1", "")]).run_pending(&db.pool).await.unwrap();
    let keys = TYPES.iter().enumerate();
    let parents = keys.map(|(at, ty)| format!("CREATE TABLE u{at} (k {ty} UNIQUE);"));
    let children =
        TYPES.iter().enumerate().map(|(at, ty)| format!("CREATE TABLE t{at} (a {ty}, KEY (a));"));
    db.execute(&parents.chain(children).collect::<String>()).await;
    let mut wrong = Vec::new();
    for (own, from) in TYPES.iter().enumerate() {
        for (other, to) in TYPES.iter().enumerate() {
            let up = format!(
                "ALTER TABLE t{own} ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u{other} (k)"
            );
            let pending = migrator(&[("tables", "SELECT 1", ""), ("pending", &up, "")]);
            let preflight = pending.preflight(&db.pool, &PreflightOptions::new()).await.unwrap();
            let mut schema = preflight.about(Subject::Schema);
            let stops = schema.any(|answer| answer.state == AnswerState::Stop);
            let run = sqlx::raw_sql(sqlx::AssertSqlSafe(up)).execute(&db.pool).await;
            if run.is_ok() {
                db.execute(&format!("ALTER TABLE t{own} DROP FOREIGN KEY f")).await;
            }
            if run.is_err() != stops {
                wrong.push(format!("{from} to {to}: stops {stops}, {run:?}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
