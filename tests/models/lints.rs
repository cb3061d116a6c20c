//! A user's strict lints find nothing in what the macros write.
#![deny(missing_docs, unreachable_pub, unused, clippy::pedantic, clippy::nursery)]
#![allow(clippy::redundant_pub_crate)] // contradicts unreachable_pub
#![deny(unused_qualifications, single_use_lifetimes, missing_debug_implementations)]
#![forbid(unsafe_code)]

use ambix::{Enum, Model};

/// A documented type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[model(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// A documented variant.
    InProgress,
}

/// A documented model with much on it.
#[derive(Debug, Model)]
#[model(
    comment,
    unique(a, b),
    index(desc(a), expr("lower(b)"), where = "a > 100000"),
    check("a > 0"),
    foreign_key(columns(a, b), references("o", x, y), on_delete = "cascade"),
    option(strict)
)]
pub(crate) struct Documented<'a> {
    /// A number.
    #[column(primary_key, identity(always, start = 1_000_000))]
    pub(crate) a: i64,
    /// A text.
    #[column(max_length = 100_000, default = "x")]
    pub(crate) b: Option<&'a str>,
    /// A number with many digits.
    #[column(default = 1_000_000.25, unique, index, check = "c > 0")]
    pub(crate) c: f64,
    /// Itself.
    #[column(references(Documented, a), default = 12_345_678)]
    pub(crate) parent: i64,
    /// A type with listed values.
    #[column(default = Kind::InProgress)]
    pub(crate) kind: Kind,
}

#[test]
fn the_lints_are_silent() {
    let documented = Documented { a: 1, b: Some("x"), c: 1.0, parent: 1, kind: Kind::InProgress };
    let Documented { a, b, c, parent, kind } = documented;
    assert_eq!((a, b, c > 0.0, parent, kind), (1, Some("x"), true, 1, Kind::InProgress));
    assert_eq!(Documented::table().columns.len(), 5);
    assert_eq!(Kind::enum_type().values, ["in-progress"]);
}
