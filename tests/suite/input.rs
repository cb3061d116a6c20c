//! Bad and odd input: bytes, names, statements that break out of transactions, tables of others.

use ambix::{Error, Migrator, repair::Repair};

use crate::{
    setup::{self, SCHEME, TRANSACTIONAL_DDL, fresh, fresh_named},
    support::{folder, from_files, migrations, migrator, revisions, tries, unique},
};

#[test]
fn a_file_that_is_not_utf_8_is_named_with_its_line() {
    let bytes: &[u8] = b"SELECT 1;\n-- Gr\xfc\xdfe\n";
    let error = from_files(&[("1_a.sql", &b"SELECT 1"[..]), ("2_b.sql", bytes)]).unwrap_err();
    assert_eq!(
        format!("{error:#}"),
        "2_b.sql:2: byte 0xfc is not UTF-8; save the file as UTF-8 (a dump with binary columns needs --hex-blob)"
    );
    for utf_16 in [&b"\xff\xfeS\0E\0"[..], b"\xfe\xff\0S\0E"] {
        let error = format!("{:#}", from_files(&[("1_a.sql", utf_16)]).unwrap_err());
        assert!(error.starts_with("1_a.sql:1: the file is UTF-16"), "{error}");
        assert!(error.contains("save it as UTF-8"), "{error}");
    }
    // A file that is not ours may hold anything.
    assert!(from_files(&[("logo.png", bytes), ("1_a.sql", &b""[..])]).is_ok());
}

#[tokio::test]
async fn odd_but_valid_texts_run() {
    let db = fresh().await;
    let files = [
        ("01_empty.sql", ""),
        ("02_blank.sql", " \n\t\r\n"),
        ("03_comment.sql", "-- only a comment, and no new line"),
        ("04_bom.sql", "\u{feff}-- ambix: labels bom\nCREATE TABLE a (id integer PRIMARY KEY)"),
        ("05_comment_at_the_end.sql", "INSERT INTO a VALUES (1) -- and no new line"),
        ("06_comment_after_it.sql", "INSERT INTO a VALUES (2);-- ; it's"),
        ("07_semicolons.sql", ";;\n;INSERT INTO a VALUES (3);;; ;"),
        ("08_no_semicolon.sql", "\n\nINSERT INTO a VALUES (4)\n\n"),
        (
            "09_selects.sql",
            "SELECT 1; SELECT id FROM a; INSERT INTO a VALUES (5); SELECT 'ambix' AS ambix, 'done';",
        ),
        (
            "10_unicode.sql",
            "CREATE TABLE \u{fc}bung (\u{540d} integer); INSERT INTO \u{fc}bung (\u{540d}) VALUES (1);",
        ),
        (
            "11_no_placeholders.sql",
            "INSERT INTO a SELECT max(id) + 1 FROM a WHERE '${x}' <> '{{ y }}' -- ${x} {{ y }}",
        ),
    ];
    let migrator = from_files(&files).unwrap();
    let report = migrator.run_pending(&db.pool).await.unwrap();
    assert_eq!(report.steps.len(), files.len());
    let notes: Vec<String> = report.notes.iter().map(ToString::to_string).collect();
    assert_eq!(
        notes,
        [
            "11_no_placeholders.sql:1: `${x}` is in a string, and ambix sends it as it is; if another tool filled it in, write its value"
        ]
    );
    assert_eq!(db.column("SELECT count(*) FROM a").await, ["6"]);
    assert!(migrator.run_pending(&db.pool).await.unwrap().is_noop());
    // In one transaction for all, too (what DDL there is, is made by now).
    let again =
        migrator.clone().history_table("again").transaction(ambix::options::TransactionMode::All);
    again.stamp(&db.pool, "04").await.unwrap();
    db.execute("DELETE FROM a; DROP TABLE \u{fc}bung").await;
    assert_eq!(again.upgrade(&db.pool, "09").await.unwrap().steps.len(), 5);
}

