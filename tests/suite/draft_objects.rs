//! Objects beside tables: views, triggers, functions, procedures, events, sequences, virtual tables. Each pair of schemas is drafted
//! there and back, and what comes out is what one of them makes by itself.

use ambix::{
    Migration, Migrations, Migrator,
    draft::DraftOptions,
    schema::{Column, Schema, Table, Type},
    testkit::Snapshot,
};

use crate::setup::{self, Fresh, SCHEME};

/// The databases (`M` is the one of the two servers that has it), what it is about, and both schemas.
type Pair = (&'static str, &'static str, &'static str, &'static str);

const SHARED: &[Pair] = &[
    (
        "ms",
        "a view comes",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE VIEW v AS SELECT id, n FROM t;",
    ),
    (
        "ms",
        "a view becomes another",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE VIEW v AS SELECT id, n FROM t;",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE VIEW v AS SELECT id, s FROM t WHERE n > 1;",
    ),
    (
        "ms",
        "views on views, in no order",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE VIEW z AS SELECT id, n FROM t;
         CREATE VIEW a AS SELECT n FROM z;
         CREATE VIEW m AS SELECT n FROM a;",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE VIEW z AS SELECT id, s AS n FROM t;
         CREATE VIEW a AS SELECT id AS n FROM z;
         CREATE VIEW m AS SELECT n + 1 AS n FROM a;",
    ),
    (
        "ms",
        "a view gets a column that another view uses",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE VIEW v AS SELECT id FROM t;
         CREATE VIEW w AS SELECT id FROM v;",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE VIEW v AS SELECT id, n FROM t;
         CREATE VIEW w AS SELECT n AS id FROM v;",
    ),
    (
        "ms",
        "a column that a view uses goes",
        "CREATE TABLE t (id integer PRIMARY KEY, s varchar(20), n integer);
         CREATE VIEW v AS SELECT id, n FROM t;
         CREATE VIEW w AS SELECT n FROM v;",
        "CREATE TABLE t (id integer PRIMARY KEY, s varchar(20));
         CREATE VIEW v AS SELECT id, s FROM t;
         CREATE VIEW w AS SELECT s FROM v;",
    ),
    (
        "ms",
        "a column comes that a view uses",
        "CREATE TABLE t (id integer PRIMARY KEY);
         CREATE VIEW v AS SELECT id FROM t;",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE VIEW v AS SELECT id, n, s FROM t;",
    ),
    (
        "ms",
        "a table goes with its view and trigger",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE TABLE u (id integer PRIMARY KEY, n integer);
         CREATE VIEW v AS SELECT t.id FROM t JOIN u ON u.id = t.id;
         CREATE TRIGGER tr BEFORE INSERT ON u FOR EACH ROW BEGIN DELETE FROM t WHERE id = 1; END;",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));",
    ),
    (
        "ms",
        "a table becomes a view",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE TABLE w (id integer);",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE VIEW w AS SELECT id FROM t;",
    ),
    (
        "ms",
        "a view becomes a table",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE VIEW w AS SELECT id FROM t;",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE TABLE w (id integer);",
    ),
    (
        "ms",
        "a column's type changes under a view and a trigger",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE VIEW v AS SELECT id, n FROM t;
         CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW BEGIN DELETE FROM t WHERE n = NEW.n; END;",
        "CREATE TABLE t (id integer PRIMARY KEY, n bigint NOT NULL, s varchar(20));
         CREATE VIEW v AS SELECT id, n FROM t;
         CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW BEGIN DELETE FROM t WHERE n = NEW.n; END;",
    ),
    (
        "ms",
        "a trigger becomes another while its table changes",
        "CREATE TABLE t (id integer PRIMARY KEY, s varchar(20), n integer);
         CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW BEGIN DELETE FROM t WHERE n = NEW.n; END;
         CREATE TRIGGER keep AFTER DELETE ON t FOR EACH ROW BEGIN DELETE FROM t WHERE s = OLD.s; END;",
        "CREATE TABLE t (id integer PRIMARY KEY, s varchar(20), CHECK (id > 0));
         CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW BEGIN DELETE FROM t WHERE id = 5; END;
         CREATE TRIGGER keep AFTER DELETE ON t FOR EACH ROW BEGIN DELETE FROM t WHERE s = OLD.s; END;",
    ),
    (
        "ms",
        "a trigger with semicolons and quotes comes and goes",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE TRIGGER gone AFTER INSERT ON t FOR EACH ROW BEGIN DELETE FROM t WHERE s = 'a;b'; DELETE FROM t WHERE
             s = 'END;'; END;",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE TRIGGER `come;` AFTER UPDATE ON t FOR EACH ROW BEGIN DELETE FROM t WHERE s = 'it''s;'; DELETE FROM
             t WHERE n = CASE WHEN n > 1 THEN 2 ELSE 3 END; END;",
    ),
    (
        "ms",
        "names that need quotes",
        "CREATE TABLE `or der` (`se lect` integer);
         CREATE VIEW `vi ew` AS SELECT `se lect` FROM `or der`;",
        "CREATE TABLE `or der` (`se lect` integer, n integer);
         CREATE VIEW `vi ew` AS SELECT `se lect`, n FROM `or der`;
         CREATE TRIGGER `tri gger` AFTER INSERT ON `or der` FOR EACH ROW BEGIN DELETE FROM `or der`; END;",
    ),
    (
        "ms",
        "everything goes",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE VIEW v AS SELECT id FROM t;
         CREATE VIEW w AS SELECT id FROM v;
         CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW BEGIN DELETE FROM t; END;",
        "",
    ),
    (
        "ms",
        "a table goes, and a view stays on another",
        "CREATE TABLE a (id integer, x integer);
         CREATE TABLE b (id integer, x integer);
         CREATE VIEW v AS SELECT x FROM a;",
        "CREATE TABLE b (id integer, x integer);
         CREATE VIEW v AS SELECT x FROM b;",
    ),
];

