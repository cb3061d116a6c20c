//! How tables are divided into partitions, from one way to another and back: many tables in one database, each with its rows.

use ambix::{Error, Migration, Migrations, Migrator, draft::DraftOptions, schema::Schema};

use crate::setup::fresh;

/// What is behind the columns before and after, what the up side says without comments, and how many of the three rows (1, 15 and
/// 25) stay.
const CASES: &[(&str, &str, &[&str], u8)] = &[
    (
        "",
        "PARTITION BY RANGE (n) (PARTITION `p 1` VALUES LESS THAN (10) COMMENT 'it''s, (', PARTITION p2 VALUES LESS THAN MAXVALUE)",
        &[
            "ALTER TABLE t PARTITION BY RANGE (`n`) ( PARTITION `p 1` VALUES LESS THAN (10) COMMENT = 'it''s, (', PARTITION p2 VALUES LESS THAN MAXVALUE )",
        ],
        3,
    ),
    (
        "",
        "PARTITION BY HASH (n) PARTITIONS 2",
        &["ALTER TABLE t PARTITION BY HASH (`n`) PARTITIONS 2"],
        3,
    ),
    ("PARTITION BY HASH (n) PARTITIONS 3", "", &["ALTER TABLE t REMOVE PARTITIONING"], 3),
    (
        "PARTITION BY HASH (n) PARTITIONS 3",
        "PARTITION BY HASH (n) PARTITIONS 5",
        &["ALTER TABLE t ADD PARTITION PARTITIONS 2"],
        3,
    ),
    (
        "PARTITION BY LINEAR HASH (n) PARTITIONS 3",
        "PARTITION BY LINEAR KEY (n) (PARTITION one, PARTITION two)",
        &["ALTER TABLE t PARTITION BY LINEAR KEY (`n`) ( PARTITION one, PARTITION two )"],
        3,
    ),
    (
        "PARTITION BY RANGE (n) (PARTITION p1 VALUES LESS THAN (10), PARTITION p2 VALUES LESS THAN (20), PARTITION p3 VALUES LESS THAN (30))",
        "PARTITION BY RANGE (n) (PARTITION p2 VALUES LESS THAN (20), PARTITION p3 VALUES LESS THAN (30), PARTITION p4 VALUES LESS THAN (40))",
        &[
            "ALTER TABLE t REORGANIZE PARTITION p1, p2 INTO ( PARTITION p2 VALUES LESS THAN (20) )",
            "ALTER TABLE t ADD PARTITION ( PARTITION p4 VALUES LESS THAN (40) )",
        ],
        3,
    ),
    (
        "PARTITION BY RANGE (n) (PARTITION p1 VALUES LESS THAN (20), PARTITION p2 VALUES LESS THAN (30))",
        "PARTITION BY RANGE (n) (PARTITION p1 VALUES LESS THAN (20))",
        &["ALTER TABLE t DROP PARTITION p2"],
        2,
    ),
    (
        "PARTITION BY RANGE (n) (PARTITION p1 VALUES LESS THAN (10), PARTITION pmax VALUES LESS THAN MAXVALUE)",
        "PARTITION BY RANGE (n) (PARTITION p1 VALUES LESS THAN (10), PARTITION p2 VALUES LESS THAN (20), PARTITION pmax VALUES LESS THAN MAXVALUE)",
        &[
            "ALTER TABLE t REORGANIZE PARTITION pmax INTO ( PARTITION p2 VALUES LESS THAN (20), PARTITION pmax VALUES LESS THAN MAXVALUE )",
        ],
        3,
    ),
    (
        "PARTITION BY LIST (n) (PARTITION a VALUES IN (1, 2), PARTITION b VALUES IN (15, 25))",
        "PARTITION BY LIST (n) (PARTITION a VALUES IN (1, 2, NULL), PARTITION b VALUES IN (15, 25), PARTITION c VALUES IN (3))",
        &[
            "ALTER TABLE t REORGANIZE PARTITION a, b INTO ( PARTITION a VALUES IN (NULL,1,2), PARTITION b VALUES IN (15,25) )",
            "ALTER TABLE t ADD PARTITION ( PARTITION c VALUES IN (3) )",
        ],
        3,
    ),
    (
        "PARTITION BY RANGE COLUMNS (n, s) (PARTITION p1 VALUES LESS THAN (10, 'a'), PARTITION p2 VALUES LESS THAN (MAXVALUE, MAXVALUE))",
        "PARTITION BY RANGE (n) SUBPARTITION BY HASH (m) SUBPARTITIONS 2 (PARTITION p1 VALUES LESS THAN (10), PARTITION p2 VALUES LESS THAN MAXVALUE)",
        &[
            "ALTER TABLE t PARTITION BY RANGE (`n`) SUBPARTITION BY HASH (`m`) SUBPARTITIONS 2 ( PARTITION p1 VALUES LESS THAN (10), PARTITION p2 VALUES LESS THAN MAXVALUE )",
        ],
        3,
    ),
    (
        "PARTITION BY LIST COLUMNS (s) (PARTITION a VALUES IN ('x', 'it''s'), PARTITION b VALUES IN ('z'))",
        "PARTITION BY RANGE (n) SUBPARTITION BY KEY (m) (PARTITION p1 VALUES LESS THAN MAXVALUE (SUBPARTITION left_one, SUBPARTITION `right one`))",
        &[
            "ALTER TABLE t PARTITION BY RANGE (`n`) SUBPARTITION BY KEY (`m`) ( PARTITION p1 VALUES LESS THAN MAXVALUE (SUBPARTITION left_one, SUBPARTITION `right one`) )",
        ],
        3,
    ),
];

