//! A scratch place gets from the migrations what the database got from them: each begins as in a fresh session, and ends with its own
//! transaction.

use ambix::{Migration, Migrations, Migrator};

use crate::setup::{SCHEME, fresh};

/// Chains of migrations, of which none sees what another one has left, by the first letter of a database.
const CHAINS: &[(&str, &[&str])] = &[
    // All in one transaction.
    (
        "p",
        &[
            "CREATE TABLE a1 (id integer); CREATE TEMP TABLE work (id integer)",
            "CREATE TEMP TABLE work (name text); CREATE TABLE a2 AS SELECT name FROM work",
            "CREATE TEMP TABLE gone ON COMMIT DROP AS SELECT 1 AS id; CREATE TABLE a3 AS SELECT id FROM gone",
            "CREATE TEMP TABLE gone ON COMMIT DROP AS SELECT 'x'::text AS id; CREATE TABLE a4 AS SELECT id FROM gone",
            "SELECT set_config('app.mode', 'on', true)",
            "SET app.kind = 'on'; SET lock_timeout = '1s'",
            "DO $$ BEGIN IF 'on' IN (current_setting('app.mode', true), current_setting('app.kind', true)) THEN \
             CREATE TABLE leaked (id integer); END IF; END $$",
            "CREATE TABLE town (id integer PRIMARY KEY, twin integer REFERENCES town DEFERRABLE INITIALLY DEFERRED); \
             INSERT INTO town VALUES (1, 2); INSERT INTO town VALUES (2, 1)",
            "ALTER TABLE town ADD note text",
            "INSERT INTO town VALUES (3, 4); INSERT INTO town VALUES (4, 3)",
            "PREPARE p AS SELECT 1",
            "PREPARE p AS SELECT 2; CREATE TABLE a5 (id integer)",
        ],
    ),
    // What names a schema has a database of its own.
    (
        "p",
        &[
            "CREATE TABLE public.b1 (id integer); LOCK TABLE b1; DECLARE c CURSOR FOR SELECT * FROM b1; SAVEPOINT s; \
             CREATE TABLE gone (id integer); ROLLBACK TO s",
            "CREATE SCHEMA side; SET LOCAL search_path = side; CREATE TABLE b2 (id integer)",
            "CREATE TABLE b3 (id integer)",
            "PREPARE p AS SELECT 1; CREATE TEMP TABLE work (id integer)",
            "PREPARE p AS SELECT 2; CREATE TEMP TABLE work (name text) ON COMMIT DROP; INSERT INTO work VALUES ('x'); \
             CREATE TABLE b4 AS SELECT name FROM work",
            "CREATE TABLE b5 (id integer PRIMARY KEY, twin integer REFERENCES b5 DEFERRABLE INITIALLY DEFERRED); \
             INSERT INTO b5 VALUES (1, 2); INSERT INTO b5 VALUES (2, 1)",
            "-- ambix: transaction none\nCREATE INDEX CONCURRENTLY by_id ON b1 (id); VACUUM b1",
        ],
    ),
    // What works only once those before are committed.
    (
        "p",
        &[
            "CREATE TYPE mood AS ENUM ('a')",
            "ALTER TYPE mood ADD VALUE 'b'",
            "CREATE TABLE c1 (m mood DEFAULT 'b')",
            "DECLARE c CURSOR FOR SELECT 1",
            "DECLARE c CURSOR FOR SELECT 2; CREATE TABLE c2 (id integer)",
        ],
    ),
    (
        "m",
        &[
            "CREATE TABLE a1 (id integer); CREATE TEMPORARY TABLE work (id integer)",
            "CREATE TEMPORARY TABLE work (name text); CREATE TABLE a2 AS SELECT name FROM work",
            "PREPARE p FROM 'CREATE TABLE a3 (id integer)'; EXECUTE p",
            "PREPARE p FROM 'CREATE TABLE a4 (id integer)'; EXECUTE p",
            "SET sql_mode = 'ANSI_QUOTES'; CREATE TABLE \"a5\" (id integer)",
            "CREATE TABLE a6 (name varchar(9) DEFAULT \"x\")",
            "SET default_storage_engine = MyISAM; CREATE TABLE a7 (id integer)",
            "CREATE TABLE a8 (id integer)",
            "LOCK TABLES a1 WRITE; ALTER TABLE a1 ADD note text",
            "CREATE TABLE a9 (id integer)",
            "SET SESSION TRANSACTION READ ONLY",
            "INSERT INTO a8 VALUES (1)",
        ],
    ),
    (
        "s",
        &[
            "CREATE TABLE a1 (id integer); CREATE TEMP TABLE work (id integer)",
            "CREATE TEMP TABLE work (name text); INSERT INTO work (name) VALUES ('x'); \
             CREATE TABLE a2 AS SELECT name FROM work",
            "CREATE TEMP VIEW shown AS SELECT id FROM a1",
            "CREATE TEMP VIEW shown AS SELECT name FROM a2; CREATE TABLE a3 AS SELECT name FROM shown",
            "CREATE TEMP TABLE a4 (id integer)",
            "CREATE TABLE a4 (name text); INSERT INTO a4 (name) VALUES ('x')",
            "CREATE TEMP TRIGGER t AFTER INSERT ON a1 BEGIN INSERT INTO nowhere VALUES (1); END",
            "INSERT INTO a1 VALUES (1)",
        ],
    ),
];

/// The chains of this database.
pub(super) fn chains() -> impl Iterator<Item = (&'static str, Migrator)> {
    let own = CHAINS.iter().filter(|(letter, _)| SCHEME.starts_with(letter));
    own.map(|(_, chain)| {
        let migration = |(at, up): (usize, &&str)| Migration::new(format!("r{at:02}"), "").up(*up);
        let list = Migrations::new(chain.iter().enumerate().map(migration)).unwrap();
        (chain[0], Migrator::from_migrations(list).unwrap())
    })
}

#[tokio::test]
async fn migrations_make_the_same_in_a_scratch_place() {
    for (first, migrator) in chains() {
        let db = fresh().await;
        migrator.run_pending(&db.pool).await.unwrap();
        let drift = migrator.drift(&db.pool).await.unwrap();
        assert!(drift.is_empty() && !drift.compared.is_empty(), "{first}: {drift}");
        db.execute("CREATE TABLE drifted (id integer)").await;
        let drift = migrator.drift(&db.pool).await.unwrap();
        assert_eq!(drift.changes.len(), 1, "{first}: {drift}");
    }
}
