//! Every file format, embedded and read at run time; directives; `ambix.sum`; and what is wrong with files, found before
//! a database is touched (there is none in those tests).

use ambix::{Dir, Error, Migration, Migrations, Migrator};

use crate::{
    setup::fresh,
    support::{folder, from_files, migrator, revisions},
};

static OURS: Dir<'_> = ambix::include_dir!("$CARGO_MANIFEST_DIR/fixtures/ours");
static SQLX: Dir<'_> = ambix::include_dir!("$CARGO_MANIFEST_DIR/fixtures/sqlx");
static DIESEL: Dir<'_> = ambix::include_dir!("$CARGO_MANIFEST_DIR/fixtures/diesel");
static DBMATE: Dir<'_> = ambix::include_dir!("$CARGO_MANIFEST_DIR/fixtures/dbmate");
static GOOSE: Dir<'_> = ambix::include_dir!("$CARGO_MANIFEST_DIR/fixtures/goose");
static GOLANG: Dir<'_> = ambix::include_dir!("$CARGO_MANIFEST_DIR/fixtures/golang-migrate");
static FLYWAY: Dir<'_> = ambix::include_dir!("$CARGO_MANIFEST_DIR/fixtures/flyway");

/// The folder's name; whether each file wants a transaction; the revisions in order; the tables afterwards.
type Format =
    (&'static Dir<'static>, &'static str, &'static [(&'static str, bool)], &'static [&'static str]);
const FORMATS: [Format; 7] = [
    (
        &OURS,
        "ours",
        &[("aaa111", true), ("bbb222", false), ("billing.v2_é", true)],
        &["ours", "ours_billing", "ours_more"],
    ),
    (
        &SQLX,
        "sqlx",
        &[("20240103000000", false), ("20240104000000", true)],
        &["sqlx_reversible", "sqlx_simple"],
    ),
    (
        &DIESEL,
        "diesel",
        &[("20240105000000", true), ("20240106000000", false)],
        &["diesel", "diesel_plain"],
    ),
    (
        &DBMATE,
        "dbmate",
        &[("20240107000000", true), ("20240108000000", false)],
        &["dbmate", "dbmate_plain"],
    ),
    (&GOOSE, "goose", &[("00001", true), ("00002", false)], &["goose", "goose_plain"]),
    (&GOLANG, "golang-migrate", &[("000001", true)], &["golang"]),
    (
        &FLYWAY,
        "flyway",
        &[("1", true), ("1_9", true), ("1_10", true), ("2", true)],
        &["flyway", "flyway_2", "flyway_9"],
    ),
];

#[tokio::test]
async fn every_format_is_read_and_runs() {
    for (embedded, name, expected, tables) in FORMATS {
        let path = format!("{}/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
        let (embedded, read) =
            (Migrator::new(embedded).unwrap(), Migrator::from_path(path).unwrap());
        let of = |migrator: &Migrator| -> Vec<(String, bool)> {
            migrator
                .graph()
                .iter()
                .map(|m| (m.revision().to_owned(), m.is_transactional()))
                .collect()
        };
        let expected: Vec<_> =
            expected.iter().map(|(revision, yes)| ((*revision).to_owned(), *yes)).collect();
        assert_eq!((of(&embedded), of(&read)), (expected.clone(), expected.clone()), "{name}");

        let db = fresh().await;
        let report = embedded.run_pending(&db.pool).await.unwrap();
        let all: Vec<&str> = expected.iter().map(|(revision, _)| revision.as_str()).collect();
        assert_eq!(revisions(&report), all, "{name}");
        assert_eq!(db.tables().await, tables, "{name}");
        // Embedded or read: the same migrations.
        assert!(read.run_pending(&db.pool).await.unwrap().is_noop(), "{name}");
        assert!(read.verify(&db.pool).await.unwrap().is_ok(), "{name}");
        let reversible = read.graph().iter().all(|migration| migration.down_script().is_some());
        match read.downgrade(&db.pool, "base").await {
            Ok(report) => {
                assert!(reversible, "{name}");
                assert_eq!(revisions(&report), all.into_iter().rev().collect::<Vec<_>>(), "{name}");
                assert_eq!(db.tables().await, Vec::<String>::new(), "{name}");
            }
            Err(error) => {
                assert!(
                    !reversible && matches!(error, Error::Irreversible { .. }),
                    "{name}: {error}"
                );
                assert_eq!(db.tables().await, tables, "{name}: nothing was run");
            }
        }
    }
}

#[test]
fn directives_are_read() {
    let migrator = Migrator::new(&OURS).unwrap();
    let graph = migrator.graph();
    let billing = graph.get("billing.v2_é").unwrap();
    assert_eq!(billing.name(), "billing");
    assert_eq!(billing.irreversible_because(), Some("because the old amounts are not kept"));
    let names = |list: Vec<&Migration>| {
        list.into_iter().map(|m| m.revision().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(graph.parents("billing.v2_é")), ["aaa111"]);
    assert_eq!(names(graph.dependencies("billing.v2_é")), ["bbb222"]);
    // Labels are what a target finds.
    let report = migrator.script(crate::setup::SCHEME, "base", "more@head").unwrap();
    assert!(report.contains("ours_more") && !report.contains("ours_billing"), "{report}");
}

#[tokio::test]
async fn migrations_built_in_code_read_directives_too() {
    let list = [
        Migration::new("a", "one")
            .up("-- ambix: labels core\nCREATE TABLE a (id integer)")
            .down("DROP TABLE a"),
        Migration::new("b", "two")
            .parents(["a"])
            .up("CREATE TABLE b (id integer)")
            .irreversible("data is lost"),
        Migration::new("c", "")
            .parents(Vec::<String>::new())
            .depends_on(["a"])
            .labels(["own"])
            .up("CREATE TABLE c (id integer)"),
        Migration::new("d", "")
            .parents(["b", "c"])
            .transaction(false)
            .up("CREATE TABLE d (id integer)"),
    ];
    let migrator = Migrator::from_migrations(Migrations::new(list).unwrap()).unwrap();
    let db = fresh().await;
    assert_eq!(revisions(&migrator.upgrade(&db.pool, "c").await.unwrap()), ["a", "c"]);
    assert_eq!(revisions(&migrator.run_pending(&db.pool).await.unwrap()), ["b", "d"]);
    assert_eq!(db.tables().await, ["a", "b", "c", "d"]);
    let wrong = Migration::new("a", "").up("SELECT 1").down("\n-- ambix: labels x\nSELECT 1");
    let error = format!("{:#}", Migrations::new([wrong]).unwrap_err());
    assert!(error.starts_with("<a down>:2: ") && error.contains("up file"), "{error}");
}

/// Files, and how the message begins and what it says further on. `FILE:LINE` where there is a line.
type Unusable = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);
const UNUSABLE: &[Unusable] = &[
    (
        "no version",
        &[("add_users.sql", "")],
        &["add_users.sql: ", "the name cannot be read", "V<version>__<name>.sql"],
    ),
    ("repeatable", &[("R__views.sql", "")], &["R__views.sql: ", "repeatable"]),
    (
        "a folder",
        &[("pg/0001_x.sql", "")],
        &["pg/0001_x.sql: ", "sub-folder pg", "give ambix the folder"],
    ),
    (
        "down without up",
        &[("1_a.down.sql", "")],
        &["1_a.down.sql: ", "a down side without an up side"],
    ),
    (
        "down without up",
        &[("1_a/down.sql", "")],
        &["1_a/down.sql: ", "a down side without an up side"],
    ),
    (
        "U without V",
        &[("V1__a.sql", ""), ("U2__b.sql", "")],
        &["U2__b.sql: ", "there is no V2", "refinery"],
    ),
    (
        "one side twice",
        &[("V1__a.sql", ""), ("V1__b.sql", "")],
        &["V1__b.sql: ", "same side", "V1__a.sql"],
    ),
    (
        "one side twice",
        &[("1_a.sql", ""), ("1_a.up.sql", "")],
        &["1_a.up.sql: ", "same side", "1_a.sql"],
    ),
    (
        "duplicate revision",
        &[("20240101_0900_abcdef_a.up.sql", ""), ("20240102_0900_abcdef_b.up.sql", "")],
        &[
            "revision abcdef is used twice",
            "20240101_0900_abcdef_a.up.sql",
            "20240102_0900_abcdef_b.up.sql",
        ],
    ),
    (
        "duplicate by directive",
        &[("1_a.sql", "-- ambix: revision x"), ("2_b.sql", "\n-- ambix: revision x")],
        &["revision x is used twice", "1_a.sql", "2_b.sql"],
    ),
    (
        "unknown parent",
        &[
            ("1_a.sql", "-- ambix: revision abc123"),
            ("2_b.sql", "-- two\n\n-- ambix: parents abc124\nSELECT 1"),
        ],
        &["2_b.sql:3: ", "revision 2 names abc124 as its parent", "did you mean abc123?"],
    ),
    (
        "unknown dependency",
        &[("1_a.sql", "-- ambix: depends-on zzz")],
        &["1_a.sql:1: ", "revision 1 names zzz as its dependency"],
    ),
    (
        "cycle",
        &[
            ("1_a.sql", "-- ambix: parents 2"),
            ("2_b.sql", "-- ambix: parents 1"),
            ("3_c.sql", "-- ambix: parents 2"),
        ],
        &[
            "2 revisions follow from each other in a circle: ",
            "1 needs 2",
            "2 needs 1",
            "1_a.sql",
            "2_b.sql",
        ],
    ),
    (
        "unknown directive",
        &[("1_a.sql", "SELECT 1"), ("2_b.sql", "--\n-- ambix: parent 1")],
        &["2_b.sql:2: ", "\"parent\"", "parents"],
    ),
    ("no directive at all", &[("1_a.sql", "-- ambix:")], &["1_a.sql:1: ", "there is no directive"]),
    (
        "transaction what",
        &[("1_a.sql", "-- ambix: transaction off")],
        &["1_a.sql:1: ", "`transaction` is `none`", "\"off\""],
    ),
    (
        "foreign-keys what",
        &[("1_a.sql", "-- ambix: foreign-keys none")],
        &["1_a.sql:1: ", "`foreign-keys` is `off`"],
    ),
    (
        "parents of nobody",
        &[("1_a.sql", "-- ambix: parents ,")],
        &["1_a.sql:1: ", "needs revisions, or `none`"],
    ),
    (
        "a sign in a revision",
        &[("1_a.sql", "-- ambix: revision a-b")],
        &["1_a.sql", "'-' cannot be in a revision"],
    ),
    (
        "quotes in a revision",
        &[("1_a.sql", "-- ambix: revision a'b")],
        &["1_a.sql", "'\\'' cannot be in a revision"],
    ),
    (
        "a word of the targets",
        &[("1_a.sql", "-- ambix: revision head")],
        &["1_a.sql", "head cannot be a revision"],
    ),
    (
        "the up side's directive in the down file",
        &[
            ("1_a.up.sql", ""),
            ("1_a.down.sql", "SELECT 1;\n-- x"),
            ("2_b.up.sql", ""),
            ("2_b.down.sql", "-- x\n-- ambix: labels l\n"),
        ],
        &["2_b.down.sql:2: ", "\"labels\" belongs into the up file"],
    ),
    (
        "dbmate's down side alone",
        &[("1_a.sql", "SELECT 1;\n\n-- migrate:down\nSELECT 2;\n")],
        &["1_a.sql:3: ", "no line marks its up side", "`-- migrate:up`"],
    ),
    (
        "both sides in a file for one",
        &[("1_a.up.sql", "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2;\n")],
        &["1_a.up.sql: ", "its name says that it is one of them"],
    ),
    (
        "two down sides",
        &[("1_a.sql", "-- migrate:up\n-- migrate:down\n"), ("1_a.down.sql", "SELECT 2")],
        &["1_a.sql: ", "the same side of the same migration as 1_a.down.sql"],
    ),
    (
        "a mark that is indented",
        &[("1_a.sql", "-- migrate:up\nSELECT 1;\n  -- migrate:down\nSELECT 2;\n")],
        &["1_a.sql:3: ", "nearly a mark", "`-- migrate:down`"],
    ),
    (
        "a mark in capital letters",
        &[("1_a.sql", "-- migrate:up\nSELECT 1;\n-- Migrate:Down\nSELECT 2;\n")],
        &["1_a.sql:3: ", "nearly a mark", "`-- migrate:down`"],
    ),
    (
        "goose's mark with a sign too many",
        &[("1_a.sql", "-- +goose Up\nSELECT 1;\n-- +goose Down;\nSELECT 2;\n")],
        &["1_a.sql:3: ", "nearly a mark", "`-- +goose Down`"],
    ),
    (
        "a mark that says nothing known",
        &[("1_a.sql", "-- migrate:up\nSELECT 1;\n-- migrate:rollback\nSELECT 2;\n")],
        &["1_a.sql:3: ", "looks like a mark and is none"],
    ),
    (
        "node-pg-migrate's file",
        &[("1_a.sql", "-- Up Migration\nSELECT 1;\n\n-- Down Migration\nSELECT 2;\n")],
        &["1_a.sql:4: ", "`-- Down Migration`", "both sides", "`<name>.down.sql`"],
    ),
    (
        "sql-migrate's file",
        &[("1_a.sql", "-- +migrate Up\nSELECT 1;\n-- +migrate Down\nSELECT 2;\n")],
        &["1_a.sql:1: ", "sql-migrate, whose files are not read", "`-- migrate:up`"],
    ),
    (
        "MyBatis's file",
        &[("1_a.sql", "--// a\nSELECT 1;\n\n--//@UNDO\nSELECT 2;\n")],
        &["1_a.sql:4: ", "MyBatis"],
    ),
    (
        "tern's file",
        &[("1_a.sql", "SELECT 1;\n---- create above / drop below ----\nSELECT 2;\n")],
        &["1_a.sql:2: ", "tern"],
    ),
    (
        "two headings in a file for one side",
        &[("1_a.up.sql", "-- UP\nSELECT 1;\n-- DOWN\nSELECT 2;\n")],
        &["1_a.up.sql:3: ", "both sides"],
    ),
    (
        "goose's variables",
        &[("1_a.sql", "-- +goose Up\n-- +goose ENVSUB ON\nSELECT '${X}';")],
        &["1_a.sql:2: ", "environment variables"],
    ),
];

#[test]
fn what_is_wrong_with_files_is_said_with_file_and_line() {
    for (what, files, parts) in UNUSABLE {
        let error = from_files(files).unwrap_err();
        let message = format!("{error:#}");
        let begin = parts.first().unwrap();
        let right = message.starts_with(begin) && parts.iter().all(|part| message.contains(part));
        assert!(right, "{what}: {message}\nexpected {parts:?}");
        assert!(!message.ends_with('.') && !message.contains('\n'), "{what}: {message}");
        let source = matches!(
            error,
            Error::Source { .. }
                | Error::Duplicate { .. }
                | Error::UnknownParent { .. }
                | Error::Cycle { .. }
        );
        assert!(source, "{what}: {error:?}");
    }
    let long = "x".repeat(65);
    let error =
        from_files(&[("1_a.sql", format!("-- ambix: revision {long}"))]).unwrap_err().to_string();
    assert!(
        error.starts_with("1_a.sql") && error.contains("longer than 64 bytes"),
        "BUG-038: {error}"
    );
}

#[tokio::test]
async fn a_half_of_a_file_keeps_its_lines() {
    let text = "-- migrate:up\r\nCREATE TABLE t1 (id integer);\r\n\r\n-- migrate:down\r\n\r\nDROP TABLE nowhere;\r\n";
    let migrator = from_files(&[("20240107000000_a.sql", text)]).unwrap();
    let db = fresh().await;
    migrator.run_pending(&db.pool).await.unwrap();
    assert_eq!(db.tables().await, ["t1"], "the down side is not run with the up side");
    let error = migrator.downgrade(&db.pool, "base").await.unwrap_err();
    let Error::Failed(failed) = &error else { panic!("{error}") };
    assert_eq!(
        (failed.place.file.as_str(), failed.place.line),
        ("20240107000000_a.sql", 6),
        "{error}"
    );
}

#[test]
fn what_cannot_be_read_is_named() {
    let error = format!("{:#}", Migrator::from_path("/nowhere/migrations").unwrap_err());
    assert!(error.starts_with("/nowhere/migrations: the folder cannot be read"), "{error}");
    // A file that is no file, whoever runs the tests.
    #[cfg(unix)]
    {
        let folder = folder(&[("1_a.sql", "SELECT 1")]);
        std::os::unix::fs::symlink("/nowhere/2_b.sql", folder.0.join("2_b.sql")).unwrap();
        let error = format!("{:#}", Migrator::from_path(&folder.0).unwrap_err());
        assert!(error.contains("2_b.sql: the file cannot be read"), "{error}");
    }
}

/// These need the database's syntax, so they are found when a run is planned - for the last file, too, before the first runs.
#[tokio::test]
async fn what_is_wrong_inside_of_a_file_is_found_before_anything_runs() {
    for (text, place, problem) in [
        ("SELECT 1;\n-- ambix: transaction none\nSELECT 2", "<r2 up>:2", "must stand at the head"),
        ("SELECT 1;\n\n  SELECT 'open;\n", "<r2 up>:3:10", "unterminated"),
        ("SELECT 1;\n  /* open", "<r2 up>:2:3", "unterminated"),
        ("SELECT 1;\nCOMMIT;\nSELECT 2", "<r2 up>:2:1", "COMMIT inside a migration"),
        ("SELECT 1;\nROLLBACK", "<r2 up>:2:1", "transaction none"),
        ("SELECT 1;\n-- ambix: run nobody", "<r2 up>:2", "no function nobody is registered"),
        (
            "-- ambix: transaction none\nBEGIN;\nSELECT 1",
            "<r2 up>:2:1",
            "BEGIN in a migration that",
        ),
        ("-- ambix: transaction none\nBEGIN;\nSELECT 1;\nROLLBACK", "<r2 up>:2:1", "BEGIN in a"),
        (
            "-- ambix: transaction none\nSELECT 1;\n ROLLBACK",
            "<r2 up>:3:2",
            "is committed before the",
        ),
        ("-- ambix: transaction none\nSELECT 1;\nSAVEPOINT a", "<r2 up>:3:1", "SAVEPOINT in a"),
        ("-- no-transaction\nROLLBACK TO a", "<r2 up>:2:1", "ROLLBACK in a"),
        // What another tool fills in.
        (
            "SELECT 1;\nCREATE TABLE ${schema}.t (id integer)",
            "<r2 up>:2:14",
            "`${schema}` is a place",
        ),
        (
            "CREATE TABLE {{ index .Options \"Namespace\" }}.t (id integer)",
            "<r2 up>:1:14",
            "`{{ index",
        ),
        ("CREATE TABLE t_${flyway:user} (id integer)", "<r2 up>:1:16", "`${flyway:user}`"),
        ("{{#if x}}\nSELECT 1;\n{{/if}}", "<r2 up>:1:1", "write its value"),
        ("SELECT {{ x", "<r2 up>:1:8", "`{{`"),
    ] {
        let db = fresh().await;
        let migrator = migrator(&[("r1", "CREATE TABLE t1 (id integer)", ""), ("r2", text, "")]);
        for error in [
            migrator.run_pending(&db.pool).await.unwrap_err(),
            migrator.plan(&db.pool, "heads").await.unwrap_err(),
            migrator.script(crate::setup::SCHEME, "base", "heads").unwrap_err(),
        ] {
            let error = format!("{error:#}");
            assert!(error.starts_with(place) && error.contains(problem), "{text:?}: {error}");
        }
        assert_eq!(db.tables().await, Vec::<String>::new(), "{text:?}");
        assert!(migrator.current(&db.pool).await.unwrap().revisions.is_empty(), "{text:?}");
    }
}

/// What is between BEGIN and COMMIT is done as a whole, and a COMMIT alone has nothing to do.
#[tokio::test]
async fn transactions_of_the_author_are_kept_without_one_of_ours() {
    for (text, rows, is_done) in [
        ("INSERT INTO t VALUES (1);\nCOMMIT;\nINSERT INTO t VALUES (2)", "1 2", true),
        ("BEGIN;\nINSERT INTO t VALUES (1);\nCOMMIT;\nINSERT INTO t VALUES (2)", "1 2", true),
        (
            "BEGIN;\nSAVEPOINT a;\nINSERT INTO t VALUES (1);\nROLLBACK TO a;\nINSERT INTO t VALUES (2);\nCOMMIT",
            "2",
            true,
        ),
        ("BEGIN;\nINSERT INTO t VALUES (1);\nINSERT INTO nowhere VALUES (2);\nCOMMIT", "", false),
    ] {
        let db = fresh().await;
        let text = format!("-- ambix: transaction none\n{text}");
        let migrator =
            migrator(&[("r1", "CREATE TABLE t (id integer)", ""), ("r2", text.as_str(), "")]);
        let run = migrator.run_pending(&db.pool).await;
        assert_eq!(run.is_ok(), is_done, "{text}: {run:?}");
        assert_eq!(db.column("SELECT id FROM t ORDER BY id").await.join(" "), rows, "{text}");
    }
}

#[tokio::test]
async fn the_sum_warns_a_run_and_fails_verify() {
    let db = fresh().await;
    let folder = folder(&[
        ("1_a.sql", "CREATE TABLE a (id integer)"),
        ("2_b.sql", "CREATE TABLE b (id integer)"),
        ("3_c.sql", "-- ambix: parents 1\nCREATE TABLE c (id integer)"),
    ]);
    let read = || Migrator::from_path(&folder.0).unwrap();
    let sum = folder.0.join("ambix.sum");
    // Without the file everything works.
    assert!(read().status(&db.pool).await.unwrap().sum_problems.is_empty());
    read().write_sum(&folder.0).unwrap();
    let text = std::fs::read_to_string(&sum).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines.len(), 3, "{text}");
    for (line, begin) in lines.iter().zip(["1 - sha256:", "2 1 sha256:", "3 1 sha256:"]) {
        assert!(line.starts_with(begin) && line.len() == begin.len() + 64, "{text}");
    }
    let report = read().upgrade(&db.pool, "2").await.unwrap();
    assert_eq!(crate::support::said(&report.notes), "");
    assert!(read().verify(&db.pool).await.unwrap().is_ok());
    // A checkout with other line ends is the same file.
    std::fs::write(&sum, text.replace('\n', "\r\n")).unwrap();
    assert!(read().verify(&db.pool).await.unwrap().is_ok());

    let conflict =
        format!("<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> theirs\n", lines[..2].join("\n"), lines[2]);
    let other =
        text.replace(lines[2].rsplit_once(' ').unwrap().1, &format!("sha256:{}", "0".repeat(64)));
    let stale: [(&str, &[&str]); 6] = [
        (&format!("{}\n{}\n", lines[0], lines[1]), &["revision 3 is not in ambix.sum"]),
        (
            &format!("{text}4 3 sha256:{}\n", "0".repeat(64)),
            &["revision 4", "there is no such migration"],
        ),
        (
            &other,
            &["revision 3 differs: its checksum is sha256:", "ambix.sum says sha256:00000000..."],
        ),
        (
            &text.replace("\n3 1 ", "\n3 2 "),
            &["revision 3 differs: its parents are 1, ambix.sum says 2"],
        ),
        (&conflict, &["conflict markers", "line 1"]),
        ("nonsense", &["revision nonsense", "revision 1 is not in"]),
    ];
    for (text, parts) in stale {
        std::fs::write(&sum, text).unwrap();
        let migrator = read();
        let plan = migrator.plan(&db.pool, "heads").await.unwrap();
        let verification = migrator.verify(&db.pool).await.unwrap();
        let status = migrator.status(&db.pool).await.unwrap();
        let report = migrator.upgrade(&db.pool, "2").await.unwrap();
        for said in [
            crate::support::said(&plan.notes),
            crate::support::said(&report.notes),
            crate::support::said(&status.sum_problems),
            verification.to_string(),
        ] {
            assert!(parts.iter().all(|part| said.contains(part)), "{text}: {said}");
        }
        assert!(!verification.is_ok());
    }
    // It never stands in the way of work.
    assert_eq!(revisions(&read().run_pending(&db.pool).await.unwrap()), ["3"]);
    read().write_sum(&folder.0).unwrap();
    assert_eq!(std::fs::read_to_string(&sum).unwrap(), text);
    let error = format!("{:#}", read().write_sum("/nowhere").unwrap_err());
    assert!(error.starts_with("/nowhere/ambix.sum: cannot be written"), "{error}");
}

#[tokio::test]
async fn no_migrations_are_no_error() {
    let db = fresh().await;
    let none = from_files::<&str>(&[]).unwrap();
    assert!(none.run_pending(&db.pool).await.unwrap().is_noop());
    assert!(none.downgrade(&db.pool, "base").await.unwrap().is_noop());
    assert_eq!(none.status(&db.pool).await.unwrap().to_string(), "no migrations");
}
