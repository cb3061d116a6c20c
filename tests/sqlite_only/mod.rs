//! What only SQLite has: foreign keys that are switched.

mod foreign_keys;
