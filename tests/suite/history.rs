//! A history that says what cannot be: half done, edited by hand, swallowed, lost. Every verb says the same of it.
#![allow(clippy::unwrap_used)] // What a test cannot do ends it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ambix::{Error, Migration, Migrations, Migrator, events::Event, options::Lock, repair::Repair};
use sqlx::{AssertSqlSafe, Connection as _};

use crate::{
    setup::{Connection, Fresh, SCHEME, fresh},
    support::{migrator, revisions, three},
};

const HEAD: &str = "-- ambix: transaction none\n";

/// What each verb that asks for everything says: an error's text, or that all is well.
async fn verdicts(db: &Fresh, migrator: &Migrator) -> Vec<(&'static str, Result<String, String>)> {
    let text = |error: Error| format!("{error:#}");
    let (pool, none) = (&db.pool, Duration::ZERO);
    vec![
        ("run_pending", migrator.run_pending(pool).await.map(|r| r.to_string()).map_err(text)),
        ("upgrade", migrator.upgrade(pool, "heads").await.map(|r| r.to_string()).map_err(text)),
        ("upgrade r1", migrator.upgrade(pool, "r1").await.map(|r| r.to_string()).map_err(text)),
        ("plan", migrator.plan(pool, "heads").await.map(|p| p.to_string()).map_err(text)),
        ("wait", migrator.wait(pool, "heads", none).await.map(ok_unit).map_err(text)),
        ("status", migrator.status(pool).await.map(|s| s.to_string()).map_err(text)),
        ("current", migrator.current(pool).await.map(|c| c.to_string()).map_err(text)),
        ("history", migrator.history(pool).await.map(|h| h.to_string()).map_err(text)),
        ("verify", migrator.verify(pool).await.map(|v| v.to_string()).map_err(text)),
        ("repair", migrator.repair(pool, []).await.map(|_| "ok".to_owned()).map_err(text)),
        ("lent", lent(db, migrator).await.map(ok_unit).map_err(text)),
        ("stamp", migrator.stamp(pool, "heads").await.map(|_| "ok".to_owned()).map_err(text)),
        ("stamp r1", migrator.stamp(pool, "r1").await.map(|_| "ok".to_owned()).map_err(text)),
    ]
}

fn ok_unit((): ()) -> String {
    "ok".to_owned()
}

/// The same verb on a connection that the caller passes.
async fn lent(db: &Fresh, migrator: &Migrator) -> ambix::Result<()> {
    let mut connection = Connection::connect(&db.url).await.unwrap();
    migrator.run_pending(&mut connection).await.map(drop)
}

/// r2 stopped after its first statement, on its way up or down.
async fn half(down: bool) -> (Fresh, Migrator) {
    let db = fresh().await;
    let of = |up: &str, down: &str| {
        migrator(&[
            ("r1", "CREATE TABLE a (id integer)", "DROP TABLE a"),
            ("r2", &format!("{HEAD}{up}"), &format!("{HEAD}{down}")),
        ])
    };
    let up = "CREATE TABLE b (id integer);\nCREATE TABLE c (id integer)";
    if down {
        let failing = of(up, "DROP TABLE b;\nDELETE FROM nowhere;\nDROP TABLE c");
        failing.run_pending(&db.pool).await.unwrap();
        failing.downgrade(&db.pool, "r1").await.unwrap_err();
        return (db, of(up, "DROP TABLE b;\nDROP TABLE c"));
    }
    let failing =
        of("CREATE TABLE b (id integer);\nDELETE FROM nowhere", "DROP TABLE b;\nDROP TABLE c");
    failing.run_pending(&db.pool).await.unwrap_err();
    (db, of("CREATE TABLE b (id integer);\nDELETE FROM nowhere2", "DROP TABLE b;\nDROP TABLE c"))
}

