//! Columns, tables and comments: the recorded scenarios of PostgreSQL, by their numbers. Beside it are those of identity columns
//! and sequences (`draft_identity`), of indexes, unique and exclusion constraints (`draft_indexes`), and of enum types
//! (`draft_enums`).
//!
//! Left out:
//! - PG-077, 094, 104, 106: IF EXISTS and IF NOT EXISTS. A draft is made of what is there; a migration that finds something else
//!   has to fail.
//! - PG-095, 107: a draft writes no CONCURRENTLY, for which a person decides; what such a file does is compared as any other
//!   (see [`concurrent_indexes_are_indexes`]).
//! - BUG-001 to 023 and 038 to 041 have no drafts in them, and are in the other suites.

use ambix::{
    Migration, Migrations, Migrator,
    draft::{DraftOptions, DumpOptions},
    schema::{Column, Schema, Table, Type},
};

use super::draft_way::{Case, case, migrator, run};
use crate::setup::fresh;

/// A column with its default, twice, however it is spelled.
fn same_default(numbers: &'static str, ty: &str, one: &str, other: &str) -> Case {
    let table = |default: &str| format!("CREATE TABLE t (id integer, x {ty} DEFAULT {default})");
    case(numbers, (&table(one), "INSERT INTO t VALUES (1)"), table(other).as_str(), &[])
}

#[tokio::test]
async fn defaults_are_the_same_however_they_are_spelled() {
    run(&[
        same_default("PG-043", "integer[]", "(ARRAY[]::integer[])", "ARRAY[]::integer[]"),
        same_default("PG-044, PG-046", "varchar", "'hello'", "'hello'::varchar"),
        same_default("PG-044, PG-046", "text", "'hello'", "('hello')"),
        same_default(
            "PG-049",
            "timestamp",
            "TIMEZONE('utc', CURRENT_TIMESTAMP)",
            "timezone('utc', current_timestamp)",
        ),
        same_default("PG-056", "double precision", "'5.2'", "'5.2'"),
        same_default("PG-058, PG-059", "integer", "5", "(5)"),
        same_default("PG-061, PG-062", "interval", "'14 days'", "interval '14 days'"),
        same_default("PG-061, PG-062", "interval", "'14 days'", "'2 weeks'"),
        same_default("PG-064", "varchar(8)", "''", "''::varchar"),
        same_default("PG-065", "varchar(8)", "'hi'", "'hi'"),
        same_default("PG-067", "uuid", "gen_random_uuid()", "pg_catalog.gen_random_uuid()"),
        same_default("PG-041", "boolean", "true", "'t'"),
        same_default("BUG-031", "text", "'it''s'", "E'it\\'s'"),
        same_default("BUG-031", "text", "''", "''"),
    ])
    .await;
}

