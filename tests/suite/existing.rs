//! A database that has tables or another tool's history, and none of ours, is not migrated from the start.

use ambix::{
    Error, Migrator, Target,
    adopt::{Adopt, Tool},
    error::ExistingTables,
};

use crate::{
    setup::{Fresh, SCHEME, fresh},
    support::{migrator, revisions, three},
};

/// The history tables of tools, with their columns, and the tool's name in the message.
const TABLES: [(&str, &str, &str); 24] = [
    (
        "_sqlx_migrations",
        "version, description, installed_on, success, checksum, execution_time",
        "sqlx",
    ),
    ("alembic_version", "version_num", "alembic"),
    (
        "flyway_schema_history",
        "installed_rank, version, description, type, script, checksum, success",
        "flyway",
    ),
    ("__diesel_schema_migrations", "version, run_on", "diesel"),
    ("refinery_schema_history", "version, name, applied_on, checksum", "refinery"),
    ("seaql_migrations", "version, applied_at", "sea-orm"),
    ("schema_migrations", "version, dirty", "golang-migrate"),
    ("schema_migrations", "version", "dbmate"),
    ("schema_migrations", "version, inserted_at", "golang-migrate, dbmate, Rails and others"),
    ("_prisma_migrations", "id, checksum, finished_at, migration_name", "Prisma"),
    ("databasechangelog", "id, author, filename", "Liquibase"),
    ("DATABASECHANGELOG", "ID, AUTHOR, FILENAME", "Liquibase"),
    ("goose_db_version", "id, version_id, is_applied, tstamp", "goose"),
    ("ar_internal_metadata", "name, created_at", "Rails"),
    ("django_migrations", "id, app, name, applied", "Django"),
    ("atlas_schema_revisions", "version, description, applied", "Atlas"),
    ("knex_migrations", "id, name, batch, migration_time", "Knex"),
    ("migrations", "id, timestamp, name", "TypeORM, Laravel and others"),
    ("__drizzle_migrations", "id, hash, created_at", "drizzle"),
    ("SequelizeMeta", "name", "Sequelize"),
    ("__EFMigrationsHistory", "migration_id, product_version", "Entity Framework"),
    // Under another name, by its columns.
    (
        "our_migrations",
        "version, description, installed_on, success, checksum, execution_time",
        "sqlx",
    ),
    ("app_alembic", "version_num", "alembic"),
    (
        "history_of_flyway",
        "installed_rank, version, description, type, script, checksum, success",
        "flyway",
    ),
];

/// A statement that makes a table with these columns, whatever the database calls them.
async fn make(db: &Fresh, name: &str, columns: &str) {
    let name = if SCHEME == "mysql" { format!("`{name}`") } else { format!("\"{name}\"") };
    let columns = columns.replace(", ", " varchar(90), ");
    db.execute(&format!("CREATE TABLE {name} ({columns} varchar(90))")).await;
}

fn existing(error: &Error, what: &str) -> ExistingTables {
    match error {
        Error::ExistingTables(existing) => (**existing).clone(),
        error => panic!("{what}: {error}"),
    }
}

/// All verbs that would begin from base refuse, and nothing is made.
async fn refused(db: &Fresh, migrator: &Migrator, what: &str) -> ExistingTables {
    let found = existing(&migrator.run_pending(&db.pool).await.unwrap_err(), what);
    for error in [
        migrator.upgrade(&db.pool, "+1").await.unwrap_err(),
        migrator.plan(&db.pool, "heads").await.unwrap_err(),
        migrator.status(&db.pool).await.unwrap_err(),
        migrator.verify(&db.pool).await.unwrap_err(),
    ] {
        assert_eq!(existing(&error, what), found, "{what}");
        assert!(format!("{error:#}").contains("nothing was run"), "{what}: {error}");
    }
    let tables = db.tables().await;
    assert!(
        !tables.iter().any(|name| name == "t2" || name == "ambix_history"),
        "{what}: {tables:?}"
    );
    found
}

#[tokio::test]
async fn another_tools_history_is_not_run_over() {
    for (table, columns, tool) in TABLES {
        let db = fresh().await;
        make(&db, table, columns).await;
        make(&db, "users", "id, name").await;
        let migrator = three();
        let found = refused(&db, &migrator, table).await;
        assert_eq!(found.tool.as_deref(), Some(tool), "{table}");
        assert!(found.tables.iter().all(|name| name.ends_with(table)), "{found:?}");
        let adoptable = Tool::ALL.iter().find(|known| known.name() == tool);
        assert_eq!(found.adopt.as_deref(), adoptable.map(|tool| tool.name()), "{table}");
        let report = migrator.allow_existing(true).run_pending(&db.pool).await.unwrap();
        assert_eq!(report.steps.len(), 3, "{table}");
    }
}

#[tokio::test]
async fn existing_tables_without_a_history_are_not_run_over() {
    let table = "CREATE TABLE old (id integer)";
    for (what, ddl) in [
        ("a table", vec![table]),
        ("a view", vec!["CREATE VIEW seen AS SELECT 1 AS x"]),
        (
            "some",
            vec![table, "CREATE TABLE older (id integer)", "CREATE VIEW seen AS SELECT 1 AS x"],
        ),
    ] {
        let db = fresh().await;
        for statement in &ddl {
            db.execute(statement).await;
        }
        let found = refused(&db, &three(), what).await;
        assert_eq!((found.tool, found.adopt), (None, None), "{what}");
    }
}

