//! What people read, as it is: every error, and what the verbs return. Read a changed snapshot as an operator would at
//! three in the morning, before it is accepted.
#![cfg(feature = "sqlite")]

mod support;

#[path = "support/sqlite.rs"]
mod setup;

use std::{fmt::Write, time::Duration};

use ambix::{
    Error, Migration, Migrations, Migrator,
    options::{Lock, OutOfOrder, TransactionMode, UnknownApplied},
    repair::Repair,
};

use crate::{
    setup::{Connection, Fresh, fresh},
    support::{folder, from_files, migrator},
};

/// Replaces what differs between two runs: times, durations, processes, hosts, the tests' own folders.
fn stable(text: &str, db: Option<&Fresh>) -> String {
    let mut text = text.to_owned();
    if let Some(db) = db {
        text =
            text.replace(db.folder.to_str().unwrap(), "<folder>").replace(&db.name, "<database>");
    }
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let in_word = before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let end =
            from.find(|c: char| !(c.is_ascii_digit() || "-:.TZ".contains(c))).unwrap_or(from.len());
        let number = &from[..end];
        let unit = from[end..]
            .trim_start_matches(' ')
            .split(|c: char| !(c.is_alphabetic() || c == 'µ'))
            .next()
            .unwrap_or_default();
        if !in_word && number.len() >= 19 && number.starts_with("20") {
            out.push_str("<time>");
            rest = &from[end..];
        } else if !in_word
            && number.len() == 10
            && number.starts_with("20")
            && from[10..].starts_with(' ')
        {
            // `2026-01-01 10:00:00Z`
            out.push_str("<time>");
            rest = &from[20..];
        } else if !in_word && ["ns", "µs", "ms", "s"].contains(&unit) {
            out.push_str("<duration>");
            rest = &from[end + from[end..].find(unit).unwrap_or_default() + unit.len()..];
        } else if before.ends_with("pid ") || before.ends_with("process ") {
            out.push_str("<pid>");
            rest = &from[end..];
        } else {
            let digits = from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len());
            out.push_str(&from[..digits]);
            rest = &from[digits..];
        }
    }
    out.push_str(rest);
    let out = out.replace("under <duration>", "<duration>");
    // `messages-0123456789abcdef 0.0 on host (pid 1)`: the program's own name and host.
    let mut clean = String::new();
    for line in out.split('\n') {
        let mut line = line.to_owned();
        while let Some(at) = line.find(" (pid <pid>)") {
            let begin = ["by ", "process <pid> (", "  "]
                .iter()
                .filter_map(|mark| Some(line[..at].rfind(mark)? + mark.len()))
                .max();
            line.replace_range(begin.unwrap_or(0)..at + " (pid <pid>)".len(), "<who>");
        }
        clean.push_str(&line);
        clean.push('\n');
    }
    clean
}

/// All errors that files alone can bring.
#[test]
fn errors_of_files() {
    let mut said = String::new();
    let cases: &[(&str, &[(&str, &str)])] = &[
        ("a name that cannot be read", &[("add_users.sql", "")]),
        ("a repeatable migration", &[("R__views.sql", "")]),
        ("a sub-folder", &[("postgres/1_a.sql", "")]),
        ("a down side alone", &[("1_a.down.sql", "")]),
        ("an undo alone", &[("U1__a.sql", "")]),
        ("one side twice", &[("V1__a.sql", ""), ("V1__b.sql", "")]),
        ("a duplicate", &[("1_a.sql", ""), ("1_b.sql", "")]),
        ("an unknown parent", &[("1_a.sql", ""), ("2_b.sql", "-- ambix: parents 1x")]),
        (
            "an unknown dependency",
            &[("20240101_0900_abc123_a.sql", ""), ("2_b.sql", "-- ambix: depends-on abc124")],
        ),
        ("a circle", &[("1_a.sql", "-- ambix: parents 3"), ("2_b.sql", ""), ("3_c.sql", "")]),
        ("an unknown directive", &[("1_a.sql", "-- ambix: parent 1")]),
        ("an unknown transaction", &[("1_a.sql", "-- ambix: transaction yes")]),
        (
            "a directive in the down file",
            &[("1_a.up.sql", ""), ("1_a.down.sql", "-- ambix: parents none")],
        ),
        ("a sign in a revision", &[("1_a.sql", "-- ambix: revision a:b")]),
        ("a reserved revision", &[("1_a.sql", "-- ambix: revision heads")]),
    ];
    for (what, files) in cases {
        let _ = writeln!(said, "{what}:\n  {}", from_files(files).unwrap_err());
    }
    let bytes: &[u8] = b"SELECT 1;\nSELECT '\xe4';";
    let _ = writeln!(said, "not UTF-8:\n  {}", from_files(&[("1_a.sql", bytes)]).unwrap_err());
    let _ =
        writeln!(said, "no folder:\n  {}", Migrator::from_path("/nowhere/migrations").unwrap_err());
    insta::assert_snapshot!("errors_of_files", said);
}