/// A name that the database would cut could be that of the table beside it, or of another program's history.
#[tokio::test]
async fn a_name_that_the_history_cannot_have_is_refused() {
    let n = |count: usize| "n".repeat(count);
    let two = |count: usize| "\u{e4}".repeat(count);
    let everywhere = [(String::new(), Some("cannot be empty")), ("a\0b".to_owned(), Some("NUL"))];
    let mut names = everywhere.to_vec();
    names.extend(match SCHEME {
        "postgres" => vec![
            (n(58), None),
            (n(59), Some("at most 63")),
            (n(63), Some("at most 63")),
            (n(64), Some("at most 63")),
            (two(29), None),
            (two(30), Some("at most 63")),
            ("we\"ird. \u{1f600}".to_owned(), None),
        ],
        "mysql" => vec![
            (n(59), None),
            (n(60), Some("at most 64")),
            (n(65), Some("at most 64")),
            (two(59), None),
            (two(60), Some("at most 64")),
            ("blank ".to_owned(), Some("a blank")),
            ("\u{1f600}".to_owned(), Some("cannot contain")),
            ("we`ird. \u{e4}".to_owned(), None),
        ],
        _ => vec![(n(300), None), ("we\"ird. \u{1f600} ".to_owned(), None)],
    });
    let db = fresh().await;
    for (name, problem) in names {
        let migrator = migrator(&[("r1", "CREATE TABLE IF NOT EXISTS a (id integer)", "")])
            .history_table(&name)
            .allow_existing(true);
        let Some(problem) = problem else {
            migrator.run_pending(&db.pool).await.unwrap();
            assert!(migrator.status(&db.pool).await.unwrap().is_current(), "{name}");
            continue;
        };
        let before = db.tables().await;
        for (verb, result) in [
            ("run_pending", migrator.run_pending(&db.pool).await.map(drop)),
            ("upgrade", migrator.upgrade(&db.url, "heads").await.map(drop)),
            ("downgrade", migrator.downgrade(&db.pool, "base").await.map(drop)),
            ("stamp", migrator.stamp(&db.pool, "heads").await.map(drop)),
            ("repair", migrator.repair(&db.pool, [Repair::Forget("r1".into())]).await.map(drop)),
            ("ensure_history", migrator.ensure_history(&db.pool).await.map(drop)),
            ("status", migrator.status(&db.pool).await.map(drop)),
            ("plan", migrator.plan(&db.pool, "heads").await.map(drop)),
            ("verify", migrator.verify(&db.pool).await.map(drop)),
            ("script", migrator.script(SCHEME, "base", "heads").map(drop)),
        ] {
            let error = format!("{:#}", result.expect_err(verb));
            for part in ["the history table cannot be called", problem, "Migrator::history_table"] {
                assert!(error.contains(part), "{verb} {name:?}: {part}: {error}");
            }
        }
        assert_eq!(db.tables().await, before, "{name:?}");
    }
}

#[tokio::test]
async fn another_checkout_is_the_same_file() {
    let db = fresh().await;
    let text = "CREATE TABLE a (\n  id integer,\n  note varchar(20) DEFAULT 'x'\n);\n\nINSERT INTO a (id) VALUES (1);\n";
    from_files(&[("1_a.sql", text)]).unwrap().run_pending(&db.pool).await.unwrap();
    for other in [
        text.replace('\n', "\r\n"),
        format!("\u{feff}{text}"),
        format!("\u{feff}{}", text.replace('\n', "\r\n")),
    ] {
        let migrator = from_files(&[("1_a.sql", other)]).unwrap();
        let report = migrator.run_pending(&db.pool).await.unwrap();
        assert!(report.is_noop() && report.notes.is_empty(), "{report:?}");
        assert!(migrator.status(&db.pool).await.unwrap().is_current());
        assert_eq!(migrator.status(&db.pool).await.unwrap().with("applied").count(), 1);
    }
    // White space inside of a text is text.
    let error = from_files(&[("1_a.sql", text.replace("'x'", "'x '"))])
        .unwrap()
        .run_pending(&db.pool)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Changed(_)), "{error}");
}

