//! A large schema, hostile names and all: inspected, drafted, applied and inspected again it is the same.

use ambix::{
    Migration, Migrations, Migrator,
    draft::{DraftOptions, difference},
};

use crate::setup::fresh;

const SQL: &str = include_str!("../fixtures/draft/mysql.sql");

fn migrator(migrations: &[Migration]) -> Migrator {
    let migrations = Migrations::new(migrations.iter().cloned()).unwrap();
    Migrator::from_migrations(migrations).unwrap().schema_sql(SQL)
}

#[tokio::test]
async fn a_large_schema_comes_back_as_it_is() {
    let written = fresh().await;
    written.execute(SQL).await;
    let expected = migrator(&[]).inspect(&written.pool).await.unwrap();
    assert!(expected.tables.len() >= 40 && expected.uncovered.is_empty());
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
