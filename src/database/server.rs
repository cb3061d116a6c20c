//! The database itself: whether it is there, made, and dropped.

use super::{BoxFuture, Connector, Dialect, driver};
use crate::error::Result;

/// A database as its server sees it.
pub trait Server: Send {
    /// Whether it is there.
    fn exists(&mut self) -> BoxFuture<'_, Result<bool>>;
    /// Makes it; false where it was there.
    fn create(&mut self) -> BoxFuture<'_, Result<bool>>;
    /// Drops it, with `force` also while others use it; false where it was not there.
    fn remove(&mut self, force: bool) -> BoxFuture<'_, Result<bool>>;
}

/// Creates the database of a URL, and returns whether it had to: a database that exists stays as it is, which is no error.
///
/// To ask a server, ambix connects to another of its databases, one that every server has. For SQLite it creates an empty file.
///
/// # Errors
/// [`Error::Url`](crate::Error::Url) or [`Error::Connection`](crate::Error::Connection) if the URL names no database, or one in
/// memory; [`Error::Connect`](crate::Error::Connect) if the server cannot be reached; [`Error::Database`](crate::Error::Database)
/// if it refuses.
pub async fn create(url: &str) -> Result<bool> {
    (driver(url)?.server)(url)?.create().await
}

/// Drops the database of a URL with everything in it, and returns whether there was one.
///
/// If sessions use it, the server refuses; with `force`, ambix ends them first.
///
/// # Errors
/// As [`create`]; and if sessions use it, without `force`.
pub async fn drop(url: &str, force: bool) -> Result<bool> {
    (driver(url)?.server)(url)?.remove(force).await
}

/// Returns whether the database of a URL exists.
///
/// # Errors
/// As [`create`].
pub async fn exists(url: &str) -> Result<bool> {
    (driver(url)?.server)(url)?.exists().await
}

/// A scratch place that needs no server, where the database has such.
pub(crate) fn open_scratch(dialect: &dyn Dialect) -> Result<Option<Box<dyn Connector>>> {
    driver(dialect.name())?.scratch.map(|open| open()).transpose()
}
