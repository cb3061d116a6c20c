//! What only SQLite has: foreign keys that are switched; and the guide, which is about SQLite.

mod databases;
mod draft_files;
mod draft_rebuild;
mod draft_round_trip;
mod draft_scenarios;
mod draft_way;
mod files;
mod foreign_keys;
#[cfg(feature = "cli")]
mod guide;
mod inspect;
#[cfg(all(
    feature = "bigdecimal",
    feature = "bit-vec",
    feature = "chrono",
    feature = "ipnetwork",
    feature = "json",
    feature = "mac_address",
    feature = "macros",
    feature = "rust_decimal",
    feature = "time",
    feature = "uuid",
))]
mod types;
