//! The behaviour of all databases. `crate::setup` is the database at hand.

mod policies;
mod verbs;
