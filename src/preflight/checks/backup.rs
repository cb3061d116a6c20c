//! Is there a backup that is young enough? No database knows for sure, so that a marker says it.

use std::time::Duration;

use super::super::{
    Answer, Backup, Subject,
    context::{PreflightContext, number, said, span},
};
use crate::{database::BoxFuture, source};

const RESTORE: &str = "restore it once, somewhere else: only that shows that it is one";

pub(super) fn check<'a>(context: &'a mut PreflightContext<'_>) -> BoxFuture<'a, Vec<Answer>> {
    Box::pin(async move {
        let within = context.options.backup_within;
        match context.options.backup.clone() {
            Some(Backup::File(path)) => vec![match source::age_of(&path) {
                Ok(age) => judge(&format!("the marker {}", path.display()), age, within),
                Err(error) => Answer::stop(
                    Subject::Backup,
                    format!(
                        "the marker of the backup, {}, cannot be read: {error}",
                        path.display()
                    ),
                ),
            }],
            Some(Backup::Query(query)) => {
                let query = query.trim().trim_end_matches(';');
                let rows =
                    context.ask(&format!("SELECT 'backup' AS ambix, ({query}) AS seconds")).await;
                vec![match rows {
                    Ok(rows) => match rows.first().and_then(|row| number(row, "seconds")) {
                        Some(age) => {
                            judge("the query for the backup", Duration::from_secs(age), within)
                        }
                        None => Answer::stop(
                            Subject::Backup,
                            "the query for the backup returned no number of seconds, so there is no backup",
                        ),
                    },
                    Err(why) => Answer::unknown(
                        Subject::Backup,
                        format_args!("the query for the backup failed: {why}"),
                    ),
                }]
            }
            None => from_the_server(context, within).await,
        }
    })
}

fn judge(what: &str, age: Duration, within: Duration) -> Answer {
    let text = format!("{what} says that the last backup is {} old", span(age));
    if age <= within {
        Answer::ok(Subject::Backup, text).advice(RESTORE)
    } else {
        Answer::stop(Subject::Backup, format!("{text}, and it may be {} old", span(within)))
            .advice("make a backup first")
    }
}

async fn from_the_server(context: &mut PreflightContext<'_>, within: Duration) -> Vec<Answer> {
    let advice = "tell ambix how to find the age of the last backup: `PreflightOptions::backup`";
    let rows = match context.ask_section(context.queries.sections().backup, &[]).await {
        Ok(rows) => rows,
        Err(why) => return vec![Answer::unknown(Subject::Backup, why).advice(advice)],
    };
    let mut answers = said(Subject::Backup, &rows, advice);
    for row in rows.iter().filter(|row| row.tag() == "archive") {
        answers.push(match (row.text("mode"), number(row, "seconds"), row.text("failed")) {
            ("off", ..) => {
                let because = "the server archives no log, and no marker is set";
                Answer::unknown(Subject::Backup, because).advice(advice)
            }
            (_, _, "1") => Answer::stop(Subject::Backup, "the server fails to archive its log")
                .advice("look at the server's log, and repair its archive_command"),
            (_, Some(age), _) if Duration::from_secs(age) <= within => Answer::ok(
                Subject::Backup,
                format!("the server's log was archived {} ago", span(Duration::from_secs(age))),
            )
            .advice(RESTORE),
            _ => Answer::look(
                Subject::Backup,
                "the server archives its log, and has not done so lately",
            )
            .advice(advice),
        });
    }
    answers
}
