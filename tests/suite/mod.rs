//! The behaviour of all databases. `crate::setup` is the database at hand.

mod adopt;
mod blockers;
mod bugs;
mod checks;
pub mod cli;
mod databases;
mod draft_losses;
mod draft_random;
mod draft_spelling;
mod drafting;
mod events;
pub mod guide;
mod input;
pub mod interrupted;
mod leaks;
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
