//! `repair`: mends the history where it and the database or the files have come apart.

use super::{
    context::Context,
    keep,
    problem::{CommandOutcome, Problem},
};
use crate::migrator::Repair;

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// The statement in doubt of this unfinished migration did not take effect: let the next run repeat it
    #[arg(long, value_name = "REV")]
    resume: Vec<String>,
    /// This unfinished migration has been completed by hand: record it as applied
    #[arg(long, value_name = "REV")]
    mark_applied: Vec<String>,
    /// Nothing of this migration is left in the database: let the next upgrade run it from the start
    #[arg(long, value_name = "REV")]
    mark_pending: Vec<String>,
    /// The database matches the edited text of this migration: record its new checksum
    #[arg(long, value_name = "REV")]
    accept_changed: Vec<String>,
    /// Delete the row of this migration, which is unknown here, from the history
    #[arg(long, value_name = "REV")]
    forget: Vec<String>,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let mut repairs: Vec<Repair> = Vec::new();
    repairs.extend(args.resume.iter().cloned().map(Repair::Resume));
    repairs.extend(args.mark_applied.iter().cloned().map(Repair::MarkApplied));
    repairs.extend(args.mark_pending.iter().cloned().map(Repair::MarkPending));
    repairs.extend(args.accept_changed.iter().cloned().map(Repair::AcceptChanged));
    repairs.extend(args.forget.iter().cloned().map(Repair::Forget));
    let is_told = !repairs.is_empty();
    let report = context.migrator()?.repair(&context.url()?, repairs).await?;
    let named = report.changes.iter().flat_map(|change| change.split([' ', ',', ':']));
    keep::agreed(context, named);
    if context.out.json {
        context.out.json(&report)?;
    } else if is_told || !report.changes.is_empty() {
        context.out.result(&report);
    } else {
        context.out.result(
            "nothing was repaired: name what to repair with an option (see `repair --help`); `verify` says what is wrong",
        );
    }
    Ok(CommandOutcome::Done)
}
