//! What only MySQL and MariaDB have: DDL that commits by itself, and schemas in their words.

mod acknowledged;
mod draft_changes;
mod draft_collations;
mod draft_defaults;
mod draft_exact;
mod draft_online;
mod draft_online_rename;
mod draft_partitions;
mod draft_places;
mod draft_refused;
mod draft_round_trip;
mod dumps;
mod engines;
#[path = "../servers_only/frozen.rs"]
mod frozen;
// Galera runs on Linux alone.
#[cfg(target_os = "linux")]
mod galera;
mod hidden_rollback;
mod inspect;
mod preflight;
mod settings;
mod testkit;
mod types;
// It looks into /proc. SQLite has no server.
#[cfg(target_os = "linux")]
#[path = "../servers_only/testkit_server.rs"]
mod testkit_server;
mod unfinished;
