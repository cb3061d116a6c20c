//! Enum types: the recorded scenarios of PostgreSQL, and what Alembic does wrong with them (BUG-024 to 026).

use ambix::schema::{Column, EnumType, Name, Schema, Table, Type};

use super::draft_way::{Way, case, lead, options, run};

fn table(name: &str, values: &[&str]) -> Table {
    let values = EnumType::new(name, values.iter().copied());
    Table::new("sometable").column(Column::new("data", values))
}

#[tokio::test]
async fn a_type_comes_with_its_first_column_and_goes_with_its_last() {
    let pgenum = "CREATE TYPE pgenum AS ENUM ('one', 'two', 'three')";
    let both = format!(
        "{pgenum}; CREATE TABLE sometable (data pgenum); CREATE TABLE other (data pgenum[])"
    );
    let rows = "INSERT INTO sometable VALUES ('two'); INSERT INTO other VALUES ('{one,three}')";
    run(&[
        case(
            "PG-011, BUG-024",
            ("", ""),
            Schema::new().table(table("pgenum", &["one", "two", "three"])),
            &["create type pgenum (one, two, three)", "create table sometable"],
        )
        .up(&[pgenum, "CREATE TABLE sometable ( data pgenum )"]),
        case(
            "PG-010, BUG-024",
            (&format!("{pgenum}; CREATE TABLE sometable (data pgenum)"), ""),
            Schema::new(),
            &["drop table sometable", "drop type pgenum"],
        )
        .up(&["DROP TABLE sometable", "DROP TYPE pgenum"]),
        case(
            "BUG-024, with another user",
            (&both, rows),
            format!("{pgenum}; CREATE TABLE other (data pgenum[])").as_str(),
            &["drop table sometable"],
        ),
        case(
            "BUG-025",
            ("CREATE TABLE t (id integer)", "INSERT INTO t VALUES (1)"),
            "CREATE TYPE kind AS ENUM ('a', 'b'); CREATE TABLE t (id integer, kind kind NOT NULL)",
            &["create type kind (a, b)", "add column t.kind kind not null"],
        )
        .then("SELECT kind FROM t", "a"),
        case(
            "BUG-025, in a schema",
            ("CREATE TABLE t (id integer)", "INSERT INTO t VALUES (1)"),
            Schema::new().table(
                Table::new("t").column(Column::new("id", Type::Integer)).column(Column::new(
                    "kind",
                    EnumType::new(Name::in_schema("s", "kind"), ["a"]),
                )),
            ),
            &["create schema s", "create type s.kind (a)", "add column t.kind s.kind"],
        ),
        case("PG-022", (&both, rows), both.as_str(), &[]),
    ])
    .await;
}

#[tokio::test]
async fn values_are_added() {
    let there = "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (mood mood)";
    let with = |values: &str, rest: &str| {
        format!("CREATE TYPE mood AS ENUM ({values}); CREATE TABLE t (mood mood{rest})")
    };
    let rows = "INSERT INTO t VALUES ('sad'), ('ok')";
    run(&[
        case(
            "PG-001, BUG-026",
            (there, rows),
            with("'sad', 'ok', 'soso'", "").as_str(),
            &["alter type mood: add soso"],
        )
        .up(&["ALTER TYPE mood ADD VALUE 'soso'"]),
        case(
            "BUG-026, in other places",
            (there, rows),
            with("'first', 'sad', 'a', 'b', 'ok', 'last'", "").as_str(),
            &["alter type mood: add first, add a, add b, add last"],
        )
        .up(&[
            "ALTER TYPE mood ADD VALUE 'first' BEFORE 'sad'",
            "ALTER TYPE mood ADD VALUE 'a' AFTER 'sad'",
            "ALTER TYPE mood ADD VALUE 'b' AFTER 'a'",
            "ALTER TYPE mood ADD VALUE 'last'",
        ]),
        case(
            "BUG-026, added and used at once",
            (there, rows),
            with("'sad', 'ok', 'soso'", " DEFAULT 'soso'").as_str(),
            &["alter type mood: add soso", "alter column t.mood: default none -> 'soso'::mood"],
        )
        .then("BEGIN; INSERT INTO t DEFAULT VALUES RETURNING mood; ROLLBACK", "soso"),
    ])
    .await;
}

