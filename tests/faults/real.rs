//! On a real database: every fault, at every operation, over one mixed set of migrations, up and down.

use std::time::{Duration, Instant};

use ambix::{
    Migration, Migrations, Migrator,
    testkit::{Fault, Faults, drop_after},
};

use super::{
    STEPWISE,
    setup::{Connection, Fresh, fresh},
};
use crate::support::revisions;

const ALL: [&str; 7] = ["r1", "r2", "r3", "r4", "r5", "r6", "r7"];

/// Three plain ones (a batch where there are batches), a stepwise one, a Rust function, two plain ones. None of them can be
/// run twice, and `counter` tells what was.
fn mixed() -> Migrator {
    let [up, down] = STEPWISE;
    let list = [
        Migration::new("r1", "")
            .up("CREATE TABLE counter (step varchar(20))")
            .down("DROP TABLE counter"),
        Migration::new("r2", "")
            .up("CREATE TABLE t2 (id integer); INSERT INTO counter VALUES ('r2')")
            .down("DELETE FROM counter WHERE step = 'r2'; DROP TABLE t2"),
        Migration::new("r3", "").up("CREATE TABLE t3 (id integer)").down("DROP TABLE t3"),
        Migration::new("r4", "").up(up).down(down),
        Migration::new("r5", "")
            .up("INSERT INTO counter VALUES ('r5');\n-- ambix: run more")
            .down("-- ambix: run less\nDELETE FROM counter WHERE step = 'r5'"),
        Migration::new("r6", "").up("CREATE TABLE t6 (id integer)").down("DROP TABLE t6"),
        Migration::new("r7", "")
            .up("INSERT INTO counter VALUES ('r7')")
            .down("DELETE FROM counter WHERE step = 'r7'"),
    ];
    Migrator::from_migrations(Migrations::new(list).unwrap())
        .unwrap()
        .register("more", |connection: &mut Connection| {
            Box::pin(async move {
                sqlx::raw_sql("INSERT INTO counter VALUES ('more')").execute(connection).await?;
                Ok(())
            })
        })
        .register("less", |connection: &mut Connection| {
            Box::pin(async move {
                sqlx::raw_sql("DELETE FROM counter WHERE step = 'more'")
                    .execute(connection)
                    .await?;
                Ok(())
            })
        })
}

