//! What only SQLite has: foreign keys that are switched; and the guide, which is about SQLite.

mod databases;
mod draft_files;
mod draft_rebuild;
mod draft_round_trip;
mod draft_scenarios;
mod draft_way;
mod dumps;
mod files;
mod foreign_keys;
mod guide;
mod inspect;
mod preflight;
mod types;
