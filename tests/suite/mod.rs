//! The behaviour of all databases. `crate::setup` is the database at hand.

mod leaks;
mod locks;
mod policies;
mod verbs;