#[tokio::test]
async fn what_is_half_taken_back_is_not_applied() {
    let (db, migrator) = half(true).await;
    for (verb, verdict) in verdicts(&db, &migrator).await {
        match verb {
            "status" => assert!(verdict.unwrap().contains("unfinished  r2"), "{verb}"),
            "current" => assert_eq!(verdict.unwrap(), "r1\nr2 (unfinished)"),
            "history" => assert!(verdict.unwrap().contains("(downgrading)")),
            "verify" => assert!(verdict.unwrap().contains("its downgrade ended")),
            "repair" => assert!(verdict.is_ok()),
            _ => {
                let error = verdict.expect_err(verb);
                for part in [
                    "downgrade of revision r2",
                    "finish that downgrade",
                    "MarkPending` as reverted",
                ] {
                    assert!(error.contains(part), "{verb}: {error}");
                }
            }
        }
    }
    let status = migrator.status(&db.pool).await.unwrap();
    assert!(!status.is_current());
    let current = migrator.current(&db.pool).await.unwrap();
    assert!(!current.is_head && current.unfinished == ["r2"], "{current:?}");
    assert_eq!(db.tables().await, ["a", "c"]);

    // The downgrade goes on, and a plan says so.
    let plan = migrator.plan(&db.pool, "r1").await.unwrap();
    assert_eq!((plan.steps.len(), plan.steps[0].resumes_after), (1, Some(1)));
    assert_eq!(revisions(&migrator.downgrade(&db.pool, "r1").await.unwrap()), ["r2"]);
    assert_eq!(db.tables().await, ["a"]);
    assert_eq!(revisions(&migrator.run_pending(&db.pool).await.unwrap()), ["r2"]);
    assert!(migrator.current(&db.pool).await.unwrap().is_head);

    // Or it is mended by hand.
    for (repair, applied) in
        [(Repair::MarkApplied("r2".into()), true), (Repair::MarkPending("r2".into()), false)]
    {
        let (db, migrator) = half(true).await;
        migrator.repair(&db.pool, [repair]).await.unwrap();
        let current = migrator.current(&db.pool).await.unwrap();
        assert_eq!((current.is_head, current.unfinished.len()), (applied, 0), "{current:?}");
    }
}

#[tokio::test]
async fn what_is_half_done_is_not_applied_and_not_taken_back() {
    let (db, migrator) = half(false).await;
    for (verb, verdict) in verdicts(&db, &migrator).await {
        match verb {
            "plan" => assert!(verdict.unwrap().contains("r2")),
            "status" => assert!(verdict.unwrap().contains("unfinished  r2")),
            "current" => assert_eq!(verdict.unwrap(), "r1\nr2 (unfinished)"),
            "history" => assert!(verdict.unwrap().contains("(upgrading)")),
            "verify" => assert!(verdict.unwrap().contains("r2 is unfinished")),
            "repair" => assert!(verdict.is_ok()),
            "upgrade r1" | "stamp" | "stamp r1" => {
                assert!(verdict.expect_err(verb).contains("finish that upgrade"), "{verb}");
            }
            _ => assert!(verdict.is_err(), "{verb}"),
        }
    }
    for target in ["r1", "base", "-1"] {
        let error = migrator.downgrade(&db.pool, target).await.unwrap_err();
        assert!(matches!(error, Error::Unfinished(_)), "{target}: {error}");
    }
    let error = migrator.plan(&db.pool, "r1").await.unwrap_err();
    assert!(matches!(error, Error::Unfinished(_)), "{error}");
    assert_eq!(db.tables().await, ["a", "b"]);
}

/// A program that does not have the unfinished migration cannot start over it, however lenient it is.
#[tokio::test]
async fn what_another_program_left_half_done_is_not_passed_over() {
    for down in [true, false] {
        let (db, newer) = half(down).await;
        let older = migrator(&[("r1", "CREATE TABLE a (id integer)", "DROP TABLE a")])
            .unknown_applied(ambix::options::UnknownApplied::AllowNewer);
        for (verb, verdict) in verdicts(&db, &older).await {
            match verb {
                "status" => assert!(verdict.unwrap().contains("unfinished  r2"), "{verb}"),
                "current" => assert!(!older.current(&db.pool).await.unwrap().is_head),
                "verify" => assert!(!older.verify(&db.pool).await.unwrap().is_ok()),
                "history" | "repair" => assert!(verdict.is_ok(), "{verb}"),
                _ => {
                    let error = verdict.expect_err(verb);
                    assert!(error.contains("this program does not have it"), "{verb}: {error}");
                }
            }
        }
        newer.repair(&db.pool, [Repair::MarkApplied("r2".into())]).await.unwrap();
        assert!(older.run_pending(&db.pool).await.unwrap().is_noop());
    }
}

