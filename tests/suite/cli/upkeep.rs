//! The way of a person who writes migrations: sides that were edited, files that are still empty, `ambix.sum`, scripts from where
//! the database is, and what is printed.

use std::{fs, process::Stdio};

use ambix::{Error, options::DownSide};

use super::{THREE, User};
use crate::{
    setup::{SCHEME, TRANSACTIONAL_DDL, fresh},
    support::{migrator, revisions, three},
};

const DOWN: &str = "migrations/20241113_1430_abc123_add_full_name_to_user.down.sql";
const LAST: &str = "migrations/20241118_1120_d4e81f_add_subscriptions.up.sql";

/// What is typed at which revision, what the script has in it, and what it has not.
const OFFLINE: &[(&str, &str, &[&str], &[&str])] = &[
    ("", "upgrade current:head --sql", &["-> 5a1c0e", "-> d4e81f"], &[]),
    (
        "5a1c0e",
        "upgrade current:head --sql",
        &["-> abc123", "-> d4e81f"],
        &["-> 5a1c0e", "CREATE TABLE IF NOT EXISTS"],
    ),
    ("5a1c0e", "upgrade head --sql --from current", &["-> abc123"], &["-> 5a1c0e"]),
    ("5a1c0e", "upgrade current:+1 --sql", &["-> abc123"], &["-> 5a1c0e", "-> d4e81f"]),
    ("abc123", "upgrade current-1:head --sql", &["-> abc123", "-> d4e81f"], &["-> 5a1c0e"]),
    (
        "abc123",
        "downgrade current:base --sql",
        &["downgrade abc123", "downgrade 5a1c0e"],
        &["d4e81f"],
    ),
    ("d4e81f", "downgrade current:-1 --sql", &["downgrade d4e81f"], &["abc123 ->"]),
    ("d4e81f", "upgrade current:head --sql", &[], &["Running"]),
    ("5a1c0e", "stamp current:head --sql", &["stamp 5a1c0e -> abc123"], &["-> 5a1c0e"]),
    ("abc123", "stamp current:base --sql", &["stamp abc123", "stamp 5a1c0e"], &["d4e81f"]),
];

#[tokio::test]
async fn a_script_from_current_asks_the_database() {
    for (at, line, has, lacks) in OFFLINE {
        let user = User::new().await;
        if !at.is_empty() {
            assert_eq!(user.quietly(&format!("upgrade {at}")).code, 0);
        }
        let tables = user.db.tables().await;
        let printed = user.quietly(line);
        assert_eq!(printed.code, 0, "{at} {line}: {}", printed.stderr);
        for part in *has {
            assert!(printed.stdout.contains(part), "{at} {line}: {part} in {}", printed.stdout);
        }
        for part in *lacks {
            assert!(!printed.stdout.contains(part), "{at} {line}: {part} in {}", printed.stdout);
        }
        assert_eq!(user.db.tables().await, tables, "{line}: it only reads");
    }
    // Where there is nobody to ask, it is refused.
    let mut user = User::new().await;
    let printed = user.quietly("upgrade base:current --sql");
    assert!(printed.code == 1 && printed.stderr.contains("write a revision"), "{}", printed.stderr);
    user.environment = vec![("DATABASE_URL".to_owned(), crate::flavor::UNREACHABLE.to_owned())];
    for line in
        ["upgrade current:head --sql", "downgrade current:base --sql", "stamp current:head --sql"]
    {
        let printed = user.quietly(line);
        assert_eq!((printed.code, printed.stdout.as_str()), (1, ""), "{line}: {}", printed.stderr);
    }
    for (from, to) in
        [("current", "head"), ("+1", "head"), ("current-1", "head"), ("base", "current")]
    {
        let error = format!("{:#}", three().script(SCHEME, from, to).unwrap_err());
        assert!(error.contains("a script asks no database"), "{from}:{to}: {error}");
        let error = format!("{:#}", three().script_stamp(SCHEME, from, to).unwrap_err());
        assert!(error.contains("a script asks no database"), "{from}:{to}: {error}");
    }
}

