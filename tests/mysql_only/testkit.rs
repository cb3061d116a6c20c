//! Databases for tests.

use std::{env, process::Command, time::Duration};

use ambix::{
    Migration, Migrations, Migrator,
    testkit::{TestDatabase, TestSetup},
};
use sqlx::{AssertSqlSafe, MySqlPool};

use crate::{
    setup::{Fresh, fresh, is_mariadb, server},
    support::unique,
};

const TABLES: &str = "
CREATE TABLE groups_of (id integer AUTO_INCREMENT PRIMARY KEY, name varchar(40) NOT NULL UNIQUE COMMENT 'it''s; a `name`')
    COLLATE utf8mb4_bin COMMENT 'no AUTO_INCREMENT=9; here';
CREATE TABLE people (
    id bigint unsigned AUTO_INCREMENT PRIMARY KEY,
    group_id integer,
    name varchar(40) CHARACTER SET latin1 COLLATE latin1_german1_ci NOT NULL DEFAULT 'no, one',
    mood enum('good', 'bad; very') NOT NULL DEFAULT 'good',
    born date NOT NULL DEFAULT '2000-01-01',
    weight double,
    photo blob,
    upper_name varchar(40) AS (UPPER(name)) VIRTUAL,
    name_length integer AS (CHAR_LENGTH(name)) STORED,
    CONSTRAINT heavy CHECK (weight > 0),
    CONSTRAINT in_group FOREIGN KEY (group_id) REFERENCES groups_of (id) ON DELETE CASCADE,
    KEY by_mood (mood, born)
);
CREATE TABLE `odd ``name` (`a, ``b` integer PRIMARY KEY, `c;` text);
CREATE TABLE log (id integer AUTO_INCREMENT PRIMARY KEY, what varchar(200));
CREATE TABLE children (id integer PRIMARY KEY, parent integer, FOREIGN KEY (parent) REFERENCES children (id));
";

