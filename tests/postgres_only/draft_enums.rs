//! Enum types: the recorded scenarios of PostgreSQL, and what Alembic does wrong with them (BUG-024 to 026).

use ambix::schema::{Column, EnumType, Name, Schema, Table, Type};

use super::draft_way::{case, run};

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
