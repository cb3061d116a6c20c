//! What `sqlite3 .dump` writes, as the first migration.

use crate::{flavor::shell, setup::fresh, support::from_files};

const CONTENT: &str = "CREATE TABLE pot (id INTEGER PRIMARY KEY AUTOINCREMENT, v text);
    CREATE TABLE lid (id INTEGER PRIMARY KEY, pot integer REFERENCES pot);
    INSERT INTO pot VALUES (1, 'semi;colon'), (2, NULL), (3, 'it''s
        two lines');
    INSERT INTO lid VALUES (7, 3);
    CREATE VIEW both AS SELECT v FROM pot JOIN lid ON pot.id = lid.pot;
    CREATE TRIGGER tr AFTER INSERT ON lid BEGIN UPDATE pot SET v = 'x;' WHERE id = NEW.pot; END;
    CREATE INDEX pot_v ON pot (v);";

#[tokio::test]
async fn a_dump_is_a_first_migration() {
    let old = fresh().await;
    assert!(shell(&old, CONTENT).status.success());
    let dump = String::from_utf8(shell(&old, ".dump").stdout).unwrap();
    assert!(dump.starts_with("PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;"), "{dump}");
    let inner = dump.replace("PRAGMA foreign_keys=OFF;\n", "");
    const HEAD: &str = "-- ambix: foreign-keys off\n";
    for text in [
        dump.clone(),
        format!("{dump}PRAGMA foreign_keys = ON;\n"),
        format!("-- of 2025\n{}", dump.replace("=OFF", "(0)")),
        format!("{HEAD}{dump}"),
        format!("{HEAD}{dump}\nPRAGMA foreign_keys=on;"),
        format!("{HEAD}{inner}"),
        format!("{HEAD}{inner}PRAGMA main.foreign_keys=1;"),
        format!("{HEAD}{}", inner.replace("BEGIN TRANSACTION;", "BEGIN;PRAGMA foreign_keys = no;")),
        format!(
            "{HEAD}PRAGMA foreign_keys=OFF;{}",
            inner.replace("BEGIN TRANSACTION;", "").replace("COMMIT;", "")
        ),
    ] {
        let db = fresh().await;
        let migrator = from_files(&[("20250101000000_base.sql", &text)]).unwrap();
        migrator.run_pending(&db.pool).await.unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(db.column("SELECT count(*) || '' FROM both").await, ["1"], "{text}");
        assert_eq!(schema(&db).await, schema(&old).await, "{text}");
        assert_eq!(db.leaks().await, Vec::<String>::new());
        let script = migrator.script("sqlite", "base", "head").unwrap();
        let offline = fresh().await;
        let output = shell(&offline, &script);
        assert!(output.status.success(), "{}\n{script}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(schema(&offline).await, schema(&old).await, "{text}");
    }
    // What the directive would do is not guessed elsewhere, and what it checks is checked.
    for (text, problem) in [
        (
            "PRAGMA foreign_keys=OFF; CREATE TABLE a (id integer);".to_owned(),
            "write `-- ambix: foreign-keys off`",
        ),
        (
            "BEGIN; PRAGMA foreign_keys=OFF; CREATE TABLE a (id integer); COMMIT;".to_owned(),
            "write `-- ambix: foreign-keys off`",
        ),
        (dump.replace("VALUES(7,3)", "VALUES(7,9)"), "foreign"),
    ] {
        let db = fresh().await;
        let migrator = from_files(&[("20250101000000_base.sql", &text)]).unwrap();
        let error = format!("{:#}", migrator.run_pending(&db.pool).await.unwrap_err());
        assert!(error.contains(problem), "{error}\n{text}");
        assert_eq!(db.tables().await, Vec::<String>::new());
    }
}

/// Inside a transaction the switch does nothing, so that it is left out where it says what is so.
#[tokio::test]
async fn switches_that_say_what_is_so_are_left_out() {
    const TABLES: &str =
        "CREATE TABLE m (id INTEGER PRIMARY KEY); CREATE TABLE k (m REFERENCES m);";
    const OFF: &str = "PRAGMA foreign_keys=OFF;";
    const ON: &str = "PRAGMA foreign_keys = ON;";
    const HEAD: &str = "-- ambix: foreign-keys off\n";
    const ROWS: &str = "INSERT INTO k VALUES (1); INSERT INTO m VALUES (1);";
    for text in [
        format!("{ON}{TABLES}"),
        format!("{TABLES}PRAGMA main.foreign_keys=1;INSERT INTO m VALUES (1);{ON}"),
        format!("BEGIN;{ON}{TABLES}COMMIT;{ON}"),
        format!("{OFF}BEGIN;{OFF}{TABLES}{ROWS}{ON}PRAGMA foreign_key_check;COMMIT;{ON}"),
        format!("{HEAD}{TABLES}{OFF}{ROWS}{ON}SELECT 1;"),
        format!("{HEAD}{OFF}{TABLES}{ON}BEGIN;{OFF}{ROWS}COMMIT;{ON}"),
    ] {
        let db = fresh().await;
        let migrator = from_files(&[("20250101000000_base.sql", &text)]).unwrap();
        migrator.run_pending(&db.pool).await.unwrap_or_else(|error| panic!("{error:#}\n{text}"));
        assert_eq!(db.tables().await, ["k", "m"], "{text}");
        let broken = text.replace(ROWS, "INSERT INTO k VALUES (1);");
        if broken != text {
            let db = fresh().await;
            let migrator = from_files(&[("20250101000000_base.sql", &broken)]).unwrap();
            let error = format!("{:#}", migrator.run_pending(&db.pool).await.unwrap_err());
            assert!(error.contains("violate foreign keys"), "{error}\n{broken}");
        }
    }
    for text in
        [format!("{TABLES}{OFF}{ROWS}{ON}"), format!("{OFF}{TABLES}"), format!("{ON}{OFF}{TABLES}")]
    {
        let db = fresh().await;
        let migrator = from_files(&[("20250101000000_base.sql", &text)]).unwrap();
        let error = format!("{:#}", migrator.run_pending(&db.pool).await.unwrap_err());
        assert!(error.contains("write `-- ambix: foreign-keys off`"), "{error}\n{text}");
    }
}

/// Rows of every kind, and tables of every kind that have some.
#[tokio::test]
async fn a_dump_makes_the_same_dump() {
    for content in [
        "CREATE TABLE kinds (id INTEGER PRIMARY KEY, a, b blob, r real, \"c d\" text DEFAULT 'it''s', e text GENERATED ALWAYS AS (id || ';') STORED);
        INSERT INTO kinds (id, a, b, r, \"c d\") VALUES (1, x'00ff5c270a', x'', 1e300, ''), (2, NULL, zeroblob(3), -0.1, 'a
b'), (3, 9223372036854775807, NULL, 1e-300, char(13, 10, 9)), (4, 'grüß 日本', '--', 2.0, '/* ; -- ambix: run x'), (5, 1.5, 1, 9e999, '\n');",
        "CREATE TABLE mother (id integer PRIMARY KEY, kid integer REFERENCES kid (id)); CREATE TABLE kid (id integer PRIMARY KEY, mother REFERENCES mother);
        INSERT INTO mother VALUES (1, 1); INSERT INTO kid VALUES (1, 1);
        CREATE TABLE k (k text PRIMARY KEY, v) WITHOUT ROWID; INSERT INTO k VALUES ('b', 1), ('a', 2); CREATE TABLE st (id int) STRICT; INSERT INTO st VALUES (7);
        CREATE TABLE au (id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO au VALUES (41); DELETE FROM au; CREATE UNIQUE INDEX x ON k (v) WHERE v > 1;
        CREATE VIEW \"v;w\" AS SELECT ';' AS a; CREATE TRIGGER tr INSTEAD OF INSERT ON \"v;w\" BEGIN INSERT INTO au VALUES (1); SELECT CASE WHEN 1 THEN 2 END; END;
        PRAGMA user_version = 7; PRAGMA application_id = 9;",
        "CREATE VIRTUAL TABLE ft USING fts5(body); INSERT INTO ft VALUES ('a; b'); CREATE TABLE after (id); INSERT INTO after VALUES (1);",
    ] {
        let old = fresh().await;
        assert!(shell(&old, content).status.success());
        let dump = String::from_utf8(shell(&old, ".dump").stdout).unwrap();
        let db = fresh().await;
        let migrator = from_files(&[("20250101000000_base.sql", &dump)]).unwrap();
        let run = migrator.run_pending(&db.pool).await;
        run.unwrap_or_else(|error| panic!("{error:#}\n{dump}"));
        shell(&db, "DROP TABLE ambix_history; DROP TABLE ambix_history_lock;");
        let again = String::from_utf8(shell(&db, ".dump").stdout).unwrap();
        assert_eq!(again, dump);
    }
}

async fn schema(db: &crate::setup::Fresh) -> Vec<String> {
    // The shell reads a statement with the line end before its semicolon, which belongs to the text then.
    crate::flavor::schema(db).await.iter().map(|text| text.trim_end().to_owned()).collect()
}
