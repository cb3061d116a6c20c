//! Do programs that are still running work with the new schema? Which statements break them, and are there any?

use super::super::{
    Answer, Subject,
    context::{PreflightContext, counted, number, said},
};
use crate::{database::BoxFuture, lint::Severity};

pub(super) fn check<'a>(context: &'a mut PreflightContext<'_>) -> BoxFuture<'a, Vec<Answer>> {
    Box::pin(async move {
        let breaking = context.facts.lint.findings.iter().filter(|finding| {
            finding.code.starts_with("COMPAT") && finding.severity >= Severity::Warning
        });
        let mut answers: Vec<Answer> = breaking
            .map(|finding| {
                let text = format!("{} ({})", finding.message, finding.code);
                Answer::look(Subject::Programs, text)
                    .advice(&finding.help)
                    .at(&finding.revision, finding.place.clone())
            })
            .collect();
        if answers.is_empty() {
            let text =
                "no statement breaks a program that knows the old schema, as far as its text tells";
            answers.push(Answer::ok(Subject::Programs, text));
        }
        let rows = match context.ask_section(context.queries.sections().programs, &[]).await {
            Ok(rows) => rows,
            Err(why) => {
                answers.push(Answer::unknown(Subject::Programs, why));
                return answers;
            }
        };
        answers.extend(said(Subject::Programs, &rows, ""));
        let (name, version) = &context.facts.program;
        let (mut nameless, mut others) = (0, false);
        for row in rows.iter().filter(|row| row.tag() == "program") {
            let (application, user, sessions) = (
                row.text("application"),
                row.text("user_name"),
                number(row, "sessions").unwrap_or(1),
            );
            match version_of(application, name) {
                Some(found) if found != *version => {
                    others = true;
                    let sessions_text = counted(sessions, "session");
                    let own = if version.is_empty() {
                        "of which no version is known"
                    } else {
                        version.as_str()
                    };
                    let text = format!(
                        "{application} is connected as {user} ({sessions_text}); this program is {name} {own}"
                    );
                    let mut answer = Answer::look(Subject::Programs, text).advice(
                        "make sure that this version works with the new schema, or stop it first",
                    );
                    answer.count = Some(sessions);
                    answers.push(answer);
                }
                Some(_) => {}
                None if application.starts_with("ambix ") => {}
                None => nameless += sessions,
            }
        }
        let has_rows = rows.iter().any(|row| row.tag() == "program");
        if nameless > 0 {
            let sessions = counted(nameless, "other session");
            let do_not = if nameless == 1 { "does not" } else { "do not" };
            let text = format!("{sessions} {do_not} say which version of {name} they are");
            answers.push(
                Answer::look(Subject::Programs, text)
                    .advice(format!("let programs connect with application_name={name}/VERSION")),
            );
        } else if !others && (has_rows || rows.is_empty()) {
            answers.push(Answer::ok(
                Subject::Programs,
                format!("no other version of {name} is connected"),
            ));
        }
        answers
    })
}

/// The version in the name of a connected program, if it is the one that is asked for: `billing/1.2`, `billing 1.2`, `billing-1.2`.
fn version_of(application: &str, name: &str) -> Option<String> {
    let head = application.get(..name.len())?;
    if name.is_empty() || !head.eq_ignore_ascii_case(name) {
        return None;
    }
    let rest = application[name.len()..].trim_start_matches(['/', ' ', '-', '@', ':', 'v']);
    rest.starts_with(|c: char| c.is_ascii_digit())
        .then(|| rest.split_whitespace().next().unwrap_or_default().to_owned())
}