/// The table without its primary key and its constraints, as a person may have altered it.
async fn without_constraints(db: &Fresh) {
    db.execute(
        "CREATE TABLE kept AS SELECT * FROM ambix_history; DROP TABLE ambix_history; ALTER TABLE kept RENAME TO ambix_history",
    )
    .await;
    if SCHEME == "mysql" {
        db.execute(
            "ALTER TABLE ambix_history MODIFY state varchar(16) NULL, MODIFY checksum varchar(80) NULL, \
             MODIFY statements_done bigint NULL, MODIFY revision varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL",
        )
        .await;
    }
}

const COLUMNS: &str = "name, parents, depends_on, flags, checksum, token_checksum, down, statements_done, done_hash, doubt_hash, \
                       applied_at, duration_us, applied_by";

fn copy(revision: &str, state: &str, like: &str) -> String {
    format!(
        "INSERT INTO ambix_history (revision, state, {COLUMNS}) SELECT {revision}, {state}, {COLUMNS} FROM ambix_history \
         WHERE revision = '{like}'"
    )
}

#[tokio::test]
async fn rows_that_cannot_be_are_named_by_every_verb() {
    let edits = [
        (
            "UPDATE ambix_history SET state = 'done' WHERE revision = 'r2'".to_owned(),
            "r2 has the state \"done\"",
        ),
        (
            "UPDATE ambix_history SET state = 'applied by hand' WHERE revision = 'r3'".to_owned(),
            "r3 has the state",
        ),
        (
            "UPDATE ambix_history SET state = 'Applied' WHERE revision = 'r1'".to_owned(),
            "r1 has the state \"Applied\"",
        ),
        (
            "UPDATE ambix_history SET state = NULL WHERE revision = 'r2'".to_owned(),
            "r2 has no state",
        ),
        ("UPDATE ambix_history SET state = '' WHERE revision = 'r3'".to_owned(), "r3 has no state"),
        (copy("'r9'", "NULL", "r3"), "r9 has no state"),
        ("UPDATE ambix_history SET checksum = NULL WHERE revision = 'r2'".to_owned(), "r2 has no checksum"),
        (
            "UPDATE ambix_history SET checksum = NULL, token_checksum = ''".to_owned(),
            "r1 has no checksum",
        ),
        (copy("'r1'", "'applied'", "r1"), "r1 is in it twice"),
        (copy("'r3'", "'upgrading'", "r3"), "r3 is in it twice"),
        (copy("NULL", "'applied'", "r3"), "has no revision"),
        (
            "UPDATE ambix_history SET revision = NULL WHERE revision = 'r3'".to_owned(),
            "has no revision",
        ),
        (
            "UPDATE ambix_history SET state = 'upgrading', statements_done = NULL WHERE revision = 'r3'"
                .to_owned(),
            "r3 is upgrading, and \"\" is no number of statements",
        ),
        (
            "UPDATE ambix_history SET state = 'downgrading', statements_done = -1 WHERE revision = 'r2'"
                .to_owned(),
            "r2 is downgrading, and \"-1\" is no number of statements",
        ),
    ];
    for (edit, part) in edits {
        let db = fresh().await;
        three().run_pending(&db.pool).await.unwrap();
        without_constraints(&db).await;
        assert!(three().run_pending(&db.pool).await.unwrap().is_noop());
        db.execute(&edit).await;
        for (verb, verdict) in verdicts(&db, &three()).await {
            let error = verdict.expect_err(verb);
            assert!(error.contains(part) && error.contains("by hand"), "{edit}: {verb}: {error}");
        }
        let error = three().downgrade(&db.pool, "base").await.unwrap_err();
        assert!(matches!(error, Error::History { .. }), "{edit}: {error}");
        assert_eq!(db.tables().await, ["t1", "t2", "t3"], "{edit}");
        if !part.contains("no revision") {
            three().stamp_purge(&db.pool, "heads").await.unwrap_or_else(|e| panic!("{edit}: {e}"));
            assert!(three().run_pending(&db.pool).await.unwrap().is_noop(), "{edit}");
        }
    }
}