/// The server notices a broken connection soon, but not at once.
async fn no_leaks(db: &Fresh, what: &str) {
    let started = Instant::now();
    loop {
        let leaks = db.leaks().await;
        if leaks.is_empty() {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "{what}: {leaks:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn is_up(db: &Fresh, migrator: &Migrator, what: &str) {
    assert_eq!(
        db.column("SELECT step FROM counter ORDER BY 1").await,
        ["more", "r2", "r4", "r5", "r7"],
        "{what}"
    );
    assert_eq!(db.tables().await, ["counter", "t2", "t3", "t6"], "{what}");
    let status = migrator.status(&db.pool).await.unwrap();
    assert_eq!(status.with("applied").count(), ALL.len(), "{what}: {status}");
    no_leaks(db, what).await;
}

async fn is_down(db: &Fresh, migrator: &Migrator, what: &str) {
    assert_eq!(db.tables().await, Vec::<String>::new(), "{what}");
    let status = migrator.status(&db.pool).await.unwrap();
    assert_eq!(status.with("pending").count(), ALL.len(), "{what}: {status}");
    no_leaks(db, what).await;
}

/// As before the first run of all.
async fn forget(db: &Fresh) {
    db.execute("DROP TABLE ambix_history").await;
    db.execute("DROP TABLE ambix_history_lock").await;
}

/// A first run may fail or not; if not, it has named every step once.
fn judge(first: &ambix::Result<ambix::Report>, want: &[&str], fault: Fault, what: &str) {
    match first {
        Ok(report) => assert_eq!(revisions(report), want, "{what}"),
        // A broken connection is replaced, and a lock timeout waited out; only that there is none at all is an error.
        Err(error) => {
            assert!(fault == Fault::Failed || what.contains("open a session"), "{what}: {error}")
        }
    }
}

async fn every_operation_can_fail(fault: Fault) {
    let (db, migrator) = (fresh().await, mixed());
    let down: Vec<&str> = ALL.into_iter().rev().collect();
    for n in 1.. {
        let faults = Faults::at(n, fault);
        let first = migrator.run_pending(faults.wrap(&db.pool)).await;
        let up_hits = faults.hits().join("; ");
        judge(&first, &ALL, fault, &up_hits);
        let again = migrator.run_pending(&db.pool).await;
        let again = again.unwrap_or_else(|e| panic!("up, {up_hits}: {first:?}, and again: {e}"));
        assert!(first.is_err() || again.is_noop(), "{up_hits}: {again}");
        is_up(&db, &migrator, &up_hits).await;

        let faults = Faults::at(n, fault);
        let first = migrator.downgrade(faults.wrap(&db.pool), "base").await;
        let down_hits = faults.hits().join("; ");
        judge(&first, &down, fault, &down_hits);
        let again = migrator.downgrade(&db.pool, "base").await;
        let again =
            again.unwrap_or_else(|e| panic!("down, {down_hits}: {first:?}, and again: {e}"));
        assert!(first.is_err() || again.is_noop(), "{down_hits}: {again}");
        is_down(&db, &migrator, &down_hits).await;
        forget(&db).await;
        if up_hits.is_empty() && down_hits.is_empty() {
            assert!(n > 10, "only {n} operations");
            break;
        }
    }
}

#[tokio::test]
async fn every_operation_can_fail_with_an_error() {
    every_operation_can_fail(Fault::Failed).await;
}

#[tokio::test]
async fn every_operation_can_meet_a_lock_timeout() {
    every_operation_can_fail(Fault::Transient).await;
}

#[tokio::test]
async fn every_answer_can_be_lost() {
    every_operation_can_fail(Fault::AnswerLost).await;
}

#[tokio::test]
async fn the_connection_can_break_before_every_operation() {
    every_operation_can_fail(Fault::ConnectionGone).await;
}

/// A timeout drops the future, wherever it waits; the server may still be at work then.
#[tokio::test]
async fn a_run_can_be_dropped_anywhere() {
    let (db, migrator) = (fresh().await, mixed());
    for polls in 1.. {
        let ended = drop_after(polls, migrator.run_pending(&db.pool)).await;
        let what = format!("dropped after {polls} polls");
        migrator.run_pending(&db.pool).await.unwrap_or_else(|e| panic!("{what}: {e}"));
        is_up(&db, &migrator, &what).await;
        let ended_down = drop_after(polls, migrator.downgrade(&db.pool, "base")).await;
        migrator.downgrade(&db.pool, "base").await.unwrap_or_else(|e| panic!("down, {what}: {e}"));
        is_down(&db, &migrator, &what).await;
        forget(&db).await;
        if ended.is_some() && ended_down.is_some() {
            break;
        }
    }
}

/// A purge deletes and writes in one transaction, and means the same when it is begun again.
#[tokio::test]
async fn a_purge_can_fail_at_every_operation() {
    let (db, migrator) = (fresh().await, mixed());
    migrator.run_pending(&db.pool).await.unwrap();
    // Of other files: nothing of the history is known to them.
    let other = Migration::new("n1", "").up("CREATE TABLE n1 (id integer)");
    let next = Migration::new("n2", "").up("CREATE TABLE n2 (id integer)");
    let other = Migrator::from_migrations(Migrations::new([other, next]).unwrap()).unwrap();
    for fault in Fault::ALL {
        for n in 1.. {
            migrator.stamp_purge(&db.pool, "heads").await.unwrap();
            let faults = Faults::at(n, fault);
            let purged = other.stamp_purge(faults.wrap(&db.pool), "n1").await;
            let what = format!("{fault:?}: {}", faults.hits().join("; "));
            let rows = db.column("SELECT revision FROM ambix_history ORDER BY 1").await;
            match purged {
                Ok(_) => assert_eq!(rows, ["n1"], "{what}"),
                Err(error) => assert!(rows == ALL || rows == ["n1"], "{what}: {error}: {rows:?}"),
            }
            no_leaks(&db, &what).await;
            if faults.hits().is_empty() {
                break;
            }
        }
    }
}
