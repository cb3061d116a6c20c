//! `redo`: takes the newest migration back and applies it as it is now.

use super::{
    context::{Context, without_password},
    keep,
    problem::{CommandOutcome, Problem},
    progress::ProgressDisplay,
    steps,
};
use crate::{error::Direction, note::Note};

pub(super) type Args = steps::DownAndUpArgs;

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let migrator = args.migrator(context)?;
    let url = context.url()?;
    if !args.again.yes && context.out.can_ask() {
        let newest = migrator.current(&url).await?.into_newest();
        if let [newest] = newest.as_slice() {
            let question = format!(
                "This reverts {newest} on {},\ndrops what it created, with its data, and applies it again. Continue?",
                without_password(&url)
            );
            if context.out.confirm(question) == Some(false) {
                context.out.say("nothing was done");
                return Ok(CommandOutcome::Done);
            }
        }
    }
    let progress = ProgressDisplay::new(&context.out);
    let migrator = progress.follow(&migrator);
    let mut report = progress.until(migrator.redo(&url)).await?;
    let again = report.steps.iter().filter(|step| step.direction == Direction::Up);
    // The note about the text that was reverted is out of date.
    if keep::agreed(context, again.map(|step| step.revision.as_str())) {
        report.notes.retain(|note| !matches!(note, Note::StaleSum { .. }));
    }
    args.again.finish(context, &migrator, &url, &report).await
}
