//! Runs migrations in a scratch database, statement by statement, and looks at what each of them does to the tables that existed
//! before: which locks it takes, what it reads and what it writes again.
//!
//! If the database can roll back DDL, each migration runs twice: in a transaction that has a row in each table and is rolled back, and then
//! without those rows. Otherwise it runs once, with rows, and each statement is tried in the forms that cost least first; if a migration
//! fails with the generated rows, everything begins again in another scratch database, and it runs without them.

mod costs;
mod rows;
mod steps;

pub(crate) use self::steps::Measurer;
