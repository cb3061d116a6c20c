//! Partitions: the rows that do not belong where a statement puts them are found before, and the server agrees.

use ambix::preflight::{AnswerState, PreflightOptions, Subject};

use crate::{setup::fresh, support::migrator};

/// What there is, what is pending, and what is said of rows: how many are in the way, or why that is not known.
enum Said {
    Rows(u64, &'static str),
    Unknown(&'static str),
    Nothing,
}
use Said::{Nothing, Rows, Unknown};

const CASES: &[(&str, &str, Said)] = &[
    // A range.
    (
        "CREATE TABLE p (id int, a int) PARTITION BY RANGE (a); CREATE TABLE t (id int, a int); INSERT INTO t VALUES (1, 0), (2, 8), (3, 9), (4, NULL), (5, -1)",
        "ALTER TABLE p ATTACH PARTITION t FOR VALUES FROM (0) TO (9)",
        Rows(3, "do not belong to the partition FOR VALUES FROM (0) TO (9)"),
    ),
    (
        "CREATE TABLE p (id int, a int) PARTITION BY RANGE (a); CREATE TABLE t (id int, a int); INSERT INTO t VALUES (1, 0), (2, 8)",
        "ALTER TABLE p ATTACH PARTITION t FOR VALUES FROM (0) TO (9)",
        Nothing,
    ),
    (
        "CREATE TABLE p (a date) PARTITION BY RANGE (a); CREATE TABLE t (a date PRIMARY KEY); INSERT INTO t VALUES ('2019-12-31'), ('2020-01-01'), ('2020-12-31')",
        "ALTER TABLE p ATTACH PARTITION t FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')",
        Rows(1, "a = 2019-12-31"),
    ),
    (
        "CREATE TABLE p (a timestamptz) PARTITION BY RANGE (a); CREATE TABLE t (a timestamptz); INSERT INTO t VALUES ('2020-06-01')",
        "ALTER TABLE p ATTACH PARTITION t FOR VALUES FROM (MINVALUE) TO ('2020-06-01')",
        Rows(1, "does not belong"),
    ),
    (
        "CREATE TABLE p (a text) PARTITION BY RANGE (a); CREATE TABLE t (a text); INSERT INTO t VALUES ('m'), ('z')",
        "ALTER TABLE p ATTACH PARTITION t FOR VALUES FROM ('m') TO (MAXVALUE)",
        Nothing,
    ),
    (
        "CREATE TABLE p (a int) PARTITION BY RANGE (a); CREATE TABLE t (a int); INSERT INTO t VALUES (NULL)",
        "ALTER TABLE p ATTACH PARTITION t FOR VALUES FROM (MINVALUE) TO (MAXVALUE)",
        Rows(1, "does not belong"),
    ),
    // Of several columns.
    (
        "CREATE TABLE p (a int, b int) PARTITION BY RANGE (a, b); CREATE TABLE t (a int, b int); INSERT INTO t VALUES (1, 4), (1, 5), (1, 100), (2, 0), (2, 6), (2, 7), (3, 0)",
        "ALTER TABLE p ATTACH PARTITION t FOR VALUES FROM (1, 5) TO (2, 7)",
        Rows(3, "do not belong"),
    ),
    (
        "CREATE TABLE p (a int, b int) PARTITION BY RANGE (a, b); CREATE TABLE t (a int, b int); INSERT INTO t VALUES (1, -5), (1, 5), (2, 7), (3, 0), (1, NULL)",
        "ALTER TABLE p ATTACH PARTITION t FOR VALUES FROM (1, MINVALUE) TO (2, MAXVALUE)",
        Rows(2, "do not belong"),
    ),
    (
        "CREATE TABLE p (a int, b int) PARTITION BY RANGE (a, b); CREATE TABLE t (a int, b int); INSERT INTO t VALUES (1, 5), (2, 7)",
        "ALTER TABLE p ATTACH PARTITION t FOR VALUES FROM (1, MAXVALUE) TO (2, MINVALUE)",
        Rows(2, "do not belong"),
    ),
    // Names that need quotes, another schema, and an expression.
    (
        "CREATE SCHEMA s; CREATE TABLE s.\"P\" (\"A b\" int) PARTITION BY RANGE (\"A b\"); CREATE TABLE s.\"T\" (\"A b\" int); INSERT INTO s.\"T\" VALUES (1), (20)",
        "ALTER TABLE s.\"P\" ATTACH PARTITION s.\"T\" FOR VALUES FROM (0) TO (9)",
        Rows(1, "\"T\" does not belong"),
    ),
    (
        "CREATE TABLE p (a text) PARTITION BY RANGE (length(a)); CREATE TABLE t (a text); INSERT INTO t VALUES ('ab'), ('abcd'), ('')",
        "ALTER TABLE p ATTACH PARTITION t FOR VALUES FROM (1) TO (4)",
        Rows(2, "do not belong"),
    ),
    // A list.
    (
        "CREATE TABLE p (a text) PARTITION BY LIST (a); CREATE TABLE t (a text); INSERT INTO t VALUES ('x'), ('y'), (NULL), ('z,')",
        "ALTER TABLE p ATTACH PARTITION t FOR VALUES IN ('x', 'z,')",
        Rows(2, "do not belong"),
    ),
    (
        "CREATE TABLE p (a text) PARTITION BY LIST (a); CREATE TABLE t (a text); INSERT INTO t VALUES ('x'), (NULL)",
        "ALTER TABLE p ATTACH PARTITION t FOR VALUES IN ('x', NULL)",
        Nothing,
    ),
    (
        "CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE TABLE p (a mood) PARTITION BY LIST (a); CREATE TABLE t (a mood); INSERT INTO t VALUES ('sad')",
        "ALTER TABLE p ATTACH PARTITION t FOR VALUES IN ('happy')",
        Rows(1, "does not belong"),
    ),
    // A hash.
    (
        "CREATE TABLE p (a int, b text) PARTITION BY HASH (a, b); CREATE TABLE t (a int, b text); INSERT INTO t SELECT n, 'x' FROM generate_series(1, 9) n; DELETE FROM t WHERE satisfies_hash_partition('p'::regclass, 4, 1, a, b) AND a > 0",
        "ALTER TABLE p ATTACH PARTITION t FOR VALUES WITH (MODULUS 4, REMAINDER 1)",
        Rows(8, "do not belong"),
    ),
    (
        "CREATE TABLE p (a int) PARTITION BY HASH (a); CREATE TABLE t (a int); INSERT INTO t SELECT n FROM generate_series(1, 9) n; DELETE FROM t WHERE NOT satisfies_hash_partition('p'::regclass, 4, 1, a)",
        "ALTER TABLE p ATTACH PARTITION t FOR VALUES WITH (MODULUS 4, REMAINDER 1)",
        Nothing,
    ),
    // The default partition.
    (
        "CREATE TABLE p (a int) PARTITION BY RANGE (a); CREATE TABLE one PARTITION OF p FOR VALUES FROM (0) TO (10); CREATE TABLE two PARTITION OF p FOR VALUES FROM (10) TO (20);
         CREATE TABLE t (a int); INSERT INTO t VALUES (5), (15), (25), (NULL)",
        "ALTER TABLE p ATTACH PARTITION t DEFAULT",
        Rows(2, "do not belong to the partition DEFAULT"),
    ),
    (
        "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE t (a int); INSERT INTO t VALUES (5), (NULL)",
        "ALTER TABLE p ATTACH PARTITION t DEFAULT",
        Nothing,
    ),
    (
        "CREATE TABLE p (a int) PARTITION BY RANGE (a); CREATE TABLE rest PARTITION OF p DEFAULT; INSERT INTO p VALUES (5), (15), (16), (NULL)",
        "CREATE TABLE new PARTITION OF p FOR VALUES FROM (10) TO (20)",
        Rows(2, "of the default partition public.rest belong to the new one FOR VALUES FROM (10) TO (20)"),
    ),
    (
        "CREATE TABLE p (a int) PARTITION BY RANGE (a); CREATE TABLE rest PARTITION OF p DEFAULT; INSERT INTO p VALUES (5), (NULL)",
        "CREATE TABLE new PARTITION OF p (CHECK (a > 0)) FOR VALUES FROM (10) TO (20)",
        Nothing,
    ),
    (
        "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE rest PARTITION OF p DEFAULT; INSERT INTO p VALUES (NULL); CREATE TABLE t (a int); INSERT INTO t VALUES (1)",
        "ALTER TABLE p ATTACH PARTITION t FOR VALUES IN (1, NULL)",
        Rows(1, "of the default partition"),
    ),
    (
        "CREATE TABLE p (a int) PARTITION BY RANGE (a); CREATE TABLE one PARTITION OF p FOR VALUES FROM (0) TO (10); INSERT INTO p VALUES (5)",
        "CREATE TABLE new PARTITION OF p FOR VALUES FROM (10) TO (20)",
        Nothing,
    ),
    (
        "CREATE TABLE p (a int) PARTITION BY RANGE (a); CREATE TABLE one PARTITION OF p FOR VALUES FROM (0) TO (10); INSERT INTO p VALUES (5)",
        "CREATE TABLE new PARTITION OF p DEFAULT",
        Nothing,
    ),
    (
        "CREATE TABLE p (a int) PARTITION BY RANGE (a); CREATE TABLE rest PARTITION OF p DEFAULT; INSERT INTO p VALUES (15); CREATE TABLE t (a int); CREATE INDEX t_a ON t (a)",
        "DROP INDEX t_a; CREATE TABLE new PARTITION OF p FOR VALUES FROM (10) TO (20)",
        Rows(1, "of the default partition"),
    ),
    // Partitions that overlap.
    (
        "CREATE TABLE p (a int) PARTITION BY RANGE (a); CREATE TABLE one PARTITION OF p FOR VALUES FROM (0) TO (10); CREATE TABLE new PARTITION OF p FOR VALUES FROM (20) TO (30)",
        "CREATE TABLE n2 PARTITION OF p FOR VALUES FROM (9) TO (20)",
        Rows(1, "1 partition of p overlaps FOR VALUES FROM (9) TO (20): partition = public.one"),
    ),
    (
        "CREATE TABLE p (a date) PARTITION BY RANGE (a); CREATE TABLE one PARTITION OF p FOR VALUES FROM ('2020-02-01') TO ('2020-03-01'); CREATE TABLE new PARTITION OF p FOR VALUES FROM (MINVALUE) TO ('2020-01-01')",
        "CREATE TABLE n2 PARTITION OF p FOR VALUES FROM ('2019-06-01') TO (MAXVALUE)",
        Rows(2, "2 partitions of p overlap"),
    ),
    (
        "CREATE TABLE p (a date) PARTITION BY RANGE (a); CREATE TABLE one PARTITION OF p FOR VALUES FROM ('2020-02-01') TO ('2020-03-01'); CREATE TABLE new PARTITION OF p FOR VALUES FROM (MINVALUE) TO ('2020-01-01')",
        "CREATE TABLE n2 PARTITION OF p FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')",
        Nothing,
    ),
    (
        "CREATE TABLE p (a int, b int) PARTITION BY RANGE (a, b); CREATE TABLE one PARTITION OF p FOR VALUES FROM (1, 5) TO (1, 9)",
        "CREATE TABLE n2 PARTITION OF p FOR VALUES FROM (1, 1) TO (1, 6)",
        Rows(1, "overlaps"),
    ),
    (
        "CREATE TABLE p (a int, b int) PARTITION BY RANGE (a, b); CREATE TABLE one PARTITION OF p FOR VALUES FROM (1, 5) TO (1, 9)",
        "CREATE TABLE n2 PARTITION OF p FOR VALUES FROM (1, MINVALUE) TO (1, 5)",
        Unknown("whether FOR VALUES FROM (1, MINVALUE) TO (1, 5) and the partition public.one overlap"),
    ),
    (
        "CREATE TABLE p (a text) PARTITION BY LIST (a); CREATE TABLE one PARTITION OF p FOR VALUES IN ('a', NULL); CREATE TABLE new PARTITION OF p FOR VALUES IN ('b')",
        "CREATE TABLE n2 PARTITION OF p FOR VALUES IN ('c', NULL)",
        Rows(1, "partition = public.one"),
    ),
    (
        "CREATE TABLE p (a text) PARTITION BY LIST (lower(a)); CREATE TABLE one PARTITION OF p FOR VALUES IN ('a', 'b')",
        "CREATE TABLE n2 PARTITION OF p FOR VALUES IN ('b')",
        Rows(1, "partition = public.one"),
    ),
    (
        "CREATE TABLE p (a text) PARTITION BY LIST (a); CREATE TABLE one PARTITION OF p FOR VALUES IN ('a')",
        "CREATE TABLE n2 PARTITION OF p FOR VALUES IN ('A', NULL)",
        Nothing,
    ),
    (
        "CREATE TABLE p (a int) PARTITION BY HASH (a); CREATE TABLE one PARTITION OF p FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
        "CREATE TABLE n2 PARTITION OF p FOR VALUES WITH (MODULUS 4, REMAINDER 3)",
        Rows(1, "overlaps"),
    ),
    (
        "CREATE TABLE p (a int) PARTITION BY HASH (a); CREATE TABLE one PARTITION OF p FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
        "CREATE TABLE n2 PARTITION OF p FOR VALUES WITH (MODULUS 4, REMAINDER 2)",
        Nothing,
    ),
    (
        "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE rest PARTITION OF p DEFAULT",
        "CREATE TABLE n2 PARTITION OF p DEFAULT",
        Rows(1, "partition = public.rest"),
    ),
    // What no comparison tells, and what the run changes before.
    (
        "CREATE TABLE p (a text) PARTITION BY RANGE (a COLLATE \"C\"); CREATE TABLE t (a text); INSERT INTO t VALUES ('A')",
        "ALTER TABLE p ATTACH PARTITION t FOR VALUES FROM ('a') TO ('b')",
        Unknown("no query of ambix finds the rows of t that are not FOR VALUES FROM ('a') TO ('b')"),
    ),
    (
        "CREATE TABLE t (a int); INSERT INTO t VALUES (1)",
        "CREATE TABLE p (a int) PARTITION BY RANGE (a); ALTER TABLE p ATTACH PARTITION t FOR VALUES FROM (10) TO (20)",
        Unknown("the run creates p"),
    ),
    (
        "CREATE TABLE p (a int) PARTITION BY RANGE (a); CREATE TABLE t (a int); INSERT INTO t VALUES (1)",
        "CREATE TABLE one PARTITION OF p FOR VALUES FROM (0) TO (10); ALTER TABLE p ATTACH PARTITION t DEFAULT",
        Unknown("changes the partitions of p before"),
    ),
    (
        "CREATE TABLE p (a int) PARTITION BY RANGE (a); CREATE TABLE rest PARTITION OF p DEFAULT; INSERT INTO p VALUES (15)",
        "ALTER TABLE p DETACH PARTITION rest; CREATE TABLE new PARTITION OF p FOR VALUES FROM (10) TO (20)",
        Unknown("changes the partitions of p before"),
    ),
];

#[tokio::test]
async fn rows_that_do_not_belong_to_a_partition_are_found() {
    let db = fresh().await;
    migrator(&[("tables", "SELECT 1", "")]).run_pending(&db.pool).await.unwrap();
    for (setup, up, said) in CASES {
        db.execute(
            "DROP TABLE IF EXISTS p, t, rest, new, n2, one; DROP SCHEMA IF EXISTS s CASCADE; DROP TYPE IF EXISTS mood",
        )
        .await;
        db.execute(setup).await;
        let preflight = migrator(&[("tables", "SELECT 1", ""), ("pending", up, "")])
            .preflight(&db.pool, &PreflightOptions::new())
            .await
            .unwrap();
        let rows: Vec<_> = preflight
            .about(Subject::Rows)
            .filter(|answer| answer.state != AnswerState::Ok)
            .collect();
        let fails = sqlx::raw_sql(sqlx::AssertSqlSafe((*up).to_owned())).execute(&db.pool).await;
        match said {
            Rows(count, words) => {
                assert_eq!(rows.len(), 1, "{up}: {preflight}");
                assert_eq!(
                    (rows[0].state, rows[0].count),
                    (AnswerState::Stop, Some(*count)),
                    "{up}: {preflight}"
                );
                assert!(rows[0].to_string().contains(words), "{up}: {preflight}");
                let error = fails.expect_err(up).to_string();
                let reasons = [
                    "violated by some row",
                    "would overlap partition",
                    "conflicts with existing default",
                ];
                assert!(reasons.iter().any(|reason| error.contains(reason)), "{up}: {error}");
            }
            Nothing => {
                assert!(rows.is_empty(), "{up}: {preflight}");
                fails.unwrap();
            }
            Unknown(words) => {
                assert_eq!(rows.len(), 1, "{up}: {preflight}");
                assert!(
                    rows[0].is_unknown && rows[0].to_string().contains(words),
                    "{up}: {preflight}"
                );
            }
        }
    }
}

/// Rows that the run moves before may be no trouble any more.
#[tokio::test]
async fn rows_that_leave_the_default_partition_before_are_no_reason_to_stop() {
    let db = fresh().await;
    migrator(&[("tables", "SELECT 1", "")]).run_pending(&db.pool).await.unwrap();
    db.execute("CREATE TABLE p (a int) PARTITION BY RANGE (a); CREATE TABLE rest PARTITION OF p DEFAULT; INSERT INTO p VALUES (15)").await;
    let up = "DELETE FROM rest WHERE a >= 10 AND a < 20; CREATE TABLE new PARTITION OF p FOR VALUES FROM (10) TO (20)";
    let migrator = migrator(&[("tables", "SELECT 1", ""), ("pending", up, "")]);
    let preflight = migrator.preflight(&db.pool, &PreflightOptions::new()).await.unwrap();
    let rows: Vec<_> =
        preflight.about(Subject::Rows).filter(|a| a.state != AnswerState::Ok).collect();
    assert_eq!((rows.len(), rows[0].state), (1, AnswerState::Look), "{preflight}");
    assert!(
        rows[0].to_string().contains("changes rows of rest before, which may repair them"),
        "{preflight}"
    );
    migrator.run_pending(&db.pool).await.unwrap();
}