#[tokio::test]
async fn many_megabytes() {
    // More than a message may have.
    let size = tries(20, 50, "megabytes") * 1_000_000;
    let db = fresh().await;
    // Long rows in some hundred statements: what a dump looks like.
    let row = format!("'{}'", "it''s; -- ".repeat(100));
    let statement = |n: usize| {
        let rows: Vec<String> = (0..200).map(|at| format!("({}, {row})", n * 200 + at)).collect();
        format!("INSERT INTO big VALUES {};\n", rows.join(",\n"))
    };
    let mut text = "CREATE TABLE big (id integer PRIMARY KEY, t varchar(2000));\n".to_owned();
    let mut n = 0;
    while text.len() < size {
        text.push_str(&statement(n));
        n += 1;
    }
    let folder =
        folder(&[("1_big.sql", text.as_str()), ("2_more.sql", "INSERT INTO big VALUES (-1, 'x')")]);
    let report = Migrator::from_path(&folder.0).unwrap().run_pending(&db.pool).await.unwrap();
    assert_eq!(report.steps[0].statements, n + 1);
    assert_eq!(db.column("SELECT count(*) FROM big").await, [(n * 200 + 1).to_string()]);
}

#[tokio::test]
async fn a_file_wrapped_in_a_transaction_runs_as_if_it_were_not() {
    let wrapped =
        "-- head\nBEGIN;\nCREATE TABLE a (id integer);\nINSERT INTO a VALUES (1);\nCOMMIT;\n";
    let db = fresh().await;
    let right = migrator(&[("r1", wrapped, "BEGIN; DROP TABLE a; COMMIT")]);
    right.run_pending(&db.pool).await.unwrap();
    right.downgrade(&db.pool, "base").await.unwrap();
    right.run_pending(&db.pool).await.unwrap();
    assert_eq!(db.column("SELECT count(*) FROM a").await, ["1"]);
    let db = fresh().await;
    let error = migrator(&[(
        "r1",
        &wrapped.replace("INSERT", "INSERT INTO nowhere VALUES (1); INSERT"),
        "",
    )]);
    let error = error.run_pending(&db.pool).await.unwrap_err();
    assert!(matches!(&error, Error::Failed(f) if f.place.line == 4), "{error}");
    // The transaction is ours: what the file did before is gone, where DDL can be rolled back.
    assert_eq!(db.tables().await.is_empty(), TRANSACTIONAL_DDL);
    assert_eq!(db.leaks().await, Vec::<String>::new());
    // Half a wrapping is none.
    for text in [
        "BEGIN;\nCREATE TABLE b (id integer);",
        "CREATE TABLE b (id integer);\nCOMMIT;",
        "BEGIN; SELECT 1; COMMIT; COMMIT; SELECT 2",
        "START TRANSACTION; COMMIT; BEGIN",
    ] {
        let error = migrator(&[("r1", text, "")])
            .history_table(unique("h"))
            .run_pending(&db.pool)
            .await
            .unwrap_err();
        assert!(
            matches!(&error, Error::Source { .. })
                && format!("{error:#}").contains("inside a migration"),
            "{text}: {error}"
        );
    }
    assert!(!db.tables().await.contains(&"b".to_owned()));
}

#[tokio::test]
async fn names_with_quotes_and_signs() {
    for name in [
        "Q\"u`o't\\e ü 表",
        "UPPER",
        "select",
        "a.b",
        "ambix_history; DROP TABLE t1 --",
        "{epoch}",
        "%s $1 ?",
    ] {
        let db = fresh().await;
        let one = || {
            migrator(&[("r1", "CREATE TABLE t1 (id integer)", "DROP TABLE t1")]).history_table(name)
        };
        one().run_pending(&db.pool).await.unwrap();
        assert!(one().run_pending(&db.pool).await.unwrap().is_noop(), "{name}");
        assert_eq!(one().history(&db.pool).await.unwrap().records.len(), 1, "{name}");
        one().downgrade(&db.pool, "base").await.unwrap();
        one().stamp(&db.pool, "head").await.unwrap();
        assert_eq!(one().current(&db.pool).await.unwrap().revisions, ["r1"], "{name}");
        assert_eq!(db.leaks().await, Vec::<String>::new(), "{name}");
    }
}

#[tokio::test]
async fn database_names_with_capitals_blanks_and_quotes() {
    for name in ["AMBIX_UPPER", "Ambix Mixed", "ambix'q\"`ü", "ambix-dash"] {
        let db = fresh_named(&unique(name)).await;
        let migrator = crate::support::three();
        assert_eq!(migrator.run_pending(&db.pool).await.unwrap().steps.len(), 3, "{name}");
        assert!(migrator.run_pending(&db.pool).await.unwrap().is_noop(), "{name}");
        assert_eq!(db.tables().await, ["t1", "t2", "t3"], "{name}");
        assert_eq!(db.leaks().await, Vec::<String>::new(), "{name}");
    }
}

