//! What every command has at hand: the migrator, the files, the database, and where to print.

use std::{path::PathBuf, process::ExitCode};

use super::{
    CommandLine,
    explain::{self, Explanation},
    output::Output,
    problem::{self, Outcome, Problem},
    settings::Settings,
    url::{self, Found},
};
pub(super) use crate::url::without_password;
use crate::{
    error::Error,
    migration::{Migration, Migrations},
    migrator::Migrator,
};

/// What every command has at hand.
pub(super) struct Context {
    line: CommandLine,
    pub(super) settings: Settings,
    /// The only way to print.
    pub(super) out: Output,
    /// How this program's commands are called, for advice.
    pub(super) program: String,
}

impl Context {
    pub(super) fn new(line: CommandLine, settings: Settings, out: Output) -> Self {
        Self { line, settings, out, program: problem::program() }
    }

    /// The migrator: the program's own, or that of the folder where there is none or `--dir` names one.
    pub(super) fn migrator(&self) -> Result<Migrator, Problem> {
        match (&self.line.migrator, &self.settings.dir) {
            (Some(migrator), None) => Ok(self.settings.apply(migrator.clone())),
            _ => self.files(),
        }
    }

    /// The same, or one without migrations where there is no folder either: for a command that looks at the database alone.
    pub(super) fn migrator_or_none(&self) -> Result<Migrator, Problem> {
        match &self.line.migrator {
            None if !self.folder().is_dir() => {
                Ok(self.settings.apply(Migrator::from_migrations(Migrations::default())?))
            }
            _ => self.migrator(),
        }
    }

    /// The folder that the migrator is read from; none where it is compiled in.
    pub(super) fn read_from(&self) -> Option<PathBuf> {
        let compiled_in = self.line.migrator.is_some() && self.settings.dir.is_none();
        (!compiled_in).then(|| self.folder())
    }

    /// A migrator of the files as they are on disk now, also where others are compiled in.
    pub(super) fn files(&self) -> Result<Migrator, Problem> {
        let migrations = self.migrations()?;
        let migrator = match &self.line.migrator {
            Some(own) => own.with_migrations(migrations)?,
            None => Migrator::from_migrations(migrations)?
                .application("ambix", env!("CARGO_PKG_VERSION")),
        };
        Ok(self.settings.apply(migrator))
    }

    /// The files as they are on disk now, not yet known to form one history.
    pub(super) fn migrations(&self) -> Result<Migrations, Problem> {
        let folder = self.folder();
        if !folder.is_dir() {
            let text = format!("there is no folder {}", folder.display());
            let help = format!("make it with `{} init`, or name another with --dir", self.program);
            return Err(Problem::with_help(text, help));
        }
        Ok(Migrations::from_path(folder)?)
    }

    /// Says where the folder has migrations that came after the program was built, which its commands do not see.
    pub(super) fn note_new_files(&self) {
        let Some(own) = self.line.migrator.as_ref().filter(|_| self.settings.dir.is_none()) else {
            return;
        };
        // A folder that is not there, or that cannot be read, is nothing to those who use what is compiled in.
        let Ok(files) = Migrations::from_path(self.folder()) else { return };
        let is_new = |revision: &&str| own.graph().get(revision).is_none();
        let new: Vec<&str> = files.iter().map(Migration::revision).filter(is_new).collect();
        if !new.is_empty() {
            let folder = self.folder();
            let (folder, new) = (folder.display(), new.join(", "));
            self.out.note(format_args!(
                "this program was built without {new}: build it again (with `cargo::rerun-if-changed={folder}` in its build.rs \
                 cargo sees when), or use --dir {folder}"
            ));
        }
    }

    /// Where migration files are read and written.
    pub(super) fn folder(&self) -> PathBuf {
        self.settings.dir.clone().unwrap_or_else(|| self.line.folder.clone())
    }

    /// The database's URL. It may hold a password: print it with [`without_password`].
    pub(super) fn url(&self) -> Result<String, Problem> {
        let found = self.find_url()?;
        if let Some((url, _)) = found.url {
            return Ok(url);
        }
        let help =
            "give it with --database-url, or set DATABASE_URL in the environment or in a file .env";
        Err(match found.unreadable {
            None => Problem::with_help("which database? no URL is known", help),
            Some(place) => Problem::with_help(
                "which database? no URL is known",
                format!(
                    "{place} cannot be read (expected NAME=value, with a value in quotes if it has blanks); {help}"
                ),
            ),
        })
    }

    /// The database's URL, for a command that can do without.
    pub(super) fn known_url(&self) -> Result<Option<String>, Problem> {
        Ok(self.find_url()?.url.map(|(url, _)| url))
    }

    /// The URL and where it is from.
    fn find_url(&self) -> Result<Found, Problem> {
        let Settings { direct_url, database_url, .. } = &self.settings;
        let given = [
            (direct_url, "--direct-url"),
            (database_url, "--database-url"),
            (&self.line.url, "the configuration of this program"),
        ];
        let given = given.into_iter().find_map(|(url, origin)| Some((url.as_ref()?, origin)));
        match given {
            Some((url, origin)) => {
                Ok(Found { url: Some((url.0.clone(), origin.to_owned())), unreadable: None })
            }
            None => url::find(),
        }
    }

    /// The program's own command, where it is known.
    pub(super) fn root(&self) -> Option<&clap::Command> {
        self.line.root.as_ref()
    }

    /// A note of the library, with the command that helps where there is one.
    pub(super) fn note(&self, note: &str) {
        if note.starts_with("ambix.sum is stale") {
            self.out.note(format_args!("{note}; `{} hash` writes it anew", self.program));
        } else {
            self.out.note(note);
        }
    }

    /// Says how the command went.
    pub(super) fn finish(&self, result: Result<Outcome, Problem>) -> ExitCode {
        let problem = match result {
            Ok(Outcome::Done) => return ExitCode::SUCCESS,
            Ok(Outcome::Difference) => return ExitCode::from(3),
            Err(problem) => problem,
        };
        let (explanation, code, error) = match &problem {
            Problem::Failed(error) => {
                let migrator = self.migrator().ok();
                let explanation = explain::explain(error, migrator.as_ref(), &self.program)
                    .in_folder(self.read_from().as_deref());
                let origin = is_about_url(error).then(|| self.find_url().ok()?.url);
                (
                    match origin.flatten() {
                        Some((_, origin)) => explanation.note(format!("the URL is from {origin}")),
                        None => explanation,
                    },
                    problem::code(error),
                    Some(error),
                )
            }
            Problem::Other { text, help } => {
                (Explanation::new(text.clone(), help.clone()), 1, None)
            }
            Problem::Interrupted => (explain::interrupted(&self.program), 130, None),
            Problem::GivenUp => {
                let title = "interrupted; nothing was written".to_owned();
                (Explanation::new(title, Vec::new()), 130, None)
            }
            Problem::Usage(text) => (Explanation::new(text.clone(), Vec::new()), 2, None),
        };
        self.out.error(&explanation, code, error);
        ExitCode::from(code)
    }
}

/// Whether another URL may be what helps.
fn is_about_url(error: &Error) -> bool {
    let about = ["connecting to the database", "reading the database URL"];
    matches!(error, Error::Database { doing, .. } if about.contains(doing))
}
