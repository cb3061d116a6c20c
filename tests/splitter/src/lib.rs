//! The splitter of ambix once more, with the tests that compare it with PostgreSQL's own parser.

#[cfg(test)]
#[allow(dead_code, unused_imports)] // What only the rest of ambix uses.
#[path = "../../../src/sql/mod.rs"]
mod sql;
