//! What only PostgreSQL has: standbys, schemas, roles with defaults, its syntax, and work outside of transactions that other
//! sessions can hold up.
#![allow(clippy::unwrap_used)] // What a test cannot do ends it.

mod command_line;
mod concurrently;
mod draft_access;
mod draft_alone;
mod draft_apart;
mod draft_bugs;
mod draft_enums;
mod draft_everything;
mod draft_identity;
mod draft_indexes;
mod draft_kept;
mod draft_numbers;
mod draft_objects;
mod draft_online;
mod draft_online_rename;
mod draft_order;
mod draft_partitions;
mod draft_places;
mod draft_scenarios;
mod draft_schemas;
mod draft_uncovered;
mod draft_way;
mod dumps;
#[path = "../servers_only/frozen.rs"]
mod frozen;
mod hidden;
mod input;
mod lint;
mod pooler;
mod preflight;
mod preflight_partitions;
#[path = "../support/proxy.rs"]
mod proxy;
mod rights;
mod round_trips;
mod sample_app;
mod schemas;
mod search_path;
mod sessions;
mod settings;
mod standby;
mod testkit;
mod testkit_reuse;
mod types;
// It looks into /proc. SQLite has no server.
#[cfg(target_os = "linux")]
#[path = "../servers_only/testkit_server.rs"]
mod testkit_server;
mod unfinished;
