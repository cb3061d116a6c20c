//! A draft that is interrupted, wherever that is, leaves nothing in the database.

use std::time::Duration;

use ambix::{
    DraftOptions, Migrations, Migrator,
    schema::{Column, Schema, Table, Type},
};

use crate::setup::{self, Fresh, SCHEME};

/// Schemas and databases that are scratch places.
async fn places(db: &Fresh) -> Vec<String> {
    let sql = match SCHEME {
        "postgres" => {
            "SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'ambix\\_scratch%' UNION ALL \
             SELECT datname::text FROM pg_database WHERE datname LIKE 'ambix\\_scratch%'"
        }
        "mysql" => {
            "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 'ambix\\_scratch%'"
        }
        _ => return Vec::new(),
    };
    db.column(sql).await
}

/// Scratch places that stay. Those of other tests, which run at the same time, are soon gone, and the server may need a moment
/// to see that a client is.
pub async fn left(db: &Fresh) -> Vec<String> {
    let mut left = places(db).await;
    for _ in 0..300 {
        if left.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = places(db).await;
        left.retain(|place| now.contains(place));
    }
    left
}

#[tokio::test]
async fn a_draft_that_is_dropped_leaves_nothing() {
    let db = setup::fresh().await;
    let tables = (0..5).map(|number| {
        Table::new(format!("t{number}"))
            .column(Column::new("id", Type::Integer).not_null())
            .primary_key(["id"])
    });
    let models = tables.fold(Schema::new(), Schema::table);
    let migrator = Migrator::from_migrations(Migrations::default()).unwrap().models(models);
    let (mut dropped, mut done) = (0, 0);
    for step in 0..60u64 {
        let draft = migrator.draft(&db.pool, DraftOptions::new());
        match tokio::time::timeout(Duration::from_micros(step * step * 40), draft).await {
            Ok(draft) => {
                assert!(!draft.unwrap().is_empty());
                done += 1;
            }
            Err(_) => dropped += 1,
        }
    }
    assert!(dropped > 0, "no draft was interrupted, {done} were done");
    assert!(db.tables().await.is_empty());
    assert_eq!(left(&db).await, Vec::<String>::new());
    // And the next one works.
    migrator.draft(&db.pool, DraftOptions::new()).await.unwrap();
}
