//! `downgrade TARGET`: reverts the migrations above the target, or prints the script that does.

use std::path::PathBuf;

use super::{
    context::{Context, without_password},
    dump,
    problem::{CommandOutcome, Problem},
    progress::ProgressDisplay,
    steps,
};
use crate::{error::Error, migrator::Migrator, run::plan::Direction};

/// So many lines leave the question on the screen.
const LISTED: usize = 15;

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// -1, base, a revision or a prefix of it, label@base; FROM:TO with --sql
    #[arg(allow_negative_numbers = true)]
    target: String,
    /// Print the SQL for the database's own shell instead of running it; needs no database
    #[arg(long)]
    sql: bool,
    /// The revision the script starts from; current asks the database
    #[arg(long, requires = "sql", value_name = "REV")]
    from: Option<String>,
    /// A text to pass to Rust functions and hooks
    #[arg(long)]
    tag: Option<String>,
    /// Run the down sides from the files instead of the ones stored in the history
    #[arg(long)]
    down_from_files: bool,
    /// Answer yes to every question
    #[arg(long, short)]
    yes: bool,
    /// Write the schema to this file afterwards, as dump does
    #[arg(long, value_name = "FILE", conflicts_with = "sql")]
    dump: Option<PathBuf>,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let migrator = steps::tagged(context.migrator()?, args.tag.as_deref());
    let migrator = steps::down_sides(migrator, args.down_from_files);
    let url = context.url()?;
    if args.sql {
        if args.from.is_none() && !args.target.contains(':') {
            let text = "downgrade --sql needs the revision to start from: FROM:TO, or --from FROM";
            return Err(Problem::Usage(text.to_owned()));
        }
        let ends = steps::ends(&args.target, args.from.as_deref())?;
        context.out.script(steps::script(&migrator, &url, ends, false).await?.trim_end());
        return Ok(CommandOutcome::Done);
    }
    steps::no_range(&args.target)?;
    if !args.yes && !confirmed(&migrator, &url, &args.target, context).await? {
        context.out.say("nothing was done");
        return Ok(CommandOutcome::Done);
    }
    let progress = ProgressDisplay::new(&context.out);
    let migrator = progress.follow(&migrator);
    let report = progress.until(migrator.downgrade(&url, args.target.as_str())).await?;
    let outcome = steps::finish(context, &report)?;
    dump::keep(args.dump.as_deref(), &migrator, &url, context).await?;
    Ok(outcome)
}

/// On a terminal, lists what it will revert, and asks. In a script it continues, as Alembic does.
async fn confirmed(
    migrator: &Migrator,
    url: &str,
    target: &str,
    context: &Context,
) -> Result<bool, Problem> {
    if !context.out.can_ask() {
        return Ok(true);
    }
    let plan = match migrator.plan(url, target).await {
        Ok(plan) => plan,
        // The downgrade itself says it better.
        Err(Error::Locked { .. }) => return Ok(true),
        Err(error) => return Err(error.into()),
    };
    let down: Vec<_> = plan.steps.iter().filter(|step| step.direction == Direction::Down).collect();
    if down.is_empty() {
        return Ok(true);
    }
    let what = match down.len() {
        1 => "This reverts one migration and drops what it created, with its data,".to_owned(),
        n => format!("This reverts {n} migrations and drops what they created, with its data,"),
    };
    let mut question = format!("{what}\non {}:\n", without_password(url));
    for step in down.iter().take(LISTED) {
        question += &format!("  {} {}\n", step.revision, step.name);
    }
    if down.len() > LISTED {
        question += &format!("  ... and {} more\n", down.len() - LISTED);
    }
    question += "Continue?";
    Ok(context.out.confirm(question).unwrap_or(true))
}
