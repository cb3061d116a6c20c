//! Work that no transaction can hold: how far it came, how it goes on, and what repair does.

use ambix::{
    Error, Migration, Migrations, Migrator, draft::DraftOptions, repair::Repair,
    report::StatusState,
};

use crate::{
    setup::{Fresh, fresh},
    support::{migrator, revisions},
};

/// Four statements without a transaction, of which the third is given.
fn with_third(third: &str) -> Migrator {
    let up = format!(
        "{HEAD}CREATE TABLE a (id integer);\nINSERT INTO a VALUES (1);\n{third};\nINSERT INTO a VALUES (2);"
    );
    let down = format!("{HEAD}DELETE FROM a WHERE id = 2;\nDROP TABLE a");
    migrator(&[
        ("r0", "CREATE TABLE z (id integer)", "DROP TABLE z"),
        ("r1", &up, &down),
        ("r2", "CREATE TABLE b (id integer)", "DROP TABLE b"),
    ])
}

const HEAD: &str = "-- ambix: transaction none\n";
const FAILING: &str = "INSERT INTO nowhere VALUES (1)";

async fn ids(db: &Fresh) -> Vec<String> {
    db.column("SELECT id FROM a ORDER BY id").await
}

/// A database where the third statement of r1 has failed.
async fn stuck() -> (Fresh, Migrator) {
    let db = fresh().await;
    let migrator = with_third(FAILING);
    let error = migrator.run_pending(&db.pool).await.unwrap_err();
    assert!(matches!(error, Error::Failed(_)), "{error}");
    (db, migrator)
}

#[tokio::test]
async fn a_failure_in_the_middle_says_how_far_it_came_and_goes_on_from_there() {
    let (db, stuck) = stuck().await;
    let error = stuck.run_pending(&db.pool).await.unwrap_err();
    let Error::Failed(failed) = &error else { panic!("{error}") };
    assert_eq!((failed.place.line, failed.revision.as_str()), (4, "r1"), "{error}");
    assert!(
        failed.done_before.is_empty()
            && failed.state.contains("its first 2 of 4 statements are done and stay"),
        "{error}"
    );
    assert_eq!(ids(&db).await, ["1"]);
    assert_eq!(stuck.current(&db.pool).await.unwrap().revisions, ["r0"]);
    let status = stuck.status(&db.pool).await.unwrap();
    let entry = status.entries.iter().find(|entry| entry.revision == "r1").unwrap();
    assert_eq!(
        (&entry.state, entry.record.as_ref().unwrap().statements_done),
        (&StatusState::Unfinished, 2)
    );
    assert!(
        stuck
            .verify(&db.pool)
            .await
            .unwrap()
            .to_string()
            .contains("revision r1 is unfinished: 2 statements are done")
    );
    assert!(stuck.history(&db.pool).await.unwrap().to_string().contains("(upgrading)"));
    let plan = stuck.plan(&db.pool, "heads").await.unwrap();
    assert_eq!(plan.steps[0].resumes_after, Some(2));

    // The failing statement is mended, and what comes after it changed, too: neither has run.
    let mended = with_third("INSERT INTO a VALUES (10);\nINSERT INTO a VALUES (11)");
    assert_eq!(revisions(&mended.run_pending(&db.pool).await.unwrap()), ["r1", "r2"]);
    assert_eq!(ids(&db).await, ["1", "2", "10", "11"]);
    assert!(mended.verify(&db.pool).await.unwrap().is_ok());
    assert!(mended.run_pending(&db.pool).await.unwrap().is_noop());
    assert_eq!(revisions(&mended.downgrade(&db.pool, "base").await.unwrap()), ["r2", "r1", "r0"]);
    assert_eq!(db.leaks().await, Vec::<String>::new());
}

/// Who waits for it, or would revert it, hears that it was begun.
#[tokio::test]
async fn an_unfinished_migration_is_called_so() {
    let (db, stuck) = stuck().await;
    let error = stuck.redo(&db.pool).await.unwrap_err();
    assert!(matches!(error, Error::Unfinished(_)), "{error}");
    let limit = std::time::Duration::from_millis(1);
    let error = stuck.wait(&db.pool, "heads", limit).await.unwrap_err().to_string();
    assert!(error.contains("unfinished are r1; pending are r2"), "{error}");
    assert_eq!(ids(&db).await, ["1"]);
}