/// What is another default, and what is the same number to the column's type.
#[tokio::test]
async fn defaults_that_differ() {
    let table =
        |ty: &str, default: &str| format!("CREATE TABLE t (id integer, x {ty} DEFAULT {default})");
    let differ = |numbers, ty: &str, (from, as_from): (&str, &str), (to, as_to): (&str, &str)| {
        let change = format!("alter column t.x: default {as_from} -> {as_to}");
        case(
            numbers,
            (&table(ty, from), "INSERT INTO t VALUES (1)"),
            table(ty, to).as_str(),
            &[&change],
        )
        .up(&[&format!("ALTER TABLE t ALTER COLUMN x SET DEFAULT {as_to}")])
    };
    let float = "double precision";
    run(&[
        differ(
            "PG-047",
            "varchar",
            ("'hello'", "'hello'::character varying"),
            ("'there'", "'there'::character varying"),
        ),
        differ("PG-074", "text", ("'%.%'", "'%.%'::text"), ("'%s :x $1 ?'", "'%s :x $1 ?'::text")),
        same_default("PG-050", float, "5.2", "'5.2'"),
        same_default("PG-052", float, "5", "5.0"),
        same_default("PG-053", float, "'5'", "'5.0'"),
        same_default("PG-055", float, "'5'", "5.0"),
        differ("PG-050, another number", float, ("5.2", "5.2"), ("5.3", "5.3")),
        case(
            "BUG-031, a quote",
            ("CREATE TABLE t (id integer, x text)", "INSERT INTO t VALUES (1, 'a')"),
            Schema::new().table(
                Table::new("t")
                    .column(Column::new("id", Type::Integer))
                    .column(Column::new("x", Type::Text).default(r#"it's "odd""#)),
            ),
            &[r#"alter column t.x: default none -> 'it''s "odd"'::text"#],
        )
        .then("BEGIN; INSERT INTO t (id) VALUES (2) RETURNING x; ROLLBACK", r#"it's "odd""#),
    ])
    .await;
}

/// With `%` and what drivers take for parameters: nothing is done to the text of a migration.
#[tokio::test]
async fn signs_in_statements_stay() {
    let db = fresh().await;
    let update = "UPDATE tab SET col = 'new data' WHERE tab.col LIKE '%.%'";
    let down = "UPDATE tab SET col = ':x ? $1 %s' WHERE col = 'new data'";
    let table = "CREATE TABLE tab (col text); INSERT INTO tab VALUES ('a.b'), ('ab')";
    let migrations = [
        Migration::new("r1", "table").up(table),
        Migration::new("r2", "PG-074").up(update).down(down),
    ];
    let migrator = migrator(&migrations, &Schema::new().into());
    migrator.run_pending(&db.pool).await.unwrap();
    assert_eq!(db.column("SELECT col FROM tab ORDER BY length(col)").await, ["ab", "new data"]);
    migrator.downgrade(&db.pool, "-1").await.unwrap();
    assert_eq!(db.column("SELECT col FROM tab ORDER BY length(col)").await, ["ab", ":x ? $1 %s"]);
}

/// PG-095, PG-107: what CONCURRENTLY has made is the index that the models ask for, and what it has dropped is gone.
#[tokio::test]
async fn concurrent_indexes_are_indexes() {
    let db = fresh().await;
    let plain = "CREATE TABLE locations (coordinates point, place text)";
    let with = format!("{plain}; CREATE INDEX geocoded ON locations (place)");
    let migrations = [
        Migration::new("r1", "table").up(plain),
        Migration::new("r2", "index")
            .up("CREATE INDEX CONCURRENTLY geocoded ON locations (place)")
            .down("-- ambix: transaction none\nDROP INDEX CONCURRENTLY geocoded")
            .transaction(false),
    ];
    let (without, with) =
        (migrator(&migrations, &plain.into()), migrator(&migrations, &with.as_str().into()));
    with.run_pending(&db.pool).await.unwrap();
    assert!(with.check(&db.pool, DraftOptions::new()).await.unwrap().is_empty());
    let draft = without.check(&db.pool, DraftOptions::new()).await.unwrap();
    assert_eq!(draft.to_string(), "drop index geocoded on locations (place)");
    with.downgrade(&db.pool, "-1").await.unwrap();
    assert_eq!(
        db.column("SELECT count(*) FROM pg_indexes WHERE indexname = 'geocoded'").await,
        ["0"]
    );
}

#[tokio::test]
#[allow(clippy::too_many_lines)] // A table of cases.
async fn comments() {
    let foo =
        |inner: &str, name: &str| format!("CREATE SCHEMA foo; CREATE TABLE foo.{name} ({inner})");
    let table = |name: &str, column: Column| Table::new(name).schema("foo").column(column);
    let boolean = |name: &str| Column::new(name, Type::Boolean);
    let rows = "INSERT INTO foo.t VALUES (true)";
    let t = foo("c boolean", "t");
    let commented = format!("{t}; COMMENT ON COLUMN foo.t.c IS 'This is a column comment'");
    let whole = |comment: &str, first: &str, second: &str| {
        Schema::new().table(
            Table::new("t2")
                .column(Column::new("c1", Type::Integer).not_null().comment(first))
                .column(Column::new("c2", Type::Integer).comment(second))
                .primary_key(["c1"])
                .comment(comment),
        )
    };
    run(&[
        // An empty comment is none.
        case(
            "PG-079",
            ("CREATE TABLE t (a integer)", "INSERT INTO t VALUES (1)"),
            Schema::new().table(
                Table::new("t")
                    .column(Column::new("a", Type::Integer))
                    .column(Column::new("q", Type::Integer).comment("")),
            ),
            &["add column t.q integer"],
        )
        .up(&["ALTER TABLE t ADD COLUMN q integer"]),
        case(
            "PG-082",
            (&t, rows),
            Schema::new().table(table("t", boolean("c").comment("This is a column 'comment'"))),
            &["alter column foo.t.c: comment \"This is a column 'comment'\""],
        )
        .up(&["COMMENT ON COLUMN foo.t.c IS 'This is a column ''comment'''"]),
        case(
            "PG-083",
            (&foo("\"C\" boolean", "\"T\""), "INSERT INTO foo.\"T\" VALUES (true)"),
            Schema::new().table(table("T", boolean("C").comment("This is a column comment"))),
            &["alter column foo.T.C: comment \"This is a column comment\""],
        )
        .up(&["COMMENT ON COLUMN foo.\"T\".\"C\" IS 'This is a column comment'"]),
        case(
            "PG-085",
            (&commented, rows),
            Schema::new().table(table("t", boolean("c"))),
            &["alter column foo.t.c: no comment"],
        )
        .up(&["COMMENT ON COLUMN foo.t.c IS NULL"]),
        case(
            "PG-100",
            (&foo("c boolean", "t2"), "INSERT INTO foo.t2 VALUES (true)"),
            Schema::new().table(table("t2", boolean("c")).comment("t2 table")),
            &["comment on table foo.t2: t2 table"],
        )
        .up(&["COMMENT ON TABLE foo.t2 IS 't2 table'"]),
        case(
            "PG-101",
            ("", ""),
            whole("t2 comment", "c1 comment", "c2 comment"),
            &["create table t2"],
        )
        .up(&[
            "CREATE TABLE t2 ( c1 integer PRIMARY KEY, c2 integer )",
            "COMMENT ON COLUMN t2.c1 IS 'c1 comment'",
            "COMMENT ON COLUMN t2.c2 IS 'c2 comment'",
            "COMMENT ON TABLE t2 IS 't2 comment'",
        ]),
        case("PG-103", ("", ""), whole("", "", ""), &["create table t2"])
            .up(&["CREATE TABLE t2 ( c1 integer PRIMARY KEY, c2 integer )"]),
    ])
    .await;
}

/// Types, and how values get from one to another; computed columns.
#[tokio::test]
#[allow(clippy::too_many_lines)] // A table of cases.
async fn types() {
    let t = |ty: &str| format!("CREATE TABLE t (id integer, c {ty})");
    let retype = |numbers, (from, value): (&str, &str), to: &str, as_to: &str, written: &str| {
        let rows = format!("INSERT INTO t VALUES (1, {value})");
        let change = format!("alter column t.c: type {from} -> {as_to}");
        let statement = format!("ALTER TABLE t ALTER COLUMN c TYPE {written}");
        case(numbers, (&t(from), &rows), t(to).as_str(), &[&change]).up(&[&statement])
    };
    let same = |numbers, begin: &str, ty: &str| {
        let sql = format!("{begin}; {}", t(ty));
        case(numbers, (&sql, ""), sql.as_str(), &[])
    };
    let domain = "CREATE COLLATION german (locale = 'C'); CREATE DOMAIN mail AS varchar(40) COLLATE german DEFAULT 'a@b' NOT NULL
        CONSTRAINT has_at CHECK (VALUE LIKE '%@%')";
    run(&[
        retype("PG-086", ("text", "'7'"), "integer", "integer", "integer USING c::integer"),
        retype("BUG-029, String(n) to unbounded", ("character varying(9)", "'a'"), "varchar", "character varying", "varchar"),
        retype("BUG-029, Numeric(p, s) to Numeric", ("numeric(9,2)", "1.50"), "numeric", "numeric", "numeric"),
        retype("BUG-029, fields", ("interval hour to minute", "'1:20'"), "interval", "interval", "interval"),
        case(
            "BUG-029, collation",
            (&t("text"), "INSERT INTO t VALUES (1, 'a')"),
            t("text COLLATE \"C\"").as_str(),
            &["alter column t.c: collation default -> \"C\""],
        )
        .up(&["ALTER TABLE t ALTER COLUMN c TYPE text COLLATE \"C\""]),
        case("BUG-030", (&t("real"), ""), t("float(24)").as_str(), &[]),
        same("PG-028, PG-037", "", "integer[]"),
        same("PG-037", "", "varchar(40)[][] DEFAULT '{{a,b}}'"),
        same("PG-034", "", "json DEFAULT '{\"a\": 1}'"),
        same("PG-036", "", "jsonb DEFAULT '{\"a\": 1}'"),
        same("PG-038", "CREATE EXTENSION IF NOT EXISTS hstore", "hstore DEFAULT ''"),
        same("PG-023 to PG-026", domain, "mail"),
        same("PG-022, PG-023, many of one", domain, "mail[]"),
        same("PG-109", "", "text GENERATED ALWAYS AS ('a'::text || id::text) STORED"),
        case(
            "PG-109, without the cast",
            (&t("text GENERATED ALWAYS AS ('a'::text || (id)::text) STORED"), "INSERT INTO t VALUES (1)"),
            t("text GENERATED ALWAYS AS ('a' || CAST(id AS text)) STORED").as_str(),
            &[],
        ),
        case(
            "BUG-029, computed otherwise",
            (&t("integer GENERATED ALWAYS AS (id * 2) STORED"), "INSERT INTO t VALUES (4)"),
            t("integer GENERATED ALWAYS AS (id * 3) STORED").as_str(),
            &["drop column t.c", "add column t.c integer generated as (id * 3)"],
        )
        .then("SELECT c FROM t", "12"),
        case(
            "BUG-029, no longer computed",
            (&t("integer GENERATED ALWAYS AS (id * 2) STORED"), "INSERT INTO t VALUES (4)"),
            t("integer").as_str(),
            &["alter column t.c: generated as (id * 2) -> none"],
        )
        .then("SELECT c FROM t", "8"),
        case(
            "BUG-030, computed with CASE and IN",
            (&t("integer GENERATED ALWAYS AS (CASE WHEN id IN (1, 2) THEN 1 WHEN id BETWEEN 5 AND 7 THEN 2 END) STORED"), ""),
            t("integer GENERATED ALWAYS AS (case when (id in (1,2)) then 1 when id between 5 and 7 then 2 else null end) STORED").as_str(),
            &[],
        ),
    ])
    .await;
}

/// What the server words otherwise when it is given its own words, and what CREATE TABLE leaves out without a word.
const WORDED: &str = "CREATE TABLE a (s varchar(9) CHECK (s IN ('x', 'y')), n integer);
    CREATE VIEW v AS SELECT s FROM a WHERE s IN ('x', 'y') AND n BETWEEN 1 AND 2 AND n <> 3;
    CREATE MATERIALIZED VIEW m AS SELECT s FROM a WHERE s IN ('x', 'y'); CREATE INDEX i ON m (s) WHERE s IN ('x', 'y');
    CREATE DOMAIN d AS varchar(9) CHECK (VALUE IN ('x', 'y'));
    CREATE TABLE p (s varchar(9)); ALTER TABLE p ENABLE ROW LEVEL SECURITY;
    CREATE POLICY who ON p USING (s IN ('x', 'y')) WITH CHECK (s NOT IN ('x', 'y'));
    CREATE RULE r AS ON UPDATE TO p WHERE new.s IN ('x', 'y') DO INSTEAD NOTHING;
    CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
    CREATE TRIGGER t BEFORE UPDATE ON p FOR EACH ROW WHEN (new.s IN ('x', old.s, old.s || 'y', lower(old.s))) EXECUTE FUNCTION f();
    CREATE VIEW w AS SELECT s, NOT (s LIKE ANY (ARRAY['x%', s])) AS b, s = ANY ('{x,y}') AS c FROM p;
    CREATE TABLE keys (id integer PRIMARY KEY, code text, area integer,
        CONSTRAINT two UNIQUE (code), CONSTRAINT four UNIQUE (code, area),
        CONSTRAINT five UNIQUE (code, area) DEFERRABLE)";

/// On server versions that have them.
const WORDED_14: &str = "CREATE STATISTICS st ON (s IN ('x', 'y')), (lower(s)) FROM a;
    CREATE FUNCTION g(s varchar(9)) RETURNS boolean LANGUAGE sql BEGIN ATOMIC SELECT s IN ('x', 'y'); END";

#[tokio::test]
async fn words_of_the_server_settle() {
    let db = fresh().await;
    db.execute(WORDED).await;
    let doubles =
        "ALTER TABLE keys ADD CONSTRAINT one UNIQUE (id), ADD CONSTRAINT three UNIQUE (code)";
    db.execute(doubles).await;
    if db.column("SHOW server_version_num").await[0].as_str() >= "140000" {
        db.execute(WORDED_14).await;
    }
    let nothing = || Migrator::from_migrations(Migrations::default()).unwrap();
    let dumped = nothing().dump(&db.pool, DumpOptions::new()).await.unwrap().sql;
    let same = nothing().schema_sql(&dumped).check(&db.pool, DraftOptions::new()).await.unwrap();
    assert!(same.is_empty(), "{same}\n{dumped}");
    let copy = fresh().await;
    copy.execute(&dumped).await;
    let again = nothing().dump(&copy.pool, DumpOptions::new()).await.unwrap().sql;
    assert_eq!(again, dumped);
    // A draft of something else is proven beside all that.
    let more = format!("{dumped};\nCREATE TABLE more (id integer PRIMARY KEY)");
    let draft = nothing().schema_sql(&more).draft(&db.pool, DraftOptions::new()).await.unwrap();
    assert_eq!(draft.to_string(), "create table more");
    assert!(draft.notes.is_empty(), "{:?}", draft.notes);
}
