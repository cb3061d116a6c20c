//! What only PostgreSQL has: standbys, schemas, roles with defaults, its syntax, and work outside of transactions that other
//! sessions can hold up.
#![allow(clippy::unwrap_used)] // What a test cannot do ends it.

mod concurrently;
mod draft_places;
mod input;
#[path = "../support/proxy.rs"]
mod proxy;
mod round_trips;
mod schemas;
mod sessions;
mod standby;
mod unfinished;