const ROWS: &str = "
INSERT INTO groups_of (name) VALUES ('a'), ('A'), ('gone');
DELETE FROM groups_of WHERE name = 'gone';
INSERT INTO people (id, group_id, name, mood, weight, photo) VALUES (5, 1, 'Jürgen', 'bad; very', 0.1, x'00FF27'), (9, NULL, '', 'good', NULL, NULL);
SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
INSERT INTO groups_of (id, name) VALUES (0, 'zero');
INSERT INTO `odd ``name` VALUES (1, 'x;\\n\\'y'), (2, NULL);
INSERT INTO log (what) VALUES ('x');
DELETE FROM log;
INSERT INTO children VALUES (1, NULL), (2, 1);
UPDATE children SET parent = 2 WHERE id = 1
";

const CODE: &str = "
CREATE VIEW z_view AS SELECT id, name FROM people WHERE name <> 'it''s; that' WITH CHECK OPTION;
CREATE SQL SECURITY INVOKER VIEW a_view AS SELECT z.id, CONCAT(z.name, '') AS name FROM z_view z;
CREATE FUNCTION twice(a integer) RETURNS integer DETERMINISTIC COMMENT 'two; times' RETURN a * 2;
CREATE VIEW with_function AS SELECT twice(id) AS two FROM log;
CREATE PROCEDURE p(IN a integer, OUT b integer)
BEGIN
  -- a comment; with a semicolon
  IF a > 0 THEN INSERT INTO log (what) VALUES ('p;'); ELSE SET b = 1; END IF;
END;
SET SESSION sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT';
CREATE TRIGGER on_group AFTER INSERT ON groups_of FOR EACH ROW
BEGIN
  INSERT INTO \"log\" (what) VALUES ('new; ' || NEW.name);
END;
CREATE TRIGGER on_group_too AFTER INSERT ON groups_of FOR EACH ROW INSERT INTO log (what) VALUES ('too');
SET SESSION sql_mode = '';
CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DISABLE COMMENT 'ev' DO BEGIN DELETE FROM log; END
";

const SEQUENCE: &str = "
CREATE SEQUENCE numbers START WITH 5 INCREMENT BY 5 CACHE 100;
SELECT NEXTVAL(numbers);
CREATE SEQUENCE unused CACHE 10;
CREATE TABLE numbered (id bigint NOT NULL DEFAULT NEXTVAL(numbers), x integer)
";

/// What there is in a database, in words of the catalog.
const CATALOG: &[&str] = &[
    "SELECT CONCAT_WS('|', default_character_set_name, default_collation_name) FROM information_schema.schemata WHERE schema_name = DATABASE()",
    "SELECT CONCAT_WS('|', table_name, table_type, COALESCE(engine, '-'), COALESCE(row_format, '-'), COALESCE(table_collation, '-'), \
     COALESCE(auto_increment, '-'), create_options, table_comment) FROM information_schema.tables WHERE table_schema = DATABASE()",
    "SELECT CONCAT_WS('|', table_name, ordinal_position, column_name, COALESCE(column_default, 'none'), is_nullable, column_type, \
     COALESCE(collation_name, '-'), extra, column_comment, COALESCE(generation_expression, '-')) FROM information_schema.columns \
     WHERE table_schema = DATABASE()",
    "SELECT CONCAT_WS('|', table_name, index_name, seq_in_index, column_name, non_unique, COALESCE(sub_part, '-'), index_type, index_comment) \
     FROM information_schema.statistics WHERE table_schema = DATABASE()",
    "SELECT CONCAT_WS('|', table_name, constraint_name, column_name, ordinal_position, referenced_table_schema = table_schema, \
     referenced_table_name, referenced_column_name) FROM information_schema.key_column_usage WHERE table_schema = DATABASE()",
    "SELECT CONCAT_WS('|', constraint_name, table_name, referenced_table_name, update_rule, delete_rule) \
     FROM information_schema.referential_constraints WHERE constraint_schema = DATABASE()",
    "SELECT CONCAT_WS('|', constraint_name, check_clause) FROM information_schema.check_constraints WHERE constraint_schema = DATABASE()",
    "SELECT CONCAT_WS('|', trigger_name, event_object_table, action_timing, event_manipulation, action_order, action_statement, sql_mode, \
     definer, character_set_client, collation_connection) FROM information_schema.triggers WHERE event_object_schema = DATABASE()",
    "SELECT CONCAT_WS('|', routine_type, routine_name, dtd_identifier, routine_definition, sql_mode, definer, security_type, routine_comment, \
     character_set_client, collation_connection, is_deterministic) FROM information_schema.routines WHERE routine_schema = DATABASE()",
    "SELECT CONCAT_WS('|', specific_name, ordinal_position, parameter_mode, parameter_name, dtd_identifier) FROM information_schema.parameters \
     WHERE specific_schema = DATABASE()",
    "SELECT CONCAT_WS('|', event_name, event_definition, interval_value, interval_field, starts, status, on_completion, event_comment, sql_mode, \
     time_zone, definer) FROM information_schema.events WHERE event_schema = DATABASE()",
    "SELECT CONCAT_WS('|', table_name, view_definition, check_option, is_updatable, definer, security_type, \
     character_set_client, collation_connection) FROM information_schema.views WHERE table_schema = DATABASE()",
];

async fn column(pool: &MySqlPool, sql: &str) -> Vec<String> {
    use sqlx::Row;
    let rows = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_all(pool).await;
    let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error}"));
    let text =
        |at, row: &sqlx::mysql::MySqlRow| row.try_get_unchecked::<Option<String>, _>(at).unwrap();
    rows.iter().map(|row| text(0usize, row).unwrap_or_default()).collect()
}

