//! What mysqldump writes, as the first migration.

use std::process::Command;

use crate::{
    flavor::shell,
    setup::{Fresh, fresh, is_mariadb},
    support::from_files,
};

/// Small schemas with rows of every kind.
const CONTENTS: [(&str, &str); 5] = [
    (
        "texts, and what hides in them",
        "CREATE TABLE pot (id int PRIMARY KEY, v text, n varchar(9) NOT NULL DEFAULT 'it''s', c char(3)) COMMENT 'a; -- b';
        INSERT INTO pot VALUES (1, 'tab\\there', '', 'a'), (2, NULL, 'NULL', NULL), (3, 'semi;colon', '/*', '--'), (4, 'a\\nb\\r\\\\', '\\'', '\"'),
            (5, 'grüß 日本', '*/', '#'), (6, 'DELIMITER //', '`', '\\0');
        CREATE TABLE `from; --` (`a``b` int, `no rows` text); CREATE TABLE none_yet (id int);
        INSERT INTO `from; --` VALUES (1, '-- migrate:down'), (2, '/*!40000 x */');
        CREATE VIEW lid AS SELECT v FROM pot WHERE n <> ';';
        CREATE TRIGGER tr BEFORE INSERT ON pot FOR EACH ROW SET NEW.v = 'x;';",
    ),
    (
        "types",
        "CREATE TABLE kinds (id bigint unsigned AUTO_INCREMENT PRIMARY KEY, b blob, vb varbinary(9), j json, n decimal(30, 9), f double, d date,
            t datetime(6), ts timestamp NULL, y year, e enum('so, so', 'it''s'), s set('a', 'b'), bits bit(9), g int GENERATED ALWAYS AS (y * 2) STORED,
            g2 int AS (y + 1), p point) AUTO_INCREMENT = 70;
        INSERT INTO kinds (b, vb, j, n, f, d, t, ts, y, e, s, bits, p) VALUES (x'00ff5c270a', x'', '{\"a\": \"\\\\n;\"}', 123456789012345.123456789, 1e-300,
            '2025-01-01', '2025-01-01 01:02:03.000004', '2025-06-01 12:00:00', 2025, 'it''s', 'a,b', b'101', POINT(1, 2)), (NULL, NULL, NULL, NULL, NULL,
            NULL, NULL, NULL, NULL, NULL, '', NULL, NULL);",
    ),
    (
        "parts that lean on each other",
        "CREATE TABLE mother (id int PRIMARY KEY, kid int); CREATE TABLE kid (id int PRIMARY KEY, mother int, FOREIGN KEY (mother) REFERENCES mother (id));
        ALTER TABLE mother ADD FOREIGN KEY (kid) REFERENCES kid (id);
        INSERT INTO mother VALUES (1, NULL); INSERT INTO kid VALUES (1, 1); UPDATE mother SET kid = 1;
        CREATE TABLE days (day int, n int) PARTITION BY RANGE (day) (PARTITION a VALUES LESS THAN (10), PARTITION b VALUES LESS THAN MAXVALUE);
        INSERT INTO days VALUES (1, 1), (99, 2); CREATE VIEW b_first AS SELECT * FROM days; CREATE VIEW a_second AS SELECT * FROM b_first;
        DELIMITER //
        CREATE PROCEDURE p(a int) BEGIN IF a > 0 THEN INSERT INTO days VALUES (a, 0); END IF; SELECT ';'; END//
        CREATE FUNCTION f(a int) RETURNS int DETERMINISTIC RETURN a * 2//
        CREATE TRIGGER tr AFTER INSERT ON days FOR EACH ROW BEGIN UPDATE mother SET kid = 1; END//
        CREATE EVENT ev ON SCHEDULE EVERY 1 DAY DISABLE DO BEGIN DELETE FROM days WHERE day < 0; END//
        DELIMITER ;",
    ),
    (
        "code, and what the server computes",
        "CREATE TABLE base (id int PRIMARY KEY AUTO_INCREMENT, v varchar(20) CHARACTER SET latin1 COLLATE latin1_german1_ci,
            w int AS (id % 10) VIRTUAL, x int AS (length(v)) STORED, KEY (x), FULLTEXT KEY ft (v)) COMMENT='a''b;';
        INSERT INTO base (v) VALUES ('\u{e4}'), (NULL), ('\\\\');
        CREATE SQL SECURITY INVOKER VIEW seen AS SELECT v, id AS `a;b` FROM base WHERE v <> '--'; CREATE VIEW more AS SELECT * FROM seen;
        DELIMITER //
        CREATE DEFINER=CURRENT_USER PROCEDURE p(INOUT a int, b decimal(5,2)) MODIFIES SQL DATA COMMENT 'c;d' BEGIN
            DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; END; -- ; '
            l: LOOP SET a = a - 1; IF a < 0 THEN LEAVE l; END IF; END LOOP l; SET @x = '//'; END//
        CREATE FUNCTION f(a int) RETURNS varchar(9) CHARSET utf8mb4 READS SQL DATA SQL SECURITY INVOKER
            BEGIN /* ; */ RETURN CASE WHEN a THEN ';' ELSE NULL END; END//
        CREATE TRIGGER t1 BEFORE UPDATE ON base FOR EACH ROW
            BEGIN IF NEW.v = ';' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no;'; END IF; END//
        CREATE TRIGGER t2 AFTER DELETE ON base FOR EACH ROW SET @a = 'x;'//
        CREATE TRIGGER t3 AFTER DELETE ON base FOR EACH ROW FOLLOWS t2 SET @a = 2//
        CREATE EVENT e ON SCHEDULE AT '2037-01-01 00:00:00' ON COMPLETION PRESERVE DISABLE COMMENT 'x;' DO UPDATE base SET v = ';'//
        DELIMITER ;",
    ),
    (
        "engines and indexes",
        "CREATE TABLE mine (a int, KEY (a)) ENGINE=MyISAM; INSERT INTO mine VALUES (1), (2);
        CREATE TABLE memory (a int PRIMARY KEY) ENGINE=MEMORY; INSERT INTO memory VALUES (1);
        CREATE TABLE geo (g geometry NOT NULL, SPATIAL KEY (g)); INSERT INTO geo VALUES (ST_GeomFromText('POINT(1 2)'));
        CREATE TABLE checked (a int, b int, CHECK (a > 0), CONSTRAINT `x;y` CHECK (b <> 1)); INSERT INTO checked VALUES (1, 2);
        CREATE TABLE zero (id int PRIMARY KEY AUTO_INCREMENT, d date NULL); SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
        INSERT INTO zero VALUES (0, '0000-00-00'), (5, NULL);",
    ),
];

