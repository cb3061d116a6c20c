//! Defaults are compared by what they are, and not by how they are spelled: MY-001, MY-025 and MY-053.

use ambix::{Migration, Migrations, Migrator, draft::DraftOptions};

use crate::setup::fresh;

fn migrator(migrations: &[Migration], column: &str) -> Migrator {
    let migrations = Migrations::new(migrations.iter().cloned()).unwrap();
    let sql = format!("CREATE TABLE t (id int PRIMARY KEY, x {column})");
    Migrator::from_migrations(migrations).unwrap().schema_sql(sql)
}

/// Whether there is a difference. Where there is one, the draft takes it away, its way back brings it again, and a row that is
/// there stays.
async fn differs(from: &str, to: &str) -> Result<bool, String> {
    let db = fresh().await;
    let of = migrator(&[], from).draft(&db.pool, DraftOptions::new()).await.unwrap();
    let first = Migration::new("r1", "from").up(&of.up).down(&of.down);
    let mut migrations = vec![first];
    migrator(&migrations, from).run_pending(&db.pool).await.unwrap();
    db.execute("INSERT INTO t (id) VALUES (1)").await;
    let left = |migrator: Migrator| {
        let pool = db.pool.clone();
        async move { migrator.check(&pool, DraftOptions::new()).await.unwrap() }
    };
    let same = left(migrator(&migrations, from)).await;
    if !same.is_empty() {
        return Err(format!("it differs from itself: {same}\n{}", of.up));
    }
    let draft = left(migrator(&migrations, to)).await;
    if draft.is_empty() {
        return Ok(false);
    }
    migrations.push(Migration::new("r2", "to").up(&draft.up).down(&draft.down));
    let run = migrator(&migrations, to).run_pending(&db.pool).await;
    run.map_err(|error| format!("up: {error}\n{}", draft.up))?;
    let after = left(migrator(&migrations, to)).await;
    if !after.is_empty() {
        return Err(format!("after up there is left: {after}\n{}", draft.up));
    }
    db.execute("INSERT INTO t (id) VALUES (2)").await;
    migrator(&migrations, to).downgrade(&db.pool, "-1").await.unwrap();
    let after = left(migrator(&migrations[..1], from)).await;
    if !after.is_empty() {
        return Err(format!("after down there is left: {after}\n{}", draft.down));
    }
    assert_eq!(db.column("SELECT count(*) FROM t").await, ["2"]);
    Ok(true)
}

