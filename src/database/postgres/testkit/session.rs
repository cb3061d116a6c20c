//! The driver for the test kit: its pool.

use super::super::session::read;
use crate::database::testkit::pool::test_pool;

test_pool!(sqlx::PgPool, sqlx::postgres::PgPoolOptions, "postgres", read);