/// The down side that was applied, what the file says then, whether the files' is asked for, and which of the tables `kept`
/// and `made` are left.
const SIDES: &[(&str, &str, bool, &[&str])] = &[
    ("DROP TABLE made", "DROP TABLE made", false, &["kept"]),
    ("DROP TABLE made", "DROP TABLE kept", false, &["kept"]),
    ("DROP TABLE made", "", false, &["kept"]),
    ("DROP TABLE made", "DROP TABLE kept", true, &["made"]),
    ("", "DROP TABLE made", false, &["kept"]),
    ("DROP TABLE made;\n", "-- now said\nDROP TABLE nowhere", false, &["kept"]),
    ("-- ambix: transaction none\nDROP TABLE made", "DROP TABLE nowhere", false, &["kept"]),
];

#[tokio::test]
async fn a_downgrade_runs_the_side_that_was_applied() {
    for (applied, now, files, left) in SIDES {
        for up in ["CREATE TABLE made (id integer)", "CREATE TABLE made (id integer, more integer)"]
        {
            let case = format!("{applied:?} {now:?} {files} {up}");
            let db = fresh().await;
            let first = ("r1", "CREATE TABLE kept (id integer)", "DROP TABLE kept");
            migrator(&[first, ("r2", "CREATE TABLE made (id integer)", applied)])
                .run_pending(&db.pool)
                .await
                .unwrap();
            let side = if *files { DownSide::Files } else { DownSide::Applied };
            let edited = migrator(&[first, ("r2", up, now)]).down_side(side);
            let differs = !applied.is_empty() && applied != now;
            let verification = edited.verify(&db.pool).await.unwrap().to_string();
            let says = verification.contains("(revision r2) has another down side");
            assert_eq!(says, differs && !files, "{case}: {verification}");
            let plan = crate::support::said(&edited.plan(&db.pool, "r1").await.unwrap().notes);
            let report =
                edited.downgrade(&db.pool, "-1").await.unwrap_or_else(|e| panic!("{case}: {e}"));
            for said in [plan, crate::support::said(&report.notes)] {
                assert_eq!(said.contains("another down side"), differs && !files, "{case}: {said}");
            }
            assert_eq!(db.tables().await, *left, "{case}");
            assert_eq!(db.leaks().await, Vec::<String>::new());
        }
    }
}

/// What is edited below what is taken back stays an error, and so does an edited one for an upgrade.
#[tokio::test]
async fn what_stays_must_not_have_been_edited() {
    let db = fresh().await;
    three().run_pending(&db.pool).await.unwrap();
    let edited = migrator(&[
        ("r1", "CREATE TABLE t1 (id integer PRIMARY KEY)", "DROP TABLE t1"),
        ("r2", "CREATE TABLE t2 (other integer PRIMARY KEY)", "DROP TABLE t2"),
        ("r3", "CREATE TABLE t3 (id integer PRIMARY KEY)", "DROP TABLE t3"),
    ]);
    for error in [
        edited.downgrade(&db.pool, "-1").await.unwrap_err(),
        edited.run_pending(&db.pool).await.unwrap_err(),
        edited.redo(&db.pool).await.unwrap_err(),
    ] {
        assert!(matches!(&error, Error::Changed(all) if all[0].revision == "r2"), "{error}");
        assert!(format!("{error:#}").contains("redo"), "{error}");
    }
    assert_eq!(revisions(&edited.downgrade(&db.pool, "r1").await.unwrap()), ["r3", "r2"]);
    assert_eq!(revisions(&edited.run_pending(&db.pool).await.unwrap()), ["r2", "r3"]);
}

