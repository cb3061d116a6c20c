//! A hot standby: everything that only reads works there, and the rest is refused with a reason.

use std::time::Duration;

use ambix::Error;

use crate::{
    setup::{Fresh, Pool, fresh_on_primary},
    support::{three, variable},
};

/// The database of the same name on the standby, once it has come there.
async fn standby_of(db: &Fresh) -> Pool {
    let url = variable("AMBIX_TEST_POSTGRES_STANDBY_URL");
    assert!(
        url != "unavailable",
        "no standby: set AMBIX_TEST_POSTGRES_STANDBY_URL beside AMBIX_TEST_POSTGRES_URL, or neither"
    );
    let (server, query) = url
        .split_once('?')
        .map_or((url.as_str(), String::new()), |(url, query)| (url, format!("?{query}")));
    let url = format!("{}/{}{query}", server.rsplit_once('/').unwrap().0, db.name);
    let until = std::time::Instant::now() + Duration::from_secs(60);
    loop {
        match sqlx::postgres::PgPoolOptions::new().max_connections(1).connect(&url).await {
            Ok(pool) => return pool,
            Err(error) => {
                assert!(std::time::Instant::now() < until, "the standby does not follow: {error}")
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_standby_can_be_read_and_is_not_migrated() {
    let db = fresh_on_primary().await;
    let migrator = three();
    let standby = standby_of(&db).await;

    // Nothing is there yet.
    assert!(migrator.current(&standby).await.unwrap().revisions.is_empty());
    assert_eq!(migrator.status(&standby).await.unwrap().with("pending").count(), 3);
    assert_eq!(migrator.plan(&standby, "heads").await.unwrap().steps.len(), 3);
    let error = migrator.run_pending(&standby).await.unwrap_err();
    assert!(
        matches!(&error, Error::ReadOnly { problem: why, .. } if why.contains("standby") && why.contains("primary")),
        "{error}"
    );

    // Some is pending.
    migrator.upgrade(&db.pool, "r2").await.unwrap();
    migrator.wait(&standby, "r2", Duration::from_secs(60)).await.unwrap();
    assert_eq!(migrator.current(&standby).await.unwrap().revisions, ["r2"]);
    assert_eq!(migrator.history(&standby).await.unwrap().records.len(), 2);
    let error = migrator.run_pending(&standby).await.unwrap_err();
    assert!(format!("{error:#}").contains("standby"), "{error}");
    let error = migrator.stamp(&standby, "heads").await.unwrap_err();
    assert!(format!("{error:#}").contains("standby"), "{error}");
    let error = migrator.downgrade(&standby, "base").await.unwrap_err();
    assert!(format!("{error:#}").contains("standby"), "{error}");

    // Nothing is pending: a service starts there.
    migrator.run_pending(&db.pool).await.unwrap();
    migrator.wait(&standby, "heads", Duration::from_secs(60)).await.unwrap();
    assert!(migrator.run_pending(&standby).await.unwrap().is_noop());
    assert!(migrator.verify(&standby).await.unwrap().is_ok());
    assert_eq!(migrator.status(&standby).await.unwrap().with("applied").count(), 3);
    standby.close().await;
}
