//! The behaviour suite on this database.
#![cfg(feature = "postgres")]

mod support;

#[path = "support/postgres.rs"]
mod setup;

#[path = "support/postgres_flavor.rs"]
mod flavor;

mod suite;

mod postgres_only;
