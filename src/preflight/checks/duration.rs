//! How long will it take? As long as elsewhere, if that is known; otherwise a guess from the sizes of the tables.

use std::time::Duration;

use super::super::{
    Answer, AnswerState, Subject,
    context::{PreflightContext, about},
};
use crate::{database::BoxFuture, run::history::State};

/// From when on somebody should plan for it.
const LONG: Duration = Duration::from_secs(60);

pub(super) fn check<'a>(context: &'a mut PreflightContext<'_>) -> BoxFuture<'a, Vec<Answer>> {
    Box::pin(async move {
        let mut answers = Vec::new();
        let mut total = Duration::ZERO;
        for step in &context.facts.plan.steps {
            let guess: Duration = context
                .costs
                .iter()
                .filter(|cost| cost.revision == step.revision)
                .map(|cost| cost.estimate)
                .sum();
            let (text, estimate) = match elsewhere(context, &step.revision) {
                Some(took) => {
                    (format!("{} took {took:.1?} elsewhere", step.revision), took.max(guess))
                }
                None => (
                    format!(
                        "{} takes {}, to judge by the sizes of the tables",
                        step.revision,
                        about(guess)
                    ),
                    guess,
                ),
            };
            total += estimate;
            let state = if estimate >= LONG { AnswerState::Look } else { AnswerState::Ok };
            let mut answer = Answer::new(state, Subject::Duration, text);
            answer.revision = Some(step.revision.clone());
            answer.estimate = Some(estimate);
            answers.push(answer);
        }
        let text = match answers.len() {
            0 => "nothing is pending".to_owned(),
            _ => format!("all of it takes {}, if nobody is in the way", about(total)),
        };
        let mut answer = Answer::ok(Subject::Duration, text);
        answer.estimate = Some(total);
        answers.push(answer);
        answers
    })
}

/// How long a migration with this text took where it was tried.
fn elsewhere(context: &PreflightContext<'_>, revision: &str) -> Option<Duration> {
    let migration = context.facts.graph.get(revision)?;
    let known = context.options.durations.get(revision).copied();
    known.or_else(|| {
        let record = context.options.staging.iter().flatten().find(|record| {
            record.revision == revision
                && record.state == State::Applied
                && migration.checksum().to_string() == record.checksum
        })?;
        Some(Duration::from_micros(record.duration_us))
    })
}
