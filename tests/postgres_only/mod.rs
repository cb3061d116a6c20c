//! What only PostgreSQL has: standbys, schemas, roles with defaults, work that waits for all other transactions.
#![allow(clippy::unwrap_used)] // What a test cannot do ends it.

mod concurrently;
#[path = "../support/proxy.rs"]
mod proxy;
mod round_trips;
mod schemas;
mod sessions;
mod standby;
