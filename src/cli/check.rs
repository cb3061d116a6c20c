//! `check`: whether the models and the migrated schema agree.

use super::{
    context::Context,
    problem::{Outcome, Problem},
};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {}

/// Models are not known to this version, and an answer without them would be a wrong one.
pub(super) async fn run(_args: &Args, context: &Context) -> Result<Outcome, Problem> {
    Err(Problem::with_help(
        "this version of ambix cannot compare models with a database, so there is nothing to check them with",
        format!(
            "`{0} verify` compares files and history, `{0} current --check-heads` tells whether something is pending",
            context.program
        ),
    ))
}
