//! Is a vacuum in the way that does not give way?

use super::super::{
    Answer, Subject,
    context::{PreflightContext, said},
};
use crate::database::BoxFuture;

pub(super) fn check<'a>(context: &'a mut PreflightContext<'_>) -> BoxFuture<'a, Vec<Answer>> {
    Box::pin(async move {
        let rows = match context.ask_section(context.queries.sections().vacuum, &[]).await {
            Ok(rows) => rows,
            Err(why) => return vec![Answer::unknown(Subject::Vacuum, why)],
        };
        let mut answers = said(Subject::Vacuum, &rows, "");
        for row in rows.iter().filter(|row| row.tag() == "vacuum") {
            let (table, what) = (row.text("table_name"), row.text("message"));
            let message = format!("{table}: {what}");
            answers.push(
                match row.text("runs") {
                    "1" => Answer::stop(Subject::Vacuum, message).advice("wait until it has ended"),
                    _ => Answer::look(Subject::Vacuum, message)
                        .advice("VACUUM the table before the run"),
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
