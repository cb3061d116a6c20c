//! Every operation fails once, in every way: a plain run afterwards ends where an undisturbed one does.
#![allow(clippy::unwrap_used)] // A helper's panic is a test's failure.
#![allow(clippy::duplicate_mod)] // One source of tests for the three databases.
#![allow(unreachable_pub)] // What is shared in a test binary is `pub` in its module.

mod support;

#[path = "faults/drawn.rs"]
mod drawn;
#[path = "faults/model.rs"]
mod model;
#[cfg(feature = "mysql")]
#[path = "faults/mysql.rs"]
mod mysql;
#[path = "faults/pair.rs"]
mod pair;
#[cfg(feature = "postgres")]
#[path = "faults/postgres.rs"]
mod postgres;
#[cfg(feature = "sqlite")]
#[path = "faults/sqlite.rs"]
mod sqlite;
