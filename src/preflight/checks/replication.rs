//! Do the replicas keep up?

use super::super::{
    Answer, Subject,
    context::{PreflightContext, number, said, size},
};
use crate::database::BoxFuture;

/// From where on a replica is behind.
const BEHIND_BYTES: u64 = 64 << 20;
const BEHIND_SECONDS: u64 = 10;

pub(super) fn check<'a>(context: &'a mut PreflightContext<'_>) -> BoxFuture<'a, Vec<Answer>> {
    Box::pin(async move {
        let rows = match context.ask_section(context.queries.sections().replication, &[]).await {
            Ok(rows) => rows,
            Err(why) => return vec![Answer::unknown(Subject::Replication, why)],
        };
        let mut answers = said(Subject::Replication, &rows, "");
        let replicas: Vec<_> = rows.iter().filter(|row| row.tag() == "replica").collect();
        for row in &replicas {
            let (name, state) = (row.text("name"), row.text("state"));
            let (bytes, seconds) = (number(row, "bytes"), number(row, "seconds"));
            let is_behind = bytes.is_some_and(|b| b >= BEHIND_BYTES)
                || seconds.is_some_and(|s| s >= BEHIND_SECONDS);
            let behind = match (bytes, seconds) {
                (Some(bytes), Some(seconds)) => format!("{} and {seconds} s behind", size(bytes)),
                (Some(bytes), None) => format!("{} behind", size(bytes)),
                (None, Some(seconds)) => format!("{seconds} s behind"),
                (None, None) => {
                    let because = format!(
                        "this role may not see how far {name} is behind: grant it pg_monitor"
                    );
                    answers.push(Answer::unknown(Subject::Replication, because));
                    continue;
                }
            };
            let message = format!("{name} is {behind} ({state})");
            answers.push(if is_behind || state == "not connected" {
                Answer::look(Subject::Replication, message).advice(
                    "wait until it has caught up: what the migrations write comes on top, and programs that read there see the \
                     old schema until then",
                )
            } else {
                Answer::ok(Subject::Replication, message)
            });
        }
        if answers.is_empty() {
            answers.push(Answer::ok(Subject::Replication, "no replica is connected"));
        }
        answers
    })
}
