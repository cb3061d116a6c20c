//! `hash`: rewrites `ambix.sum` from the files.

use serde_json::json;

use super::{
    context::Context,
    files,
    problem::{CommandOutcome, Problem},
};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {}

pub(super) async fn run(_: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let folder = files::open(context)?;
    let changes = folder.hash()?;
    let out = &context.out;
    if out.json {
        out.json(&json!({ "migrations": folder.graph().len(), "changes": changes }))?;
        return Ok(CommandOutcome::Done);
    }
    for change in &changes {
        out.result(change);
    }
    out.say(if changes.is_empty() {
        "ambix.sum is already up to date"
    } else {
        "rewrote ambix.sum"
    });
    Ok(CommandOutcome::Done)
}
