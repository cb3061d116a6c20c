//! `heads`: the migrations that nothing follows.

use super::{
    context::Context,
    describe::Described,
    problem::{CommandOutcome, Problem},
};
use crate::migration::Migration;

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// Show everything that is known about each
    #[arg(long, short)]
    verbose: bool,
    /// Leave out heads that other migrations depend on
    #[arg(long)]
    resolve_dependencies: bool,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let migrator = context.migrator()?;
    let described = Described::new(&migrator, context);
    let graph = migrator.graph();
    let is_shown = |head: &&Migration| {
        !args.resolve_dependencies || graph.dependents(head.revision()).is_empty()
    };
    let heads: Vec<&Migration> = graph.heads().into_iter().filter(is_shown).collect();
    if context.out.json {
        let entries: Vec<_> = heads.iter().map(|head| described.entry(head)).collect();
        context.out.json(&entries)?;
        return Ok(CommandOutcome::Done);
    }
    for head in &heads {
        context.out.result(if args.verbose {
            described.long(head) + "\n"
        } else {
            described.short(head)
        });
    }
    if graph.is_empty() {
        context.out.say("no migrations");
    }
    if graph.heads().iter().filter(|head| graph.dependents(head.revision()).is_empty()).count() > 1
    {
        context.out.note(format_args!(
            "there are several heads; `{} merge heads` joins them, `upgrade heads` applies them all",
            context.program
        ));
    }
    Ok(CommandOutcome::Done)
}
