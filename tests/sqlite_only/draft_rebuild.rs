//! Tables that are recreated, with rows and with everything that hangs on them.

use ambix::draft::difference;

use super::draft_way::{Way, migrator, options};
use crate::setup::fresh;

const FAMILY: &str = "
    CREATE TABLE parents (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, kind TEXT);
    CREATE TABLE cascading (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL REFERENCES parents ON DELETE CASCADE);
    CREATE TABLE restricting (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL REFERENCES parents (id) ON DELETE RESTRICT);
    CREATE TABLE nulling (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents (id) ON DELETE SET NULL);
    CREATE TABLE plain (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents);
    CREATE TABLE selves (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES selves ON DELETE CASCADE, name TEXT);";
const FAMILY_ROWS: &str = "
    INSERT INTO parents (id, name, kind) VALUES (1, 'a', 'x'), (2, 'b', 'y'), (9, 'gone', 'z');
    DELETE FROM parents WHERE id = 9;
    INSERT INTO cascading VALUES (1, 1), (2, 2), (3, 2);
    INSERT INTO restricting VALUES (1, 1);
    INSERT INTO nulling VALUES (1, 2);
    INSERT INTO plain VALUES (1, 1);
    INSERT INTO selves VALUES (1, NULL, 'a'), (2, 1, 'b'), (3, 2, 'c');";

/// BUG-033 and BUG-034.
#[tokio::test]
async fn children_of_a_table_that_is_made_anew_lose_no_row() {
    let to = FAMILY
        .replace(
            "name TEXT, kind TEXT",
            "name TEXT NOT NULL DEFAULT 'n', kind VARCHAR(3) CHECK (kind <> '')",
        )
        .replace(
            "selves ON DELETE CASCADE, name TEXT",
            "selves ON DELETE RESTRICT, name VARCHAR(10)",
        );
    let way = Way::new(FAMILY, FAMILY_ROWS, &to, options()).await;
    assert!(way.draft.up.starts_with("-- ambix: foreign-keys off\n"), "{}", way.draft.up);
    let all = "SELECT (SELECT group_concat(id || name || kind) FROM parents)
        || ' ' || (SELECT group_concat(parent) FROM cascading) || ' ' || (SELECT group_concat(parent) FROM restricting)
        || ' ' || (SELECT group_concat(parent) FROM nulling) || ' ' || (SELECT group_concat(parent) FROM plain)
        || ' ' || (SELECT group_concat(id || coalesce(parent, '-') || name) FROM selves)";
    let expected = "1ax,2by 1,2,2 1 2 1 1-a,21b,32c";
    for _ in 0..2 {
        way.up().await;
        assert_eq!(way.rows(all).await, expected);
        way.is_whole().await;
        way.down().await;
        assert_eq!(way.rows(all).await, expected);
        way.is_whole().await;
    }
    // The number that was given and is gone is not given again, and keys are enforced as before.
    way.db.execute("INSERT INTO parents (name) VALUES ('new')").await;
    assert_eq!(way.rows("SELECT id FROM parents WHERE name = 'new'").await, "10");
    way.db.execute("DELETE FROM cascading; DELETE FROM restricting; DELETE FROM plain").await;
    way.db.execute("PRAGMA foreign_keys = ON; DELETE FROM parents WHERE id = 2").await;
    assert_eq!(way.rows("SELECT parent FROM nulling").await, "");
}

const WATCHED: &str = "
    CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, age INTEGER);
    CREATE TABLE log (id INTEGER PRIMARY KEY, what TEXT, name TEXT);
    CREATE INDEX users_lower ON users (lower(name) DESC) WHERE age > 1;";
const WATCHERS: &str = "
    CREATE VIEW adults (id, name) AS SELECT id, name FROM users WHERE age >= 18;
    CREATE VIEW names AS SELECT name FROM adults UNION ALL SELECT users.name FROM users;
    CREATE TRIGGER \"on; users\" AFTER UPDATE OF name ON users WHEN NEW.name <> OLD.name BEGIN
        INSERT INTO log (what, name) VALUES ('update; users.name', NEW.name);
        UPDATE users SET age = age + 1 WHERE users.name = NEW.name;
    END;
    CREATE TRIGGER elsewhere AFTER INSERT ON log WHEN NEW.what = 'tick' BEGIN UPDATE users SET age = 0 WHERE name = 'tick'; END;
    CREATE TRIGGER through INSTEAD OF INSERT ON adults BEGIN INSERT INTO users (name, age) VALUES (NEW.name, 18); END;";

