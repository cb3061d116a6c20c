//! How changes are written: each from existing rows, up, down and up again, with nothing left to draft.
//!
//! The numbers are those of the recorded scenarios (MY-). Left out: those about how Alembic writes Python (MY-002 to 004), what its
//! functions refuse (MY-016; and MY-043 and MY-047, a constraint that is dropped without saying of which kind it is: a change has its
//! kind), IF EXISTS (MY-038: a draft drops what it has seen, and a statement that may have run before a crash is looked up, as
//! `unfinished.rs` shows), and names with a schema (MY-010, 031), which is a database of its own here.

use ambix::{
    Migration, Migrations, Migrator,
    draft::DraftOptions,
    schema::{Column, EnumType, Index, IndexPart, Schema, SqlType, Table, Type},
};

use crate::setup::{fresh, is_mariadb};

struct Case {
    number: &'static str,
    from: &'static str,
    rows: &'static str,
    to: &'static str,
    /// What the up side says, without its comments; the lines of one statement are joined.
    up: &'static [&'static str],
}

fn migrator(migrations: &[Migration], sql: &str) -> Migrator {
    let migrations = Migrations::new(migrations.iter().cloned()).unwrap();
    Migrator::from_migrations(migrations).unwrap().schema_sql(sql)
}

/// The statements of a side.
fn statements(side: &str) -> Vec<String> {
    let lines = side.lines().filter(|line| !line.starts_with("-- "));
    let text = lines.map(str::trim).collect::<Vec<_>>().join(" ");
    let all = text.split("; ").map(|one| one.trim().trim_end_matches(';').to_owned());
    all.filter(|one| !one.is_empty()).collect()
}

async fn run(case: &Case, options: impl Fn(DraftOptions) -> DraftOptions) -> Result<(), String> {
    let db = fresh().await;
    let first = Migration::new("r1", "from").up(case.from).down("SELECT 1");
    migrator(std::slice::from_ref(&first), case.from).run_pending(&db.pool).await.unwrap();
    if !case.rows.is_empty() {
        db.execute(case.rows).await;
    }
    let asked = options(DraftOptions::new().allow_destructive(true).findings(false));
    let draft = migrator(std::slice::from_ref(&first), case.to).draft(&db.pool, asked).await;
    let draft = draft.map_err(|error| format!("{error:#}"))?;
    let up = statements(&draft.up);
    // MySQL has checks of tables alone, and does not follow the names of columns.
    if up != case.up && is_mariadb().await {
        return Err(format!("expected {:#?}\nfound {up:#?}\n{}", case.up, draft.up));
    }
    let second = Migration::new("r2", "to").up(&draft.up).down(&draft.down);
    let both = [first.clone(), second];
    let check = || DraftOptions::new();
    for round in ["first", "second"] {
        let done = migrator(&both, case.to).run_pending(&db.pool).await;
        done.map_err(|error| format!("{round} up: {error}\n{}", draft.up))?;
        let left = migrator(&both, case.to).check(&db.pool, check()).await.unwrap();
        if !left.is_empty() {
            return Err(format!("after the {round} up there is left: {left}\n{}", draft.up));
        }
        let done = migrator(&both, case.to).downgrade(&db.pool, "-1").await;
        done.map_err(|error| format!("{round} down: {error}\n{}", draft.down))?;
        let left = migrator(std::slice::from_ref(&first), case.from)
            .check(&db.pool, check())
            .await
            .unwrap();
        if !left.is_empty() {
            return Err(format!("after the {round} down there is left: {left}\n{}", draft.down));
        }
    }
    Ok(())
}

