//! What only SQLite has: foreign keys that are switched.

mod databases;
mod files;
mod foreign_keys;
