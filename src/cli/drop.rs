//! `drop`: deletes the database itself.

use super::{
    context::{Context, without_password},
    problem::{CommandOutcome, Problem},
    settings::needs_yes,
};
use crate::database::server;

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// Answer yes to every question
    #[arg(long, short)]
    yes: bool,
    /// End the sessions that are using it
    #[arg(long)]
    force: bool,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let url = context.url()?;
    let database = without_password(&url);
    if !args.yes && server::exists(&url).await? {
        let question = format!("Drop {database} and everything in it?");
        match context.out.confirm(question) {
            Some(true) => {}
            Some(false) => {
                context.out.say("nothing was done");
                return Ok(CommandOutcome::Done);
            }
            None => {
                return Err(needs_yes(&format!("drop deletes {database} and everything in it")));
            }
        }
    }
    let dropped = server::drop(&url, args.force).await?;
    if context.out.json {
        context.out.json(&serde_json::json!({ "database": database, "dropped": dropped }))?;
    } else if dropped {
        context.out.result(format_args!("dropped {database}"));
    } else {
        context.out.result(format_args!("{database} does not exist; there was nothing to drop"));
    }
    Ok(CommandOutcome::Done)
}
