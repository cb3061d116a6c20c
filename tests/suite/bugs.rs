//! The defects of Alembic that `bugs.md` lists, by number, as this crate must not have them.
//!
//! Where what is not here is tested:
//! - BUG-001, BUG-002, BUG-003, BUG-004 (two at once): here, and with many processes by the replicas tests.
//! - 006, 007, 008, 009, 011, 013, 014, 017 as questions of the graph: `src/graph/tests/`; here as a user meets them.
//! - 010, 012: `src/graph/tests/lookup.rs` and `ranges.rs`; 016 is the command line's.
//! - 021, 022: what can stand in no transaction differs; the CONCURRENTLY of PostgreSQL is in `postgres_only/`. BUG-023, the
//!   same in an offline script, is in `scripts.rs`.
//! - 020, 024 to 037 concern drafts: BUG-020 is in `draft_files.rs` of SQLite, BUG-024 to BUG-026 are in `scenarios/checks.rs`,
//!   BUG-027 in `drafting.rs`.

use ambix::{Error, Migration, Migrations, Migrator, repair::Repair};

use crate::{
    setup::{SCHEME, TRANSACTIONAL_DDL, fresh},
    support::{from_files, migrator, revisions, three},
};

/// BUG-001 on an empty database, BUG-002 with a table pending, BUG-003 with nothing but data pending, BUG-004 on SQLite.
#[tokio::test]
async fn bug_001_to_004_two_runners_at_once() {
    let db = fresh().await;
    let list = [
        ("r1", "CREATE TABLE t1 (id integer)", ""),
        ("r2", "CREATE TABLE t2 (id integer PRIMARY KEY)", ""),
        ("r3", "INSERT INTO t1 VALUES (1)", ""),
    ];
    for upto in 1..=list.len() {
        let pools = [db.pool_of(1).await, db.pool_of(1).await];
        let runs = pools.map(|pool| {
            let migrator = migrator(&list[..upto]);
            tokio::spawn(async move { migrator.run_pending(&pool).await })
        });
        let mut steps = 0;
        for run in runs {
            steps += run.await.unwrap().unwrap().steps.len();
        }
        assert_eq!(steps, 1, "run {upto}: one of the two ran it");
    }
    assert_eq!(db.column("SELECT count(*) FROM t1").await, ["1"]);
    assert_eq!(db.leaks().await, Vec::<String>::new());
}

#[tokio::test]
async fn bug_005_an_edit_after_the_fact_is_seen() {
    let db = fresh().await;
    let of = |text: &'static str| from_files(&[("1_a.sql", text)]).unwrap();
    of("CREATE TABLE a (id integer)").run_pending(&db.pool).await.unwrap();
    let edited = of("CREATE TABLE a (id integer, b integer)");
    let error = edited.run_pending(&db.pool).await.unwrap_err();
    let Error::Changed(all) = &error else { panic!("{error}") };
    assert_eq!(all[0].file, "1_a.sql");
    for text in [format!("{error:#}"), edited.verify(&db.pool).await.unwrap().to_string()] {
        assert!(
            text.contains("1_a.sql")
                && all[0].applied.is_some_and(|was| text.contains(&was.to_string()))
                && text.contains(&all[0].now.to_string()),
            "{text}"
        );
    }
    assert_eq!(edited.status(&db.pool).await.unwrap().with("changed").count(), 1);
    edited.repair(&db.pool, [Repair::AcceptChanged("1".into())]).await.unwrap();
    assert!(edited.verify(&db.pool).await.unwrap().is_ok());
}

#[tokio::test]
async fn bug_006_a_revision_spliced_below_the_head_is_seen() {
    let db = fresh().await;
    migrator(&[("a", "CREATE TABLE a (id integer)", ""), ("c", "CREATE TABLE c (id integer)", "")])
        .run_pending(&db.pool)
        .await
        .unwrap();
    let spliced = migrator(&[
        ("a", "CREATE TABLE a (id integer)", ""),
        ("b", "CREATE TABLE b (id integer)", ""),
        ("c", "CREATE TABLE c (id integer)", ""),
    ]);
    let error = spliced.run_pending(&db.pool).await.unwrap_err();
    assert!(
        matches!(&error, Error::OutOfOrder { .. }) && format!("{error:#}").contains("revision b"),
        "{error}"
    );
    assert_eq!(spliced.status(&db.pool).await.unwrap().with("out of order").count(), 1);
    assert!(!spliced.verify(&db.pool).await.unwrap().is_ok());
    assert!(!spliced.current(&db.pool).await.unwrap().is_head);
    assert_eq!(spliced.history(&db.pool).await.unwrap().records.len(), 2);
    let allowed = spliced.out_of_order(ambix::options::OutOfOrder::Allow);
    assert_eq!(revisions(&allowed.run_pending(&db.pool).await.unwrap()), ["b"]);
}

