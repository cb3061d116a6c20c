//! Do statements stop waiting for busy tables in time?

use super::super::{Answer, Subject, context::PreflightContext};
use crate::database::BoxFuture;

pub(super) fn check<'a>(context: &'a mut PreflightContext<'_>) -> BoxFuture<'a, Vec<Answer>> {
    Box::pin(async move {
        vec![match context.facts.lock_timeout {
            Some(limit) => Answer::ok(
                Subject::Timeouts,
                format!(
                    "a statement waits {limit:?} for a busy table, then gives way and is tried again, up to {} times",
                    context.facts.attempts
                ),
            ),
            None => Answer::look(
                Subject::Timeouts,
                "a statement waits for a busy table as long as it takes, and everybody else waits behind it",
            )
            .advice("set `Timeouts::lock`"),
        }]
    })
}
