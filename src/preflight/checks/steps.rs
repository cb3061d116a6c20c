//! What would run?

use super::super::{
    Answer, Subject,
    context::{PreflightContext, counted},
};
use crate::{database::BoxFuture, error::some_of};

pub(super) fn check<'a>(context: &'a mut PreflightContext<'_>) -> BoxFuture<'a, Vec<Answer>> {
    Box::pin(async move {
        let plan = &context.facts.plan;
        let mut answers = Vec::new();
        if let Some(refusal) = &context.facts.refusal {
            answers.push(Answer::stop(Subject::Steps, refusal));
        }
        if let Some(error) = &plan.error {
            answers.push(Answer::stop(Subject::Steps, error));
        }
        if plan.steps.is_empty() && answers.is_empty() {
            answers.push(Answer::ok(Subject::Steps, "nothing is pending"));
        }
        for step in &plan.steps {
            let name =
                if step.name.is_empty() { String::new() } else { format!(", {}", step.name) };
            let statements =
                counted(u64::try_from(step.statements).unwrap_or(u64::MAX), "statement");
            let mut answer = Answer::ok(
                Subject::Steps,
                format!("{}{name}: {statements} in {}", step.revision, step.file),
            );
            answer.revision = Some(step.revision.clone());
            answers.push(answer);
        }
        let stepwise: Vec<&str> = plan
            .steps
            .iter()
            .filter(|step| !step.transactional && step.statements > 1)
            .map(|step| step.revision.as_str())
            .collect();
        if !stepwise.is_empty() {
            answers.push(
                Answer::look(
                    Subject::Steps,
                    format!("not in one transaction: {}", some_of(&stepwise, ", ")),
                )
                .advice("if one fails in the middle, the next run continues after its last finished statement"),
            );
        }
        for (revision, place, what) in &context.work.not_understood {
            let text =
                format!("not known, because preflight does not understand what it does: {what}");
            let mut answer = Answer::look(Subject::Steps, text).at(revision, place.clone());
            answer.is_unknown = true;
            answers.push(answer);
        }
        answers
    })
}
