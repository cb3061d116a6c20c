//! How a command ends: what it found, or why it failed, as an exit code.

use std::{ffi::OsStr, path::Path};

use crate::{authoring::FolderError, error::Error};

/// A command that came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CommandOutcome {
    /// Done, or nothing to do: exit code 0.
    Done,
    /// It looked for a difference and found one: exit code 3.
    Difference,
}

/// A command that could not be carried out.
#[derive(Debug)]
pub(super) enum Problem {
    /// What the library says.
    Failed(Error),
    /// What the library does not know of: a file, an editor ... A text, and what to do next.
    Other { text: String, help: Vec<String> },
    /// Somebody pressed Ctrl-C: exit code 130, as shells have it.
    Interrupted,
    /// The same, where there was nothing that could be left half done.
    GivenUp,
    /// The command line makes no sense, or needs a `--yes`: exit code 2.
    Usage(String),
}

impl Problem {
    pub(super) fn other(text: impl Into<String>) -> Self {
        Self::Other { text: text.into(), help: Vec::new() }
    }

    pub(super) fn with_help(text: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Other { text: text.into(), help: vec![help.into()] }
    }
}

impl From<FolderError> for Problem {
    fn from(trouble: FolderError) -> Self {
        match trouble {
            FolderError::Error(error) => Self::Failed(error),
            FolderError::Refused { text, help } => Self::Other { text, help },
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// The exit code of an error of the library.
pub(super) fn code(error: &Error) -> u8 {
    match error {
        Error::Locked { .. } => 4,
        _ => 1,
    }
}

/// The name of this program's file.
pub(super) fn executable() -> String {
    let program = std::env::args_os().next();
    let stem = program.as_deref().map(Path::new).and_then(Path::file_stem).and_then(OsStr::to_str);
    stem.unwrap_or("ambix").to_owned()
}

/// How this program's commands are called, for advice: `ambix`, or `myapp db` where they are mounted below `db`.
pub(super) fn program() -> String {
    let commands = <super::Args as clap::Args>::augment_args(clap::Command::new(""));
    let is_command = |word: &str| {
        commands.get_subcommands().any(|command| {
            command.get_name() == word || command.get_all_aliases().any(|alias| alias == word)
        })
    };
    let arguments: Vec<String> =
        std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    // Words before the command that are no options; after an option there may be a value, which is nobody's business.
    let before = arguments.iter().take_while(|word| !is_command(word) && !word.starts_with('-'));
    let mounted = arguments.iter().any(|word| is_command(word));
    let below = before.filter(|_| mounted).cloned();
    std::iter::once(executable()).chain(below).collect::<Vec<_>>().join(" ")
}
