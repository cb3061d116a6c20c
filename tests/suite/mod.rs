//! The behaviour of all databases. `crate::setup` is the database at hand.

mod adopt;
mod blockers;
mod bugs;
mod checks;
pub mod cli;
mod databases;
mod draft_random;
mod drafting;
mod events;
pub mod guide;
mod history;
mod input;
pub mod interrupted;
mod leaks;
mod leftovers;
mod locks;
mod policies;
mod quick;
mod sample;
mod scenarios;
mod scripts;
mod sources;
mod squash;
mod stamps;
mod testkit;
mod unfinished;
mod verbs;
