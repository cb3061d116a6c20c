//! The history of another tool is taken over: its rows as its own source makes them, in each database. (The package
//! `tests/adopt` does the same with the tools themselves.)

use ambix::{
    Error, Migrator,
    adopt::{Adopt, Checked, Tool},
};
use sha2::{Digest, Sha384};

use crate::{
    setup::{Fresh, SCHEME, fresh},
    support::{from_files, revisions},
};

const A: &str = "CREATE TABLE a (id integer);\n";
const B: &str = "CREATE TABLE b (id integer);\n";
const C: &str = "CREATE TABLE c (id integer);\n";
/// What dbmate's files say.
const HALVES: [&str; 3] = [
    "-- migrate:up\nCREATE TABLE a (id integer);\n\n-- migrate:down\nDROP TABLE a;\n",
    "-- migrate:up\nCREATE TABLE b (id integer);\n\n-- migrate:down\nDROP TABLE b;\n",
    "-- migrate:up\nCREATE TABLE c (id integer);\n\n-- migrate:down\nDROP TABLE c;\n",
];

/// What goose's files say.
const GOOSE: [&str; 3] = [
    "-- +goose Up\nCREATE TABLE a (id integer);\n\n-- +goose Down\nDROP TABLE a;\n",
    "-- +goose Up\nCREATE TABLE b (id integer);\n\n-- +goose Down\nDROP TABLE b;\n",
    "-- +goose Up\nCREATE TABLE c (id integer);\n\n-- +goose Down\nDROP TABLE c;\n",
];

/// One of three texts, as this database says it.
fn by_database(postgres: &str, mysql: &str, sqlite: &str) -> String {
    match SCHEME {
        "postgres" => postgres,
        "mysql" => mysql,
        _ => sqlite,
    }
    .to_owned()
}

