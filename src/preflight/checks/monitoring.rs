//! Will somebody see how it goes?

use super::super::{
    Answer, Subject,
    context::{PreflightContext, counted},
};
use crate::database::BoxFuture;

pub(super) fn check<'a>(context: &'a mut PreflightContext<'_>) -> BoxFuture<'a, Vec<Answer>> {
    Box::pin(async move {
        let observers = match u64::try_from(context.facts.observers).unwrap_or(u64::MAX) {
            0 => String::new(),
            some => format!(", and {} of this program follow it", counted(some, "observer")),
        };
        let text = format!(
            "the run logs each step, and who is in its way{observers}; from elsewhere, `ambix status` and `ambix locks` show it"
        );
        vec![Answer::ok(Subject::Monitoring, text)]
    })
}