#[tokio::test]
async fn the_ways_on_lead_on() {
    // A revision that the schema is at.
    let db = fresh().await;
    db.execute("CREATE TABLE t1 (id integer PRIMARY KEY)").await;
    refused(&db, &three(), "before the stamp").await;
    three().stamp(&db.pool, "r1").await.unwrap();
    assert_eq!(revisions(&three().run_pending(&db.pool).await.unwrap()), ["r2", "r3"]);

    // Another tool's history.
    let db = fresh().await;
    db.execute("CREATE TABLE t1 (id integer PRIMARY KEY)").await;
    make(&db, "alembic_version", "version_num").await;
    db.execute("INSERT INTO alembic_version VALUES ('r1')").await;
    refused(&db, &three(), "before adopt").await;
    three().adopt(&db.pool, Adopt::from(Tool::Alembic)).await.unwrap();
    assert_eq!(revisions(&three().run_pending(&db.pool).await.unwrap()), ["r2", "r3"]);

    // An empty history table that somebody else has made says nothing of what exists.
    let db = fresh().await;
    db.execute("CREATE TABLE old (id integer)").await;
    assert!(three().ensure_history(&db.pool).await.unwrap());
    existing(&three().run_pending(&db.pool).await.unwrap_err(), "an empty history");

    // What was taken back may come again, whatever else there is by then.
    let db = fresh().await;
    three().run_pending(&db.pool).await.unwrap();
    three().downgrade(&db.pool, Target::base()).await.unwrap();
    db.execute("CREATE TABLE other (id integer)").await;
    assert_eq!(three().run_pending(&db.pool).await.unwrap().steps.len(), 3);

    // Nothing would run.
    let db = fresh().await;
    db.execute("CREATE TABLE old (id integer)").await;
    assert!(migrator(&[]).run_pending(&db.pool).await.unwrap().is_noop());
}

#[tokio::test]
async fn sets_of_migrations_live_beside_each_other() {
    let app = || three();
    let library =
        || migrator(&[("l1", "CREATE TABLE lib (id integer)", "")]).history_table("lib_history");
    // Whichever is first.
    let db = fresh().await;
    app().run_pending(&db.pool).await.unwrap();
    assert_eq!(revisions(&library().run_pending(&db.pool).await.unwrap()), ["l1"]);
    let db = fresh().await;
    library().run_pending(&db.pool).await.unwrap();
    assert_eq!(app().run_pending(&db.pool).await.unwrap().steps.len(), 3);

    // An app that has come from another tool keeps that one's table; a library beside it is not held up.
    let db = fresh().await;
    make(&db, "alembic_version", "version_num").await;
    db.execute("INSERT INTO alembic_version VALUES ('r1')").await;
    app().adopt(&db.pool, Adopt::from(Tool::Alembic)).await.unwrap();
    assert_eq!(revisions(&library().run_pending(&db.pool).await.unwrap()), ["l1"]);

    // The app's own earlier tool is not the library's.
    let db = fresh().await;
    make(&db, "alembic_version", "version_num").await;
    existing(&library().run_pending(&db.pool).await.unwrap_err(), "the library alone");
    library().allow_existing(true).run_pending(&db.pool).await.unwrap();
    let found = refused_app(&db, &app()).await;
    assert_eq!(found.tool.as_deref(), Some("alembic"));
}

/// The app's history is not there, but a library's is.
async fn refused_app(db: &Fresh, app: &Migrator) -> ExistingTables {
    let error = app.run_pending(&db.pool).await.unwrap_err();
    assert!(!db.tables().await.contains(&"t1".to_owned()));
    existing(&error, "the app")
}

/// A dump that is loaded over its own database says itself what goes.
#[tokio::test]
async fn what_a_migration_drops_it_knows_of() {
    for (ups, is_refused) in [
        (
            [
                "DROP TABLE IF EXISTS old; CREATE TABLE old (id integer)",
                "CREATE TABLE t1 (id integer)",
            ],
            false,
        ),
        (["CREATE TABLE t1 (id integer)", "DROP TABLE old"], false),
        (["CREATE TABLE t1 (id integer)", "drop /* the */ table old"], false),
        (["CREATE TABLE t1 (id integer)", "DROP TABLE t1"], true),
        (["CREATE TABLE t1 (id integer); -- DROP TABLE old", "SELECT 1"], true),
        (["-- DROP TABLE old\nCREATE TABLE t1 (id integer)", "SELECT 1"], true),
        (["CREATE TABLE t1 (v varchar(20))", "INSERT INTO t1 VALUES ('DROP TABLE old')"], true),
        (["CREATE TABLE t1 (id integer)", "INSERT INTO t1 SELECT id FROM old"], true),
    ] {
        let db = fresh().await;
        db.execute("CREATE TABLE old (id integer)").await;
        let two = migrator(&[("r1", ups[0], ""), ("r2", ups[1], "")]);
        match two.run_pending(&db.pool).await {
            Ok(report) => assert!(!is_refused && report.steps.len() == 2, "{ups:?}"),
            Err(error) => {
                assert!(is_refused, "{ups:?}: {error}");
                assert_eq!(existing(&error, "dropped").tool, None);
            }
        }
    }
}
