//! Every verb, as its documentation says.

use ambix::{Migration, Migrations, Migrator, repair::Repair};

use crate::{
    setup::{SCHEME, fresh},
    support::{migrator, revisions, three},
};

#[tokio::test]
async fn run_pending_runs_all_once() {
    let db = fresh().await;
    let migrator = three();
    let report = migrator.run_pending(&db.pool).await.unwrap();
    assert_eq!(revisions(&report), ["r1", "r2", "r3"]);
    assert_eq!(db.tables().await, ["t1", "t2", "t3"]);
    assert!(migrator.run_pending(&db.pool).await.unwrap().is_noop());
    assert_eq!(db.leaks().await, Vec::<String>::new());
    let history = migrator.history(&db.pool).await.unwrap();
    assert_eq!(
        history.records.iter().map(|r| r.revision.as_str()).collect::<Vec<_>>(),
        ["r1", "r2", "r3"]
    );
    assert!(
        history.records.iter().all(|r| r.applied_by.contains("(pid ") && r.applied_at.is_some())
    );
}

#[tokio::test]
async fn a_url_and_a_connection_do_as_well_as_a_pool() {
    use sqlx::Connection as _;
    let db = fresh().await;
    let migrator = three();
    assert_eq!(revisions(&migrator.upgrade(db.url.as_str(), "+1").await.unwrap()), ["r1"]);
    let mut connection = crate::setup::Connection::connect(&db.url).await.unwrap();
    assert_eq!(revisions(&migrator.upgrade(&mut connection, "+1").await.unwrap()), ["r2"]);
    assert_eq!(revisions(&migrator.run_pending(&mut connection).await.unwrap()), ["r3"]);
    assert!(migrator.run_pending(&mut connection).await.unwrap().is_noop());
    assert_eq!(
        revisions(&migrator.downgrade(&mut connection, "base").await.unwrap()),
        ["r3", "r2", "r1"]
    );
    let mut transaction = connection.begin().await.unwrap();
    let error = format!("{:#}", migrator.run_pending(&mut *transaction).await.unwrap_err());
    assert!(error.contains("in a transaction"), "{error}");
}

/// Nothing is taken back that could not come again.
#[tokio::test]
async fn a_reset_that_cannot_end_does_not_begin() {
    let db = fresh().await;
    assert_eq!(three().run_pending(&db.pool).await.unwrap().steps.len(), 3);
    let more = migrator(&[
        ("r1", "CREATE TABLE t1 (id integer PRIMARY KEY)", "DROP TABLE t1"),
        ("r2", "CREATE TABLE t2 (id integer PRIMARY KEY)", "DROP TABLE t2"),
        ("r3", "CREATE TABLE t3 (id integer PRIMARY KEY)", "DROP TABLE t3"),
        ("r4", "-- ambix: run nowhere", ""),
    ]);
    let error = more.reset(&db.pool).await.unwrap_err();
    assert!(matches!(error, ambix::Error::Unregistered { .. }), "{error}");
    assert_eq!(db.tables().await, ["t1", "t2", "t3"]);
}

#[tokio::test]
async fn up_and_down_to_targets() {
    let db = fresh().await;
    let migrator = three();
    assert_eq!(revisions(&migrator.upgrade(&db.pool, "r2").await.unwrap()), ["r1", "r2"]);
    assert_eq!(migrator.current(&db.pool).await.unwrap().revisions, ["r2"]);
    assert_eq!(revisions(&migrator.upgrade(&db.pool, "head").await.unwrap()), ["r3"]);
    assert_eq!(revisions(&migrator.downgrade(&db.pool, "-2").await.unwrap()), ["r3", "r2"]);
    assert_eq!(db.tables().await, ["t1"]);
    assert_eq!(revisions(&migrator.downgrade(&db.pool, "base").await.unwrap()), ["r1"]);
    assert_eq!(db.tables().await, Vec::<String>::new());
    assert!(migrator.current(&db.pool).await.unwrap().revisions.is_empty());
}

#[tokio::test]
async fn reset_goes_down_and_up() {
    let db = fresh().await;
    let migrator = three();
    migrator.run_pending(&db.pool).await.unwrap();
    db.execute("INSERT INTO t1 VALUES (1)").await;
    let report = migrator.reset(&db.pool).await.unwrap();
    assert_eq!(revisions(&report), ["r3", "r2", "r1", "r1", "r2", "r3"]);
    assert_eq!(db.column("SELECT count(*) FROM t1").await, ["0"]);
}

