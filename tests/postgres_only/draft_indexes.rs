//! Indexes and constraints that have one: the recorded scenarios of PostgreSQL, by their numbers.

use ambix::schema::{Column, Exclusion, Index, IndexPart, Schema, Table, Type, Unique};

use super::draft_way::{Case, case, run};

const TABLE: &str = "CREATE TABLE exp_index (id integer PRIMARY KEY, aa integer[], jb jsonb, not_jsonb_path_ops integer, alias varchar(50))";
const ROWS: &str =
    r#"INSERT INTO exp_index VALUES (1, '{1,2}', '{"foo": 1, "bar": 2, "x": {"a": 1}}', 5, 'a')"#;

fn with(index: &str) -> String {
    format!("{TABLE}; CREATE INDEX idx ON exp_index {index}")
}

/// Recreated from the one definition to the other; each with its keys as the server says them.
fn anew(numbers: &'static str, from: (&str, &str), to: (&str, &str)) -> Case {
    let drop = format!("drop index idx on exp_index ({})", from.1);
    let add = format!("add index idx on exp_index ({})", to.1);
    case(numbers, (&with(from.0), ROWS), with(to.0).as_str(), &[&drop, &add])
}

fn same(numbers: &'static str, one: &str, other: &str) -> Case {
    case(numbers, (&with(one), ROWS), with(other).as_str(), &[])
}

#[tokio::test]
async fn expressions() {
    let foo = ("((jb -> 'foo'))", "jb -> 'foo'::text");
    let bar = ("((jb -> 'bar'))", "jb -> 'bar'::text");
    let column = ("((jb -> 'not_jsonb_path_ops'))", "jb -> 'not_jsonb_path_ops'::text");
    let text = |key: &str| (format!("((jb ->> '{key}'))"), format!("jb ->> '{key}'::text"));
    let ((foo_sql, foo_text), (bar_sql, bar_text)) = (text("foo"), text("bar"));
    let gin = |key: &str| format!("USING gin ((jb -> '{key}') jsonb_path_ops)");
    run(&[
        anew("PG-002", foo, bar),
        anew("PG-002", foo, column),
        anew("PG-002", column, bar),
        anew("PG-002", ("(aa)", "aa"), ("(not_jsonb_path_ops)", "not_jsonb_path_ops")),
        anew("PG-002", ("(not_jsonb_path_ops)", "not_jsonb_path_ops"), ("(aa)", "aa")),
        anew("PG-002", (&gin("foo"), foo.1), (&gin("bar"), bar.1)),
        anew("PG-002", (&foo_sql, &foo_text), (&bar_sql, &bar_text)),
        anew("PG-002", ("(((jb ->> 'foo')::integer))", "((jb ->> 'foo'::text))::integer"), bar),
        anew("PG-002", ("((jb->'x'))", "jb -> 'x'::text"), ("((jb->'y'))", "jb -> 'y'::text")),
        // However it is spelled.
        same(
            "PG-002, the same",
            "((jb ->> 'foo'))",
            "USING btree ((jb->>('foo')::text) ASC NULLS LAST)",
        ),
        same("PG-035", "((jb -> 'foo' -> 'bar'))", "(((jb -> 'foo'::text) -> 'bar'::text))"),
    ])
    .await;
}