/// All errors that a run brings before it runs anything.
#[tokio::test]
async fn errors_before_a_run() {
    let db = fresh().await;
    let mut said = String::new();
    let mut say = |what: &str, error: Error| {
        let _ = writeln!(said, "{what}:\n  {}", stable(&format!("{error:#}"), None).trim_end());
    };
    let texts = [
        ("a transaction of its own", "SELECT 1;\nCOMMIT;\nSELECT 2;"),
        ("a statement that stands alone", "SELECT 1;\nVACUUM;"),
        ("a pragma that does nothing", "PRAGMA foreign_keys = off;"),
        ("a late directive", "SELECT 1;\n-- ambix: transaction none"),
        ("an open string", "SELECT 'a;\n"),
        ("a function that is not registered", "-- ambix: run backfill"),
    ];
    for (what, text) in texts {
        say(
            what,
            from_files(&[("1_a.sql", text)]).unwrap().run_pending(&db.pool).await.unwrap_err(),
        );
    }
    let two = || {
        from_files(&[
            ("1_a.sql", "CREATE TABLE a (id integer)"),
            ("2_b.sql", "CREATE TABLE b (id integer)"),
        ])
        .unwrap()
    };
    for target in ["3", "", "head+1", "1:2", "+9"] {
        say(&format!("upgrade to {target:?}"), two().upgrade(&db.pool, target).await.unwrap_err());
    }
    two().run_pending(&db.pool).await.unwrap();
    say("downgrade without a way", two().downgrade(&db.pool, "-1").await.unwrap_err());
    let irreversible = Migration::new("1", "a")
        .up("CREATE TABLE a (id integer)")
        .irreversible("the mails are gone");
    let irreversible = Migrator::from_migrations(Migrations::new([irreversible]).unwrap())
        .unwrap()
        .history_table("other");
    irreversible.stamp(&db.pool, "head").await.unwrap();
    say("downgrade of what cannot be", irreversible.downgrade(&db.pool, "base").await.unwrap_err());
    let edited = from_files(&[
        ("1_a.sql", "CREATE TABLE a (id bigint)"),
        ("2_b.sql", "CREATE TABLE b (id bigint)"),
    ])
    .unwrap();
    say("edited", edited.run_pending(&db.pool).await.unwrap_err());
    let lost = from_files(&[("1_a.sql", "CREATE TABLE a (id integer)")]).unwrap();
    say("lost", lost.run_pending(&db.pool).await.unwrap_err());
    let late = from_files(&[
        ("1_a.sql", "CREATE TABLE a (id integer)"),
        ("1.5_late.sql", "SELECT 1"),
        ("2_b.sql", "CREATE TABLE b (id integer)"),
    ])
    .unwrap();
    say("out of order", late.run_pending(&db.pool).await.unwrap_err());
    say(
        "nothing to repair so",
        two().repair(&db.pool, [Repair::MarkApplied("1".into())]).await.unwrap_err(),
    );
    say(
        "no such revision to repair",
        two().repair(&db.pool, [Repair::Forget("9".into())]).await.unwrap_err(),
    );
    db.execute("UPDATE ambix_history_lock SET layout = 7").await;
    say("newer", two().run_pending(&db.pool).await.unwrap_err());
    db.execute("CREATE TABLE theirs (id integer)").await;
    say("another tool's", two().history_table("theirs").status(&db.pool).await.unwrap_err());
    say("no such database", two().run_pending("oracle://u:hunter2@h/d").await.unwrap_err());
    say("in memory", two().run_pending("sqlite::memory:").await.unwrap_err());
    say("no file", two().run_pending("sqlite:///nowhere/none.db").await.unwrap_err());
    say("a URL that cannot be read", two().run_pending("sqlite://a.db?mode=x").await.unwrap_err());
    insta::assert_snapshot!("errors_before_a_run", said);
}

