//! What only MySQL and MariaDB have: DDL that commits by itself.

#[cfg(all(
    feature = "bigdecimal",
    feature = "bit-vec",
    feature = "chrono",
    feature = "ipnetwork",
    feature = "json",
    feature = "mac_address",
    feature = "macros",
    feature = "rust_decimal",
    feature = "time",
    feature = "uuid",
))]
mod types;
mod unfinished;
