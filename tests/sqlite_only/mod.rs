//! What only SQLite has: foreign keys that are switched.

mod files;
mod foreign_keys;
