//! What ambix tests itself with: a database whose operations fail on purpose, and a model of a database.
//!
//! **Not covered by SemVer yet**: anything here may change in any release.
//!
//! [`Faults`] says which operation fails and how; [`Faults::wrap`] puts it between the migrator and any database.
//! [`Model`] is a database in memory whose every statement can fail, and which remembers what was done to it.

mod arguments;
pub(crate) mod attribute;
mod checks;
mod data;
mod database;
mod dialect;
mod faulty;
mod fingerprint;
mod fixture;
mod model;
mod place;
mod run;
mod seat;
mod server;
mod session;
mod snapshot;
mod source;

use std::{future::poll_fn, task::Poll};

pub use self::{arguments::TestArgument, run::Outcome};
pub use self::{
    checks::{Check, CheckFailed, MigrationTests},
    data::ModelState,
    database::{TestDatabase, TestSetup},
    faulty::{Fault, Faults, Faulty},
    model::{Model, ModelConnection},
    snapshot::{SchemaDifference, Snapshot},
};
pub use crate::database::copies::TestPool;

/// For the attribute.
#[doc(hidden)]
pub mod __private {
    pub use super::run::{Flavor, run, run_plain, setup, take};
}

/// Takes away everything that the test kit has on the server of a URL and that nobody uses: templates, databases that wait for the
/// next test, and those that were kept after a failure. Says what it was. For SQLite the URL is `sqlite:`.
///
/// Nothing needs this: old ones are taken away by later runs. It is for a server that should look as before.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// for name in ambix::testkit::clear("sqlite:").await? {
///     println!("removed {name}");
/// }
/// # Ok::<(), ambix::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Database`](crate::Error::Database) where the server cannot be reached.
pub async fn clear(url: &str) -> crate::Result<Vec<String>> {
    (crate::database::driver(url)?.copies)(url)?.clear().await
}

/// Polls a future so many times and then drops it, as a timeout does; its output where it ended before.
pub async fn drop_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = Box::pin(future);
    let mut left = polls;
    poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}
