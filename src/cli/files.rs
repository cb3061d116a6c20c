//! What the commands that write migration files have in common.

use serde_json::json;

use super::{
    context::Context,
    problem::{Outcome, Problem},
};
use crate::folder::{Folder, Written, is_vague};

/// The folder, as its files are now.
pub(super) fn open(context: &Context) -> Result<Folder, Problem> {
    Ok(Folder::open(&context.folder(), &context.program)?)
}

/// Says that a message will not help anybody. The file is written all the same.
pub(super) fn advise(message: &str, context: &Context) {
    if is_vague(message) {
        context.out.warn(format_args!(
            "{message:?} says little to those who will read the history; say what changes, like \"add full_name to user\""
        ));
    }
}

/// Prints the files that were written, as Alembic does, and the code that belongs into the program.
pub(super) fn finish(
    folder: &Folder,
    written: &Written,
    context: &Context,
) -> Result<Outcome, Problem> {
    let out = &context.out;
    let paths = written.files.iter().map(|name| folder.path_of(name).display().to_string());
    if out.json {
        out.json(&json!({
            "revision": written.revision,
            "parents": written.parents,
            "files": paths.collect::<Vec<_>>(),
            "code": written.code,
            "notes": written.notes,
        }))?;
    } else {
        for path in paths {
            out.result(format_args!("Generating {path} ... done"));
        }
        if let Some(code) = &written.code {
            out.result(format_args!("\n{}", code.trim_end()));
        }
    }
    for note in &written.notes {
        out.note(note);
    }
    Ok(Outcome::Done)
}
