//! Is there a backup that is young enough? No database knows for sure, so that a marker says it.

use std::time::Duration;

use super::super::{
    Answer, Backup, Subject,
    context::{PreflightContext, number, said, text},
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
                let rows = context.ask(&format!("SELECT 'backup' AS ambix, ({query})")).await;
                vec![match rows {
                    Ok(rows) => match rows.first().and_then(|row| number(row, 1)) {
                        Some(age) => {
                            judge("the query for the backup", Duration::from_secs(age), within)
                        }
                        None => Answer::stop(
                            Subject::Backup,
                            "the query for the backup brings no number of seconds: there is none",
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
    let text = format!("{what} says that the last backup is {} old", words(age));
    if age <= within {
        Answer::ok(Subject::Backup, text).way_on(RESTORE)
    } else {
        Answer::stop(Subject::Backup, format!("{text}, and it may be {} old", words(within)))
            .way_on("make a backup first")
    }
}

async fn from_the_server(context: &mut PreflightContext<'_>, within: Duration) -> Vec<Answer> {
    let way_on = "say by what a backup is known: --backup-file FILE, or --backup-query SQL";
    let rows = match context.ask_section(context.queries.sections().backup, &[]).await {
        Ok(rows) => rows,
        Err(why) => return vec![Answer::unknown(Subject::Backup, why).way_on(way_on)],
    };
    let mut answers = said(Subject::Backup, &rows, way_on);
    for row in rows.iter().filter(|row| text(row, 0) == "archive") {
        answers.push(match (text(row, 1).as_str(), number(row, 2), text(row, 3).as_str()) {
            ("off", ..) => {
                let because = "the server archives no log, and no marker is set";
                Answer::unknown(Subject::Backup, because).way_on(way_on)
            }
            (_, _, "1") => Answer::stop(Subject::Backup, "archiving the server's log fails now")
                .way_on("look at the server's log, and repair its archive_command"),
            (_, Some(age), _) if Duration::from_secs(age) <= within => Answer::ok(
                Subject::Backup,
                format!("the server's log was archived {} ago", words(Duration::from_secs(age))),
            )
            .way_on(RESTORE),
            _ => Answer::look(
                Subject::Backup,
                "the server archives its log, and has not done so lately",
            )
            .way_on(way_on),
        });
    }
    answers
}

fn words(age: Duration) -> String {
    let seconds = age.as_secs();
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        7200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}
