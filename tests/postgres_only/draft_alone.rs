//! An inspection asks first what there is anything of, and sends no query for anything else. So each thing that is asked for is found
//! where there is nothing else of its kind, and nothing of a kind that would be read along with it.

use ambix::{Migrations, Migrator, draft::DumpOptions};

use crate::setup::fresh;

/// What is in an otherwise empty database, a part of what a dump says of it, and what takes it away again beside the schema.
const ALONE: &[(&str, &str, &str)] = &[
    ("CREATE TABLE t (id integer)", "CREATE TABLE t", ""),
    ("CREATE TABLE t ()", "CREATE TABLE t", ""),
    ("CREATE TABLE t (id integer); CREATE INDEX i ON t (id)", "CREATE INDEX i ON t", ""),
    ("CREATE TABLE t (id integer CHECK (id > 0))", "CHECK (id > 0)", ""),
    ("CREATE TABLE t (id integer PRIMARY KEY)", "id integer PRIMARY KEY", ""),
    ("CREATE SEQUENCE s", "CREATE SEQUENCE s", ""),
    ("CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY (START 7))", "START WITH 7", ""),
    ("CREATE TYPE e AS ENUM ('a')", "CREATE TYPE e AS ENUM", ""),
    ("CREATE UNLOGGED SEQUENCE s", "ALTER SEQUENCE s SET UNLOGGED", ""),
    (
        "CREATE TABLE t (id integer); COMMENT ON TABLE t IS 'told'",
        "COMMENT ON TABLE t IS 'told'",
        "",
    ),
    (
        "CREATE TABLE t (id integer); COMMENT ON COLUMN t.id IS 'told'",
        "COMMENT ON COLUMN t.id IS 'told'",
        "",
    ),
    (
        "CREATE TABLE t (id integer PRIMARY KEY); COMMENT ON INDEX t_pkey IS 'told'",
        "comment on index t_pkey",
        "",
    ),
    ("CREATE SEQUENCE s; COMMENT ON SEQUENCE s IS 'told'", "COMMENT ON SEQUENCE s IS 'told'", ""),
    ("CREATE TYPE e AS ENUM ('a'); COMMENT ON TYPE e IS 'told'", "COMMENT ON TYPE e IS 'told'", ""),
    ("CREATE TABLE t (id integer); ALTER TABLE t OWNER TO pg_monitor", "OWNER TO pg_monitor", ""),
    ("CREATE TYPE e AS ENUM ('a'); ALTER TYPE e OWNER TO pg_monitor", "OWNER TO pg_monitor", ""),
    ("CREATE TABLE t (id integer); GRANT SELECT ON t TO pg_monitor", "GRANT SELECT ON TABLE t", ""),
    ("CREATE TABLE t (id integer); GRANT SELECT (id) ON t TO pg_monitor", "GRANT SELECT (id)", ""),
    ("CREATE SEQUENCE s; GRANT USAGE ON SEQUENCE s TO pg_monitor", "GRANT USAGE ON SEQUENCE s", ""),
    (
        "CREATE TYPE e AS ENUM ('a'); GRANT USAGE ON TYPE e TO pg_monitor",
        "GRANT USAGE ON TYPE e",
        "",
    ),
    ("CREATE TYPE e AS ENUM ('a'); REVOKE ALL ON TYPE e FROM PUBLIC", "REVOKE ALL ON TYPE e", ""),
    (
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO pg_monitor",
        "ALTER DEFAULT PRIVILEGES",
        "",
    ),
    (
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor",
        "GRANT SELECT ON TABLES TO pg_monitor",
        "ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM pg_monitor",
    ),
    ("CREATE TABLE t (id integer); CREATE TABLE c () INHERITS (t)", "INHERITS (t)", ""),
    ("CREATE TABLE t (id integer) PARTITION BY LIST (id)", "PARTITION BY LIST", ""),
    (
        "CREATE TABLE t (id integer) PARTITION BY LIST (id); CREATE TABLE p PARTITION OF t DEFAULT; CREATE INDEX ON t (id)",
        "PARTITION OF t DEFAULT",
        "",
    ),
    (
        "CREATE TABLE t (id integer); ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        "ENABLE ROW LEVEL SECURITY",
        "",
    ),
    (
        "CREATE TABLE t (id integer); ALTER TABLE t FORCE ROW LEVEL SECURITY",
        "FORCE ROW LEVEL SECURITY",
        "",
    ),
    ("CREATE TABLE t (id integer); CREATE POLICY p ON t", "CREATE POLICY p", ""),
    (
        "CREATE TABLE t (id integer, other integer); CREATE STATISTICS s ON id, other FROM t",
        "CREATE STATISTICS",
        "",
    ),
    (
        "CREATE TABLE t (id integer); CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING",
        "CREATE RULE r",
        "",
    ),
    ("CREATE VIEW v AS SELECT 1 AS a", "CREATE VIEW v", ""),
    ("CREATE VIEW v AS SELECT 1 AS a; ALTER VIEW v ALTER a SET DEFAULT 2", "SET DEFAULT 2", ""),
    ("CREATE MATERIALIZED VIEW m AS SELECT 1 AS a", "CREATE MATERIALIZED VIEW m", ""),
    (
        "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE INDEX i ON m (a)",
        "CREATE INDEX i ON",
        "",
    ),
    ("CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'", "CREATE FUNCTION f()", ""),
    ("CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'", "CREATE PROCEDURE p()", ""),
    (
        "CREATE AGGREGATE a (integer) (SFUNC = int4larger, STYPE = integer)",
        "CREATE AGGREGATE a",
        "",
    ),
    ("CREATE DOMAIN d AS integer", "CREATE DOMAIN d", ""),
    ("CREATE TYPE c AS (a integer)", "CREATE TYPE c AS", ""),
    ("CREATE TYPE r AS RANGE (SUBTYPE = float8)", "CREATE TYPE r AS RANGE", ""),
    (
        "CREATE OPERATOR === (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq)",
        "CREATE OPERATOR",
        "",
    ),
    ("CREATE OPERATOR FAMILY f USING btree", "CREATE OPERATOR FAMILY f", ""),
    ("CREATE COLLATION c FROM \"C\"", "CREATE COLLATION c", ""),
    (
        "CREATE CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
        "CREATE CONVERSION c",
        "",
    ),
    (
        "CREATE TEXT SEARCH CONFIGURATION c (COPY = simple)",
        "CREATE TEXT SEARCH CONFIGURATION c",
        "",
    ),
    ("CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple)", "CREATE TEXT SEARCH DICTIONARY d", ""),
    ("CREATE CAST (integer AS inet) WITH INOUT", "CREATE CAST", "DROP CAST (integer AS inet)"),
    (
        "CREATE EXTENSION citext",
        "CREATE EXTENSION IF NOT EXISTS citext",
        "DROP EXTENSION IF EXISTS citext",
    ),
    ("CREATE LANGUAGE l HANDLER plpgsql_call_handler", "LANGUAGE l", "DROP LANGUAGE l"),
    (
        "CREATE FOREIGN DATA WRAPPER w",
        "CREATE FOREIGN DATA WRAPPER w",
        "DROP FOREIGN DATA WRAPPER w",
    ),
    (
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE USER MAPPING FOR PUBLIC SERVER s",
        "user mapping for PUBLIC server s",
        "DROP FOREIGN DATA WRAPPER w CASCADE",
    ),
    (
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE f () SERVER s",
        "CREATE FOREIGN TABLE f",
        "DROP FOREIGN DATA WRAPPER w CASCADE",
    ),
    ("CREATE PUBLICATION p", "CREATE PUBLICATION p", "DROP PUBLICATION p"),
    (
        "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (connect = false, slot_name = NONE)",
        "subscription s",
        "DROP SUBSCRIPTION s",
    ),
    (
        "CREATE ACCESS METHOD a TYPE INDEX HANDLER bthandler",
        "access method a",
        "DROP ACCESS METHOD a",
    ),
    ("CREATE SCHEMA beside", "schema beside", "DROP SCHEMA beside"),
    ("CREATE TEXT SEARCH TEMPLATE l (LEXIZE = dsimple_lexize)", "text search template l", ""),
    (
        "CREATE TEXT SEARCH PARSER p (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype)",
        "text search parser p",
        "",
    ),
    (
        "CREATE TYPE b; CREATE FUNCTION b_in(cstring) RETURNS b LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
        CREATE FUNCTION b_out(b) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
        CREATE TYPE b (INPUT = b_in, OUTPUT = b_out, LIKE = integer)",
        "base type b",
        "",
    ),
    (
        "CREATE TABLE t (id text); ALTER TABLE t SET (toast.autovacuum_enabled = false)",
        "TOAST options on t",
        "",
    ),
    (
        "CREATE TABLE t (id integer); CREATE INDEX i ON t ((id + 1)); ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 7",
        "column options 1 of index i on t",
        "",
    ),
    (
        "CREATE TABLE t (id integer PRIMARY KEY REFERENCES t); ALTER TABLE t DISABLE TRIGGER ALL",
        "disabled trigger of",
        "",
    ),
    ("CREATE TYPE c AS (a integer); CREATE TABLE t OF c", "row type on t", ""),
];

