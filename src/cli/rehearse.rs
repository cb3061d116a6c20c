//! `rehearse [TARGET]`: applies what is pending, reverts it, and applies it again, with a record for preflight.

use super::{
    context::Context,
    problem::{CommandOutcome, Problem},
    progress::ProgressDisplay,
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
        let question = |what: &str| {
            format!(
                "Apply {what}, revert them, and apply them again? This is meant for staging: what they delete is lost."
            )
        };
        let refusal =
            |what: &str| format!("rehearse applies {what}, reverts them, and applies them again");
        if !args.again.confirm(up, &url, context, question, refusal)? {
            return Ok(CommandOutcome::Done);
        }
    }
    let progress = ProgressDisplay::new(&context.out);
    let migrator = progress.follow(&migrator);
    let report = progress.until(migrator.rehearse(&url, args.target.as_str())).await?;
    args.again.finish(context, &migrator, &url, &report).await
}