const OWN: &[Pair] = &[
    (
        "m",
        "what a view says",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));",
        r#"CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE ALGORITHM = MERGE SQL SECURITY INVOKER VIEW v (a, b) AS SELECT id, 'it''s \\ "q"' FROM t WHERE n >
             1 WITH LOCAL CHECK OPTION;
         CREATE ALGORITHM = TEMPTABLE VIEW w AS SELECT max(n) AS n FROM v, t;
         CREATE VIEW u AS SELECT 1 UNION SELECT 2;
         CREATE VIEW c AS WITH x AS (SELECT n FROM t) SELECT * FROM x;"#,
    ),
    (
        "m",
        "triggers in their order",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE TRIGGER b BEFORE INSERT ON t FOR EACH ROW SET NEW.n = 1;
         CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW SET NEW.n = NEW.n + 1;",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE TRIGGER b BEFORE INSERT ON t FOR EACH ROW SET NEW.n = 2;
         CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW SET NEW.n = NEW.n + 1;
         CREATE TRIGGER c BEFORE INSERT ON t FOR EACH ROW PRECEDES a SET NEW.s = 'c';",
    ),
    (
        "m",
        "functions and procedures",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE FUNCTION f (a int) RETURNS int DETERMINISTIC RETURN a + 1;
         CREATE PROCEDURE p (IN a int, OUT b varchar(9)) BEGIN SET b = 'x'; END;
         CREATE VIEW v AS SELECT f(n) AS x FROM t;",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE FUNCTION f (a int, b varchar(9) CHARSET latin1) RETURNS varchar(20) CHARSET utf8mb4 DETERMINISTIC READS
             SQL DATA COMMENT 'it''s' BEGIN DECLARE x int DEFAULT 0; WHILE x < 3 DO SET x = x + 1; END WHILE; IF a
             > 1 THEN RETURN 'a;b'; ELSE RETURN CASE a WHEN 1 THEN b ELSE 'c' END; END IF; END;
         CREATE PROCEDURE q (INOUT a int unsigned) MODIFIES SQL DATA SQL SECURITY INVOKER BEGIN SET a = 1; CALL r();
             END;
         CREATE PROCEDURE r () SELECT 1;
         CREATE VIEW v AS SELECT f(n, s) AS x FROM t;",
    ),
    (
        "m",
        "a function whose body alone changes under a view",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE FUNCTION f (a int) RETURNS int DETERMINISTIC RETURN a + 1;
         CREATE VIEW v AS SELECT f(n) AS x FROM t;",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE FUNCTION f (a int) RETURNS int DETERMINISTIC RETURN a + 2;
         CREATE VIEW v AS SELECT f(n) AS x FROM t;",
    ),
    (
        "m",
        "a function goes that a view used",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE FUNCTION f (a int) RETURNS int DETERMINISTIC RETURN a + 1;
         CREATE VIEW v AS SELECT f(n) AS x FROM t;",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE VIEW v AS SELECT n AS x FROM t;",
    ),
    (
        "m",
        "a mode of its own",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));",
        r#"CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT';
         CREATE FUNCTION f (a int) RETURNS text DETERMINISTIC RETURN 'a' || a;
         CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW."s" = 'x' || 'y';
         SET sql_mode = DEFAULT;"#,
    ),
    (
        "m",
        "procedures that call each other",
        "CREATE PROCEDURE a () BEGIN CALL b(); END;
         CREATE PROCEDURE b () BEGIN CALL a(); END;",
        "CREATE PROCEDURE a () BEGIN CALL b(); SELECT 1; END;
         CREATE PROCEDURE b () BEGIN SELECT 2; CALL a(); END;",
    ),
    (
        "m",
        "events",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM t;
         CREATE EVENT g ON SCHEDULE AT '2030-01-01 00:00:00' DO DELETE FROM t;",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE EVENT e ON SCHEDULE EVERY '1:30' HOUR_MINUTE STARTS '2030-01-01 00:00:00' ENDS '2031-01-01 00:00:00'
             ON COMPLETION PRESERVE DISABLE COMMENT 'it''s' DO BEGIN DELETE FROM t; DELETE FROM t WHERE s = ';'; END;
         CREATE EVENT h ON SCHEDULE EVERY 2 HOUR DO DELETE FROM t;",
    ),
    (
        "m",
        "a table has another name",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE VIEW v AS SELECT id FROM t;
         CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.n = 1;
         CREATE PROCEDURE p () SELECT * FROM t;",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));",
    ),
    (
        "m",
        "a mode and a charset",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE PROCEDURE p (a enum('x','y') CHARSET latin1 COLLATE latin1_bin, b decimal(9,2) unsigned, `c d` json)
             SELECT a;",
    ),
    (
        "M",
        "sequences",
        "CREATE SEQUENCE s;
         CREATE TABLE t (id bigint DEFAULT nextval(s), n int);
         CREATE SEQUENCE gone START WITH 5;",
        "CREATE SEQUENCE s START WITH 3 INCREMENT BY 2 MAXVALUE 1000 NOCACHE CYCLE;
         CREATE SEQUENCE z;
         CREATE TABLE t (id bigint DEFAULT nextval(s), n int DEFAULT nextval(z));",
    ),
    (
        "M",
        "an aggregate",
        "",
        "CREATE AGGREGATE FUNCTION total (x int) RETURNS int BEGIN DECLARE t int DEFAULT 0; DECLARE CONTINUE HANDLER
             FOR NOT FOUND RETURN t; LOOP FETCH GROUP NEXT ROW; SET t = t + x; END LOOP; END;",
    ),
    (
        "s",
        "triggers on views",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE VIEW v AS SELECT id, n FROM t;
         CREATE TRIGGER tr INSTEAD OF INSERT ON v BEGIN INSERT INTO t (id, n) VALUES (NEW.id, NEW.n); END;",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE VIEW v AS SELECT id, n, s FROM t;
         CREATE TRIGGER tr INSTEAD OF INSERT ON v BEGIN INSERT INTO t (id, n) VALUES (NEW.id, NEW.n); END;
         CREATE TRIGGER tu INSTEAD OF UPDATE OF n ON v WHEN NEW.n > 1 BEGIN UPDATE t SET n = NEW.n WHERE id = OLD.id;
             END;",
    ),
    (
        "s",
        "words in other letters",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE VIEW v AS SELECT id FROM t;",
        r#"CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20)); create view V as select ID from "T" where
             n > 1;"#,
    ),
    (
        "s",
        "virtual tables",
        "CREATE VIRTUAL TABLE gone USING fts5(a);
         CREATE TABLE t (id integer PRIMARY KEY, a text);
         CREATE VIRTUAL TABLE ft USING fts5(a, content='t', content_rowid='id');
         CREATE TRIGGER ai AFTER INSERT ON t BEGIN INSERT INTO ft(rowid, a) VALUES (new.id, new.a); END;",
        "CREATE TABLE t (id integer PRIMARY KEY, a text, b text);
         CREATE VIRTUAL TABLE ft USING fts5(a, b, content='t', content_rowid='id');
         CREATE TRIGGER ai AFTER INSERT ON t BEGIN INSERT INTO ft(rowid, a, b) VALUES (new.id, new.a, new.b); END;
         CREATE VIEW v AS SELECT a FROM ft;",
    ),
    (
        "s",
        "a column goes beside a view of everything",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE VIEW v AS SELECT * FROM t;",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer);
         CREATE VIEW v AS SELECT * FROM t;",
    ),
    (
        "s",
        "a trigger on another table writes a table that is recreated",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE TABLE u (id integer PRIMARY KEY);
         CREATE TRIGGER tr AFTER INSERT ON u BEGIN INSERT INTO t (n) VALUES (NEW.id); END;",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer NOT NULL, s varchar(30));
         CREATE TABLE u (id integer PRIMARY KEY);
         CREATE TRIGGER tr AFTER INSERT ON u BEGIN INSERT INTO t (n) VALUES (NEW.id); END;",
    ),
    (
        "s",
        "comments in a view",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE VIEW v AS -- one
          SELECT id /* two */ FROM t -- three
         ;",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, s varchar(20));
         CREATE VIEW v AS -- one
          SELECT id, n /* two */ FROM t -- three
         ;",
    ),
];

