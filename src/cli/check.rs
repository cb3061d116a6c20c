//! `check`: whether the models and the migrated schema agree.

use super::{
    context::Context,
    drafting::{self, Sides},
    problem::{Outcome, Problem},
};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    sides: Sides,
    /// Note where the columns of a table stand in another order, too
    #[arg(long)]
    column_order: bool,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<Outcome, Problem> {
    let migrator = args.sides.wanted(context.migrator()?)?;
    let options = args.sides.options().column_order(args.column_order);
    let draft = drafting::make(&migrator, &context.url()?, &options).await?;
    let out = &context.out;
    if out.json {
        out.json(&drafting::found(&draft))?;
    } else if draft.is_empty() {
        out.result(&draft);
    } else {
        out.result(drafting::lines(&draft).join("\n"));
    }
    drafting::notes(&draft, args.sides.verbose, context);
    if draft.is_empty() {
        return Ok(if context.lacks_files() { Outcome::Difference } else { Outcome::Done });
    }
    out.note(format_args!(
        "the models ask for something else than what is there; `{} generate MESSAGE` drafts a migration",
        context.program
    ));
    Ok(Outcome::Difference)
}