/// Alembic warns, and says that nothing is different.
#[tokio::test]
async fn operator_classes() {
    let path = |key: &str| format!("USING gin ((jb->'{key}') jsonb_path_ops)");
    let (x, y) = ("jb -> 'x'::text", "jb -> 'y'::text");
    let array = "USING gin (aa array_ops)";
    let gin = |keys: &str| format!("USING gin ({keys})");
    let (ax, ay) = (gin("aa array_ops, (jb->'x')"), gin("aa array_ops, (jb->'y')"));
    let (xa, ya) = (gin("(jb->'x'), aa array_ops"), gin("(jb->'y'), aa array_ops"));
    let (jy, yj) = (gin("jb jsonb_ops, (jb->'y')"), gin("(jb->'y'), jb jsonb_ops"));
    run(&[
        same("PG-004", &path("x"), &path("x")),
        same("PG-004", array, array),
        anew("PG-004", (&path("x"), x), (&path("y"), y)),
        anew("PG-004", (array, "aa"), (&gin("jb jsonb_ops"), "jb")),
        anew(
            "PG-004",
            (&gin("aa array_ops, (jb->'y') jsonb_path_ops"), &format!("aa, {y}")),
            (&gin("(jb->'y') jsonb_path_ops, aa array_ops"), &format!("{y}, aa")),
        ),
        anew("PG-004", (&ax, &format!("aa, {x}")), (&ay, &format!("aa, {y}"))),
        anew("PG-004", (&xa, &format!("{x}, aa")), (&ya, &format!("{y}, aa"))),
        anew("PG-004", (&ax, &format!("aa, {x}")), (&jy, &format!("jb, {y}"))),
        anew("PG-004", (&xa, &format!("{x}, aa")), (&yj, &format!("{y}, jb"))),
        // The class alone, and what is said to it.
        anew("BUG-029, class", (&gin("jb"), "jb"), (&gin("jb jsonb_path_ops"), "jb")),
        anew(
            "BUG-029, class of texts",
            ("(alias)", "alias"),
            ("(alias varchar_pattern_ops)", "alias"),
        ),
        anew(
            "BUG-029, options of a class",
            (
                "USING gist (to_tsvector('english', alias))",
                "to_tsvector('english'::regconfig, (alias)::text)",
            ),
            (
                "USING gist (to_tsvector('english', alias) tsvector_ops (siglen = 100))",
                "to_tsvector('english'::regconfig, (alias)::text)",
            ),
        ),
        same(
            "BUG-029, options of a class, the same",
            "USING gist (to_tsvector('english', alias) tsvector_ops (siglen = 100))",
            "USING gist (to_tsvector('english', alias) tsvector_ops (siglen='100'))",
        ),
    ])
    .await;
}

/// Everything else that an index has: no difference for Alembic.
#[tokio::test]
async fn what_else_an_index_has() {
    let alias = |rest: &str| (format!("(alias) {rest}"), "alias");
    let plain = ("(alias)", "alias");
    let made = |numbers, rest: &str| {
        let (sql, keys) = alias(rest);
        anew(numbers, plain, (&sql, keys))
    };
    run(&[
        made("BUG-029, predicate", "WHERE id > 1"),
        made("BUG-029, INCLUDE", "INCLUDE (id, not_jsonb_path_ops)"),
        made("BUG-029, storage", "WITH (fillfactor = 70)"),
        anew("BUG-029, method", plain, ("USING hash (alias)", "alias")),
        anew("BUG-029, collation", plain, ("(alias COLLATE \"C\")", "alias")),
        anew("BUG-029, direction", plain, ("(alias DESC)", "alias")),
        anew("BUG-029, NULLs", ("(alias DESC)", "alias"), ("(alias DESC NULLS LAST)", "alias")),
        same("PG-098", "(aa, alias)", "(aa, alias)"),
        case(
            "PG-097",
            (
                "CREATE TABLE t (c1 integer, c2 integer, inc integer)",
                "INSERT INTO t VALUES (1, 2, 3)",
            ),
            Schema::new().table(
                ["c1", "c2", "inc"]
                    .iter()
                    .fold(Table::new("t"), |table, name| {
                        table.column(Column::new(*name, Type::Integer))
                    })
                    .with_index(Index::new(["c1", "c2"]).named("i").include(["inc"])),
            ),
            &["add index i on t (c1, c2)"],
        )
        .up(&["CREATE INDEX i ON t (c1, c2) INCLUDE (inc)"]),
        case(
            "PG-039",
            (TABLE, ROWS),
            with("(alias) WHERE alias = 'a%'").as_str(),
            &["add index idx on exp_index (alias)"],
        )
        .up(&["CREATE INDEX idx ON exp_index (alias) WHERE (alias)::text = 'a%'::text"]),
    ])
    .await;
}

