//! The behaviour of all databases. `crate::setup` is the database at hand.

mod adopt;
mod apart;
mod blockers;
mod bugs;
mod checks;
pub mod cli;
mod databases;
mod draft_losses;
mod draft_objects;
mod draft_online;
mod draft_proof;
mod draft_random;
mod draft_spelling;
mod drafting;
mod drift;
mod dump;
mod events;
mod existing;
mod folders;
pub mod guide;
mod history;
mod input;
pub mod interrupted;
mod leaks;
mod leftovers;
mod lint_run;
pub mod locks;
mod models;
mod own_transactions;
mod phases;
mod policies;
mod preflight;
mod quick;
mod sample;
mod scenarios;
mod schema_sql;
mod scripts;
mod server_wide;
mod sources;
mod squash;
mod stamps;
mod testkit;
mod unfinished;
mod verbs;

/// Whether the server is MySQL, whose messages and expressions are worded otherwise than MariaDB's.
pub async fn has_words_of_mysql() -> bool {
    let version = "SELECT VERSION()";
    crate::setup::SCHEME == "mysql"
        && !crate::setup::fresh().await.column(version).await[0].contains("MariaDB")
}