/// A table with everything that can hang on a column of the type.
fn used(values: &str) -> String {
    format!(
        "CREATE TYPE mood AS ENUM ({values});
         CREATE TABLE moods (mood mood PRIMARY KEY);
         CREATE TABLE t (id integer, mood mood NOT NULL DEFAULT 'ok' REFERENCES moods, before mood[] DEFAULT '{{sad}}',
             is_ok boolean GENERATED ALWAYS AS (mood = 'ok') STORED,
             CHECK (mood <> 'sad' OR id > 1), EXCLUDE (mood WITH =) WHERE (mood = 'happy'), UNIQUE (mood, id));
         CREATE INDEX by_mood ON t (mood, (mood = 'ok')) WHERE mood <> 'sad';
         CREATE INDEX by_is_ok ON t (is_ok)"
    )
}

/// What can be done in place is undone by a type that is recreated: all that hangs on it goes and comes back around that.
#[tokio::test]
async fn a_type_is_made_anew_under_everything_that_uses_it() {
    let there = used("'sad', 'ok', 'happy'");
    let rows = "INSERT INTO moods VALUES ('sad'), ('ok'); INSERT INTO t (id, mood) VALUES (1, 'ok'), (2, 'sad')";
    let anew = |change: &str| {
        [
            "drop foreign key t_mood_fkey on t (mood) -> moods (mood)",
            "drop check t_check on t ((mood <> 'sad'::mood) OR (id > 1))",
            "drop exclusion constraint t_mood_excl on t",
            "drop index by_is_ok on t (is_ok)",
            "drop index by_mood on t (mood, mood = 'ok'::mood)",
            "drop column t.is_ok",
            change,
            "add column t.is_ok boolean generated as (mood = 'ok'::mood)",
            "add check t_check on t ((mood <> 'sad'::mood) OR (id > 1))",
            "add exclusion constraint t_mood_excl on t",
            "add index by_is_ok on t (is_ok)",
            "add index by_mood on t (mood, mood = 'ok'::mood)",
            "add foreign key t_mood_fkey on t (mood) -> moods (mood)",
        ]
        .map(str::to_owned)
    };
    let change = |numbers, to: &str, change: &str| {
        let all = anew(change);
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        case(numbers, (&there, rows), used(to).as_str(), &all)
            .then("SELECT mood FROM t ORDER BY id", "ok; sad")
    };
    run(&[
        case(
            "BUG-026, added",
            (&there, rows),
            used("'sad', 'ok', 'happy', 'new'").as_str(),
            &["alter type mood: add new"],
        ),
        change(
            "BUG-026, another order",
            "'happy', 'ok', 'sad'",
            "alter type mood: order happy, ok, sad",
        ),
        change(
            "BUG-026, one more and another order",
            "'new', 'happy', 'ok', 'sad'",
            "alter type mood: add new",
        ),
    ])
    .await;
    run(&[
        case(
            "BUG-026, removed",
            (
                "CREATE TYPE mood AS ENUM ('sad', 'ok', 'soso'); CREATE TABLE t (mood mood)",
                "INSERT INTO t VALUES ('ok')",
            ),
            "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (mood mood)",
            &["alter type mood: remove soso"],
        )
        .then("SELECT mood FROM t", "ok"),
        case(
            "BUG-026, renamed",
            (
                "CREATE TYPE pgenum AS ENUM ('one', 'two'); CREATE TABLE sometable (data pgenum)",
                "INSERT INTO sometable VALUES ('two')",
            ),
            Schema::new().table(Table::new("sometable").column(Column::new(
                "data",
                EnumType::new("pgenum", ["one", "zwei"]).renamed_value("two", "zwei"),
            ))),
            &["alter type pgenum: two is now zwei"],
        )
        .up(&["ALTER TYPE pgenum RENAME VALUE 'two' TO 'zwei'"])
        .then("SELECT data FROM sometable", "zwei"),
    ])
    .await;
}

const MOODS: &str = "CREATE TYPE mood AS ENUM ('good', 'bad');";