async fn execute(pool: &MySqlPool, sql: &str) {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(pool).await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Objects and rows.
async fn dump(pool: &MySqlPool) -> Vec<String> {
    let mut all = Vec::new();
    for query in CATALOG {
        let mut lines = column(pool, query).await;
        lines.sort();
        all.extend(lines);
    }
    let tables = column(
        pool,
        "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY 1",
    )
    .await;
    for table in tables.iter().filter(|table| !table.starts_with("ambix")) {
        let name = table.replace('`', "``");
        let columns = column(
            pool,
            &format!(
                "SELECT CONCAT('COALESCE(HEX(CONVERT(`', REPLACE(column_name, '`', '``'), '`, BINARY)), ''-'')') FROM information_schema.columns \
                 WHERE table_schema = DATABASE() AND table_name = '{table}' ORDER BY ordinal_position"
            ),
        )
        .await;
        let query =
            format!("SELECT CONCAT_WS('|', {}) FROM `{name}` ORDER BY 1", columns.join(", "));
        all.push(format!("rows of {table}"));
        all.extend(column(pool, &query).await);
    }
    let history =
        "SELECT CONCAT_WS('|', revision, name, checksum, state) FROM ambix_history ORDER BY 1";
    all.extend(column(pool, history).await);
    let name = column(pool, "SELECT DATABASE()").await.remove(0);
    all.iter().map(|line| line.replace(&name, "self")).collect()
}

/// A migrator that nobody else has, so that its template is made here.
fn migrator_of(steps: &[&str]) -> Migrator {
    let mark = format!("-- {}", unique("mark"));
    let migrations = steps.iter().enumerate().map(|(at, sql)| {
        Migration::new(format!("r{at}"), format!("step {at}")).up(&format!("{mark}\n{sql}"))
    });
    Migrator::from_migrations(Migrations::new(migrations).unwrap()).unwrap()
}

async fn everything() -> Migrator {
    let plain = MySqlPool::connect(&server()).await.unwrap();
    let sequence = if is_mariadb().await { SEQUENCE } else { "" };
    plain.close().await;
    migrator_of(&[TABLES, ROWS, CODE, sequence])
}

async fn take(migrator: &Migrator) -> TestDatabase<MySqlPool> {
    TestSetup::new(migrator).url(server()).create().await.unwrap()
}

async fn migrated(migrator: &Migrator) -> Fresh {
    let fresh = fresh().await;
    migrator.upgrade(&fresh.pool, "heads").await.unwrap();
    fresh
}

async fn exists(pool: &MySqlPool, database: &str) -> bool {
    let query =
        format!("SELECT 1 FROM information_schema.schemata WHERE schema_name = '{database}'");
    !column(pool, &query).await.is_empty()
}

/// Any test may be taking it away just now.
async fn assert_gone(pool: &MySqlPool, database: &str) {
    for _ in 0..600 {
        if !exists(pool, database).await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{database} is still there");
}

async fn fingerprint(copy: &TestDatabase<MySqlPool>) -> String {
    let query =
        format!("SELECT fingerprint FROM ambix_testkit.copies WHERE name = '{}'", copy.name());
    column(copy.pool(), &query).await.remove(0)
}

/// Takes away what a test has made; others use the server.
async fn clean(fingerprint: &str) {
    let pool = MySqlPool::connect(&server()).await.unwrap();
    let query =
        format!("SELECT name FROM ambix_testkit.copies WHERE fingerprint = '{fingerprint}'");
    let mut names = column(&pool, &query).await;
    names.push(format!("ambix_template_{fingerprint}"));
    for name in names {
        execute(&pool, &format!("DROP DATABASE IF EXISTS {name}")).await;
    }
    for table in ["copies", "objects", "templates"] {
        let gone = format!("DELETE FROM ambix_testkit.{table} WHERE fingerprint = '{fingerprint}'");
        execute(&pool, &gone).await;
    }
    pool.close().await;
}

#[track_caller]
fn assert_same(found: &[String], expected: &[String], context: &str) {
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|line| !those.contains(line)).cloned().collect()
    };
    let (more, less) = (only(found, expected), only(expected, found));
    assert!(found == expected, "{context}: there is {more:#?} and not {less:#?}");
}

/// What is not in the dump of a database, since asking changes it.
async fn next_numbers(pool: &MySqlPool) -> String {
    if !is_mariadb().await {
        return String::new();
    }
    let next = "SELECT CONCAT(NEXTVAL(numbers), ' ', NEXTVAL(unused))";
    let next = column(pool, next).await.remove(0);
    // A server that has much to do forgets numbers that it has taken in advance, in the template, too.
    assert!(["10 1", "505 1"].contains(&next.as_str()), "{next}");
    next
}

#[tokio::test]
async fn a_copy_is_like_a_database_that_was_migrated() {
    let migrator = everything().await;
    let reference = migrated(&migrator).await;
    let expected = dump(&reference.pool).await;
    assert!(expected.len() > 80, "{expected:#?}");
    // The first is the one with which the template was proved.
    let (first, second) = (take(&migrator).await, take(&migrator).await);
    for copy in [&first, &second] {
        assert_ne!(copy.name(), reference.name);
        assert_same(&dump(copy.pool()).await, &expected, "a copy");
    }
    assert_eq!(next_numbers(first.pool()).await, next_numbers(second.pool()).await);
    // It is the script that has made them.
    let key = fingerprint(&first).await;
    let way = format!("SELECT state FROM ambix_testkit.templates WHERE fingerprint = '{key}'");
    assert_eq!(column(&reference.pool, &way).await, ["ready"]);
    first.close().await.unwrap();
    second.close().await.unwrap();
    clean(&key).await;
}