/// A tool's folder with three migrations, and the statements that make its table with the first two.
struct Case {
    tool: Tool,
    files: [(&'static str, &'static str); 3],
    revisions: [&'static str; 3],
    ddl: String,
    rows: Vec<String>,
    checked: Checked,
    /// Whether the tool says when it applied a migration.
    timed: bool,
}

fn sha384(text: &str) -> String {
    let hex: String = Sha384::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    by_database(&format!("'\\x{hex}'"), &format!("x'{hex}'"), &format!("x'{hex}'"))
}

fn sqlx_ddl() -> String {
    by_database(
        "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, installed_on TIMESTAMPTZ NOT NULL \
         DEFAULT now(), success BOOLEAN NOT NULL, checksum BYTEA NOT NULL, execution_time BIGINT NOT NULL)",
        "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, installed_on TIMESTAMP NOT NULL \
         DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, checksum BLOB NOT NULL, execution_time BIGINT NOT NULL)",
        "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, installed_on TIMESTAMP NOT NULL \
         DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, checksum BLOB NOT NULL, execution_time BIGINT NOT NULL)",
    )
}

fn sqlx_row(version: i64, text: &str) -> String {
    let time = by_database(
        "'2024-05-06 07:08:09.123456+00'",
        "'2024-05-06 07:08:09'",
        "'2024-05-06 07:08:09'",
    );
    format!(
        "INSERT INTO _sqlx_migrations VALUES ({version}, 'make it', {time}, TRUE, {}, 1234567)",
        sha384(text)
    )
}

fn flyway_ddl() -> String {
    let columns = |time: &str| {
        format!(
            "CREATE TABLE flyway_schema_history (installed_rank INT NOT NULL PRIMARY KEY, version VARCHAR(50), description VARCHAR(200) NOT \
             NULL, type VARCHAR(20) NOT NULL, script VARCHAR(1000) NOT NULL, checksum INTEGER, installed_by VARCHAR(100) NOT NULL, \
             installed_on {time}, execution_time INTEGER NOT NULL, success BOOLEAN NOT NULL)"
        )
    };
    by_database(
        &columns("TIMESTAMP NOT NULL DEFAULT now()"),
        &columns("TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP"),
        &columns("TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f','now'))"),
    )
}

/// A row of Flyway's log; `NULL` is written as it is.
fn flyway_row(rank: u32, version: &str, kind: &str, script: &str, checksum: &str) -> String {
    let quoted = |text: &str| if text == "NULL" { text.to_owned() } else { format!("'{text}'") };
    format!(
        "INSERT INTO flyway_schema_history VALUES ({rank}, {}, 'x', '{kind}', '{script}', {checksum}, 'me', '2024-05-06 07:08:09', 12, TRUE)",
        quoted(version)
    )
}

/// The layouts of all tools, with two of three migrations applied.
#[allow(clippy::too_many_lines)] // a table
fn cases() -> Vec<Case> {
    let dated = ["20240101000000", "20240102000000", "20240103000000"];
    let case = |tool: Tool, files, revisions, ddl: String, rows: Vec<String>| Case {
        tool,
        files,
        revisions,
        ddl,
        rows,
        checked: Checked::Unknown,
        timed: false,
    };
    vec![
        Case {
            checked: Checked::Equal,
            timed: true,
            ..case(
                Tool::Sqlx,
                [("0001_a.sql", A), ("0002_b.up.sql", B), ("0003_c.sql", C)],
                ["0001", "0002", "0003"],
                sqlx_ddl(),
                vec![sqlx_row(1, A), sqlx_row(2, &B.replace('\n', "\r\n"))],
            )
        },
        Case {
            timed: true,
            ..case(
                Tool::Diesel,
                [
                    ("2024-01-01-000000_a/up.sql", A),
                    ("2024-01-02-000000_b/up.sql", B),
                    ("2024-01-03-000000_c/up.sql", C),
                ],
                dated,
                "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP NOT NULL \
                 DEFAULT CURRENT_TIMESTAMP)"
                    .to_owned(),
                dated[..2]
                    .iter()
                    .map(|v| format!("INSERT INTO __diesel_schema_migrations VALUES ('{v}', '2024-05-06 07:08:09')"))
                    .collect(),
            )
        },
        Case {
            timed: true,
            ..case(
                Tool::SeaOrm,
                [
                    ("20240101_000001_a.sql", A),
                    ("20240102_000001_b.sql", "-- ambix: revision m20240102_000001_b\nCREATE TABLE b (id integer);\n"),
                    ("20240103_000001_c.sql", C),
                ],
                ["20240101_000001", "m20240102_000001_b", "20240103_000001"],
                "CREATE TABLE seaql_migrations (version varchar(255) NOT NULL PRIMARY KEY, applied_at bigint NOT NULL)".to_owned(),
                ["m20240101_000001_a", "m20240102_000001_b"]
                    .map(|v| format!("INSERT INTO seaql_migrations VALUES ('{v}', 1714979289)"))
                    .to_vec(),
            )
        },
        case(
            Tool::Alembic,
            [
                ("20240101_0000_aaa111_a.sql", A),
                ("20240102_0000_bbb222_b.sql", B),
                ("20240103_0000_ccc333_c.sql", C),
            ],
            ["aaa111", "bbb222", "ccc333"],
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
                .to_owned(),
            vec!["INSERT INTO alembic_version VALUES ('bbb222')".to_owned()],
        ),
        Case {
            checked: Checked::Equal,
            timed: true,
            ..case(
                Tool::Flyway,
                [("V1__a.sql", A), ("V1_1__b.sql", B), ("V2__c.sql", C)],
                ["1", "1_1", "2"],
                flyway_ddl(),
                vec![
                    flyway_row(1, "1", "SQL", "V1__a.sql", &crc("CREATE TABLE a (id integer);")),
                    flyway_row(2, "1.1", "SQL", "V1_1__b.sql", &crc("CREATE TABLE b (id integer);")),
                ],
            )
        },
        case(
            Tool::GolangMigrate,
            [("000001_a.up.sql", A), ("000002_b.up.sql", B), ("000010_c.up.sql", C)],
            ["000001", "000002", "000010"],
            by_database(
                "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)",
                "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)",
                "CREATE TABLE schema_migrations (version uint64, dirty bool)",
            ),
            vec!["INSERT INTO schema_migrations VALUES (2, FALSE)".to_owned()],
        ),
        case(
            Tool::Dbmate,
            [
                ("20240101000000_a.sql", HALVES[0]),
                ("20240102000000_b.sql", HALVES[1]),
                ("20240103000000_c.sql", HALVES[2]),
            ],
            dated,
            "CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY)".to_owned(),
            dated[..2].iter().map(|v| format!("INSERT INTO schema_migrations VALUES ('{v}')")).collect(),
        ),
        Case {
            timed: true,
            ..case(
                Tool::Goose,
                [
                    ("00001_a.sql", GOOSE[0]),
                    ("00002_b.sql", GOOSE[1]),
                    ("00003_c.sql", GOOSE[2]),
                ],
                ["00001", "00002", "00003"],
                by_database(
                    "CREATE TABLE goose_db_version (id integer PRIMARY KEY, version_id bigint NOT NULL, is_applied boolean NOT NULL, \
                     tstamp timestamp NOT NULL DEFAULT now())",
                    "CREATE TABLE goose_db_version (id serial PRIMARY KEY, version_id bigint NOT NULL, is_applied boolean NOT NULL, \
                     tstamp timestamp NULL DEFAULT now())",
                    "CREATE TABLE goose_db_version (id INTEGER PRIMARY KEY, version_id INTEGER NOT NULL, is_applied INTEGER NOT NULL, \
                     tstamp TIMESTAMP DEFAULT (datetime('now')))",
                ),
                // The third was taken back by an older version of the tool; the second as well, and was then applied again.
                [(0, true), (1, true), (2, true), (2, false), (2, true), (3, true), (3, false)]
                    .iter()
                    .enumerate()
                    .map(|(at, (version, applied))| {
                        let id = at + 1;
                        format!("INSERT INTO goose_db_version VALUES ({id}, {version}, {applied}, '2024-05-06 07:08:09')")
                    })
                    .collect(),
            )
        },
    ]
}

/// The CRC-32 as Flyway stores it, by a table and not bit by bit as in the library.
fn crc(text: &str) -> String {
    let table: Vec<u32> = (0..256_u32)
        .map(|n| (0..8).fold(n, |c, _| if c & 1 == 1 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 }))
        .collect();
    let crc = text
        .bytes()
        .fold(u32::MAX, |c, byte| table[((c ^ u32::from(byte)) & 0xff) as usize] ^ (c >> 8));
    (!crc).cast_signed().to_string()
}