#[tokio::test]
async fn the_newest_is_applied_anew() {
    let user = User::new().await;
    assert!(user.quietly("redo").stderr.contains("nothing to do"));
    assert_eq!(user.quietly("upgrade").code, 0);
    let text = fs::read_to_string(user.path(LAST)).unwrap();
    fs::write(user.path(LAST), text.replace("subscriptions", "orders")).unwrap();
    let printed = user.quietly("upgrade");
    assert!(printed.code == 1 && printed.stderr.contains("ambix redo"), "{}", printed.stderr);
    let printed = user.quietly("redo");
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    assert!(
        printed.stderr.contains("downgrade d4e81f")
            && printed.stderr.contains("upgrade abc123 -> d4e81f")
    );
    assert_eq!(user.db.tables().await, ["orders", "users"]);
    // Its file's way back does not fit any more; the one that was applied with it does not, either.
    let printed = user.quietly("redo");
    assert_eq!(printed.code, 1, "{}", printed.stderr);
    fs::write(
        user.path("migrations/20241118_1120_d4e81f_add_subscriptions.down.sql"),
        "DROP TABLE orders;",
    )
    .unwrap();
    // Where nothing of it could be done it is still the side that was applied; what was left in the middle goes on with the file.
    if TRANSACTIONAL_DDL {
        let printed = user.quietly("redo");
        let says = printed.stderr.contains("--down-from-files");
        assert!(printed.code == 1 && says, "{}", printed.stderr);
    }
    let printed = user.quietly("redo --down-from-files");
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    assert_eq!(user.quietly("verify").code, 0);
    // What cannot come again is not taken back.
    fs::write(user.path(LAST), "-- ambix: parents abc123\n-- ambix: run nobody\n").unwrap();
    let printed = user.quietly("redo");
    assert!(printed.code == 1 && printed.stderr.contains("nobody"), "{}", printed.stderr);
    assert_eq!(user.db.tables().await, ["orders", "users"]);
}

/// What the database has by now is not called stale by the file beside it.
#[tokio::test]
async fn the_sum_follows_what_was_applied_anew_or_accepted() {
    for mend in ["redo --down-from-files", "repair --accept-changed d4e81f", "repair"] {
        let user = User::new().await;
        assert_eq!(user.quietly("hash").code, 0);
        assert_eq!(user.quietly("upgrade").code, 0);
        let text = fs::read_to_string(user.path(LAST)).unwrap();
        let edit = if mend == "repair" { "-- a comment" } else { "SELECT 1;" };
        fs::write(user.path(LAST), format!("{text}\n{edit}\n")).unwrap();
        assert_eq!(user.quietly("verify").code, 3, "{mend}");
        let printed = user.quietly(mend);
        assert_eq!(printed.code, 0, "{mend}: {}", printed.stderr);
        assert!(!printed.stderr.contains("ambix.sum"), "{mend}: {}", printed.stderr);
        let printed = user.quietly("verify");
        assert_eq!(printed.code, 0, "{mend}: {} {}", printed.stdout, printed.stderr);
        assert_eq!(user.quietly("--locked upgrade").code, 0, "{mend}");
    }
}

#[tokio::test]
async fn an_edited_down_side_is_seen() {
    let user = User::new().await;
    assert_eq!(user.quietly("hash").code, 0);
    assert_eq!(user.quietly("upgrade").code, 0);
    assert_eq!(user.quietly("verify").code, 0);
    fs::write(user.path(DOWN), "DROP TABLE users;\n").unwrap();
    let printed = user.quietly("verify");
    assert_eq!(printed.code, 3);
    for part in
        ["add_full_name_to_user.down.sql (revision abc123)", "the checksum of its down side"]
    {
        assert!(printed.stdout.contains(part), "{}", printed.stdout);
    }
    assert_eq!(user.quietly("downgrade 5a1c0e").code, 0);
    assert_eq!(user.db.tables().await, ["users"]);
    // Recorded on demand.
    assert_eq!(user.quietly("upgrade").code, 0);
    fs::write(user.path(DOWN), "ALTER TABLE users DROP COLUMN full_name; -- done\n").unwrap();
    assert_eq!(user.quietly("verify").code, 3);
    assert_eq!(user.quietly("repair --accept-changed abc123").code, 0);
    assert_eq!(user.quietly("hash").code, 0);
    assert_eq!(user.quietly("verify").code, 0, "{}", user.quietly("verify").stdout);
}

