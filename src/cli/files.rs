//! What the commands that write migration files have in common.

use serde_json::json;

use super::{
    context::Context,
    drafting::DraftJson,
    problem::{CommandOutcome, Problem},
};
use crate::authoring::{Folder, Written, is_vague};

/// The folder, as its files are now.
pub(super) fn open(context: &Context) -> Result<Folder, Problem> {
    Ok(Folder::open(&context.folder(), &context.program)?)
}

/// Says that a message will not help anybody. The file is written anyway.
pub(super) fn advise(message: &str, context: &Context) {
    if is_vague(message) {
        context.out.warn(format_args!(
            "{message:?} will tell readers of the history little; say what changes, like \"add full_name to user\""
        ));
    }
}

/// Prints the files that were written, as Alembic does, and the code that belongs into the program.
pub(super) fn finish(
    folder: &Folder,
    written: &Written,
    context: &Context,
) -> Result<CommandOutcome, Problem> {
    finish_draft(folder, std::slice::from_ref(written), None, context)
}

/// The same, with the draft that was written.
pub(super) fn finish_draft(
    folder: &Folder,
    written: &[Written],
    draft: Option<&DraftJson<'_>>,
    context: &Context,
) -> Result<CommandOutcome, Problem> {
    let out = &context.out;
    let paths = |written: &Written| -> Vec<String> {
        written.files.iter().map(|name| folder.path_of(name).display().to_string()).collect()
    };
    let as_json = |written: &Written| {
        json!({
            "revision": written.revision,
            "parents": written.parents,
            "files": paths(written),
            "code": written.code,
            "notes": written.notes,
        })
    };
    if out.json {
        // The first one is the result, with all of them if there are more.
        let mut result = written.first().map(&as_json).unwrap_or_default();
        if let Some(result) = result.as_object_mut() {
            if written.len() > 1 {
                let all: Vec<_> = written.iter().map(&as_json).collect();
                result.insert("migrations".to_owned(), json!(all));
            }
            if let Some(draft) = draft {
                result.insert("draft".to_owned(), json!(draft));
            }
        }
        out.json(&result)?;
    } else {
        for path in written.iter().flat_map(paths) {
            out.result(format_args!("Generating {path} ... done"));
        }
        for code in written.iter().filter_map(|written| written.code.as_ref()) {
            out.result(format_args!("\n{}", code.trim_end()));
        }
    }
    for note in written.iter().flat_map(|written| &written.notes) {
        out.note(note);
    }
    context.note_new_files();
    Ok(CommandOutcome::Done)
}

/// Those of some migrations that the database has, with its URL. Where no database is known, that is noted.
pub(super) async fn applied(
    revisions: &[String],
    context: &Context,
) -> Result<Vec<(String, String)>, Problem> {
    let Some(url) = context.known_url()? else {
        context
            .out
            .note("no database URL is known, so ambix could not check whether this migration is already applied");
        return Ok(Vec::new());
    };
    let history = context.files()?.history(&url).await?;
    let is_applied =
        |revision: &&String| history.records.iter().any(|record| record.revision == **revision);
    Ok(revisions
        .iter()
        .filter(is_applied)
        .map(|revision| (revision.clone(), url.clone()))
        .collect())
}