/// One server reads the history once for each of these rows: it is not the history that has them twice.
#[tokio::test]
async fn a_second_row_of_the_lock_is_named() {
    let db = fresh().await;
    three().upgrade(&db.pool, "r2").await.unwrap();
    db.execute(
        "CREATE TABLE kept AS SELECT * FROM ambix_history_lock; DROP TABLE ambix_history_lock; \
         ALTER TABLE kept RENAME TO ambix_history_lock; INSERT INTO ambix_history_lock SELECT * FROM ambix_history_lock",
    )
    .await;
    for (verb, verdict) in verdicts(&db, &three()).await {
        let error = verdict.expect_err(verb);
        assert!(
            error.contains("ambix_history_lock beside it has 2 rows instead of one"),
            "{verb}: {error}"
        );
        assert!(error.contains("delete all rows") && !error.contains("twice"), "{verb}: {error}");
    }
    assert_eq!(db.tables().await, ["t1", "t2"]);
}

/// The rows of what was squashed are left aside by the quick look, but not whatever they say.
#[tokio::test]
async fn rows_below_a_squash_are_looked_at() {
    for (edit, part) in [
        ("UPDATE ambix_history SET state = 'upgrading' WHERE revision = 'r1'".to_owned(), "r1"),
        ("UPDATE ambix_history SET state = 'downgrading' WHERE revision = 'r2'".to_owned(), "r2"),
        (
            "UPDATE ambix_history SET state = NULL WHERE revision = 'r2'".to_owned(),
            "r2 has no state",
        ),
        (
            "UPDATE ambix_history SET state = 'x' WHERE revision = 'r1'".to_owned(),
            "r1 has the state",
        ),
        (copy("'r1'", "'applied'", "r1"), "r1 is in it twice"),
        (copy("NULL", "'applied'", "r1"), "has no revision"),
    ] {
        let db = fresh().await;
        let three = three();
        three.run_pending(&db.pool).await.unwrap();
        let squash = Migration::new("s1", "make all").replaces(["r1", "r2"]);
        let squash = squash.parents(Vec::<String>::new()).up("SELECT 1");
        let last = three.graph().get("r3").unwrap().clone().parents(["r2"]);
        let squashed = Migrations::new([squash, last]).unwrap();
        let squashed = Migrator::from_migrations(squashed).unwrap();
        squashed.run_pending(&db.pool).await.unwrap();
        assert!(squashed.run_pending(&db.pool).await.unwrap().is_noop());
        without_constraints(&db).await;
        db.execute(&edit).await;
        for error in [
            squashed.run_pending(&db.pool).await.map(drop),
            squashed.upgrade(&db.pool, "heads").await.map(drop),
            squashed.wait(&db.pool, "heads", Duration::ZERO).await,
            squashed.plan(&db.pool, "heads").await.map(drop),
        ] {
            let error = format!("{:#}", error.expect_err(&edit));
            assert!(error.contains(part), "{edit}: {error}");
        }
        assert!(squashed.current(&db.pool).await.is_ok_and(|c| !c.is_head) || part.contains(' '));
        assert!(
            squashed.status(&db.pool).await.is_ok_and(|s| !s.is_current()) || part.contains(' ')
        );
        assert!(squashed.verify(&db.pool).await.is_ok_and(|v| !v.is_ok()) || part.contains(' '));
    }
}