/// The database as the tool has left it: two tables, and its own.
async fn left_by_the_tool(db: &Fresh, case: &Case) {
    db.execute(A).await;
    db.execute(B).await;
    db.execute(&case.ddl).await;
    for row in &case.rows {
        db.execute(row).await;
    }
}

#[tokio::test]
async fn the_history_of_every_tool_is_taken_over() {
    for case in cases() {
        let (db, tool) = (fresh().await, case.tool);
        left_by_the_tool(&db, &case).await;
        let before = db.tables().await;
        let two = from_files(&case.files[..2]).unwrap().application("billing", "1.0");
        // What it would record, and nothing else.
        let dry = two.adopt(&db.pool, Adopt::from(tool).dry_run(true)).await.unwrap();
        let status = two.clone().allow_existing(true).status(&db.pool).await.unwrap();
        assert!(status.with("applied").next().is_none(), "{tool}");
        assert!(two.history(&db.pool).await.unwrap().records.is_empty(), "{tool}");
        let report = two.adopt(&db.pool, tool).await.unwrap();
        assert_eq!((dry.dry_run, report.dry_run), (true, false));
        assert_eq!(dry.adopted, report.adopted, "{tool}");
        let adopted: Vec<&str> = report.adopted.iter().map(|one| one.revision.as_str()).collect();
        assert_eq!(adopted, case.revisions[..2], "{tool}");
        for one in &report.adopted {
            assert_eq!(one.checksum, case.checked, "{tool}: {one:?}");
        }
        // By whom and when.
        let history = two.history(&db.pool).await.unwrap();
        for record in &history.records {
            let by = format!("adopted from {tool} by billing 1.0 on ");
            assert!(record.applied_by.starts_with(&by), "{tool}: {record:?}");
            let then = record
                .applied_at
                .is_some_and(|at| at.to_string().starts_with("2024-05-06T07:08:09"));
            assert_eq!(then, case.timed, "{tool}: {record:?}");
        }
        // Nothing was run, nothing is left to run, and nothing more is there to be taken over.
        assert_eq!(db.tables().await, before, "{tool}");
        assert!(two.run_pending(&db.pool).await.unwrap().is_noop(), "{tool}");
        assert!(two.verify(&db.pool).await.unwrap().is_ok(), "{tool}");
        let again = two.adopt(&db.pool, tool).await.unwrap();
        assert!(again.is_noop() && again.known.len() == 2, "{tool}: {again:?}");
        assert!(format!("{again:#}").starts_with("nothing to do"), "{again}");
        // The next file is a migration as any other.
        let three = from_files(&case.files).unwrap();
        assert_eq!(
            revisions(&three.run_pending(&db.pool).await.unwrap()),
            &case.revisions[2..],
            "{tool}"
        );
        assert!(db.tables().await.contains(&"c".to_owned()), "{tool}");
    }
}

