//! Policies and modes: out of order, unknown applied, one transaction for all, branches.

use ambix::{
    Error, Migration, Migrations, Migrator,
    options::{OutOfOrder, TransactionMode, UnknownApplied},
};

use crate::{
    setup::{TRANSACTIONAL_DDL, fresh},
    support::{migrator, revisions, three},
};

fn of(list: impl IntoIterator<Item = Migration>) -> Migrator {
    Migrator::from_migrations(Migrations::new(list).unwrap()).unwrap()
}

fn table(revision: &str) -> Migration {
    let (up, down) =
        (format!("CREATE TABLE t_{revision} (id integer)"), format!("DROP TABLE t_{revision}"));
    Migration::new(revision, format!("table {revision}")).up(&up).down(&down)
}

#[tokio::test]
async fn a_program_without_migrations_has_nothing_to_do() {
    let db = fresh().await;
    let empty = of([]);
    assert!(empty.run_pending(&db.pool).await.unwrap().is_noop());
    assert!(empty.plan(&db.pool, "heads").await.unwrap().is_empty());
    assert!(empty.status(&db.pool).await.unwrap().entries.is_empty());
    assert!(empty.reset(&db.pool).await.unwrap().is_noop());
}

#[tokio::test]
async fn a_late_migration_is_refused_or_run() {
    let db = fresh().await;
    of([table("a"), table("c")]).run_pending(&db.pool).await.unwrap();
    let late = of([table("a"), table("b"), table("c"), table("d")]);
    let error = late.run_pending(&db.pool).await.unwrap_err();
    let Error::OutOfOrder { pending, applied, .. } = &error else { panic!("{error}") };
    assert!(pending[0].file.contains('b') && applied == &["c"], "{error}");
    assert_eq!(late.status(&db.pool).await.unwrap().with("out of order").count(), 1);
    assert!(!late.verify(&db.pool).await.unwrap().is_ok());
    assert_eq!(db.tables().await, ["t_a", "t_c"], "nothing was run");
    let allowed = late.out_of_order(OutOfOrder::Allow);
    let report = allowed.run_pending(&db.pool).await.unwrap();
    assert_eq!(revisions(&report), ["b", "d"]);
    assert!(
        matches!(&report.notes[0], ambix::report::Note::OutOfOrder { revisions, .. } if revisions == &["b"]),
        "{report:?}"
    );
}

#[tokio::test]
async fn an_older_program_does_not_slip_its_own_migration_below_newer_ones() {
    let db = fresh().await;
    of([table("a"), table("b"), table("c")]).run_pending(&db.pool).await.unwrap();
    // The same line, where this program has another migration between.
    let old = of([table("a"), table("x")]).unknown_applied(UnknownApplied::AllowNewer);
    let report = old.run_pending(&db.pool).await.unwrap();
    assert_eq!(
        revisions(&report),
        ["x"],
        "a branch of its own, which no applied migration follows"
    );
    assert_eq!(report.notes.len(), 1, "{report:?}");
    let strict = of([table("a"), table("x")]);
    assert!(matches!(strict.run_pending(&db.pool).await.unwrap_err(), Error::Missing(_)));
}

#[tokio::test]
async fn transaction_all_is_all_or_nothing() {
    let db = fresh().await;
    let broken = migrator(&[
        ("r1", "CREATE TABLE t1 (id integer)", ""),
        ("r2", "CREATE TABLE t2 (id integer);\nINSERT INTO nowhere VALUES (1)", ""),
    ])
    .transaction(TransactionMode::All);
    let error = broken.run_pending(&db.pool).await.unwrap_err();
    assert_eq!(db.tables().await, Vec::<String>::new());
    assert_eq!(db.leaks().await, Vec::<String>::new());
    if !TRANSACTIONAL_DDL {
        assert!(matches!(error, Error::NotRunnable { .. }), "{error}");
        return;
    }
    let Error::Failed(failed) = &error else { panic!("{error}") };
    assert_eq!((failed.revision.as_str(), failed.place.line), ("r2", 2), "{error}");
    assert!(failed.done_before.is_empty(), "{error}");
    let report = three().transaction(TransactionMode::All).run_pending(&db.pool).await.unwrap();
    assert_eq!(revisions(&report), ["r1", "r2", "r3"]);
    let report =
        three().transaction(TransactionMode::All).downgrade(&db.pool, "base").await.unwrap();
    assert_eq!(revisions(&report), ["r3", "r2", "r1"]);
}

