//! Who uses the database now, and would be waited for?

use super::super::{
    Answer, Subject,
    context::{PreflightContext, number, said},
};
use crate::database::BoxFuture;

const ADVICE: &str = "wait until it ends, or end it: `ambix locks` shows who it is";

pub(super) fn check<'a>(context: &'a mut PreflightContext<'_>) -> BoxFuture<'a, Vec<Answer>> {
    Box::pin(async move {
        let mut answers = Vec::new();
        match &context.facts.locks {
            Ok(locks) => {
                if let Some(holder) = &locks.holder {
                    let text = format!("another run holds the migration lock: {holder}");
                    answers.push(Answer::stop(Subject::Activity, text).advice(ADVICE));
                }
                if locks.database_locked {
                    let by = locks.database_locked_by.as_deref();
                    let by = by.map_or(String::new(), |by| format!(" by {by}"));
                    let text = format!("the whole database is locked for writing{by}");
                    answers.push(Answer::stop(Subject::Activity, text).advice(ADVICE));
                }
            }
            Err(why) => answers.push(Answer::unknown(
                Subject::Activity,
                format_args!("who holds the migration lock cannot be read: {why}"),
            )),
        }
        let seconds = format!("{:.3}", context.options.long_transaction.as_secs_f64());
        let section = context.queries.sections().activity;
        match context.ask_section(section, &[("seconds", &seconds)]).await {
            Ok(rows) => {
                answers.extend(said(Subject::Activity, &rows, ""));
                answers.extend(rows.iter().filter(|row| row.tag() == "busy").map(busy));
            }
            Err(why) => answers.push(Answer::unknown(Subject::Activity, why)),
        }
        if answers.is_empty() {
            let text =
                format!("no transaction is older than {:?}", context.options.long_transaction);
            answers.push(Answer::ok(Subject::Activity, text));
        }
        answers
    })
}

fn busy(row: &crate::database::Row) -> Answer {
    let (id, application, user) = (row.text("id"), row.text("application"), row.text("user_name"));
    let seconds = number(row, "seconds").unwrap_or_default();
    let who = match (id, application) {
        ("0", _) => application.to_owned(),
        (_, "") => format!("session {id} of {user}"),
        _ => format!("session {id} ({application}) of {user}"),
    };
    let mut what = format!("{who} has had a transaction open for {seconds} s");
    let state = row.text("state");
    if !state.is_empty() {
        what += &format!(", and is {state}");
    }
    let tables = row.text("tables");
    let statement = row.text("statement");
    if !statement.is_empty() {
        what += &format!("; its statement: {statement}");
    }
    if tables.is_empty() {
        return Answer::look(Subject::Activity, what).advice(ADVICE);
    }
    // What it has locked, a step waits for.
    let text = format!("{what}; it has a lock on {tables}, for which a step would wait");
    Answer::stop(Subject::Activity, text).advice(ADVICE).on_table(tables)
}