#[test]
fn bug_007_008_009_a_graph_that_is_none() {
    let cases = [
        (
            "BUG-007",
            vec![
                ("1_base0.sql", ""),
                ("2_a.sql", "-- ambix: parents 1, 3"),
                ("3_b.sql", "-- ambix: parents 2"),
                ("4_head.sql", ""),
            ],
            vec!["circle", "2 needs 3", "2_a.sql", "3_b.sql"],
        ),
        (
            "BUG-008",
            vec![("1_a.sql", ""), ("1_b.sql", "")],
            vec!["revision 1 is used twice", "1_a.sql", "1_b.sql"],
        ),
        (
            "BUG-009",
            vec![("1_a.sql", ""), ("2_b.sql", "-- ambix: parents gone")],
            vec!["2_b.sql:1", "gone"],
        ),
    ];
    for (bug, files, parts) in cases {
        let error = format!("{:#}", from_files(&files).unwrap_err());
        assert!(parts.iter().all(|part| error.contains(part)), "{bug}: {error}");
    }
}

#[tokio::test]
async fn bug_011_targets_out_of_reach_are_clean_errors() {
    let db = fresh().await;
    let migrator = three();
    migrator.upgrade(&db.pool, "r1").await.unwrap();
    for target in
        ["r2+9", "+3", "head+1", "", " ", "r1:r2:r3", "nobody", "nobody@head", "r", "+", "-1"]
    {
        let error = migrator.upgrade(&db.pool, target).await.unwrap_err();
        let clean = matches!(
            error,
            Error::Target { .. }
                | Error::UnknownRevision { .. }
                | Error::AmbiguousRevision { .. }
                | Error::ManyHeads { .. }
        );
        assert!(clean && !format!("{error:#}").contains('\n'), "{target:?}: {error}");
    }
    for target in ["-2", "base-1", "r3", "+1"] {
        let error = migrator.downgrade(&db.pool, target).await.unwrap_err();
        assert!(matches!(error, Error::Target { .. }), "{target:?}: {error:?}");
    }
    assert_eq!(db.tables().await, ["t1"]);
}

/// Relative targets count from where the database is.
#[tokio::test]
async fn bug_013_relative_targets_count_from_the_current_revision() {
    let db = fresh().await;
    let migrator = three();
    migrator.upgrade(&db.pool, "r2").await.unwrap();
    assert_eq!(revisions(&migrator.downgrade(&db.pool, "-1").await.unwrap()), ["r2"]);
    assert_eq!(revisions(&migrator.upgrade(&db.pool, "+1").await.unwrap()), ["r2"]);
    assert_eq!(revisions(&migrator.downgrade(&db.pool, "current-1").await.unwrap()), ["r2"]);
}

/// `lib` depends on another line of development.
fn two_lines() -> Migrator {
    let list = [
        Migration::new("core1", "")
            .labels(["core"])
            .up("CREATE TABLE c1 (id integer)")
            .down("DROP TABLE c1"),
        Migration::new("core2", "")
            .parents(["core1"])
            .up("CREATE TABLE c2 (id integer)")
            .down("DROP TABLE c2"),
        Migration::new("lib1", "")
            .parents(Vec::<String>::new())
            .labels(["lib"])
            .up("CREATE TABLE l1 (id integer)")
            .down("DROP TABLE l1"),
        Migration::new("lib2", "")
            .parents(["lib1"])
            .depends_on(["core2"])
            .up("CREATE TABLE l2 (id integer)")
            .down("DROP TABLE l2"),
    ];
    Migrator::from_migrations(Migrations::new(list).unwrap()).unwrap()
}

#[tokio::test]
async fn bug_014_at_the_heads_with_a_dependency() {
    let db = fresh().await;
    let migrator = two_lines();
    migrator.run_pending(&db.pool).await.unwrap();
    let current = migrator.current(&db.pool).await.unwrap();
    assert!(current.is_head, "{current:?}");
    assert!(migrator.status(&db.pool).await.unwrap().is_current());
}

#[tokio::test]
async fn bug_015_stamping_one_line_keeps_the_other() {
    let db = fresh().await;
    let migrator = two_lines();
    migrator.run_pending(&db.pool).await.unwrap();
    migrator.stamp(&db.pool, "lib@base").await.unwrap();
    assert_eq!(migrator.current(&db.pool).await.unwrap().revisions, ["core2"]);
    assert_eq!(
        db.column("SELECT revision FROM ambix_history ORDER BY 1").await,
        ["core1", "core2"]
    );
}

