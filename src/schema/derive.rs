//! The derives; what each of their attributes means is in the `.md` files. What they write are calls of the builders beside them.
//!
//! The models in those files are sqlx's as well, and their types' features are switched on by the package `tests/` alone: it is the one
//! that runs their examples.

#[cfg_attr(not(doctest), doc = include_str!("enum.md"))]
pub use ambix_macros::Enum;

#[cfg_attr(not(doctest), doc = include_str!("model.md"))]
pub use ambix_macros::Model;
