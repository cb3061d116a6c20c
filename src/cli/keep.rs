//! `ambix.sum` is kept up by the commands that read a folder, as Cargo keeps its lock file. What was applied is left as it is:
//! that it was edited must be seen.

use super::{context::Context, problem::Problem};
use crate::folder::Folder;

/// Lets `ambix.sum` say what the files say of migrations that are not applied.
pub(super) async fn sum(context: &Context) -> Result<(), Problem> {
    let Some(path) = context.read_from().filter(|path| path.is_dir()) else { return Ok(()) };
    // What cannot be read the command itself says, if it needs it.
    let Ok(folder) = Folder::open(&path, &context.program) else { return Ok(()) };
    let stale = folder.stale();
    if stale.is_empty() {
        return Ok(());
    }
    if context.settings.locked {
        let revisions: Vec<String> = stale.into_iter().map(|(revision, _)| revision).collect();
        return Err(Problem::with_help(
            format!(
                "ambix.sum does not say what the files say of {}, and --locked forbids to write it",
                crate::error::some_of(&revisions, ", ")
            ),
            format!("run `{} hash`, and commit ambix.sum", context.program),
        ));
    }
    // What is new to the file nobody has applied with another text.
    let applied = match stale.iter().all(|(_, new)| *new) {
        true => Some(Vec::new()),
        false => applied(context).await,
    };
    let is_free = |revision: &str, new: bool| {
        new || applied.as_ref().is_some_and(|applied| !applied.iter().any(|one| one == revision))
    };
    let free: Vec<&str> = stale
        .iter()
        .filter(|(revision, new)| is_free(revision, *new))
        .map(|(revision, _)| revision.as_str())
        .collect();
    if free.is_empty() {
        return Ok(());
    }
    match folder.keep_sum(&free) {
        Ok(()) => {
            context.out.say(format_args!("ambix.sum is written anew for {}", free.join(", ")))
        }
        // A folder that only holds what is run may well be read-only.
        Err(_) => context.out.note("ambix.sum is stale and cannot be written"),
    }
    Ok(())
}

/// What the database has; nothing where none can be asked.
async fn applied(context: &Context) -> Option<Vec<String>> {
    let url = context.known_url().ok().flatten()?;
    let history = context.migrator().ok()?.history(&url).await.ok()?;
    Some(history.records.into_iter().map(|record| record.revision).collect())
}
