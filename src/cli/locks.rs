//! `locks`: who holds and who waits for locks, and how to end it. The answer to "the migration hangs".

use super::{
    context::Context,
    problem::{CommandOutcome, Problem},
};
use crate::{migration::Migrations, migrator::Migrator};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// Cancel the statement that this session is running
    #[arg(long, value_name = "PID", conflicts_with = "terminate")]
    cancel: Option<u64>,
    /// End this session, which rolls back its transaction
    #[arg(long, value_name = "PID")]
    terminate: Option<u64>,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let url = context.url()?;
    // Who looks for what blocks need not have files that are in order, or any.
    let migrator = match context.migrator() {
        Ok(migrator) => migrator,
        Err(_) => context.settings.apply(Migrator::from_migrations(Migrations::default())?),
    };
    let (ended, what) = match (args.cancel, args.terminate) {
        (Some(id), _) => (migrator.cancel(&url, id).await?, "cancelled the statement of"),
        (None, Some(id)) => (migrator.terminate(&url, id).await?, "ended"),
        (None, None) => return look(&migrator, &url, context).await,
    };
    if context.out.json {
        context.out.json(&ended)?;
    } else {
        context.out.result(format_args!("{what} session {ended}"));
    }
    Ok(CommandOutcome::Done)
}

async fn look(
    migrator: &Migrator,
    url: &str,
    context: &Context,
) -> Result<CommandOutcome, Problem> {
    let locks = migrator.locks(url).await?;
    if context.out.json {
        context.out.json(&locks)?;
        return Ok(CommandOutcome::Done);
    }
    context.out.result(&locks);
    if let Some((blocker, _)) = locks.blockers().first() {
        context.out.note(format_args!(
            "`{program} locks --cancel PID` cancels a statement; `{program} locks --terminate {blocker}` ends that session \
             and rolls back its transaction",
            program = context.program
        ));
    }
    Ok(CommandOutcome::Done)
}
