//! What SQL looks like on SQLite in the tests of files, and its shell.

use std::process::Output;

use crate::{setup::Fresh, support::shell_of};

/// A URL behind which there is nothing.
pub const UNREACHABLE: &str = "sqlite:///nowhere/hunter2/none.db";
/// A URL that cannot be read.
pub const UNREADABLE: &str = "sqlite://x.db?mode=hunter2";
/// The folder of the sample app's migrations.
pub const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations/sqlite");

/// Scripts with semicolons, quotes and comments where they are not expected, with their down sides.
pub const TRICKY: &[(&str, &str, &str)] = &[
    (
        "x01",
        "CREATE TABLE log (what text NOT NULL);\nCREATE TABLE t (id integer PRIMARY KEY, name text) -- the end",
        "DROP TABLE t;\nDROP TABLE log -- both",
    ),
    (
        "x02",
        "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW WHEN CASE NEW.id WHEN 0 THEN 0 ELSE 1 END\nBEGIN\n  \
         INSERT INTO log VALUES ('it''s; ' || NEW.name); -- ;\n  SELECT CASE WHEN NEW.id < 0 THEN RAISE(ABORT, 'no;') END;\nEND;",
        "DROP TRIGGER tr",
    ),
    (
        "x03",
        "/* a /* comment; */\nCREATE VIEW [v;1] AS SELECT id AS \"a;\"\"b\", name AS `c;` FROM t;",
        "DROP VIEW [v;1]",
    ),
    (
        "x04",
        "INSERT INTO t VALUES (1, 'Grüße; 世界 \\ \"'), (2, 'back''slash;');\nSELECT 1; -- last",
        "DELETE FROM t",
    ),
    ("x05", "INSERT INTO t VALUES (3, '\n.quit\n');", "DELETE FROM t WHERE id = 3"),
    (
        "x06",
        "-- ambix: transaction none\nCREATE INDEX ix ON t (name);\nVACUUM;\nINSERT INTO t VALUES (4, 'after');",
        "DROP INDEX ix;",
    ),
    (
        "x07",
        "BEGIN;\nINSERT INTO t VALUES (5, 'wrapped');\nCOMMIT;",
        "BEGIN IMMEDIATE; DELETE FROM t WHERE id = 5; END TRANSACTION;",
    ),
    ("x08", "", "-- nothing"),
    (
        "x09",
        "CREATE TABLE parent (id integer PRIMARY KEY);\nCREATE TABLE child (id integer PRIMARY KEY, p integer NOT NULL REFERENCES parent ON DELETE CASCADE);\n\
         INSERT INTO parent VALUES (1);\nINSERT INTO child VALUES (1, 1);",
        "DROP TABLE child; DROP TABLE parent",
    ),
    (
        "x10",
        "-- ambix: foreign-keys off\nCREATE TABLE new (id integer PRIMARY KEY, more text);\nINSERT INTO new (id) SELECT id FROM parent;\n\
         DROP TABLE parent;\nALTER TABLE new RENAME TO parent;",
        "ALTER TABLE parent DROP COLUMN more",
    ),
];

/// What tables, indexes and code there are, in words of the catalog.
pub async fn schema(db: &Fresh) -> Vec<String> {
    db.column(
        "SELECT coalesce(sql, name) FROM sqlite_master WHERE tbl_name NOT LIKE 'ambix%' ORDER BY 1",
    )
    .await
}

/// Gives a script to the sqlite3 shell.
pub fn shell(db: &Fresh, script: &str) -> Output {
    shell_of("sqlite3", &[db.folder.join(&db.name).to_str().unwrap()], script)
}

/// A column of the history with its revision, as one text.
pub fn row(column: &str) -> String {
    format!("revision || ' {column} ' || coalesce({column}, 'none')")
}

/// A statement that stands alone.
pub const ALONE: &str = "VACUUM";

/// Statements that no transaction can hold.
pub const ONLY_ALONE: &[&str] = &["VACUUM", "PRAGMA journal_mode = WAL", "VACUUM main"];

/// What the schemas of real projects have shown.
pub const REAL: &str = include_str!("../fixtures/real/sqlite.sql");

/// A script with every kind of object.
pub const EVERY_KIND: [&str; 2] =
    [include_str!("../fixtures/draft/sqlite.sql"), include_str!("../fixtures/dump/sqlite.sql")];

/// What SQLite itself says of the schema.
pub fn native(db: &Fresh) -> Vec<String> {
    let script = "SELECT 'column', m.name, x.* FROM sqlite_schema m, pragma_table_xinfo(m.name) x;
        SELECT 'table', name, type, ncol, wr, strict FROM pragma_table_list WHERE schema = 'main';
        SELECT 'key', m.name, f.\"table\", f.\"from\", f.\"to\", f.on_update, f.on_delete, f.match
            FROM sqlite_schema m, pragma_foreign_key_list(m.name) f;
        SELECT 'index', m.name, CASE l.origin WHEN 'c' THEN l.name END, l.\"unique\", l.origin, l.partial,
            (SELECT group_concat(coalesce(x.name, 'expression') || x.\"desc\" || x.coll || x.key) FROM pragma_index_xinfo(l.name) x)
            FROM sqlite_schema m, pragma_index_list(m.name) l WHERE m.type = 'table';
        SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE type IN ('view', 'trigger') OR sql LIKE 'CREATE VIRTUAL%';";
    let output = shell(db, script);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    // A comment behind the last word is not part of a statement, and the tables of the other fixture are written in all spellings, of which a dump has one.
    let lines = text
        .lines()
        .filter(|line| line.split('|').nth(1).is_some_and(|name| name.starts_with("d_")));
    let mut lines: Vec<String> =
        lines.map(|line| line.trim().trim_end_matches(" -- the last word").to_owned()).collect();
    lines.sort();
    lines
}

/// Where the models of [`EVERY_KIND`] are, and their text.
pub const WRITTEN_MODELS: (&str, &str) = (
    concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/models/sqlite.rs"),
    include_str!("../fixtures/models/sqlite.rs"),
);

#[rustfmt::skip]
#[path = "../fixtures/models/sqlite.rs"]
pub mod written_models;