/// A migrator of sqlx's files, on a database with these rows of its history.
async fn sqlx_with(files: &[(&str, &str)], rows: &[String]) -> (Fresh, Migrator) {
    let db = fresh().await;
    db.execute(&sqlx_ddl()).await;
    for row in rows {
        db.execute(row).await;
    }
    (db, from_files(files).unwrap())
}

/// Nothing is recorded, and the error says this.
async fn is_refused(db: &Fresh, migrator: &Migrator, adopt: impl Into<Adopt>, parts: &[&str]) {
    let adopt = adopt.into();
    for adopt in [adopt.clone().dry_run(true), adopt] {
        let error = migrator.adopt(&db.pool, adopt).await.unwrap_err();
        assert!(matches!(error, Error::NotAdopted { .. }), "{error:?}");
        let error = format!("{error:#}");
        for part in parts {
            assert!(error.contains(part), "{part:?} is not in {error}");
        }
        assert!(error.contains("nothing was recorded"), "{error}");
        assert!(migrator.history(&db.pool).await.unwrap().records.is_empty());
    }
}

const TWO: &[(&str, &str)] = &[("1_a.sql", A), ("2_b.sql", B)];

#[tokio::test]
async fn what_does_not_fit_is_refused() {
    let (db, migrator) =
        sqlx_with(TWO, &[sqlx_row(1, A), sqlx_row(2, "CREATE TABLE other (id integer)")]).await;
    is_refused(
        &db,
        &migrator,
        Tool::Sqlx,
        &["2_b.sql (version 2 (make it))", "is not what it has applied", "`accept_changed`"],
    )
    .await;
    let report =
        migrator.adopt(&db.pool, Adopt::from(Tool::Sqlx).accept_changed(true)).await.unwrap();
    assert_eq!(report.adopted[1].checksum, Checked::Changed);
    assert!(report.to_string().contains("recorded 2, b (checksum differs"), "{report}");

    let files = [("20240101000000_a.sql", A)];
    let (db, migrator) =
        sqlx_with(&files, &[sqlx_row(20_240_101_000_000, A), sqlx_row(20_240_101_000_001, B)])
            .await;
    let parts = ["20240101000001 (make it); did you mean 20240101000000?", "`forget_unknown`"];
    is_refused(&db, &migrator, Tool::Sqlx, &parts).await;
    let report =
        migrator.adopt(&db.pool, Adopt::from(Tool::Sqlx).forget_unknown(true)).await.unwrap();
    assert_eq!(
        (report.adopted.len(), report.forgotten.as_slice()),
        (1, &["20240101000001 (make it)".to_owned()][..])
    );

    let failed = sqlx_row(2, B).replace("TRUE", "FALSE");
    let (db, migrator) = sqlx_with(TWO, &[sqlx_row(1, A), failed]).await;
    is_refused(&db, &migrator, Tool::Sqlx, &["version 2 (make it) did not succeed"]).await;

    db.execute("CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)").await;
    db.execute("INSERT INTO schema_migrations VALUES (2, TRUE)").await;
    is_refused(&db, &migrator, Tool::GolangMigrate, &["version 2 is dirty"]).await;
    let parts = ["the columns version, dirty", "the history over from golang-migrate"];
    is_refused(&db, &migrator, Tool::Dbmate, &parts).await;
    db.execute("UPDATE schema_migrations SET version = 3, dirty = FALSE").await;
    is_refused(&db, &migrator, Tool::GolangMigrate, &["what no migration here is: 3"]).await;

    is_refused(
        &db,
        &migrator,
        Tool::Flyway,
        &["there is no table flyway_schema_history", "`table`"],
    )
    .await;
    db.execute("CREATE TABLE other (id integer)").await;
    is_refused(
        &db,
        &migrator,
        Adopt::from(Tool::Flyway).table("other"),
        &["the table other is not its own"],
    )
    .await;

    db.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)").await;
    db.execute("INSERT INTO alembic_version VALUES ('abc')").await;
    let adopt = Adopt::from(Tool::Alembic).forget_unknown(true);
    is_refused(
        &db,
        &migrator,
        adopt,
        &["no migration here is: abc", "give the file of each head its revision"],
    )
    .await;
}