async fn is_watched(way: &Way, name: &str, users: &str) {
    way.db
        .execute(&format!(
            "DELETE FROM log; DELETE FROM {users}; INSERT INTO adults (name) VALUES ('tick')"
        ))
        .await;
    way.db.execute(&format!("UPDATE {users} SET {name} = 'tock' WHERE {name} = 'tick'")).await;
    assert_eq!(way.rows("SELECT what || ' ' || name FROM log").await, "update; users.name tock");
    assert_eq!(way.rows(&format!("SELECT age FROM {users}")).await, "19");
    assert_eq!(way.rows("SELECT * FROM names").await, "tock; tock");
    way.db
        .execute(&format!(
            "UPDATE {users} SET {name} = 'tick'; INSERT INTO log (what) VALUES ('tick')"
        ))
        .await;
    assert_eq!(way.rows(&format!("SELECT age FROM {users}")).await, "0");
}

/// BUG-035.
#[tokio::test]
async fn views_triggers_and_indexes_stay() {
    let to = "CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(50) NOT NULL, age INTEGER DEFAULT 5);
        CREATE INDEX users_lower ON users (lower(name) DESC) WHERE age > 1;
        CREATE TABLE log (id INTEGER PRIMARY KEY, what TEXT NOT NULL, name TEXT);";
    let (from, to) = (&format!("{WATCHED}{WATCHERS}"), &format!("{to}{WATCHERS}"));
    let way = Way::new(from, "INSERT INTO users (name, age) VALUES ('a', 3)", to, options()).await;
    let objects = "SELECT type || ' ' || name || ' ' || tbl_name || ' ' || sql FROM sqlite_schema
        WHERE type IN ('view', 'trigger') ORDER BY 1";
    let before = way.rows(objects).await;
    for _ in 0..2 {
        way.up().await;
        assert_eq!(way.rows(objects).await, before);
        assert_eq!(
            way.rows("SELECT name FROM users INDEXED BY users_lower WHERE age > 1").await,
            "a"
        );
        way.down().await;
        assert_eq!(way.rows(objects).await, before);
    }
    is_watched(&way, "name", "users").await;
    way.up().await;
    is_watched(&way, "name", "users").await;
    way.is_whole().await;
}

