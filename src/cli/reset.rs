//! `reset`: takes everything back and runs everything again.

use super::{
    context::Context,
    problem::{CommandOutcome, Problem},
    progress::ProgressDisplay,
    steps,
};
use crate::run::plan::Direction;

pub(super) type Args = steps::DownAndUpArgs;

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let migrator = args.migrator(context)?;
    let url = context.url()?;
    if !args.again.yes {
        let plan = migrator.plan(&url, "base").await?;
        let down = plan.steps.iter().filter(|step| step.direction == Direction::Down).count();
        let question = |what: &str| {
            format!(
                "Revert {what} and apply them all again? This drops what they created, with its data."
            )
        };
        let refusal = |what: &str| format!("reset reverts {what}, and their data is lost");
        if !args.again.confirm(down, &url, context, question, refusal)? {
            return Ok(CommandOutcome::Done);
        }
    }
    let progress = ProgressDisplay::new(&context.out);
    let migrator = progress.follow(&migrator);
    let report = progress.until(migrator.reset(&url)).await?;
    args.again.finish(context, &migrator, &url, &report).await
}
