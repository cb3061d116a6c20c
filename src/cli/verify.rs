//! `verify`: whether files, `ambix.sum` and the database's history agree.

use super::{
    context::Context,
    problem::{CommandOutcome, Problem},
};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {}

pub(super) async fn run(_args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let verification = context.migrator()?.verify(&context.url()?).await?;
    if context.out.json {
        context.out.json(&verification)?;
    } else {
        context.out.result(&verification);
    }
    Ok(if verification.is_ok() && !context.lacks_files() {
        CommandOutcome::Done
    } else {
        CommandOutcome::Difference
    })
}
