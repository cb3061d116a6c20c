//! What pg_dump writes, as the first migration; and the rows of a COPY wherever else they are.

use std::process::Command;

use ambix::{
    Error, Migrator, draft::DraftOptions, events::Live, options::TransactionMode,
    testkit::TestSetup,
};
use sqlx::Connection as _;

use crate::{
    flavor::shell,
    setup::{Connection, Fresh, fresh, testkit_url},
    support::{from_files, migrator},
};

/// Small schemas with rows of every kind.
const CONTENTS: [(&str, &str); 6] = [
    (
        "texts, and what else hides in them",
        r#"CREATE TABLE pot (id integer PRIMARY KEY, v text, n varchar(9), c char(3));
        INSERT INTO pot VALUES (1, E'tab\there', '', 'a'), (2, NULL, '\N', NULL), (3, 'semi;colon', $$it's$$, '--'),
            (4, E'a\n\\restrict x\nb', E'\\.', '\.'), (5, E'\b\f\r\v\x01', '-- ambix', '$a$'), (6, 'grüß 日本', '/*', '"');
        CREATE TABLE "from stdin; --" ("COPY" integer, "a
b" text); INSERT INTO "from stdin; --" VALUES (1, '\.'), (2, '-- migrate:down');
        CREATE TABLE nothing (); INSERT INTO nothing DEFAULT VALUES; INSERT INTO nothing DEFAULT VALUES;
        CREATE TABLE "no rows" (id integer);
        CREATE VIEW lid AS SELECT v FROM pot;
        COMMENT ON TABLE pot IS E'a;\n\\.\nb';
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.v := 'x;
\.
'; RETURN NEW; END $$;
        CREATE TRIGGER tr BEFORE INSERT ON pot FOR EACH ROW EXECUTE FUNCTION f();"#,
    ),
    (
        "types",
        r#"CREATE TYPE mood AS ENUM ('so, so', E'\\.'); CREATE TYPE pair AS (a integer, b text); CREATE DOMAIN pos AS integer CHECK (VALUE > 0);
        CREATE TABLE kinds (b bytea, j json, jb jsonb, n numeric, f float8, d date, t timestamptz, i interval, u uuid, a inet, m mood,
            p pair, o pos, ia integer[], ta text[], r int4range, bits bit varying, x point, s tsvector, k boolean, mo money);
        INSERT INTO kinds VALUES ('\x005c2e0a', '{"a": "\\.\n"}', '{"a": null}', 'NaN', '-Infinity', 'infinity', '2025-01-01 00:00+05', '1 mon -3 days',
            'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '10.0.0.0/8', E'\\.', ROW(1, 'x,"y"'), 7, '{{1,2},{3,NULL}}', ARRAY['a"b', NULL, '', 'c\d'],
            '[1,)', B'0101', '(1,-2)', 'a:1 b:2', true, 12.34), (NULL), (NULL);"#,
    ),
    (
        "parts that lean on each other",
        "CREATE SCHEMA other;
        CREATE TABLE \"Mother\" (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kid integer, twice integer GENERATED ALWAYS AS (kid * 2) STORED);
        CREATE TABLE other.kid (id serial PRIMARY KEY, mother integer REFERENCES \"Mother\" DEFERRABLE);
        ALTER TABLE \"Mother\" ADD FOREIGN KEY (kid) REFERENCES other.kid;
        INSERT INTO other.kid (mother) VALUES (NULL), (NULL); INSERT INTO \"Mother\" (kid) VALUES (1), (2); UPDATE other.kid SET mother = id;
        CREATE TABLE days (day date, n integer) PARTITION BY RANGE (day);
        CREATE TABLE days_25 PARTITION OF days FOR VALUES FROM ('2025-01-01') TO ('2026-01-01'); CREATE TABLE days_x PARTITION OF days DEFAULT;
        INSERT INTO days VALUES ('2025-05-05', 1), ('2020-01-01', 2); CREATE INDEX ON days (day);
        CREATE TABLE base (id integer); CREATE TABLE heir (more text) INHERITS (base); INSERT INTO base VALUES (1); INSERT INTO heir VALUES (2, 'x');
        CREATE MATERIALIZED VIEW seen AS SELECT count(*) AS n FROM days; CREATE MATERIALIZED VIEW unseen AS SELECT 1 AS n WITH NO DATA;
        CREATE SEQUENCE alone; SELECT setval('alone', 41);
        ALTER TABLE base ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON base USING (id > 0); CREATE RULE r AS ON DELETE TO base DO INSTEAD NOTHING;",
    ),
    (
        "large objects, which a dump writes in transactions of its own",
        r"SELECT lo_create(4242); SELECT lo_put(4242, 0, '\x00ff5c2e0a'); SELECT lo_create(4243); COMMENT ON LARGE OBJECT 4242 IS 'a;b';
        GRANT SELECT ON LARGE OBJECT 4243 TO PUBLIC; CREATE TABLE files (id integer, data oid); INSERT INTO files VALUES (1, 4242);",
    ),
    (
        "code",
        r#"CREATE FUNCTION add(a integer, b integer DEFAULT 2) RETURNS integer LANGUAGE sql IMMUTABLE SET search_path = public AS
            $_$ SELECT $1 + $2; $_$;
        CREATE PROCEDURE p(INOUT x integer) LANGUAGE plpgsql AS
            $$ DECLARE t text := $q$a;b$q$; BEGIN IF x > 0 THEN COMMIT; END IF; x := x + 1; END; $$;
        CREATE FUNCTION "COPY x FROM stdin;"() RETURNS text LANGUAGE sql AS 'SELECT ''COPY t FROM stdin;
\.'' ';
        CREATE AGGREGATE total(integer) (SFUNC = add, STYPE = integer, INITCOND = '0');
        CREATE OPERATOR <+> (FUNCTION = add, LEFTARG = integer, RIGHTARG = integer);
        CREATE TYPE span AS RANGE (SUBTYPE = integer); CREATE TYPE two AS (a integer, b text); CREATE CAST (integer AS two) WITH INOUT;
        CREATE FUNCTION tr() RETURNS trigger LANGUAGE plpgsql AS $function$ BEGIN RAISE NOTICE '%;', NEW; RETURN NEW; END $function$;
        CREATE FUNCTION ev() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
        CREATE EVENT TRIGGER et ON ddl_command_start WHEN TAG IN ('DROP SEQUENCE') EXECUTE FUNCTION ev();
        CREATE TABLE logged (id integer, v text);
        CREATE CONSTRAINT TRIGGER ct AFTER INSERT ON logged DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tr();
        INSERT INTO logged VALUES (1, E'a\rb'), (2, E'\\x41');"#,
    ),
    (
        "what is beside tables",
        r#"CREATE COLLATION "odd;" FROM "C"; CREATE TEXT SEARCH CONFIGURATION plain (COPY = simple);
        CREATE TABLE logged (id bigint GENERATED BY DEFAULT AS IDENTITY (START 7), name text COLLATE "odd;", v integer,
            w integer GENERATED ALWAYS AS (v * 2) STORED, CONSTRAINT c CHECK (name <> ';') NOT VALID);
        INSERT INTO logged (name, v) VALUES ('a', 1), (NULL, NULL); CREATE INDEX by_name ON logged (lower(name)) WHERE v > 0; CREATE INDEX by_v ON logged (v);
        CREATE STATISTICS st ON name, v FROM logged; ALTER TABLE logged REPLICA IDENTITY FULL; ALTER TABLE logged CLUSTER ON by_v;
        CREATE UNLOGGED TABLE scratch (a integer) WITH (fillfactor = 70); INSERT INTO scratch VALUES (1);
        CREATE PUBLICATION pub FOR TABLE logged; GRANT SELECT (v), UPDATE ON logged TO PUBLIC;
        ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;
        CREATE RECURSIVE VIEW deep (n) AS SELECT 1 UNION ALL SELECT n + 1 FROM deep WHERE n < 3;"#
    ),
];

fn dump(db: &Fresh, arguments: &[&str]) -> String {
    let output = Command::new("pg_dump").args(arguments).args(["-d", &db.url]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Every pg_dump of today writes these two lines; an older one does not.
fn restricted(text: String) -> String {
    if text.contains("\n\\restrict ") {
        return text;
    }
    format!("--\n\n\\restrict aB3\n\n{text}\n\\unrestrict aB3\n\n")
}

/// A dump of everything but our own tables, as lines that do not differ from one dump to the next.
fn all(db: &Fresh) -> Vec<String> {
    let text = dump(db, &["--exclude-table=ambix_history*"]);
    let random = |line: &&str| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict");
    text.lines().filter(random).map(str::to_owned).collect()
}

async fn old(content: &str) -> Fresh {
    let old = fresh().await;
    let output = shell(&old, content);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    old
}

#[tokio::test]
async fn a_dump_is_a_first_migration() {
    for (what, content) in CONTENTS {
        let old = old(content).await;
        let expected = all(&old);
        let mut texts = vec![("", dump(&old, &[]))];
        if what.starts_with("texts") {
            texts.push(("inserts", dump(&old, &["--inserts"])));
            let columns = ["--column-inserts", "--rows-per-insert=2", "--quote-all-identifiers"];
            texts.push(("columns", dump(&old, &columns)));
            texts.push(("clean", dump(&old, &["-c", "--if-exists"])));
            texts.push(("apart", dump(&old, &["-s"]) + &dump(&old, &["-a", "--disable-triggers"])));
        }
        if what == "code" {
            let odd =
                ["--disable-dollar-quoting", "--load-via-partition-root", "-c", "--if-exists"];
            texts.push(("inserts", dump(&old, &odd)));
        }
        for (name, text) in texts {
            let what = format!("{what}, {name}");
            let text = restricted(text);
            let migrator = from_files(&[("20250101000000_base.sql", text.as_str())]).unwrap();
            let db = fresh().await;
            if name == "inserts" {
                let mut lent = Connection::connect(&db.url).await.unwrap();
                migrator.run_pending(&mut lent).await.unwrap_or_else(|e| panic!("{what}: {e}"));
                lent.close().await.unwrap();
            } else {
                migrator.run_pending(&db.pool).await.unwrap_or_else(|e| panic!("{what}: {e}"));
            }
            assert_eq!(db.leaks().await, Vec::<String>::new());
            assert_eq!(all(&db), expected, "{what}");
            if name.is_empty() && (what.starts_with("texts") || what.starts_with("parts")) {
                let offline = fresh().await;
                let script = migrator.script("postgres", "base", "head").unwrap();
                let output = shell(&offline, &script);
                let said = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{said}\n{script}");
                assert_eq!(all(&offline), expected, "{what}, offline");
                assert!(migrator.verify(&offline.pool).await.unwrap().is_ok());
            }
        }
    }
    let text = dump(&old("SELECT 1").await, &["-C", "-s"]);
    let db = fresh().await;
    let refused = from_files(&[("20250101000000_base.sql", text.as_str())]).unwrap();
    let error = refused.run_pending(&db.pool).await.unwrap_err().to_string();
    assert!(error.contains("pg_dump without --create"), "{error}");
}

/// Three rows between statements, with or without transactions around them.
const ROWS: &str = "CREATE TABLE a (id integer PRIMARY KEY, v text);\nCOPY a FROM stdin;\n1\tx\n2\t\\N\n\\.\nCOPY a (id) FROM stdin;\n3\n\\.\n\
                    UPDATE a SET v = 'y' WHERE id = 2;";

const CLEAN: &str = "DROP TABLE IF EXISTS a, b, c, ambix_history, ambix_history_lock";

async fn rows(db: &Fresh) -> String {
    db.column("SELECT concat(id, v) FROM a ORDER BY id").await.join(" ")
}

#[tokio::test]
async fn the_rows_of_a_copy_travel_however_a_step_runs() {
    const NONE: &str = "-- ambix: transaction none\n";
    let wrapped = format!("BEGIN;{ROWS}COMMIT;");
    let apart = ROWS.replace("COPY a (id)", "CREATE INDEX CONCURRENTLY ON a (v);\nCOPY a (id)");
    let together = format!("{NONE}{}", ROWS.replacen("COPY", "BEGIN;\nCOPY", 1) + "COMMIT;");
    let called = ROWS.replace("UPDATE", "-- ambix: run nothing\nUPDATE");
    let down = "COPY b FROM stdin;\n9\n\\.\nDROP TABLE a;".to_owned();
    let db = fresh().await;
    for (up, down) in [
        (ROWS.to_owned(), down.clone()),
        (wrapped, down.clone()),
        (format!("{NONE}{ROWS}"), format!("{NONE}{down}")),
        (format!("{NONE}{apart}"), down.clone()),
        (together, down.clone()),
        (called, down),
    ] {
        for kind in ["own", "all", "told", "lent"] {
            if kind == "all" && up.contains("none") {
                continue;
            }
            db.execute(CLEAN).await;
            let mut steps = migrator(&[
                ("r1", "CREATE TABLE b (id integer)", "DROP TABLE b"),
                ("r2", &up, &down),
                ("r3", "CREATE TABLE c (id integer)", "DROP TABLE c"),
            ])
            .register("nothing", |_: &mut Connection| Box::pin(async { Ok(()) }));
            if kind == "all" {
                steps = steps.transaction(TransactionMode::All);
            }
            if kind == "told" {
                steps = steps.live(Live::Statements).observe(|_| {});
            }
            let mut lent = Connection::connect(&db.url).await.unwrap();
            let what = format!("{kind}: {up}");
            let run = match kind {
                "lent" => steps.run_pending(&mut lent).await,
                _ => steps.run_pending(&db.pool).await,
            };
            run.unwrap_or_else(|error| panic!("{error}\n{what}"));
            assert_eq!(rows(&db).await, "1x 2y 3", "{what}");
            let run = match kind {
                "lent" => steps.downgrade(&mut lent, "r1").await,
                _ => steps.downgrade(&db.pool, "r1").await,
            };
            run.unwrap_or_else(|error| panic!("{error}\n{what}"));
            assert_eq!(db.tables().await, ["b"], "{what}");
            assert_eq!(db.column("SELECT id::text FROM b").await, ["9"], "{what}");
            lent.close().await.unwrap();
            assert_eq!(db.leaks().await, Vec::<String>::new());
        }
    }
}

/// A failure is where it is in the rows, if the server says so, and nothing of the step stays.
#[tokio::test]
async fn a_failure_in_the_rows_has_their_line() {
    const TABLE: &str = "CREATE TABLE a (id integer PRIMARY KEY, v text NOT NULL CHECK (v <> 'no'), k integer REFERENCES a);\n";
    let db = fresh().await;
    for (copy, line, column, problem) in [
        ("COPY a FROM stdin;\n1\tx\t\\N\ntwo\ty\t1\n\\.\n", 5, 0, "invalid input syntax"),
        ("COPY a FROM stdin;\n1\tx\t\\N\n2\ty\n\\.\n", 5, 0, "missing data for column"),
        ("COPY a FROM stdin;\n1\tx\t\\N\n2\ty\t1\t1\n\\.\n", 5, 0, "extra data after last"),
        ("COPY a FROM stdin;\n1\tx\t\\N\n1\ty\t1\n\\.\n", 5, 0, "duplicate key value"),
        ("COPY a FROM stdin;\n1\t\\N\t\\N\n\\.\n", 4, 0, "null value in column"),
        ("COPY a FROM stdin;\n1\tx\t\\N\n2\tno\t1\n\\.\n", 5, 0, "check constraint"),
        (
            "COPY a FROM stdin WITH (FORMAT csv, HEADER);\nid,v,k\n1,\"x\ny\",\n2,y,z\n\\.\n",
            7,
            0,
            "invalid input syntax",
        ),
        // Seen at the end of all rows, or before the first.
        ("COPY a FROM stdin;\n1\tx\t7\n\\.\n", 3, 1, "foreign key constraint"),
        ("  COPY a (id, w) FROM stdin;\n1\tx\n\\.\n", 3, 3, "column \"w\""),
        ("COPY nowhere FROM stdin;\n1\tx\n\\.\n", 3, 1, "relation \"nowhere\""),
        ("COPY a FROM stdin;\n1\tx\t\\N\n\\.\nSELECT nothing;", 6, 8, "column \"nothing\""),
    ] {
        for head in ["", "-- ambix: transaction none\n"] {
            let blank = if head.is_empty() { "\n" } else { "" };
            let up = format!("{head}{TABLE}{blank}{copy}");
            db.execute(CLEAN).await;
            let steps = migrator(&[("r1", &up, "")]);
            let error = steps.run_pending(&db.pool).await.unwrap_err();
            let Error::Failed(failed) = &error else { panic!("{error}\n{up}") };
            let place = (failed.place.line, failed.place.column);
            assert_eq!(place, (line, column), "{error:#}\n{up}");
            assert!(format!("{error:#}").contains(problem), "{error:#}\n{up}");
            assert!(failed.statement.contains("COPY") || line == 6, "{}", failed.statement);
            let left: &[&str] = if head.is_empty() { &[] } else { &["a"] };
            assert_eq!(db.tables().await, left, "{up}");
            assert_eq!(db.leaks().await, Vec::<String>::new());
            // What is done is not done again when it goes on.
            let mended = up.replace(copy, "COPY a FROM stdin;\n1\tx\t\\N\n\\.\n");
            let mended: Migrator = migrator(&[("r1", &mended, "")]);
            if line != 6 {
                mended.run_pending(&db.pool).await.unwrap();
                assert_eq!(rows(&db).await, "1x", "{up}");
            }
        }
    }
}

/// The same rows for a test and for the place where a draft is made.
#[tokio::test]
async fn the_rows_of_a_copy_are_read_by_the_test_kit_and_for_drafts() {
    const COUNT: &str = "DO $$ BEGIN IF (SELECT count(*) FROM a) <> 3 THEN RAISE 'rows are missing'; END IF; END $$";
    let steps = migrator(&[("r1", ROWS, "DROP TABLE a"), ("r2", COUNT, "")]);
    let setup = || TestSetup::<sqlx::PgPool>::new(&steps).url(testkit_url());
    let fixture = "INSERT INTO a VALUES (7);\nCOPY a FROM stdin;\n8\tz\n9\t\\N\n\\.\n";
    let database = setup().fixture("more.sql", fixture).create().await.unwrap();
    let count = "SELECT count(*) FROM a WHERE id > 3 OR v = 'y'";
    let count: i64 = sqlx::query_scalar(count).fetch_one(database.pool()).await.unwrap();
    assert_eq!(count, 4);
    database.close().await.unwrap();
    let error = setup().fixture("more.sql", fixture.replace('9', "x")).create().await.unwrap_err();
    assert!(format!("{error:#}").starts_with("more.sql:4: "), "{error:#}");

    let db = fresh().await;
    steps.run_pending(&db.pool).await.unwrap();
    let wanted = steps.schema_sql(format!("{ROWS}\n{COUNT}"));
    for replayed in [false, true] {
        let draft = wanted.check(&db.pool, DraftOptions::new().from_migrations(replayed)).await;
        let draft = draft.unwrap_or_else(|error| panic!("{error:#}"));
        assert!(draft.is_empty(), "{}", draft.up);
    }
}
