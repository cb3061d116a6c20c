//! The pools of the drivers as those of tests.

use sqlx::pool::PoolConnection;

use super::{FromPool, TestPool};
use crate::database::{
    BoxFuture, sealed,
    sqlx_session::{SqlxDriver, explain},
};

impl<DB: SqlxDriver> sealed::Sealed for PoolConnection<DB> {}

impl<DB: SqlxDriver> FromPool for PoolConnection<DB>
where
    sqlx::Pool<DB>: TestPool,
{
    type Pool = sqlx::Pool<DB>;
    fn from_pool(pool: &sqlx::Pool<DB>) -> BoxFuture<'_, crate::error::Result<Self>> {
        Box::pin(async move {
            let taken = pool.acquire().await;
            taken.map_err(|error| explain::<DB>(error).doing("taking a connection for the test"))
        })
    }
}

/// Makes a driver's pool one that a test can have.
macro_rules! test_pool {
    ($pool:ty, $options:ty, $scheme:literal, $read:expr) => {
        impl $crate::database::sealed::Sealed for $pool {}
        impl $crate::database::testkit::TestPool for $pool {
            const SCHEME: &'static str = $scheme;
            fn open(url: &str, connections: u32) -> $crate::Result<Self> {
                // A test is short: nothing is gained by closing connections that are idle.
                let options = <$options>::new()
                    .max_connections(connections)
                    .idle_timeout(None)
                    .max_lifetime(None);
                Ok(options.connect_lazy_with($read(url)?.options))
            }
            fn end(&self) -> $crate::database::BoxFuture<'_, ()> {
                Box::pin(self.close())
            }
        }
        impl $crate::database::testkit::FromPool for $pool {
            type Pool = $pool;
            fn from_pool(pool: &$pool) -> $crate::database::BoxFuture<'_, $crate::Result<Self>> {
                Box::pin(async { Ok(pool.clone()) })
            }
        }
    };
}
pub(crate) use test_pool;
