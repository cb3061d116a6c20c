//! The behaviour suite on this database.
#![cfg(feature = "postgres")]

mod support;

#[path = "support/postgres.rs"]
mod setup;

mod postgres_only;
mod suite;