/// What SQLite renames by itself, and what goes with its table and is made again.
#[tokio::test]
async fn a_table_is_renamed_and_made_anew_in_one_draft() {
    let to = "CREATE TABLE people (id INTEGER PRIMARY KEY, \"full name\" VARCHAR(50) NOT NULL, age INTEGER DEFAULT 5);
        CREATE INDEX users_lower ON people (lower(\"full name\") DESC) WHERE age > 1;
        CREATE TABLE log (id INTEGER PRIMARY KEY, what TEXT, name TEXT);";
    let renames = options().rename("users", "people").rename("users.name", "full name");
    let watchers = WATCHERS
        .replace("id, name FROM users", "id, \"full name\" FROM people")
        .replace("users.name FROM users", "people.\"full name\" FROM people")
        .replace("OF name ON users", "OF \"full name\" ON people")
        .replace("NEW.name <> OLD.name", "NEW.\"full name\" <> OLD.\"full name\"")
        .replace("'update; users.name', NEW.name", "'update; users.name', NEW.\"full name\"")
        .replace("UPDATE users", "UPDATE people")
        .replace("users.name = NEW.name", "people.\"full name\" = NEW.\"full name\"")
        .replace("WHERE name = 'tick'", "WHERE \"full name\" = 'tick'")
        .replace("INTO users (name, age)", "INTO people (\"full name\", age)");
    let (from, to) = (&format!("{WATCHED}{WATCHERS}"), &format!("{to}{watchers}"));
    let way = Way::new(from, "INSERT INTO users (name, age) VALUES ('a', 3)", to, renames).await;
    for _ in 0..2 {
        way.up().await;
        assert_eq!(way.rows("SELECT \"full name\" FROM people").await, "a");
        // What SQLite renames by itself is not created again.
        assert!(!way.draft.up.contains("DROP VIEW"), "{}", way.draft.up);
        way.down().await;
        assert_eq!(way.rows("SELECT name FROM users").await, "a");
    }
    is_watched(&way, "name", "users").await;
    way.up().await;
    is_watched(&way, "\"full name\"", "people").await;
    way.is_whole().await;
}

/// BUG-036 and BUG-037: what a table has is carried over, clause by clause.
#[tokio::test]
async fn nothing_that_a_table_says_is_lost() {
    let tables = [
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, x)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT COLLATE NOCASE)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT); CREATE INDEX i ON t (x DESC)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT); CREATE INDEX i ON t (lower(x), x COLLATE RTRIM) WHERE x <> 'y'",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT CHECK (x <> ''), CHECK (id > 0))",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT UNIQUE ON CONFLICT REPLACE)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT NOT NULL ON CONFLICT REPLACE DEFAULT 'd')",
        "CREATE TABLE t (id INTEGER PRIMARY KEY ON CONFLICT REPLACE, x INTEGER REFERENCES t DEFERRABLE INITIALLY DEFERRED)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, y AS (x || 'y'), z TEXT AS (x || 'z') STORED NOT NULL)",
        "CREATE TABLE t (id TEXT PRIMARY KEY, x TEXT) WITHOUT ROWID",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT) STRICT",
        "CREATE TABLE t (id INTEGER, x TEXT, PRIMARY KEY (x COLLATE NOCASE DESC, id) ON CONFLICT IGNORE) WITHOUT ROWID",
        "CREATE TABLE t (id INTEGER PRIMARY KEY DESC, x TEXT)",
        "CREATE TABLE t (id INTEGER, x TEXT, CONSTRAINT \"the key\" PRIMARY KEY (id, x), CONSTRAINT \"u\" UNIQUE (x DESC))",
    ];
    for table in tables {
        let begin = table.find(';').unwrap_or(table.len());
        let end = table[..begin].rfind(')').unwrap();
        // At the end of the columns, and not where ADD COLUMN would do.
        let columns = ["PRIMARY KEY (", "CHECK (id", "CONSTRAINT"];
        let at = columns.iter().filter_map(|word| table[..end].find(&format!(", {word}"))).min();
        let mut to = table.to_owned();
        to.insert_str(at.unwrap_or(end), ", more TEXT DEFAULT (lower('M'))");
        let rows = "INSERT INTO t (id, x) VALUES (1, 1), (3, 3)";
        let way = Way::new(table, rows, &to, options()).await;
        assert!(way.draft.up.contains("DROP TABLE t"), "{}", way.draft.up);
        way.up().await;
        let after = migrator(&[], "").inspect(&way.db.pool).await.unwrap();
        let changes = difference(&after, &way.before);
        assert_eq!(changes.len(), 1, "{table}: {changes:#?}");
        assert_eq!(
            way.rows("SELECT id || x || more FROM t ORDER BY id").await,
            "11m; 33m",
            "{table}"
        );
        way.down().await;
        assert_eq!(way.rows("SELECT id || x FROM t ORDER BY id").await, "11; 33", "{table}");
        way.is_whole().await;
    }
}