#[tokio::test]
async fn revisions_and_names_of_any_letters() {
    let db = fresh().await;
    let long = "x".repeat(64);
    let list = [
        ("Ünïcode_1.0", "CREATE TABLE a (id integer)", "DROP TABLE a -- it's \\ \"down\""),
        ("世界", "INSERT INTO a VALUES (1)", "DELETE FROM a"),
        ("ÜNÏCODE_1.0", "INSERT INTO a VALUES (2)", "DELETE FROM a"),
        (&long, "INSERT INTO a VALUES (3)", "DELETE FROM a"),
    ];
    let all = migrations(&list);
    let names: Vec<String> = all.iter().map(|m| m.name().to_owned()).collect();
    let migrator = Migrator::from_migrations(all).unwrap();
    migrator.run_pending(&db.pool).await.unwrap();
    let history = migrator.history(&db.pool).await.unwrap();
    assert_eq!(history.records.iter().map(|r| r.name.clone()).collect::<Vec<_>>(), names);
    assert_eq!(
        revisions(&migrator.downgrade(&db.pool, "世").await.unwrap()),
        [&long, "ÜNÏCODE_1.0"]
    );
    // The down side that the history keeps is the text, to the letter.
    let none = crate::support::migrator(&[]);
    assert_eq!(
        revisions(&none.downgrade(&db.pool, "base").await.unwrap()),
        ["世界", "Ünïcode_1.0"]
    );
    assert_eq!(db.tables().await, Vec::<String>::new());
    let quotes = ambix::Migration::new("q", "it's \\ \"quoted\" `name`; -- ü\n2").up("SELECT 1");
    let one = Migrator::from_migrations(ambix::Migrations::new([quotes]).unwrap()).unwrap();
    one.application("it's \\ an \"app\"; --", "1'0").run_pending(&db.pool).await.unwrap();
    assert_eq!(
        db.column("SELECT name FROM ambix_history WHERE revision = 'q'").await,
        ["it's \\ \"quoted\" `name`; -- ü\n2"]
    );
}

/// Every verb on a history that a newer version has written.
async fn newer(migrator: &Migrator, db: &setup::Fresh, what: &str) {
    let pool = &db.pool;
    let short = std::time::Duration::from_millis(1);
    let errors = [
        ("run_pending", migrator.run_pending(pool).await.unwrap_err()),
        ("upgrade", migrator.upgrade(pool, "+1").await.unwrap_err()),
        ("downgrade", migrator.downgrade(pool, "base").await.unwrap_err()),
        ("reset", migrator.reset(pool).await.unwrap_err()),
        ("stamp", migrator.stamp(pool, "head").await.unwrap_err()),
        ("plan", migrator.plan(pool, "head").await.unwrap_err()),
        ("current", migrator.current(pool).await.unwrap_err()),
        ("history", migrator.history(pool).await.unwrap_err()),
        ("status", migrator.status(pool).await.unwrap_err()),
        ("verify", migrator.verify(pool).await.unwrap_err()),
        ("repair", migrator.repair(pool, []).await.unwrap_err()),
        (
            "repair one",
            migrator.repair(pool, [Repair::MarkApplied("r1".into())]).await.unwrap_err(),
        ),
    ];
    for (verb, error) in errors {
        assert!(
            matches!(&error, Error::NewerLayout { layout: 99, known: 1, .. }),
            "{what}: {verb}: {error}"
        );
    }
    let error = format!("{:#}", migrator.wait(pool, "head", short).await.unwrap_err());
    assert!(error.contains("layout 99"), "{what}: wait: {error}");
    assert_eq!(db.leaks().await, Vec::<String>::new(), "{what}");
}

