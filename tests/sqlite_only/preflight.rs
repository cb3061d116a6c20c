//! What only this database demands of rows.

use ambix::preflight::{AnswerState, PreflightOptions, Subject};

use sqlx::Connection as _;

use crate::{
    setup::{Connection, fresh},
    support::migrator,
};

/// A table that a rebuild reads, the one that it makes, how many rows do not fit, and words.
const REBUILDS: &[(&str, &str, &str, u64, &str)] = &[
    (
        "id INTEGER PRIMARY KEY, a",
        "(1, 'abc'), (2, '5'), (3, NULL), (4, 1.5), (5, x'00')",
        "(id INTEGER PRIMARY KEY, a INTEGER) STRICT",
        3,
        "does",
    ),
    (
        "id INTEGER PRIMARY KEY, a",
        "(1, '7'), (2, 5), (3, NULL), (4, 2.0)",
        "(id INTEGER PRIMARY KEY, a INTEGER) STRICT",
        0,
        "",
    ),
    (
        "id INTEGER PRIMARY KEY, a",
        "(1, 'abc'), (2, 1.5)",
        "(id INTEGER PRIMARY KEY, a REAL) STRICT",
        1,
        "id = 1",
    ),
    (
        "id INTEGER PRIMARY KEY, a",
        "(1, x'00ff'), (2, 5)",
        "(id INTEGER PRIMARY KEY, a TEXT) STRICT",
        1,
        "id = 1",
    ),
    (
        "id INTEGER PRIMARY KEY, a",
        "(1, x'00ff'), (2, 5)",
        "(id INTEGER PRIMARY KEY, a ANY) STRICT",
        0,
        "",
    ),
    ("id TEXT PRIMARY KEY, a", "('a', 1), ('2', 1)", "(id INTEGER PRIMARY KEY, a)", 1, "id = a"),
    (
        "id INTEGER PRIMARY KEY, a TEXT",
        "(1, 'Ann'), (2, 'ann')",
        "(id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE UNIQUE)",
        1,
        "COLLATE NOCASE",
    ),
    (
        "id INTEGER PRIMARY KEY, a TEXT",
        "(1, 'Ann'), (2, 'ann')",
        "(id INTEGER PRIMARY KEY, a TEXT UNIQUE)",
        0,
        "",
    ),
    (
        "id TEXT PRIMARY KEY, a",
        "(NULL, 1), ('x', 3)",
        "(id TEXT PRIMARY KEY, a) WITHOUT ROWID",
        1,
        "NULL in id",
    ),
    ("id TEXT PRIMARY KEY, a", "(NULL, 1), ('x', 3)", "(id TEXT PRIMARY KEY, a)", 0, ""),
];

/// The same for statements on the table itself.
const STATEMENTS: &[(&str, &str, &str, u64, &str)] = &[
    (
        "id INTEGER PRIMARY KEY, b",
        "(1, -1)",
        "ALTER TABLE t ADD a TEXT CHECK (b > 0)",
        1,
        "violates CHECK",
    ),
    ("id INTEGER PRIMARY KEY, b", "(1, 1)", "ALTER TABLE t ADD a TEXT CHECK (b > 0)", 0, ""),
    (
        "id INTEGER PRIMARY KEY, b",
        "(1, 1)",
        "ALTER TABLE t ADD a TEXT DEFAULT CURRENT_TIMESTAMP",
        1,
        "only while there is none",
    ),
    (
        "id INTEGER PRIMARY KEY, b",
        "(1, 1)",
        "ALTER TABLE t ADD a TEXT DEFAULT 'now (or then)'",
        0,
        "",
    ),
    ("id INTEGER PRIMARY KEY, b", "(1, 1)", "CREATE TABLE m AS SELECT b FROM t", 0, ""),
    (
        "id INTEGER PRIMARY KEY, b",
        "(1, 1), (2, 2)",
        "ALTER TABLE t ADD a INT AS (b + 1) STORED",
        2,
        "a, a STORED column, can be added only while there is none",
    ),
    ("id INTEGER PRIMARY KEY, b", "(1, 1)", "ALTER TABLE t ADD a INT AS (b + 1)", 0, ""),
    (
        "id INTEGER PRIMARY KEY, b",
        "(1, 1), (2, NULL)",
        "ALTER TABLE t ADD a INT NOT NULL AS (b + 1)",
        1,
        "1 row of t gives NULL for the new column a",
    ),
    ("id INTEGER PRIMARY KEY, b", "(1, 1)", "ALTER TABLE t ADD a INT NOT NULL AS (b + 1)", 0, ""),
];

#[tokio::test]
async fn values_that_a_new_table_refuses_are_found_with_their_number() {
    let db = fresh().await;
    migrator(&[("tables", "SELECT 1", "")]).run_pending(&db.pool).await.unwrap();
    let rebuild = |new: &str| {
        format!(
            "CREATE TABLE n {new}; INSERT INTO n SELECT * FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t"
        )
    };
    let rebuilds =
        REBUILDS.iter().map(|(c, rows, new, n, words)| (*c, *rows, rebuild(new), *n, *words));
    let others =
        STATEMENTS.iter().map(|(c, rows, up, n, words)| (*c, *rows, (*up).to_owned(), *n, *words));
    for (columns, rows, up, count, words) in rebuilds.chain(others) {
        db.execute(&format!(
            "DROP TABLE IF EXISTS t; CREATE TABLE t ({columns}); INSERT INTO t VALUES {rows}"
        ))
        .await;
        let migrator = migrator(&[("tables", "SELECT 1", ""), ("pending", &up, "")]);
        let preflight = migrator.preflight(&db.pool, &PreflightOptions::new()).await.unwrap();
        let said: Vec<_> = preflight
            .about(Subject::Rows)
            .filter(|answer| answer.state != AnswerState::Ok)
            .collect();
        let is_right = match said.as_slice() {
            [] => count == 0,
            [only] => {
                only.state == AnswerState::Stop
                    && only.count == Some(count)
                    && only.to_string().contains(words)
            }
            _ => false,
        };
        assert!(is_right, "{rows}: {up}: {preflight}");
        // The server says the same.
        let mut connection = Connection::connect(&db.url).await.unwrap();
        let up_alone = sqlx::AssertSqlSafe(format!("BEGIN; {up}"));
        let run = sqlx::raw_sql(up_alone).execute(&mut connection).await;
        connection.close().await.unwrap();
        assert_eq!(run.is_err(), count > 0, "{up}: {run:?}");
    }
}