#[tokio::test]
async fn a_version_that_two_files_have_is_refused() {
    // To sqlx both are 20240101.
    let files = [("20240101_1200_a.sql", A), ("20240101_1300_b.sql", B)];
    let (db, migrator) = sqlx_with(&files, &[sqlx_row(20_240_101, A)]).await;
    is_refused(
        &db,
        &migrator,
        Tool::Sqlx,
        &["20240101_1200_a.sql, 20240101_1300_b.sql", "`-- ambix: revision`"],
    )
    .await;
}

#[tokio::test]
async fn a_history_of_ours_gets_what_it_lacks() {
    let (db, migrator) = sqlx_with(TWO, &[sqlx_row(1, A), sqlx_row(2, B)]).await;
    migrator.stamp(&db.pool, "1").await.unwrap();
    let report = migrator.adopt(&db.pool, Tool::Sqlx).await.unwrap();
    assert_eq!((report.adopted.len(), report.known.as_slice()), (1, &["1".to_owned()][..]));
    assert_eq!(report.adopted[0].revision, "2");

    // One that was applied with another text than it has here.
    let edited = from_files(&[("1_a.sql", A), ("2_b.sql", C)]).unwrap();
    let error =
        edited.adopt(&db.pool, Adopt::from(Tool::Sqlx).accept_changed(true)).await.unwrap_err();
    assert!(matches!(error, Error::Changed(_)), "{error}");

    // One in the middle of which a run ended.
    db.execute("UPDATE ambix_history SET state = 'upgrading' WHERE revision = '2'").await;
    let error = format!("{:#}", migrator.adopt(&db.pool, Tool::Sqlx).await.unwrap_err());
    assert!(error.contains("our history has as upgrading"), "{error}");
}

#[tokio::test]
async fn a_gap_is_told() {
    let files = [("1_a.sql", A), ("2_b.sql", B), ("3_c.sql", C)];
    let (db, migrator) = sqlx_with(&files, &[sqlx_row(1, A), sqlx_row(3, C)]).await;
    let report = migrator.adopt(&db.pool, Tool::Sqlx).await.unwrap();
    assert_eq!(report.notes.len(), 1, "{report}");
    assert!(
        report.notes[0].to_string().starts_with("2 comes before 3, but sqlx has not applied it"),
        "{report}"
    );
    let error = migrator.run_pending(&db.pool).await.unwrap_err();
    assert!(matches!(error, Error::OutOfOrder { .. }), "{error}");
}

