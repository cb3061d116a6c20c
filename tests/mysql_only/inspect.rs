//! What an inspected schema says.

use std::{fs, path::Path};

use ambix::{
    Migrations, Migrator,
    schema::{Column, IdentityKind, IndexKey, ReferentialAction, Schema, Table, Type},
};
use sqlx::Row;

use crate::setup::{Fresh, fresh, is_mariadb};

async fn inspect(db: &Fresh) -> Schema {
    let migrator = Migrator::from_migrations(Migrations::default()).unwrap();
    migrator.inspect(&db.pool).await.unwrap()
}

fn table<'s>(schema: &'s Schema, name: &str) -> &'s Table {
    schema.tables.iter().find(|table| table.name.name == name).unwrap()
}

/// A column in a few words.
fn words(column: &Column) -> String {
    let ty = match &column.ty {
        Type::Sql(sql) => sql.text.clone(),
        other => format!("{other:?}"),
    };
    let mut words = format!("{} {ty}", column.name);
    if !column.nullable {
        words.push_str(" not null");
    }
    if let Some(default) = &column.default {
        // MySQL shows it in upper case.
        words.push_str(&format!(" {default:?}").replace("CURRENT_TIMESTAMP", "current_timestamp"));
    }
    if let Some(identity) = &column.identity {
        assert_eq!(identity.kind, IdentityKind::Auto);
        words.push_str(" auto");
    }
    if let Some(generated) = &column.generated {
        words.push_str(&format!(" = {} {}", generated.expression, generated.stored));
    }
    for text in [&column.collation, &column.comment].into_iter().flatten() {
        words.push_str(&format!(" {text}"));
    }
    column.options.iter().for_each(|(name, value)| words.push_str(&format!(" {name}={value}")));
    words
}

