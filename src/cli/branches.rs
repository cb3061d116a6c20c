//! `branches`: the migrations that several others follow.

use serde::Serialize;

use super::{
    context::Context,
    describe::{Described, DescribedMigration},
    problem::{CommandOutcome, Problem},
};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// Show everything that is known about each
    #[arg(long, short)]
    verbose: bool,
}

#[derive(Debug, Serialize)]
struct Branch<'m> {
    #[serde(flatten)]
    point: DescribedMigration<'m>,
    branches: Vec<&'m str>,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let migrator = context.migrator()?;
    let described = Described::new(&migrator, context);
    let graph = migrator.graph();
    if context.out.json {
        let branch = |point| {
            let point = described.entry(point);
            let branches =
                graph.children(point.revision).into_iter().map(|m| m.revision()).collect();
            Branch { point, branches }
        };
        let all: Vec<Branch<'_>> = graph.branch_points().into_iter().map(branch).collect();
        context.out.json(&all)?;
        return Ok(CommandOutcome::Done);
    }
    for point in graph.branch_points() {
        let width = point.revision().chars().count();
        context.out.result(if args.verbose {
            described.long(point)
        } else {
            described.short(point)
        });
        for child in graph.children(point.revision()) {
            context.out.result(format_args!("{:width$} -> {}", "", described.short(child)));
        }
    }
    if graph.branch_points().is_empty() {
        context.out.say("no branches");
    }
    Ok(CommandOutcome::Done)
}
