//! `check`: whether the models and the migrated schema agree; without models, whether the database is as its migrations make it.

use super::{
    context::Context,
    drafting::{self, CompareArgs},
    page,
    problem::{CommandOutcome, Problem},
    progress::unless_interrupted,
};
use crate::{draft::Draft, migrator::Migrator};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    sides: CompareArgs,
    /// Also note tables whose columns are in a different order
    #[arg(long)]
    column_order: bool,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let migrator = context.migrator()?;
    let options = args.sides.options().column_order(args.column_order);
    let url = context.url()?;
    if args.sides.schema.is_none() && !args.sides.from_migrations && !migrator.has_models() {
        let found = unless_interrupted(migrator.drift_with(&url, options)).await;
        let mut draft = found.ok_or(Problem::GivenUp)??;
        let outcome = show(&draft, args, context)?;
        page(&migrator, &mut draft, (args, &url), context).await?;
        if matches!(outcome, CommandOutcome::Difference) {
            context.out.note(
                "these changes would turn the database into what its migrations create; put a change made by hand into a \
                 migration, or undo it",
            );
        }
        return Ok(outcome);
    }
    let migrator = args.sides.wanted(migrator)?;
    let mut draft = drafting::make(&migrator, &url, &options).await?;
    let outcome = show(&draft, args, context)?;
    page(&migrator, &mut draft, (args, &url), context).await?;
    if !draft.is_empty() {
        context.out.note(format_args!(
            "the models and the database differ; `{} generate MESSAGE` drafts a migration",
            context.program
        ));
    }
    Ok(outcome)
}

/// Writes the page about it, if it is asked for.
async fn page(
    migrator: &Migrator,
    draft: &mut Draft,
    (args, url): (&Args, &str),
    context: &Context,
) -> Result<(), Problem> {
    let Some(file) = &args.sides.html else { return Ok(()) };
    let options = args.sides.options().proof(false);
    let findings = drafting::complete(migrator, url, draft, &options).await?;
    page::write(file, "What a draft would change", (draft, &findings.all), url, context)
}

/// Prints what was found, and says whether that is a difference: what is asked for and not there is one, whether it is compared or
/// not. What only the database has and nobody compares is left alone.
fn show(draft: &Draft, args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let out = &context.out;
    if out.json {
        out.json(&drafting::found(draft))?;
    } else if draft.is_empty() {
        out.result(draft);
    } else {
        out.result(drafting::lines(draft).join("\n"));
    }
    drafting::notes(draft, args.sides.verbose, context);
    let is_same = draft.is_empty() && !draft.is_incomplete() && !context.lacks_files();
    Ok(if is_same { CommandOutcome::Done } else { CommandOutcome::Difference })
}