fn migrator(migrations: &[Migration]) -> Migrator {
    let migrations = Migrations::new(migrations.iter().cloned()).unwrap();
    Migrator::from_migrations(migrations).unwrap()
}

fn first(sql: &str) -> Migration {
    Migration::new("r1", "first").up(if sql.is_empty() { "SELECT 1" } else { sql })
}

/// A database that one of the schemas alone has made.
async fn made(sql: &str) -> (Fresh, Snapshot) {
    let db = setup::fresh().await;
    migrator(&[first(sql)]).run_pending(&db.pool).await.unwrap_or_else(|e| panic!("{e}\n{sql}"));
    let snapshot = Snapshot::of(&db.pool).await.unwrap();
    (db, snapshot)
}

/// What is wrong with a pair.
async fn problem(old: &str, new: &str) -> Option<String> {
    let ((db, was), (_other, wanted)) = (made(old).await, made(new).await);
    let base = first(old);
    let options = DraftOptions::new().allow_destructive(true);
    let asked = migrator(std::slice::from_ref(&base)).schema_sql(new);
    let draft = asked.draft(&db.pool, options).await.map_err(|e| format!("refused: {e}"));
    let draft = match draft {
        Ok(draft) => draft,
        Err(problem) => return Some(problem),
    };
    let both = [base.clone(), Migration::new("r2", "second").up(&draft.up).down(&draft.down)];
    let text = format!("{}\n-----\n{}", draft.up, draft.down);
    if let Err(error) = migrator(&both).run_pending(&db.pool).await {
        return Some(format!("up: {error}\n{text}"));
    }
    let is = Snapshot::of(&db.pool).await.unwrap();
    if let Some(difference) = wanted.difference(&is) {
        return Some(format!("up: {difference}\n{text}"));
    }
    let again = migrator(&both).schema_sql(new).check(&db.pool, DraftOptions::new()).await.unwrap();
    if !again.is_empty() || !again.not_compared.is_empty() || !again.uncovered.is_empty() {
        return Some(format!("once more: {again}\n{text}"));
    }
    if let Err(error) = migrator(&both).downgrade(&db.pool, "-1").await {
        return Some(format!("down: {error}\n{text}"));
    }
    let is = Snapshot::of(&db.pool).await.unwrap();
    let difference = was.difference(&is);
    difference.map(|difference| format!("down: {difference}\n{text}"))
}

