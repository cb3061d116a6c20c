//! The behaviour suite on this database.
#![cfg(feature = "sqlite")]

mod support;

#[path = "support/sqlite.rs"]
mod setup;

#[path = "support/sqlite_flavor.rs"]
mod flavor;

mod suite;

mod sqlite_only;