/// BUG-032, and everything else that only a table recreated can have.
#[tokio::test]
async fn every_difference_is_seen_and_made() {
    let from = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INTEGER DEFAULT 1, c INTEGER);
        CREATE TABLE o (id INTEGER PRIMARY KEY);
        CREATE INDEX i ON t (lower(a)) WHERE b > 1;";
    let table = |rest: &str| {
        format!(
            "{rest}; CREATE TABLE o (id INTEGER PRIMARY KEY); CREATE INDEX i ON t (lower(a)) WHERE b > 1;"
        )
    };
    let cases = [
        from.replace("lower(a)", "upper(a)"),
        from.replace("lower(a)", "lower(a) DESC"),
        from.replace("lower(a)", "lower(a), c"),
        from.replace("b > 1", "b > 2"),
        from.replace("CREATE INDEX i", "CREATE UNIQUE INDEX i"),
        from.replace("CREATE INDEX i ", "CREATE INDEX j "),
        from.replace("CREATE INDEX i ON t (lower(a)) WHERE b > 1;", ""),
        from.replace(" WHERE b > 1", ""),
        from.replace("c INTEGER)", "c INTEGER) STRICT"),
        from.replace("c INTEGER)", "c INTEGER) WITHOUT ROWID"),
        from.replace("PRIMARY KEY, a", "PRIMARY KEY AUTOINCREMENT, a"),
        from.replace("a TEXT", "a TEXT COLLATE NOCASE"),
        from.replace("a TEXT", "a VARCHAR(10)"),
        from.replace("a TEXT", "a TEXT NOT NULL"),
        from.replace("a TEXT", "a TEXT NOT NULL ON CONFLICT REPLACE DEFAULT 'x'"),
        from.replace("DEFAULT 1", "DEFAULT 2"),
        from.replace("DEFAULT 1", "DEFAULT (1 + 1)"),
        from.replace("DEFAULT 1", ""),
        from.replace("c INTEGER)", "c INTEGER CHECK (c > 0))"),
        from.replace("c INTEGER)", "c INTEGER, CONSTRAINT k CHECK (c > 0 OR a IS NOT NULL))"),
        from.replace("c INTEGER)", "c INTEGER UNIQUE)"),
        from.replace("c INTEGER)", "c INTEGER, CONSTRAINT u UNIQUE (c, a) ON CONFLICT IGNORE)"),
        from.replace("c INTEGER)", "c INTEGER REFERENCES o)"),
        from.replace(
            "c INTEGER)",
            "c INTEGER REFERENCES o (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED)",
        ),
        from.replace("c INTEGER)", "c INTEGER AS (b + 1))"),
        from.replace("c INTEGER)", "c INTEGER AS (b + 1) STORED)"),
        from.replace("c INTEGER)", "c INTEGER, d TEXT REFERENCES o)"),
        from.replace("c INTEGER)", "c INTEGER, d TEXT NOT NULL)"),
        from.replace("c INTEGER)", "c INTEGER, d TEXT NOT NULL UNIQUE)"),
        from.replace("c INTEGER)", "c INTEGER, d DATETIME DEFAULT CURRENT_TIMESTAMP)"),
        from.replace("c INTEGER)", "c INTEGER, d TEXT CHECK (d IN ('x', 'y')), e AS (d) VIRTUAL)"),
        from.replace(", c INTEGER)", ")"),
        table(
            "CREATE TABLE t (id INTEGER, a TEXT, b INTEGER DEFAULT 1, c INTEGER, PRIMARY KEY (id, c))",
        ),
        table("CREATE TABLE t (id INTEGER, a TEXT, b INTEGER DEFAULT 1, c INTEGER)"),
        table("CREATE TABLE t (id TEXT PRIMARY KEY, a TEXT, b INTEGER DEFAULT 1, c INTEGER)"),
        table(
            "CREATE TABLE t (id INTEGER PRIMARY KEY DESC, a TEXT, b INTEGER DEFAULT 1, c INTEGER)",
        ),
        table(
            "CREATE TABLE t (id INTEGER CONSTRAINT p PRIMARY KEY, a TEXT, b INTEGER DEFAULT 1, c INTEGER)",
        ),
    ];
    let rows = "INSERT INTO t (id, a, b, c) VALUES (7, 'x', 2, 3), (8, 'y', 3, 4); INSERT INTO o VALUES (3), (4)";
    for to in cases {
        let way = Way::new(from, rows, &to, options()).await;
        assert!(!way.draft.is_empty(), "{to}");
        way.up().await;
        assert_eq!(way.rows("SELECT id || a || b FROM t ORDER BY id").await, "7x2; 8y3", "{to}");
        way.is_whole().await;
        way.down().await;
        assert_eq!(way.rows("SELECT id || a || b FROM t ORDER BY id").await, "7x2; 8y3", "{to}");
        // Without rows, and backwards.
        let back = Way::new(&to, "", from, options()).await;
        back.up().await;
        back.down().await;
    }
}

