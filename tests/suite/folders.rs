//! Folders as other tools leave them: which files belong together, which are left aside, and how they run.

use ambix::{
    Migration, Migrations, Migrator,
    draft::DraftOptions,
    schema::{Column, Schema, Table, Type},
};

use crate::{
    flavor::ONLY_ALONE,
    setup::{SCHEME, TRANSACTIONAL_DDL, fresh},
    support::{from_files, revisions},
};

/// Files; and of each migration its revision, its name, and whether there is a down side.
type Read = (&'static [&'static str], &'static [(&'static str, &'static str, bool)]);
const READ: &[Read] = &[
    // sqlx and golang-migrate pair by version alone.
    (
        &["20240101000000_add_x.up.sql", "20240101000000_add_x_table.down.sql"],
        &[("20240101000000", "add x", true)],
    ),
    (
        &["1_a.up.sql", "1_b.down.sql", "2_a.up.sql", "2_.down.sql"],
        &[("1", "a", true), ("2", "a", true)],
    ),
    (&["0001_a.up.sql", "1_b.down.sql"], &[("0001", "a", true)]),
    (&["000001_a.up.sql", "000001.down.sql"], &[("000001", "a", true)]),
    (&["3_drop-it.down.sql", "3_make it.up.sql"], &[("3", "make it", true)]),
    (
        &["20240101_0900_abcdef_new_name.up.sql", "20240101_0900_abcdef_old_name.down.sql"],
        &[("abcdef", "new name", true)],
    ),
    // Of two that were made in one minute the ids tell which is which.
    (
        &[
            "20240101_0900_aaaaaa_x.up.sql",
            "20240101_0900_aaaaaa_y.down.sql",
            "20240101_0900_bbbbbb_y.up.sql",
        ],
        &[("aaaaaa", "x", true), ("bbbbbb", "y", false)],
    ),
    // diesel's version is what stands before the first `_`.
    (
        &["2023-05-23-1715-update-assignment/up.sql", "2023-05-23-1715-update-assignment/down.sql"],
        &[("202305231715updateassignment", "update assignment", true)],
    ),
    (
        &[
            "00000000000000_diesel_initial_setup/up.sql",
            "2020-01-01-000000_a/up.sql",
            "2020-01-01-000000-2_a/up.sql",
            "20200102_0900_abcdef_x/up.sql",
        ],
        &[
            ("00000000000000", "diesel initial setup", false),
            ("20200101000000", "a", false),
            ("202001010000002", "a", false),
            ("20200102", "0900 abcdef x", false),
        ],
    ),
    (
        &[
            "1_a/up.sql",
            "1_a/down.sql",
            "1_a/notes.sql",
            "seed.sql",
            "2_old.sql",
            "seeds/users.sql",
            "a/b/c.sql",
        ],
        &[("1", "a", true)],
    ),
    // Newer versions of diesel write longer ones.
    (
        &[
            "2019-02-26-002946_a/up.sql",
            "2025-09-19-132648-0000_b/up.sql",
            "2025-09-19-132649_c/up.sql",
        ],
        &[
            ("20190226002946", "a", false),
            ("202509191326480000", "b", false),
            ("20250919132649", "c", false),
        ],
    ),
    // What is added after diesel's folders.
    (
        &["1_a/up.sql", "20240101_0900_abcdef_b.up.sql", "20240101_0900_abcdef_b.down.sql"],
        &[("1", "a", false), ("abcdef", "b", true)],
    ),
    // The case of an extension means nothing.
    (&["V1__a.sql", "V2__b.SQL", "U2__b.Sql"], &[("1", "a", false), ("2", "b", true)]),
    (&["1_a.up.SQL", "1_a.down.sql"], &[("1", "a", true)]),
    (&["1_a.UP.sql", "1_a.Down.SQL"], &[("1", "a", true)]),
    (&["1_a/Up.sql", "1_a/DOWN.SQL"], &[("1", "a", true)]),
    (&["0001_a.sQL"], &[("0001", "a", false)]),
    // To Flyway these are one version.
    (
        &["V1.0__a.sql", "U1__a.sql", "V02__b.sql", "U2__c.sql"],
        &[("1.0", "a", true), ("02", "b", true)],
    ),
    (&[".git/1_x.sql", ".idea/x.sql", ".2_b.sql", "1_a.sql", "notes.txt"], &[("1", "a", false)]),
];

