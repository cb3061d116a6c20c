//! Views, functions, triggers and all other objects beside tables: led there and back, each kind by itself and in the way of a table.

use super::draft_way::{Case, case, run};

const HUB: &str = "CREATE TABLE hub (id integer PRIMARY KEY, name text, size integer);";
const ROWS: &str = "INSERT INTO hub VALUES (1, 'one', 10)";

/// Each kind: what it needs, one definition of it, another one, and how it is called.
const KINDS: &[(&str, &str, &str, &str)] = &[
    (
        "",
        "CREATE VIEW v AS SELECT id FROM hub",
        "CREATE VIEW v AS SELECT id, name FROM hub",
        "view v",
    ),
    (
        "",
        "CREATE VIEW v AS SELECT id, name FROM hub",
        "CREATE VIEW v WITH (security_barrier) AS SELECT name FROM hub",
        "view v",
    ),
    (
        "",
        "CREATE MATERIALIZED VIEW m AS SELECT id FROM hub",
        "CREATE MATERIALIZED VIEW m AS SELECT size FROM hub WITH NO DATA",
        "materialized view m",
    ),
    (
        "CREATE MATERIALIZED VIEW m AS SELECT id, name FROM hub; CREATE INDEX i ON m (id); CREATE INDEX j ON m (name);",
        "ALTER MATERIALIZED VIEW m CLUSTER ON i",
        "ALTER MATERIALIZED VIEW m CLUSTER ON j",
        "clustering on m",
    ),
    (
        "CREATE MATERIALIZED VIEW m AS SELECT id, name FROM hub;",
        "ALTER MATERIALIZED VIEW m ALTER name SET STATISTICS 7, ALTER name SET STORAGE EXTERNAL",
        "ALTER MATERIALIZED VIEW m ALTER name SET STATISTICS 9, ALTER name SET (n_distinct = 4)",
        "column options name of m",
    ),
    (
        "CREATE MATERIALIZED VIEW m AS SELECT id, size FROM hub;",
        "CREATE UNIQUE INDEX i ON m (id)",
        "CREATE INDEX i ON m (size) WHERE id > 1",
        "index i on m",
    ),
    (
        "",
        "CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql AS 'SELECT a + 1'",
        "CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT a + 2'",
        "function f(integer)",
    ),
    (
        "",
        "CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql AS 'SELECT a + 1'",
        "CREATE FUNCTION f(b integer) RETURNS bigint LANGUAGE sql AS 'SELECT b + 2::bigint'",
        "function f(integer)",
    ),
    (
        "",
        "CREATE PROCEDURE p(a integer) LANGUAGE plpgsql AS $$ BEGIN NULL; END $$",
        "CREATE PROCEDURE p(a integer) LANGUAGE plpgsql AS $$ BEGIN PERFORM a; END $$",
        "procedure p(integer)",
    ),
    (
        "",
        "CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = int4)",
        "CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = int4, INITCOND = '0')",
        "aggregate total(integer)",
    ),
    (
        "CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;",
        "CREATE TRIGGER g BEFORE INSERT ON hub FOR EACH ROW EXECUTE FUNCTION t()",
        "CREATE TRIGGER g AFTER UPDATE OF name ON hub FOR EACH ROW WHEN (NEW.size > 1) EXECUTE FUNCTION t()",
        "trigger g on hub",
    ),
    (
        "CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
        CREATE TRIGGER g BEFORE INSERT ON hub FOR EACH ROW EXECUTE FUNCTION t();",
        "ALTER TABLE hub DISABLE TRIGGER g",
        "ALTER TABLE hub ENABLE ALWAYS TRIGGER g",
        "trigger state g on hub",
    ),
    (
        "CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
        CREATE TABLE whole (id integer) PARTITION BY RANGE (id);
        CREATE TABLE part PARTITION OF whole FOR VALUES FROM (0) TO (9) PARTITION BY RANGE (id);
        CREATE TABLE leaf PARTITION OF part DEFAULT;
        CREATE TRIGGER g BEFORE INSERT ON whole FOR EACH ROW EXECUTE FUNCTION t(); ALTER TABLE whole DISABLE TRIGGER g;",
        "ALTER TABLE leaf ENABLE TRIGGER g",
        "ALTER TABLE leaf ENABLE ALWAYS TRIGGER g",
        "trigger state g on leaf",
    ),
    (
        "CREATE STATISTICS s ON id, size FROM hub;",
        "ALTER STATISTICS s SET STATISTICS 7",
        "ALTER STATISTICS s SET STATISTICS 9",
        "statistics target of s",
    ),
    (
        "",
        "CREATE RULE r AS ON DELETE TO hub DO INSTEAD NOTHING",
        "CREATE RULE r AS ON DELETE TO hub WHERE OLD.id > 1 DO INSTEAD NOTHING",
        "rule r on hub",
    ),
    (
        "",
        "CREATE POLICY p ON hub USING (size > 1)",
        "CREATE POLICY p ON hub AS RESTRICTIVE FOR UPDATE TO CURRENT_USER USING (size > 1) WITH CHECK (size > 2)",
        "policy p on hub",
    ),
    (
        "",
        "ALTER TABLE hub ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE hub ENABLE ROW LEVEL SECURITY; ALTER TABLE hub FORCE ROW LEVEL SECURITY",
        "row-level security on hub",
    ),
    (
        "",
        "CREATE DOMAIN d AS integer CONSTRAINT plus CHECK (VALUE > 0)",
        "CREATE DOMAIN d AS integer DEFAULT 3 NOT NULL CONSTRAINT plus CHECK (VALUE > 1)",
        "domain d",
    ),
    (
        "",
        "CREATE DOMAIN d AS integer; ALTER DOMAIN d ADD CONSTRAINT plus CHECK (VALUE > 0) NOT VALID",
        "CREATE DOMAIN d AS integer NOT NULL CONSTRAINT plus CHECK (VALUE > 0)",
        "domain d",
    ),
    (
        "",
        "CREATE TYPE c AS (a integer)",
        "CREATE TYPE c AS (a integer, b text)",
        "composite type c",
    ),
    (
        "",
        "CREATE TYPE r AS RANGE (SUBTYPE = float8)",
        "CREATE TYPE r AS RANGE (SUBTYPE = int8, SUBTYPE_DIFF = int8range_subdiff)",
        "range type r",
    ),
    (
        "",
        "CREATE STATISTICS s ON id, size FROM hub",
        "CREATE STATISTICS s (ndistinct) ON id, name FROM hub",
        "extended statistics s",
    ),
    (
        "",
        "CREATE COLLATION l (PROVIDER = icu, LOCALE = 'de')",
        "CREATE COLLATION l (PROVIDER = icu, LOCALE = 'und', DETERMINISTIC = false)",
        "collation l",
    ),
    (
        "CREATE FUNCTION same(integer, integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 = $2';",
        "CREATE OPERATOR === (FUNCTION = same, LEFTARG = integer, RIGHTARG = integer, COMMUTATOR = ===)",
        "CREATE OPERATOR === (FUNCTION = same, LEFTARG = integer, RIGHTARG = integer, COMMUTATOR = ===, RESTRICT = eqsel)",
        "operator === (integer, integer)",
    ),
    (
        "",
        "CREATE TEXT SEARCH DICTIONARY w (TEMPLATE = simple)",
        "CREATE TEXT SEARCH DICTIONARY w (TEMPLATE = simple, accept = false)",
        "text search dictionary w",
    ),
    (
        "",
        "CREATE TEXT SEARCH CONFIGURATION w (PARSER = \"default\")",
        "CREATE TEXT SEARCH CONFIGURATION w (PARSER = \"default\"); ALTER TEXT SEARCH CONFIGURATION w ADD MAPPING FOR word WITH simple",
        "text search configuration w",
    ),
    (
        "CREATE OPERATOR FAMILY ways USING btree;",
        "ALTER OPERATOR FAMILY ways USING btree ADD OPERATOR 1 < (integer, bigint)",
        "ALTER OPERATOR FAMILY ways USING btree ADD OPERATOR 5 > (integer, bigint), FUNCTION 1 btint48cmp(integer, bigint)",
        "operator family ways for btree",
    ),
    (
        "CREATE OPERATOR FAMILY ways USING hash;",
        "CREATE OPERATOR CLASS \"Way\" FOR TYPE integer USING hash FAMILY ways AS OPERATOR 1 =, FUNCTION 1 hashint4(integer)",
        "CREATE OPERATOR CLASS \"Way\" FOR TYPE bigint USING hash FAMILY ways AS OPERATOR 1 =, FUNCTION 1 hashint8(bigint)",
        "operator class \"Way\" for hash",
    ),
    (
        "",
        "CREATE CONVERSION v FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
        "CREATE DEFAULT CONVERSION v FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
        "conversion v",
    ),
    (
        "",
        "COMMENT ON FUNCTION f() IS 'one'",
        "COMMENT ON FUNCTION f() IS 'two'",
        "comment on function f()",
    ),
    (
        "",
        "GRANT SELECT ON hub TO PUBLIC",
        "GRANT SELECT, INSERT ON hub TO PUBLIC",
        "privileges of PUBLIC on table hub",
    ),
    (
        "",
        "REVOKE DELETE ON hub FROM CURRENT_USER",
        "REVOKE DELETE, UPDATE ON hub FROM CURRENT_USER",
        "privileges of the owner on table hub",
    ),
    (
        "",
        "GRANT SELECT (name) ON hub TO PUBLIC",
        "GRANT UPDATE (name) ON hub TO PUBLIC",
        "privileges of PUBLIC on column hub.name",
    ),
    (
        "",
        "GRANT USAGE ON TYPE mood TO pg_monitor",
        "GRANT USAGE ON TYPE mood TO pg_monitor WITH GRANT OPTION",
        "privileges of pg_monitor on type mood",
    ),
];

