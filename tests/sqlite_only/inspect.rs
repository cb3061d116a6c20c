//! What an inspected schema says, of tables that are written in all the ways that SQLite takes.

use ambix::{
    Migrations, Migrator,
    schema::{
        Column, DefaultValue, Deferral, ForeignKey, Index, IndexKey, Options, Schema, Table, Type,
    },
};

use crate::setup::{Fresh, fresh};

async fn inspect(db: &Fresh) -> Schema {
    let migrator = Migrator::from_migrations(Migrations::default()).unwrap();
    migrator.inspect(&db.pool).await.unwrap()
}

fn options(options: &Options) -> String {
    options.iter().map(|(name, value)| format!(" {name}={value}")).collect()
}

fn name(name: Option<&String>) -> String {
    name.map(|name| format!("{name}: ")).unwrap_or_default()
}

fn column(column: &Column) -> String {
    let Type::Sql(ty) = &column.ty else { panic!("{column:?}") };
    let mut words = format!("{} {}", column.name, ty.text).trim_end().to_owned();
    if !column.nullable {
        words.push_str(" not null");
    }
    if let Some(DefaultValue::Sql(default)) = &column.default {
        words.push_str(&format!(" default {default}"));
    }
    if let Some(generated) = &column.generated {
        let how = if generated.stored { "stored" } else { "virtual" };
        words.push_str(&format!(" = {} {how}", generated.expression));
    }
    if let Some(collation) = &column.collation {
        words.push_str(&format!(" collate {collation}"));
    }
    words + &options(&column.options)
}

fn foreign_key(key: &ForeignKey) -> String {
    let mut words = format!(
        "fk {}{} -> {}({})",
        name(key.name.as_ref()),
        key.columns.join(","),
        key.references,
        key.referenced.join(",")
    );
    if key.on_delete != Default::default() {
        words.push_str(&format!(" delete {:?}", key.on_delete));
    }
    if key.on_update != Default::default() {
        words.push_str(&format!(" update {:?}", key.on_update));
    }
    if key.deferral != Deferral::No {
        words.push_str(&format!(" {:?}", key.deferral));
    }
    words
}

fn index(index: &Index) -> String {
    let parts = index.parts.iter().map(|part| {
        let mut words = match &part.key {
            IndexKey::Column(name) => name.clone(),
            IndexKey::Expression(expression) => format!("({expression})"),
            other => panic!("{other:?}"),
        };
        if let Some(collation) = &part.collation {
            words.push_str(&format!(" collate {collation}"));
        }
        words + if part.descending { " desc" } else { "" }
    });
    let parts: Vec<String> = parts.collect();
    let kind = if index.unique { "unique index" } else { "index" };
    let mut words = format!("{kind} {}{}", name(index.name.as_ref()), parts.join(", "));
    if let Some(predicate) = &index.predicate {
        words.push_str(&format!(" where {predicate}"));
    }
    words
}

/// A table in a few words, a line for each thing.
fn lines(table: &Table) -> Vec<String> {
    let mut lines: Vec<String> = table.columns.iter().map(column).collect();
    if let Some(key) = &table.primary_key {
        let columns = key.columns.join(",");
        lines.push(format!("pk {}{columns}{}", name(key.name.as_ref()), options(&key.options)));
    }
    lines.extend(table.uniques.iter().map(|unique| {
        let columns = unique.columns.join(",");
        format!("unique {}{columns}{}", name(unique.name.as_ref()), options(&unique.options))
    }));
    lines.extend(table.foreign_keys.iter().map(foreign_key));
    lines.extend(table.checks.iter().map(|check| {
        let column = check.column.as_ref().map(|name| format!("of {name} ")).unwrap_or_default();
        format!("check {column}{}{}", name(check.name.as_ref()), check.expression)
    }));
    lines.extend(table.indexes.iter().map(index));
    if !table.options.is_empty() {
        lines.push(format!("options{}", options(&table.options)));
    }
    lines
}