#[tokio::test]
async fn comments_in_what_is_done_may_change_but_not_statements() {
    let (db, _) = stuck().await;
    let of = |text: &str| {
        let up = format!("{HEAD}{text}");
        migrator(&[("r0", "CREATE TABLE z (id integer)", ""), ("r1", &up, "")])
    };
    for edited in [
        "CREATE TABLE a (id bigint);\nINSERT INTO a VALUES (1);\nSELECT 1",
        "INSERT INTO a VALUES (1);\nSELECT 1",
        "CREATE TABLE a (id integer)",
    ] {
        let error = of(edited).run_pending(&db.pool).await.unwrap_err();
        let Error::Unfinished(unfinished) = &error else { panic!("{edited}: {error}") };
        assert_eq!(
            (unfinished.revision.as_str(), unfinished.done, unfinished.direction),
            ("r1", 2, ambix::error::Direction::Up)
        );
        let text = format!("{error:#}");
        assert!(text.contains("no longer begins with the statements that were run"), "{text}");
        assert!(
            text.contains("restore")
                && text.contains("Repair::MarkApplied")
                && text.contains("Repair::MarkPending"),
            "{text}"
        );
        // Nothing is in doubt, so there is nothing to run again.
        assert!(!text.contains("Repair::Resume"), "{text}");
    }
    assert_eq!(ids(&db).await, ["1"]);
    let reformatted = of(
        "-- now with a comment\nCREATE  TABLE a\n(id integer);\nINSERT INTO a VALUES (1) ;\nINSERT INTO a VALUES (3)",
    );
    assert_eq!(revisions(&reformatted.run_pending(&db.pool).await.unwrap()), ["r1"]);
    assert_eq!(ids(&db).await, ["1", "3"]);
}

/// The row says how far it came, so it goes on like that, also where the file now could be one transaction.
#[tokio::test]
async fn the_directive_may_go_away_in_the_middle() {
    let db = fresh().await;
    let of = |head: &str, last: &str| {
        let up = format!("{head}INSERT INTO a VALUES (1);\nINSERT INTO a VALUES (2);\n{last}");
        migrator(&[("r1", "CREATE TABLE a (id integer)", ""), ("r2", &up, "")])
    };
    of(HEAD, FAILING).run_pending(&db.pool).await.unwrap_err();
    assert_eq!(ids(&db).await, ["1", "2"]);
    assert_eq!(
        revisions(&of("", "INSERT INTO a VALUES (3)").run_pending(&db.pool).await.unwrap()),
        ["r2"]
    );
    assert_eq!(ids(&db).await, ["1", "2", "3"]);
}

#[tokio::test]
async fn a_first_statement_that_fails_leaves_nothing() {
    let db = fresh().await;
    let error = migrator(&[("r1", &format!("{HEAD}{FAILING}; SELECT 1"), "")])
        .run_pending(&db.pool)
        .await
        .unwrap_err();
    assert!(
        format!("{error:#}").contains("nothing of this step was done; correct it and run again"),
        "{error}"
    );
    let other = migrator(&[("r1", "CREATE TABLE a (id integer)", "")]);
    assert_eq!(other.status(&db.pool).await.unwrap().with("pending").count(), 1);
    other.run_pending(&db.pool).await.unwrap();
}

#[tokio::test]
async fn an_unfinished_upgrade_is_in_the_way_of_everything_else_with_it() {
    let (db, migrator) = stuck().await;
    for error in [
        migrator.stamp(&db.pool, "r1").await.unwrap_err(),
        migrator.stamp(&db.pool, "heads").await.unwrap_err(),
        migrator.repair(&db.pool, [Repair::AcceptChanged("r1".into())]).await.unwrap_err(),
    ] {
        assert!(format!("{error:#}").contains("r1"), "{error}");
    }
    // What is below it can still be taken back? No: r1 is half there.
    let verdict = migrator.downgrade(&db.pool, "base").await;
    assert!(matches!(verdict, Err(Error::Unfinished(_))), "{verdict:?}");
    assert_eq!(db.tables().await, ["a", "z"]);
}

