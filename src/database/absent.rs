//! Stands for a database whose feature is off, so that callers need no `cfg`.

pub(super) const DRIVER: Option<&super::Driver> = None;
