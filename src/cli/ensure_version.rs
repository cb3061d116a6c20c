//! `ensure-version`: makes the tables of the history, and nothing else.

use super::{
    context::Context,
    problem::{CommandOutcome, Problem},
};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// Print the SQL for the database's own shell instead of running it; needs no database
    #[arg(long)]
    sql: bool,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let migrator = context.migrator()?;
    let url = context.url()?;
    if args.sql {
        context.out.result(migrator.script_history(&url)?.trim_end());
        return Ok(CommandOutcome::Done);
    }
    let made = migrator.ensure_history(&url).await?;
    if context.out.json {
        context.out.json(&serde_json::json!({ "created": made }))?;
    } else if made {
        context.out.result("created the history tables");
    } else {
        context.out.result("the history tables already exist");
    }
    Ok(CommandOutcome::Done)
}
