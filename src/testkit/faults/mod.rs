//! What ambix tests itself with: a database whose operations fail on purpose, and a model of a database.

mod data;
mod dialect;
mod faulty;
mod model;
mod session;

use std::{future::poll_fn, task::Poll};

pub use self::{
    data::ModelState,
    faulty::{Fault, Faults, Faulty},
    model::{ModelConnection, ModelDatabase},
};

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