/// Statements, and what the table `t` is then.
const TABLES: &[(&str, &[&str])] = &[
    ("CREATE TABLE t (id INTEGER PRIMARY KEY, n)", &["id INTEGER not null", "n", "pk id"]),
    ("CREATE TABLE t (id integer NOT NULL PRIMARY KEY ASC)", &["id INTEGER not null not_null=true", "pk id"]),
    ("CREATE TABLE t (id INTEGER, PRIMARY KEY (ID))", &["id INTEGER not null", "pk id"]),
    // No row number, by a slip that SQLite keeps.
    (
        "CREATE TABLE t (id INTEGER PRIMARY KEY DESC)",
        &["id INTEGER", "pk id descending=1"],
    ),
    ("CREATE TABLE t (id text PRIMARY KEY)", &["id TEXT", "pk id"]),
    (
        "CREATE TABLE t (id INTEGER CONSTRAINT k PRIMARY KEY ON CONFLICT replace AUTOINCREMENT)",
        &["id INTEGER not null", "pk k: id conflict=REPLACE", "options autoincrement=true"],
    ),
    (
        "CREATE TABLE t (a int, b text, PRIMARY KEY (b COLLATE nocase DESC, a)) WITHOUT ROWID, STRICT",
        &[
            "a INT not null",
            "b TEXT not null",
            "pk b,a collations=1 NOCASE descending=1",
            "options strict=true without_rowid=true",
        ],
    ),
    (
        "CREATE TABLE t (a varchar ( 20 ) , b  DECIMAL(10,2) /* x, ) */, c unsigned  big int -- y, (\n)",
        &["a VARCHAR(20)", "b DECIMAL(10, 2)", "c UNSIGNED BIG INT"],
    ),
    (
        "CREATE TABLE t (a int DEFAULT - 1, b text DEFAULT 'it''s (', c DEFAULT (1 +  2), d DEFAULT ((datetime ('now'))),
            e DEFAULT word, f DEFAULT \"in quotes\", g DEFAULT TRUE, h DEFAULT CURRENT_TIMESTAMP, i DEFAULT x'00', j DEFAULT NULL,
            k INT DEFAULT 1 NOT NULL)",
        &[
            "a INT default -1",
            "b TEXT default 'it''s ('",
            "c default 1 + 2",
            "d default datetime('now')",
            "e default 'word'",
            "f default 'in quotes'",
            "g default 1",
            "h default CURRENT_TIMESTAMP",
            "i default x'00'",
            "j",
            "k INT not null default 1",
        ],
    ),
    (
        "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a*2) STORED, c AS (a  + (b)) VIRTUAL NOT NULL, d int AS (max( a,b )))",
        &[
            "a INT",
            "b INT = a * 2 stored",
            "c not null = a + (b) virtual",
            "d INT = max(a, b) virtual",
        ],
    ),
    (
        "CREATE TABLE t (\"order\" int CHECK (\"order\">0), [two words] text, `Up` int, 'text' int, \"plain\" int,
            CHECK ([plain] IN (1,-1) AND \"up\" <> 2), CONSTRAINT \"c 1\" CHECK ((length ( \"two words\" )<=3)))",
        &[
            "order INT",
            "two words TEXT",
            "Up INT",
            "text INT",
            "plain INT",
            "check of order \"order\" > 0",
            "check plain IN (1, -1) AND Up <> 2",
            "check c 1: length(\"two words\") <= 3",
        ],
    ),
    // A name that is no column is a string.
    (
        "CREATE TABLE t (kind text CHECK (kind IN (\"a\", 'b)', \"it's\")))",
        &["kind TEXT", "check of kind kind IN ('a', 'b)', 'it''s')"],
    ),
    (
        "CREATE TABLE t (a int NOT NULL ON CONFLICT ignore UNIQUE ON CONFLICT replace COLLATE nocase CHECK ((a > 1) OR (a - - 1 > 2))
            CONSTRAINT d DEFAULT 1 CONSTRAINT u UNIQUE, b text COLLATE binary NOT NULL ON CONFLICT ABORT)",
        &[
            "a INT not null default 1 collate NOCASE not_null_conflict=IGNORE",
            "b TEXT not null",
            "unique a conflict=REPLACE",
            "unique u: a",
            "check of a (a > 1) OR (a - -1 > 2)",
        ],
    ),
    // Commas between the constraints of a table may be missing, and the same is said twice.
    (
        "CREATE TABLE t (a, b, CONSTRAINT u UNIQUE (a, b) ON CONFLICT FAIL UNIQUE (B) CHECK (a) CONSTRAINT p PRIMARY KEY (a), UNIQUE (b))",
        &["a", "b", "pk p: a", "unique u: a,b conflict=FAIL", "unique b", "check a"],
    ),
    (
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE \"Q\" (x, y, PRIMARY KEY (y, x));
        CREATE TABLE t (a REFERENCES P, b int CONSTRAINT f REFERENCES p (ID) ON DELETE SET NULL ON UPDATE CASCADE
            DEFERRABLE INITIALLY DEFERRED NOT NULL, c, d REFERENCES nowhere (z) NOT DEFERRABLE CHECK (d),
            CONSTRAINT g FOREIGN KEY (b, c) REFERENCES q MATCH simple ON DELETE NO ACTION DEFERRABLE,
            FOREIGN KEY (C) REFERENCES t (c))",
        &[
            "a",
            "b INT not null",
            "c",
            "d",
            "fk a -> p(id)",
            "fk f: b -> p(id) delete SetNull update Cascade Deferred",
            "fk d -> nowhere(z)",
            "fk g: b,c -> Q(y,x) Immediate",
            "fk c -> t(c)",
            "check of d d",
        ],
    ),
    (
        "CREATE TABLE t (a, b text COLLATE NOCASE);
        CREATE INDEX i1 ON t (\"a\" DESC, b COLLATE nocase, b COLLATE BINARY ASC) WHERE a IS  NOT NULL AND b != \"x\";
        CREATE UNIQUE INDEX i2 ON t (lower (b), (a+1) COLLATE RTRIM DESC, a COLLATE BINARY)",
        &[
            "a",
            "b TEXT collate NOCASE",
            "index i1: a desc, b, b collate BINARY where a IS NOT NULL AND b != 'x'",
            "unique index i2: (lower(b)), (a + 1) collate RTRIM desc, a",
        ],
    ),
    (
        "CREATE TABLE t (a, UNIQUE (a)); ALTER TABLE t ADD COLUMN b int NOT NULL DEFAULT 0 CHECK (b >= 0)",
        &["a", "b INT not null default 0", "unique a", "check of b b >= 0"],
    ),
    ("CREATE TABLE t AS SELECT 1 AS a, 'x' AS \"b c\"", &["a", "b c"]),
];