#[tokio::test]
#[allow(clippy::too_many_lines)] // A table of cases.
async fn a_table_with_everything() {
    let db = fresh().await;
    db.execute(
        "CREATE TABLE parent (a int, b int, PRIMARY KEY (a, b));
        CREATE TABLE t (
            id bigint unsigned NOT NULL AUTO_INCREMENT,
            name varchar(20) CHARACTER SET latin1 COLLATE latin1_bin DEFAULT 'it''s \\\\' COMMENT 'c''mt',
            flag boolean NOT NULL DEFAULT true,
            data json,
            kind enum('a', 'it''s') NOT NULL,
            at datetime(6) DEFAULT now(6) ON UPDATE now(6),
            n int DEFAULT (1 + 2) CHECK (n > 0),
            twice int GENERATED ALWAYS AS (n * 2) STORED,
            next int GENERATED ALWAYS AS (n + 1) VIRTUAL,
            hidden int DEFAULT 1 INVISIBLE,
            body text,
            place point NOT NULL,
            pa int, pb int,
            PRIMARY KEY (id),
            UNIQUE KEY u (name, flag),
            UNIQUE KEY u_prefix (body(10)),
            KEY i (n DESC, flag) COMMENT 'why',
            FULLTEXT KEY ft (body),
            SPATIAL KEY sp (place),
            CONSTRAINT fk FOREIGN KEY (pa, pb) REFERENCES parent (a, b) ON DELETE SET NULL ON UPDATE CASCADE,
            CONSTRAINT ck CHECK (flag IN (0, 1))
        ) COMMENT 'about t' ROW_FORMAT = DYNAMIC COLLATE utf8mb4_unicode_ci;",
    )
    .await;
    let schema = inspect(&db).await;
    let t = table(&schema, "t");
    let columns: Vec<String> = t.columns.iter().map(words).collect();
    assert_eq!(
        columns,
        [
            "id bigint unsigned not null auto",
            r#"name varchar(20) Sql("'it''s \\\\'") latin1_bin c'mt"#,
            r#"flag tinyint(1) not null Sql("1")"#,
            "data json",
            "kind enum('a','it''s') not null",
            r#"at datetime(6) Sql("current_timestamp(6)") on_update=current_timestamp(6)"#,
            r#"n int Sql("1 + 2")"#,
            "twice int = `n` * 2 true",
            "next int = `n` + 1 false",
            r#"hidden int Sql("1") invisible=true"#,
            "body text",
            "place point not null",
            "pa int",
            "pb int",
        ]
    );
    assert_eq!(t.primary_key.as_ref().unwrap().columns, ["id"]);
    assert_eq!(t.comment.as_deref(), Some("about t"));
    let options: Vec<String> = t.options.iter().map(|(n, v)| format!("{n}={v}")).collect();
    assert_eq!(options, ["collation=utf8mb4_unicode_ci", "row_format=DYNAMIC"]);
    // A unique key on whole columns is a constraint, one on a part of a column is an index.
    assert_eq!(t.uniques.len(), 1);
    assert_eq!((t.uniques[0].name.as_deref(), t.uniques[0].columns.len()), (Some("u"), 2));
    let indexes: Vec<String> = t
        .indexes
        .iter()
        .map(|index| {
            let parts: Vec<String> = index
                .parts
                .iter()
                .map(|part| {
                    let IndexKey::Column(name) = &part.key else { panic!() };
                    format!("{name} {:?} {}", part.length, part.descending)
                })
                .collect();
            let name = index.name.clone().unwrap();
            format!("{name} {} {:?} {:?} {parts:?}", index.unique, index.method, index.comment)
        })
        .collect();
    assert_eq!(
        indexes,
        [
            // The foreign key's own.
            r#"fk false None None ["pa None false", "pb None false"]"#,
            r#"ft false Some("fulltext") None ["body None false"]"#,
            r#"i false None Some("why") ["n None true", "flag None false"]"#,
            r#"sp false Some("spatial") None ["place None false"]"#,
            r#"u_prefix true None None ["body Some(10) false"]"#,
        ]
    );
    let key = &t.foreign_keys[0];
    assert_eq!((key.columns.join(","), key.referenced.join(",")), ("pa,pb".into(), "a,b".into()));
    assert_eq!(
        (key.references.to_string().as_str(), key.on_delete, key.on_update),
        ("parent", ReferentialAction::SetNull, ReferentialAction::Cascade)
    );
    let checks: Vec<String> =
        t.checks.iter().map(|c| format!("{:?} {:?} {}", c.name, c.column, c.expression)).collect();
    // MySQL has checks of tables alone.
    let of_column = match is_mariadb().await {
        true => r#"None Some("n") `n` > 0"#,
        false => r#"Some("t_chk_1") None `n` > 0"#,
    };
    assert_eq!(checks, [r#"Some("ck") None `flag` in (0,1)"#, of_column]);
}

#[tokio::test]
async fn objects_beside_tables_are_read_as_statements() {
    let db = fresh().await;
    // As a migration is run, without what the driver sets.
    db.execute(
        "SET SESSION sql_mode = DEFAULT, SESSION time_zone = DEFAULT;
        CREATE TABLE users (id int PRIMARY KEY, email varchar(20), bio text);
        CREATE TABLE log (id int);
        CREATE VIEW writers AS SELECT email FROM users WHERE bio IS NOT NULL WITH CHECK OPTION;
        CREATE TRIGGER watch AFTER INSERT ON users FOR EACH ROW INSERT INTO log VALUES (NEW.id);
        CREATE TRIGGER again AFTER INSERT ON users FOR EACH ROW SET @a = 1;
        CREATE DEFINER = nobody@localhost PROCEDURE p(OUT a text) MODIFIES SQL DATA SELECT 1;
        CREATE FUNCTION f() RETURNS text DETERMINISTIC COMMENT 'it''s' RETURN 1;
        CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1;
        CREATE TABLE parted (id int) PARTITION BY LINEAR HASH (id) PARTITIONS 2",
    )
    .await;
    let schema = inspect(&db).await;
    let tables: Vec<&str> = schema.tables.iter().map(|table| table.name.name.as_str()).collect();
    assert_eq!(tables, ["log", "parted", "users"]);
    let seen: Vec<String> =
        schema.uncovered.iter().map(|thing| format!("{} {}", thing.kind, thing.name)).collect();
    assert!(seen.is_empty(), "{seen:?}");
    let divided: Vec<(&str, &str)> = schema.tables[1]
        .options
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(divided, [("partition_by", "LINEAR HASH (`id`)"), ("partitions", "2")]);
    // One of the servers has the names of its columns in a view's text, and another one's charset with a text.
    let is_mariadb = is_mariadb().await;
    let is_told = |object: &&ambix::schema::SchemaObject| is_mariadb || object.kind != "view";
    let objects = schema.objects.iter().filter(is_told);
    let objects: Vec<&str> = objects.map(|object| object.definition.as_str()).collect();
    let expected = [
        "CREATE VIEW writers AS\nselect `users`.`email` AS `email` from `users` where `users`.`bio` is not null\nWITH CASCADED CHECK OPTION",
        "CREATE TRIGGER watch AFTER INSERT ON users FOR EACH ROW INSERT INTO log VALUES (NEW.id)",
        "CREATE TRIGGER again AFTER INSERT ON users FOR EACH ROW FOLLOWS watch SET @a = 1",
        "CREATE FUNCTION f () RETURNS text\n    DETERMINISTIC\n    COMMENT 'it''s'\nRETURN 1",
        "CREATE DEFINER = `nobody`@`localhost` PROCEDURE p (OUT a text)\n    MODIFIES SQL DATA\nSELECT 1",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY\n    DISABLE\n    DO SELECT 1",
    ];
    assert_eq!(objects, if is_mariadb { &expected[..] } else { &expected[1..] });
}

/// The two servers disagree about what they have; on this one it is seen and left alone.
#[tokio::test]
async fn kinds_of_tables_that_one_server_has() {
    let db = fresh().await;
    if !is_mariadb().await {
        return;
    }
    db.execute(
        "CREATE SEQUENCE numbers; CREATE TABLE old (id int) WITH SYSTEM VERSIONING;
        CREATE TABLE t (id int, KEY i (id) IGNORED)",
    )
    .await;
    let schema = inspect(&db).await;
    let seen: Vec<String> =
        schema.uncovered.iter().map(|thing| format!("{} {}", thing.kind, thing.name)).collect();
    assert_eq!(seen, ["system-versioned table old"]);
    assert_eq!(
        schema.objects[0].definition,
        "CREATE SEQUENCE numbers START WITH 1 MINVALUE 1 MAXVALUE 9223372036854775806 INCREMENT BY 1 CACHE 1000 NOCYCLE"
    );
    assert_eq!(table(&schema, "t").indexes[0].options["ignored"], "true");
}

/// The tables of information_schema for which MariaDB opens tables.
const OPENED: [&str; 10] = [
    "check_constraints",
    "columns",
    "key_column_usage",
    "partitions",
    "referential_constraints",
    "statistics",
    "table_constraints",
    "tables",
    "triggers",
    "views",
];

/// The queries of a file of SQL that read them, with values filled in.
fn queries(text: &str, database: &str) -> Vec<String> {
    let quoted = format!("'{database}'");
    let values = [
        ("'{database}'", quoted.as_str()),
        ("{database}", &quoted),
        ("{schema}", &quoted),
        ("{schemas}", &quoted),
        ("'{name}'", "'t'"),
        ("{table}", "'t'"),
        ("{name}", "'t'"),
        ("{at}", "0"),
        ("{try}", "0"),
        ("{key}", "'k'"),
        ("{seconds}", "1"),
        ("{role}", "'r'"),
        ("{needs}", "SELECT 'SELECT' AS need, DATABASE() AS s, 't' AS t"),
        (
            "{objects}",
            "SELECT 0 AS at, 'relation' AS kind, DATABASE() AS s, 't' AS n UNION ALL SELECT 1, 'trigger', 'x', 'u'",
        ),
    ];
    let is_code = |line: &&str| !line.starts_with("--");
    let code: String = text
        .split("\n--: ")
        .filter_map(|part| part.split_once('\n'))
        .map(|(_, code)| format!("{code}\n;\n"))
        .collect();
    let code: String = code.lines().filter(is_code).map(|line| format!("{line}\n")).collect();
    let statements = code.split(";\n").map(str::trim);
    let opens = |of: &&str| {
        let opened = OPENED.iter().any(|name| of.contains(&format!("information_schema.{name}")));
        opened && of.starts_with("SELECT")
    };
    let read = statements.filter(opens);
    read.map(|statement| {
        let filled =
            values.iter().fold(statement.to_owned(), |s, (name, value)| s.replace(name, value));
        let (before, after) = filled.split_once(" INTO @ambix_defaults").unwrap_or((&filled, ""));
        format!("{before}{after}")
    })
    .collect()
}

/// MariaDB opens the tables of all databases of the server for a table of information_schema whose schema is not compared with a value.
#[tokio::test]
async fn no_query_looks_into_other_databases() {
    if !is_mariadb().await {
        return; // MySQL has indexes for it.
    }
    let db = fresh().await;
    db.execute("CREATE TABLE t (a int PRIMARY KEY)").await;
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/database/mysql")];
    let mut asked = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "sql") {
                let text = format!("\n{}", fs::read_to_string(&path).unwrap());
                for query in queries(&text, &db.name) {
                    let rows = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN {query}")))
                        .fetch_all(&db.pool)
                        .await
                        .unwrap_or_else(|error| panic!("{query}: {error}"));
                    for row in rows {
                        let extra: Option<String> = row.get("Extra");
                        let is_good = extra.is_none_or(|extra| !extra.contains("Scanned all"));
                        let table: Option<String> = row.get("table");
                        assert!(is_good, "{}: {table:?} in {query}", path.display());
                    }
                    asked += 1;
                }
            }
        }
    }
    assert!(asked > 25, "{asked}");
}
