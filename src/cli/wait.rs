//! `wait [TARGET]`: until another has migrated, for a replica that may not.

use std::time::Duration;

use super::{
    context::Context,
    problem::{CommandOutcome, Problem},
    progress::ProgressDisplay,
    settings::duration,
    steps,
};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// heads, head, a revision or a prefix of it, label@head
    #[arg(default_value = "heads", allow_negative_numbers = true)]
    target: String,
    /// How long to wait, such as 30s or 5m [default: --lock-wait, or 60s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    timeout: Option<Duration>,
    #[command(flatten)]
    phase: steps::PhaseArg,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let migrator = args.phase.apply(context.migrator()?);
    let url = context.url()?;
    steps::no_range(&args.target)?;
    let limit = args.timeout.or(context.settings.lock_wait).unwrap_or(Duration::from_secs(60));
    let progress = ProgressDisplay::new(&context.out);
    let migrator = progress.follow(&migrator);
    progress.until(migrator.wait(&url, args.target.as_str(), limit)).await?;
    if context.out.json {
        context.out.json(&serde_json::json!({ "target": args.target, "ready": true }))?;
    } else {
        context.out.result(format_args!("the schema is at {}", args.target));
    }
    Ok(CommandOutcome::Done)
}
