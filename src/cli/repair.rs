//! `repair`: mends the history where it and the database or the files have come apart.

use super::{
    context::Context,
    keep,
    problem::{Outcome, Problem},
};
use crate::migrator::Repair;

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// The statement in doubt of an unfinished migration was not done: the next run runs it again
    #[arg(long, value_name = "REV")]
    resume: Vec<String>,
    /// The unfinished migration is done: somebody has completed it by hand
    #[arg(long, value_name = "REV")]
    mark_applied: Vec<String>,
    /// Nothing is left of the migration: the next upgrade runs it from the start
    #[arg(long, value_name = "REV")]
    mark_pending: Vec<String>,
    /// The edited migration is what the database has: its new checksum is recorded
    #[arg(long, value_name = "REV")]
    accept_changed: Vec<String>,
    /// The migration that is not known here is forgotten: its row is deleted
    #[arg(long, value_name = "REV")]
    forget: Vec<String>,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<Outcome, Problem> {
    let mut repairs: Vec<Repair> = Vec::new();
    repairs.extend(args.resume.iter().cloned().map(Repair::Resume));
    repairs.extend(args.mark_applied.iter().cloned().map(Repair::MarkApplied));
    repairs.extend(args.mark_pending.iter().cloned().map(Repair::MarkPending));
    repairs.extend(args.accept_changed.iter().cloned().map(Repair::AcceptChanged));
    repairs.extend(args.forget.iter().cloned().map(Repair::Forget));
    let report = context.migrator()?.repair(&context.url()?, repairs).await?;
    let named = report.changes.iter().flat_map(|change| change.split([' ', ',', ':']));
    keep::agreed(context, named);
    if context.out.json {
        context.out.json(&report)?;
    } else {
        context.out.result(&report);
    }
    Ok(Outcome::Done)
}
