//! The driver for the test kit: its pool.

use sqlx::sqlite::SqliteSynchronous;

use super::super::session::read;
use crate::{
    database::{connector::ConnectTarget, testkit::pool::test_pool},
    error::Result,
};

test_pool!(sqlx::SqlitePool, sqlx::sqlite::SqlitePoolOptions, "sqlite", read_for_test);

/// What a test writes need not outlive the machine.
fn read_for_test(url: &str) -> Result<ConnectTarget<sqlx::Sqlite>> {
    let options = read(url)?.options;
    Ok(ConnectTarget::new(options.synchronous(SqliteSynchronous::Off)))
}