/// Keeps what is written of r2 away from the history: INSERT, UPDATE or DELETE.
async fn swallow(db: &Fresh, what: &str) {
    let sql = match SCHEME {
        "postgres" => format!(
            "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; \
             CREATE TRIGGER nothing BEFORE {what} ON ambix_history FOR EACH ROW WHEN ({}.revision = 'r2') EXECUTE FUNCTION nothing()",
            if what == "INSERT" { "NEW" } else { "OLD" }
        ),
        "sqlite" => format!(
            "CREATE TRIGGER swallow BEFORE {what} ON ambix_history WHEN {}.revision = 'r2' BEGIN SELECT RAISE(IGNORE); END",
            if what == "INSERT" { "NEW" } else { "OLD" }
        ),
        // What is written through it is not seen in it.
        _ => "RENAME TABLE ambix_history TO ambix_real; \
              CREATE VIEW ambix_history AS SELECT * FROM ambix_real WHERE revision <> 'r2'"
            .to_owned(),
    };
    db.execute(&sql).await;
}

#[tokio::test]
async fn a_row_that_was_swallowed_is_an_error() {
    let plain = "INSERT INTO a VALUES (2)";
    let alone = &format!("{HEAD}CREATE TABLE b (id integer);\nINSERT INTO a VALUES (2)");
    // Where DDL can be rolled back, the first statement is committed together with the row that it does not get.
    let first = usize::from(SCHEME != "mysql");
    // What is swallowed, the up side of r2, and how many tables and rows there are then.
    for (what, up, expected) in [
        ("INSERT", plain, 2),
        ("INSERT", alone, 1 + first),
        ("UPDATE", alone, 3),
        ("DELETE", plain, 1),
    ] {
        if what != "INSERT" && SCHEME == "mysql" {
            continue; // No trigger there can do that.
        }
        let db = fresh().await;
        let migrator = migrator(&[
            ("r1", "CREATE TABLE a (id integer)", "DROP TABLE a"),
            ("r2", up, "DELETE FROM a"),
        ]);
        migrator.upgrade(&db.pool, "r1").await.unwrap();
        if what == "DELETE" {
            migrator.run_pending(&db.pool).await.unwrap();
        }
        swallow(&db, what).await;
        let run = match what {
            "DELETE" => migrator.downgrade(&db.pool, "r1").await,
            _ => migrator.run_pending(&db.pool).await,
        };
        let error = run.expect_err(what);
        let text = format!("{error:#}");
        assert!(matches!(error, Error::History { .. }), "{what}: {text}");
        assert!(text.contains("did not take the row of revision r2"), "{what}: {text}");
        let left = db.column("SELECT id FROM a").await.len() + db.tables().await.len();
        assert_eq!(left, expected, "{what}: {up}");
    }
}