/// A value is taken out of a type again by recreating it, whatever is made of that type.
#[tokio::test]
async fn a_value_comes_and_goes_under_everything_that_has_the_type() {
    const ROWS: &str = "INSERT INTO t VALUES (1)";
    let users = [
        (
            "a domain",
            "CREATE DOMAIN d AS mood DEFAULT 'good' CHECK (VALUE <> 'bad'); CREATE TABLE t (id integer, m d, n d[])",
        ),
        (
            "domains over each other",
            "CREATE DOMAIN d AS mood; CREATE DOMAIN dd AS d; CREATE DOMAIN da AS mood[]; CREATE TABLE t (id integer, m dd, n da)",
        ),
        (
            "a composite type",
            "CREATE TYPE c AS (m mood, n mood[]); CREATE TABLE t (id integer, c c, d c[])",
        ),
        (
            "a range and an aggregate",
            "CREATE TYPE r AS RANGE (SUBTYPE = mood); CREATE AGGREGATE most(mood) (SFUNC = enum_larger, STYPE = mood);
                CREATE TABLE t (id integer, r r)",
        ),
        (
            "a function in a default and a check",
            "CREATE FUNCTION f(m mood) RETURNS mood LANGUAGE sql IMMUTABLE AS 'SELECT m';
                CREATE TABLE t (id integer, m mood DEFAULT f('good'), CHECK (f(m) <> 'bad'))",
        ),
        (
            "children",
            "CREATE TABLE t (id integer, m mood DEFAULT 'good'); CREATE TABLE k (x integer) INHERITS (t);
                ALTER TABLE k ALTER m SET DEFAULT 'bad'; CREATE TABLE l () INHERITS (k); ALTER TABLE l ALTER m DROP DEFAULT",
        ),
        (
            "partitions",
            "CREATE TABLE t (id integer, m mood DEFAULT 'good') PARTITION BY LIST (id);
                CREATE TABLE p PARTITION OF t (m DEFAULT 'bad') DEFAULT",
        ),
    ];
    for (name, users) in users {
        let more = format!("CREATE TYPE mood AS ENUM ('good', 'bad', 'new'); {users}");
        let less = format!("{MOODS} {users}");
        run(&[case(name, (&less, ROWS), more.as_str(), &["alter type mood: add new"])]).await;
    }
}

#[tokio::test]
async fn a_type_becomes_one_of_another_kind() {
    let table =
        "CREATE TABLE t (id integer, m mood NOT NULL, n mood[]); CREATE VIEW v AS SELECT m FROM t;
        GRANT USAGE ON TYPE mood TO pg_monitor";
    let (domain, row) =
        ("CREATE DOMAIN mood AS text DEFAULT 'good';", "CREATE TYPE mood AS (a text, b integer);");
    let rows = "INSERT INTO t VALUES (1, 'good', '{bad}')";
    let [listed, domain, row] = [MOODS, domain, row].map(|ty| format!("{ty} {table}"));
    let text = "CREATE DOMAIN mood AS text; CREATE TABLE t (id integer, m text NOT NULL, n text[]); CREATE TABLE u (m mood)";
    lead(&[
        ("enum to domain", (&listed, rows), domain.as_str()),
        ("domain to enum", (&domain, rows), listed.as_str()),
        ("enum to row", (&listed, ""), row.as_str()),
        ("row to enum", (&row, ""), listed.as_str()),
        ("enum to domain, and the column has another type", (&listed, rows), text),
    ])
    .await;
}

#[tokio::test]
async fn a_value_of_a_type_that_divides_a_table_is_refused_since_there_is_no_way_back() {
    let table =
        "CREATE TABLE t (m mood) PARTITION BY LIST (m); CREATE TABLE p PARTITION OF t DEFAULT";
    let wanted = format!("CREATE TYPE mood AS ENUM ('good', 'bad', 'new'); {table}");
    let refused = Way::new((&format!("{MOODS} {table}"), ""), wanted.as_str(), options()).await;
    let problem = refused.map(|way| way.draft.up).unwrap_err();
    assert!(
        problem.contains("cannot undo that") && problem.contains("irreversible because"),
        "{problem}"
    );
}

/// A new value in the body of a function, which the server would only know after the commit; and a body that was broken before.
#[tokio::test]
async fn bodies_that_the_server_would_not_take_now() {
    let body = |value: &str| {
        format!(
            "CREATE FUNCTION f(m mood) RETURNS mood LANGUAGE sql AS $$ SELECT '{value}'::mood $$; CREATE TABLE t (id integer)"
        )
    };
    let broken = "CREATE TABLE gone (id integer); CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM gone';
        DROP TABLE gone;
        CREATE TABLE t (id integer);";
    let cases = [
        (format!("{MOODS} {}", body("bad")), format!("CREATE TYPE mood AS ENUM ('good', 'bad', 'new'); {}", body("new"))),
        (broken.to_owned(), "CREATE TABLE t (id integer, n integer)".to_owned()),
        (broken.to_owned(),
            "CREATE TABLE t (id integer); CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM t'".to_owned()),
    ];
    for (from, to) in cases {
        let way =
            Way::new((&from, "INSERT INTO t VALUES (1)"), to.as_str(), options().proof(true)).await;
        let way = way.unwrap_or_else(|error| panic!("{to}: {error}"));
        assert!(way.draft.is_proven, "{to}: {}", way.draft);
        for _ in 0..2 {
            way.up().await.unwrap();
            way.down().await.unwrap();
        }
    }
}