#[test]
fn files_are_paired_and_named() {
    for (files, expected) in READ {
        let files: Vec<(&str, String)> =
            files.iter().map(|file| (*file, format!("-- {file}"))).collect();
        let migrator = from_files(&files).unwrap_or_else(|error| panic!("{files:?}: {error}"));
        let found: Vec<(&str, &str, bool)> = migrator
            .graph()
            .iter()
            .map(|m| (m.revision(), m.name(), m.down_script().is_some()))
            .collect();
        assert_eq!(&found, expected, "{files:?}");
        for migration in migrator.graph().iter() {
            let file = |text: &str| text.to_lowercase().contains("up.sql") || !text.contains("own");
            assert!(file(migration.up_script().file()), "{files:?}");
        }
    }
}

/// Files, and what the message has in it.
type Refused = (&'static [(&'static str, &'static str)], &'static [&'static str]);
const REFUSED: &[Refused] = &[
    (
        &[("1_a.up.sql", ""), ("1_b.down.sql", ""), ("1_c.down.sql", "")],
        &["1_c.down.sql: ", "without an up side"],
    ),
    (
        &[("1_a.up.sql", ""), ("1_b.up.sql", ""), ("1_c.down.sql", "")],
        &["1_c.down.sql: ", "same version (1)"],
    ),
    (&[("1_a.up.sql", ""), ("1_b.up.sql", "")], &["revision 1 is used twice"]),
    (&[("V1__a.sql", ""), ("V1.0__b.sql", "")], &["V1__a.sql: is the same side", "V1.0__b.sql"]),
    (&[("1_a/up.sql", ""), ("1_a/UP.sql", "")], &["is the same side"]),
    (&[("initial/up.sql", "")], &["initial/up.sql: ", "<version>_initial"]),
    (&[("v2__b.sql", "")], &["v2__b.sql: ", "name it V2__b.sql"]),
    (&[("V1__b.sql", ""), ("u1__b.sql", "")], &["u1__b.sql: ", "name it U1__b.sql"]),
    (&[("r__views.SQL", "")], &["r__views.SQL: ", "repeatable", "out of the folder"]),
    (&[("B2__all.sql", "")], &["B2__all.sql: ", "V2__all.sql"]),
    (&[("beforeMigrate.sql", "")], &["beforeMigrate.sql: ", "out of the folder"]),
    (&[("pg/V1__x.sql", "")], &["sub-folder pg", "move the file"]),
    (&[("pg/1_x/migration.sql", "")], &["sub-folder pg/1_x", "move the file"]),
    (&[("20240101000000_init/migration.sql", "")], &["Prisma's", "20240101000000_init/up.sql"]),
    (&[("2_b/Migration.SQL", "")], &["Prisma's", "2_b/up.sql"]),
    (&[("V1__a.sql", ""), ("V2__b.rs", "")], &["V2__b.rs: ", "-- ambix: run"]),
    (&[("00001_a.sql", ""), ("00002_b.go", "")], &["00002_b.go: ", "left out"]),
    (
        &[("V1__a.sql", ""), ("V1__a.sql.conf", "shouldExecute=false\n")],
        &["V1__a.sql.conf:1: ", "shouldExecute"],
    ),
    (
        &[("V1__a.sql", ""), ("V1__a.sql.conf", "# x\n\nencoding=ISO-8859-1\n")],
        &["V1__a.sql.conf:3: ", "encoding"],
    ),
    (
        &[("V1__a.sql", ""), ("V2__a.sql.conf", "executeInTransaction=false")],
        &["V2__a.sql.conf: ", "there is no V2__a.sql"],
    ),
    (
        &[("V1__a.sql", ""), ("U1__a.sql", ""), ("U1__a.sql.conf", "executeInTransaction=false")],
        &["U1__a.sql.conf: ", "`-- ambix: transaction none` at the head of U1__a.sql"],
    ),
    (&[("1_a.sql", "SELECT 1;\n\0")], &["1_a.sql:2:1: a NUL byte"]),
    (&[("1_a.sql", "-- é\0\nSELECT 1;")], &["1_a.sql:1:5: a NUL byte"]),
    (&[("1_a.sql", "SELECT 1; /* \0 */")], &["1_a.sql:1:14: a NUL byte"]),
    (&[("1_a.sql", "\u{feff}SELECT 1;\r\nSELECT 2;\r\n\r\n  \0")], &["1_a.sql:4:3: a NUL byte"]),
    (
        &[("1_a.up.sql", "SELECT 1"), ("1_a.down.sql", "\nSELECT '\0'")],
        &["1_a.down.sql:2:9: a NUL byte"],
    ),
    (
        &[("1_a.sql", "-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT\0 2;")],
        &["1_a.sql:4:7: a NUL byte"],
    ),
    (&[("1_a/up.sql", "S\0E\0L\0")], &["1_a/up.sql:1:2: ", "UTF-16"]),
    // To most tools these are one version, of which one file would never run, or is the other's down side.
    (&[("01_b.sql", ""), ("1_a.sql", "")], &["1_a.sql: has the same number as 01_b.sql"]),
    (&[("000_b.up.sql", ""), ("0_a.up.sql", "")], &["0_a.up.sql: has the same number"]),
    (
        &[("01_b.up.sql", ""), ("01_b.down.sql", ""), ("1_a.up.sql", ""), ("1_a.down.sql", "")],
        &["1_a.up.sql: has the same number", "-- ambix: revision"],
    ),
    (&[("01_a.sql", ""), ("1_a_down.sql", "")], &["1_a_down.sql: ", "name it 01_a.down.sql"]),
    (&[("1_a.sql", ""), ("1_a-Rollback.sql", "")], &["1_a-Rollback.sql: ", "1_a.down.sql"]),
    (&[("1_a_up.sql", ""), ("1_a_undo.sql", "")], &["1_a_undo.sql: ", "1_a_up.down.sql"]),
    (&[("1_a.sql", ""), ("1_a.rollback.sql", "")], &["1_a.rollback.sql: ", "1_a.down.sql"]),
    (&[("V1__a.sql", ""), ("V1__a.undo.sql", "")], &["V1__a.undo.sql: ", "V1__a.down.sql"]),
    (&[("1_a.Revert.sql", "")], &["1_a.Revert.sql: ", "another tool's word", "1_a.down.sql"]),
    (&[("1_a.do.sql", "")], &["1_a.do.sql: ", "1_a.up.sql"]),
    // Both sides would be run, or neither, or a statement would be left out.
    (&[("1_a.sql", "-- migrate:up\rA;\r-- migrate:down\rB;")], &["1_a.sql:1: ", "line feeds"]),
    (&[("1_a.sql", "-- migrate:up\nA;\r-- x\rB;\n")], &["1_a.sql:2: ", "line feeds"]),
    (&[("1_a.sql", "A;\n-- ambix: labels x\rB;\n")], &["1_a.sql:2: ", "line feeds"]),
    (&[("1_a.sql", ""), ("2_b.exs", "")], &["2_b.exs: ", "left out"]),
    (&[("1_a.sql", ""), ("2_b.sh", "")], &["2_b.sh: ", "left out"]),
    (
        &[("1_a/up.sql", ""), ("1_a/metadata.toml", "# x\nrun_in_transaction = \"false\"\n")],
        &["1_a/metadata.toml:2: ", "true or false"],
    ),
    (&[("1_a.sql", "-- ambix: revision ..")], &["1_a.sql: ", "needs a letter or a digit"]),
    (&[("1_a.sql", "-- ambix: revision _._")], &["1_a.sql: ", "needs a letter or a digit"]),
];

#[test]
fn what_cannot_be_read_says_what_to_do() {
    for (files, parts) in REFUSED {
        let error = format!("{:#}", from_files(files).unwrap_err());
        assert!(
            parts.iter().all(|part| error.contains(part)),
            "{files:?}: {error}\nexpected {parts:?}"
        );
    }
}

/// What stands beside diesel's folders is said by what runs and what plans.
#[tokio::test]
async fn what_is_left_aside_is_named() {
    let db = fresh().await;
    let migrator = from_files(&[
        ("1_a/up.sql", "CREATE TABLE a (id integer)"),
        ("1_a/more.sql", "CREATE TABLE more (id integer)"),
        ("seed.sql", "CREATE TABLE seed (id integer)"),
        ("2_old.sql", "CREATE TABLE old (id integer)"),
    ])
    .unwrap();
    let plan = crate::support::said(&migrator.plan(&db.pool, "heads").await.unwrap().notes);
    let report = migrator.run_pending(&db.pool).await.unwrap();
    for said in [plan, crate::support::said(&report.notes)] {
        for file in ["1_a/more.sql", "seed.sql", "2_old.sql"] {
            assert!(said.contains(file), "{said}");
        }
    }
    assert_eq!(db.tables().await, ["a"]);
}

/// What may be meant as a migration and has another ending is named as well.
#[tokio::test]
async fn what_is_nearly_sql_is_named() {
    let db = fresh().await;
    let unread = ["2_b.pgsql", "3_c.sql.j2", "4_d.sql~", "V5__e.yaml", "6_f.DDL"];
    let files = unread.iter().chain(["1_a.sql", "notes.json", "7_g.md", "ambix.sum"].iter());
    let files: Vec<(&str, &str)> = files.map(|file| (*file, "")).collect();
    let plan = from_files(&files).unwrap().plan(&db.pool, "heads").await.unwrap();
    let said = crate::support::said(&plan.notes);
    assert!(unread.iter().all(|file| said.contains(file)), "{said}");
    assert!(!["notes.json", "7_g.md", "1_a"].iter().any(|file| said.contains(file)), "{said}");
}

/// An id of its own makes a migration of the same number another one.
#[test]
fn one_number_with_ids_is_two_migrations() {
    for files in [
        [("01_a.sql", ""), ("1_b.sql", "-- ambix: revision b")],
        [("1_a.up.sql", "-- ambix: revision a"), ("1_a_down.up.sql", "")],
        [("20240101_0900_aaaaaa_x.up.sql", ""), ("20240101_0900_bbbbbb_x_down.up.sql", "")],
        [("20240101_a.sql", ""), ("20240101000000_b.sql", "")],
    ] {
        assert_eq!(from_files(&files).unwrap().graph().iter().count(), 2, "{files:?}");
    }
}

/// SQL that a program passes, and SQL of models, is looked at as well; nothing is run.
#[tokio::test]
async fn a_nul_byte_is_found_wherever_sql_comes_from() {
    let none = Vec::<Migration>::new();
    for (list, place) in [
        (vec![Migration::new("a", "a").up("SELECT 1;\n \0")], "<a up>:2:2: "),
        (vec![Migration::new("a", "a").up("SELECT 1").down("\0")], "<a down>:1:1: "),
        (vec![Migration::new("a", "x\0y").up("SELECT 1")], "<a up>: the name has a NUL byte"),
        (vec![Migration::new("a\0", "a")], "<a\0 up>: '\\0' cannot be in a revision"),
    ] {
        let error = format!("{:#}", Migrations::new(list).unwrap_err());
        assert!(error.starts_with(place), "{error}");
    }
    let db = fresh().await;
    let migrator = Migrator::from_migrations(Migrations::new(none).unwrap()).unwrap();
    let column = Column::new("id", Type::Integer).default_sql("1 \0");
    let error = migrator
        .models(Schema::new().table(Table::new("t").column(column)))
        .draft(&db.pool, DraftOptions::new())
        .await
        .unwrap_err();
    assert!(format!("{error:#}").contains("a NUL byte"), "{error}");
    assert_eq!(db.tables().await, Vec::<String>::new());
    let schema = crate::support::folder(&[
        ("schema.sql", "CREATE TABLE t (id integer);\n\0"),
        ("migrations/ambix.sum", ""),
    ]);
    let output = std::process::Command::new(crate::suite::cli::program())
        .args(["check", "--database-url", &db.url, "--schema", "schema.sql"])
        .current_dir(&schema.0)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("schema.sql:2:1: a NUL byte"), "{error}");
}

/// Both directions, by every way that says it, and as a script.
#[tokio::test]
async fn what_can_only_stand_alone_runs_so_by_itself() {
    let alone = ONLY_ALONE.join(";\n") + ";";
    let mixed = format!("CREATE TABLE u (n integer);\n{alone}");
    let first = ("V1__t.sql", "CREATE TABLE t (n integer);");
    for (conf, text, noted) in [
        (None, alone.clone(), true),
        (None, format!("-- a comment\n\n{alone}\n-- another"), true),
        (Some("executeInTransaction=false\n"), alone.clone(), false),
        (Some("# Flyway\nexecuteInTransaction = false"), mixed.clone(), false),
        (Some("flyway.executeInTransaction=FALSE"), mixed.clone(), false),
        (None, format!("-- ambix: transaction none\n{mixed}"), false),
    ] {
        let db = fresh().await;
        let mut files = vec![first, ("V2__alone.sql", text.as_str()), ("U2__alone.sql", "")];
        files.extend(conf.map(|conf| ("V2__alone.sql.conf", conf)));
        let migrator = from_files(&files).unwrap();
        let plan = crate::support::said(&migrator.plan(&db.pool, "heads").await.unwrap().notes);
        migrator.script(SCHEME, "base", "heads").unwrap();
        let report = migrator.run_pending(&db.pool).await.unwrap();
        assert_eq!(revisions(&report), ["1", "2"], "{files:?}");
        for said in [plan, crate::support::said(&report.notes)] {
            let says = said.contains("V2__alone.sql runs without a transaction");
            assert_eq!(says, noted && TRANSACTIONAL_DDL, "{files:?}: {said}");
        }
        migrator.downgrade(&db.pool, "1").await.unwrap();
    }
    // The way down.
    let db = fresh().await;
    let files =
        [first, ("V2__x.sql", "CREATE TABLE x (n integer);"), ("U2__x.sql", alone.as_str())];
    let migrator = from_files(&files).unwrap();
    migrator.run_pending(&db.pool).await.unwrap();
    let report = migrator.downgrade(&db.pool, "1").await.unwrap();
    let says = crate::support::said(&report.notes).contains("U2__x.sql runs without");
    assert_eq!(says, TRANSACTIONAL_DDL, "{:?}", report.notes);
    // A mixture needs to be told, and so does what its author has put into a transaction.
    for text in [mixed.clone(), format!("BEGIN;\n{alone}\nCOMMIT;")] {
        let db = fresh().await;
        let result =
            from_files(&[first, ("V2__x.sql", text.as_str())]).unwrap().run_pending(&db.pool).await;
        match result {
            Err(error) => {
                assert!(format!("{error:#}").contains("-- ambix: transaction none"), "{error}");
                assert_eq!(db.tables().await, Vec::<String>::new());
            }
            Ok(_) if TRANSACTIONAL_DDL => panic!("{text}"),
            Ok(_) => {}
        }
    }
}

/// What stands in a folder beside a file: a name, what a link of that name leads to (nothing for a pipe), how many migrations
/// there are, and otherwise what the message has in it.
#[cfg(unix)]
const LINKS: &[(&str, Option<&str>, Result<usize, &str>)] = &[
    ("2_b.sql", Some("ELSEWHERE/2_b.sql"), Err("2_b.sql: is a link that leads out")),
    ("2_b.sql", Some("../NAME/2_b.sql"), Err("2_b.sql: is a link that leads out")),
    ("2_x", Some("ELSEWHERE/x"), Err("2_x: is a link that leads out")),
    ("ambix.sum", Some("ELSEWHERE/2_b.sql"), Err("ambix.sum: is a link that leads out")),
    ("2_b.sql", Some("/dev/zero"), Err("2_b.sql: is not a file")),
    ("2_b.sql", None, Err("2_b.sql: is not a file")),
    ("sub/metadata.toml", None, Err("metadata.toml: is not a file")),
    ("2_x", Some("."), Err("is read already")),
    ("2_b.sql", Some("/nowhere/2_b.sql"), Err("remove the link")),
    // These are no business of ours.
    ("notes", None, Ok(1)),
    ("README", Some("/nowhere/x"), Ok(1)),
    ("2_b.sql", Some(".data/2_b.sql"), Ok(2)),
];

/// What is said of such a file would be two lines, of which its author has written the second.
#[cfg(unix)]
#[test]
fn a_line_break_in_a_name_is_refused() {
    for name in [
        "1_a\nb.sql",
        "sub/1_a.up\n.sql",
        "\n1_a.sql",
        "2024-01-01-000000_a\nb/up.sql",
        "V1__a\n.sql",
    ] {
        let folder = crate::support::folder(&[(name, "SELECT 1")]);
        let error = Migrator::from_path(&folder.0).unwrap_err().to_string();
        assert!(
            error.contains("\\n") && error.contains("has a line break in its name"),
            "{name:?}: {error}"
        );
        assert!(!error.contains('\n'), "{error:?}");
    }
}

/// Only files of the folder are read.
#[cfg(unix)]
#[test]
fn links_pipes_and_devices() {
    use std::os::unix::fs::symlink;
    let elsewhere = crate::support::folder(&[("2_b.sql", "SELECT 2"), ("x/up.sql", "SELECT 3")]);
    let (path, name) = (elsewhere.0.to_str().unwrap(), elsewhere.0.file_name().unwrap());
    for (file, target, expected) in LINKS {
        let folder = crate::support::folder(&[
            ("1_a.sql", "SELECT 1"),
            (".data/2_b.sql", "SELECT 2"),
            ("sub/notes", ""),
        ]);
        let to = folder.0.join(file);
        match target {
            Some(target) => {
                let target =
                    target.replace("ELSEWHERE", path).replace("NAME", name.to_str().unwrap());
                symlink(target, to).unwrap();
            }
            None => {
                let made = std::process::Command::new("mkfifo").arg(to).status().unwrap();
                assert!(made.success());
            }
        }
        let found = Migrator::from_path(&folder.0).map(|migrator| migrator.graph().len());
        match (found.map_err(|error| format!("{error:#}")), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, *expected, "{file} {target:?}"),
            (Err(error), Err(part)) => assert!(error.contains(part), "{file} {target:?}: {error}"),
            (found, _) => panic!("{file} {target:?}: {found:?}"),
        }
    }
    // The folder itself may be a link.
    let folder = crate::support::folder(&[("real/1_a.sql", "SELECT 1")]);
    symlink("real", folder.0.join("link")).unwrap();
    assert_eq!(Migrator::from_path(folder.0.join("link")).unwrap().graph().len(), 1);
}
