//! `reset`: takes everything back and runs everything again.

use super::{
    context::{Context, without_password},
    dump,
    problem::{CommandOutcome, Problem},
    progress::ProgressDisplay,
    settings::needs_yes,
    steps,
};
use crate::run::plan::Direction;

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// Run the down sides from the files instead of the ones stored in the history
    #[arg(long)]
    down_from_files: bool,
    #[command(flatten)]
    again: steps::AgainArgs,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let migrator = steps::tagged(context.migrator()?, args.again.tag.as_deref());
    let migrator = steps::down_sides(migrator, args.down_from_files);
    let url = context.url()?;
    if !args.again.yes {
        let plan = migrator.plan(&url, "base").await?;
        let down = plan.steps.iter().filter(|step| step.direction == Direction::Down).count();
        let migrations = if down == 1 { "migration" } else { "migrations" };
        let what = format!("{down} {migrations} on {}", without_password(&url));
        let question = format!(
            "Revert {what} and apply them all again? This drops what they created, with its data."
        );
        // Where nothing is applied, nothing can be lost.
        let answer = if down == 0 { Some(true) } else { context.out.confirm(question) };
        match answer {
            Some(true) => {}
            Some(false) => {
                context.out.say("nothing was done");
                return Ok(CommandOutcome::Done);
            }
            None => {
                return Err(needs_yes(&format!("reset reverts {what}, and their data is lost")));
            }
        }
    }
    let progress = ProgressDisplay::new(&context.out);
    let migrator = progress.follow(&migrator);
    let report = progress.until(migrator.reset(&url)).await?;
    let outcome = steps::finish(context, &report)?;
    dump::keep(args.again.dump.as_deref(), &migrator, &url, context).await?;
    Ok(outcome)
}
