//! The behaviour suite on this database.
#![cfg(feature = "sqlite")]

mod support;

#[path = "support/sqlite.rs"]
mod setup;

mod suite;