#[tokio::test]
async fn bug_017_the_order_of_what_is_shown_is_stable() {
    let db = fresh().await;
    two_lines().upgrade(&db.pool, "core2").await.unwrap();
    two_lines().upgrade(&db.pool, "lib1").await.unwrap();
    let first = two_lines().current(&db.pool).await.unwrap();
    assert_eq!(first.revisions.len(), 2);
    let history = two_lines().history(&db.pool).await.unwrap();
    for _ in 0..10 {
        assert_eq!(two_lines().current(&db.pool).await.unwrap(), first);
        assert_eq!(two_lines().history(&db.pool).await.unwrap(), history);
    }
}

#[tokio::test]
async fn bug_018_a_failure_is_one_line_with_all_that_is_needed() {
    let db = fresh().await;
    let files = [
        ("1_a.sql", "CREATE TABLE a (id integer PRIMARY KEY)"),
        ("2_b.sql", "\nINSERT INTO a VALUES (1);\nINSERT INTO a VALUES (1);"),
    ];
    let error = from_files(&files).unwrap().run_pending(&db.pool).await.unwrap_err();
    let Error::Failed(failed) = &error else { panic!("{error}") };
    let text = format!("{error:#}");
    assert!(!text.contains('\n') && text.len() < 600, "{text}");
    let parts = [
        "upgrade of revision 2 failed at 2_b.sql:3:1",
        "`INSERT INTO a VALUES (1)`",
        "done before it: 1",
        "run again",
    ];
    assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    assert!(failed.code.is_some(), "{text}");
}

/// BUG-019.
#[tokio::test]
async fn bug_019_a_step_is_atomic_or_says_how_far_it_is() {
    let db = fresh().await;
    let of = |last: &'static str| {
        let list = [
            ("r1", "CREATE TABLE t1 (id integer)".to_owned()),
            ("r2", format!("CREATE TABLE t2 (id integer);\n{last}")),
            ("r3", "CREATE TABLE t3 (id integer)".to_owned()),
        ];
        let list: Vec<(&str, &str, &str)> =
            list.iter().map(|(revision, up)| (*revision, up.as_str(), "")).collect();
        migrator(&list)
    };
    of("INSERT INTO nowhere VALUES (1)").run_pending(&db.pool).await.unwrap_err();
    let expected: &[&str] = if TRANSACTIONAL_DDL { &["t1"] } else { &["t1", "t2"] };
    assert_eq!(db.tables().await, expected);
    assert_eq!(of("").current(&db.pool).await.unwrap().revisions, ["r1"]);
    // The retry works.
    assert_eq!(
        revisions(&of("INSERT INTO t2 VALUES (1)").run_pending(&db.pool).await.unwrap()),
        ["r2", "r3"]
    );
}

#[tokio::test]
async fn bug_038_a_long_revision_fits_or_is_refused_when_it_is_read() {
    let db = fresh().await;
    let long = "é".repeat(32);
    let one = migrator(&[(&long, "CREATE TABLE a (id integer)", "DROP TABLE a")]);
    one.run_pending(&db.pool).await.unwrap();
    assert_eq!(one.current(&db.pool).await.unwrap().revisions.concat(), long);
    assert!(Migrations::new([Migration::new(format!("{long}x"), "")]).is_err());
}

/// BUG-039.
#[tokio::test]
async fn bug_039_no_way_back_is_a_clean_error() {
    let db = fresh().await;
    let files = [
        ("1_a.up.sql", "CREATE TABLE a (id integer)"),
        ("1_a.down.sql", "DROP TABLE a"),
        (
            "2_b.sql",
            "-- ambix: irreversible because the mails are gone\nCREATE TABLE b (id integer)",
        ),
        ("3_c.up.sql", "CREATE TABLE c (id integer)"),
        ("3_c.down.sql", "DROP TABLE c"),
    ];
    let migrator = from_files(&files).unwrap();
    migrator.run_pending(&db.pool).await.unwrap();
    let error = migrator.downgrade(&db.pool, "base").await.unwrap_err();
    assert!(
        matches!(&error, Error::Irreversible { .. })
            && format!("{error:#}").contains("because the mails are gone"),
        "{error}"
    );
    assert_eq!(
        db.tables().await,
        ["a", "b", "c"],
        "nothing was run, not even what has a down side"
    );
    migrator.downgrade(&db.pool, "-1").await.unwrap();
    let error = migrator.script(SCHEME, "2", "base").unwrap_err();
    assert!(matches!(error, Error::Irreversible { .. }), "{error}");
}