/// What one of the servers has that are one here.
async fn is_here(databases: &str, server: &Fresh) -> bool {
    let is_known = databases != "M" || SCHEME == "mysql";
    is_known
        && databases.to_lowercase().contains(&SCHEME[..1])
        && (databases != "M" || server.column("SELECT VERSION()").await[0].contains("MariaDB"))
}

async fn run(pairs: &[Pair]) {
    let server = setup::fresh().await;
    let mut problems = Vec::new();
    for (databases, about, old, new) in pairs {
        if is_here(databases, &server).await
            && let Some(problem) = problem(old, new).await
        {
            problems.push(format!("{about}: {problem}"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

#[tokio::test]
async fn views_and_triggers() {
    run(SHARED).await;
}

#[tokio::test]
async fn what_one_database_has() {
    run(OWN).await;
}

/// A draft from models alone leaves objects as they are. One of the servers leaves an old name in them, which is said.
#[tokio::test]
async fn models_leave_objects_alone() {
    if SCHEME == "postgres" {
        return;
    }
    let base = first(
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, gone integer);
         CREATE VIEW v AS SELECT id, n FROM t;
         CREATE VIEW other AS SELECT id FROM t;
         CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW BEGIN DELETE FROM t WHERE id = 5; END",
    );
    let db = setup::fresh().await;
    let (id, n) = (Column::new("id", Type::Integer).not_null(), Column::new("m", Type::Integer));
    let models = Schema::new().table(Table::new("t").column(id).column(n).primary_key(["id"]));
    let migrator = migrator(&[base]).models(models);
    migrator.run_pending(&db.pool).await.unwrap();
    let options = DraftOptions::new().rename("t.n", "m").allow_destructive(true);
    let draft = migrator.draft(&db.pool, options).await.unwrap();
    assert!(!draft.up.contains("DROP VIEW") && !draft.up.contains("DROP TRIGGER"), "{}", draft.up);
    let says = draft.up.contains("-- review: the view v uses it and is broken without it");
    assert_eq!(says, SCHEME == "mysql", "{}", draft.up);
    db.execute(&draft.up).await;
    let seen = Snapshot::of(&db.pool).await.unwrap();
    assert_eq!(seen.schema().objects.len(), 3);
    if SCHEME == "sqlite" {
        assert_eq!(seen.schema().objects[1].definition, "CREATE VIEW v AS SELECT id, m FROM t");
    }
}

/// A procedure keeps the old name of a table in its body, and is replaced if the script says the new one.
#[tokio::test]
async fn a_procedure_follows_no_rename() {
    if SCHEME != "mysql" {
        return;
    }
    let of = |table: &str| {
        format!(
            "CREATE TABLE {table} (id integer PRIMARY KEY); CREATE VIEW v AS SELECT id FROM {table}; \
             CREATE PROCEDURE p () SELECT id FROM {table}; CREATE PROCEDURE q () SELECT id FROM t"
        )
    };
    let db = setup::fresh().await;
    let base = first(&of("t"));
    let asked = migrator(std::slice::from_ref(&base)).schema_sql(of("people"));
    asked.run_pending(&db.pool).await.unwrap();
    let draft = asked.draft(&db.pool, DraftOptions::new().rename("t", "people")).await.unwrap();
    let changes: Vec<String> = draft.changes.iter().map(ToString::to_string).collect();
    assert_eq!(
        changes,
        ["drop view v", "rename table t to people", "create view v", "alter procedure p"]
    );
    assert!(draft.is_proven, "{draft}");
}
