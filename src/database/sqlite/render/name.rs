//! Names, quoted where they must be.

pub(in super::super) use super::super::inspect::expression::name;

/// Names in a row.
pub(super) fn list(names: &[String]) -> String {
    names.iter().map(|of| name(of)).collect::<Vec<_>>().join(", ")
}
