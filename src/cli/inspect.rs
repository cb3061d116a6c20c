//! `inspect`: the database's tables as a script that creates them, to begin a `schema.sql` with.

use super::{
    context::Context,
    drafting::left_alone,
    problem::{CommandOutcome, Problem},
    progress::unless_interrupted,
};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// List everything that is not in the script
    #[arg(long, short)]
    verbose: bool,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    // The history has a table of its own, whose name the migrator knows.
    let migrator = context.migrator_or_none()?;
    let url = context.url()?;
    let dumped = unless_interrupted(migrator.dump(&url)).await;
    let (schema, script) = dumped.ok_or(Problem::GivenUp)??;
    if context.out.json {
        context.out.json(&schema)?;
    } else if !script.is_empty() {
        context.out.script(script.trim_end());
    }
    left_alone(&schema.uncovered, "not in the script", args.verbose, context);
    Ok(CommandOutcome::Done)
}
