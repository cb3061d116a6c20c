//! Do the files, `ambix.sum` and the history agree?

use super::super::{Answer, Subject, context::PreflightContext};
use crate::database::BoxFuture;

pub(super) fn check<'a>(context: &'a mut PreflightContext<'_>) -> BoxFuture<'a, Vec<Answer>> {
    Box::pin(async move {
        if context.facts.problems.is_empty() {
            return vec![Answer::ok(Subject::Files, "files and history agree")];
        }
        let answer = |problem: &String| {
            Answer::stop(Subject::Files, problem)
                .advice("`ambix status` and `ambix verify` say more")
        };
        context.facts.problems.iter().map(answer).collect()
    })
}
