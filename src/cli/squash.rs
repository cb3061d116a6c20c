//! `squash A:B`: several migrations of one line become one.

use serde_json::json;

use super::{
    context::Context,
    files,
    problem::{CommandOutcome, Problem},
    settings::needs_yes,
};
use crate::{
    database::{driver, drivers},
    sql::Syntax,
};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// The first and the last migration to combine, FROM:TO
    #[arg(value_name = "RANGE")]
    range: String,
    /// A short description of what they do together
    #[arg(long, short, value_name = "TEXT")]
    message: Option<String>,
    /// Answer yes to every question
    #[arg(long, short)]
    yes: bool,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let folder = files::open(context)?;
    let known = context.known_url()?.and_then(|url| driver(&url).ok());
    let syntaxes: Vec<&Syntax> = match known {
        Some(driver) => vec![driver.dialect.syntax()],
        None => drivers().map(|driver| driver.dialect.syntax()).collect(),
    };
    let squash = folder.squash(&args.range, args.message.as_deref(), &syntaxes)?;
    let what = format!("{} files of {} migrations", squash.removed.len(), squash.replaces.len());
    if !args.yes {
        for name in &squash.removed {
            context.out.say(format_args!("  {}", folder.path_of(name).display()));
        }
        match context.out.confirm(format_args!("Replace these {what} with a single migration?")) {
            Some(true) => {}
            Some(false) => {
                context.out.say("nothing was done");
                return Ok(CommandOutcome::Done);
            }
            None => return Err(needs_yes(&format!("squash removes {what}"))),
        }
    }
    let removed = squash.removed.clone();
    let replaces = squash.replaces.clone();
    let written = folder.write_squash(squash)?;
    if context.out.json {
        context.out.json(&json!({
            "revision": written.revision,
            "parents": written.parents,
            "files": written.files,
            "replaces": replaces,
            "removed": removed,
            "notes": written.notes,
        }))?;
    } else {
        for name in &removed {
            context
                .out
                .result(format_args!("Removing {} ... done", folder.path_of(name).display()));
        }
        return files::finish(&folder, &written, context);
    }
    Ok(CommandOutcome::Done)
}