/// What SQLite's own ALTER TABLE does exactly needs no new table.
#[tokio::test]
async fn a_table_is_not_made_anew_without_need() {
    let from = "CREATE TABLE o (id INTEGER PRIMARY KEY);
        CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INTEGER CHECK (b > 0), c TEXT); CREATE INDEX i ON t (c)";
    let cases = [
        ("c TEXT)", "c TEXT, d TEXT)", "ALTER TABLE t ADD COLUMN d TEXT"),
        (
            "c TEXT)",
            "c TEXT, d TEXT NOT NULL DEFAULT 'x')",
            "ALTER TABLE t ADD COLUMN d TEXT NOT NULL DEFAULT 'x'",
        ),
        (
            "c TEXT)",
            "c TEXT, d INTEGER REFERENCES o (id) ON DELETE CASCADE)",
            "ALTER TABLE t ADD COLUMN d INTEGER REFERENCES o (id) ON DELETE CASCADE",
        ),
        (
            "c TEXT)",
            "c TEXT, d TEXT COLLATE NOCASE CONSTRAINT k CHECK (d <> ''))",
            "ALTER TABLE t ADD COLUMN d TEXT COLLATE NOCASE CONSTRAINT k CHECK (d <> '')",
        ),
        (
            "c TEXT)",
            "c TEXT, d TEXT GENERATED ALWAYS AS (a || 'x'))",
            "ALTER TABLE t ADD COLUMN d TEXT GENERATED ALWAYS AS (a || 'x') VIRTUAL",
        ),
        (", a TEXT", "", "ALTER TABLE t DROP COLUMN a"),
        (", b INTEGER CHECK (b > 0)", "", "ALTER TABLE t DROP COLUMN b"),
        (
            ", c TEXT); CREATE INDEX i ON t (c)",
            ")",
            "DROP INDEX i;\n\n-- DESTRUCTIVE: drop column t.c: its values are lost\nALTER TABLE t DROP COLUMN c",
        ),
        ("INDEX i ON t (c)", "INDEX i ON t (c DESC)", "CREATE INDEX i ON t (c DESC)"),
        ("CREATE INDEX i ON", "CREATE INDEX j ON", "DROP INDEX i;\n\nCREATE INDEX j ON t (c)"),
    ];
    for (part, with, statement) in cases {
        let to = from.replace(part, with);
        let way = Way::new(from, "INSERT INTO t VALUES (1, 'a', 2, 'c')", &to, options()).await;
        assert!(way.draft.up.contains(&format!("{statement};\n")), "{}", way.draft.up);
        assert!(!way.draft.up.contains("DROP TABLE"), "{}", way.draft.up);
        way.up().await;
        way.down().await;
        way.up().await;
        way.is_whole().await;
    }
    // A first table needs no switching off of keys, and neither does the way back.
    let way = Way::new("SELECT 1", "", from, options()).await;
    assert!(!way.draft.up.contains("foreign-keys"), "{}", way.draft.up);
    way.up().await;
    way.down().await;
}

#[tokio::test]
async fn rows_are_filled_where_null_is_not_allowed_any_more() {
    let from = "CREATE TABLE o (k INTEGER PRIMARY KEY); CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, n TEXT)";
    let to = "CREATE TABLE o (k INTEGER PRIMARY KEY);
        CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, n TEXT NOT NULL, text TEXT NOT NULL, number REAL NOT NULL,
            flag BOOLEAN NOT NULL, day DATE NOT NULL, at DATETIME NOT NULL, bytes BLOB NOT NULL, filled TEXT NOT NULL,
            one INTEGER NOT NULL UNIQUE, other TEXT NOT NULL, o INTEGER NOT NULL REFERENCES o (k),
            state TEXT NOT NULL CHECK (state IN ('it''s', 'b')));
        CREATE UNIQUE INDEX others ON t (other)";
    let rows = "INSERT INTO o VALUES (5), (6); INSERT INTO t VALUES (1, 'x', NULL), (2, 'y', 'n')";
    let with = options().fill("t.n", "a || '!'").fill("t.filled", "upper(a)");
    let way = Way::new(from, rows, to, with).await;
    let reviews = way.draft.up.matches("-- review: existing rows get ").count();
    assert_eq!(reviews, 10, "{}", way.draft.up);
    way.up().await;
    let found = way
        .rows(
            "SELECT n || text || number || flag || (day > '2') || (at > '2') || hex(bytes) || filled || one || other || o || state
             FROM t",
        )
        .await;
    assert_eq!(found, "x!0.0011X115it's; n0.0011Y225it's");
    way.down().await;

    // Without a value the row itself says so.
    let to = from.replace("n TEXT", "n TEXT NOT NULL");
    let way = Way::new(from, rows, &to, options()).await;
    assert!(way.draft.up.contains("-- fails where a row has NULL in n\n"), "{}", way.draft.up);
    let failed = migrator(&way.migrations, &to).run_pending(&way.db.pool).await.unwrap_err();
    assert!(format!("{failed:#}").contains("NOT NULL constraint failed"), "{failed}");
    assert_eq!(way.rows("SELECT count(*) FROM t").await, "2");
    way.is_whole().await;
}

