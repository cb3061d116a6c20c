//! `init [DIR]`: a folder for migrations, and what to do next.

use std::path::PathBuf;

use serde_json::json;

use super::{
    context::Context,
    problem::{CommandOutcome, Problem},
};
use crate::authoring;

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// The folder to create [default: migrations]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let path = args.folder.clone().unwrap_or_else(|| context.folder());
    let made = authoring::init(&path, &context.program)?;
    context.tell_cargo(&path);
    let (out, shown) = (&context.out, path.display());
    if out.json {
        out.json(&json!({ "folder": path, "made": made }))?;
        return Ok(CommandOutcome::Done);
    }
    out.result(if made { format!("created {shown}") } else { format!("{shown} already exists") });
    let program = match path == context.folder() {
        true => context.program.clone(),
        false => format!("{} --dir {shown}", context.program),
    };
    let below = if path.is_absolute() { "" } else { "$CARGO_MANIFEST_DIR/" };
    // Braces of an example are not places to fill in.
    let example = include_str!("init.txt")
        .replace("PROGRAM", &program)
        .replace("$CARGO_MANIFEST_DIR/FOLDER", &format!("{below}{shown}"))
        .replace("FOLDER", &shown.to_string());
    out.say(example.trim_end());
    Ok(CommandOutcome::Done)
}
