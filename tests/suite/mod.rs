//! The behaviour of all databases. `crate::setup` is the database at hand.

mod leaks;
mod locks;
mod bugs;
mod input;
mod policies;
mod scripts;
mod sources;
mod unfinished;
mod verbs;