#[tokio::test]
async fn repair_by_hand() {
    // Somebody has completed it.
    let (db, migrator) = stuck().await;
    db.execute("INSERT INTO a VALUES (2)").await;
    let report = migrator.repair(&db.pool, [Repair::MarkApplied("r1".into())]).await.unwrap();
    assert_eq!(report.changes, ["r1 is recorded as applied"]);
    assert_eq!(revisions(&migrator.run_pending(&db.pool).await.unwrap()), ["r2"]);
    assert!(migrator.verify(&db.pool).await.unwrap().is_ok());
    assert_eq!(revisions(&migrator.downgrade(&db.pool, "r0").await.unwrap()), ["r2", "r1"]);

    // Somebody has undone it.
    let (db, migrator) = stuck().await;
    db.execute("DROP TABLE a").await;
    let report = migrator.repair(&db.pool, [Repair::MarkPending("r1".into())]).await.unwrap();
    assert_eq!(report.changes, ["r1 is recorded as not applied"]);
    assert_eq!(
        revisions(&with_third("SELECT 1").run_pending(&db.pool).await.unwrap()),
        ["r1", "r2"]
    );
    assert_eq!(ids(&db).await, ["1", "2"]);

    // A revision may be abbreviated; what is wrong changes nothing.
    let (db, migrator) = stuck().await;
    for (repair, part) in [
        (Repair::MarkApplied("r0".into()), "is not unfinished; use stamp"),
        (Repair::Resume("r0".into()), "is not unfinished"),
        (Repair::Forget("r1".into()), "is known here"),
        (Repair::MarkApplied("nobody".into()), "can't locate revision nobody"),
        (Repair::MarkApplied(String::new()), "can't locate revision"),
        (Repair::MarkApplied("r".into()), "ambiguous"),
    ] {
        let error = migrator
            .repair(&db.pool, [Repair::MarkPending("r1".into()), repair])
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(part), "{error}");
        assert_eq!(
            migrator.status(&db.pool).await.unwrap().with("unfinished").count(),
            1,
            "{part}"
        );
    }
    assert_eq!(db.leaks().await, Vec::<String>::new());
}

/// As a crash would have left it: the row announces a statement of which nothing else is known.
#[tokio::test]
async fn another_statement_in_place_of_the_one_in_doubt() {
    let (db, migrator) = stuck().await;
    db.execute("UPDATE ambix_history SET doubt_hash = 'sha256:other' WHERE revision = 'r1'").await;
    let error = migrator.run_pending(&db.pool).await.unwrap_err();
    let Error::Unfinished(unfinished) = &error else { panic!("{error}") };
    assert_eq!(unfinished.done, 2);
    assert!(
        format!("{error:#}").contains("in doubt") || format!("{error:#}").contains("in its place"),
        "{error}"
    );
    let report = migrator.repair(&db.pool, [Repair::Resume("r1".into())]).await.unwrap();
    assert_eq!(report.changes, ["r1: the next run continues after statement 2"]);
    assert_eq!(
        revisions(&with_third("SELECT 1").run_pending(&db.pool).await.unwrap()),
        ["r1", "r2"]
    );
}

#[tokio::test]
async fn an_unfinished_downgrade_goes_on() {
    let db = fresh().await;
    let of = |down: &str| {
        let down = format!("{HEAD}{down}");
        migrator(&[(
            "r1",
            "CREATE TABLE a (id integer); CREATE TABLE b (id integer); INSERT INTO a VALUES (1)",
            &down,
        )])
    };
    let failing = of("DROP TABLE b;\nDELETE FROM nowhere;\nDROP TABLE a");
    failing.run_pending(&db.pool).await.unwrap();
    let error = failing.downgrade(&db.pool, "base").await.unwrap_err();
    assert!(
        matches!(&error, Error::Failed(f) if f.direction == ambix::error::Direction::Down && f.place.line == 3),
        "{error}"
    );
    assert_eq!(db.tables().await, ["a"]);
    // It is neither applied nor pending, and cannot be upgraded from the middle of its way down.
    assert_eq!(failing.status(&db.pool).await.unwrap().with("unfinished").count(), 1);
    let mended = of("DROP TABLE b;\nDELETE FROM a;\nDROP TABLE a");
    assert_eq!(revisions(&mended.downgrade(&db.pool, "base").await.unwrap()), ["r1"]);
    assert_eq!(db.tables().await, Vec::<String>::new());
    assert_eq!(revisions(&mended.run_pending(&db.pool).await.unwrap()), ["r1"]);
    // (It was applied with the other side.)
    let files = failing.clone().down_side(ambix::options::DownSide::Files);
    files.downgrade(&db.pool, "base").await.unwrap_err();
    // A program without the file, and one whose row is finished by hand.
    let none = migrator(&[]);
    let error = none
        .repair(&db.pool, [Repair::Forget("r1".into())])
        .await
        .map(|report| report.changes.len());
    assert_eq!(error.unwrap(), 1);
}

