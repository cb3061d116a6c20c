//! A large schema, hostile names and all: inspected, drafted, applied and inspected again it is the same.

use ambix::{
    Migration, Migrations, Migrator,
    draft::{DraftOptions, difference},
};

use crate::setup::fresh;

const SQL: &str = include_str!("../fixtures/draft/sqlite.sql");

fn migrator(migrations: &[Migration]) -> Migrator {
    let migrations = Migrations::new(migrations.iter().cloned()).unwrap();
    Migrator::from_migrations(migrations).unwrap().schema_sql(SQL)
}

#[tokio::test]
async fn a_large_schema_comes_back_as_it_is() {
    let written = fresh().await;
    written.execute(SQL).await;
    let expected = migrator(&[]).inspect(&written.pool).await.unwrap();
    assert!(expected.tables.len() >= 35 && expected.uncovered.is_empty());
    let draft = migrator(&[]).check(&written.pool, DraftOptions::new()).await.unwrap();
    assert!(draft.is_empty(), "{draft}");

    let drafted = fresh().await;
    let draft = migrator(&[]).draft(&drafted.pool, DraftOptions::new()).await.unwrap();
    let first = Migration::new("r1", "all").up(&draft.up).down(&draft.down);
    migrator(std::slice::from_ref(&first)).run_pending(&drafted.pool).await.unwrap();
    let found = migrator(&[]).inspect(&drafted.pool).await.unwrap();
    let changes = difference(&expected, &found);
    assert!(changes.is_empty(), "{changes:#?}");
    for (a, b) in expected.tables.iter().zip(&found.tables) {
        assert_eq!(a, b);
    }
    // And the way back takes all of it away.
    migrator(&[first]).downgrade(&drafted.pool, "base").await.unwrap();
    assert!(drafted.tables().await.is_empty());
}

/// Every table is recreated once: with a column more, and without it again.
#[tokio::test]
async fn a_table_that_is_made_anew_is_the_same() {
    let db = fresh().await;
    db.execute(SQL).await;
    let before = migrator(&[]).inspect(&db.pool).await.unwrap();
    let mut wanted = before.clone();
    for table in &mut wanted.tables {
        // Nothing but a table recreated has it.
        let column = ambix::schema::Column::new("stored", ambix::schema::Type::sql("TEXT"));
        table.columns.push(column.generated("'x' || 'y'"));
    }
    let models = Migrator::from_migrations(Migrations::default()).unwrap().models(wanted);
    let draft = models.draft(&db.pool, DraftOptions::new()).await.unwrap();
    assert_eq!(draft.changes.len(), before.tables.len());
    let anew = draft.up.matches("recreates the table").count();
    assert_eq!(anew, before.tables.len(), "{}", draft.up);
    let first = Migration::new("r1", "all").up(&draft.up).down(&draft.down);
    let all = Migrations::new([first]).unwrap();
    let migrator = Migrator::from_migrations(all).unwrap().allow_existing(true);
    migrator.run_pending(&db.pool).await.unwrap();
    migrator.downgrade(&db.pool, "base").await.unwrap();
    let after = migrator.inspect(&db.pool).await.unwrap();
    for (a, b) in before.tables.iter().zip(&after.tables) {
        assert_eq!(a, b);
    }
}
