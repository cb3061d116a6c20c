//! The words for types.
