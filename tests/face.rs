//! What the types of the public face promise, checked by the compiler.
#![cfg(feature = "sqlite")]

use ambix::{Error, Migrations, Migrator, Report, Target};
use sqlx::SqlitePool;

fn is_send<T: Send>(value: T) -> T {
    value
}

fn is_value<T: Clone + Send + Sync + std::fmt::Debug + 'static>() {}

#[test]
fn values_can_be_shared() {
    is_value::<Migrator>();
    is_value::<Report>();
    is_value::<Target>();
    is_value::<Migrations>();
    fn is_error<T: std::error::Error + Send + Sync + 'static>() {}
    is_error::<Error>();
}

/// A service spawns its start, so every verb's future must be `Send`.
#[tokio::test]
async fn verbs_can_be_spawned() {
    let migrator = Migrator::from_migrations(Migrations::default()).unwrap();
    let pool = &SqlitePool::connect_lazy("sqlite::memory:").unwrap();
    let second = std::time::Duration::from_secs(1);
    is_send(migrator.run_pending(pool)).await.unwrap();
    is_send(migrator.run_pending("sqlite::memory:")).await.unwrap_err();
    is_send(migrator.run_pending(&mut *pool.acquire().await.unwrap())).await.unwrap();
    is_send(migrator.upgrade(pool, "heads")).await.unwrap();
    is_send(migrator.downgrade(pool, "base")).await.unwrap();
    is_send(migrator.reset(pool)).await.unwrap();
    is_send(migrator.stamp(pool, "heads")).await.unwrap();
    is_send(migrator.plan(pool, "heads")).await.unwrap();
    is_send(migrator.wait(pool, "heads", second)).await.unwrap();
    is_send(migrator.current(pool)).await.unwrap();
    is_send(migrator.history(pool)).await.unwrap();
    is_send(migrator.status(pool)).await.unwrap();
    is_send(migrator.verify(pool)).await.unwrap();
    is_send(migrator.repair(pool, [])).await.unwrap();
}
