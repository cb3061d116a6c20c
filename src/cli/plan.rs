//! `plan [TARGET]`: what `upgrade` (or, where all of it is applied, `downgrade`) would do.

use super::{
    context::Context,
    problem::{CommandOutcome, Problem},
};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// head, heads, base, a revision or a prefix of it, +1, -1, label@head
    #[arg(default_value = "head", allow_negative_numbers = true)]
    target: String,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let plan = context.migrator()?.plan(&context.url()?, args.target.as_str()).await?;
    if context.out.json {
        context.out.json(&plan)?;
    } else {
        context.out.result(plan);
    }
    Ok(CommandOutcome::Done)
}
