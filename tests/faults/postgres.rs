//! The loop of `real` on this database.

#[path = "real.rs"]
mod real;
#[path = "../support/postgres.rs"]
mod setup;
#[path = "squashed.rs"]
mod squashed;

/// What no transaction holds, before and after what one does.
const STEPWISE: [&str; 2] = [
    "-- ambix: transaction none\nCREATE INDEX CONCURRENTLY i4 ON t2 (id);\nINSERT INTO counter VALUES ('r4');\nCREATE INDEX CONCURRENTLY j4 ON t3 (id)",
    "DROP INDEX CONCURRENTLY j4;\nDELETE FROM counter WHERE step = 'r4';\nDROP INDEX CONCURRENTLY i4",
];
