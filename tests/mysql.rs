//! The behaviour suite on this database.
#![cfg(feature = "mysql")]

mod support;

#[path = "support/mysql.rs"]
mod setup;

#[path = "support/mysql_flavor.rs"]
mod flavor;

mod suite;

mod mysql_only;