#[tokio::test]
async fn a_conflict_clause_throws_no_row_away() {
    let from = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)";
    for (a, error) in [
        ("a TEXT UNIQUE ON CONFLICT IGNORE", "UNIQUE constraint failed"),
        ("a TEXT UNIQUE ON CONFLICT REPLACE", "UNIQUE constraint failed"),
    ] {
        let to = from.replace("a TEXT", a);
        let rows = "INSERT INTO t (a) VALUES ('same'), ('same')";
        let way = Way::new(from, rows, &to, options()).await;
        let failed = migrator(&way.migrations, &to).run_pending(&way.db.pool).await.unwrap_err();
        assert!(format!("{failed:#}").contains(error), "{failed}");
        assert_eq!(way.rows("SELECT count(*) FROM t").await, "2");
    }
}

#[tokio::test]
async fn rows_keep_their_numbers() {
    let from =
        "CREATE TABLE t (a TEXT, rowid TEXT); CREATE TABLE u (a TEXT); CREATE TABLE w (a TEXT)";
    let to = "CREATE TABLE t (a VARCHAR(3), rowid TEXT); CREATE TABLE u (a TEXT NOT NULL);
        CREATE TABLE w (a TEXT, id INTEGER PRIMARY KEY)";
    let rows = "INSERT INTO t (_rowid_, a) VALUES (5, 'x'), (99, 'y'); INSERT INTO u (rowid, a) VALUES (7, 'z');
        INSERT INTO w (rowid, a) VALUES (11, 'w')";
    let way = Way::new(from, rows, to, options()).await;
    let all = "SELECT _rowid_ FROM t UNION ALL SELECT rowid FROM u UNION ALL SELECT rowid FROM w";
    way.up().await;
    assert_eq!(way.rows(all).await, "5; 99; 7; 11");
    assert_eq!(way.rows("SELECT id FROM w").await, "11");
    way.down().await;
    assert_eq!(way.rows(all).await, "5; 99; 7; 11");
}

#[tokio::test]
async fn names_that_are_taken_stand_in_nobodys_way() {
    // What a table recreated would be called; an index that goes from one table to another; a check that says its table.
    let from = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, CHECK (t.a <> '')); CREATE TABLE ambix_new_t (x);
        CREATE TABLE u (a TEXT); CREATE INDEX moving ON t (a); CREATE VIEW AMBIX_NEW_T_2 AS SELECT 1";
    let to = "CREATE TABLE t (id INTEGER PRIMARY KEY, a VARCHAR(9), CHECK (t.a <> '')); CREATE TABLE ambix_new_t (x);
        CREATE TABLE u (a TEXT NOT NULL); CREATE INDEX moving ON u (a)";
    let way = Way::new(
        from,
        "INSERT INTO t (a) VALUES ('x'); INSERT INTO ambix_new_t VALUES (1)",
        to,
        options(),
    )
    .await;
    for _ in 0..2 {
        way.up().await;
        assert_eq!(way.rows("SELECT a || x FROM t, ambix_new_t").await, "x1");
        way.down().await;
        assert_eq!(way.rows("SELECT a || x FROM t, ambix_new_t").await, "x1");
    }
}

#[tokio::test]
async fn types_change_with_their_rows() {
    let from = "CREATE TABLE t (id INTEGER PRIMARY KEY, a VARCHAR(50), b INTEGER); CREATE TABLE s (a TEXT, b BLOB) STRICT";
    let to = "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT); CREATE TABLE s (a BLOB, b TEXT) STRICT";
    let rows = "INSERT INTO t (a, b) VALUES ('d1', 5), ('22', 6), ('8.5', NULL); INSERT INTO s VALUES ('x', x'79')";
    let way = Way::new(from, rows, to, options()).await;
    assert!(
        way.draft.up.contains("-- review: texts in a that are numbers become numbers"),
        "{}",
        way.draft.up
    );
    way.up().await;
    let all = "SELECT typeof(a) || a || coalesce(typeof(b) || b, '') FROM t";
    // What is no number is not thrown away.
    assert_eq!(way.rows(all).await, "textd1text5; integer22text6; real8.5");
    assert_eq!(way.rows("SELECT typeof(a) || typeof(b) || a || b FROM s").await, "blobtextxy");
    way.down().await;
    assert_eq!(way.rows(all).await, "textd1integer5; text22integer6; text8.5");
    assert_eq!(way.rows("SELECT typeof(a) || typeof(b) || a || b FROM s").await, "textblobxy");
}

