//! `stamp TARGET...`: writes the history as if the database were there, and runs nothing.

use super::{
    context::{Context, without_password},
    problem::{CommandOutcome, Problem},
    progress::ProgressDisplay,
    settings::needs_yes,
    steps,
};
use crate::migrator::Migrator;

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// head, heads, base, a revision or a prefix of it, label@head; one per branch; FROM:TO with --sql
    #[arg(required = true, value_name = "TARGET", allow_negative_numbers = true)]
    targets: Vec<String>,
    /// Delete every row of the history first, if migration files are gone for good
    #[arg(long, conflicts_with = "sql")]
    purge: bool,
    /// Print the SQL for the database's own shell instead of running it; needs no database
    #[arg(long)]
    sql: bool,
    /// The revision that the history is at when the script starts [default: base]
    #[arg(long, requires = "sql", value_name = "REV")]
    from: Option<String>,
    /// A text to pass to observers of the run
    #[arg(long)]
    tag: Option<String>,
    /// Answer yes to the question before a purge
    #[arg(long, short)]
    yes: bool,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let migrator = steps::tagged(context.migrator()?, args.tag.as_deref());
    let url = context.url()?;
    let target = args.targets.join(" ");
    if args.sql {
        let ends = steps::ends(&target, args.from.as_deref())?;
        context.out.script(steps::script(&migrator, &url, ends, true).await?.trim_end());
        return Ok(CommandOutcome::Done);
    }
    steps::no_range(&target)?;
    if args.purge && !args.yes && !confirmed(&migrator, &url, &target, context).await? {
        context.out.say("nothing was done");
        return Ok(CommandOutcome::Done);
    }
    let progress = ProgressDisplay::new(&context.out);
    let migrator = progress.follow(&migrator);
    let report = if args.purge {
        progress.until(migrator.stamp_purge(&url, target.as_str())).await?
    } else {
        progress.until(migrator.stamp(&url, target.as_str())).await?
    };
    steps::finish(context, &report)
}

async fn confirmed(
    migrator: &Migrator,
    url: &str,
    target: &str,
    context: &Context,
) -> Result<bool, Problem> {
    // A history that cannot be read is what a purge is for.
    let rows = match migrator.history(url).await {
        Ok(history) if history.records.is_empty() => return Ok(true),
        Ok(history) => format!("all {} rows", history.records.len()),
        Err(_) => "all rows".to_owned(),
    };
    let what = format!(
        "{rows} of the history on {}, including when and by whom each was applied and its stored down side",
        without_password(url)
    );
    context
        .out
        .confirm(format_args!("Delete {what}, and record {target} instead?"))
        .ok_or_else(|| needs_yes(&format!("stamp --purge deletes {what}")))
}
