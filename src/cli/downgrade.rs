//! `downgrade TARGET`: takes back what is above the target, or prints that as a script.

use super::{
    context::{Context, without_password},
    problem::{Outcome, Problem},
    progress::Progress,
    steps,
};
use crate::{error::Error, migrator::Migrator, run::plan::Direction};

/// So many lines leave the question on the screen.
const LISTED: usize = 15;

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// -1, base, a revision or its beginning, label@base; FROM:TO with --sql
    #[arg(allow_negative_numbers = true)]
    target: String,
    /// Print the SQL instead of running it, for the database's own shell; no database is asked
    #[arg(long)]
    sql: bool,
    /// Where the script begins: what the database is at; current asks it
    #[arg(long, requires = "sql", value_name = "REV")]
    from: Option<String>,
    /// A text for Rust functions and hooks
    #[arg(long)]
    tag: Option<String>,
    /// Run the down sides that the files have now, instead of those that were applied
    #[arg(long)]
    down_from_files: bool,
    /// Do not ask on a terminal
    #[arg(long, short)]
    yes: bool,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<Outcome, Problem> {
    let migrator = steps::tagged(context.migrator()?, args.tag.as_deref());
    let migrator = steps::down_sides(migrator, args.down_from_files);
    let url = context.url()?;
    if args.sql {
        if args.from.is_none() && !args.target.contains(':') {
            let text =
                "downgrade --sql needs to know where the script begins: FROM:TO, or --from FROM";
            return Err(Problem::Usage(text.to_owned()));
        }
        let ends = steps::ends(&args.target, args.from.as_deref())?;
        context.out.script(steps::script(&migrator, &url, ends, false).await?.trim_end());
        return Ok(Outcome::Done);
    }
    steps::no_range(&args.target)?;
    if !args.yes && !confirmed(&migrator, &url, &args.target, context).await? {
        context.out.say("nothing was done");
        return Ok(Outcome::Done);
    }
    let progress = Progress::new(&context.out);
    let migrator = progress.follow(&migrator);
    let report = progress.until(migrator.downgrade(&url, args.target.as_str())).await?;
    steps::finish(context, &report)
}

/// Says on a terminal what will be taken back, and asks. In a script it goes on, as Alembic's does.
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
        1 => "This migration is taken back, and what it made is dropped, with its data,".to_owned(),
        n => format!(
            "These {n} migrations are taken back, and what they made is dropped, with its data,"
        ),
    };
    let mut question = format!("{what}\non {}:\n", without_password(url));
    for step in down.iter().take(LISTED) {
        question += &format!("  {} {}\n", step.revision, step.name);
    }
    if down.len() > LISTED {
        question += &format!("  ... and {} more\n", down.len() - LISTED);
    }
    question += "Go on?";
    Ok(context.out.confirm(question).unwrap_or(true))
}