async fn run_all(cases: &[Case]) {
    let mut problems = Vec::new();
    for case in cases {
        if let Err(problem) = run(case, |options| options).await {
            problems.push(format!("{}: {problem}", case.number));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

const fn case(
    number: &'static str,
    (from, rows): (&'static str, &'static str),
    to: &'static str,
    up: &'static [&'static str],
) -> Case {
    Case { number, from, rows, to, up }
}

#[tokio::test]
#[allow(clippy::too_many_lines)] // A table of cases.
async fn columns() {
    run_all(&[
        case(
            "checks that are parts of columns: each column is said once",
            (
                "CREATE TABLE t (a int CHECK (a > 0), b int CHECK (b > 0), c int CHECK (c > 0))",
                "INSERT INTO t VALUES (9, 9, 9)",
            ),
            "CREATE TABLE t (a int CHECK (a > 1), b bigint CHECK (b > 2), c int NOT NULL DEFAULT 4)",
            &["ALTER TABLE t MODIFY COLUMN c int NOT NULL DEFAULT 4, MODIFY COLUMN a int CHECK (`a` > 1), \
               MODIFY COLUMN b bigint CHECK (`b` > 2)"],
        ),
        case(
            "a column with a check comes, beside others whose checks change",
            (
                "CREATE TABLE t (a int CHECK (a > 0), CONSTRAINT c CHECK (a < 9))",
                "INSERT INTO t VALUES (5)",
            ),
            "CREATE TABLE t (a int CHECK (a > 1), b int CHECK (b > 2), CONSTRAINT c CHECK (a < 8))",
            &[
                "ALTER TABLE t DROP CONSTRAINT c, ADD COLUMN b int, MODIFY COLUMN a int CHECK (`a` > 1), MODIFY COLUMN b int CHECK (`b` > 2)",
                "ALTER TABLE t ADD CONSTRAINT c CHECK (`a` < 8)",
            ],
        ),
        case(
            "a primary key in memory",
            ("CREATE TABLE t (a int NOT NULL, PRIMARY KEY (a)) ENGINE = MEMORY", ""),
            "CREATE TABLE t (a int NOT NULL, PRIMARY KEY (a) USING BTREE) ENGINE = MEMORY",
            &["ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (a) USING BTREE"],
        ),
        case(
            "MY-005",
            ("CREATE TABLE t1 (foo int)", "INSERT INTO t1 VALUES (1), (2)"),
            "CREATE TABLE t1 (foo int, some_column int GENERATED ALWAYS AS (foo * 5))",
            &["ALTER TABLE t1 ADD COLUMN some_column int GENERATED ALWAYS AS (`foo` * 5) VIRTUAL"],
        ),
        case(
            "MY-007, MY-008",
            ("CREATE TABLE t (a int)", ""),
            "CREATE TABLE t (a int, q int COMMENT 'This is a ''comment''', r int COMMENT '')",
            &["ALTER TABLE t ADD COLUMN q int COMMENT 'This is a ''comment''', ADD COLUMN r int"],
        ),
        case(
            "MY-010, MY-013",
            ("CREATE TABLE t (c1 bool, c bool COMMENT 'x')", ""),
            "CREATE TABLE t (c1 bool COMMENT 'This is a ''column'' comment', c bool)",
            &["ALTER TABLE t MODIFY COLUMN c1 tinyint(1) COMMENT 'This is a ''column'' comment', MODIFY COLUMN c tinyint(1)"],
        ),
        case(
            "MY-011",
            ("CREATE TABLE t1 (c1 varchar(50) NOT NULL)", "INSERT INTO t1 VALUES ('ü')"),
            "CREATE TABLE t1 (c1 varchar(50) COLLATE utf8mb4_unicode_ci NOT NULL)",
            &["ALTER TABLE t1 MODIFY COLUMN c1 varchar(50) COLLATE utf8mb4_unicode_ci NOT NULL"],
        ),
        case(
            "MY-014, MY-019, MY-028",
            ("CREATE TABLE t (c int DEFAULT 5, d float, e int DEFAULT 5)", "INSERT INTO t VALUES (1, 2, 3)"),
            "CREATE TABLE t (c int, d float DEFAULT 0, e int NOT NULL DEFAULT 5)",
            &["ALTER TABLE t MODIFY COLUMN c int, MODIFY COLUMN d float DEFAULT 0, MODIFY COLUMN e int NOT NULL DEFAULT 5"],
        ),
        case(
            "MY-017, MY-055, MY-056, MY-058",
            ("CREATE TABLE t (c datetime, d timestamp NULL)", "INSERT INTO t VALUES (now(), now())"),
            "CREATE TABLE t (c datetime DEFAULT now(), d timestamp NULL DEFAULT current_timestamp)",
            &["ALTER TABLE t MODIFY COLUMN c datetime DEFAULT current_timestamp(), MODIFY COLUMN d timestamp NULL DEFAULT current_timestamp()"],
        ),
        case(
            "MY-059",
            ("CREATE TABLE t (d timestamp NULL)", ""),
            "CREATE TABLE t (d timestamp NULL DEFAULT current_timestamp ON UPDATE current_timestamp)",
            &["ALTER TABLE t MODIFY COLUMN d timestamp NULL DEFAULT current_timestamp() ON UPDATE current_timestamp()"],
        ),
        case(
            "MY-020, MY-022, MY-026, MY-029",
            ("CREATE TABLE t1 (c1 varchar(5), c2 int NOT NULL)", "INSERT INTO t1 VALUES ('7', 8)"),
            "CREATE TABLE t1 (c1 int NOT NULL DEFAULT 3, c2 int)",
            &["ALTER TABLE t1 MODIFY COLUMN c1 int NOT NULL DEFAULT 3, MODIFY COLUMN c2 int"],
        ),
        case(
            "MY-023",
            ("CREATE TABLE t1 (c1 int PRIMARY KEY)", "INSERT INTO t1 VALUES (3)"),
            "CREATE TABLE t1 (c1 int AUTO_INCREMENT PRIMARY KEY)",
            &["ALTER TABLE t1 MODIFY COLUMN c1 int NOT NULL AUTO_INCREMENT"],
        ),
        case(
            "MY-031, MY-044",
            ("CREATE TABLE a (x int); CREATE TABLE b (x int) COMMENT 'old'", ""),
            "CREATE TABLE a (x int) COMMENT 'a table'; CREATE TABLE b (x int)",
            &["ALTER TABLE a COMMENT = 'a table'", "ALTER TABLE b COMMENT = ''"],
        ),
        case(
            "MY-032",
            ("CREATE TABLE a (x int)", ""),
            "CREATE TABLE a (x int); CREATE TABLE t2 (c1 int AUTO_INCREMENT PRIMARY KEY COMMENT 'c1 comment') COMMENT 'a table'",
            &["CREATE TABLE t2 ( c1 int NOT NULL AUTO_INCREMENT COMMENT 'c1 comment', PRIMARY KEY (c1) ) COMMENT = 'a table'"],
        ),
        case(
            "a table's collation",
            ("CREATE TABLE t (a varchar(5), b varchar(5) COLLATE latin1_bin)", "INSERT INTO t VALUES ('a', 'b')"),
            "CREATE TABLE t (a varchar(5), b varchar(5) COLLATE latin1_bin) COLLATE utf8mb4_unicode_ci",
            &["ALTER TABLE t DEFAULT COLLATE = utf8mb4_unicode_ci, MODIFY COLUMN a varchar(5) COLLATE utf8mb4_unicode_ci"],
        ),
        case(
            "BAT-026, an engine and a format",
            ("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)"),
            "CREATE TABLE t (a int) ENGINE = MyISAM ROW_FORMAT = FIXED",
            &["ALTER TABLE t ENGINE = MyISAM, ROW_FORMAT = FIXED"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn constraints() {
    run_all(&[
        case(
            "MY-034, MY-035, MY-037",
            ("CREATE TABLE `MyTable` (a int, CONSTRAINT `MyCheck` CHECK (a > 0))", "INSERT INTO `MyTable` VALUES (1)"),
            "CREATE TABLE `MyTable` (a int)",
            &["ALTER TABLE `MyTable` DROP CONSTRAINT `MyCheck`"],
        ),
        case(
            "MY-040, MY-041",
            ("CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t1 (x int, CONSTRAINT f1 FOREIGN KEY (x) REFERENCES p (id))",
             "INSERT INTO p VALUES (1); INSERT INTO t1 VALUES (1)"),
            "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t1 (x int)",
            &["ALTER TABLE t1 DROP FOREIGN KEY f1, DROP INDEX f1"],
        ),
        case(
            "MY-046",
            ("CREATE TABLE `MyTable` (a int, UNIQUE KEY `MyUnique` (a))", ""),
            "CREATE TABLE `MyTable` (a int)",
            &["ALTER TABLE `MyTable` DROP INDEX `MyUnique`"],
        ),
        case(
            "a check of a column",
            ("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)"),
            "CREATE TABLE t (a int CHECK (a > 0))",
            &["ALTER TABLE t MODIFY COLUMN a int CHECK (`a` > 0)"],
        ),
        case(
            "a column with a check of its own",
            ("CREATE TABLE t (a int CHECK (a > 0))", "INSERT INTO t VALUES (1)"),
            "CREATE TABLE t (a bigint CHECK (a > 0))",
            &["ALTER TABLE t MODIFY COLUMN a bigint CHECK (`a` > 0)"],
        ),
        case(
            "another key where a column numbers itself",
            ("CREATE TABLE a (x int); CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, n int NOT NULL)",
             "INSERT INTO t (n) VALUES (5), (6)"),
            "CREATE TABLE a (x int, y int); CREATE TABLE t (id int AUTO_INCREMENT, n int NOT NULL, PRIMARY KEY (n), KEY by_id (id))",
            &["ALTER TABLE t ADD INDEX by_id (id), DROP PRIMARY KEY, ADD PRIMARY KEY (n)", "ALTER TABLE a ADD COLUMN y int"],
        ),
        case(
            "a key that numbers itself comes",
            ("CREATE TABLE t (n int NOT NULL)", "INSERT INTO t VALUES (5), (6)"),
            "CREATE TABLE t (n int NOT NULL, id int AUTO_INCREMENT PRIMARY KEY)",
            &["ALTER TABLE t ADD COLUMN id int NOT NULL AUTO_INCREMENT, ADD PRIMARY KEY (id)"],
        ),
        case(
            "an index that only its comment changes",
            ("CREATE TABLE t (a int, KEY i (a) COMMENT 'old')", ""),
            "CREATE TABLE t (a int, KEY i (a) COMMENT 'new')",
            &["ALTER TABLE t DROP INDEX i, ADD INDEX i (a) COMMENT 'new'"],
        ),
        case(
            "an index of the same name",
            ("CREATE TABLE t (a int, b int, KEY i (a))", ""),
            "CREATE TABLE t (a int, b int, KEY i (b))",
            &["ALTER TABLE t DROP INDEX i", "ALTER TABLE t ADD INDEX i (b)"],
        ),
    ])
    .await;
}

const KEY: &str = "CREATE TABLE p (id int PRIMARY KEY); ";

#[tokio::test]
async fn foreign_keys_and_their_indexes() {
    let rows = "INSERT INTO p VALUES (1), (2); INSERT INTO t (x, y) VALUES (1, 2)";
    let table = |keys: &str| -> &'static str {
        format!("{KEY}CREATE TABLE t (x int, y int, CONSTRAINT f FOREIGN KEY (x) REFERENCES p (id){keys})").leak()
    };
    run_all(&[
        case("an index that serves takes the place of the key's own", (table(""), rows), table(", KEY wide (x, y)"),
            &["ALTER TABLE t DROP FOREIGN KEY f, DROP INDEX f, ADD INDEX wide (x, y)",
              "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (x) REFERENCES p (id)"]),
        case("the index that serves goes", (table(", KEY wide (x, y)"), rows), table(""),
            &["ALTER TABLE t DROP FOREIGN KEY f, DROP INDEX wide, ADD INDEX f (x)",
              "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (x) REFERENCES p (id)"]),
        case("the key's own index stays beside one that serves", (table(""), rows), table(", KEY f (x), KEY wide (x, y)"),
            &["ALTER TABLE t ADD INDEX wide (x, y), DROP INDEX f, ADD INDEX f (x)"]),
        case("a unique that serves", (table(""), rows), table(", UNIQUE KEY u (x)"),
            &["ALTER TABLE t DROP FOREIGN KEY f, DROP INDEX f, ADD UNIQUE INDEX u (x)",
              "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (x) REFERENCES p (id)"]),
        case("types on both sides", (table(""), rows),
            "CREATE TABLE p (id bigint PRIMARY KEY); CREATE TABLE t (x bigint, y int, CONSTRAINT f FOREIGN KEY (x) REFERENCES p (id))",
            &["ALTER TABLE t DROP FOREIGN KEY f", "ALTER TABLE p MODIFY COLUMN id bigint NOT NULL",
              "ALTER TABLE t MODIFY COLUMN x bigint", "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (x) REFERENCES p (id)"]),
        case("another action", (table(""), rows),
            "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (x int, y int, CONSTRAINT f FOREIGN KEY (x) REFERENCES p (id) ON DELETE CASCADE)",
            &["ALTER TABLE t DROP FOREIGN KEY f",
              "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (x) REFERENCES p (id) ON DELETE CASCADE"]),
    ])
    .await;
    // Two words for one thing.
    let db = fresh().await;
    db.execute(table(" ON DELETE RESTRICT ON UPDATE NO ACTION")).await;
    let draft = migrator(&[], table("")).check(&db.pool, DraftOptions::new()).await.unwrap();
    assert!(draft.is_empty(), "{draft}");
}

#[tokio::test]
async fn enums() {
    // MY-061. The order is no difference there; here a value is stored as its place.
    let rows = "INSERT INTO t (x) VALUES ('A'), ('B')";
    run_all(&[
        case(
            "MY-061, one more",
            ("CREATE TABLE t (x enum('A','B','C'))", rows),
            "CREATE TABLE t (x enum('A','B','C','D'))",
            &["ALTER TABLE t MODIFY COLUMN x enum('A','B','C','D')"],
        ),
        case(
            "MY-061, one less",
            ("CREATE TABLE t (x enum('A','B','C','D'))", rows),
            "CREATE TABLE t (x enum('A','B','C'))",
            &["ALTER TABLE t MODIFY COLUMN x enum('A','B','C')"],
        ),
        case(
            "MY-061, another order",
            ("CREATE TABLE t (x enum('A','B','C'))", rows),
            "CREATE TABLE t (x enum('C','B','A'))",
            &["ALTER TABLE t MODIFY COLUMN x enum('C','B','A')"],
        ),
        case(
            "MY-061, the same",
            ("CREATE TABLE t (x enum('A','B'), y int)", rows),
            "CREATE TABLE t (x enum('A', 'B'))",
            &["ALTER TABLE t DROP COLUMN y"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn renames_and_fillings() {
    let renamed = case(
        "MY-049, MY-050, MY-052",
        (
            "CREATE TABLE `my table` (`column one` int AUTO_INCREMENT PRIMARY KEY, c1 int NOT NULL COMMENT 'x', d int AS (c1 + 1), \
          CONSTRAINT ck CHECK (c1 > 0))",
            "INSERT INTO `my table` (c1) VALUES (5)",
        ),
        "CREATE TABLE `my table` (`column two` int AUTO_INCREMENT PRIMARY KEY, newc1 int NOT NULL COMMENT 'x', \
         d int AS (newc1 + 1), CONSTRAINT ck CHECK (newc1 > 0))",
        &[
            "ALTER TABLE `my table` DROP CONSTRAINT ck",
            "ALTER TABLE `my table` RENAME COLUMN `column one` TO `column two`, RENAME COLUMN c1 TO newc1",
            "ALTER TABLE `my table` ADD CONSTRAINT ck CHECK (`newc1` > 0)",
        ],
    );
    let rename = |options: DraftOptions| {
        options.rename("my table.column one", "column two").rename("my table.c1", "newc1")
    };
    run(&renamed, rename).await.unwrap();
    let own = case(
        "a column with a check of its own",
        ("CREATE TABLE t (a int NOT NULL CHECK (a > 0))", "INSERT INTO t VALUES (5)"),
        "CREATE TABLE t (b int NOT NULL CHECK (b > 0))",
        &[
            "ALTER TABLE t MODIFY COLUMN a int NOT NULL",
            "ALTER TABLE t RENAME COLUMN a TO b",
            "ALTER TABLE t MODIFY COLUMN b int NOT NULL CHECK (`b` > 0)",
        ],
    );
    run(&own, |options| options.rename("t.a", "b")).await.unwrap();
    let filled = case(
        "BUG-028",
        (
            "CREATE TABLE t (id int PRIMARY KEY, a varchar(9))",
            "INSERT INTO t VALUES (1, NULL), (2, 'x')",
        ),
        "CREATE TABLE t (id int PRIMARY KEY, a varchar(9) NOT NULL, b int NOT NULL, c json NOT NULL, d int NOT NULL)",
        &[
            "ALTER TABLE t ADD COLUMN b int",
            "UPDATE t SET b = id * 2",
            "ALTER TABLE t ADD COLUMN c json",
            "UPDATE t SET c = '{}'",
            "UPDATE t SET a = 'none' WHERE a IS NULL",
            "ALTER TABLE t ADD COLUMN d int NOT NULL, MODIFY COLUMN b int NOT NULL, MODIFY COLUMN c json NOT NULL, \
             MODIFY COLUMN a varchar(9) NOT NULL",
        ],
    );
    run(&filled, |options| options.fill("t.b", "id * 2").fill("t.a", "'none'")).await.unwrap();
}

#[tokio::test]
async fn values_of_an_enum_are_renamed_where_they_stand() {
    let db = fresh().await;
    let models = |values: EnumType, default: &'static str| {
        Schema::new().table(
            Table::new("t")
                .column(Column::new("id", Type::Integer).not_null())
                .column(Column::new("state", values).not_null().default(default))
                .primary_key(["id"]),
        )
    };
    let with = |migrations: &[Migration], models: Schema| {
        let migrations = Migrations::new(migrations.iter().cloned()).unwrap();
        Migrator::from_migrations(migrations).unwrap().models(models)
    };
    let old = || models(EnumType::new("state", ["new", "done"]), "new");
    let draft = with(&[], old()).draft(&db.pool, DraftOptions::new()).await.unwrap();
    let first = Migration::new("r1", "from").up(&draft.up).down(&draft.down);
    with(std::slice::from_ref(&first), old()).run_pending(&db.pool).await.unwrap();
    db.execute("INSERT INTO t VALUES (1, 'new'), (2, 'done')").await;
    let values = EnumType::new("state", ["open", "done", "gone"]).renamed_value("new", "open");
    let new = || models(values.clone(), "open");
    let draft = with(std::slice::from_ref(&first), new())
        .draft(&db.pool, DraftOptions::new())
        .await
        .unwrap();
    assert_eq!(
        statements(&draft.up),
        [
            "ALTER TABLE t MODIFY COLUMN state enum('new','done','open','gone') NOT NULL DEFAULT 'new'",
            "UPDATE t SET state = CASE state WHEN 'new' THEN 'open' END WHERE state IN ('new')",
            "ALTER TABLE t MODIFY COLUMN state enum('open','done','gone') NOT NULL DEFAULT 'open'",
        ]
    );
    let second = Migration::new("r2", "to").up(&draft.up).down(&draft.down);
    let both = [first, second];
    let states = "SELECT state FROM t ORDER BY id";
    for _ in 0..2 {
        with(&both, new()).run_pending(&db.pool).await.unwrap();
        assert_eq!(db.column(states).await, ["open", "done"]);
        let left = with(&both, new()).check(&db.pool, DraftOptions::new()).await.unwrap();
        assert!(left.is_empty(), "{left}");
        with(&both, new()).downgrade(&db.pool, "-1").await.unwrap();
        assert_eq!(db.column(states).await, ["new", "done"]);
    }
}

/// The words that models have, each in a column.
#[tokio::test]
async fn all_types_and_options_of_models() {
    let db = fresh().await;
    let types = [
        (Type::TinyInt, "tinyint"),
        (Type::SmallInt, "smallint"),
        (Type::Integer, "int"),
        (Type::BigInt, "bigint"),
        (Type::UnsignedTinyInt, "tinyint unsigned"),
        (Type::UnsignedSmallInt, "smallint unsigned"),
        (Type::UnsignedInteger, "int unsigned"),
        (Type::UnsignedBigInt, "bigint unsigned"),
        (Type::Real, "float"),
        (Type::Double, "double"),
        (Type::Decimal(Some((10, 2))), "decimal(10,2)"),
        (Type::Decimal(None), "decimal(65,30)"),
        (Type::Boolean, "tinyint(1)"),
        (Type::Text, "longtext"),
        (Type::Varchar(20), "varchar(20)"),
        (Type::Char(3), "char(3)"),
        (Type::Bytes, "longblob"),
        (Type::Uuid, "binary(16)"),
        (Type::Date, "date"),
        (Type::Time, "time(6)"),
        (Type::Timestamp, "datetime(6)"),
        (Type::TimestampTz, "datetime(6)"),
        (Type::Json, "json"),
        (EnumType::new("mood", ["ok", "it's"]).into(), "enum('ok','it''s')"),
        (SqlType::new("tsvector").on("mysql", "mediumtext").into(), "mediumtext"),
    ];
    let mut table = Table::new("t");
    for (at, (ty, _)) in types.iter().enumerate() {
        table = table.column(Column::new(format!("c{at}"), ty.clone()));
    }
    let table = table
        .column(Column::new("text", Type::Text).not_null().default("it's"))
        .column(Column::new("json", Type::Json).not_null().default("{}"))
        .column(Column::new("yes", Type::Boolean).not_null().default(true))
        .column(Column::new("ratio", Type::Double).not_null().default(0.5))
        .column(Column::new("at", Type::Timestamp).not_null().default_sql("now()"))
        .column(
            Column::new("changed", Type::Timestamp)
                .default_sql("CURRENT_TIMESTAMP")
                .option("on_update", "now()"),
        )
        .column(Column::new("own", Type::Uuid).default_sql("unhex(replace(uuid(), '-', ''))"))
        .column(Column::new("sum", Type::Integer).not_null().generated("c2 + 1"))
        .column(Column::new("hidden", Type::Integer).option("invisible", "true"))
        .column(Column::new("name", Type::Varchar(50)).collation("utf8mb4_bin").comment("c'mt"))
        .with_index(Index::new(["c1"]).named("unused").option("ignored", "true"))
        .with_index(Index::new(["name"]).named("words").method("fulltext"))
        .with_index(Index::on([IndexPart::column("name").length(5).descending()]).named("begin"))
        .with_index(Index::new(["c2"]).unique().named("one"))
        .option("engine", "InnoDB")
        .option("row_format", "DYNAMIC");
    let models = || Schema::new().table(table.clone());
    let with = |migrations: &[Migration]| {
        let migrations = Migrations::new(migrations.iter().cloned()).unwrap();
        Migrator::from_migrations(migrations).unwrap().models(models())
    };
    let draft = with(&[]).draft(&db.pool, DraftOptions::new()).await.unwrap();
    let first = Migration::new("r1", "all").up(&draft.up).down(&draft.down);
    with(std::slice::from_ref(&first)).run_pending(&db.pool).await.unwrap();
    let left = with(&[first]).check(&db.pool, DraftOptions::new()).await.unwrap();
    assert!(left.is_empty(), "{left}\n{}", draft.up);
    for (at, (_, word)) in types.iter().enumerate() {
        let line = format!("    c{at} {word},");
        assert!(draft.up.contains(&line), "{line}: {}", draft.up);
    }
    db.execute("INSERT INTO t (c2) VALUES (1)").await;
    assert_eq!(db.column("SELECT CONCAT(text, json, yes, sum) FROM t").await, ["it's{}12"]);
}

#[tokio::test]
async fn a_new_table_counts_from_where_the_script_says_and_an_existing_one_is_named() {
    const TABLE: &str = "(id int AUTO_INCREMENT PRIMARY KEY, n int)";
    let (db, sql) = (fresh().await, |counter: &str| format!("CREATE TABLE old {TABLE}{counter};"));
    let first = Migration::new("r1", "from").up(&sql(""));
    let wanted = format!(
        "CREATE TABLE new {TABLE} AUTO_INCREMENT = 1000; CREATE TABLE parts {TABLE} COMMENT 'x' AUTO_INCREMENT 70
         PARTITION BY HASH (id) PARTITIONS 2; {} ALTER TABLE old AUTO_INCREMENT = 50;",
        sql(" AUTO_INCREMENT=40")
    );
    let start = migrator(std::slice::from_ref(&first), &wanted);
    start.run_pending(&db.pool).await.unwrap();
    let options = || DraftOptions::new().allow_destructive(true).findings(false);
    let draft = start.draft(&db.pool, options()).await.unwrap();
    let named: Vec<String> = draft.not_compared.iter().map(ToString::to_string).collect();
    assert_eq!(named, ["AUTO_INCREMENT of old"], "{draft}");
    assert!(draft.is_proven, "{draft}");
    let second = Migration::new("r2", "to").up(&draft.up).down(&draft.down);
    let both = migrator(&[first, second], &wanted);
    both.run_pending(&db.pool).await.unwrap();
    db.execute("INSERT INTO new (n) VALUES (1); INSERT INTO parts (n) VALUES (1)").await;
    assert_eq!(
        db.column("SELECT id FROM new UNION ALL SELECT id FROM parts").await,
        ["1000", "70"]
    );
    // It has come so far.
    db.execute("ALTER TABLE old AUTO_INCREMENT = 60").await;
    let left = both.check(&db.pool, options()).await.unwrap();
    assert!(left.is_empty() && left.not_compared.is_empty(), "{left}");
    both.downgrade(&db.pool, "-1").await.unwrap();
}
