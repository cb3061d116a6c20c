//! Partitioned tables, their partitions, and tables that inherit: what is a child's own, what its parent does to it, and that no row is
//! lost on the way. Each case is led there and back, twice.

use ambix::schema::{Column, Schema, Table, Type};

use super::draft_way::{Way, case, options, run};

const P: &str =
    "CREATE TABLE p (id int NOT NULL, k text, n int DEFAULT 1) PARTITION BY LIST (id); ";
const C: &str = "CREATE TABLE c1 PARTITION OF p FOR VALUES IN (1); CREATE TABLE c2 PARTITION OF p FOR VALUES IN (2); ";
const ROWS: &str = "INSERT INTO p VALUES (1, 'a', 3), (2, 'b', 4)";

fn both(rest: &str) -> String {
    format!("{P}{C}{rest}")
}

/// How tables are attached, by the server's words.
const BOUNDS: &str = "SELECT string_agg(c.relname || ' ' || pg_get_expr(c.relpartbound, c.oid), ', ' ORDER BY c.relname)
    FROM pg_class c WHERE c.relispartition AND c.relkind IN ('r', 'p')";

/// The indexes of a table, and which are a part of its parent's.
const INDEXES: &str = "SELECT string_agg(x.relname || coalesce(' < ' || (SELECT inhparent::regclass::text FROM pg_inherits
        WHERE inhrelid = i.indexrelid), ''), ', ' ORDER BY x.relname)
    FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = 'c1'::regclass";