/// Where there is much to name, the first few are named.
#[tokio::test]
async fn errors_that_name_much() {
    let db = fresh().await;
    let mut said = String::new();
    let mut say = |what: &str, error: Error| {
        let _ = writeln!(said, "{what}:\n  {}", stable(&format!("{error:#}"), None).trim_end());
    };
    let many: Vec<(String, &str)> = (0..30).map(|n| (format!("aa{n:04}"), "")).collect();
    let many: Vec<(&str, &str, &str)> =
        many.iter().map(|(revision, up)| (revision.as_str(), *up, "")).collect();
    say(
        "ambiguous",
        migrator(&many).history_table("many").upgrade(&db.pool, "aa").await.unwrap_err(),
    );
    say(
        "ambiguous among two",
        migrator(&many).history_table("many").upgrade(&db.pool, "aa000").await.unwrap_err(),
    );
    let heads = [
        Migration::new("a", ""),
        Migration::new("b", "").parents(["a"]),
        Migration::new("c", "").parents(["a"]),
    ];
    let heads =
        Migrator::from_migrations(Migrations::new(heads).unwrap()).unwrap().history_table("heads");
    say(
        "not ready for much",
        migrator(&many)
            .history_table("many")
            .wait(&db.pool, "heads", Duration::ZERO)
            .await
            .unwrap_err(),
    );
    let stamped = migrator(&many).history_table("many");
    stamped.stamp(&db.pool, "heads").await.unwrap();
    say(
        "many lost",
        migrator(&[]).history_table("many").upgrade(&db.pool, "heads").await.unwrap_err(),
    );
    let edited: Vec<(&str, &str, &str)> =
        many.iter().map(|(revision, ..)| (*revision, "SELECT 1", "")).collect();
    say(
        "many edited",
        migrator(&edited).history_table("many").upgrade(&db.pool, "heads").await.unwrap_err(),
    );
    say("many heads", heads.upgrade(&db.pool, "head").await.unwrap_err());
    say("not ready", heads.wait(&db.pool, "heads", Duration::from_millis(1)).await.unwrap_err());
    insta::assert_snapshot!("errors_that_name_much", said);
}