#[tokio::test]
async fn what_is_there_alone_is_found() {
    let db = fresh().await;
    let migrator = Migrator::from_migrations(Migrations::default()).unwrap();
    let mut missing = Vec::new();
    for (sql, said, undo) in ALONE {
        db.execute(sql).await;
        let dump = migrator.dump(&db.pool, DumpOptions::new()).await.unwrap();
        let left_out = dump.left_out.iter().map(|thing| format!("{} {}\n", thing.kind, thing.name));
        let text = format!("{}\n{}", dump.sql, left_out.collect::<String>());
        if !text.contains(said) {
            missing.push(format!("{sql}\n=> {text}"));
        }
        db.execute(undo).await;
        db.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await;
    }
    assert!(missing.is_empty(), "{}", missing.join("\n\n"));
}

/// A role's name is a text like any other.
#[tokio::test]
async fn the_roles_name_may_need_quotes() {
    let db = fresh().await;
    let role = crate::support::unique("My.Role \"x'");
    let quoted = role.replace('"', "\"\"");
    db.execute(&format!(
        "CREATE ROLE \"{quoted}\" LOGIN; GRANT CREATE ON SCHEMA public TO \"{quoted}\""
    ))
    .await;
    db.execute("CREATE TABLE t (id integer); ALTER TABLE t OWNER TO pg_monitor").await;
    let encoded: String = role.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let url = db.url.replacen("postgres@", &format!("{encoded}@"), 1);
    let migrator = Migrator::from_migrations(Migrations::default()).unwrap();
    let dump = migrator.dump(&url, DumpOptions::new()).await.unwrap();
    assert!(dump.sql.contains("OWNER TO pg_monitor"), "{dump}");
    db.execute(&format!("ALTER TABLE t OWNER TO \"{quoted}\"")).await;
    let dump = migrator.dump(&url, DumpOptions::new()).await.unwrap();
    assert!(!dump.sql.contains("OWNER"), "{dump}");
    db.execute(&format!("DROP OWNED BY \"{quoted}\"; DROP ROLE \"{quoted}\"")).await;
}