#[tokio::test]
async fn an_empty_file_is_warned_of() {
    const WARNING: &str = "no statements yet";
    let user = User::new().await;
    assert_eq!(user.quietly("revision -m 'add carts' --rev-id aaa111").code, 0);
    for line in ["upgrade d4e81f", "upgrade --sql"] {
        let printed = user.quietly(line);
        assert!(
            printed.code == 0 && !printed.stderr.contains(WARNING),
            "{line}: {}",
            printed.stderr
        );
    }
    let printed = user.quietly("upgrade");
    assert!(printed.code == 0 && printed.stderr.contains(WARNING), "{}", printed.stderr);
    assert!(printed.stderr.contains("aaa111_add_carts.up.sql"), "{}", printed.stderr);
    // It is applied, and the way on is `redo`.
    let printed = user.quietly("upgrade");
    assert!(printed.code == 0 && !printed.stderr.contains(WARNING), "{}", printed.stderr);
    let name = fs::read_dir(user.path("migrations")).unwrap().map(|f| f.unwrap().path());
    let file =
        name.into_iter().find(|path| path.to_str().unwrap().ends_with("add_carts.up.sql")).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}\nCREATE TABLE carts (id integer);\n")).unwrap();
    let printed = user.quietly("redo");
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    assert!(user.db.tables().await.contains(&"carts".to_owned()));
    // One that only joins others has nothing to do.
    let merge = [
        ("migrations/1_a.sql", "-- ambix: parents none\nSELECT 1;"),
        ("migrations/2_b.sql", "-- ambix: parents none\nSELECT 1;"),
        ("migrations/3_c.sql", "-- ambix: parents 1, 2\n"),
    ];
    let user = User::with(&merge).await;
    assert!(!user.quietly("upgrade").stderr.contains(WARNING));
}

#[tokio::test]
async fn the_sum_is_kept_up_for_what_is_not_applied() {
    for line in ["status", "plan", "current", "history", "heads", "upgrade", "verify", "show head"]
    {
        let user = User::new().await;
        user.quietly("hash");
        let sum = user.path("migrations/ambix.sum");
        let right = fs::read_to_string(&sum).unwrap();
        assert_eq!(user.quietly("upgrade 5a1c0e").code, 0);
        // A line that is missing, and one of a file that is edited before it is applied.
        let lines: Vec<&str> = right.lines().collect();
        fs::write(&sum, lines[..3].join("\n") + "\n").unwrap();
        let text = fs::read_to_string(user.path(LAST)).unwrap();
        fs::write(user.path(LAST), format!("{text}-- edited\n")).unwrap();
        fs::write(user.path(DOWN), "ALTER TABLE users DROP COLUMN full_name; -- edited\n").unwrap();
        let printed = user.quietly(&format!("{line} --locked"));
        assert!(
            printed.code == 1 && printed.stderr.contains("--locked"),
            "{line}: {}",
            printed.stderr
        );
        assert_eq!(fs::read_to_string(&sum).unwrap().lines().count(), 3, "{line}");
        let printed = user.quietly(line);
        assert_eq!(printed.code, 0, "{line}: {}", printed.stderr);
        assert!(!printed.stderr.contains("stale"), "{line}: {}", printed.stderr);
        let kept = fs::read_to_string(&sum).unwrap();
        assert_eq!(user.quietly("hash").code, 0);
        let same = |text: &str| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(same(&kept), same(&fs::read_to_string(&sum).unwrap()), "{line}");
        assert_eq!(user.quietly(&format!("{line} --locked")).code, 0, "{line}");
    }
    // What is applied is left as it is, and said.
    let user = User::new().await;
    user.quietly("hash");
    assert_eq!(user.quietly("upgrade").code, 0);
    fs::write(user.path(LAST), "-- ambix: parents abc123\nSELECT 1;\n").unwrap();
    let before = fs::read_to_string(user.path("migrations/ambix.sum")).unwrap();
    assert!(user.quietly("status").stderr.contains("ambix.sum is stale: revision d4e81f"));
    assert_eq!(user.quietly("verify").code, 3);
    assert_eq!(fs::read_to_string(user.path("migrations/ambix.sum")).unwrap(), before);
    // Without the file there is nothing to keep.
    let user = User::new().await;
    assert_eq!(user.quietly("status --locked").code, 0);
    assert!(!user.path("migrations/ambix.sum").exists());
}