/// All errors from the middle of a run.
#[tokio::test]
async fn errors_of_a_run() {
    let db = fresh().await;
    let mut said = String::new();
    let mut say = |what: &str, error: Error| {
        let _ =
            writeln!(said, "{what}:\n  {}", stable(&format!("{error:#}"), Some(&db)).trim_end());
    };
    let second = |text: &str| {
        from_files(&[("1_a.sql", "CREATE TABLE a (id integer PRIMARY KEY)"), ("2_b.sql", text)])
            .unwrap()
    };
    say(
        "a statement",
        second("SELECT 1;\n  INSERT INTO nowhere VALUES (1);")
            .run_pending(&db.pool)
            .await
            .unwrap_err(),
    );
    let long = format!(
        "INSERT INTO a VALUES {};\nINSERT INTO a VALUES (1)",
        (0..99).map(|n| format!("({n})")).collect::<Vec<_>>().join(",\n  ")
    );
    say("a statement after a long one", second(&long).run_pending(&db.pool).await.unwrap_err());
    say(
        "a long statement",
        second(&format!("INSERT INTO a VALUES (5);{long}"))
            .run_pending(&db.pool)
            .await
            .unwrap_err(),
    );
    let keys = "-- ambix: foreign-keys off\nCREATE TABLE c (p integer REFERENCES a (id)); INSERT INTO c VALUES (1)";
    say("a foreign key", second(keys).run_pending(&db.pool).await.unwrap_err());
    let function = second("-- ambix: run fail\n").register("fail", |_: &mut Connection| {
        Box::pin(async { Err("the service is down".into()) })
    });
    say("a function", function.run_pending(&db.pool).await.unwrap_err());
    let all = second("INSERT INTO nowhere VALUES (1)")
        .history_table("all")
        .transaction(TransactionMode::All);
    db.execute("DROP TABLE a").await;
    say("all or nothing", all.run_pending(&db.pool).await.unwrap_err());
    let vacuum = second("-- ambix: transaction none\nVACUUM")
        .history_table("all")
        .transaction(TransactionMode::All);
    say("not all in one", vacuum.run_pending(&db.pool).await.unwrap_err());

    db.execute("CREATE TABLE a (id integer PRIMARY KEY)").await;
    let none = "-- ambix: transaction none\nINSERT INTO a VALUES (1);\nVACUUM;\nINSERT INTO nowhere VALUES (1);";
    say("without a transaction", second(none).run_pending(&db.pool).await.unwrap_err());
    say(
        "begins otherwise",
        second("-- ambix: transaction none\nSELECT 1;\nSELECT 2;\nSELECT 3")
            .run_pending(&db.pool)
            .await
            .unwrap_err(),
    );
    say("stamped in the middle", second(none).stamp(&db.pool, "2").await.unwrap_err());
    say("reverted below it", second(none).downgrade(&db.pool, "base").await.unwrap_err());
    db.execute("UPDATE ambix_history SET doubt_hash = 'sha256:other'").await;
    say("in doubt", second(none).run_pending(&db.pool).await.unwrap_err());
    // Another runner, played by the first migration.
    let fence = [
        ("1_a.sql", "SELECT 1"),
        ("2_b.sql", "UPDATE fence_lock SET epoch = epoch + 1"),
        ("3_c.sql", "SELECT 2"),
    ];
    say(
        "fenced",
        from_files(&fence).unwrap().history_table("fence").run_pending(&db.pool).await.unwrap_err(),
    );
    say("locked", locked(&db).await);
    insta::assert_snapshot!("errors_of_a_run", said);
}

/// The error of a runner that meets another at work.
async fn locked(db: &Fresh) -> Error {
    let (begun, mut has_begun) = tokio::sync::mpsc::channel::<()>(1);
    let (end, ending) = tokio::sync::watch::channel(false);
    let slow = migrator(&[("1", "-- ambix: run wait\n", "")]).history_table("slow");
    let holder = slow.clone().register("wait", move |_: &mut Connection| {
        let (begun, mut ending) = (begun.clone(), ending.clone());
        Box::pin(async move {
            begun.send(()).await?;
            ending.wait_for(|end| *end).await?;
            Ok(())
        })
    });
    let pool = db.pool.clone();
    let run = tokio::spawn(async move { holder.run_pending(&pool).await });
    has_begun.recv().await.unwrap();
    let waiter = slow
        .register("wait", |_: &mut Connection| Box::pin(async { Ok(()) }))
        .lock(Lock::session().wait(Duration::ZERO));
    let error = waiter.run_pending(&db.pool).await.unwrap_err();
    end.send(true).unwrap();
    run.await.unwrap().unwrap();
    error
}