#[tokio::test]
async fn a_default_is_what_it_is() {
    // MY-025: a column whose default nobody touches keeps it.
    let same = [
        ("int DEFAULT '5'", "int DEFAULT 5"),
        ("int DEFAULT 1", "int DEFAULT true"),
        ("int", "int DEFAULT NULL"),
        ("int DEFAULT (1+2)", "int DEFAULT ( 1 + 2 )"),
        ("decimal(5,2) DEFAULT 1", "decimal(5,2) DEFAULT '1.00'"),
        ("double DEFAULT .5", "double DEFAULT 0.5"),
        ("varchar(30) DEFAULT 'it''s'", "varchar(30) DEFAULT \"it's\""),
        ("varchar(30) DEFAULT (LOWER('A'))", "varchar(30) DEFAULT (lower('A'))"),
        ("datetime DEFAULT now()", "datetime DEFAULT CURRENT_TIMESTAMP"),
        ("datetime(3) DEFAULT now(3)", "datetime(3) DEFAULT CURRENT_TIMESTAMP(3)"),
        (
            "datetime DEFAULT now() ON UPDATE now()",
            "datetime DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP",
        ),
        ("timestamp NOT NULL DEFAULT now()", "timestamp NOT NULL DEFAULT LOCALTIMESTAMP"),
        ("date DEFAULT '2020-01-02'", "date DEFAULT '2020-1-2'"),
        ("bit(3) DEFAULT b'101'", "bit(3) DEFAULT 5"),
        ("enum('a','b') DEFAULT 'a'", "enum('a','b') DEFAULT 'a'"),
    ];
    let other = [
        ("int DEFAULT 5", "int DEFAULT 7"),
        ("int DEFAULT 5", "int"),
        ("int", "int DEFAULT 0"),
        ("int DEFAULT 3", "int DEFAULT (1 + 2)"),
        ("int DEFAULT (1 + 2)", "int DEFAULT (1 + 3)"),
        ("decimal(5,2) DEFAULT 1", "decimal(5,2) DEFAULT 1.01"),
        ("varchar(30)", "varchar(30) DEFAULT ''"),
        ("varchar(30)", "varchar(30) DEFAULT 'NULL'"),
        ("varchar(30) DEFAULT 'a'", "varchar(30) DEFAULT 'A'"),
        ("varchar(30) DEFAULT 'a'", "varchar(30) DEFAULT 'a '"),
        ("varchar(30) DEFAULT 'back\\\\slash'", "varchar(30) DEFAULT 'backslash'"),
        ("varchar(30) DEFAULT 'lower(''a'')'", "varchar(30) DEFAULT (lower('a'))"),
        ("varchar(30) DEFAULT 'current_timestamp()'", "varchar(30) DEFAULT (concat('a', 'b'))"),
        ("text DEFAULT ('abc')", "text DEFAULT ('abd')"),
        ("datetime", "datetime DEFAULT now()"),
        ("datetime DEFAULT now()", "datetime DEFAULT now() ON UPDATE now()"),
        ("bit(3) DEFAULT b'101'", "bit(3) DEFAULT b'100'"),
        ("enum('a','b') DEFAULT 'a'", "enum('a','b') DEFAULT 'b'"),
        // MY-053.
        ("varchar(30)", "varchar(30) DEFAULT (date_format(CURRENT_TIMESTAMP, '%Y'))"),
        ("int DEFAULT 1", "int DEFAULT (unix_timestamp(CURRENT_TIMESTAMP))"),
    ];
    let mut problems = Vec::new();
    let all = same.iter().map(|pair| (pair, false)).chain(other.iter().map(|pair| (pair, true)));
    for ((from, to), expected) in all {
        match differs(from, to).await {
            Ok(found) if found == expected => {}
            Ok(found) => problems.push(format!("{from} and {to}: a difference is {found}")),
            Err(problem) => problems.push(format!("{from} and {to}: {problem}")),
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

/// A byte that is no character is shown as a question mark by one of the servers: it is asked for what it is.
#[tokio::test]
async fn defaults_of_bytes_stay_what_they_are() {
    let defaults = "SELECT CONCAT_WS(' ', HEX(DEFAULT(a)), HEX(DEFAULT(b)), HEX(DEFAULT(d))) \
        FROM (SELECT 1) AS one LEFT JOIN t ON FALSE";
    let table = |length: u32, comment: &str| {
        format!(
            "CREATE TABLE t (id int, a varbinary({length}) DEFAULT 0xFF00, b binary(3) DEFAULT 0x3F41, \
             c varbinary({length}) NOT NULL DEFAULT 'ab', d varbinary({length}) DEFAULT 0x80FE7F) COMMENT '{comment}'"
        )
    };
    for (from, to, expected) in [
        (table(5, ""), table(9, ""), "FF00 3F4100 80FE7F"),
        (table(5, ""), table(5, "x"), "FF00 3F4100 80FE7F"),
        (table(5, ""), table(5, "").replace("0xFF00", "0xFE00"), "FE00 3F4100 80FE7F"),
    ] {
        let db = fresh().await;
        let migrator = |all: &[Migration], sql: &str| {
            let migrations = Migrations::new(all.iter().cloned()).unwrap();
            Migrator::from_migrations(migrations).unwrap().schema_sql(sql)
        };
        let first = Migration::new("r1", "from").up(&from);
        let start = migrator(std::slice::from_ref(&first), &to);
        start.run_pending(&db.pool).await.unwrap();
        let draft = start.draft(&db.pool, DraftOptions::new()).await.unwrap();
        assert!(!draft.is_empty());
        let both = [first, Migration::new("r2", "to").up(&draft.up).down(&draft.down)];
        let all = migrator(&both, &to);
        all.run_pending(&db.pool).await.unwrap();
        assert_eq!(db.column(defaults).await, [expected], "{}", draft.up);
        let left = all.check(&db.pool, DraftOptions::new()).await.unwrap();
        assert!(left.is_empty(), "{left}");
        all.downgrade(&db.pool, "-1").await.unwrap();
        assert_eq!(db.column(defaults).await, ["FF00 3F4100 80FE7F"], "{}", draft.down);
    }
    // Of one that is NOT NULL it does not tell: no draft writes another in its place.
    let table =
        |length: u32| format!("CREATE TABLE t (a varbinary({length}) NOT NULL DEFAULT 0xFF00)");
    let db = fresh().await;
    let first = Migration::new("r1", "from").up(&table(5));
    let migrations = Migrations::new([first]).unwrap();
    let start = Migrator::from_migrations(migrations).unwrap().schema_sql(table(9));
    start.run_pending(&db.pool).await.unwrap();
    let shown = db
        .column("SELECT column_default FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 't'")
        .await;
    if shown.iter().any(|text| text.contains('?')) {
        let error = format!("{:#}", start.draft(&db.pool, DraftOptions::new()).await.unwrap_err());
        assert!(error.contains("t.a: mysql does not tell the bytes of its default"), "{error}");
    }
}
