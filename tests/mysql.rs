//! The behaviour suite on this database.
#![cfg(feature = "mysql")]

mod support;

#[path = "support/mysql.rs"]
mod setup;

mod suite;
