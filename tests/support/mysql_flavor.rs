//! What SQL looks like on MySQL and MariaDB in the tests of files, and its shell.

use std::process::Output;

use crate::{setup::Fresh, support::shell_of};

/// A URL behind which there is nothing.
pub const UNREACHABLE: &str = "mysql://u:hunter2@127.0.0.1:1/none";
/// A URL that cannot be read, with a password in it.
pub const UNREADABLE: &str = "mysql://u:hunter2@127.0.0.1:no-port/none";
/// The folder of the sample app's migrations.
pub const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations/mysql");

/// Scripts with semicolons, quotes and comments where they are not expected, with their down sides.
pub const TRICKY: &[(&str, &str, &str)] = &[
    (
        "x01",
        "CREATE TABLE log (what varchar(99) NOT NULL);\nCREATE TABLE t (id integer PRIMARY KEY, name varchar(99)) -- the end",
        "DROP TABLE t;\nDROP TABLE log -- both",
    ),
    (
        "x02",
        "# with the client's command\nDELIMITER //\nCREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW\nBEGIN\n  \
         INSERT INTO log VALUES (CONCAT('it''s; // ', NEW.name)); -- ;\nEND//\nDELIMITER ;\n",
        "DROP TRIGGER tr",
    ),
    (
        "x03",
        "/* without; */\nCREATE PROCEDURE p(a integer)\nBEGIN\n  IF a > 0 THEN INSERT INTO log VALUES ('p;'); ELSE SELECT 1; END IF;\n  \
         CASE a WHEN 1 THEN SELECT 2; ELSE BEGIN END; END CASE;\nEND;\nCREATE FUNCTION twice(a integer) RETURNS integer DETERMINISTIC RETURN a * 2;",
        "DROP FUNCTION twice; DROP PROCEDURE p",
    ),
    (
        "x04",
        "INSERT INTO t VALUES (1, 'Grüße; 世界 \\\\ \"'), (2, 'back\\'slash;');\nCALL p(1); -- last",
        "DELETE FROM t",
    ),
    (
        "x05",
        "SET SESSION sql_mode = 'ANSI_QUOTES', foreign_key_checks = 0;\nINSERT INTO \"t\" VALUES (3, 'a\\\\');",
        "DELETE FROM t WHERE id = 3",
    ),
    (
        "x06",
        "CREATE INDEX ix ON t (name);\nINSERT INTO t VALUES (4, 'after');",
        "DROP INDEX ix ON t;",
    ),
    (
        "x07",
        "START TRANSACTION;\nINSERT INTO t VALUES (5, 'wrapped');\nCOMMIT;",
        "BEGIN; DELETE FROM t WHERE id = 5; COMMIT;",
    ),
    ("x08", "", "-- nothing"),
    (
        "x09",
        "INSERT INTO t VALUES (6, 'a');\nDELIMITER $$\nINSERT INTO t VALUES (7, 'b;') $$\nDELIMITER ;\nINSERT INTO t VALUES (8, 'c');",
        "DELETE FROM t WHERE id IN (6, 7, 8)",
    ),
];

/// What tables, columns, indexes and code there are, in words of the catalog. (The shell sends no comments.)
pub async fn schema(db: &Fresh) -> Vec<String> {
    db.column(
        "SELECT CONCAT_WS(' ', table_name, column_name, column_type, is_nullable, column_default) FROM information_schema.columns \
         WHERE table_schema = DATABASE() AND table_name NOT LIKE 'ambix%' UNION ALL \
         SELECT CONCAT_WS(' ', table_name, index_name, seq_in_index, column_name, non_unique) FROM information_schema.statistics \
         WHERE table_schema = DATABASE() AND table_name NOT LIKE 'ambix%' UNION ALL \
         SELECT CONCAT_WS(' ', trigger_name, REPLACE(action_statement, '-- ;', '')) FROM information_schema.triggers WHERE trigger_schema = DATABASE() UNION ALL \
         SELECT CONCAT_WS(' ', routine_name, routine_definition) FROM information_schema.routines WHERE routine_schema = DATABASE() UNION ALL \
         SELECT CONCAT_WS(' ', constraint_name, constraint_type) FROM information_schema.table_constraints \
         WHERE table_schema = DATABASE() AND table_name NOT LIKE 'ambix%' ORDER BY 1",
    )
    .await
}

