//! The database itself: made, found, and dropped.
#![allow(clippy::unwrap_used)] // What a test cannot do ends it.

use ambix::databases;
use sqlx::Connection as _;

use crate::{
    setup::{Connection, fresh},
    support::{three, unique},
};

/// The URL of a database that is not there, beside one that is.
fn beside(url: &str, name: &str) -> String {
    let (server, _) = url.rsplit_once('/').unwrap();
    format!("{server}/{name}")
}

#[tokio::test]
async fn a_database_is_made_and_dropped() {
    let db = fresh().await;
    for odd in ["plain", "odd%20name-%22%27%60%C3%BC"] {
        let url = beside(&db.url, &format!("{}{odd}", unique("ambix_made")));
        assert!(!databases::exists(&url).await.unwrap(), "{url}");
        assert!(!databases::drop(&url, false).await.unwrap());
        assert!(databases::create(&url).await.unwrap());
        assert!(!databases::create(&url).await.unwrap(), "it is there");
        assert!(databases::exists(&url).await.unwrap());
        assert_eq!(three().run_pending(&url).await.unwrap().steps.len(), 3);
        assert!(databases::drop(&url, false).await.unwrap());
        assert!(!databases::exists(&url).await.unwrap());
    }
    // The one beside it is as it was.
    assert!(three().run_pending(&db.pool).await.is_ok());
}

#[tokio::test]
async fn a_database_that_is_used_is_dropped_by_force_alone() {
    let db = fresh().await;
    let url = beside(&db.url, &unique("ambix_used"));
    databases::create(&url).await.unwrap();
    let mut user = Connection::connect(&url).await.unwrap();
    sqlx::raw_sql("CREATE TABLE t1 (id integer)").execute(&mut user).await.unwrap();
    if crate::setup::ONE_WRITER {
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut user).await.unwrap();
    }
    let error = format!("{:#}", databases::drop(&url, false).await.unwrap_err());
    assert!(error.contains("`force`"), "{error}");
    assert!(databases::exists(&url).await.unwrap());
    assert!(databases::drop(&url, true).await.unwrap());
    assert!(!databases::exists(&url).await.unwrap());
}

#[tokio::test]
async fn many_make_it_at_once() {
    let db = fresh().await;
    let url = beside(&db.url, &unique("ambix_race"));
    let makers = (0..4).map(|_| {
        let url = url.clone();
        tokio::spawn(async move { databases::create(&url).await })
    });
    let mut made = 0;
    for maker in makers.collect::<Vec<_>>() {
        made += u32::from(maker.await.unwrap().unwrap());
    }
    assert_eq!(made, 1);
    databases::drop(&url, true).await.unwrap();
}

#[tokio::test]
async fn passwords_are_in_no_error() {
    let db = fresh().await;
    let url = beside(&db.url, "none");
    let url = url.replacen("//postgres@127.0.0.1", "//postgres:hunter2@127.0.0.9", 1);
    let url = url.replacen("//root@", "//nobody:hunter2@", 1);
    let url = url.replacen("sqlite://", "sqlite:///nowhere/hunter2?", 1);
    for result in [
        databases::create(&url).await,
        databases::drop(&url, true).await,
        databases::exists(&url).await,
    ] {
        if let Err(error) = result {
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
