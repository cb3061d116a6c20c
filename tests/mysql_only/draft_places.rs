//! Scratch databases: where a draft makes the models, and that nothing of them stays.

use ambix::{
    Migration, Migrations, Migrator,
    draft::DraftOptions,
    schema::{Column, Schema, Table, Type},
};
use sqlx::{Connection as _, Executor as _};

use crate::{
    setup::{Connection, fresh, server},
    support::unique,
};

fn migrator() -> Migrator {
    let models = Schema::new().table(Table::new("t").column(Column::new("id", Type::Integer)));
    Migrator::from_migrations(Migrations::default()).unwrap().models(models)
}

#[tokio::test]
async fn a_connection_of_the_caller_is_where_it_was() {
    let db = fresh().await;
    let mut connection = Connection::connect(&db.url).await.unwrap();
    let draft = migrator().draft(&mut connection, DraftOptions::new()).await.unwrap();
    assert_eq!(draft.to_string(), "create table t");
    connection.execute("CREATE TABLE here (id int)").await.unwrap();
    assert_eq!(db.tables().await, ["here"]);
    // Also where the models are refused.
    let wrong =
        Migrator::from_migrations(Migrations::default()).unwrap().schema_sql("CREATE nonsense");
    wrong.draft(&mut connection, DraftOptions::new()).await.unwrap_err();
    connection.execute("CREATE TABLE there (id int)").await.unwrap();
    assert_eq!(db.tables().await, ["here", "there"]);
}

/// Locked tables would keep the place from being dropped, and the connection from being of use.
#[tokio::test]
async fn a_migration_that_locks_tables_and_fails_leaves_nothing() {
    let db = fresh().await;
    let mut connection = Connection::connect(&db.url).await.unwrap();
    let list = [
        Migration::new("r1", "a").up("CREATE TABLE a (id int PRIMARY KEY)"),
        Migration::new("r2", "b").up("LOCK TABLES a WRITE; SELECT nothing"),
    ];
    let replay = DraftOptions::new().from_migrations(true);
    let migrator = Migrator::from_migrations(Migrations::new(list).unwrap()).unwrap();
    let migrator = migrator.schema_sql("CREATE TABLE a (id int PRIMARY KEY)");
    let error = migrator.draft(&mut connection, replay).await.unwrap_err();
    assert!(error.to_string().contains("SELECT nothing"), "{error}");
    connection.execute("CREATE TABLE here (id int)").await.unwrap();
    assert_eq!(db.tables().await, ["here"]);
}

#[tokio::test]
async fn what_a_dead_process_has_left_goes_with_the_next_draft() {
    let db = fresh().await;
    let mut holder = Connection::connect(&server()).await.unwrap();
    let (dead, alive) = (unique("ambix_scratch_dead"), unique("ambix_scratch_alive"));
    // Locked first: another test's draft may come along at any time.
    for sql in [
        format!("DO GET_LOCK('{alive}', 0)"),
        format!("CREATE DATABASE {alive}"),
        format!("CREATE DATABASE {dead}"),
    ] {
        holder.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
    }
    migrator().draft(&db.pool, DraftOptions::new()).await.unwrap();
    let left = db
        .column(&format!(
            "SELECT schema_name FROM information_schema.schemata WHERE schema_name IN ('{dead}', '{alive}')"
        ))
        .await;
    let drop = format!("DROP DATABASE {alive}");
    holder.execute(sqlx::AssertSqlSafe(drop)).await.unwrap();
    assert_eq!(left, [alive]);
}

/// The place is like the database: a column without a collation of its own has the same in both.
#[tokio::test]
async fn the_place_has_the_database_s_own_collation() {
    let db = fresh().await;
    db.execute(&format!("ALTER DATABASE {} COLLATE latin1_german2_ci", db.name)).await;
    db.execute("CREATE TABLE t (name varchar(10))").await;
    let migrator = Migrator::from_migrations(Migrations::default()).unwrap();
    let migrator = migrator.schema_sql("CREATE TABLE t (name varchar(10))");
    let pool = db.pool_of(1).await;
    let draft = migrator.check(&pool, DraftOptions::new()).await.unwrap();
    assert!(draft.is_empty(), "{draft}");
}

/// In a place of another name it would change the very database that it names.
#[tokio::test]
async fn a_script_that_names_a_database_is_refused() {
    let db = fresh().await;
    for sql in [
        format!("CREATE TABLE {}.t (id int)", db.name),
        format!("USE {}; CREATE TABLE t (id int)", db.name),
    ] {
        let migrator = Migrator::from_migrations(Migrations::default()).unwrap().schema_sql(sql);
        let error =
            format!("{:#}", migrator.draft(&db.pool, DraftOptions::new()).await.unwrap_err());
        assert!(error.contains(&format!("about the database {}", db.name)), "{error}");
        assert!(db.tables().await.is_empty());
    }
}

/// The `schema` option is a database here: it is what is compared, and where the draft is run.
#[tokio::test]
async fn another_database_by_the_schema_option() {
    let (here, there) = (fresh().await, fresh().await);
    let of = |migrations: &[Migration]| {
        let migrations = Migrations::new(migrations.iter().cloned()).unwrap();
        let models = Schema::new().table(Table::new("t").column(Column::new("id", Type::Integer)));
        Migrator::from_migrations(migrations).unwrap().models(models).schema(&there.name)
    };
    let draft = of(&[]).draft(&here.pool, DraftOptions::new()).await.unwrap();
    let first = Migration::new("r1", "t").up(&draft.up).down(&draft.down);
    of(std::slice::from_ref(&first)).run_pending(&here.pool).await.unwrap();
    assert_eq!((here.tables().await.len(), there.tables().await), (0, vec!["t".to_owned()]));
    let left = of(&[first]).check(&here.pool, DraftOptions::new()).await.unwrap();
    assert!(left.is_empty(), "{left}");
}