/// What is said of NULLs, of a constraint and of an index: nothing, that they are distinct, that they are not.
#[tokio::test]
async fn nulls_not_distinct() {
    const NULLS: [&str; 3] = ["", " NULLS DISTINCT", " NULLS NOT DISTINCT"];
    let table = "CREATE TABLE tbl (id integer PRIMARY KEY, name text)";
    let rows = "INSERT INTO tbl VALUES (1, NULL), (2, 'a')";
    let unique = |nulls: &str| {
        format!("{table}; ALTER TABLE tbl ADD CONSTRAINT nnd_obj UNIQUE{nulls} (id, name)")
    };
    let index = |nulls: &str| format!("{table}; CREATE UNIQUE INDEX nnd_obj ON tbl (name){nulls}");
    let of_unique = "unique constraint nnd_obj on tbl (id, name)";
    let of_index = "unique index nnd_obj on tbl (name)";
    let mut cases = Vec::new();
    for (make, what) in [(&unique as &dyn Fn(&str) -> String, of_unique), (&index, of_index)] {
        let (add, drop) = (format!("add {what}"), format!("drop {what}"));
        for nulls in NULLS {
            let there = make(nulls);
            cases.push(case("PG-005, PG-040, PG-042", (table, rows), there.as_str(), &[&add]));
            cases.push(case("PG-007", (&there, rows), table, &[&drop]));
        }
        for (from, to) in [(1, 2), (0, 2), (2, 1), (2, 0)] {
            let (from, to) = (make(NULLS[from]), make(NULLS[to]));
            cases.push(case("PG-008", (&from, rows), to.as_str(), &[&drop, &add]));
        }
        for (from, to) in [(0, 1), (1, 0), (2, 2)] {
            cases.push(case(
                "PG-008, the same",
                (&make(NULLS[from]), rows),
                make(NULLS[to]).as_str(),
                &[],
            ));
        }
    }
    let models = Schema::new().table(
        Table::new("tbl")
            .column(Column::new("id", Type::Integer))
            .column(Column::new("name", Type::Text))
            .primary_key(["id"])
            .with_unique(Unique::new(["id", "name"]).named("u").nulls_not_distinct())
            .with_index(Index::new(["name"]).named("i").unique().nulls_not_distinct()),
    );
    let added = ["add unique constraint u on tbl (id, name)", "add unique index i on tbl (name)"];
    cases.push(case("PG-040, PG-042", (table, rows), models, &added).up(&[
        "ALTER TABLE tbl ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (id, name)",
        "CREATE UNIQUE INDEX i ON tbl (name) NULLS NOT DISTINCT",
    ]));
    let cases: Vec<Case> = cases.into_iter().map(|case| case.since(15)).collect();
    run(&cases).await;
}

#[tokio::test]
async fn exclusions() {
    let plain = "CREATE TABLE add_excl (id integer PRIMARY KEY, period tsrange)";
    let rows = "INSERT INTO add_excl VALUES (1, '[2020-01-01,2020-02-01)'), (2, NULL)";
    let with = |definition: &str| {
        format!(
            "{plain}; ALTER TABLE add_excl ADD CONSTRAINT quarters_period_excl EXCLUDE {definition}"
        )
    };
    let (add, drop) = (
        "add exclusion constraint quarters_period_excl on add_excl",
        "drop exclusion constraint quarters_period_excl on add_excl",
    );
    let gist = with("USING gist (period WITH &&)");
    let btree = with("(id WITH =)");
    let odd = "CREATE TABLE \"SomeTable\" (\"SomeColumn\" integer)";
    let models = |name: &str, column: &str, definition: &str| {
        Schema::new().table(
            Table::new(name)
                .column(Column::new(column, Type::Integer))
                .exclusion(Exclusion::new(definition).named("ex1")),
        )
    };
    run(&[
        case("PG-013", (&gist, rows), gist.as_str(), &[]),
        case("PG-013, spelled otherwise", (&btree, rows), with("USING BTREE (id WITH pg_catalog.=)").as_str(), &[]),
        case("PG-020, BUG-029", (plain, rows), gist.as_str(), &[add]),
        case("PG-027, BUG-029", (&gist, rows), plain, &[drop]),
        case(
            "BUG-029, changed",
            (&gist, rows),
            with("USING gist (period WITH &&) WHERE (id > 1) DEFERRABLE").as_str(),
            &[drop, add],
        ),
        case(
            "PG-021, PG-091, PG-092",
            (odd, "INSERT INTO \"SomeTable\" VALUES (3), (6)"),
            models("SomeTable", "SomeColumn", "USING btree (\"SomeColumn\" WITH =) WHERE (\"SomeColumn\" > 5)"),
            &["add exclusion constraint ex1 on SomeTable"],
        )
        .up(&["ALTER TABLE \"SomeTable\" ADD CONSTRAINT ex1 EXCLUDE USING btree (\"SomeColumn\" WITH =) WHERE ((\"SomeColumn\" > 5))"]),
        case(
            "PG-029 to PG-033, with its table",
            ("", ""),
            models("SomeTable", "SomeColumn", "USING btree ((abs(\"SomeColumn\")) WITH =, \"SomeColumn\" WITH =)"),
            &["create table SomeTable"],
        )
        .up(&["CREATE TABLE \"SomeTable\" ( \"SomeColumn\" integer, CONSTRAINT ex1 EXCLUDE USING btree (abs(\"SomeColumn\") WITH =, \"SomeColumn\" WITH =) )"]),
    ])
    .await;
}