#[tokio::test]
async fn data_alone_is_one_transaction_everywhere() {
    let db = fresh().await;
    migrator(&[("r1", "CREATE TABLE t1 (id integer PRIMARY KEY)", "")])
        .run_pending(&db.pool)
        .await
        .unwrap();
    let data = |second: &str| {
        migrator(&[
            ("r1", "CREATE TABLE t1 (id integer PRIMARY KEY)", ""),
            ("r2", &format!("INSERT INTO t1 VALUES (1);\nINSERT INTO t1 VALUES ({second});"), ""),
        ])
    };
    let error = data("1").run_pending(&db.pool).await.unwrap_err();
    assert!(matches!(&error, Error::Failed(failed) if failed.place.line == 2), "{error}");
    assert_eq!(db.column("SELECT count(*) FROM t1").await, ["0"]);
    assert_eq!(
        revisions(
            &data("2").transaction(TransactionMode::All).run_pending(&db.pool).await.unwrap()
        ),
        ["r2"]
    );
    assert_eq!(db.column("SELECT count(*) FROM t1").await, ["2"]);
}

#[tokio::test]
async fn branches_merge_and_come_apart() {
    let db = fresh().await;
    let base = || {
        vec![
            table("a"),
            table("b").parents(["a"]).labels(["left"]),
            table("c").parents(["a"]).labels(["right"]),
        ]
    };
    let two = of(base());
    assert!(matches!(two.upgrade(&db.pool, "head").await.unwrap_err(), Error::ManyHeads { .. }));
    assert_eq!(revisions(&two.upgrade(&db.pool, "left@head").await.unwrap()), ["a", "b"]);
    assert_eq!(revisions(&two.run_pending(&db.pool).await.unwrap()), ["c"]);
    assert_eq!(two.current(&db.pool).await.unwrap().revisions, ["b", "c"]);
    let merged = of(base().into_iter().chain([Migration::new("m", "merge").parents(["b", "c"])]));
    assert_eq!(revisions(&merged.upgrade(&db.pool, "head").await.unwrap()), ["m"]);
    let current = merged.current(&db.pool).await.unwrap();
    assert!(current.is_head && current.revisions == ["m"]);
    let error = merged.downgrade(&db.pool, "base").await.unwrap_err();
    assert!(matches!(&error, Error::Irreversible { revision, .. } if revision == "m"), "{error}");
    let reversible =
        of(base().into_iter().chain([Migration::new("m", "merge").parents(["b", "c"]).down("")]));
    assert_eq!(revisions(&reversible.downgrade(&db.pool, "left@a").await.unwrap()), ["m", "b"]);
    assert_eq!(db.tables().await, ["t_a", "t_c"]);
    // The line of `left` begins at a, and c cannot stay without it.
    assert_eq!(revisions(&reversible.downgrade(&db.pool, "left@base").await.unwrap()), ["c", "a"]);
}

#[tokio::test]
async fn the_program_is_named_in_the_history() {
    let db = fresh().await;
    let migrator = three().application("billing", "1.4.2");
    migrator.run_pending(&db.pool).await.unwrap();
    let history = migrator.history(&db.pool).await.unwrap();
    assert!(history.records[0].applied_by.starts_with("billing 1.4.2 on "), "{history}");
    let columns = "revision, name, parents, checksum, token_checksum, down, state, applied_at, duration_us, applied_by";
    assert_eq!(db.column(&format!("SELECT {columns} FROM ambix_history")).await.len(), 3);
}

#[tokio::test]
async fn futures_can_be_spawned() {
    let db = fresh().await;
    let (migrator, pool, url) = (three(), db.pool.clone(), db.url.clone());
    let task = tokio::spawn(async move {
        migrator.run_pending(&pool).await?;
        migrator.run_pending(url.as_str()).await
    });
    assert!(task.await.unwrap().unwrap().is_noop());
}

#[tokio::test]
async fn an_any_pool_will_do() {
    sqlx::any::install_default_drivers();
    let db = fresh().await;
    let pool = sqlx::AnyPool::connect(&db.url).await.unwrap();
    assert_eq!(revisions(&three().run_pending(&pool).await.unwrap()), ["r1", "r2", "r3"]);
    assert!(three().run_pending(&pool).await.unwrap().is_noop());
    assert_eq!(db.tables().await, ["t1", "t2", "t3"]);
}