/// What tests do with rows. Each is more than one statement away from the template.
const CHANGES: &[&str] = &[
    "INSERT INTO log (what) VALUES ('a'), ('b')",
    "INSERT INTO log (what) VALUES ('a'); DELETE FROM log",
    "DELETE FROM groups_of",
    "UPDATE `odd ``name` SET `c;` = 'X;\\n\\'y' WHERE `a, ``b` = 1",
    "UPDATE people SET weight = 0.2 WHERE id = 5",
    "INSERT INTO people (name) VALUES ('new')",
    "INSERT INTO people (name) VALUES ('new'); DELETE FROM people WHERE name = 'new'",
    "DELETE FROM people; UPDATE children SET parent = NULL WHERE id = 2",
    "SET SESSION foreign_key_checks = 0; DELETE FROM children WHERE id = 2; TRUNCATE TABLE people",
    "CALL p(1, @x)",
    "DELETE FROM ambix_history",
    "ALTER TABLE log AUTO_INCREMENT = 77",
];

#[tokio::test]
async fn a_copy_that_was_used_is_like_a_new_one() {
    let migrator = everything().await;
    let reference = migrated(&migrator).await;
    let expected = dump(&reference.pool).await;
    let first = take(&migrator).await;
    let key = fingerprint(&first).await;
    first.close().await.unwrap();
    for change in CHANGES {
        let copy = take(&migrator).await;
        let name = copy.name().to_owned();
        execute(copy.pool(), change).await;
        assert_ne!(dump(copy.pool()).await, expected, "{change}");
        let numbers = next_numbers(copy.pool()).await;
        copy.close().await.unwrap();
        let again = take(&migrator).await;
        // Rows that come with a trigger cannot be put back without it.
        assert_eq!(again.name() == name, *change != "DELETE FROM groups_of", "{change}");
        assert_same(&dump(again.pool()).await, &expected, change);
        assert_eq!(next_numbers(again.pool()).await, numbers, "{change}");
        // The other way to end: the value's end does it, on a thread of its own.
        drop(again);
    }
    clean(&key).await;
}

/// Two values that change places are not seen by a checksum of a row's bytes alone.
#[tokio::test]
async fn letters_that_move_between_columns_are_seen() {
    let migrator = migrator_of(&[
        "CREATE TABLE words (a varchar(20) NOT NULL, b varchar(20) NOT NULL) CHARACTER SET latin1;
         INSERT INTO words VALUES ('ab', 'c')",
    ]);
    let copy = take(&migrator).await;
    let key = fingerprint(&copy).await;
    execute(copy.pool(), "UPDATE words SET a = 'a', b = 'bc'").await;
    copy.close().await.unwrap();
    let copy = take(&migrator).await;
    assert_eq!(column(copy.pool(), "SELECT CONCAT(a, ' ', b) FROM words").await, ["ab c"]);
    copy.close().await.unwrap();
    clean(&key).await;
}

/// What tests do that is more than rows.
const ALTERATIONS: &[&str] = &[
    "CREATE TABLE more (id integer)",
    "DROP TABLE children",
    "ALTER TABLE log ADD COLUMN more integer",
    "ALTER TABLE log ADD INDEX more (what)",
    "ALTER TABLE log COMMENT 'more'",
    "ALTER TABLE people DROP CONSTRAINT heavy",
    "ALTER TABLE people DROP FOREIGN KEY in_group",
    "ALTER TABLE people ALTER mood SET DEFAULT 'bad; very'",
    "DROP VIEW with_function",
    "CREATE OR REPLACE VIEW with_function AS SELECT twice(id) + 1 AS two FROM log",
    "CREATE VIEW more AS SELECT 1 AS one",
    "DROP TRIGGER on_group_too",
    "DROP TRIGGER on_group_too; CREATE TRIGGER on_group_too BEFORE INSERT ON groups_of FOR EACH ROW SET @x = 1",
    "DROP PROCEDURE p",
    "DROP FUNCTION twice; CREATE FUNCTION twice(a bigint) RETURNS integer DETERMINISTIC COMMENT 'two; times' RETURN a * 2",
    "ALTER PROCEDURE p COMMENT 'more'",
    "DROP EVENT e",
    "ALTER EVENT e COMMENT 'more'",
    "CREATE EVENT more ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM log",
    "ALTER DATABASE COLLATE utf8mb4_bin",
];