#[tokio::test]
async fn an_empty_history_is_nothing_to_do() {
    let (db, migrator) = sqlx_with(TWO, &[]).await;
    for dry_run in [true, false] {
        let report =
            migrator.adopt(&db.pool, Adopt::from(Tool::Sqlx).dry_run(dry_run)).await.unwrap();
        assert!(
            report.is_noop()
                && report.to_string().contains("there is nothing in a table _sqlx_migrations"),
            "{report}"
        );
    }
}

#[tokio::test]
async fn a_program_may_ask_at_each_start() {
    let (db, migrator) = (fresh().await, from_files(TWO).unwrap());
    let adopt = Adopt::from(Tool::Sqlx).once(true);
    // A new database has never seen the other tool.
    for _ in 0..2 {
        assert!(migrator.adopt(&db.pool, adopt.clone()).await.unwrap().is_noop());
        migrator.run_pending(&db.pool).await.unwrap();
    }
    let files = [
        ("1_a.up.sql", A),
        ("1_a.down.sql", "DROP TABLE a"),
        ("2_b.up.sql", B),
        ("2_b.down.sql", "DROP TABLE b"),
    ];
    let (db, migrator) = sqlx_with(&files, &[sqlx_row(1, A), sqlx_row(2, B)]).await;
    db.execute(A).await;
    db.execute(B).await;
    assert_eq!(migrator.adopt(&db.pool, adopt.clone()).await.unwrap().adopted.len(), 2);
    // What was taken back since is not taken over once more, by whomever it was written.
    migrator.downgrade(&db.pool, "base").await.unwrap();
    for adopt in [adopt.clone(), adopt.clone().dry_run(true)] {
        let report = migrator.adopt(&db.pool, adopt).await.unwrap();
        assert!(report.is_noop() && report.notes.len() == 1, "{report}");
    }
    assert_eq!(revisions(&migrator.run_pending(&db.pool).await.unwrap()), ["1", "2"]);
}

#[tokio::test]
async fn flyway_s_log_is_read_to_its_end() {
    let files = [
        ("V1__a.sql", A),
        ("V1_5__b.sql", B),
        ("V2__c.sql", C),
        ("V3__d.sql", A),
        ("V4__e.sql", A),
    ];
    let migrator = from_files(&files).unwrap();
    let of = async |rows: &[String]| {
        let db = fresh().await;
        db.execute(&flyway_ddl()).await;
        for row in rows {
            db.execute(row).await;
        }
        let report = migrator.adopt(&db.pool, Tool::Flyway).await.unwrap();
        let revisions: Vec<String> =
            report.adopted.iter().map(|one| one.revision.clone()).collect();
        (revisions, report.notes.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let sql = |rank, version| flyway_row(rank, version, "SQL", "x.sql", "NULL");
    // Undone, and undone and done again.
    let rows = [
        sql(1, "1"),
        sql(2, "1.5"),
        sql(3, "2"),
        flyway_row(4, "2", "UNDO_SQL", "U2__c.sql", "NULL"),
        flyway_row(5, "1.5", "UNDO_SQL", "U1_5__b.sql", "NULL"),
        sql(6, "1.5"),
    ];
    assert_eq!(of(&rows).await.0, ["1", "1_5"]);
    // A baseline stands for all up to it.
    let rows = [
        flyway_row(0, "NULL", "SCHEMA", "app", "NULL"),
        flyway_row(1, "2.0", "BASELINE", "<< Flyway Baseline >>", "NULL"),
        sql(2, "3"),
    ];
    let (revisions, notes) = of(&rows).await;
    assert_eq!(revisions, ["1", "1_5", "2", "3"]);
    assert_eq!(notes, ["2.0 is flyway's baseline: what comes up to it counts as applied"]);
    // Deleted by flyway repair; and what can be repeated.
    let repeated = |rank| flyway_row(rank, "NULL", "SQL", "R__views.sql", "7");
    let rows = [
        sql(1, "1"),
        sql(2, "99"),
        flyway_row(3, "99", "DELETE", "V99__x.sql", "NULL"),
        repeated(4),
        repeated(5),
    ];
    let (revisions, notes) = of(&rows).await;
    assert_eq!(revisions, ["1"]);
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].starts_with("R__views.sql is repeatable"), "{notes:?}");
}

