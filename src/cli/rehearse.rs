//! `rehearse [TARGET]`: applies what is pending, reverts it, and applies it again, with a record for preflight.

use super::{
    context::{Context, without_password},
    problem::{CommandOutcome, Problem},
    progress::ProgressDisplay,
    settings::needs_yes,
    steps,
};
use crate::run::plan::Direction;

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// head, heads, a revision or a prefix of it, +1, label@head
    #[arg(default_value = "head", allow_negative_numbers = true)]
    target: String,
    #[command(flatten)]
    again: steps::AgainArgs,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let migrator = steps::tagged(context.migrator()?, args.again.tag.as_deref());
    let url = context.url()?;
    context.check_files()?;
    if !args.again.yes {
        let plan = migrator.plan(&url, args.target.as_str()).await?;
        let up = plan.steps.iter().filter(|step| step.direction == Direction::Up).count();
        let migrations = if up == 1 { "migration" } else { "migrations" };
        let what = format!("{up} {migrations} on {}", without_password(&url));
        let question = format!(
            "Apply {what}, revert them, and apply them again? This is meant for staging: what they delete is lost."
        );
        // Where nothing is pending, nothing is done.
        match if up == 0 { Some(true) } else { context.out.confirm(question) } {
            Some(true) => {}
            Some(false) => {
                context.out.say("nothing was done");
                return Ok(CommandOutcome::Done);
            }
            None => {
                return Err(needs_yes(&format!(
                    "rehearse applies {what}, reverts them, and applies them again"
                )));
            }
        }
    }
    let progress = ProgressDisplay::new(&context.out);
    let migrator = progress.follow(&migrator);
    let report = progress.until(migrator.rehearse(&url, args.target.as_str())).await?;
    steps::finish(context, &report)
}