#[tokio::test]
async fn tables_are_read_however_they_are_written() {
    let mut wrong = Vec::new();
    for (sql, expected) in TABLES {
        let db = fresh().await;
        db.execute(sql).await;
        let schema = inspect(&db).await;
        let table = schema.tables.iter().find(|table| table.name.name == "t").unwrap();
        let found = lines(table);
        if found != *expected {
            wrong.push(format!("{sql}\nis {found:#?}\nand not {expected:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn objects_beside_tables_are_read_as_statements() {
    let db = fresh().await;
    db.execute(
        "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, x int, y int);
        CREATE TABLE b (z int);
        CREATE VIEW v AS SELECT \"X\" FROM a -- z of b\n;
        CREATE TRIGGER g AFTER INSERT ON b BEGIN UPDATE a SET y = new.z; END;
        CREATE VIEW broken AS SELECT * FROM gone;
        CREATE VIRTUAL TABLE f USING fts5(body);",
    )
    .await;
    let schema = inspect(&db).await;
    let tables: Vec<&str> = schema.tables.iter().map(|table| table.name.name.as_str()).collect();
    assert_eq!(tables, ["a", "b"]);
    assert!(schema.uncovered.is_empty(), "{:?}", schema.uncovered);
    // What a module keeps is a part of its table.
    let seen: Vec<String> = schema
        .objects
        .iter()
        .map(|object| format!("{} {}: {}", object.kind, object.name, object.definition))
        .collect();
    assert_eq!(
        seen,
        [
            "virtual table f: CREATE VIRTUAL TABLE f USING fts5(body)",
            "view broken: CREATE VIEW broken AS SELECT * FROM gone",
            "view v: CREATE VIEW v AS SELECT \"X\" FROM a",
            "trigger g: CREATE TRIGGER g AFTER INSERT ON b BEGIN UPDATE a SET y = new.z; END",
        ]
    );
}

#[tokio::test]
async fn a_second_writing_of_an_expression_is_the_same() {
    let expressions = [
        "CHECK (a>0 AND(b IS NULL OR b->>'$.x' LIKE'y%')AND NOT abs(a))",
        "CHECK(  a > 0 AND (b IS NULL OR [b] ->> '$.x' LIKE 'y%') AND NOT abs ( a )  )",
    ];
    let mut read = Vec::new();
    for check in expressions {
        let db = fresh().await;
        db.execute(&format!("CREATE TABLE t (a, b, {check})")).await;
        read.push(inspect(&db).await.tables[0].checks[0].expression.clone());
        db.execute(&format!("DROP TABLE t; CREATE TABLE t (a, b, CHECK ({}))", read[0])).await;
        read.push(inspect(&db).await.tables[0].checks[0].expression.clone());
    }
    assert_eq!(read[0], "a > 0 AND (b IS NULL OR b ->> '$.x' LIKE 'y%') AND NOT abs(a)");
    assert!(read.iter().all(|text| *text == read[0]), "{read:#?}");
}
