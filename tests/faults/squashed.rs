//! A squash on a real database: every fault, at every operation, where its row is written and where it is taken back.

use ambix::{
    Migration, Migrations, Migrator,
    testkit::{Fault, Faults},
};

use super::setup::{Fresh, fresh};

fn of(list: impl IntoIterator<Item = Migration>) -> Migrator {
    Migrator::from_migrations(Migrations::new(list).unwrap()).unwrap()
}

/// Two tables, in two migrations and in one. Nothing of it can be run twice.
fn old_and_new() -> (Migrator, Migrator) {
    let table =
        |name: &str| (format!("CREATE TABLE {name} (id integer)"), format!("DROP TABLE {name}"));
    let one = |revision: &str, name: &str| {
        let (up, down) = table(name);
        Migration::new(revision, "").up(&up).down(&down)
    };
    let squash = Migration::new("s1", "")
        .replaces(["r1", "r2"])
        .up("CREATE TABLE t1 (id integer); CREATE TABLE t2 (id integer)")
        .down("DROP TABLE t2; DROP TABLE t1");
    (of([one("r1", "t1"), one("r2", "t2")]), of([squash, one("r3", "t3").parents(["r2"])]))
}

async fn rows(db: &Fresh) -> Vec<String> {
    db.column("SELECT revision FROM ambix_history ORDER BY 1").await
}

/// Up and down with a fault at the n-th operation each, and again without one.
async fn every_operation_can_fail(fault: Fault, recorded: bool) {
    let (db, (old, new)) = (fresh().await, old_and_new());
    for n in 1.. {
        old.run_pending(&db.pool).await.unwrap();
        let faults = Faults::at(n, fault);
        let mut hits = String::new();
        if recorded {
            let first = new.run_pending(faults.wrap(&db.pool)).await;
            hits = faults.hits().join("; ");
            let again = new.run_pending(&db.pool).await;
            let again = again.unwrap_or_else(|e| panic!("up, {hits}: {first:?}, and again: {e}"));
            assert!(first.is_err() || again.is_noop(), "up, {hits}: {again}");
            assert_eq!(rows(&db).await, ["r1", "r2", "r3", "s1"], "up, {hits}");
            assert_eq!(db.tables().await, ["t1", "t2", "t3"], "up, {hits}");
        }
        let faults = Faults::at(n, fault);
        let first = new.downgrade(faults.wrap(&db.pool), "base").await;
        let down = faults.hits().join("; ");
        let again = new.downgrade(&db.pool, "base").await;
        let again = again.unwrap_or_else(|e| panic!("down, {down}: {first:?}, and again: {e}"));
        assert!(first.is_err() || again.is_noop(), "down, {down}: {again}");
        assert_eq!(rows(&db).await, Vec::<String>::new(), "down, {down}");
        assert_eq!(db.tables().await, Vec::<String>::new(), "down, {down}");
        if hits.is_empty() && down.is_empty() {
            assert!(n > 4, "only {n} operations");
            return;
        }
    }
}

#[tokio::test]
async fn a_squash_can_fail_anywhere() {
    for fault in Fault::ALL {
        every_operation_can_fail(fault, true).await;
    }
}

#[tokio::test]
async fn a_squash_without_a_row_can_fail_anywhere() {
    for fault in Fault::ALL {
        every_operation_can_fail(fault, false).await;
    }
}
