//! `rebase REV --onto REV`: a migration that is not applied yet gets another parent, and a new date.

use serde_json::json;

use super::{
    context::{Context, without_password},
    files,
    problem::{CommandOutcome, Problem},
};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// The migration to move; the ones that follow it move along
    #[arg(value_name = "REV")]
    revision: String,
    /// Its new parent: a revision, head, label@head, or base
    #[arg(long, value_name = "REV")]
    onto: String,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let folder = files::open(context)?;
    let rebase = folder.rebase(&args.revision, &args.onto)?;
    let applied = files::applied(&rebase.moved, context).await?;
    if let Some((revision, url)) = applied.first() {
        return Err(Problem::with_help(
            format!(
                "{revision} is already applied on {}; nothing was written",
                without_password(url)
            ),
            format!(
                "revert it first ({} downgrade), or join the heads: {0} merge heads",
                context.program
            ),
        ));
    }
    let notes = folder.write_rebase(&rebase)?;
    if context.out.json {
        context.out.json(&json!({
            "moved": rebase.moved, "parents": rebase.parents, "renamed": rebase.renamed, "notes": notes,
        }))?;
    } else {
        for (from, to) in &rebase.renamed {
            let (from, to) = (folder.path_of(from), folder.path_of(to));
            context.out.result(format_args!(
                "Renaming {} -> {} ... done",
                from.display(),
                to.display()
            ));
        }
    }
    for note in notes {
        context.out.note(note);
    }
    Ok(CommandOutcome::Done)
}
