//! What only SQLite has: foreign keys that are switched; and the guide, which is about SQLite.

mod databases;
mod files;
mod foreign_keys;
#[cfg(feature = "cli")]
mod guide;