/// Every verb that writes the history looks whether it was written.
#[tokio::test]
async fn a_row_that_was_swallowed_is_an_error_of_every_verb() {
    let r2 = "INSERT INTO a VALUES (2)";
    let failing = &*format!("{HEAD}{r2};\nINSERT INTO nowhere VALUES (1)");
    // The verb, what of it is swallowed, and the up side of r2. All are applied, or up to r1 where r2 is to be inserted.
    for (verb, what, up) in [
        ("upgrade", "INSERT", r2),
        ("run_pending with a function", "INSERT", "-- ambix: run nothing"),
        ("run_pending in one transaction", "INSERT", r2),
        ("run_pending on a lent connection", "INSERT", r2),
        ("run_pending on a lent connection", "INSERT", &format!("{HEAD}{r2}")),
        ("stamp", "INSERT", r2),
        ("stamp r1", "DELETE", r2),
        ("stamp again", "INSERT", r2),
        ("downgrade", "DELETE", r2),
        ("downgrade", "UPDATE", &format!("{HEAD}{r2}")),
        ("downgrade", "DELETE", &format!("{HEAD}{r2}")),
        ("downgrade on a lent connection", "DELETE", r2),
        ("redo", "DELETE", r2),
        ("mark applied", "UPDATE", failing),
        ("mark pending", "DELETE", failing),
        ("forget", "DELETE", r2),
        ("accept changed", "UPDATE", r2),
    ] {
        // No trigger there can do that, and what a view hides is still a duplicate.
        if SCHEME == "mysql" && (what != "INSERT" || verb == "stamp again") {
            continue;
        }
        let db = fresh().await;
        let of = |up: &str| {
            let steps = [
                ("r1", "CREATE TABLE a (id integer)", "DROP TABLE a"),
                ("r2", up, "DELETE FROM a WHERE id = 2"),
                ("r3", "INSERT INTO a VALUES (3)", "DELETE FROM a WHERE id = 3"),
            ];
            migrator(&steps).register("nothing", |_: &mut Connection| Box::pin(async { Ok(()) }))
        };
        let migrator = of(up);
        migrator.upgrade(&db.pool, "r1").await.unwrap();
        if what != "INSERT" || verb == "stamp again" {
            let done = migrator.upgrade(&db.pool, "r2").await;
            assert_eq!(done.is_err(), up == failing, "{verb}: {done:?}");
        }
        swallow(&db, what).await;
        let mut lent = Connection::connect(&db.url).await.unwrap();
        let one = |repair| [repair];
        let result = match verb {
            "upgrade" => migrator.upgrade(&db.pool, "r2").await.map(drop),
            "run_pending with a function" => migrator.run_pending(&db.pool).await.map(drop),
            "run_pending in one transaction" => {
                let all = migrator.transaction(ambix::options::TransactionMode::All);
                all.run_pending(&db.pool).await.map(drop)
            }
            "run_pending on a lent connection" => migrator.run_pending(&mut lent).await.map(drop),
            "stamp" => migrator.stamp(&db.pool, "heads").await.map(drop),
            "stamp r1" => migrator.stamp(&db.pool, "r1").await.map(drop),
            "stamp again" => migrator.stamp_purge(&db.pool, "heads").await.map(drop),
            "downgrade" => migrator.downgrade(&db.pool, "r1").await.map(drop),
            "downgrade on a lent connection" => migrator.downgrade(&mut lent, "r1").await.map(drop),
            "redo" => migrator.redo(&db.pool).await.map(drop),
            "mark applied" => {
                migrator.repair(&db.pool, one(Repair::MarkApplied("r2".into()))).await.map(drop)
            }
            "mark pending" => {
                migrator.repair(&db.pool, one(Repair::MarkPending("r2".into()))).await.map(drop)
            }
            "forget" => {
                let others = crate::support::migrator(&[("r1", "CREATE TABLE a (id integer)", "")]);
                others.repair(&db.pool, one(Repair::Forget("r2".into()))).await.map(drop)
            }
            _ => {
                let edited = of("INSERT INTO a VALUES (2), (22)");
                edited.repair(&db.pool, one(Repair::AcceptChanged("r2".into()))).await.map(drop)
            }
        };
        let error = format!("{:#}", result.expect_err(&format!("{verb}, {what}: {up}")));
        assert!(error.contains("r2") && error.contains("history"), "{verb}, {what}: {error}");
    }
}

/// Idempotent, so that nothing but the history keeps it from running twice.
fn counting() -> Migrator {
    migrator(&[
        ("r1", "CREATE TABLE IF NOT EXISTS a (id integer)", "DROP TABLE a"),
        ("r2", "INSERT INTO a VALUES (1)", "DELETE FROM a"),
    ])
}

