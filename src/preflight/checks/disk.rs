//! Is there enough space for what is built and written again?

use super::{
    super::{
        Answer, Subject,
        context::{PreflightContext, number, size},
    },
    locks::CostKind,
};
use crate::database::BoxFuture;

pub(super) fn check<'a>(context: &'a mut PreflightContext<'_>) -> BoxFuture<'a, Vec<Answer>> {
    Box::pin(async move {
        let needed: u64 = context
            .costs
            .iter()
            .filter(|cost| matches!(cost.kind, CostKind::Index | CostKind::Rewrite))
            .map(|cost| cost.bytes)
            .sum();
        // The same is written to the log.
        let needed = needed.saturating_mul(2);
        let rows =
            context.ask_section(context.queries.sections().disk, &[]).await.unwrap_or_default();
        let whole =
            rows.iter().find(|row| row.tag() == "size").and_then(|row| number(row, "bytes"));
        let of =
            whole.map_or(String::new(), |whole| format!(" (the database has {})", size(whole)));
        let needs = match needed {
            0 => format!("the steps need no space to speak of{of}"),
            needed => format!("the steps need up to {} for a while{of}", size(needed)),
        };
        vec![match context.options.disk_free {
            Some(free) if free < needed => {
                Answer::stop(Subject::Disk, format!("{needs}, and {} are free", size(free)))
                    .advice("make space first")
            }
            Some(free) => {
                Answer::ok(Subject::Disk, format!("{needs}, and {} are free", size(free)))
            }
            None if needed == 0 => Answer::ok(Subject::Disk, needs),
            None => {
                let unknown = rows.iter().find(|row| row.tag() == "unknown");
                let why = unknown.map_or("the database does not tell", |row| row.text("message"));
                let mut answer = Answer::look(
                    Subject::Disk,
                    format!("{needs}; whether that is free is not known, because {why}"),
                )
                .advice("look at the server's disk, and pass what is free: `PreflightOptions::disk_free`");
                answer.is_unknown = true;
                answer
            }
        }]
    })
}
