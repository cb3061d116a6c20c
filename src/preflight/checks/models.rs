//! Is there a migration for every change of the models? To compare them takes a scratch place, and preflight only reads.

use super::super::{Answer, Subject, context::PreflightContext};
use crate::database::BoxFuture;

pub(super) fn check<'a>(context: &'a mut PreflightContext<'_>) -> BoxFuture<'a, Vec<Answer>> {
    Box::pin(async move {
        vec![if context.facts.has_models {
            let because =
                "comparing the models needs a scratch place, and preflight writes nothing";
            Answer::unknown(Subject::Models, because)
                .advice("run `ambix check` in CI, or on staging")
        } else {
            Answer::ok(Subject::Models, "this program has no models to compare with")
        }]
    })
}