#[tokio::test]
async fn alembic_s_heads_imply_what_comes_before() {
    let files = [
        ("20240101_0000_aaa111_a.sql", "-- ambix: parents none\n"),
        ("20240102_0000_bbb222_b.sql", "-- ambix: parents aaa111\n"),
        ("20240103_0000_ccc333_c.sql", "-- ambix: parents aaa111\n"),
        ("20240104_0000_ddd444_d.sql", "-- ambix: parents none\n"),
        ("20240105_0000_eee555_e.sql", "-- ambix: parents bbb222\n-- ambix: depends-on ddd444\n"),
        ("20240106_0000_fff666_f.sql", "-- ambix: parents eee555\n"),
    ];
    let (db, migrator) = (fresh().await, from_files(&files).unwrap());
    db.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)").await;
    db.execute("INSERT INTO alembic_version VALUES ('eee555')").await;
    let report = migrator.adopt(&db.pool, Tool::Alembic).await.unwrap();
    let adopted: Vec<&str> = report.adopted.iter().map(|one| one.revision.as_str()).collect();
    assert_eq!(adopted.len(), 4, "{adopted:?}");
    for revision in ["aaa111", "bbb222", "ddd444", "eee555"] {
        assert!(adopted.contains(&revision), "{adopted:?}");
    }
    let implied: Vec<_> = report.adopted.iter().filter(|one| one.version.is_none()).collect();
    assert_eq!(implied.len(), 3, "{implied:?}");
}

#[tokio::test]
async fn the_table_may_have_another_name() {
    let (db, migrator) = sqlx_with(TWO, &[sqlx_row(1, A)]).await;
    db.execute(
        "ALTER TABLE _sqlx_migrations RENAME TO \"Old\""
            .replace('"', if SCHEME == "mysql" { "`" } else { "\"" })
            .as_str(),
    )
    .await;
    is_refused(&db, &migrator, Tool::Sqlx, &["there is no table _sqlx_migrations"]).await;
    let schema = match SCHEME {
        "postgres" => "public",
        "mysql" => &db.name,
        _ => "main",
    };
    let report = migrator
        .adopt(&db.pool, Adopt::from(Tool::Sqlx).table(format!("{schema}.Old")))
        .await
        .unwrap();
    assert_eq!((report.adopted.len(), report.table), (1, format!("{schema}.Old")));
    assert!(
        migrator.adopt(&db.pool, Adopt::from(Tool::Sqlx).table("Old")).await.unwrap().is_noop()
    );
    // The schema of the migrator is where it is looked for first.
    let of_schema = migrator.clone().schema(schema);
    let report = of_schema.adopt(&db.pool, Adopt::from(Tool::Sqlx).table("Old")).await.unwrap();
    assert_eq!((report.known.len(), report.table), (1, format!("{schema}.Old")));
}

#[tokio::test]
async fn a_lent_connection_will_do() {
    let (db, migrator) = sqlx_with(TWO, &[sqlx_row(1, A), sqlx_row(2, B)]).await;
    let mut connection = db.pool.acquire().await.unwrap();
    let report = migrator.adopt(&mut *connection, Tool::Sqlx).await.unwrap();
    assert_eq!(report.adopted.len(), 2);
    assert!(migrator.run_pending(&mut *connection).await.unwrap().is_noop());
    drop(connection);
    super::leaks::until_nothing_is_left(&db).await;
}
