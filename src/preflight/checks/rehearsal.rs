//! Were the pending migrations applied, reverted and applied again somewhere, with these texts?

use super::super::{Answer, AnswerState, Subject, context::PreflightContext};
use crate::{
    database::BoxFuture,
    run::{history::State, rehearsal::Rehearsal},
};

pub(super) fn check<'a>(context: &'a mut PreflightContext<'_>) -> BoxFuture<'a, Vec<Answer>> {
    Box::pin(async move {
        let steps = &context.facts.plan.steps;
        if steps.is_empty() {
            return vec![Answer::ok(Subject::Rehearsal, "nothing is pending")];
        }
        let Some(staging) = &context.options.staging else {
            let because = "no database was named on which the migrations were tried";
            return vec![
                Answer::unknown(Subject::Rehearsal, because)
                    .advice("run `Migrator::rehearse` on staging, and name it here: `PreflightOptions::staging`"),
            ];
        };
        let mut answers = Vec::new();
        for step in steps {
            let Some(migration) = context.facts.graph.get(&step.revision) else { continue };
            let revision = &step.revision;
            let record = staging
                .iter()
                .find(|record| record.revision == *revision && record.state == State::Applied);
            let answer = match record.map(|record| record.rehearsal(migration)) {
                None => Answer::look(
                    Subject::Rehearsal,
                    format!("{revision} is not applied on staging"),
                ),
                Some(Rehearsal::Changed) => Answer::stop(
                    Subject::Rehearsal,
                    format!("{revision} was applied on staging with another text"),
                ),
                Some(Rehearsal::OtherDown) => Answer::look(
                    Subject::Rehearsal,
                    format!("{revision} was rehearsed on staging with another down side"),
                ),
                Some(Rehearsal::None) => Answer::look(
                    Subject::Rehearsal,
                    format!("{revision} was applied on staging, and never reverted there"),
                ),
                Some(Rehearsal::Done) => Answer::ok(
                    Subject::Rehearsal,
                    format!("{revision} was applied, reverted and applied again on staging"),
                ),
            };
            let advice = if answer.state == AnswerState::Ok {
                ""
            } else {
                "run `ambix rehearse` on staging"
            };
            let mut answer = answer.advice(advice);
            answer.revision = Some(revision.clone());
            answers.push(answer);
        }
        answers
    })
}