#[tokio::test]
async fn functions_between_statements_run_once() {
    let db = fresh().await;
    let list = |last: &str| {
        let up = format!(
            "{HEAD}CREATE TABLE a (id integer);\n-- ambix: run fill\nINSERT INTO a VALUES (2);\n{last};\n"
        );
        let all = Migrations::new([Migration::new("r1", "").up(&up)]).unwrap();
        Migrator::from_migrations(all).unwrap().register(
            "fill",
            |connection: &mut crate::setup::Connection| {
                Box::pin(async move {
                    sqlx::raw_sql("INSERT INTO a VALUES (1)").execute(connection).await?;
                    Ok(())
                })
            },
        )
    };
    let error = list(FAILING).run_pending(&db.pool).await.unwrap_err();
    assert!(format!("{error:#}").contains("its first 3 of 4 statements are done"), "{error}");
    list("INSERT INTO a VALUES (3)").run_pending(&db.pool).await.unwrap();
    assert_eq!(ids(&db).await, ["1", "2", "3"]);
}

/// What stood alone and is done is not in doubt when what follows it is rolled back.
#[tokio::test]
async fn what_is_done_is_recorded_before_the_next_is_tried() {
    let db = fresh().await;
    let of = |last: &str| {
        let up = format!("{HEAD}CREATE TABLE a (id integer);\n{};\n{last};", crate::flavor::ALONE);
        migrator(&[("r1", &up, "")])
    };
    let error = of(FAILING).run_pending(&db.pool).await.unwrap_err();
    assert!(
        format!("{error:#}").contains("its first 2 of 3 statements are done and stay"),
        "{error}"
    );
    assert_eq!(of("").history(&db.pool).await.unwrap().records[0].statements_done, 2);
    assert_eq!(db.column("SELECT doubt_hash FROM ambix_history").await, [""]);
    of("INSERT INTO a VALUES (1)").run_pending(&db.pool).await.unwrap();
}

/// Somebody's BEGIN and COMMIT inside of such a file are one unit.
#[tokio::test]
async fn a_transaction_of_the_file_is_a_unit() {
    let db = fresh().await;
    let of = |last: &str| {
        let up = format!(
            "{HEAD}CREATE TABLE a (id integer);\nBEGIN;\nINSERT INTO a VALUES (1);\n{last};\nCOMMIT;\nINSERT INTO a VALUES (3);"
        );
        migrator(&[("r1", &up, "")])
    };
    let error = of(FAILING).run_pending(&db.pool).await.unwrap_err();
    assert!(matches!(&error, Error::Failed(f) if f.place.line == 5), "{error}");
    assert_eq!(ids(&db).await, Vec::<String>::new());
    of("INSERT INTO a VALUES (2)").run_pending(&db.pool).await.unwrap();
    assert_eq!(ids(&db).await, ["1", "2", "3"]);
}

/// It is not pending, and a comparison in the middle of it would say nothing.
#[tokio::test]
async fn a_check_names_what_is_unfinished() {
    let (db, migrator) = stuck().await;
    let wanted = migrator.clone().schema_sql("CREATE TABLE z (id integer)");
    let error = wanted.check(&db.pool, DraftOptions::new()).await.unwrap_err();
    let Error::Unfinished(unfinished) = &error else { panic!("{error:#}") };
    assert_eq!((unfinished.revision.as_str(), unfinished.done), ("r1", 2), "{error:#}");
    let error = format!("{:#}", migrator.drift(&db.pool).await.unwrap_err());
    assert!(error.contains("r1") && !error.contains("pending"), "{error}");
}
