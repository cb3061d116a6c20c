//! What the server, the database, the role and the URL set holds in migrations: as in psql, and in the script.

use ambix::{Migration, Migrations, Migrator};
use sqlx::{Connection as _, postgres::PgConnectOptions};

use crate::{
    setup::{Connection, Fresh, fresh},
    support::{migrator, shell_of, unique},
};

/// What depends on the settings, as values of a table.
const PROBE: &str = "CREATE TABLE probe (zone text, style text, seconds text, day text, floats text);\n\
    INSERT INTO probe VALUES (current_setting('TimeZone'), current_setting('DateStyle'), \
    extract(epoch FROM '2025-06-01 12:00'::timestamptz)::bigint, to_char('03/04/2025'::date, 'YYYY-MM-DD'), \
    current_setting('extra_float_digits'));\n";

const SEEN: &str = "SELECT concat_ws('|', zone, style, seconds, day, floats) FROM probe";

fn probe() -> Migrator {
    migrator(&[("r1", PROBE, "DROP TABLE probe"), ("r2", "SELECT 1", "SELECT 1")])
}

async fn seen(db: &Fresh) -> String {
    let mut rows = db.column(SEEN).await;
    db.execute("DROP TABLE probe; DROP TABLE IF EXISTS ambix_history, ambix_history_lock").await;
    rows.pop().unwrap_or_default()
}

