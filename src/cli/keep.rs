//! `ambix.sum` is kept up by the commands that read a folder, as Cargo keeps its lock file. What was applied is left as it is:
//! that it was edited must be seen.

use std::collections::BTreeSet;

use super::{context::Context, problem::Problem};
use crate::authoring::Folder;

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
                "ambix.sum does not match the files for {}, and --locked forbids updating it",
                crate::error::some_of(&revisions, ", ")
            ),
            format!("run `{} hash`, and commit ambix.sum", context.program),
        ));
    }
    let applied = applied(context).await?;
    let is_free = |revision: &str, new: bool| match &applied {
        AppliedRevisions::Known(applied) => !applied.iter().any(|one| one == revision),
        AppliedRevisions::NobodyToAsk => new,
        AppliedRevisions::Unknown => false,
    };
    let free: Vec<&str> = stale
        .iter()
        .filter(|(revision, new)| is_free(revision, *new))
        .map(|(revision, _)| revision.as_str())
        .collect();
    if free.is_empty() {
        return Ok(());
    }
    let gone: Vec<&str> =
        free.iter().copied().filter(|revision| folder.graph().get(revision).is_none()).collect();
    match folder.keep_sum(&free) {
        Ok(()) if gone.is_empty() => {}
        Ok(()) => context.out.note(format_args!(
            "removed {} from ambix.sum: it has no file and is not applied",
            gone.join(", ")
        )),
        // A folder that only holds what is run may well be read-only.
        Err(_) => context.out.note("ambix.sum is stale and cannot be written"),
    }
    Ok(())
}

/// Lets `ambix.sum` say what the files say of migrations of which the database has, by now, what the files say. Whether nothing in it
/// is stale after that.
pub(super) fn agreed<'r>(context: &Context, revisions: impl Iterator<Item = &'r str>) -> bool {
    let Some(path) = context.read_from().filter(|path| path.is_dir()) else { return false };
    let Ok(folder) = Folder::open(&path, &context.program) else { return false };
    let stale = folder.stale();
    let is_stale = |revision: &&str| stale.iter().any(|(other, _)| other == revision);
    let agreed: BTreeSet<&str> = revisions.filter(is_stale).collect();
    let agreed: Vec<&str> = agreed.into_iter().collect();
    if !agreed.is_empty() && folder.keep_sum(&agreed).is_err() {
        context.out.note("ambix.sum is stale and cannot be written");
        return false;
    }
    agreed.len() == stale.len()
}

/// What the database has.
enum AppliedRevisions {
    Known(Vec<String>),
    /// No database is known. Then what is new to the file is taken for new.
    NobodyToAsk,
    /// It does not answer; that the command itself says, if it needs it.
    Unknown,
}

async fn applied(context: &Context) -> Result<AppliedRevisions, Problem> {
    let Some(url) = context.known_url()? else { return Ok(AppliedRevisions::NobodyToAsk) };
    Ok(match context.migrator()?.history(&url).await {
        Ok(history) => AppliedRevisions::Known(
            history.records.into_iter().map(|record| record.revision).collect(),
        ),
        Err(_) => AppliedRevisions::Unknown,
    })
}
