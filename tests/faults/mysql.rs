//! The loop of `real` on this database.

#[path = "real.rs"]
mod real;
#[path = "../support/mysql.rs"]
mod setup;
#[path = "squashed.rs"]
mod squashed;

/// What commits by itself, before and after what does not.
const STEPWISE: [&str; 2] = [
    "CREATE INDEX i4 ON t2 (id);\nINSERT INTO counter VALUES ('r4');\nALTER TABLE t3 ADD COLUMN c integer",
    "ALTER TABLE t3 DROP COLUMN c;\nDELETE FROM counter WHERE step = 'r4';\nDROP INDEX i4 ON t2",
];