/// What psql and the script make of it.
async fn by_hand(db: &Fresh, url: &str, script: &str) -> String {
    let output = shell_of("psql", &["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url], script);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    seen(db).await
}

#[tokio::test]
async fn the_transaction_of_a_script_is_that_of_a_run() {
    let db = fresh().await;
    db.execute(&format!(
        "ALTER DATABASE \"{}\" SET default_transaction_isolation TO 'serializable'",
        db.name
    ))
    .await;
    let probe = "CREATE TABLE probe AS SELECT current_setting('transaction_isolation') AS zone, '' AS style, \
                 '' AS seconds, '' AS day, '' AS floats";
    let migrator = migrator(&[("r1", probe, "")]);
    migrator.run_pending(&db.url).await.unwrap();
    let of_run = seen(&db).await;
    assert_eq!(of_run, "read committed||||");
    let script = migrator.script(&db.url, "base", "heads").unwrap();
    assert_eq!(by_hand(&db, &db.url, &script).await, of_run);
}

#[tokio::test]
async fn the_settings_of_the_database_and_role_hold() {
    let role = unique("ambix_settings");
    let first = fresh().await;
    first.execute(&format!("CREATE ROLE {role} LOGIN SUPERUSER")).await;
    first.execute(&format!("CREATE ROLE {role}_plain LOGIN")).await;
    for settings in [
        &[][..],
        &["ALTER DATABASE {db} SET TimeZone TO 'Europe/Berlin'"],
        &["ALTER DATABASE {db} SET TimeZone TO '-03:30'"],
        &["ALTER DATABASE {db} SET DateStyle TO 'SQL, DMY'"],
        &[
            "ALTER DATABASE {db} SET datestyle TO 'German'",
            "ALTER DATABASE {db} SET timezone TO 'Asia/Kathmandu'",
        ],
        &[
            "ALTER ROLE {role} SET TimeZone TO 'America/New_York'",
            "ALTER ROLE {role}_plain SET TimeZone TO 'America/New_York'",
        ],
        &[
            "ALTER ROLE {role} SET DateStyle TO 'Postgres, DMY'",
            "ALTER ROLE {role}_plain SET DateStyle TO 'Postgres, DMY'",
        ],
        &[
            "ALTER DATABASE {db} SET TimeZone TO 'Asia/Tokyo'",
            "ALTER ROLE {role} SET TimeZone TO 'Europe/Paris'",
        ],
        &[
            "ALTER ROLE {role} SET TimeZone TO 'Europe/Paris'",
            "ALTER ROLE {role} IN DATABASE {db} SET TimeZone TO 'Europe/Oslo'",
            "ALTER ROLE {role}_plain IN DATABASE {db} SET TimeZone TO 'Europe/Oslo'",
        ],
        &[
            "ALTER ROLE {role} SET extra_float_digits TO 0",
            "ALTER DATABASE {db} SET extra_float_digits TO 3",
        ],
        &["ALTER DATABASE {db} SET IntervalStyle TO 'iso_8601'"],
    ] {
        let db = fresh().await;
        db.execute("GRANT ALL ON SCHEMA public TO PUBLIC").await;
        for setting in settings {
            let sql = setting.replace("{db}", &format!("\"{}\"", db.name)).replace("{role}", &role);
            db.execute(&sql).await;
        }
        for user in [role.clone(), format!("{role}_plain")] {
            let url = db.url.replace("postgres@", &format!("{user}@"));
            let expected = by_hand(&db, &url, PROBE).await;
            let what = format!("{settings:?} as {user}");
            probe().run_pending(&url).await.unwrap();
            assert_eq!(seen(&db).await, expected, "a URL: {what}");
            let script = probe().script(&url, "base", "heads").unwrap();
            assert_eq!(by_hand(&db, &url, &script).await, expected, "the script: {what}");
            let options: PgConnectOptions = url.parse().unwrap();
            let pool = sqlx::PgPool::connect_with(options.clone()).await.unwrap();
            probe().run_pending(&pool).await.unwrap();
            assert_eq!(seen(&db).await, expected, "beside a pool: {what}");
            pool.close().await;
            let mut lent = Connection::connect_with(&options).await.unwrap();
            let before = crate::setup::settings(&mut lent).await;
            probe().run_pending(&mut lent).await.unwrap();
            assert_eq!(
                crate::setup::settings(&mut lent).await,
                before,
                "a lent connection after it: {what}"
            );
            assert_eq!(seen(&db).await, expected, "a lent connection: {what}");
            lent.close().await.unwrap();
        }
        for user in [role.clone(), format!("{role}_plain")] {
            first.execute(&format!("ALTER ROLE {user} RESET ALL")).await;
            db.execute(&format!("DROP OWNED BY {user}")).await;
        }
    }
    first.execute(&format!("DROP ROLE {role}, {role}_plain")).await;
}

/// Each migration begins with the settings, whatever the one before it has left.
#[tokio::test]
async fn the_settings_come_back_after_a_migration_that_changes_them() {
    let db = fresh().await;
    db.execute(&format!("ALTER DATABASE \"{}\" SET TimeZone TO 'Europe/Berlin'", db.name)).await;
    let list = [
        ("r1", "CREATE TABLE zones (zone text)"),
        (
            "r2",
            "SET TimeZone = 'Asia/Tokyo'; INSERT INTO zones VALUES (current_setting('TimeZone'))",
        ),
        (
            "r3",
            "INSERT INTO zones VALUES (current_setting('TimeZone')); RESET TimeZone; SET DateStyle = 'German'",
        ),
        (
            "r4",
            "INSERT INTO zones VALUES (current_setting('TimeZone') || current_setting('DateStyle')); RESET ALL",
        ),
        ("r5", "INSERT INTO zones VALUES (current_setting('TimeZone'))"),
    ];
    let made =
        || Migrations::new(list.map(|(revision, up)| Migration::new(revision, "").up(up))).unwrap();
    let expected = ["Asia/Tokyo", "Europe/Berlin", "Europe/BerlinISO, MDY", "Europe/Berlin"];
    Migrator::from_migrations(made()).unwrap().run_pending(&db.url).await.unwrap();
    assert_eq!(db.column("SELECT zone FROM zones").await, expected);
    db.execute("DROP TABLE zones, ambix_history, ambix_history_lock").await;
    let mut lent = Connection::connect(&db.url).await.unwrap();
    Migrator::from_migrations(made()).unwrap().run_pending(&mut lent).await.unwrap();
    assert_eq!(db.column("SELECT zone FROM zones").await, expected);
}

/// Parameters of the URL: a setting, or the schema in other programs' words.
#[tokio::test]
async fn the_parameters_of_the_url_hold() {
    for (parameters, expected) in [
        ("search_path=side", "side"),
        ("search_path=side,public", "side"),
        ("search_path=%22Other%20one%22,side", "Other one"),
        ("schema=side", "side"),
        ("schema=Other%20one", "Other one"),
        ("currentSchema=side", "side"),
        ("options=-c%20search_path%3Dside", "side"),
        ("options[search_path]=side", "side"),
        ("options=--search_path%3Dside", "side"),
        (
            "sslmode=disable&connect_timeout=7&channel_binding=prefer&target_session_attrs=read-write&schema=side",
            "side",
        ),
    ] {
        let db = fresh().await;
        db.execute("CREATE SCHEMA side; CREATE SCHEMA \"Other one\"").await;
        let url = format!("{}?{parameters}", db.url);
        let migrator = migrator(&[("r1", "CREATE TABLE gate (n int)", "DROP TABLE gate")]);
        migrator.run_pending(&url).await.unwrap();
        assert!(migrator.run_pending(&url).await.unwrap().is_noop(), "{parameters}");
        let places =
            "SELECT schemaname::text FROM pg_tables WHERE tablename IN ('gate', 'ambix_history')";
        assert_eq!(db.column(places).await, [expected, expected], "{parameters}");
    }
    for (parameters, zone, style) in [
        ("TimeZone=Europe%2FBerlin", "Europe/Berlin", "ISO, MDY"),
        ("timezone=Europe/Berlin", "Europe/Berlin", "ISO, MDY"),
        ("options=-c%20TimeZone%3DEurope/Berlin", "Europe/Berlin", "ISO, MDY"),
        (
            "options=-cTimeZone%3DEurope/Berlin%20-c%20DateStyle%3DSQL,%5C%20DMY",
            "Europe/Berlin",
            "SQL, DMY",
        ),
        (
            "options[timezone]=Asia/Tokyo&options[datestyle]=German, DMY",
            "Asia/Tokyo",
            "German, DMY",
        ),
    ] {
        let db = fresh().await;
        db.execute(&format!("ALTER DATABASE \"{}\" SET TimeZone TO 'America/Lima'", db.name)).await;
        probe().run_pending(&format!("{}?{parameters}", db.url)).await.unwrap();
        let row = db.column("SELECT zone || '|' || style FROM probe").await;
        assert_eq!(row, [format!("{zone}|{style}")], "{parameters}");
    }
}
