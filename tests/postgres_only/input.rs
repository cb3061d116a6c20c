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
        ("COPY t1 TO STDOUT", "sends rows to the client"),
        ("copy (select 1 as to) to stdout with csv", "sends rows to the client"),
        ("SELECT pg_advisory_unlock_all()", "would give up the migration lock"),
        ("SELECT 1, pg_catalog.\"pg_advisory_unlock_all\" ()", "would give up the migration lock"),
        (
            "DO $a$ BEGIN PERFORM pg_advisory_unlock_all(); END $a$",
            "would give up the migration lock",
        ),
        (
            "DO $a$ BEGIN EXECUTE $b$ x $b$; PERFORM pg_catalog.pg_advisory_unlock_all(); END $a$",
            "would give up the migration lock",
        ),
        ("DISCARD ALL", "would give up the migration lock"),
        // The server has read the rest of the message by then, and psql has not: the rows would differ.
        ("SET standard_conforming_strings = off; SELECT '\\\\'", "E'...'"),
        ("SET LOCAL standard_conforming_strings TO 'FALSE'; SELECT '\\n'", "E'...'"),
        (
            "SELECT pg_catalog.set_config('standard_conforming_strings', 'off', true); SELECT '\\n'",
            "E'...'",
        ),
        ("SET client_encoding = 'LATIN1'; SELECT 'é'", "the file is UTF-8"),
        ("SET NAMES 'win1252'; SELECT 'é'", "the file is UTF-8"),
        ("SELECT 1, set_config('client_encoding', 'latin1', false), 'é'", "the file is UTF-8"),
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

/// What says no other way of reading, or none that matters in this file.
#[tokio::test]
async fn a_text_that_is_read_as_it_is_written_runs() {
    let db = fresh().await;
    let text = "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'SELECT pg_advisory_unlock_all()';
        COMMENT ON FUNCTION f() IS 'calls pg_advisory_unlock_all()'; SELECT 'pg_advisory_unlock_all()', 1 AS pg_advisory_unlock_all;
        SELECT pg_advisory_lock(1); SELECT pg_advisory_unlock(1); SET client_encoding = 'UTF8'; SET NAMES 'utf-8'; SET client_encoding TO DEFAULT; SET standard_conforming_strings = on;
        SELECT set_config('standard_conforming_strings', 'on', false); CREATE TABLE a (n text); INSERT INTO a VALUES ('é\\');
        COPY (SELECT 1) TO '/dev/null'";
    let ascii = "SET client_encoding = 'LATIN1'; SET standard_conforming_strings = off; CREATE TABLE b (n text)";
    migrator(&[("r1", text, ""), ("r2", ascii, "")]).run_pending(&db.pool).await.unwrap();
    assert_eq!(db.column("SELECT n FROM a").await, ["é\\"]);
}

/// psql would put its variables PORT and USER into these.
#[tokio::test]
async fn a_script_leaves_the_variables_of_psql_alone() {
    let text = "CREATE TABLE a (n integer[], port integer, \"USER\" integer);
        INSERT INTO a VALUES ('{1,2,3}', 2, 3);
        CREATE VIEW v AS SELECT n[1:PORT] x, n[1::integer:PORT] y, n[1:\"USER\"] z, ':PORT' t FROM a";
    let migrator = migrator(&[("r1", text, "")]);
    let (by_run, by_shell) = (fresh().await, fresh().await);
    migrator.run_pending(&by_run.pool).await.unwrap();
    let script = migrator.script(&by_shell.url, "base", "heads").unwrap();
    let output = crate::flavor::shell(&by_shell, &script);
    assert!(output.status.success(), "{output:?}");
    let query = "SELECT concat(x, y, z, t) FROM v";
    assert_eq!(by_shell.column(query).await, by_run.column(query).await);
    assert_eq!(by_shell.column(query).await, ["{1,2}{1,2}{1,2,3}:PORT"]);
}
