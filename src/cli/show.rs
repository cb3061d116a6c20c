//! `show REV`: everything that is known about a migration.

use super::{
    context::Context,
    describe::Described,
    problem::{CommandOutcome, Problem},
};
use crate::graph::Target;

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// A revision or a prefix of it, a label, head, heads, base, current, head-1 ...
    #[arg(allow_negative_numbers = true)]
    revision: String,
    /// Also show when, by whom and how fast it was applied, from the database
    #[arg(long, short)]
    verbose: bool,
    /// Also show its SQL
    #[arg(long)]
    sql: bool,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let migrator = context.migrator()?;
    let target: Target = args.revision.parse()?;
    let mut described = Described::new(&migrator, context);
    let here = args.revision.contains("current") || args.revision.starts_with(['+', '-']);
    if here || args.verbose {
        described = described.with_database(&context.url()?).await?;
    }
    let migrations = migrator.graph().resolve(&target, &described.applied())?;
    if context.out.json {
        let entries: Vec<_> =
            migrations.iter().map(|migration| described.entry(migration)).collect();
        context.out.json(&entries)?;
        return Ok(CommandOutcome::Done);
    }
    for (at, migration) in migrations.iter().enumerate() {
        if at > 0 {
            context.out.result("");
        }
        context.out.result(described.long(migration));
        if args.sql {
            for script in
                [Some(migration.up_script()), migration.down_script()].into_iter().flatten()
            {
                context.out.script(format_args!(
                    "\n-- {}\n{}",
                    script.file(),
                    script.text().trim_end()
                ));
            }
        }
    }
    if migrations.is_empty() {
        context.out.say("base comes before the first migration: there is nothing to show");
    }
    Ok(CommandOutcome::Done)
}