/// What the verbs return.
#[tokio::test]
async fn what_the_verbs_say() {
    let db = fresh().await;
    let mut said = String::new();
    let mut say = |what: &str, text: &dyn std::fmt::Display| {
        let _ = writeln!(said, "{what}:\n{}", stable(&text.to_string(), Some(&db)).trim_end());
    };
    let files = [
        ("20241104_0900_5a1c0e_create_users.up.sql", "CREATE TABLE users (id integer)"),
        ("20241104_0900_5a1c0e_create_users.down.sql", "DROP TABLE users"),
        (
            "20241108_1015_7b93d2_tidy.up.sql",
            "-- ambix: transaction none\nINSERT INTO users VALUES (1);\nVACUUM;",
        ),
        ("20241108_1015_7b93d2_tidy.down.sql", "DELETE FROM users"),
        (
            "20241113_1430_abc123_add_full_name.up.sql",
            "ALTER TABLE users ADD COLUMN full_name text;\nUPDATE users SET full_name = 'x'",
        ),
        ("20241113_1430_abc123_add_full_name.down.sql", "ALTER TABLE users DROP COLUMN full_name"),
    ];
    let app = from_files(&files).unwrap();
    let pool = &db.pool;
    say("status of nothing", &migrator(&[]).status(pool).await.unwrap());
    say("current of nothing", &app.current(pool).await.unwrap());
    say("history of nothing", &app.history(pool).await.unwrap());
    say("status before", &app.status(pool).await.unwrap());
    say("plan", &app.plan(pool, "heads").await.unwrap());
    say("report", &app.upgrade(pool, "7b93d2").await.unwrap());
    say("current", &app.current(pool).await.unwrap());
    say("plan down", &app.plan(pool, "base").await.unwrap());
    say("report of a stamp", &app.stamp(pool, "head").await.unwrap());
    say("report of a stamp down", &app.stamp(pool, "7b93d2").await.unwrap());
    app.run_pending(pool).await.unwrap();
    say("report of nothing to do", &app.run_pending(pool).await.unwrap());
    say("plan of nothing to do", &app.plan(pool, "heads").await.unwrap());
    say("current at the head", &app.current(pool).await.unwrap());
    say("history", &app.history(pool).await.unwrap());
    say("verification", &app.verify(pool).await.unwrap());
    say("repair of nothing", &app.repair(pool, []).await.unwrap());

    let mut edited = files.to_vec();
    edited[0].1 = "-- a licence\nCREATE TABLE users (id integer)";
    edited[2].1 = "INSERT INTO users VALUES (2)";
    edited.truncate(4);
    edited.push(("20241106_1200_1a7e01_late.sql", "SELECT 1"));
    edited.push(("ambix.sum", "1a7e01 5a1c0e sha256:0\n"));
    let folder = folder(&edited);
    let edited = Migrator::from_path(&folder.0).unwrap();
    say("status of what does not fit", &edited.status(pool).await.unwrap());
    say("verification of what does not fit", &edited.verify(pool).await.unwrap());
    let accept = [Repair::AcceptChanged("7b".into()), Repair::Forget("abc123".into())];
    say("repair", &edited.repair(pool, accept).await.unwrap());
    say(
        "plan with notes",
        &edited.clone().out_of_order(OutOfOrder::Allow).plan(pool, "heads").await.unwrap(),
    );
    let old = from_files(&files[..2]).unwrap().unknown_applied(UnknownApplied::AllowNewer);
    app.stamp(pool, "heads").await.unwrap_err();
    say("report of an older program", &old.run_pending(pool).await.unwrap());

    let broken = |last: &str| {
        migrator(&[(
            "1",
            &format!("-- ambix: transaction none\nCREATE TABLE x (id integer);\nVACUUM;\n{last}"),
            "",
        )])
        .history_table("broken")
    };
    broken("SELECT nothing").run_pending(pool).await.unwrap_err();
    say("status of an unfinished one", &broken("SELECT 1").status(pool).await.unwrap());
    say("verification of an unfinished one", &broken("SELECT 1").verify(pool).await.unwrap());
    say("plan of an unfinished one", &broken("SELECT 1").plan(pool, "heads").await.unwrap());
    say("history of an unfinished one", &broken("SELECT 1").history(pool).await.unwrap());
    for repair in [Repair::Resume("1".into()), Repair::MarkApplied("1".into())] {
        say(&format!("{repair:?}"), &broken("SELECT 1").repair(pool, [repair]).await.unwrap());
    }
    insta::assert_snapshot!("what_the_verbs_say", said);
}