#[tokio::test]
async fn a_copy_that_was_altered_is_not_used_again() {
    let migrator = everything().await;
    let first = take(&migrator).await;
    let (key, expected) = (fingerprint(&first).await, dump(first.pool()).await);
    first.close().await.unwrap();
    for alteration in ALTERATIONS {
        let copy = take(&migrator).await;
        let name = copy.name().to_owned();
        execute(copy.pool(), alteration).await;
        copy.close().await.unwrap();
        let again = take(&migrator).await;
        assert_ne!(again.name(), name, "{alteration}");
        assert!(!exists(again.pool(), &name).await, "{alteration}");
        assert_same(&dump(again.pool()).await, &expected, alteration);
        again.close().await.unwrap();
    }
    clean(&key).await;
}

#[tokio::test]
async fn a_copy_on_which_somebody_still_works_is_not_used_again() {
    let migrator = migrator_of(&["CREATE TABLE t (id integer PRIMARY KEY)"]);
    let copy = take(&migrator).await;
    let (key, name) = (fingerprint(&copy).await, copy.name().to_owned());
    let stray = MySqlPool::connect(copy.url()).await.unwrap();
    let mut transaction = stray.begin().await.unwrap();
    sqlx::raw_sql("INSERT INTO t VALUES (1)").execute(&mut *transaction).await.unwrap();
    copy.close().await.unwrap();
    assert!(transaction.commit().await.is_err());
    let again = take(&migrator).await;
    assert_ne!(again.name(), name);
    assert!(!exists(again.pool(), &name).await);
    again.close().await.unwrap();
    clean(&key).await;
}

/// Who reads the catalog is for a moment in every database whose triggers it reads, and must not be taken for a user of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bystander_that_reads_the_catalog_is_never_ended() {
    let table = "CREATE TABLE t (id integer PRIMARY KEY)";
    let trigger = "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.id = 1";
    let migrator = migrator_of(&[table, trigger]);
    let readers: Vec<_> = (0..3)
        .map(|_| {
            tokio::spawn(async {
                let pool = MySqlPool::connect(&server()).await.unwrap();
                let mut connection = pool.acquire().await.unwrap();
                let query =
                    "SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_name = 'tr'";
                loop {
                    sqlx::raw_sql(query).execute(&mut *connection).await.unwrap();
                }
            })
        })
        .collect();
    let mut key = String::new();
    for _ in 0..15 {
        let copy = take(&migrator).await;
        key = fingerprint(&copy).await;
        // Who really uses it is ended.
        let stray = MySqlPool::connect(copy.url()).await.unwrap();
        let mut held = stray.acquire().await.unwrap();
        copy.close().await.unwrap();
        assert!(sqlx::raw_sql("SELECT 1").execute(&mut *held).await.is_err());
    }
    for reader in readers {
        assert!(!reader.is_finished(), "a bystander was ended: {:?}", reader.await.unwrap_err());
        reader.abort();
    }
    clean(&key).await;
}

/// What a script does not bring to a copy: the rows' history, and an event that happens once.
#[tokio::test]
async fn what_no_script_brings_is_migrated() {
    let pool = MySqlPool::connect(&server()).await.unwrap();
    let odd = if is_mariadb().await {
        "CREATE TABLE t (id integer) WITH SYSTEM VERSIONING; INSERT INTO t VALUES (1); UPDATE t SET id = 2"
    } else {
        "CREATE TABLE t (id integer); INSERT INTO t VALUES (2)"
    };
    let event =
        "CREATE EVENT once ON SCHEDULE AT NOW() + INTERVAL 1 DAY DO DELETE FROM t WHERE id = 9";
    for step in [odd, &format!("CREATE TABLE t (id integer); INSERT INTO t VALUES (2); {event}")] {
        let migrator = migrator_of(&[step]);
        let (first, second) = (take(&migrator).await, take(&migrator).await);
        let key = fingerprint(&first).await;
        for copy in [&first, &second] {
            assert_eq!(column(copy.pool(), "SELECT id FROM t").await, ["2"]);
            let history = column(copy.pool(), "SELECT revision FROM ambix_history").await;
            assert_eq!(history, ["r0"]);
        }
        let name = first.name().to_owned();
        first.close().await.unwrap();
        second.close().await.unwrap();
        if step != "CREATE TABLE t (id integer); INSERT INTO t VALUES (2)" {
            assert!(!exists(&pool, &name).await, "{step}");
            assert!(!exists(&pool, &format!("ambix_template_{key}")).await, "{step}");
        }
        clean(&key).await;
    }
}

