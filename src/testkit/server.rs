//! A throw-away server for tests that name none.

use crate::error::{Error, Result};

/// The URL of one.
pub(super) async fn url(scheme: &str) -> Result<String> {
    Err(Error::Unsupported(format!(
        "no server is known for the tests: set DATABASE_URL to the URL of one ({scheme}://...)"
    )))
}
