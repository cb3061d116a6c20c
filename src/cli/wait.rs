//! `wait [TARGET]`: until another has migrated, for a replica that may not.

use std::time::Duration;

use super::{
    context::Context,
    problem::{Outcome, Problem},
    settings::duration,
    steps,
};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// heads, head, a revision or its beginning, label@head
    #[arg(default_value = "heads", allow_negative_numbers = true)]
    target: String,
    /// How long to wait, like 30s or 5m
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    timeout: Duration,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<Outcome, Problem> {
    let migrator = context.migrator()?;
    let url = context.url()?;
    steps::no_range(&args.target)?;
    migrator.wait(&url, args.target.as_str(), args.timeout).await?;
    if context.out.json {
        context.out.json(&serde_json::json!({ "target": args.target, "ready": true }))?;
    } else {
        context.out.result(format_args!("the schema is at {}", args.target));
    }
    Ok(Outcome::Done)
}