const CHILD: &str = "AMBIX_TESTKIT_CHILD";

/// Not a test: the process that is killed.
#[tokio::test]
async fn child() {
    let Ok(table) = env::var(CHILD) else { return };
    let copy = take(&child_migrator(&table)).await;
    println!("has {}.", copy.name());
    std::process::abort();
}

fn child_migrator(table: &str) -> Migrator {
    let sql = format!("CREATE TABLE {table} (id integer PRIMARY KEY)");
    let migration = Migration::new("r0", "child").up(&sql);
    Migrator::from_migrations(Migrations::new([migration]).unwrap()).unwrap()
}

#[tokio::test]
async fn what_a_killed_process_has_left_is_taken_away() {
    let table = unique("child");
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "mysql_only::testkit::child"])
        .env(CHILD, &table)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!output.status.success(), "{text}");
    let (_, rest) = text.split_once("has ").unwrap_or_else(|| panic!("{text}"));
    let (name, _) = rest.split_once('.').unwrap();
    let pool = MySqlPool::connect(&server()).await.unwrap();
    // Any test would have taken it away that began meanwhile, so that it is not asked whether it is still there.
    let copy = take(&child_migrator(&table)).await;
    assert_ne!(copy.name(), name);
    assert_gone(&pool, name).await;
    let key = fingerprint(&copy).await;
    copy.close().await.unwrap();
    clean(&key).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_migrate_once() {
    let counter = fresh().await;
    counter.execute("CREATE TABLE runs (id integer AUTO_INCREMENT PRIMARY KEY)").await;
    let migrator = migrator_of(&[
        "CREATE TABLE t (id integer)",
        &format!("INSERT INTO {}.runs VALUES (); SELECT SLEEP(0.3)", counter.name),
    ]);
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let migrator = migrator.clone();
            tokio::spawn(async move { take(&migrator).await })
        })
        .collect();
    let mut key = String::new();
    let mut names = std::collections::BTreeSet::new();
    for task in tasks {
        let copy = task.await.unwrap();
        key = fingerprint(&copy).await;
        assert_eq!(column(copy.pool(), "SELECT COUNT(*) FROM t").await, ["0"]);
        names.insert(copy.name().to_owned());
        std::mem::forget(copy);
    }
    assert_eq!(names.len(), 8);
    assert_eq!(counter.column("SELECT COUNT(*) FROM runs").await, ["1"]);
    clean(&key).await;
}

#[tokio::test]
async fn a_failing_migration_leaves_no_template() {
    let gate = fresh().await;
    let open = "CREATE TABLE gate (id integer)";
    gate.execute(open).await;
    let migrator = migrator_of(&[
        "CREATE TABLE before_it (id integer)",
        &format!("CREATE TABLE t AS SELECT * FROM {}.gate", gate.name),
    ]);
    // Only a copy tells under which name the template would be.
    let copy = take(&migrator).await;
    let key = fingerprint(&copy).await;
    copy.close().await.unwrap();
    clean(&key).await;
    gate.execute("DROP TABLE gate").await;
    let test = unique("failing");
    let setup = || TestSetup::<MySqlPool>::new(&migrator).url(server()).name(&test).create();
    let error = setup().await.unwrap_err();
    assert!(format!("{error:#}").contains("r1"), "{error}");
    assert!(!exists(&gate.pool, &format!("ambix_template_{key}")).await);
    for query in [
        format!("SELECT 1 FROM ambix_testkit.templates WHERE fingerprint = '{key}'"),
        format!("SELECT 1 FROM ambix_testkit.copies WHERE fingerprint = '{key}'"),
    ] {
        assert!(gate.column(&query).await.is_empty(), "{query}");
    }
    gate.execute(open).await;
    let copy = setup().await.unwrap();
    assert_eq!(column(copy.pool(), "SELECT COUNT(*) FROM t").await, ["0"]);
    copy.close().await.unwrap();
    clean(&key).await;
}

