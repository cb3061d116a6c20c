//! Offline scripts, run by the database's own shell, against the same migrations run by this crate.

use ambix::{Error, Migration, Migrations, Migrator};

use crate::{
    flavor::{SAMPLE, TRICKY, schema, shell},
    setup::{Fresh, SCHEME, fresh},
    support::{migrator, three},
};

/// Runs a script that must work.
fn run(db: &Fresh, script: &str) {
    let output = shell(db, script);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{script}");
}

/// What the history says, apart from times and names.
async fn history(db: &Fresh) -> Vec<String> {
    let mut rows = Vec::new();
    for column in [
        "checksum",
        "token_checksum",
        "parents",
        "depends_on",
        "flags",
        "state",
        "statements_done",
        "down",
    ] {
        rows.extend(
            db.column(&format!(
                "SELECT {} FROM ambix_history ORDER BY 1",
                crate::flavor::row(column)
            ))
            .await,
        );
    }
    rows
}

/// All up, half down, all down: by shell and by program, in step.
async fn as_a_run_does(migrator: &Migrator, half: &str) {
    let (by_shell, by_run) = (fresh().await, fresh().await);
    run(&by_shell, &migrator.script(SCHEME, "base", "heads").unwrap());
    migrator.run_pending(&by_run.pool).await.unwrap();
    assert_eq!(schema(&by_shell).await, schema(&by_run).await);
    assert_eq!(history(&by_shell).await, history(&by_run).await);
    assert!(!history(&by_run).await.is_empty() && !schema(&by_run).await.is_empty());
    assert!(migrator.run_pending(&by_shell.pool).await.unwrap().is_noop());
    assert!(migrator.verify(&by_shell.pool).await.unwrap().is_ok());
    assert!(migrator.status(&by_shell.pool).await.unwrap().is_current());

    run(&by_shell, &migrator.script(SCHEME, "heads", half).unwrap());
    migrator.downgrade(&by_run.pool, half).await.unwrap();
    assert_eq!(schema(&by_shell).await, schema(&by_run).await);
    assert_eq!(history(&by_shell).await, history(&by_run).await);
    // From the middle, where the history's tables are there already.
    run(&by_shell, &migrator.script(SCHEME, half, "heads").unwrap());
    assert!(migrator.run_pending(&by_shell.pool).await.unwrap().is_noop());
    // What a script has applied the program can take back, and the other way round.
    migrator.downgrade(&by_shell.pool, "base").await.unwrap();
    migrator.run_pending(&by_run.pool).await.unwrap();
    run(&by_run, &migrator.script(SCHEME, "heads", "base").unwrap());
    assert_eq!(schema(&by_shell).await, schema(&by_run).await);
    assert_eq!(history(&by_run).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_sample_app() {
    let migrator = Migrator::from_path(SAMPLE).unwrap();
    as_a_run_does(&migrator, "abc123").await;
}

/// BUG-023 is among them: what can stand in no transaction stands between two.
#[tokio::test]
async fn tricky_files() {
    as_a_run_does(&migrator(TRICKY), "x03").await;
}

/// The rows are the same, too, to the letter.
#[tokio::test]
async fn the_data_of_tricky_files() {
    let (by_shell, by_run) = (fresh().await, fresh().await);
    let migrator = migrator(TRICKY);
    run(&by_shell, &migrator.script(SCHEME, "base", "heads").unwrap());
    migrator.run_pending(&by_run.pool).await.unwrap();
    for query in ["SELECT name FROM t ORDER BY id", "SELECT what FROM log ORDER BY 1"] {
        let rows = by_run.column(query).await;
        assert!(rows.len() > 4, "{rows:?}");
        assert_eq!(by_shell.column(query).await, rows);
    }
    assert!(
        by_run.column("SELECT name FROM t WHERE id = 1").await[0].starts_with("Grüße; 世界 \\ ")
    );
}

#[tokio::test]
async fn another_history_table_with_an_odd_name() {
    let db = fresh().await;
    let migrator = three().history_table("ambix \"o'dd\" `\\ ü");
    run(&db, &migrator.script(SCHEME, "base", "r2").unwrap());
    assert_eq!(migrator.current(&db.pool).await.unwrap().revisions, ["r2"]);
}

#[tokio::test]
async fn a_script_stops_at_the_first_error() {
    let db = fresh().await;
    let broken = migrator(&[
        ("r1", "CREATE TABLE t1 (id integer)", ""),
        (
            "r2",
            "INSERT INTO t1 VALUES (1); INSERT INTO nowhere VALUES (1); INSERT INTO t1 VALUES (2)",
            "",
        ),
        ("r3", "CREATE TABLE t3 (id integer)", ""),
    ]);
    let output = shell(&db, &broken.script(SCHEME, "base", "heads").unwrap());
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("nowhere"), "{output:?}");
    assert_eq!(db.tables().await, ["t1"]);
    assert_eq!(
        db.column("SELECT count(*) FROM t1").await,
        ["0"],
        "the failing step was one transaction"
    );
    assert_eq!(broken.current(&db.pool).await.unwrap().revisions, ["r1"]);
}

#[tokio::test]
async fn a_script_that_was_run_already_changes_nothing() {
    let db = fresh().await;
    let script = three().script(SCHEME, "base", "heads").unwrap();
    run(&db, &script);
    assert!(!shell(&db, &script).status.success());
    assert_eq!(three().current(&db.pool).await.unwrap().revisions, ["r3"]);
    assert_eq!(db.tables().await, ["t1", "t2", "t3"]);
}

#[test]
fn a_rust_function_cannot_be_in_a_script() {
    let list = [
        Migration::new("r1", "").up("CREATE TABLE t1 (id integer)"),
        Migration::new("r2", "").up("SELECT 1;\n-- ambix: run fill\n"),
    ];
    let base = Migrator::from_migrations(Migrations::new(list).unwrap()).unwrap();
    let registered = base
        .clone()
        .register("fill", |_: &mut crate::setup::Connection| Box::pin(async { Ok(()) }));
    for migrator in [base, registered] {
        let error = migrator.script(SCHEME, "base", "heads").unwrap_err();
        let text = format!("{error:#}");
        assert!(text.starts_with("<r2 up>:2") && text.contains("fill"), "{text}");
        assert!(matches!(error, Error::NotRunnable { .. } | Error::Unregistered { .. }));
        // Before it a script can be written.
        migrator.script(SCHEME, "base", "r1").unwrap();
    }
}

#[test]
fn ranges_that_make_no_script() {
    for (from, to) in [("nobody", "heads"), ("base", "nobody"), ("", "heads"), ("r1", "+9")] {
        assert!(three().script(SCHEME, from, to).is_err(), "{from}:{to}");
    }
    let error =
        format!("{:#}", three().script("oracle://u:hunter2@h", "base", "heads").unwrap_err());
    assert!(error.contains("\"oracle\"") && !error.contains("hunter2"), "{error}");
}

/// What a step leaves in the session, the next does not see in a script either.
#[tokio::test]
async fn each_step_of_a_script_begins_afresh() {
    for (first, migrator) in super::drift::chains() {
        let (by_shell, by_run) = (fresh().await, fresh().await);
        migrator.run_pending(&by_run.pool).await.unwrap();
        run(&by_shell, &migrator.script(SCHEME, "base", "heads").unwrap());
        assert_eq!(schema(&by_shell).await, schema(&by_run).await, "{first}");
    }
}

/// Databases by their first letters, a parameter of the URL, what asks for it, and the answer.
const SETTINGS: &[(&str, &str, &str, &str)] = &[
    ("p", "TimeZone=Asia/Tokyo", "current_setting('TimeZone')", "Asia/Tokyo"),
    ("p", "options[DateStyle]=German", "current_setting('DateStyle')", "German, DMY"),
    ("p", "options=-c%20lock_timeout=7s%20--work-mem=5MB", "current_setting('work_mem')", "5MB"),
    (
        "p",
        "search_path=a_b,%20%22C d%22,public",
        "current_setting('search_path')",
        "a_b, \"C d\",public",
    ),
    ("m", "time_zone=%2B03:00", "@@time_zone", "+03:00"),
    ("m", "foreign_key_checks=0", "CAST(@@foreign_key_checks AS char(9))", "0"),
    ("m", "sql_mode=ANSI_QUOTES", "@@sql_mode", "ANSI_QUOTES"),
    ("m", "group_concat_max_len=77", "CAST(@@group_concat_max_len AS char(9))", "77"),
];

/// What the URL asks for holds in each step, whoever runs it.
#[tokio::test]
async fn settings_of_the_url_hold_in_a_script() {
    for (_, setting, value, wanted) in SETTINGS.iter().filter(|case| SCHEME.starts_with(case.0)) {
        let (by_shell, by_run) = (fresh().await, fresh().await);
        let make = |name| format!("CREATE TABLE public_{name} AS SELECT {value} AS v");
        let asked = |db: &Fresh| {
            format!("{}{}{setting}", db.url, if db.url.contains('?') { '&' } else { '?' })
        };
        let migrator = migrator(&[("r1", &make("one"), ""), ("r2", &make("two"), "")]);
        migrator.run_pending(asked(&by_run).as_str()).await.unwrap();
        run(&by_shell, &migrator.script(&asked(&by_shell), "base", "heads").unwrap());
        for db in [by_shell, by_run] {
            for name in ["one", "two"] {
                let found = db.column(&format!("SELECT v FROM public_{name}")).await;
                assert_eq!(found, [*wanted], "{setting}");
            }
        }
    }
}