#[tokio::test]
async fn stamp_records_without_running() {
    let db = fresh().await;
    let migrator = three();
    assert_eq!(revisions(&migrator.stamp(&db.pool, "r2").await.unwrap()), ["r1", "r2"]);
    assert_eq!(db.tables().await, Vec::<String>::new());
    assert_eq!(migrator.current(&db.pool).await.unwrap().revisions, ["r2"]);
    assert_eq!(revisions(&migrator.stamp(&db.pool, "r1").await.unwrap()), ["r2"]);
    assert_eq!(revisions(&migrator.run_pending(&db.pool).await.unwrap()), ["r2", "r3"]);
}

#[tokio::test]
async fn plan_and_status_only_read() {
    let db = fresh().await;
    let migrator = three();
    let plan = migrator.plan(&db.pool, "heads").await.unwrap();
    assert_eq!(plan.steps.len(), 3);
    let status = migrator.status(&db.pool).await.unwrap();
    assert_eq!(status.with("pending").count(), 3);
    assert!(migrator.verify(&db.pool).await.unwrap().is_ok());
    migrator.upgrade(&db.pool, "r2").await.unwrap();
    let plan = migrator.plan(&db.pool, "base").await.unwrap();
    assert_eq!(plan.steps.iter().map(|s| s.revision.as_str()).collect::<Vec<_>>(), ["r2", "r1"]);
    assert_eq!(migrator.status(&db.pool).await.unwrap().with("applied").count(), 2);
    assert!(migrator.plan(&db.pool, "r2").await.unwrap().is_empty());
}

#[tokio::test]
async fn an_edited_migration_is_an_error_until_it_is_accepted() {
    let db = fresh().await;
    migrator(&[("r1", "CREATE TABLE t1 (id integer)", "")]).run_pending(&db.pool).await.unwrap();
    let reformatted = migrator(&[("r1", "-- a licence\nCREATE  TABLE t1\n(id integer)", "")]);
    let report = reformatted.run_pending(&db.pool).await.unwrap();
    assert!(report.is_noop() && report.notes.len() == 1, "{report:?}");
    assert_eq!(reformatted.repair(&db.pool, []).await.unwrap().changes.len(), 1);
    assert!(reformatted.run_pending(&db.pool).await.unwrap().notes.is_empty());
    let edited = migrator(&[("r1", "CREATE TABLE t1 (id bigint)", "")]);
    let error = edited.run_pending(&db.pool).await.unwrap_err();
    assert!(matches!(&error, ambix::Error::Changed(all) if all.len() == 1), "{error}");
    assert!(!edited.verify(&db.pool).await.unwrap().is_ok());
    edited.repair(&db.pool, [Repair::AcceptChanged("r1".into())]).await.unwrap();
    assert!(edited.run_pending(&db.pool).await.unwrap().is_noop());
}

#[tokio::test]
async fn an_older_program_can_boot_and_downgrade() {
    let db = fresh().await;
    three().run_pending(&db.pool).await.unwrap();
    let old = migrator(&[("r1", "CREATE TABLE t1 (id integer PRIMARY KEY)", "DROP TABLE t1")]);
    let error = old.run_pending(&db.pool).await.unwrap_err();
    assert!(matches!(&error, ambix::Error::Missing(all) if all.len() == 2), "{error}");
    let tolerant = old.clone().unknown_applied(ambix::options::UnknownApplied::AllowNewer);
    assert!(tolerant.run_pending(&db.pool).await.unwrap().is_noop());
    // With the down sides that the history keeps.
    assert_eq!(revisions(&old.downgrade(&db.pool, "r1").await.unwrap()), ["r3", "r2"]);
    assert_eq!(db.tables().await, ["t1"]);
    assert!(old.run_pending(&db.pool).await.unwrap().is_noop());
}