#[allow(clippy::too_many_lines)] // a table
#[tokio::test]
async fn tables_become_partitions_and_stop_being_some() {
    let alone = "CREATE TABLE c1 (id int NOT NULL, k text, n int DEFAULT 1); ";
    let keyed = "CREATE TABLE p (id int PRIMARY KEY, k text CHECK (k <> '')) PARTITION BY LIST (id); CREATE INDEX pi ON p (k); ";
    run(&[
        case("new", ("", ""), both("").as_str(), &["create table p", "create table c1", "create table c2"])
            .up(&[
                "CREATE TABLE p ( id integer NOT NULL, k text, n integer DEFAULT 1 ) PARTITION BY LIST (id)",
                "CREATE TABLE c1 PARTITION OF p FOR VALUES IN (1)",
                "CREATE TABLE c2 PARTITION OF p FOR VALUES IN (2)",
            ])
            .then(BOUNDS, "c1 FOR VALUES IN (1), c2 FOR VALUES IN (2)"),
        case(
            "attached",
            (&format!("{P}{alone}"), "INSERT INTO c1 VALUES (1, 'a', 3)"),
            format!("{P}CREATE TABLE c1 PARTITION OF p DEFAULT").as_str(),
            &["attach partition c1 to p: DEFAULT"],
        )
        .then("SELECT count(*)::text FROM p", "1"),
        case(
            "attached, with the parent's parts before",
            (&format!("{keyed}CREATE TABLE c1 (id int NOT NULL, k text)"), "INSERT INTO c1 VALUES (1, 'a')"),
            format!("{keyed}CREATE TABLE c1 PARTITION OF p FOR VALUES IN (1)").as_str(),
            &[
                "add primary key of c1 (id)",
                "add check p_k_check on c1 (k <> ''::text)",
                "add index c1_k_idx on c1 (k)",
                "attach partition c1 to p: FOR VALUES IN (1)",
            ],
        )
        .then(INDEXES, "c1_k_idx < pi, c1_pkey < p_pkey"),
        case(
            "detached",
            (&both("CREATE INDEX pi ON p (k)"), ROWS),
            format!("{P}{alone}CREATE TABLE c2 PARTITION OF p FOR VALUES IN (2); CREATE INDEX pi ON p (k)").as_str(),
            &["detach partition c1 from p", "drop index c1_k_idx on c1 (k)"],
        )
        .then("SELECT k FROM c1", "a"),
        case(
            "another bound",
            (&both("CREATE INDEX pi ON p (k)"), ROWS),
            format!("{P}CREATE TABLE c1 PARTITION OF p FOR VALUES IN (1, 3); CREATE TABLE c2 PARTITION OF p FOR VALUES IN (2);
                CREATE INDEX pi ON p (k)").as_str(),
            &["detach partition c1 from p", "attach partition c1 to p: FOR VALUES IN (1, 3)"],
        )
        .then(BOUNDS, "c1 FOR VALUES IN (1, 3), c2 FOR VALUES IN (2)"),
        case(
            "another parent",
            (&format!("{P}{C}CREATE TABLE q (id int NOT NULL, k text, n int DEFAULT 1) PARTITION BY LIST (id)"), ROWS),
            format!("{P}CREATE TABLE c2 PARTITION OF p FOR VALUES IN (2);
                CREATE TABLE q (id int NOT NULL, k text, n int DEFAULT 1) PARTITION BY LIST (id);
                CREATE TABLE c1 PARTITION OF q FOR VALUES IN (1)").as_str(),
            &["detach partition c1 from p", "attach partition c1 to q: FOR VALUES IN (1)"],
        )
        .then("SELECT count(*)::text FROM q", "1"),
        case(
            "partitions of partitions",
            (&both("DROP TABLE c1"), ""),
            format!("{P}CREATE TABLE c1 PARTITION OF p FOR VALUES IN (1) PARTITION BY RANGE (n);
                CREATE TABLE c1a PARTITION OF c1 FOR VALUES FROM (1) TO (10); CREATE TABLE c1b PARTITION OF c1 DEFAULT;
                CREATE TABLE c2 PARTITION OF p FOR VALUES IN (2); CREATE INDEX pi ON p (k)").as_str(),
            &["create table c1", "create table c1a", "create table c1b", "add index pi on p (k)"],
        ),
        case(
            "one goes that a key refers to",
            (
                "CREATE TABLE p (id int PRIMARY KEY) PARTITION BY LIST (id); CREATE TABLE c1 PARTITION OF p FOR VALUES IN (1);
                CREATE TABLE c2 PARTITION OF p FOR VALUES IN (2); CREATE TABLE f (p int REFERENCES p)",
                "INSERT INTO p VALUES (1); INSERT INTO f VALUES (1)",
            ),
            "CREATE TABLE p (id int PRIMARY KEY) PARTITION BY LIST (id); CREATE TABLE c1 PARTITION OF p FOR VALUES IN (1);
            CREATE TABLE f (p int REFERENCES p)",
            &["drop table c2"],
        )
        .up(&["ALTER TABLE p DETACH PARTITION c2", "DROP TABLE c2"]),
        case(
            "all go",
            (&both("CREATE INDEX pi ON p (k); CREATE VIEW v AS SELECT k FROM c1"), ""),
            "",
            &["drop view v", "drop table c2", "drop table c1", "drop table p"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn columns_of_children() {
    let with = |columns: &str, rest: &str| {
        format!("CREATE TABLE p ({columns}) PARTITION BY LIST (id); {C}{rest}")
    };
    let defaults = "SELECT string_agg(c.relname || ' ' || pg_get_expr(d.adbin, d.adrelid), ', ' ORDER BY c.relname)
        FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.adnum
        WHERE a.attname = 'n'";
    let own = "ALTER TABLE c1 ALTER n SET DEFAULT 5";
    run(&[
        case(
            "are their parent's",
            (&both(""), ROWS),
            with("id int NOT NULL, k varchar(40) NOT NULL DEFAULT 'x', n int DEFAULT 1, z bigint DEFAULT 7", "").as_str(),
            &[
                "add column p.z bigint default 7",
                "alter column p.k: type text -> character varying(40), not null, default none -> 'x'::character varying",
            ],
        )
        .then("SELECT string_agg(z::text, ' ') FROM p", "7 7"),
        case(
            "with defaults of their own",
            (&both(own), ROWS),
            with("id int NOT NULL, k text, n int DEFAULT 2", own).as_str(),
            &["alter column c1.n: default 5 -> 1", "alter column p.n: default 1 -> 2", "alter column c1.n: default 2 -> 5"],
        )
        .then(defaults, "c1 5, c2 2, p 2"),
        case("that get one", (&both(""), ROWS), both(own).as_str(), &["alter column c1.n: default 1 -> 5"])
            .then(defaults, "c1 5, c2 1, p 1"),
        case(
            "that go",
            (&both(&format!("{own}; COMMENT ON COLUMN c2.n IS 'number'")), ""),
            with("id int NOT NULL, k text", "").as_str(),
            &[
                "alter column c2.n: no comment", "alter column c1.n: default 5 -> 1",
                "drop column p.n",
            ],
        ),
        case(
            "that must have a value before their parent's",
            (&both("ALTER TABLE c1 ALTER k SET NOT NULL"), ROWS),
            with("id int NOT NULL, k text NOT NULL, n int DEFAULT 1", "").as_str(),
            &["alter column c1.k: drop not null", "alter column p.k: not null"],
        ),
        case(
            "that are there from the beginning",
            (P, ""),
            both("DROP TABLE c2; ALTER TABLE c1 ALTER n SET DEFAULT 5, ALTER k SET NOT NULL, ALTER k SET STATISTICS 9;
                COMMENT ON COLUMN c1.k IS 'own'; COMMENT ON TABLE c1 IS 'one'; ALTER TABLE c1 ADD CONSTRAINT cc CHECK (n > 0);
                ALTER TABLE c1 SET (fillfactor = 70); CREATE INDEX ci ON c1 (n)").as_str(),
            &["create table c1"],
        )
        .up(&[
            "CREATE TABLE c1 PARTITION OF p ( k NOT NULL, n DEFAULT 5, CONSTRAINT cc CHECK (n > 0) ) FOR VALUES IN (1) \
             WITH (fillfactor = 70)",
            "ALTER TABLE c1 ALTER COLUMN k SET STATISTICS 9",
            "COMMENT ON COLUMN c1.k IS 'own'",
            "CREATE INDEX ci ON c1 (n)",
            "COMMENT ON TABLE c1 IS 'one'",
        ]),
        case(
            "with numbers",
            (&both(""), ROWS),
            with("id int NOT NULL, k text, n int DEFAULT 1, s serial", "").as_str(),
            &["add column p.s integer not null"],
        )
        .then("SELECT string_agg(s::text, ' ' ORDER BY s) FROM p", "1 2"),
    ])
    .await;
}

#[allow(clippy::too_many_lines)] // a table
#[tokio::test]
async fn keys_and_indexes_of_children() {
    let own = "CREATE INDEX c1_own ON c1 (k)";
    let unique = "CREATE TABLE p (a int NOT NULL, b int NOT NULL) PARTITION BY LIST (a); ";
    let part = "CREATE TABLE c1 PARTITION OF p FOR VALUES IN (1); ";
    run(&[
        case(
            "are their parent's",
            (&both(""), ROWS),
            both("CREATE INDEX pi ON p (k); ALTER TABLE p ADD CONSTRAINT pc CHECK (n > 0), ADD PRIMARY KEY (id)").as_str(),
            &[
                "add primary key of p (id)",
                "add check pc on p (n > 0)",
                "add index pi on p (k)",
            ],
        )
        .then(INDEXES, "c1_k_idx < pi, c1_pkey < p_pkey"),
        case(
            "become a part of it",
            (&both(own), ROWS),
            both(&format!("{own}; CREATE INDEX pi ON p (k)")).as_str(),
            &["index c1_own on c1 (k) becomes a part of its parent's", "add index pi on p (k)"],
        )
        .up(&["CREATE INDEX pi ON p (k)"])
        .then(INDEXES, "c1_own < pi"),
        case(
            "are called as the script calls them",
            (&both(""), ROWS),
            both(&format!("{own}; CREATE INDEX pi ON p (k)")).as_str(),
            &[
                "add index c1_own on c1 (k)",
                "index c1_own on c1 (k) becomes a part of its parent's",
                "add index pi on p (k)",
            ],
        )
        .then(INDEXES, "c1_own < pi"),
        case(
            "go with it, and come back under their names",
            (&both(&format!("{own}; CREATE INDEX pi ON p (k)")), ROWS),
            both("").as_str(),
            &["drop index pi on p (k)", "index c1_own on c1 (k) goes with its parent's"],
        ),
        case(
            "one that looks like it is not taken for it on the way back",
            (&both(&format!("CREATE INDEX pi ON p (k); {own}")), ROWS),
            format!(
                "{P}CREATE TABLE c1 (id int NOT NULL, k text, n int DEFAULT 1); CREATE TABLE c2 PARTITION OF p FOR VALUES IN (2);
                CREATE INDEX pi ON p (k); {own}"
            )
            .as_str(),
            &["detach partition c1 from p", "drop index c1_k_idx on c1 (k)"],
        )
        .then(INDEXES, "c1_own"),
        case(
            "stand beside it",
            (&both("CREATE INDEX pi ON p (k)"), ROWS),
            both("CREATE INDEX pi ON p (k); CREATE INDEX c1_own ON c1 (k)").as_str(),
            &["add index c1_own on c1 (k)"],
        )
        .then(INDEXES, "c1_k_idx < pi, c1_own"),
        case(
            "a key that is a part of an index",
            (&format!("{unique}{part}ALTER TABLE c1 ADD PRIMARY KEY (a, b)"), "INSERT INTO p VALUES (1, 1)"),
            format!("{unique}{part}ALTER TABLE c1 ADD PRIMARY KEY (a, b); CREATE UNIQUE INDEX pu ON p (a, b)").as_str(),
            &[
                "detach partition c1 from p",
                "add unique index pu on p (a, b)",
                "attach partition c1 to p: FOR VALUES IN (1)",
            ],
        )
        .then(INDEXES, "c1_pkey < pu"),
        case(
            "a foreign key to and from partitioned tables",
            (
                "CREATE TABLE p (id int PRIMARY KEY) PARTITION BY LIST (id); CREATE TABLE c1 PARTITION OF p FOR VALUES IN (1);
                CREATE TABLE q (p int) PARTITION BY LIST (p); CREATE TABLE d PARTITION OF q DEFAULT; CREATE TABLE r (c int)",
                "INSERT INTO p VALUES (1); INSERT INTO q VALUES (1); INSERT INTO r VALUES (1)",
            ),
            "CREATE TABLE p (id int PRIMARY KEY) PARTITION BY LIST (id); CREATE TABLE c1 PARTITION OF p FOR VALUES IN (1);
            CREATE TABLE q (p int REFERENCES p) PARTITION BY LIST (p); CREATE TABLE d PARTITION OF q DEFAULT;
            CREATE TABLE r (c int REFERENCES c1)",
            &[
                "add foreign key q_p_fkey on q (p) -> p (id)",
                "add foreign key r_c_fkey on r (c) -> c1 (id)",
            ],
        ),
    ])
    .await;
}

#[tokio::test]
async fn tables_that_inherit() {
    let base = "CREATE TABLE a (id int, n int DEFAULT 1); ";
    let child = "CREATE TABLE b (x text) INHERITS (a); ";
    run(&[
        case(
            "new",
            ("", ""),
            format!("{base}CREATE TABLE b (x text, CHECK (x <> '')) INHERITS (a); ALTER TABLE b ALTER n SET DEFAULT 4;
                CREATE TABLE c (n int DEFAULT 7, y int) INHERITS (a)").as_str(),
            &["create table a", "create table b", "create table c"],
        )
        .up(&[
            "CREATE TABLE a ( id integer, n integer DEFAULT 1 )",
            "CREATE TABLE b ( x text, CONSTRAINT b_x_check CHECK (x <> ''::text) ) INHERITS (a)",
            "ALTER TABLE b ALTER COLUMN n SET DEFAULT 4",
            "CREATE TABLE c ( n integer DEFAULT 7, y integer ) INHERITS (a)",
        ]),
        case(
            "follow",
            (&format!("{base}{child}"), "INSERT INTO b VALUES (1, 2, 'x')"),
            format!("CREATE TABLE a (id bigint, n int DEFAULT 2 CHECK (n > 0), z text NOT NULL DEFAULT ''); {child}").as_str(),
            &[
                "add column a.z text not null default ''::text",
                "alter column a.id: type integer -> bigint",
                "alter column a.n: default 1 -> 2",
                "add check a_n_check on a (n > 0)",
            ],
        ),
        case(
            "begin to",
            (&format!("{base}CREATE TABLE b (id int, n int DEFAULT 1, x text)"), "INSERT INTO b VALUES (1, 2, 'x')"),
            format!("{base}CREATE TABLE b (id int, n int DEFAULT 1, x text) INHERITS (a)").as_str(),
            &["let b inherit a"],
        )
        .then("SELECT count(*)::text FROM a", "1"),
        case(
            "no longer do",
            (&format!("{base}{child}"), "INSERT INTO b VALUES (1, 2, 'x')"),
            format!("{base}CREATE TABLE b (id int, n int DEFAULT 1, x text)").as_str(),
            &["let b no longer inherit a"],
        )
        .then("SELECT count(*)::text FROM b", "1"),
        case(
            "have a column of the parent's that goes",
            (&format!("{base}{child}"), ""),
            "CREATE TABLE a (id int); CREATE TABLE b (x text, n int DEFAULT 1) INHERITS (a)",
            &["drop column a.n", "add column b.n integer default 1"],
        ),
        case(
            "inherit from two with other defaults",
            ("", ""),
            "CREATE TABLE a (n int DEFAULT 1); CREATE TABLE b (n int DEFAULT 2); CREATE TABLE c (n int DEFAULT 3) INHERITS (a, b)",
            &["create table a", "create table b", "create table c"],
        ),
        case(
            "inherit from two",
            ("CREATE TABLE a (id int); CREATE TABLE b (id int, y int); CREATE TABLE c () INHERITS (a, b)", "INSERT INTO c VALUES (1, 2)"),
            "CREATE TABLE a (id int, z int); CREATE TABLE b (id int, y int); CREATE TABLE c () INHERITS (a, b)",
            &["add column a.z integer"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn checks_that_are_inherited() {
    run(&[
        case(
            "lose a check with the parent",
            (
                "CREATE TABLE a (n int, CONSTRAINT few CHECK (n < 10), CONSTRAINT more CHECK (n > 0)); CREATE TABLE b (x text) INHERITS (a);
                CREATE TABLE c () INHERITS (b)",
                "INSERT INTO c VALUES (1, 'x')",
            ),
            "CREATE TABLE a (n int, CONSTRAINT more CHECK (n > 0)); CREATE TABLE b (x text) INHERITS (a); CREATE TABLE c () INHERITS (b)",
            &["drop check few on a (n < 10)"],
        ),
        case(
            "lose a check of one of two parents",
            (
                "CREATE TABLE a (n int, CONSTRAINT few CHECK (n < 10)); CREATE TABLE b (n int, CONSTRAINT few CHECK (n < 10));
                CREATE TABLE c () INHERITS (a, b)",
                "",
            ),
            "CREATE TABLE a (n int); CREATE TABLE b (n int, CONSTRAINT few CHECK (n < 10)); CREATE TABLE c () INHERITS (a, b)",
            &["drop check few on a (n < 10)"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn parents_that_are_called_otherwise() {
    let index = "CREATE INDEX pi ON p (k); CREATE INDEX ci ON c1 (n)";
    run(&[
        case(
            "a column",
            (&both(index), ROWS),
            both(index).replace("k text", "label text").replace("(k)", "(label)").as_str(),
            &[
                "rename column p.k to label",
                "rename index c1_k_idx on c1 to c1_label_idx",
                "rename index c2_k_idx on c2 to c2_label_idx",
            ],
        )
        .rename("p.k", "label"),
        case(
            "a column by which rows are divided",
            (&both(""), ROWS),
            both("").replace("id int", "nr int").replace("(id)", "(nr)").as_str(),
            &["rename column p.id to nr"],
        )
        .rename("p.id", "nr"),
        case(
            "a table",
            (&both(index), ROWS),
            both(index)
                .replace("TABLE p ", "TABLE parts ")
                .replace("OF p ", "OF parts ")
                .replace("ON p ", "ON parts ")
                .as_str(),
            &["rename table p to parts"],
        )
        .rename("p", "parts"),
    ])
    .await;
}

/// What is on them goes on like that of any table.
#[tokio::test]
async fn what_is_on_partitioned_tables() {
    let more = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER t BEFORE INSERT ON p FOR EACH ROW EXECUTE FUNCTION f();
        CREATE TRIGGER u BEFORE INSERT ON c1 FOR EACH ROW EXECUTE FUNCTION f();
        ALTER TABLE p ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON p USING (n > 0);
        CREATE VIEW v AS SELECT k FROM p; CREATE VIEW w AS SELECT k FROM c1";
    let way = Way::new((&both(""), ROWS), both(more).as_str(), options()).await.unwrap();
    way.up().await.unwrap();
    way.down().await.unwrap();
    let narrower = P.replace("k text", "k varchar(9)") + C + more;
    let way = Way::new((&both(more), ROWS), narrower.as_str(), options()).await.unwrap();
    assert!(way.changes().contains(&"drop view w".to_owned()), "{:?}", way.changes());
    way.up().await.unwrap();
    way.down().await.unwrap();
}

/// What would lose rows is refused, and says what to do.
#[tokio::test]
async fn what_cannot_be_divided_otherwise_is_refused() {
    let plain = "CREATE TABLE p (id int NOT NULL, k text, n int DEFAULT 1)";
    let moods = |values: &str, rest: &str| {
        format!(
            "CREATE TYPE mood AS ENUM ({values}); CREATE TABLE m (mood mood) PARTITION BY LIST (mood); {rest}"
        )
    };
    let indexed = |parts: &[&str], more: &str| {
        let attach = |of: &&str| {
            format!("CREATE INDEX {of}_own ON {of} (k); ALTER INDEX pi ATTACH PARTITION {of}_own; ")
        };
        let parts: String = parts.iter().map(attach).collect();
        both(&format!("CREATE INDEX pi ON ONLY p (k); {parts}{more}"))
    };
    for (from, to, said) in [
        (
            P.to_owned(),
            P.replace("LIST", "RANGE"),
            "partitioned by LIST (id), and would be by RANGE (id)",
        ),
        (
            plain.to_owned(),
            P.to_owned(),
            "the table p is not partitioned, and would be by LIST (id)",
        ),
        (P.to_owned(), plain.to_owned(), "is partitioned by LIST (id), and would not be"),
        (
            P.to_owned(),
            P.replace("id int", "id bigint"),
            "the column id of that would be bigint instead of integer",
        ),
        (
            moods("'a'", ""),
            moods("'a', 'b'", "CREATE TABLE m1 PARTITION OF m FOR VALUES IN ('b')"),
            "the partition m1 is for the value b, which is new in the type mood",
        ),
        (
            moods("'a', 'b'", ""),
            moods("'a'", ""),
            "the type mood would have to be recreated, and the table m is partitioned by it",
        ),
        (
            indexed(&["c1"], ""),
            indexed(
                &["c1"],
                "CREATE INDEX c2_own ON c2 (k); ALTER INDEX pi ATTACH PARTITION c2_own",
            ),
            "the index c2_own of c2 would become a part of the index pi of p; postgres cannot undo that",
        ),
        (
            indexed(&["c1"], "CREATE INDEX c2_own ON c2 (k)"),
            indexed(&["c1", "c2"], ""),
            "ALTER INDEX pi ATTACH PARTITION c2_own",
        ),
        (indexed(&[], ""), indexed(&["c1"], ""), "ALTER INDEX pi ATTACH PARTITION c1_own"),
        (
            indexed(&["c1", "c2"], ""),
            indexed(&["c1"], "CREATE INDEX c2_own ON c2 (k)"),
            "the index c2_own of c2 is a part of the index pi of p, and would not be",
        ),
        (
            indexed(&["c1"], ""),
            indexed(&[], ""),
            "drop pi, create it again ON ONLY p, and create and attach the indexes of the other partitions",
        ),
    ] {
        let refused = Way::new((&from, ""), to.as_str(), options()).await.err().unwrap();
        assert!(refused.contains(said) && refused.contains("nothing was written"), "{refused}");
    }
}

/// Models cannot say how a table is divided: it stays as it is, and what they do not have is left alone.
#[tokio::test]
async fn models_leave_partitions_alone() {
    let model = |more: &[&str]| {
        let table = Table::new("p")
            .column(Column::new("id", Type::Integer).not_null())
            .column(Column::new("k", Type::Text))
            .column(Column::new("n", Type::Integer).default_sql("1"));
        Schema::new()
            .table(more.iter().fold(table, |t, name| t.column(Column::new(*name, Type::Text))))
    };
    let way = Way::new((&both(""), ROWS), model(&[]), options()).await.unwrap();
    assert!(way.draft.is_empty(), "{}", way.draft);
    let seen: Vec<String> =
        way.draft.uncovered.iter().map(|u| format!("{} {}", u.kind, u.name)).collect();
    assert_eq!(seen, ["partition c1", "partition c2"]);
    let way = Way::new((&both(""), ROWS), model(&["z"]), options()).await.unwrap();
    assert_eq!(way.changes(), ["add column p.z text"]);
    way.up().await.unwrap();
    assert_eq!(way.rows("SELECT count(z)::text FROM c1").await, "0");
    way.down().await.unwrap();
}
