//! What a test function may ask for.

use super::TestDatabase;
use crate::{
    database::{
        BoxFuture, sealed,
        testkit::{FromPool, TestPool},
    },
    error::Result,
};

/// An argument of a test function: a pool by value, a connection of it (`PoolConnection<Postgres>`), or the
/// [`TestDatabase`] by reference.
#[diagnostic::on_unimplemented(
    message = "a test gets no `{Self}`",
    label = "not an argument of a test",
    note = "it gets a `PgPool`, `MySqlPool` or `SqlitePool`, a `PoolConnection` of one, or a `&TestDatabase<PgPool>`, where the \
            database's feature is on"
)]
pub trait TestArgument<'d>: Sized + sealed::Sealed {
    /// The pool of the database that it is taken from.
    type Pool: TestPool;
    /// Takes it from the database of the test.
    fn take(database: &'d TestDatabase<Self::Pool>) -> BoxFuture<'d, Result<Self>>;
}

impl<'d, T: FromPool> TestArgument<'d> for T {
    type Pool = T::Pool;
    fn take(database: &'d TestDatabase<T::Pool>) -> BoxFuture<'d, Result<Self>> {
        T::from_pool(database.pool())
    }
}

impl<P: TestPool> sealed::Sealed for &TestDatabase<P> {}

impl<'d, P: TestPool> TestArgument<'d> for &'d TestDatabase<P> {
    type Pool = P;
    fn take(database: &'d TestDatabase<P>) -> BoxFuture<'d, Result<Self>> {
        Box::pin(async move { Ok(database) })
    }
}