/// In a schema that has its name.
#[tokio::test]
async fn in_another_schema() {
    let there =
        |inner: &str| format!("CREATE SCHEMA test_schema; CREATE TABLE test_schema.{inner}");
    let table = |name: &str| {
        Table::new(name).schema("test_schema").column(Column::new("x", Type::Varchar(50)))
    };
    let of = |table: Table| Schema::new().table(table);
    let rows = "INSERT INTO test_schema.add_ix VALUES ('a')";
    let unique = there("add_uq (x varchar(50), CONSTRAINT ix_1 UNIQUE (x))");
    let both = "CREATE TABLE add_ix (x varchar(50)); CREATE INDEX ix_1 ON add_ix (x);";
    let usual = Table::new("add_ix").column(Column::new("x", Type::Varchar(50)));
    let usual = usual.with_index(Index::new(["x"]).named("ix_1"));
    run(&[
        case(
            "PG-014",
            (&there("add_ix (x varchar(50))"), rows),
            of(table("add_ix").with_index(Index::new(["x"]).named("ix_1"))),
            &["add index ix_1 on test_schema.add_ix (x)"],
        )
        .up(&["CREATE INDEX ix_1 ON test_schema.add_ix (x)"]),
        case(
            "PG-014, on an expression",
            (&there("add_ix (x varchar(50))"), rows),
            of(table("add_ix")
                .with_index(Index::on([IndexPart::expression("lower(x)")]).named("ix_1"))),
            &["add index ix_1 on test_schema.add_ix (lower((x)::text))"],
        ),
        case(
            "PG-016",
            (both, "INSERT INTO add_ix VALUES ('a')"),
            Schema::new().table(usual).table(table("add_ix")),
            &["create schema test_schema", "create table test_schema.add_ix"],
        ),
        case(
            "PG-017",
            (&there("add_uq (x varchar(50))"), "INSERT INTO test_schema.add_uq VALUES ('a')"),
            of(table("add_uq").with_unique(Unique::new(["x"]).named("ix_1"))),
            &["add unique constraint ix_1 on test_schema.add_uq (x)"],
        ),
        case(
            "PG-019",
            (&unique, ""),
            of(table("add_uq").with_unique(Unique::new(["x"]).named("ix_1"))),
            &[],
        ),
        case(
            "PG-112",
            (&there("t1 (x varchar(50))"), "INSERT INTO test_schema.t1 VALUES ('a')"),
            of(table("t2")),
            &["rename table test_schema.t1 to test_schema.t2"],
        )
        .rename("test_schema.t1", "test_schema.t2")
        .up(&["ALTER TABLE test_schema.t1 RENAME TO t2"])
        .then("SELECT x FROM test_schema.t2", "a"),
    ])
    .await;
}