#[tokio::test]
async fn a_history_that_is_gone_is_not_taken_for_an_empty_one() {
    for lose in ["DROP TABLE ambix_history", "ALTER TABLE ambix_history RENAME TO lost_history"] {
        let db = fresh().await;
        let migrator = counting();
        migrator.run_pending(&db.pool).await.unwrap();
        db.execute(lose).await;
        for (verb, verdict) in verdicts(&db, &migrator.clone().lock(Lock::none())).await {
            // What the schema has can be recorded; that is for later.
            if !verb.starts_with("stamp") {
                let error = verdict.expect_err(verb);
                for part in
                    ["ambix_history is gone", "ambix_history_lock", "restore", "`stamp`", "drop"]
                {
                    assert!(error.contains(part), "{verb}: {part}: {error}");
                }
            }
        }
        db.execute("DROP TABLE ambix_history").await;
        for error in [
            migrator.downgrade(&db.pool, "base").await.map(drop).unwrap_err(),
            migrator.ensure_history(&db.pool).await.map(drop).unwrap_err(),
            migrator.run_pending(&db.url).await.map(drop).unwrap_err(),
        ] {
            assert!(matches!(error, Error::History { .. }), "{error}");
        }
        assert_eq!(db.column("SELECT id FROM a").await, ["1"]);
        migrator.stamp(&db.pool, "heads").await.unwrap();
        assert!(migrator.run_pending(&db.pool).await.unwrap().is_noop());
        assert!(migrator.verify(&db.pool).await.unwrap().is_ok());

        // To begin again on purpose.
        db.execute("DROP TABLE ambix_history").await;
        db.execute("DROP TABLE ambix_history_lock").await;
        let anew = migrator.clone().allow_existing(true).run_pending(&db.pool).await;
        assert_eq!(revisions(&anew.unwrap()), ["r1", "r2"]);
        assert_eq!(db.leaks().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_history_that_has_lost_its_rows_is_not_taken_for_an_empty_one() {
    let create = "CREATE TABLE IF NOT EXISTS";
    let or_not = "CREATE VIEW v AS SELECT 1 AS x";
    for (first, is_refused) in [
        (format!("{create} a (id integer)"), true),
        ("create /* x */ table\nif not exists A (id integer)".to_owned(), true),
        (format!("SELECT 1;\n{or_not};\n{create} b (id integer)"), true),
        // What was not made by these says nothing.
        (format!("-- {create} other (id integer)\nSELECT 1"), false),
        ("DROP TABLE IF EXISTS other".to_owned(), false),
        (format!("DROP TABLE IF EXISTS other; {create} other (id integer)"), false),
    ] {
        let db = fresh().await;
        db.execute("CREATE TABLE counted (id integer)").await;
        let migrator = migrator(&[
            ("r1", &first, ""),
            ("r2", "INSERT INTO counted VALUES (1)", "DELETE FROM counted"),
        ]);
        migrator.clone().allow_existing(true).run_pending(&db.pool).await.unwrap();
        db.execute("DELETE FROM ambix_history").await;
        if !is_refused {
            migrator.run_pending(&db.pool).await.unwrap_or_else(|error| panic!("{first}: {error}"));
            continue;
        }
        for error in [
            migrator.run_pending(&db.pool).await.map(drop),
            migrator.upgrade(&db.pool, "r1").await.map(drop),
            migrator.plan(&db.pool, "heads").await.map(drop),
            migrator.status(&db.pool).await.map(drop),
            migrator.verify(&db.pool).await.map(drop),
        ] {
            let error = error.expect_err(&first).to_string();
            for part in ["ambix_history has no rows", "restore", "`stamp`", "`allow_existing`"] {
                assert!(error.contains(part), "{first}: {part}: {error}");
            }
        }
        assert_eq!(db.column("SELECT id FROM counted").await, ["1"], "{first}");
        migrator.stamp(&db.pool, "heads").await.unwrap();
        assert!(migrator.run_pending(&db.pool).await.unwrap().is_noop());
    }
}

/// An empty history is what a way back to the beginning leaves.
#[tokio::test]
async fn a_history_that_was_emptied_in_order_is_an_empty_one() {
    let db = fresh().await;
    let migrator = counting();
    migrator.run_pending(&db.pool).await.unwrap();
    migrator.downgrade(&db.pool, "base").await.unwrap();
    assert_eq!(revisions(&migrator.run_pending(&db.pool).await.unwrap()), ["r1", "r2"]);
    migrator.stamp_purge(&db.pool, "base").await.unwrap();
    // Whoever has stamped base with the tables in place says so once more.
    assert!(matches!(migrator.status(&db.pool).await, Err(Error::History { .. })));
    let migrator = migrator.allow_existing(true);
    assert_eq!(migrator.status(&db.pool).await.unwrap().with("pending").count(), 2);
    assert_eq!(revisions(&migrator.run_pending(&db.pool).await.unwrap()), ["r1", "r2"]);
}

/// Done by somebody else while a runner has no connection.
fn meanwhile(url: &str, sql: &str) {
    let (url, sql) = (url.to_owned(), sql.to_owned());
    let other = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut connection = Connection::connect(&url).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        });
    });
    other.join().unwrap();
}