#[tokio::test]
async fn a_history_of_a_newer_layout_is_left_alone() {
    for (what, change) in [
        ("nothing else", "SELECT 1"),
        ("a new column", "ALTER TABLE ambix_history ADD COLUMN later varchar(20)"),
        ("a column that is gone", "ALTER TABLE ambix_history DROP COLUMN checksum"),
        ("another column name", "ALTER TABLE ambix_history RENAME COLUMN doubt_hash TO doubt"),
    ] {
        let db = fresh().await;
        let migrator = crate::support::three();
        migrator.upgrade(&db.pool, "+1").await.unwrap();
        db.execute("UPDATE ambix_history_lock SET layout = 99").await;
        db.execute(change).await;
        newer(&migrator, &db, what).await;
        assert_eq!(db.tables().await, ["t1"], "{what}");
    }
}

#[tokio::test]
async fn a_table_of_another_tool_is_left_alone() {
    let db = fresh().await;
    db.execute("CREATE TABLE ambix_history (id integer PRIMARY KEY, version varchar(10))").await;
    let migrator = crate::support::three();
    let pool = &db.pool;
    let errors = [
        ("run_pending", migrator.run_pending(pool).await.unwrap_err()),
        ("stamp", migrator.stamp(pool, "head").await.unwrap_err()),
        ("repair", migrator.repair(pool, []).await.unwrap_err()),
        ("status", migrator.status(pool).await.unwrap_err()),
        ("current", migrator.current(pool).await.unwrap_err()),
        ("plan", migrator.plan(pool, "head").await.unwrap_err()),
    ];
    for (verb, error) in errors {
        let error = format!("{error:#}");
        assert!(
            error.contains("another tool") && error.contains("history_table"),
            "{verb}: {error}"
        );
    }
    assert_eq!(db.tables().await, Vec::<String>::new());
    assert_eq!(db.leaks().await, Vec::<String>::new());
    let tables = db.column("SELECT count(*) FROM ambix_history").await;
    assert_eq!(tables, ["0"]);
    let migrator = migrator.history_table("our_history").allow_existing(true);
    migrator.run_pending(pool).await.unwrap();
}

/// The table of the lock is another's, or the history has lost a column: no file is to blame, and what is missing is named.
#[tokio::test]
async fn half_a_history_is_named() {
    let db = fresh().await;
    db.execute("CREATE TABLE ambix_history_lock (x integer)").await;
    let migrator = crate::support::three();
    let error = migrator.run_pending(&db.pool).await.unwrap_err();
    let text = format!("{error:#}");
    assert!(text.contains("ambix_history_lock") && !text.contains("r1"), "{text}");
    assert_eq!(db.tables().await, Vec::<String>::new());
    db.execute("DROP TABLE ambix_history_lock").await;
    migrator.run_pending(&db.pool).await.unwrap();
    db.execute("ALTER TABLE ambix_history RENAME COLUMN checksum TO sum").await;
    for error in [
        migrator.run_pending(&db.pool).await.unwrap_err(),
        migrator.status(&db.pool).await.unwrap_err(),
    ] {
        let text = format!("{error:#}");
        assert!(text.contains("checksum") && text.contains("from a backup"), "{text}");
    }
}

#[tokio::test]
async fn a_history_that_somebody_has_dropped_is_not_an_empty_one() {
    let db = fresh().await;
    let migrator = crate::support::three();
    migrator.run_pending(&db.pool).await.unwrap();
    db.execute("DROP TABLE ambix_history").await;
    let error = migrator.current(&db.pool).await.unwrap_err();
    assert!(matches!(error, ambix::Error::History { .. }), "{error}");
    migrator.stamp(&db.pool, "head").await.unwrap();
    assert!(migrator.run_pending(&db.pool).await.unwrap().is_noop());
    db.execute("DROP TABLE ambix_history_lock").await;
    let error = format!("{:#}", migrator.run_pending(&db.pool).await.unwrap_err());
    assert!(error.contains("another tool"), "{error}");
}

#[tokio::test]
async fn a_password_is_never_repeated() {
    let migrator = crate::support::three();
    for url in [crate::flavor::UNREACHABLE, crate::flavor::UNREADABLE, "redis://u:hunter2@h/d"] {
        let error = migrator.run_pending(url).await.unwrap_err();
        let mut said = format!("{error} {error:?}");
        let mut source = std::error::Error::source(&error);
        while let Some(inner) = source {
            said += &format!(" {inner} {inner:?}");
            source = inner.source();
        }
        assert!(SCHEME == "sqlite" || !said.contains("hunter2"), "{url}: {said}");
    }
}
