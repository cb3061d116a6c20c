//! What the server and the URL set holds in migrations: as in the server's own client, and in the script.

use ambix::{Migration, Migrations, Migrator};
use sqlx::{Connection as _, Row as _};

use crate::{
    flavor::shell,
    setup::{Connection, Fresh, fresh, is_mariadb, settings},
    support::migrator,
};

/// What depends on the settings, also in what is made once and stays.
const PROBE: &str = "CREATE TABLE probe (n integer PRIMARY KEY, a integer, b integer, either integer, mode text, zone text, \
    at timestamp NULL);\n\
    INSERT INTO probe (n, a, b, mode, zone, at) VALUES (1, 1, 0, @@sql_mode, @@time_zone, '2025-06-01 12:00:00');\n\
    UPDATE probe SET either = a || b;\n\
    CREATE TABLE made (n integer PRIMARY KEY, a integer, b integer, either integer AS (a || b));\n\
    INSERT INTO made (n, a, b) VALUES (1, 1, 0);\n\
    CREATE VIEW words AS SELECT collation('word') AS word;\n";

const SEEN: &str = "SELECT CONCAT_WS(' ', p.either, p.mode, p.zone, UNIX_TIMESTAMP(p.at), m.either, w.word) FROM probe p, made m, words w";

fn probe() -> Migrator {
    migrator(&[("r1", PROBE, ""), ("r2", "SELECT 1", "")])
}

async fn seen(db: &Fresh) -> Vec<String> {
    let rows = db.column(SEEN).await;
    // Each client asks MySQL for a collation of its own.
    let rows = match is_mariadb().await {
        true => rows,
        false => rows.iter().map(|row| row.rsplit_once(' ').unwrap().0.to_owned()).collect(),
    };
    db.execute("DROP VIEW words; DROP TABLE probe, made; DROP TABLE IF EXISTS ambix_history, ambix_history_lock").await;
    rows
}

#[tokio::test]
async fn the_settings_of_the_server_hold() {
    let db = fresh().await;
    assert!(shell(&db, PROBE).status.success());
    let expected = seen(&db).await;
    assert!(expected[0].starts_with("1 ") && !expected[0].contains("PIPES"), "{expected:?}");
    probe().run_pending(&db.url).await.unwrap();
    assert_eq!(seen(&db).await, expected, "a URL");
    let script = probe().script(&db.url, "base", "heads").unwrap();
    let output = shell(&db, &script);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(seen(&db).await, expected, "the script");
    probe().run_pending(&db.pool).await.unwrap();
    assert_eq!(seen(&db).await, expected, "beside a pool");
    let mut lent = Connection::connect(&db.url).await.unwrap();
    let before = settings(&mut lent).await;
    probe().run_pending(&mut lent).await.unwrap();
    assert_eq!(seen(&db).await, expected, "a lent connection");
    assert_eq!(settings(&mut lent).await, before, "a lent connection after it");
}

/// What a script puts back between migrations does not turn foreign keys off.
#[tokio::test]
async fn a_script_checks_foreign_keys() {
    let db = fresh().await;
    let orphan = migrator(&[
        (
            "r1",
            "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p (id), FOREIGN KEY (p) REFERENCES p (id))",
            "",
        ),
        ("r2", "INSERT INTO c VALUES (7)", ""),
    ]);
    let output = shell(&db, &orphan.script(&db.url, "base", "heads").unwrap());
    assert!(!output.status.success(), "a row without its parent was written");
    assert_eq!(db.column("SELECT COUNT(*) FROM c").await, ["0"]);
    assert_eq!(db.column("SELECT revision FROM ambix_history").await, ["r1"]);
}

/// Without IGNORE_SPACE the names of functions are names.
#[tokio::test]
async fn names_of_functions_can_be_names_of_tables() {
    let db = fresh().await;
    for name in
        ["position", "count", "now", "trim", "sum", "max", "substr", "date_add", "cast", "curdate"]
    {
        let up =
            format!("CREATE TABLE {name} (id int PRIMARY KEY); INSERT INTO {name} (id) VALUES (1)");
        let migrator = migrator(&[("r1", &up, "")]).history_table(format!("history_{name}"));
        migrator.run_pending(&db.url).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(db.column(&format!("SELECT id FROM `{name}`")).await, ["1"]);
    }
    let mut lent = Connection::connect(&db.url).await.unwrap();
    migrator(&[("r1", "CREATE TABLE variance (id int); INSERT INTO variance (id) VALUES (1)", "")])
        .history_table("others")
        .run_pending(&mut lent)
        .await
        .unwrap();
}