#[tokio::test]
async fn a_message_is_kept_as_it_was_typed() {
    let long = "Add full_name, nick-name & e-mail (both!) to the table of all users";
    for (typed, shown) in [
        ("add full_name to user", "add full_name to user"),
        ("Add a \"quoted\" column", "Add a \"quoted\" column"),
        ("drop-index on users.email", "drop-index on users.email"),
        ("naïve Größe: 2 Tables", "naïve Größe: 2 Tables"),
        ("UPPER", "UPPER"),
        (long, long),
    ] {
        let user = User::with(&[("migrations/ambix.sum", "")]).await;
        assert_eq!(user.quietly(&format!("revision -m '{typed}' --rev-id abc123")).code, 0);
        let shows =
            |line: &str, printed: &str| assert!(printed.contains(shown), "{line}: {printed}");
        for line in ["history", "show head", "plan", "status"] {
            shows(line, &user.quietly(line).stdout);
        }
        shows("upgrade", &user.quietly("upgrade").stderr);
        let row = crate::flavor::row("name");
        let rows = user.db.column(&format!("SELECT {row} FROM ambix_history")).await;
        assert_eq!(rows, [format!("abc123 name {shown}")]);
    }
    // A comment that says something else is no message.
    for text in [
        "-- see OPS-17\nSELECT 1;",
        "SELECT 1; -- add x",
        "/* add x */ SELECT 1",
        "--add_x\nSELECT 1;",
    ] {
        let user = User::with(&[("migrations/1_add_x.sql", text)]).await;
        assert!(user.quietly("history").stdout.contains("add x"), "{text}");
    }
}

/// A full disk is no success.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_cannot_be_written_is_an_error() {
    let user = User::with(&[THREE, &[("schema.sql", "")]].concat()).await;
    assert_eq!(user.quietly("upgrade").code, 0);
    let full = || Stdio::from(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    for line in [
        "inspect",
        "inspect --json",
        "upgrade --sql",
        "downgrade head:base --sql",
        "stamp head --sql",
        "ensure-version --sql",
        "status",
        "status --json",
        "history",
        "history -v",
        "current",
        "show abc123",
        "show abc123 --sql",
        "heads",
        "branches --json",
        "plan",
        "graph",
        "verify",
        "list-templates",
        "completions bash",
        "--help",
        "upgrade --help",
        "--version",
    ] {
        let output = user.command(line).stdout(full()).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains("cannot write to stdout: No space left"), "{line}: {error}");
        assert_eq!(output.status.code(), Some(1), "{line}");
        // Whoever has closed the pipe has seen enough.
        let (read, write) = std::io::pipe().unwrap();
        drop(read);
        let output = user.command(line).stdout(write).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && !error.contains("stdout"), "{line}: {error}");
    }
}

/// Names and messages come from others: none moves the cursor, hides or turns what is there.
#[cfg(unix)]
#[tokio::test]
async fn signs_that_deceive_are_shown_and_not_sent() {
    for sign in [
        '\u{9b}', '\u{85}', '\u{202e}', '\u{2066}', '\u{200f}', '\u{61c}', '\u{2028}', '\u{7f}',
        '\u{1b}', '\r', '\u{7}',
    ] {
        let file = format!("migrations/1_add{sign}[8mx.sql");
        let user = User::with(&[
            (file.as_str(), "SELECT 1;"),
            ("migrations/2_b.sql", "-- ambix: labels l\nSELEC 1;"),
        ])
        .await;
        for line in [
            "history",
            "status",
            "status --json",
            "show 1",
            "plan",
            "graph",
            "upgrade",
            "upgrade --json",
            "history -v",
            "history --json",
        ] {
            let printed = user.quietly(line);
            for text in [printed.stdout, printed.stderr] {
                assert!(!text.contains(sign), "{line}: {sign:?} in {text:?}");
            }
        }
    }
    for id in ["..", ".", "_", "._.", "../x", "a/b", "a\\b", "a\u{202e}b", "", " "] {
        let user = User::new().await;
        let before = fs::read_dir(user.path("migrations")).unwrap().count();
        let mut command = user.command("revision -m x --rev-id");
        let output = command.arg(id).output().unwrap();
        assert_ne!(output.status.code(), Some(0), "{id:?}");
        assert_eq!(fs::read_dir(user.path("migrations")).unwrap().count(), before, "{id:?}");
    }
}
