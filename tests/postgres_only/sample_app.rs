//! The models of the sample app are what its migrations make.

#[path = "../models/guide.rs"]
mod guide;

use crate::setup::fresh;

#[tokio::test]
async fn the_migrations_of_the_sample_app_make_its_models() {
    let db = fresh().await;
    let migrator = ambix::Migrator::from_path(crate::flavor::SAMPLE).unwrap();
    let migrator = migrator.models(guide::all());
    migrator.run_pending(&db.pool).await.unwrap();
    let draft = migrator.draft(&db.pool, ambix::draft::DraftOptions::new()).await.unwrap();
    assert!(draft.is_empty(), "{}", draft.up);
}