/// One target alone can be given, and one that means two revisions of a line is no target.
#[tokio::test]
async fn bug_040_a_stamp_that_cannot_be_changes_nothing() {
    let db = fresh().await;
    let migrator = three();
    migrator.run_pending(&db.pool).await.unwrap();
    for target in ["r1:r2", "r1,r2", "r1 r2", "nobody"] {
        assert!(migrator.stamp(&db.pool, target).await.is_err(), "{target}");
        assert_eq!(migrator.current(&db.pool).await.unwrap().revisions, ["r3"], "{target}");
    }
}

/// The file names the one before it by its place alone, so that another one comes before it as soon as that is gone.
#[tokio::test]
async fn what_was_applied_upon_a_lost_file_is_reverted_first() {
    let file = |n: u32, parents: &str| {
        [
            (
                format!("{n}_t.up.sql"),
                format!("{parents}CREATE TABLE t{n} (id integer PRIMARY KEY)"),
            ),
            (format!("{n}_t.down.sql"), format!("DROP TABLE t{n}")),
        ]
    };
    let folder = |lost: &[u32], parents: &dyn Fn(u32) -> &'static str| {
        let all = (1..=4).filter(|n| !lost.contains(n)).flat_map(|n| file(n, parents(n)));
        let all: Vec<(String, String)> = all.collect();
        let all: Vec<(&str, &str)> = all.iter().map(|(name, text)| (&**name, &**text)).collect();
        from_files(&all).unwrap()
    };
    let by_place = |_: u32| "";
    // The third depends on the second and follows the first.
    let by_name =
        |n: u32| if n == 3 { "-- ambix: parents 1\n-- ambix: depends-on 2\n" } else { "" };
    let no_longer = |n: u32| if n == 3 { "-- ambix: parents 1\n" } else { "" };
    type Parents = fn(u32) -> &'static str;
    // The parents before and after, the lost files, the target, and what is reverted.
    type LostCase = (Parents, Parents, &'static [u32], &'static str, &'static [&'static str]);
    let cases: [LostCase; 6] = [
        (by_place, by_place, &[2], "base", &["4", "3", "2", "1"]),
        (by_place, by_place, &[2], "1", &["4", "3", "2"]),
        (by_place, by_place, &[2, 3], "base", &["4", "3", "2", "1"]),
        (by_place, by_place, &[1], "base", &["4", "3", "2", "1"]),
        (by_place, by_place, &[1, 3], "base", &["4", "3", "2", "1"]),
        (by_name, no_longer, &[2], "base", &["4", "3", "2", "1"]),
    ];
    for (before, after, lost, target, expected) in cases {
        let db = fresh().await;
        folder(&[], &before).run_pending(&db.pool).await.unwrap();
        let migrator = folder(lost, &after);
        let done = migrator.downgrade(&db.pool, target).await.unwrap();
        assert_eq!(revisions(&done), expected, "{lost:?} {target}");
    }
}

#[tokio::test]
async fn bug_041_a_lost_file_has_ways_on() {
    let db = fresh().await;
    three().run_pending(&db.pool).await.unwrap();
    let lost = migrator(&[
        ("r1", "CREATE TABLE t1 (id integer PRIMARY KEY)", "DROP TABLE t1"),
        ("r2", "CREATE TABLE t2 (id integer PRIMARY KEY)", "DROP TABLE t2"),
    ]);
    let error = lost.run_pending(&db.pool).await.unwrap_err();
    let Error::Missing(missing) = &error else { panic!("{error}") };
    let text = format!("{error:#}");
    assert!(
        text.contains("can't locate revision r3 (make r3), applied 20")
            && missing[0].applied_at.is_some(),
        "{text}"
    );
    assert!(text.contains("restore the file") && text.contains("Repair::Forget"), "{text}");
    assert!(lost.verify(&db.pool).await.unwrap().to_string().contains("can't locate revision r3"));
    assert_eq!(lost.status(&db.pool).await.unwrap().with("missing").count(), 1);
    // The usual advice: down to base and up again, with the stored text of the down side.
    assert_eq!(revisions(&lost.downgrade(&db.pool, "base").await.unwrap()), ["r3", "r2", "r1"]);
    assert_eq!(revisions(&lost.run_pending(&db.pool).await.unwrap()), ["r1", "r2"]);
    // Or it is forgotten.
    three().run_pending(&db.pool).await.unwrap();
    let repaired = lost.repair(&db.pool, [Repair::Forget("r3".into())]).await.unwrap();
    assert!(repaired.changes[0].contains("r3 (make r3), applied 20"), "{repaired}");
    assert!(lost.run_pending(&db.pool).await.unwrap().is_noop());
    assert_eq!(db.tables().await, ["t1", "t2", "t3"], "the schema is never touched");
}
