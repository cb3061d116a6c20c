//! The behaviour of all databases. `crate::setup` is the database at hand.

mod adopt;
mod blockers;
mod bugs;
#[cfg(all(feature = "testkit", feature = "macros"))]
mod checks;
#[cfg(feature = "cli")]
pub mod cli;
mod databases;
mod draft_random;
mod drafting;
mod events;
#[cfg(feature = "cli")]
pub mod guide;
mod input;
pub mod interrupted;
mod leaks;
mod locks;
mod policies;
mod sample;
mod scenarios;
mod scripts;
mod sources;
mod squash;
mod stamps;
#[cfg(feature = "testkit")]
mod testkit;
mod unfinished;
mod verbs;
