//! Nothing: a package must have a library or a program, and this one is there for its examples.