#[tokio::test]
async fn the_settings_come_back_after_a_migration_that_changes_them() {
    let db = fresh().await;
    let list = [
        ("r1", "CREATE TABLE zones (mode text, zone text)"),
        (
            "r2",
            "SET sql_mode = 'ANSI', time_zone = '+05:00'; INSERT INTO zones VALUES (@@sql_mode, @@time_zone)",
        ),
        ("r3", "INSERT INTO zones VALUES (@@sql_mode, @@time_zone)"),
    ];
    let all =
        Migrations::new(list.map(|(revision, up)| Migration::new(revision, "").up(up))).unwrap();
    let migrator = Migrator::from_migrations(all).unwrap();
    let server = db.column("SELECT CONCAT(@@GLOBAL.sql_mode, @@GLOBAL.time_zone)").await;
    migrator.run_pending(&db.url).await.unwrap();
    let seen = "SELECT CONCAT(mode, zone) FROM zones WHERE mode NOT LIKE '%ANSI%'";
    assert_eq!(db.column(seen).await, server);
    db.execute("DROP TABLE zones, ambix_history, ambix_history_lock").await;
    let mut lent = Connection::connect(&db.url).await.unwrap();
    migrator.run_pending(&mut lent).await.unwrap();
    assert_eq!(db.column(seen).await, server);
}

#[tokio::test]
async fn the_parameters_of_the_url_hold() {
    for (parameters, expected) in [
        ("time_zone=%2B05:00", "+05:00 "),
        ("time_zone='%2B05:00'", "+05:00 "),
        ("timezone=-03:00", "-03:00 "),
        ("time-zone=%2B00:00", "+00:00 "),
        ("time_zone=%2B02:00&sql_mode=ANSI_QUOTES", "+02:00 ANSI_QUOTES"),
        ("sql_mode=", "SYSTEM "),
        ("sql_mode=PIPES_AS_CONCAT,NO_ZERO_DATE", "SYSTEM PIPES_AS_CONCAT,NO_ZERO_DATE"),
        (
            "charset=utf8mb4&collation=utf8mb4_bin&connect_timeout=9&sql_mode=ANSI_QUOTES",
            "SYSTEM ANSI_QUOTES",
        ),
    ] {
        let db = fresh().await;
        let up = "CREATE TABLE seen (text text); INSERT INTO seen VALUES (CONCAT(@@time_zone, ' ', @@sql_mode))";
        let migrator = migrator(&[
            ("r1", up, ""),
            ("r2", "SET sql_mode = 'ANSI', time_zone = 'SYSTEM'", ""),
            ("r3", "INSERT INTO seen VALUES (CONCAT(@@time_zone, ' ', @@sql_mode))", ""),
        ]);
        migrator.run_pending(&format!("{}?{parameters}", db.url)).await.unwrap();
        let seen = db.column("SELECT text FROM seen").await;
        assert!(seen.iter().all(|seen| seen.starts_with(expected)), "{parameters}: {seen:?}");
        assert_eq!(seen[0], seen[1], "{parameters}");
    }
}

/// Whatever the program reads and writes its own rows in, migrations are UTF-8, and so are the names in the history.
#[tokio::test]
async fn a_pool_with_another_character_set_does_not_garble_a_migration() {
    let db = fresh().await;
    let options: sqlx::mysql::MySqlConnectOptions = db.url.parse().unwrap();
    let pool = sqlx::MySqlPool::connect_with(options.charset("latin1")).await.unwrap();
    let up = "CREATE TABLE a (n varchar(9) CHARACTER SET utf8mb4); INSERT INTO a VALUES ('é')";
    migrator(&[("r1", up, "-- é\nDROP TABLE a")]).run_pending(&pool).await.unwrap();
    assert_eq!(db.column("SELECT n FROM a").await, ["é"]);
    assert_eq!(db.column("SELECT down FROM ambix_history").await, ["-- é\nDROP TABLE a"]);
}

/// sqlx takes each TIMESTAMP for one of UTC, so a registered function has the zone that it relies on, and the next statement the
/// server's again.
#[tokio::test]
async fn a_function_has_the_settings_of_the_driver() {
    let db = fresh().await;
    let up = "CREATE TABLE seen (text text);\n-- ambix: run look\nINSERT INTO seen VALUES (CONCAT(@@time_zone, '1' || ''));\n";
    for lent in [false, true] {
        let migrator =
            migrator(&[("r1", up, "")]).register("look", |connection: &mut Connection| {
                Box::pin(async move {
                    let row = sqlx::query("SELECT @@time_zone, 'a' || 'b'")
                        .fetch_one(&mut *connection)
                        .await?;
                    assert_eq!(
                        (row.get::<String, _>(0), row.get::<String, _>(1)),
                        ("+00:00".into(), "ab".into())
                    );
                    sqlx::query("INSERT INTO seen VALUES ('called')").execute(connection).await?;
                    Ok(())
                })
            });
        if lent {
            let mut connection = Connection::connect(&db.url).await.unwrap();
            migrator.run_pending(&mut connection).await.unwrap();
        } else {
            migrator.run_pending(&format!("{}?time_zone=%2B07:00", db.url)).await.unwrap();
        }
        let zone = if lent { "SYSTEM" } else { "+07:00" };
        assert_eq!(db.column("SELECT text FROM seen").await, ["called", &format!("{zone}1")]);
        db.execute("DROP TABLE seen, ambix_history, ambix_history_lock").await;
    }
}

