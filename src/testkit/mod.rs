//! What ambix tests itself with: a database whose operations fail on purpose, and a model of a database.
//!
//! **Not covered by SemVer yet**: anything here may change in any release.
//!
//! [`Faults`] says which operation fails and how; [`Faults::wrap`] puts it between the migrator and any database.
//! [`Model`] is a database in memory whose every statement can fail, and which remembers what was done to it.

mod checks;
mod data;
mod database;
mod dialect;
mod faulty;
mod fingerprint;
mod fixture;
mod model;
mod place;
mod seat;
mod server;
mod session;
mod snapshot;
mod source;

use std::{future::poll_fn, task::Poll};

pub use self::{
    checks::{Check, CheckFailed, MigrationTests},
    data::ModelState,
    database::{TestDatabase, TestSetup},
    faulty::{Fault, Faults, Faulty},
    model::{Model, ModelConnection},
    snapshot::{SchemaDifference, Snapshot},
};
pub use crate::database::copies::TestPool;

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