#[tokio::test]
async fn a_kept_database_goes_when_its_test_runs_again() {
    let migrator = migrator_of(&["CREATE TABLE t (id integer)"]);
    let (test, other) = (unique("kept"), unique("other"));
    let named =
        |name: &str| TestSetup::<MySqlPool>::new(&migrator).url(server()).name(name).create();
    let pool = MySqlPool::connect(&server()).await.unwrap();
    for ends_by_panic in [false, true] {
        let copy = named(&test).await.unwrap();
        let (key, name) = (fingerprint(&copy).await, copy.name().to_owned());
        execute(copy.pool(), "INSERT INTO t VALUES (7)").await;
        if ends_by_panic {
            let failing = std::thread::spawn(move || {
                let _copy = copy;
                panic!("a test fails");
            });
            assert!(failing.join().is_err());
        } else {
            copy.keep().await.unwrap();
        }
        named(&other).await.unwrap().close().await.unwrap();
        assert_eq!(column(&pool, &format!("SELECT id FROM {name}.t")).await, ["7"]);
        let again = named(&test).await.unwrap();
        assert_ne!(again.name(), name);
        assert!(!exists(&pool, &name).await);
        again.close().await.unwrap();
        clean(&key).await;
    }
}

#[tokio::test]
async fn old_templates_go_with_their_copies() {
    let pool = MySqlPool::connect(&server()).await.unwrap();
    let (old, new) = (
        migrator_of(&["CREATE TABLE t (id integer)"]),
        migrator_of(&["CREATE TABLE u (id integer)"]),
    );
    let copy = take(&old).await;
    let (key, name) = (fingerprint(&copy).await, copy.name().to_owned());
    copy.close().await.unwrap();
    let template = format!("ambix_template_{key}");
    assert!(exists(&pool, &template).await && exists(&pool, &name).await);
    let age = format!(
        "UPDATE ambix_testkit.templates SET used_at = used_at - 8 * 24 * 3600 WHERE fingerprint = '{key}'"
    );
    execute(&pool, &age).await;
    // What a process has left that was killed while it made a template.
    let half = format!("{:016x}", rand());
    execute(&pool, &format!("CREATE DATABASE ambix_template_{half}")).await;
    let row = format!(
        "INSERT INTO ambix_testkit.templates (fingerprint, state, used_at) VALUES ('{half}', 'making', UNIX_TIMESTAMP())"
    );
    execute(&pool, &row).await;
    let copy = take(&new).await;
    for gone in [&template, &name, &format!("ambix_template_{half}")] {
        assert_gone(&pool, gone).await;
    }
    let rows = "SELECT 1 FROM ambix_testkit.templates WHERE fingerprint IN";
    assert!(column(&pool, &format!("{rows} ('{key}', '{half}')")).await.is_empty());
    let key = fingerprint(&copy).await;
    copy.close().await.unwrap();
    clean(&key).await;
}

/// Databases are dropped by hand, too.
#[tokio::test]
async fn what_was_dropped_by_hand_is_made_again() {
    let pool = MySqlPool::connect(&server()).await.unwrap();
    let migrator = migrator_of(&["CREATE TABLE t (id integer)"]);
    let copy = take(&migrator).await;
    let (key, name) = (fingerprint(&copy).await, copy.name().to_owned());
    copy.close().await.unwrap();
    execute(&pool, &format!("DROP DATABASE {name}")).await;
    execute(&pool, &format!("DROP DATABASE ambix_template_{key}")).await;
    let copy = take(&migrator).await;
    assert_ne!(copy.name(), name);
    assert_eq!(column(copy.pool(), "SELECT COUNT(*) FROM t").await, ["0"]);
    assert!(exists(&pool, &format!("ambix_template_{key}")).await);
    copy.close().await.unwrap();
    clean(&key).await;
}