/// A statement that the server would cut the connection for is named before anything is run.
#[tokio::test]
async fn a_statement_that_is_too_long_for_the_server_is_named() {
    let db = fresh().await;
    let longest: usize = db.column("SELECT @@GLOBAL.max_allowed_packet").await[0].parse().unwrap();
    let long = "y".repeat(longest);
    let create = "CREATE TABLE t (s longtext);\n";
    for (up, ok) in [
        (format!("{create}INSERT INTO t VALUES ('{long}');\n"), false),
        (format!("{create}\n\nUPDATE t SET s = '{long}';\nSELECT 1;\n"), false),
        (format!("{create}INSERT INTO t VALUES ('{}');\n", &long[..longest / 2]), true),
        (
            format!(
                "{create}{}",
                format!("INSERT INTO t VALUES ('{}');\n", &long[..longest / 8]).repeat(10)
            ),
            true,
        ),
    ] {
        let result = migrator(&[
            ("r0", "CREATE TABLE IF NOT EXISTS before_it (id int)", ""),
            ("r1", &up, ""),
        ])
        .run_pending(&db.url)
        .await;
        match result {
            Ok(_) => assert!(ok),
            Err(error) => {
                let error = format!("{error:#}");
                assert!(
                    !ok && error.contains("max_allowed_packet") && error.contains("r1"),
                    "{error}"
                );
                assert!(error.len() < 1000 && error.contains("nothing was run"), "{error}");
                assert!(db.tables().await.is_empty());
                continue;
            }
        }
        db.execute("DROP TABLE t, before_it, ambix_history, ambix_history_lock").await;
    }
}

/// The migration lock is a lock of the session.
#[tokio::test]
async fn a_statement_that_gives_up_all_locks_is_refused() {
    let db = fresh().await;
    for statement in [
        "SELECT RELEASE_ALL_LOCKS()",
        "DO release_all_locks ( )",
        "SET @n = (SELECT RELEASE_ALL_LOCKS())",
        "INSERT INTO t SELECT 1, RELEASE_ALL_LOCKS()",
    ] {
        let up = format!("CREATE TABLE t (id int, n int);\n{statement};");
        let error = migrator(&[("r1", &up, "")]).run_pending(&db.url).await.unwrap_err();
        let error = format!("{error:#}");
        assert!(
            error.starts_with("<r1 up>:2:") && error.contains("would give up the migration lock"),
            "{statement}: {error}"
        );
        assert!(db.tables().await.is_empty(), "{statement}");
    }
    let others = "CREATE TABLE t (release_all_locks text COMMENT 'RELEASE_ALL_LOCKS()');
        INSERT INTO t (release_all_locks) VALUES ('RELEASE_ALL_LOCKS()');
        CREATE PROCEDURE p() DO RELEASE_ALL_LOCKS();
        DO GET_LOCK('mine', 0); DO RELEASE_LOCK('mine');";
    migrator(&[("r1", others, "")]).run_pending(&db.url).await.unwrap();
    assert_eq!(db.column("SELECT release_all_locks FROM t").await, ["RELEASE_ALL_LOCKS()"]);
}

/// The history keeps the down side, so that a message of ours is as long as that.
#[tokio::test]
async fn a_down_side_that_is_too_long_for_the_server_is_named() {
    let db = fresh().await;
    let longest: usize = db.column("SELECT @@GLOBAL.max_allowed_packet").await[0].parse().unwrap();
    // Each quote is sent as two, so that this side fits, and its row does not.
    let down = format!("DO '{}'", "''".repeat(longest / 3));
    for up in ["CREATE TABLE t (id int)", "DO 1"] {
        let steps = migrator(&[("r1", up, &down)]);
        let error = format!("{:#}", steps.run_pending(&db.url).await.unwrap_err());
        for part in ["the history keeps the down side", "max_allowed_packet", "nothing was run"] {
            assert!(error.contains(part), "{error:.500}");
        }
        assert!(error.len() < 1000 && !db.tables().await.contains(&"t".to_owned()));
    }
}

#[tokio::test]
async fn a_url_without_a_database_says_where_to_write_it() {
    let url = crate::setup::server();
    let (server, _) = url.rsplit_once('/').unwrap();
    for url in [server.to_owned(), format!("{server}/")] {
        let steps = migrator(&[("r1", "CREATE TABLE t (id integer)", "")]);
        let error = format!("{:#}", steps.run_pending(&url).await.unwrap_err());
        assert!(error.contains("mysql://HOST:PORT/DATABASE"), "{error}");
        let error = format!("{:#}", ambix::databases::create(&url).await.unwrap_err());
        assert!(error.contains("mysql://HOST:PORT/DATABASE"), "{error}");
    }
}
