//! What only MySQL and MariaDB have: DDL that commits by itself.

mod unfinished;