/// Gives a script to the mysql shell.
pub fn shell(db: &Fresh, script: &str) -> Output {
    let rest = db.url.strip_prefix("mysql://").unwrap();
    let (login, rest) = rest.rsplit_once('@').unwrap();
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let (host, _) = rest.split_once('/').unwrap();
    let (host, port) = host.split_once(':').unwrap_or((host, "3306"));
    let mut arguments = vec![
        "--no-defaults",
        "--protocol=tcp",
        "--default-character-set=utf8mb4",
        "-h",
        host,
        "-P",
        port,
        "-u",
        user,
    ];
    let password = format!("-p{password}");
    if password.len() > 2 {
        arguments.push(&password);
    }
    arguments.push(&db.name);
    shell_of("mysql", &arguments, script)
}

/// A column of the history with its revision, as one text.
pub fn row(column: &str) -> String {
    format!("CONCAT(revision, ' {column} ', COALESCE({column}, 'none'))")
}

/// A statement that stands alone, and of which nothing can be told from the catalog.
pub const ALONE: &str = "ALTER TABLE a ADD CHECK (id > 0)";

/// Statements that no transaction can hold, where there is a table `t` with a column `n`.
pub const ONLY_ALONE: &[&str] = &["CREATE INDEX t_n ON t (n)", "ALTER TABLE t DROP INDEX t_n"];

/// What the schemas of real projects have shown.
pub const REAL: &str = include_str!("../fixtures/real/mysql.sql");

/// A script with every kind of object.
pub const EVERY_KIND: [&str; 2] =
    [include_str!("../fixtures/draft/mysql.sql"), include_str!("../fixtures/dump/mysql.sql")];

/// What the server itself says of the schema, line by line.
pub fn native(db: &Fresh) -> Vec<String> {
    let run = |script: &str| {
        let output = shell(db, script);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // A default of bytes is shown as they are.
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let shows = run(
        "SELECT CONCAT('SHOW CREATE ', IF(table_type = 'VIEW', 'VIEW', 'TABLE'), ' `', REPLACE(table_name, '`', '``'), '`;') AS ''
         FROM information_schema.tables WHERE table_schema = DATABASE() UNION ALL
         SELECT CONCAT('SHOW CREATE ', routine_type, ' `', REPLACE(routine_name, '`', '``'), '`;') FROM information_schema.routines WHERE routine_schema = DATABASE() UNION ALL
         SELECT CONCAT('SHOW CREATE TRIGGER `', REPLACE(trigger_name, '`', '``'), '`;') FROM information_schema.triggers WHERE trigger_schema = DATABASE() UNION ALL
         SELECT CONCAT('SHOW CREATE EVENT `', REPLACE(event_name, '`', '``'), '`;') FROM information_schema.events WHERE event_schema = DATABASE() UNION ALL
         SELECT 'SELECT trigger_name, action_order FROM information_schema.triggers WHERE trigger_schema = DATABASE();'",
    );
    // Which key or constraint was created first is the order of their lines alone, and a trigger's row has the time in it.
    // MySQL keeps the width of an integer in the parameters of routines, where it says nothing.
    let text = run(&shows).replace("int(11)", "int");
    let is_time = |word: &&str| word.starts_with("20") && word.contains('-') && word.contains('.');
    let mut lines: Vec<String> = text
        .split("\\n")
        .flat_map(str::lines)
        .map(|line| line.split('\t').filter(|word| !is_time(word)).collect::<Vec<_>>().join("\t"))
        .map(|line| line.trim_end_matches(',').to_owned())
        .collect();
    lines.sort();
    lines
}

/// Where the models of [`EVERY_KIND`] are, and their text.
pub const WRITTEN_MODELS: (&str, &str) = (
    concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/models/mysql.rs"),
    include_str!("../fixtures/models/mysql.rs"),
);

#[rustfmt::skip]
#[path = "../fixtures/models/mysql.rs"]
pub mod written_models;
