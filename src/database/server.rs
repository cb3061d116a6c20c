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

/// Creates the database of a URL. Says whether it had to: one that exists is left as it is, which is no error.
///
/// Of a server it is asked through another of its databases, which every server has; of SQLite an empty file is made.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// # let folder = std::env::temp_dir().join(format!("ambix_doc_{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).unwrap();
/// let url = format!("sqlite://{}/new.db", folder.display());
/// assert!(ambix::create_database(&url).await?);
/// assert!(!ambix::create_database(&url).await?);
/// assert!(ambix::database_exists(&url).await?);
/// assert!(ambix::drop_database(&url, false).await?);
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok::<(), ambix::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Url`](crate::Error::Url) or [`Error::Connection`](crate::Error::Connection) if the URL names no database, or one in
/// memory; [`Error::Connect`](crate::Error::Connect) if the server cannot be reached; [`Error::Database`](crate::Error::Database)
/// if it refuses.
pub async fn create_database(url: &str) -> Result<bool> {
    (driver(url)?.server)(url)?.create().await
}

/// Drops the database of a URL, with all that is in it. Says whether there was one.
///
/// With `force` the sessions that use it are ended; without, they are a reason to refuse.
///
/// # Errors
/// As [`create_database`]; and where others use it.
pub async fn drop_database(url: &str, force: bool) -> Result<bool> {
    (driver(url)?.server)(url)?.remove(force).await
}

/// Whether the database of a URL exists.
///
/// # Errors
/// As [`create_database`].
pub async fn database_exists(url: &str) -> Result<bool> {
    (driver(url)?.server)(url)?.exists().await
}

/// A scratch place that needs no server, where the database has such.
pub(crate) fn open_scratch(dialect: &dyn Dialect) -> Result<Option<Box<dyn Connector>>> {
    driver(dialect.name())?.scratch.map(|open| open()).transpose()
}
