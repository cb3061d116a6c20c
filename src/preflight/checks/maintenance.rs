//! Is maintenance mode necessary?

use super::{
    super::{
        Answer, Subject,
        context::{PreflightContext, about},
    },
    locks::NOTICED,
};
use crate::{database::BoxFuture, lint::Severity};

pub(super) fn check<'a>(context: &'a mut PreflightContext<'_>) -> BoxFuture<'a, Vec<Answer>> {
    Box::pin(async move {
        let mut reasons: Vec<String> = context
            .costs
            .iter()
            .filter(|cost| cost.blocks && cost.estimate >= NOTICED)
            .map(|cost| {
                format!(
                    "{} keeps others from {} for {}",
                    cost.revision,
                    cost.table,
                    about(cost.estimate)
                )
            })
            .collect();
        let breaking = context.facts.lint.findings.iter().filter(|finding| {
            finding.code.starts_with("COMPAT") && finding.severity == Severity::Error
        });
        reasons.extend(
            breaking.map(|finding| {
                format!("{} breaks programs that are still running", finding.revision)
            }),
        );
        reasons.dedup();
        vec![match (reasons.is_empty(), context.work.not_understood.is_empty()) {
            (true, true) => Answer::ok(
                Subject::Maintenance,
                "maintenance mode is not necessary: nobody is kept from a table for longer than a moment, and running programs \
                 continue",
            ),
            (true, false) => Answer::unknown(
                Subject::Maintenance,
                "preflight does not understand what some statements do",
            ),
            (false, _) => Answer::look(
                Subject::Maintenance,
                format!(
                    "maintenance mode is necessary, unless you follow the advice above: {}",
                    reasons.join("; ")
                ),
            ),
        }]
    })
}