/// They take room, and a project that is worked on has a new template every few minutes.
#[tokio::test]
async fn copies_of_another_template_do_not_wait_for_long() {
    let pool = MySqlPool::connect(&server()).await.unwrap();
    let (one, other) = (
        migrator_of(&["CREATE TABLE t (id integer)"]),
        migrator_of(&["CREATE TABLE u (id integer)"]),
    );
    let copy = take(&one).await;
    let (key, name) = (fingerprint(&copy).await, copy.name().to_owned());
    copy.close().await.unwrap();
    let age = format!(
        "UPDATE ambix_testkit.copies SET changed_at = changed_at - 7200 WHERE name = '{name}'"
    );
    execute(&pool, &age).await;
    let copy = take(&other).await;
    assert_gone(&pool, &name).await;
    let other = fingerprint(&copy).await;
    copy.close().await.unwrap();
    clean(&key).await;
    clean(&other).await;
}

fn rand() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}

/// All rights on what the kit makes are enough, and an error says so where they lack.
#[tokio::test]
async fn a_user_needs_rights_on_the_kits_databases_alone() {
    let pool = MySqlPool::connect(&server()).await.unwrap();
    let user = format!("poor{:x}", rand());
    execute(&pool, &format!("CREATE USER {user}@'%' IDENTIFIED BY 'pw'")).await;
    let (head, tail) = server()
        .rsplit_once('@')
        .map(|(_, tail)| (format!("mysql://{user}:pw"), tail.to_owned()))
        .unwrap();
    let host = tail.split('/').next().unwrap();
    let url = format!("{head}@{host}");
    let migrator = migrator_of(&[
        "CREATE TABLE t (id integer AUTO_INCREMENT PRIMARY KEY)",
        "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET @x = 1",
    ]);
    let setup = || TestSetup::<MySqlPool>::new(&migrator).url(&url).create();
    let error = setup().await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("GRANT ALL ON `ambix\\_%`.* TO"), "{source}");
    execute(&pool, &format!("GRANT ALL ON `ambix\\_%`.* TO {user}@'%'")).await;
    let copy = setup().await.unwrap();
    let (key, name) = (fingerprint(&copy).await, copy.name().to_owned());
    execute(copy.pool(), "INSERT INTO t VALUES ()").await;
    copy.close().await.unwrap();
    let again = setup().await.unwrap();
    assert_eq!(again.name(), name);
    assert_eq!(column(again.pool(), "SELECT COUNT(*) FROM t").await, ["0"]);
    again.close().await.unwrap();
    clean(&key).await;
    execute(&pool, &format!("DROP USER {user}@'%'")).await;
}

#[tokio::test]
async fn an_empty_database_goes_at_the_end() {
    let migrator = migrator_of(&["CREATE TABLE t (id integer)"]);
    let setup = TestSetup::<MySqlPool>::new(&migrator).url(server()).target("base");
    let copy = setup.create().await.unwrap();
    assert!(column(copy.pool(), "SHOW TABLES").await.is_empty());
    let name = copy.name().to_owned();
    copy.close().await.unwrap();
    let pool = MySqlPool::connect(&server()).await.unwrap();
    assert!(!exists(&pool, &name).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn thirty_two_at_once() {
    let migrator = migrator_of(&[
        "CREATE TABLE t (id integer AUTO_INCREMENT PRIMARY KEY, x integer)",
        "CREATE TABLE seeds (id integer); INSERT INTO seeds VALUES (1), (2)",
    ]);
    let tasks: Vec<_> = (0..32)
        .map(|at| {
            let migrator = migrator.clone();
            tokio::spawn(async move {
                let mut key = String::new();
                for _ in 0..3 {
                    let setup = TestSetup::<MySqlPool>::new(&migrator).url(server());
                    let copy = setup.max_connections(2).create().await.unwrap();
                    key = fingerprint(&copy).await;
                    let insert =
                        format!("INSERT INTO t (x) VALUES ({at}); UPDATE seeds SET id = {at}");
                    execute(copy.pool(), &insert).await;
                    let rows = column(copy.pool(), "SELECT CONCAT(id, ' ', x) FROM t").await;
                    assert_eq!(rows, [format!("1 {at}")]);
                    copy.close().await.unwrap();
                }
                key
            })
        })
        .collect();
    let mut key = String::new();
    for task in tasks {
        key = task.await.unwrap();
    }
    clean(&key).await;
}
