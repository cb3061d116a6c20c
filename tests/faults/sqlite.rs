//! The loop of `real` on this database.

#[path = "real.rs"]
mod real;
#[path = "../support/sqlite.rs"]
mod setup;
#[path = "squashed.rs"]
mod squashed;

/// What no transaction holds, before and after what one does.
const STEPWISE: [&str; 2] = [
    "-- ambix: transaction none\nVACUUM;\nINSERT INTO counter VALUES ('r4');\nPRAGMA journal_mode = DELETE",
    "VACUUM;\nDELETE FROM counter WHERE step = 'r4';\nVACUUM",
];