#[tokio::test]
async fn a_server_that_has_lost_commits_is_not_gone_on_with() {
    const LOWER: &str = "UPDATE ambix_history_lock SET epoch = 1";
    // What happens meanwhile, and what the error says; nothing where the run goes on.
    let cases = [
        (String::new(), None),
        (
            format!("DELETE FROM ambix_history WHERE revision = 'r2'; {LOWER}"),
            Some("the upgrade of r2; the server that answers now has lost"),
        ),
        (
            format!("DELETE FROM ambix_history; {LOWER}"),
            Some("the upgrade of r1, the upgrade of r2; the server"),
        ),
        (
            "DELETE FROM ambix_history WHERE revision = 'r1'".to_owned(),
            Some("the upgrade of r1; somebody else"),
        ),
        (
            "UPDATE ambix_history SET state = 'upgrading' WHERE revision = 'r2'".to_owned(),
            Some("the upgrade of r2; somebody else"),
        ),
        (LOWER.to_owned(), Some("the last of what it had written; the server")),
        ("DROP TABLE ambix_history".to_owned(), Some("is gone")),
        (
            "DROP TABLE ambix_history; DROP TABLE ambix_history_lock".to_owned(),
            Some("the upgrade of r1, the upgrade of r2; the server"),
        ),
    ];
    for (sql, part) in cases {
        let db = fresh().await;
        let list = [
            ("r1", "CREATE TABLE a (id integer)"),
            ("r2", "INSERT INTO a VALUES (2);\n-- ambix: run nothing"),
            ("r3", "INSERT INTO a VALUES (3);\n-- ambix: run cut"),
        ];
        let list = list.map(|(revision, up)| Migration::new(revision, "").up(up));
        let migrator = Migrator::from_migrations(Migrations::new(list).unwrap()).unwrap();
        let cut = Arc::new(AtomicBool::new(false));
        let (url, edit) = (db.url.clone(), sql.clone());
        let migrator = migrator
            .register("nothing", |_: &mut Connection| Box::pin(async { Ok(()) }))
            .register("cut", move |_: &mut Connection| {
                let first = !cut.swap(true, Ordering::SeqCst);
                Box::pin(async move {
                    let gone = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
                    if first { Err(sqlx::Error::Io(gone).into()) } else { Ok(()) }
                })
            })
            .observe(move |event| {
                if matches!(event, Event::Reconnecting { .. }) && !edit.is_empty() {
                    meanwhile(&url, &edit);
                }
            });
        let run = migrator.run_pending(&db.pool).await;
        match part {
            None => {
                assert_eq!(revisions(&run.unwrap()), ["r1", "r2", "r3"]);
                assert_eq!(db.column("SELECT id FROM a ORDER BY 1").await, ["2", "3"]);
            }
            Some(part) => {
                let error = format!("{:#}", run.expect_err(&sql));
                assert!(error.contains(part), "{sql}: {error}");
                assert_eq!(db.column("SELECT id FROM a").await, ["2"], "{sql}");
            }
        }
        assert_eq!(db.leaks().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn no_file_is_blamed_for_what_the_history_cannot_take() {
    if !crate::setup::TRANSACTIONAL_DDL {
        return;
    }
    for drop in ["DROP TABLE ambix_history", "ALTER TABLE ambix_history RENAME TO elsewhere"] {
        let db = fresh().await;
        let two = migrator(&[("r1", "CREATE TABLE t1 (id integer)", ""), ("r2", drop, "")]);
        let error = two.run_pending(&db.pool).await.unwrap_err();
        let text = format!("{error:#}");
        assert!(
            matches!(&error, Error::History { .. }) && text.contains("of revision r2"),
            "{text}"
        );
        assert!(text.contains("leave them alone") && !text.contains("COMMIT"), "{text}");
        assert_eq!(two.current(&db.pool).await.unwrap().revisions, ["r1"]);
    }
}