fn dump(db: &Fresh, options: &[&str]) -> Vec<u8> {
    let rest = db.url.strip_prefix("mysql://").unwrap();
    let (login, rest) = rest.rsplit_once('@').unwrap();
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let (host, _) = rest.split_once('/').unwrap();
    let (host, port) = host.split_once(':').unwrap_or((host, "3306"));
    let mut command = Command::new("mysqldump");
    command.args(["--no-defaults", "--protocol=tcp", "-h", host, "-P", port, "-u", user]);
    if !password.is_empty() {
        command.arg(format!("-p{password}"));
    }
    let output = command.args(options).arg(&db.name).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// A dump of everything but our own tables.
fn all(db: &Fresh) -> String {
    let own = ["ambix_history", "ambix_history_lock"]
        .map(|table| format!("--ignore-table={}.{table}", db.name));
    let plain = ["--hex-blob", "--routines", "--events", "--skip-comments", &own[0], &own[1]];
    String::from_utf8(dump(db, &plain)).unwrap()
}

async fn filled(content: &str) -> Fresh {
    let old = fresh().await;
    let output = shell(&old, content);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    old
}

/// How a dump is asked for, by name.
const WAYS: &[(&str, &[&str])] = &[
    ("", &["--hex-blob", "--routines", "--events"]),
    ("over itself", &["--hex-blob", "--routines", "--events", "--single-transaction"]),
    (
        "one row a line",
        &["--hex-blob", "-R", "-E", "--skip-extended-insert", "-c", "--skip-add-locks"],
    ),
    (
        "plain",
        &[
            "--hex-blob",
            "-R",
            "-E",
            "--skip-opt",
            "--create-options",
            "--replace",
            "--skip-quote-names",
        ],
    ),
    (
        "sorted",
        &[
            "--hex-blob",
            "-R",
            "-E",
            "--insert-ignore",
            "--add-drop-trigger",
            "--order-by-primary",
            "--skip-tz-utc",
        ],
    ),
];

#[tokio::test]
async fn a_dump_is_a_first_migration() {
    if !is_mariadb().await {
        return; // The installed mysqldump is MariaDB's, which knows no computed columns of MySQL.
    }
    for (what, content) in CONTENTS {
        let old = filled(content).await;
        let expected = all(&old);
        for &(name, options) in WAYS {
            // Without quotes, not even the server reads all names.
            let is_new = ["code", "engines"].iter().any(|kind| what.starts_with(kind));
            if !name.is_empty() && is_new != (name == "plain" || name == "sorted") {
                continue;
            }
            let what = format!("{what}, {name}");
            let text = String::from_utf8(dump(&old, options)).unwrap();
            let db = fresh().await;
            if name == "over itself" {
                assert!(shell(&db, &text).status.success());
            }
            let migrator = from_files(&[("20250101000000_base.sql", text.as_str())]).unwrap();
            let run = migrator.run_pending(&db.pool).await;
            run.unwrap_or_else(|error| panic!("{what}: {error}\n{text}"));
            assert_eq!(db.leaks().await, Vec::<String>::new());
            assert_eq!(all(&db), expected, "{what}");
            if name.is_empty() && !is_new {
                let offline = fresh().await;
                let script = migrator.script("mysql", "base", "head").unwrap();
                let output = shell(&offline, &script);
                let said = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{what}: {said}\n{script}");
                assert_eq!(all(&offline), expected, "{what}, offline");
            }
        }
    }
    // One transaction a table: the directive that the error names is enough.
    let old = filled("CREATE TABLE t (id int); INSERT INTO t VALUES (1)").await;
    let text = String::from_utf8(dump(&old, &["--no-autocommit"])).unwrap();
    let db = fresh().await;
    let own = from_files(&[("20250101000000_base.sql", text.as_str())]).unwrap();
    let error = format!("{:#}", own.run_pending(&db.pool).await.unwrap_err());
    assert!(error.contains("`-- ambix: transaction none`"), "{error}");
    let text = format!("-- ambix: transaction none\n{text}");
    let own = from_files(&[("20250101000000_base.sql", text.as_str())]).unwrap();
    own.run_pending(&db.pool).await.unwrap();
    assert_eq!(
        (db.column("SELECT id FROM t").await, db.leaks().await),
        (vec!["1".to_owned()], Vec::new())
    );
    let raw = dump(&filled(CONTENTS[1].1).await, &[]);
    let error = from_files(&[("20250101000000_base.sql", raw)]).unwrap_err().to_string();
    assert!(error.contains("is not UTF-8") && error.contains("--hex-blob"), "{error}");
}

/// It says USE, and would drop and create the tables of the database that was dumped, wherever it is run.
#[tokio::test]
async fn a_dump_of_databases_stays_at_home() {
    let old = filled("CREATE TABLE t (id int); INSERT INTO t VALUES (1)").await;
    let text = String::from_utf8(dump(&old, &["--databases"])).unwrap();
    let db = fresh().await;
    let away = from_files(&[("20250101000000_base.sql", text.as_str())]).unwrap();
    let error = format!("{:#}", away.run_pending(&db.pool).await.unwrap_err());
    for part in [&*old.name, &*db.name, "without --databases", "nothing was run"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    assert_eq!(old.column("SELECT id FROM t").await, ["1"]);
    // Nor does it leave in a comment that the servers execute, or in a script.
    assert!(away.script(&db.url, "base", "heads").unwrap_err().to_string().contains(&*db.name));
    for leave in
        ["/*!40000 USE `{}` */", "/*M!100000 use {}*/", "/*!USE*/ /* x */ `{}`", "-- x\nUSE {}"]
    {
        let text = format!("{}; CREATE TABLE u (id int)", leave.replace("{}", &old.name));
        let away = from_files(&[("1_base.sql", text.as_str())]).unwrap();
        let run = away.run_pending(&db.pool).await.unwrap_err();
        for error in [run, away.script(&db.url, "base", "heads").unwrap_err()] {
            let error = format!("{error:#}");
            assert!(error.contains(&*old.name) && error.contains(&*db.name), "{leave}: {error}");
        }
        let error = format!("{:#}", away.script("mysql", "base", "heads").unwrap_err());
        assert!(error.contains("in which the script is run"), "{leave}: {error}");
        assert_eq!((old.tables().await, db.tables().await), (vec!["t".to_owned()], vec![]));
        let home = from_files(&[("1_base.sql", &*leave.replace("{}", &db.name))]).unwrap();
        home.script(&db.url, "base", "heads").unwrap();
    }
    let home = text.replace(&*old.name, &db.name);
    let home = from_files(&[("20250101000000_base.sql", home.as_str())]).unwrap();
    home.run_pending(&db.pool).await.unwrap();
    assert_eq!(db.column("SELECT id FROM t").await, ["1"]);
    // The history may be elsewhere; the migrations are where they were.
    let (db, history) = (fresh().await, fresh().await);
    let apart =
        from_files(&[("1_base.sql", &*format!("USE `{}`; CREATE TABLE t (id int)", db.name))]);
    let apart = apart.unwrap().schema(&*history.name);
    apart.run_pending(&db.pool).await.unwrap();
    assert_eq!((db.tables().await, history.tables().await), (vec!["t".to_owned()], vec![]));
}
