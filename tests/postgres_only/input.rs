//! What is found in a file before anything runs.

use ambix::Error;

use crate::{setup::fresh, support::migrator};

/// BUG-022, and its like.
#[tokio::test]
async fn what_cannot_stand_in_a_transaction_is_found_before_anything_runs() {
    for (statement, part) in [
        ("CREATE INDEX CONCURRENTLY ix ON t1 (id)", "CREATE INDEX CONCURRENTLY"),
        (
            "create unique index /* x */ concurrently if not exists ix on t1 (id)",
            "CREATE INDEX CONCURRENTLY",
        ),
        ("DROP INDEX CONCURRENTLY ix", "DROP INDEX CONCURRENTLY"),
        ("REINDEX INDEX CONCURRENTLY ix", "REINDEX"),
        ("REINDEX (CONCURRENTLY) TABLE t1", "REINDEX"),
        ("VACUUM", "VACUUM"),
        ("VACUUM (ANALYZE) t1", "VACUUM"),
        ("ALTER SYSTEM SET work_mem = '1MB'", "ALTER SYSTEM"),
        ("CREATE DATABASE other", "databases"),
        ("ALTER TABLE t1 DETACH PARTITION p CONCURRENTLY", "DETACH"),
        ("\\set x 1\nSELECT 1", "a command of the database's client"),
        ("PREPARE TRANSACTION 'x'", "PREPARE TRANSACTION"),
        ("END", "END inside a migration"),
    ] {
        let db = fresh().await;
        let text = format!("CREATE TABLE t2 (id integer);\n{statement};");
        let error = migrator(&[("r1", "CREATE TABLE t1 (id integer)", ""), ("r2", &text, "")])
            .run_pending(&db.pool)
            .await
            .unwrap_err();
        let message = format!("{error:#}");
        assert!(matches!(error, Error::Source { .. }), "{statement}: {message}");
        assert!(
            message.starts_with("<r2 up>:2:") && message.contains(part),
            "{statement}: {message}"
        );
        assert_eq!(db.tables().await, Vec::<String>::new(), "{statement}");
    }
}

#[tokio::test]
async fn settings_of_a_file_end_with_it() {
    let db = fresh().await;
    db.execute("CREATE SCHEMA other").await;
    let migrator = migrator(&[
        (
            "r1",
            "SET search_path = other; SET ROLE pg_monitor; RESET ROLE; SET standard_conforming_strings = off; CREATE TABLE a (id integer)",
            "",
        ),
        ("r2", "CREATE TABLE b (id integer); INSERT INTO b VALUES (length('\\'))", ""),
    ]);
    migrator.run_pending(&db.pool).await.unwrap();
    let places = db.column("SELECT schemaname || '.' || tablename FROM pg_tables WHERE tablename IN ('a', 'b') ORDER BY 1").await;
    assert_eq!(places, ["other.a", "public.b"]);
}