fn script(of: impl Fn(&(&str, &str, &[&str], u8)) -> String) -> String {
    let table = |(at, case): (usize, &(&str, &str, &[&str], u8))| {
        format!(
            "CREATE TABLE t{at} (n int NOT NULL, m int NOT NULL, s varchar(9) NOT NULL) {};",
            of(case)
        )
    };
    // A key and a column that go together with the division.
    let key = match of(&("1", "2", &[], 0)).as_str() {
        "1" => "CREATE TABLE k (id int PRIMARY KEY, gone int);",
        _ => {
            "CREATE TABLE k (id int, day date NOT NULL DEFAULT '2025-01-01', PRIMARY KEY (id, day)) PARTITION BY RANGE (year(day)) (PARTITION p VALUES LESS THAN (2030));"
        }
    };
    CASES.iter().enumerate().map(table).collect::<String>() + key
}

fn migrator(migrations: &[Migration]) -> Migrator {
    let migrations = Migrations::new(migrations.iter().cloned()).unwrap();
    Migrator::from_migrations(migrations).unwrap()
}

/// The statements about a table, each on one line.
fn about(side: &str, table: &str) -> Vec<String> {
    let lines: Vec<&str> = side.lines().filter(|line| !line.starts_with("--")).collect();
    let all: Vec<String> = lines
        .join(" ")
        .split(';')
        .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let start = format!("ALTER TABLE {table} ");
    all.iter()
        .filter_map(|text| text.strip_prefix(&start))
        .map(|rest| format!("ALTER TABLE t {rest}"))
        .collect()
}

#[tokio::test]
async fn tables_are_divided_otherwise_and_back() {
    let (old, new) = (script(|case| case.0.to_owned()), script(|case| case.1.to_owned()));
    let db = fresh().await;
    let first = Migration::new("r1", "old").up(&old);
    let asked = migrator(std::slice::from_ref(&first)).schema_sql(&new);
    asked.run_pending(&db.pool).await.unwrap();
    for at in 0..CASES.len() {
        db.execute(&format!(
            "INSERT INTO t{at} VALUES (1, 1, 'x'), (15, 1, 'it''s'), (25, 1, 'z')"
        ))
        .await;
    }
    db.execute("INSERT INTO k (id) VALUES (1)").await;
    let before = asked.inspect(&db.pool).await.unwrap();

    let error = asked.draft(&db.pool, DraftOptions::new()).await.unwrap_err();
    let Error::Destructive { .. } = &error else { panic!("{error}") };
    let draft = asked.draft(&db.pool, DraftOptions::new().allow_destructive(true)).await.unwrap();
    let lost: Vec<String> = draft.destructive.iter().map(ToString::to_string).collect();
    assert_eq!(lost.len(), 2, "{lost:?}");
    assert!(
        draft.is_proven && draft.up.contains("-- the rows in p1 stay, in the next partition"),
        "{}",
        draft.up
    );
    for (at, (_, _, statements, _)) in CASES.iter().enumerate() {
        assert_eq!(about(&draft.up, &format!("t{at}")), *statements, "{}", draft.up);
    }
    assert_eq!(about(&draft.up, "k").len(), 1, "{}", draft.up);

    let second = Migration::new("r2", "new").up(&draft.up).down(&draft.down);
    let both = migrator(&[first, second]).schema_sql(&new);
    both.run_pending(&db.pool).await.unwrap_or_else(|error| panic!("{error}\n{}", draft.up));
    let left = both.check(&db.pool, DraftOptions::new()).await.unwrap();
    assert!(left.is_empty() && left.not_compared.is_empty(), "{left}");
    let count = async |stay: &dyn Fn(u8) -> u8| {
        for (at, (.., kept)) in CASES.iter().enumerate() {
            let rows = db.column(&format!("SELECT CAST(COUNT(*) AS CHAR) FROM t{at}")).await;
            assert_eq!(rows, [stay(*kept).to_string()], "t{at}");
        }
    };
    count(&|kept| kept).await;
    both.downgrade(&db.pool, "-1").await.unwrap_or_else(|error| panic!("{error}\n{}", draft.down));
    assert_eq!(ambix::draft::difference(&both.inspect(&db.pool).await.unwrap(), &before), []);
    count(&|kept| kept).await;
}

/// Models say nothing of partitions, and leave them as they are.
#[tokio::test]
async fn models_leave_partitions_alone() {
    let db = fresh().await;
    let first = Migration::new("r1", "old").up(
        "CREATE TABLE t (id int NOT NULL, PRIMARY KEY (id)) PARTITION BY RANGE (id) (PARTITION p VALUES LESS THAN (10))",
    );
    let migrator = migrator(&[first]);
    migrator.run_pending(&db.pool).await.unwrap();
    let inspected = migrator.inspect(&db.pool).await.unwrap();
    let mut models = Schema::new();
    for mut table in inspected.tables {
        table.options.clear();
        models = models.table(table);
    }
    let draft = migrator.models(models).check(&db.pool, DraftOptions::new()).await.unwrap();
    assert!(draft.is_empty(), "{draft}");
}
