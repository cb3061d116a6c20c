//! Doors that are not one database's own: a URL, and the pool that may be any of them.

use super::{Connect, Connector, driver, sealed};
use crate::error::Result;

impl sealed::Sealed for &str {}
impl<'c> Connect<'c> for &str {
    fn connector(self) -> Result<Box<dyn Connector + 'c>> {
        (driver(self)?.open)(self)
    }
}

impl sealed::Sealed for &String {}
impl<'c> Connect<'c> for &String {
    fn connector(self) -> Result<Box<dyn Connector + 'c>> {
        self.as_str().connector()
    }
}

#[cfg(feature = "any")]
impl sealed::Sealed for &sqlx::AnyPool {}

/// The pool's URL says which database it is; ambix opens its own connection with that URL.
#[cfg(feature = "any")]
impl<'c> Connect<'c> for &sqlx::AnyPool {
    fn connector(self) -> Result<Box<dyn Connector + 'c>> {
        let url = self.connect_options().database_url.to_string();
        if url.contains(":memory:") || url.contains("mode=memory") {
            let problem = "an in-memory database lives in its pool's connections alone, and an AnyPool does not lend them to \
                           drivers; use the database's own pool type";
            return Err(crate::error::Error::Connection { problem: problem.to_owned() });
        }
        url.as_str().connector()
    }
}