#[tokio::test]
async fn a_failed_migration_says_where_and_leaves_what_was_before() {
    let db = fresh().await;
    let broken = migrator(&[
        ("r1", "CREATE TABLE t1 (id integer)", ""),
        ("r2", "-- two\nCREATE TABLE t2 (id integer);\n  INSERT INTO nowhere VALUES (1);", ""),
        ("r3", "CREATE TABLE t3 (id integer)", ""),
    ]);
    let error = broken.run_pending(&db.pool).await.unwrap_err();
    let ambix::Error::Failed(failed) = &error else { panic!("{error}") };
    assert_eq!((failed.revision.as_str(), failed.place.line), ("r2", 3), "{error}");
    assert_eq!(failed.statement, "INSERT INTO nowhere VALUES (1)");
    assert_eq!(failed.done_before, ["r1"]);
    assert_eq!(db.leaks().await, Vec::<String>::new());
    // The failing statement is mended; what ran before it is not run again.
    let mended = migrator(&[
        ("r1", "CREATE TABLE t1 (id integer)", ""),
        ("r2", "-- two\nCREATE TABLE t2 (id integer);\n  INSERT INTO t2 VALUES (1);", ""),
        ("r3", "CREATE TABLE t3 (id integer)", ""),
    ]);
    assert_eq!(revisions(&mended.run_pending(&db.pool).await.unwrap()), ["r2", "r3"]);
    assert_eq!(db.tables().await, ["t1", "t2", "t3"]);
    assert_eq!(db.column("SELECT count(*) FROM t2").await, ["1"]);
}

#[tokio::test]
async fn rust_functions_run_in_the_steps_transaction() {
    let db = fresh().await;
    let list = [
        Migration::new("r1", "").up("CREATE TABLE t1 (id integer, name varchar(20))"),
        Migration::new("r2", "")
            .up("INSERT INTO t1 VALUES (1, 'a');\n-- ambix: run fill\nUPDATE t1 SET id = id + 1;"),
    ];
    let base = Migrator::from_migrations(Migrations::new(list).unwrap()).unwrap();
    let error = base.run_pending(&db.pool).await.unwrap_err();
    assert!(matches!(error, ambix::Error::Unregistered { .. }), "{error}");
    assert_eq!(db.tables().await, Vec::<String>::new(), "nothing ran");

    let failing = base.clone().register("fill", |connection: &mut crate::setup::Connection| {
        Box::pin(async move {
            sqlx::raw_sql("INSERT INTO t1 VALUES (5, 'b')").execute(&mut *connection).await?;
            Err("no".into())
        })
    });
    let error = failing.run_pending(&db.pool).await.unwrap_err();
    assert!(
        matches!(&error, ambix::Error::Failed(f) if f.place.line == 2 && f.statement == "fill"),
        "{error}"
    );
    assert_eq!(db.column("SELECT count(*) FROM t1").await, ["0"]);

    let right = base.register("fill", |connection: &mut crate::setup::Connection| {
        Box::pin(async move {
            use sqlx::Connection as _;
            // A transaction in ours is a savepoint.
            let mut inner = connection.begin().await?;
            sqlx::raw_sql("INSERT INTO t1 VALUES (5, 'b')").execute(&mut *inner).await?;
            inner.commit().await?;
            Ok(())
        })
    });
    assert_eq!(revisions(&right.run_pending(&db.pool).await.unwrap()), ["r2"]);
    assert_eq!(db.column("SELECT count(*) FROM t1 WHERE id IN (2, 6)").await, ["2"]);
}

#[tokio::test]
async fn wait_returns_when_another_has_migrated() {
    let db = fresh().await;
    let migrator = three();
    let short = std::time::Duration::from_millis(200);
    let error = migrator.wait(&db.pool, "heads", short).await.unwrap_err();
    assert!(matches!(error, ambix::Error::NotReady { .. }), "{error}");
    let (pool, other) = (db.pool.clone(), migrator.clone());
    let waiting = tokio::spawn(async move {
        other.wait(&pool, "heads", std::time::Duration::from_secs(20)).await
    });
    migrator.run_pending(&db.pool).await.unwrap();
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn two_sets_live_side_by_side() {
    let db = fresh().await;
    let app = three();
    let library = migrator(&[("r1", "CREATE TABLE lib (id integer)", "DROP TABLE lib")])
        .history_table("ambix_lib \"`'ü");
    app.run_pending(&db.pool).await.unwrap();
    assert_eq!(revisions(&library.run_pending(&db.pool).await.unwrap()), ["r1"]);
    assert_eq!(db.tables().await, ["lib", "t1", "t2", "t3"]);
    library.downgrade(&db.pool, "base").await.unwrap();
    assert_eq!(app.status(&db.pool).await.unwrap().with("applied").count(), 3);
}

#[tokio::test]
async fn the_offline_script_is_written() {
    let script = three().script(SCHEME, "base", "heads").unwrap();
    assert!(
        script.contains("-- Running upgrade  -> r1") && script.contains("CREATE TABLE t3"),
        "{script}"
    );
    let script = three().script(SCHEME, "r3", "r1").unwrap();
    assert!(script.contains("DROP TABLE t2") && !script.contains("DROP TABLE t1"), "{script}");
}
