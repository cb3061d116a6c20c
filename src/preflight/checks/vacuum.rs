//! Is a vacuum in the way that does not give way?

use super::super::{
    Answer, Subject,
    context::{PreflightContext, said, text},
};
use crate::database::BoxFuture;

pub(super) fn check<'a>(context: &'a mut PreflightContext<'_>) -> BoxFuture<'a, Vec<Answer>> {
    Box::pin(async move {
        let rows = match context.ask_section(context.queries.sections().vacuum, &[]).await {
            Ok(rows) => rows,
            Err(why) => return vec![Answer::unknown(Subject::Vacuum, why)],
        };
        let mut answers = said(Subject::Vacuum, &rows, "");
        for row in rows.iter().filter(|row| text(row, 0) == "vacuum") {
            let (table, what) = (text(row, 1), text(row, 2));
            let message = format!("{table}: {what}");
            answers.push(
                match text(row, 3).as_str() {
                    "1" => Answer::stop(Subject::Vacuum, message).way_on("wait until it has ended"),
                    _ => Answer::look(Subject::Vacuum, message)
                        .way_on("VACUUM the table before the run"),
                }
                .on_table(table),
            );
        }
        if answers.is_empty() {
            answers.push(Answer::ok(Subject::Vacuum, "no vacuum that has to run is in the way"));
        }
        answers
    })
}