#[tokio::test]
async fn triggers_of_a_table_that_goes_come_back_with_it() {
    let from = "CREATE TABLE t (id INTEGER PRIMARY KEY); CREATE TABLE o (id INTEGER PRIMARY KEY);
        CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO o VALUES (NEW.id); END;
        CREATE VIEW v AS SELECT * FROM t;";
    let way = Way::new(from, "", "CREATE TABLE o (id INTEGER PRIMARY KEY)", options()).await;
    let goes = "DROP TRIGGER tr;\n\n-- drop view v\nDROP VIEW v;\n";
    assert!(way.draft.up.contains(goes) && !way.draft.up.contains("will fail"), "{}", way.draft.up);
    way.up().await;
    way.down().await;
    way.db.execute("INSERT INTO t VALUES (4)").await;
    assert_eq!(way.rows("SELECT id FROM o").await, "4");
}

/// Nothing that a person wrote and that means the same is a difference.
#[tokio::test]
async fn the_same_in_other_words_is_the_same() {
    let pairs = [
        ("a TEXT DEFAULT ''", "a text default \"\""),
        ("a TEXT DEFAULT 'it''s'", "a text default ('it''s')"),
        ("a INTEGER DEFAULT 5", "a INTEGER DEFAULT (5)"),
        ("a INTEGER DEFAULT 5", "a INTEGER DEFAULT '5'"),
        ("a INTEGER DEFAULT -5", "a INTEGER DEFAULT (- 5)"),
        ("a BOOLEAN DEFAULT TRUE", "a BOOLEAN DEFAULT 1"),
        ("a BOOLEAN DEFAULT FALSE", "a BOOLEAN DEFAULT (false)"),
        ("a TEXT", "a TEXT NULL DEFAULT NULL"),
        ("a DATETIME DEFAULT CURRENT_TIMESTAMP", "a datetime default (current_timestamp)"),
        (
            "a DATETIME DEFAULT (datetime('now', 'localtime'))",
            "a DATETIME DEFAULT(DateTime ('now','localtime'))",
        ),
        (
            "a TEXT CHECK (a IS NOT NULL OR lower(a) IN ('x'))",
            "a TEXT CHECK(( A is not null or LOWER(\"a\") in(\"x\") ))",
        ),
        ("a TEXT COLLATE NOCASE", "a TEXT COLLATE nocase"),
        ("a TEXT", "a TEXT COLLATE BINARY"),
        ("a VARCHAR(50)", "a varchar ( 50 )"),
        ("a TEXT UNIQUE", "a TEXT, UNIQUE (A)"),
        ("a INTEGER PRIMARY KEY", "a INTEGER, PRIMARY KEY (\"a\" ASC)"),
        (
            "a INTEGER REFERENCES t (id)",
            "a INTEGER CONSTRAINT x REFERENCES T(ID) ON DELETE NO ACTION MATCH SIMPLE",
        ),
        (
            "a INTEGER REFERENCES t (id)",
            "a INTEGER, FOREIGN KEY ([a]) REFERENCES \"t\" (`id`) NOT DEFERRABLE",
        ),
    ];
    let mut wrong = Vec::new();
    for (one, other) in pairs {
        let id = if one.contains("PRIMARY") { "" } else { "id INTEGER PRIMARY KEY, " };
        for (is, models) in [(one, other), (other, one)] {
            let db = fresh().await;
            db.execute(&format!("CREATE TABLE t ({id}{is})")).await;
            // A name that one side alone has is a difference; none on the other side was asked for here.
            if models.contains("CONSTRAINT") {
                continue;
            }
            let models = format!("CREATE TABLE t ({id}{models})");
            let draft = migrator(&[], &models).check(&db.pool, options()).await.unwrap();
            if !draft.is_empty() {
                wrong.push(format!("{is} and {models}: {draft}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
