//! The questions, one a file. A new one is a file and a line in [`CHECKS`].

mod activity;
mod backup;
mod disk;
mod duration;
mod files;
mod locks;
mod maintenance;
mod models;
mod monitoring;
mod partitions;
mod programs;
mod rehearsal;
mod replication;
mod rights;
mod rows;
mod schema;
mod steps;
mod timeouts;
mod vacuum;
mod way_back;

pub(crate) use self::locks::StatementCost;
use super::{
    Answer, Preflight, PreflightOptions, Subject,
    context::{PreflightContext, PreflightFacts},
    statements::PendingWork,
};
use crate::database::{BoxFuture, PreflightQueries, Session};

/// A question: its answers, of which there is at least one.
type Check = for<'a, 'c> fn(&'a mut PreflightContext<'c>) -> BoxFuture<'a, Vec<Answer>>;

/// All questions, in the order of the checklist.
const CHECKS: [Check; 19] = [
    files::check,
    models::check,
    steps::check,
    rehearsal::check,
    schema::check,
    rows::check,
    locks::check,
    duration::check,
    programs::check,
    way_back::check,
    backup::check,
    activity::check,
    vacuum::check,
    replication::check,
    disk::check,
    rights::check,
    timeouts::check,
    maintenance::check,
    monitoring::check,
];

/// Asks everything.
pub(crate) async fn run<'c>(
    facts: &'c PreflightFacts<'c>,
    options: &'c PreflightOptions,
    queries: &'static dyn PreflightQueries,
    session: Box<dyn Session + 'c>,
) -> Preflight {
    let pending = facts.plan.revisions();
    let work = PendingWork::read(facts.graph, &pending, facts.dialect.syntax());
    ask(PreflightContext::new(facts, options, queries, &work, session), pending).await
}

/// Asks only whether existing rows meet what the statements of these migrations demand. What is met gets no answer.
#[cfg(feature = "draft")]
pub(crate) async fn ask_rows<'c>(
    facts: &'c PreflightFacts<'c>,
    options: &'c PreflightOptions,
    queries: &'static dyn PreflightQueries,
    session: Box<dyn Session + 'c>,
    pending: &[String],
) -> Vec<Answer> {
    let work = PendingWork::read(facts.graph, pending, facts.dialect.syntax());
    let mut context = PreflightContext::new(facts, options, queries, &work, session);
    let answers = match context.read_tables().await {
        Ok(()) => rows::check(&mut context).await,
        Err(why) => vec![Answer::unknown(Subject::Rows, why)],
    };
    context.close().await;
    answers
}

async fn ask(mut context: PreflightContext<'_>, pending: Vec<String>) -> Preflight {
    let mut preflight = Preflight { pending, ..Preflight::default() };
    if let Err(why) = context.read_tables().await {
        preflight.answers.push(Answer::unknown(
            Subject::Locks,
            format_args!("the sizes of the tables cannot be read: {why}"),
        ));
    }
    for check in CHECKS {
        preflight.answers.extend(check(&mut context).await);
    }
    preflight.answers.sort_by_key(|answer| answer.subject);
    preflight.elapsed = context.close().await;
    preflight
}