/// What all of them have, so that something of each kind that is compared only if the script has any stays.
const COMMON: &str = "CREATE TYPE mood AS ENUM ('good');
    CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'; GRANT EXECUTE ON FUNCTION f() TO pg_monitor;";

/// A kind comes, becomes another, and goes, and each way back leads where it was.
#[tokio::test]
async fn each_kind_comes_changes_and_goes() {
    let mut cases: Vec<Case> = Vec::new();
    let texts: Vec<[String; 6]> = KINDS
        .iter()
        .map(|(needs, one, other, name)| {
            let without = format!("{HUB} {COMMON} {needs}");
            [
                format!("{without} {one};"),
                format!("{without} {other};"),
                format!("create {name}"),
                format!("alter {name}"),
                format!("drop {name}"),
                without,
            ]
        })
        .collect();
    // On the way back it comes.
    for [_, other, _, alter, drop, without] in &texts {
        // A family stays, and loses its members.
        let drop = if alter.contains("operator family") { alter } else { drop };
        cases.push(case("goes", (other, ROWS), without.as_str(), &[drop]));
    }
    run(&cases).await;
    let mut problems = Vec::new();
    for [one, other, create, alter, drop, _] in &texts {
        // In place where the server can, or one after the other.
        let way =
            super::draft_way::Way::new((one, ROWS), other.as_str(), super::draft_way::options())
                .await;
        let way = match way {
            Ok(way) => way,
            Err(problem) => {
                problems.push(format!("{alter}: {problem}"));
                continue;
            }
        };
        let changes = way.changes();
        if changes != [alter.clone()] && changes != [drop.clone(), create.clone()] {
            problems.push(format!("{alter}: {changes:?}"));
        }
        for done in [way.up().await, way.down().await] {
            problems.extend(done.err().map(|problem| format!("{alter}: {problem}")));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

/// What is in the way of a table's change is dropped before and created after, with all that hangs on it.
#[allow(clippy::too_many_lines)] // a table
#[tokio::test]
async fn what_is_in_the_way_goes_and_comes_back() {
    let views = "CREATE VIEW v AS SELECT id, size FROM hub; COMMENT ON VIEW v IS 'seen'; GRANT SELECT ON v TO PUBLIC;
        CREATE VIEW w AS SELECT size FROM v;";
    let sized = |ty: &str| {
        format!("CREATE TABLE hub (id integer PRIMARY KEY, name text, size {ty}); {views}")
    };
    let checked = |body: &str, ret: &str| {
        format!(
            "CREATE FUNCTION ok(a integer) RETURNS {ret} LANGUAGE sql IMMUTABLE AS 'SELECT {body}';
            CREATE TABLE hub (id integer PRIMARY KEY, size integer DEFAULT ok(1)::integer, CHECK (ok(size)::integer > 0))"
        )
    };
    run(&[
        case(
            "views on a column whose type changes",
            (&sized("integer"), ROWS),
            sized("bigint").as_str(),
            &[
                "drop view w",
                "drop privileges of PUBLIC on table v",
                "drop comment on view v",
                "drop view v",
                "alter column hub.size: type integer -> bigint",
                "create view v",
                "create comment on view v",
                "create privileges of PUBLIC on table v",
                "create view w",
            ],
        ),
        case(
            "a view that gets a column, and others that use it from then on",
            ("CREATE TABLE hub (id integer); CREATE VIEW v AS SELECT id FROM hub; CREATE VIEW w AS SELECT id FROM v", ""),
            "CREATE TABLE hub (id integer, size integer); CREATE VIEW v AS SELECT id, size FROM hub;
             CREATE VIEW w AS SELECT id FROM v; CREATE VIEW a AS SELECT id FROM v; CREATE VIEW z AS SELECT id FROM a;
             GRANT SELECT ON a TO PUBLIC; COMMENT ON VIEW z IS 'all'",
            &[
                "add column hub.size integer",
                "alter view v",
                "create view a",
                "create view z",
                "create comment on view z",
                "create privileges of PUBLIC on table a",
            ],
        ),
        case(
            "a view that loses the column that goes",
            (&format!("{HUB} CREATE VIEW v AS SELECT id, size FROM hub"), ROWS),
            "CREATE TABLE hub (id integer PRIMARY KEY, name text); CREATE VIEW v AS SELECT id FROM hub",
            &["drop view v", "drop column hub.size", "create view v"],
        ),
        case(
            "a function before the table that calls it",
            ("CREATE TABLE other (id integer)", ""),
            format!("CREATE TABLE other (id integer); {}", checked("a", "integer")).as_str(),
            &["create function ok(integer)", "create table hub"],
        ),
        case(
            "a function that a check and a default call gets another result",
            (&checked("a", "integer"), "INSERT INTO hub VALUES (1, 1)"),
            checked("a::bigint", "bigint").as_str(),
            &[
                "alter column hub.size: default ok(1) -> none",
                "drop check hub_size_check on hub (ok(size) > 0)",
                "drop function ok(integer)",
                "create function ok(integer)",
                "alter column hub.size: default none -> (ok(1))::integer",
                "add check hub_size_check on hub ((ok(size))::integer > 0)",
            ],
        ),
        case(
            "functions that call each other by name",
            (HUB, ROWS),
            format!(
                "{HUB} CREATE FUNCTION z() RETURNS integer LANGUAGE sql AS 'SELECT 1';
                CREATE FUNCTION a() RETURNS integer LANGUAGE sql AS 'SELECT z()'"
            )
            .as_str(),
            &["create function z()", "create function a()"],
        ),
        case(
            "a table becomes a view",
            ("CREATE TABLE hub (id integer); CREATE TABLE seen (id integer)", "INSERT INTO hub VALUES (1)"),
            "CREATE TABLE hub (id integer); CREATE VIEW seen AS SELECT id FROM hub",
            &["drop table seen", "create view seen"],
        ),
        case(
            "a view of a grouped key, whose constraint changes",
            (
                "CREATE TABLE hub (id integer CONSTRAINT k PRIMARY KEY, name text);
                CREATE VIEW v AS SELECT id, name, count(*) FROM hub GROUP BY id",
                "INSERT INTO hub VALUES (1, 'one')",
            ),
            "CREATE TABLE hub (id integer, name text, CONSTRAINT k PRIMARY KEY (id, name));
            CREATE VIEW v AS SELECT id, name, count(*) FROM hub GROUP BY id, name",
            &["drop view v", "drop primary key of hub (id)", "alter column hub.name: not null", "add primary key of hub (id, name)", "create view v"],
        ),
        case(
            "an enum that is made again under a function and a view",
            (
                "CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE TABLE hub (id integer, m mood);
                CREATE VIEW v AS SELECT m FROM hub; CREATE FUNCTION f(mood) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
                "INSERT INTO hub VALUES (1, 'good')",
            ),
            "CREATE TYPE mood AS ENUM ('good'); CREATE TABLE hub (id integer, m mood);
            CREATE VIEW v AS SELECT m FROM hub; CREATE FUNCTION f(mood) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
            &["drop view v", "drop function f(mood)", "alter type mood: remove bad", "create function f(mood)", "create view v"],
        ),
        case(
            "functions that call each other",
            (HUB, ROWS),
            format!(
                "{HUB} CREATE FUNCTION a(n integer) RETURNS integer LANGUAGE plpgsql AS 'BEGIN RETURN b(n - 1); END';
                CREATE FUNCTION b(n integer) RETURNS integer LANGUAGE sql AS 'SELECT CASE WHEN $1 < 0 THEN 0 ELSE a($1) END'"
            )
            .as_str(),
            &["create function b(integer)", "create function a(integer)"],
        ),
        case(
            "a function that computed a column goes, and the values stay",
            (
                "CREATE FUNCTION f(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1';
                CREATE TABLE hub (id integer, g integer GENERATED ALWAYS AS (f(id)) STORED)",
                "INSERT INTO hub VALUES (1)",
            ),
            "CREATE TABLE hub (id integer, g integer)",
            &["alter column hub.g: generated as (f(id)) -> none", "drop function f(integer)"],
        )
        .then("SELECT g::text FROM hub", "2"),
        case(
            "a domain gets another base, and a collation another locale, under columns, their defaults and a view",
            (
                "CREATE DOMAIN d AS integer CHECK (VALUE > 0); CREATE COLLATION l (PROVIDER = icu, LOCALE = 'de');
                CREATE TABLE hub (id d NOT NULL DEFAULT 7, more d[], name varchar(9) COLLATE l); CREATE INDEX i ON hub (name);
                CREATE VIEW v AS SELECT id FROM hub",
                "INSERT INTO hub VALUES (1, '{2,3}', 'x')",
            ),
            "CREATE DOMAIN d AS bigint CHECK (VALUE > 0); CREATE COLLATION l (PROVIDER = icu, LOCALE = 'fr');
            CREATE TABLE hub (id d NOT NULL DEFAULT 7, more d[], name varchar(9) COLLATE l); CREATE INDEX i ON hub (name);
            CREATE VIEW v AS SELECT id FROM hub",
            &[
                "drop view v",
                "drop index i on hub (name)",
                "alter column hub.id: type d -> text, default 7 -> none",
                "alter column hub.more: type d[] -> text",
                "drop domain d",
                "alter column hub.name: collation l -> default",
                "drop collation l",
                "create domain d",
                "alter column hub.id: type text -> d, default none -> 7",
                "alter column hub.more: type text -> d[]",
                "create collation l",
                "alter column hub.name: collation default -> l",
                "add index i on hub (name)",
                "create view v",
            ],
        )
        .then("SELECT concat(id, more, name) FROM hub", "1{2,3}x"),
        case(
            "a row gets another attribute under a column",
            ("CREATE TYPE c AS (a integer, b text); CREATE TABLE hub (r c)", "INSERT INTO hub VALUES ('(1,2)')"),
            "CREATE TYPE c AS (a bigint, b integer); CREATE TABLE hub (r c)",
            &[
                "alter column hub.r: type c -> text",
                "drop composite type c",
                "create composite type c",
                "alter column hub.r: type text -> c",
            ],
        )
        .then("SELECT r::text FROM hub", "(1,2)"),
        case(
            "a range loses its own multirange, and the column of that goes",
            (
                "CREATE TYPE r AS RANGE (SUBTYPE = int4, MULTIRANGE_TYPE_NAME = rs); CREATE TABLE hub (a r, b rs)",
                "INSERT INTO hub VALUES ('[1,2)', NULL)",
            ),
            "CREATE TYPE r AS RANGE (SUBTYPE = int8); CREATE TABLE hub (a r)",
            &[
                "alter column hub.a: type r -> text",
                "drop column hub.b",
                "drop range type r",
                "create range type r",
                "alter column hub.a: type text -> r",
            ],
        )
        .since(14),
        case(
            "a comment on a domain's constraint that changes",
            (
                "CREATE DOMAIN d AS integer CONSTRAINT \"Plus\" CHECK (VALUE > 0); COMMENT ON CONSTRAINT \"Plus\" ON DOMAIN d IS 'x'",
                "",
            ),
            "CREATE DOMAIN d AS integer CONSTRAINT \"Plus\" CHECK (VALUE > 1); COMMENT ON CONSTRAINT \"Plus\" ON DOMAIN d IS 'x'",
            &[
                "drop comment on constraint \"Plus\" on domain d",
                "alter domain d",
                "create comment on constraint \"Plus\" on domain d",
            ],
        ),
        case(
            "the sequence of a column that another one uses as well",
            ("CREATE TABLE hub (id serial); CREATE TABLE a (id integer DEFAULT nextval('hub_id_seq')); CREATE TABLE z (id integer DEFAULT nextval('hub_id_seq'))", ""),
            "CREATE TABLE hub (id integer); CREATE TABLE a (id integer); CREATE TABLE z (id integer)",
            &[
                "alter column a.id: default nextval('hub_id_seq'::regclass) -> none",
                "alter column z.id: default nextval('hub_id_seq'::regclass) -> none",
                "alter column hub.id: drop not null, no longer numbered by the database",
            ],
        ),
        case(
            "a key takes the name of a sequence",
            ("CREATE TABLE hub (id integer NOT NULL); CREATE SEQUENCE n", ""),
            "CREATE TABLE hub (id integer CONSTRAINT n PRIMARY KEY)",
            &["drop sequence n", "add primary key of hub (id)"],
        ),
        case(
            "the first of two parents goes",
            (
                "CREATE TABLE a (x integer); CREATE TABLE b (y integer); CREATE TABLE hub (z integer) INHERITS (a, b)",
                "INSERT INTO hub VALUES (1, 2, 3)",
            ),
            "CREATE TABLE a (x integer); CREATE TABLE b (y integer); CREATE TABLE hub (x integer, y integer, z integer)",
            &["let hub no longer inherit b", "let hub no longer inherit a"],
        )
        .then("SELECT x::text FROM hub", "1"),
        case(
            "privileges of new views that are not there yet for default privileges",
            (HUB, ROWS),
            format!(
                "{HUB} CREATE VIEW v AS SELECT id FROM hub; GRANT SELECT (id) ON v TO pg_monitor;
                ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC"
            )
            .as_str(),
            &[
                "create view v",
                "create privileges of pg_monitor on column v.id",
                "create default privileges of PUBLIC on tables of postgres",
            ],
        ),
        case(
            "a table is renamed under a view and a trigger",
            (
                "CREATE TABLE old_hub (id integer); CREATE VIEW v AS SELECT id FROM old_hub;
                CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
                CREATE TRIGGER g BEFORE INSERT ON old_hub FOR EACH ROW EXECUTE FUNCTION t()",
                "INSERT INTO old_hub VALUES (1)",
            ),
            "CREATE TABLE hub (id integer); CREATE VIEW v AS SELECT id FROM hub;
            CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
            CREATE TRIGGER g BEFORE INSERT ON hub FOR EACH ROW EXECUTE FUNCTION t()",
            &["rename table old_hub to hub"],
        )
        .rename("old_hub", "hub"),
        case(
            "a column is renamed under a view that calls it by its new name",
            (
                &format!("{HUB} CREATE VIEW v AS SELECT id, name FROM hub; CREATE VIEW w AS SELECT name FROM v"),
                ROWS,
            ),
            "CREATE TABLE hub (id integer PRIMARY KEY, title text, size integer); CREATE VIEW v AS SELECT id, title FROM hub;
            CREATE VIEW w AS SELECT title AS name FROM v",
            &[
                "drop view w",
                "drop view v",
                "rename column hub.name to title",
                "create view v",
                "create view w",
            ],
        )
        .rename("hub.name", "title"),
        case(
            "a column is renamed under a view that calls it as before",
            (&format!("{HUB} CREATE VIEW v AS SELECT id, name FROM hub"), ROWS),
            "CREATE TABLE hub (id integer PRIMARY KEY, title text, size integer);
            CREATE VIEW v AS SELECT id, title AS name FROM hub",
            &["rename column hub.name to title"],
        )
        .rename("hub.name", "title"),
    ])
    .await;
}

/// What belongs to the database as a whole, or is elsewhere.
const WIDE: [&str; 2] = [
    "CREATE TRUSTED LANGUAGE speech HANDLER plpgsql_call_handler;
    CREATE FUNCTION spoken() RETURNS integer LANGUAGE speech AS 'BEGIN RETURN 1; END';
    CREATE TRANSFORM FOR integer LANGUAGE speech (FROM SQL WITH FUNCTION prsd_lextype(internal));
    CREATE FOREIGN DATA WRAPPER w; CREATE SERVER \"Far\" FOREIGN DATA WRAPPER w OPTIONS (host 'a', port '1');
    COMMENT ON SERVER \"Far\" IS 'far';
    CREATE FOREIGN TABLE away (id integer OPTIONS (name 'key') NOT NULL) SERVER \"Far\" OPTIONS (t 'x');
    CREATE VIEW near AS SELECT id FROM away;
    CREATE PUBLICATION news FOR TABLE hub; CREATE PUBLICATION everything FOR ALL TABLES;",
    "CREATE LANGUAGE speech HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler;
    CREATE FUNCTION spoken() RETURNS integer LANGUAGE speech AS 'BEGIN RETURN 1; END';
    CREATE TRANSFORM FOR integer LANGUAGE speech (TO SQL WITH FUNCTION int4recv(internal));
    CREATE FOREIGN DATA WRAPPER w; CREATE SERVER \"Far\" FOREIGN DATA WRAPPER w OPTIONS (host 'b', user 'me');
    CREATE FOREIGN TABLE away (id bigint NOT NULL, name text DEFAULT 'it''s') SERVER \"Far\";
    CREATE VIEW near AS SELECT id FROM away;
    CREATE PUBLICATION news FOR TABLE hub, more WITH (publish = 'insert'); CREATE PUBLICATION everything;",
];

#[tokio::test]
async fn what_is_wide_or_elsewhere_comes_changes_and_goes() {
    let [one, other] =
        WIDE.map(|text| format!("{HUB} CREATE TABLE more (id integer PRIMARY KEY); {text}"));
    let bare = format!("{HUB} CREATE TABLE more (id integer PRIMARY KEY);");
    let found = |word: &'static str| {
        ["language speech", "transform for integer LANGUAGE speech", "function spoken()"]
            .map(|name| format!("{word} {name}"))
    };
    let [language, transform, function] = found("drop");
    let [new_language, new_transform, new_function] = found("create");
    run(&[
        case(
            "each becomes another",
            (&one, ROWS),
            other.as_str(),
            &[
                "drop view near",
                &transform,
                "drop publication everything",
                &function,
                "drop language speech",
                "drop foreign table away",
                "drop comment on foreign server \"Far\"",
                "alter foreign server \"Far\"",
                "create foreign table away",
                &new_language,
                &new_function,
                "create publication everything",
                "alter publication news",
                "create publication table more of news",
                &new_transform,
                "create view near",
            ],
        ),
        case(
            "a published table goes",
            (&other, ROWS),
            other
                .replace("CREATE TABLE more (id integer PRIMARY KEY);", "")
                .replace(", more", "")
                .as_str(),
            &["drop publication table more of news", "drop table more"],
        ),
        case(
            "all go",
            (&one, ROWS),
            bare.as_str(),
            &[
                "drop view near",
                &transform,
                "drop publication table hub of news",
                "drop publication news",
                "drop publication everything",
                &function,
                &language,
                "drop foreign table away",
                "drop comment on foreign server \"Far\"",
                "drop foreign server \"Far\"",
                "drop foreign data wrapper w",
            ],
        ),
    ])
    .await;
}

/// Whoever runs the database may have made them: they stay with all that is said of them, if no migration did.
#[tokio::test]
async fn what_is_wide_and_not_of_the_migrations_stays() {
    let db = crate::setup::fresh().await;
    db.execute(HUB).await;
    db.execute("CREATE FOREIGN DATA WRAPPER w; CREATE SERVER \"Far\" FOREIGN DATA WRAPPER w OPTIONS (host 'b')").await;
    db.execute(
        "CREATE PUBLICATION news FOR TABLE hub; CREATE PUBLICATION everything FOR ALL TABLES",
    )
    .await;
    db.execute(
        "COMMENT ON PUBLICATION news IS 'kept'; GRANT USAGE ON FOREIGN SERVER \"Far\" TO PUBLIC",
    )
    .await;
    let migrator = super::draft_way::migrator(&[], &HUB.into());
    let draft = migrator.check(&db.pool, super::draft_way::options()).await.unwrap();
    assert!(draft.is_empty(), "{draft}");
}

/// Attributes come and go at the end of a row under the columns that have it, which keep the others.
#[tokio::test]
async fn attributes_come_and_go_in_place() {
    let of = |attributes: &str, rest: &str| {
        format!(
            "CREATE TYPE pair AS ({attributes}); CREATE TABLE t (id integer, x pair, all_of pair[]); CREATE INDEX i ON t (((x).a)); \
             CREATE FUNCTION first(pair) RETURNS integer LANGUAGE sql AS 'SELECT ($1).a'; \
             CREATE VIEW v AS SELECT x, (x).{rest} AS one FROM t"
        )
    };
    let (two, three) = (of("a integer, b integer", "b"), of("a integer, b integer, c text", "c"));
    let rows = "INSERT INTO t VALUES (1, ROW(1, 2), ARRAY[ROW(3, 4)::pair])";
    let all = "SELECT x::text || all_of::text FROM t";
    run(&[
        case(
            "one comes",
            (&two, rows),
            three.as_str(),
            &["drop view v", "alter composite type pair", "create view v"],
        )
        .then(all, "(1,2,){\"(3,4,)\"}"),
        case(
            "one goes",
            (&three, &rows.replace("2)", "2, 'x')").replace("4)", "4, 'y')")),
            two.as_str(),
            &[
                "drop view v",
                "drop function first(pair)",
                "alter composite type pair",
                "create function first(pair)",
                "create view v",
            ],
        )
        .then(all, "(1,2){\"(3,4)\"}"),
        case(
            "one gets another name",
            (
                "CREATE TYPE pair AS (a integer, b integer); CREATE TABLE t (x pair)",
                "INSERT INTO t VALUES (ROW(1, 2))",
            ),
            "CREATE TYPE pair AS (a integer, c integer); CREATE TABLE t (x pair)",
            &[
                "alter column t.x: type pair -> text",
                "drop composite type pair",
                "create composite type pair",
                "alter column t.x: type text -> pair",
            ],
        )
        .then("SELECT (x).c::text FROM t", "2"),
    ])
    .await;
}

/// A view that says the same shows another column, if that has taken the name.
#[tokio::test]
async fn a_view_of_the_same_text_may_show_another_column() {
    let of = |columns: &str| {
        format!(
            "CREATE TABLE t (id integer, {columns}); CREATE VIEW v AS SELECT a, id FROM t WHERE a > 0"
        )
    };
    let (before, after) = (of("a integer, b integer"), of("b integer, a integer"));
    let rows = "INSERT INTO t VALUES (1, 7, 8)";
    let names = "SELECT a::text || b::text FROM t NATURAL JOIN v";
    run(&[
        case(
            "two columns swap their names",
            (&before, rows),
            after.as_str(),
            &[
                "drop view v",
                "rename column t.a to a_ambix_old",
                "rename column t.b to a",
                "rename column t.a_ambix_old to b",
                "create view v",
            ],
        )
        .rename("t.a", "b")
        .rename("t.b", "a")
        .then(names, "87"),
        case(
            "a column of the old name comes",
            (&of("a integer"), "INSERT INTO t VALUES (1, 7)"),
            of("b integer, a integer").as_str(),
            &["drop view v", "rename column t.a to b", "add column t.a integer", "create view v"],
        )
        .rename("t.a", "b")
        .then("SELECT b::text FROM t", "7"),
    ])
    .await;
}

/// The schema itself uses an extension, beside whatever place a draft is tried out in.
#[tokio::test]
async fn an_extension_goes_when_no_column_uses_it() {
    run(&[case(
        "it goes",
        (
            "CREATE EXTENSION citext; CREATE TABLE t (n citext); CREATE FUNCTION f(citext) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
            "INSERT INTO t VALUES ('A')",
        ),
        "CREATE TABLE t (n text)",
        &["drop function f(citext)", "alter column t.n: type citext -> text", "drop extension citext"],
    )
    .then("SELECT n FROM t", "A")])
    .await;
}
