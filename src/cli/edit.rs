//! `edit REV`: opens the files of a migration in an editor, and looks at them afterwards.

use std::{ffi::OsString, process::Command};

use super::{
    context::{Context, without_password},
    files,
    problem::{CommandOutcome, Problem},
};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// The migration: a revision, a prefix of it, or head
    #[arg(value_name = "REV")]
    revision: String,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let folder = files::open(context)?;
    let (revision, names) = folder.files_of(&args.revision)?;
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let Some(editor) = set("VISUAL").or_else(|| set("EDITOR")) else {
        return Err(Problem::with_help(
            "no editor is set",
            "set VISUAL or EDITOR to the command that starts your editor",
        ));
    };
    // Through the shell, since the variable may hold options, too.
    let mut command = if cfg!(windows) {
        let mut command = Command::new("cmd");
        command.arg("/C").arg(&editor);
        command
    } else {
        let mut line = editor.clone();
        line.push(OsString::from(" \"$@\""));
        let mut command = Command::new("sh");
        command.arg("-c").arg(line).arg("editor");
        command
    };
    command.args(names.iter().map(|name| folder.path_of(name)));
    match command.status() {
        Ok(status) if status.success() => {}
        Ok(status) => {
            return Err(Problem::other(format!(
                "the editor exited with {status}; ambix.sum was not changed"
            )));
        }
        Err(error) => return Err(Problem::other(format!("the editor cannot be started: {error}"))),
    }
    let edited = files::open(context)?;
    if !edited.differs(&folder) {
        context.out.say("nothing was changed");
        return Ok(CommandOutcome::Done);
    }
    for note in edited.write_sum_of(&revision)? {
        context.out.note(note);
    }
    context.out.say("the files are valid, and ambix.sum is up to date");
    for (revision, url) in files::applied(&[revision], context).await? {
        context.out.warn(format_args!(
            "{revision} is already applied on {} with its old text: undo the edit and write a new migration",
            without_password(&url)
        ));
    }
    Ok(CommandOutcome::Done)
}
