//! What every command has at hand: the migrator, the files, the database, and where to print.

use std::{
    cell::{Cell, OnceCell},
    path::{Path, PathBuf},
    process::ExitCode,
};

use super::{
    CommandLine,
    explain::{self, Explanation},
    output::Output,
    problem::{self, CommandOutcome, Problem},
    settings::Settings,
    url::{self, EnvironmentUrl},
};
use crate::note::Note;
pub(super) use crate::url::without_password;
use crate::{
    authoring::no_folder,
    error::{Error, some_of},
    migration::{Migration, Migrations},
    migrator::Migrator,
    source::{BuildScript, build_script},
};

/// What every command has at hand.
pub(super) struct Context {
    line: CommandLine,
    pub(super) settings: Settings,
    /// The only way to print.
    pub(super) out: Output,
    /// How this program's commands are called, for advice.
    pub(super) program: String,
    /// How the folder differs from what is compiled in.
    newer: OnceCell<Option<Newer>>,
    told: Cell<bool>,
}

/// A folder that has changed since it was compiled in.
struct Newer {
    /// The migrations that the program has not, or has with other texts.
    revisions: Vec<String>,
    /// Whether it is the folder that was compiled in, as far as can be told: it shares migrations with it.
    is_same: bool,
}

impl Newer {
    /// A program that is being written is built again anyway; another one does what it was built to do.
    fn is_read(&self) -> bool {
        self.is_same && cfg!(debug_assertions)
    }
}

impl Context {
    pub(super) fn new(line: CommandLine, settings: Settings, out: Output) -> Self {
        let (newer, told) = (OnceCell::new(), Cell::new(false));
        Self { line, settings, out, program: problem::program(), newer, told }
    }

    /// The migrator: the program's own, or the folder's if the program has no migrator or `--dir` names a folder.
    ///
    /// While it is being written, a program whose folder has changed since it was built uses what is on disk.
    pub(super) fn migrator(&self) -> Result<Migrator, Problem> {
        let (Some(migrator), None) = (&self.line.migrator, &self.settings.dir) else {
            return self.files();
        };
        let newer = self.newer();
        self.tell_newer();
        if newer.is_some_and(Newer::is_read) {
            return self.files();
        }
        Ok(self.settings.apply(migrator.clone()))
    }

    /// Whether the folder has migrations that this program was built without and does not use: what it then finds to be all
    /// right need not be.
    pub(super) fn lacks_files(&self) -> bool {
        self.newer().is_some_and(|newer| newer.is_same && !newer.is_read())
    }

    /// The same as an error, for a command that would do less than it is asked to.
    pub(super) fn check_files(&self) -> Result<(), Problem> {
        match self.newer() {
            Some(newer) if newer.is_same && !newer.is_read() => {
                self.told.set(true);
                let (folder, new) = (self.folder(), some_of(&newer.revisions, ", "));
                Err(Problem::Other {
                    text: format!(
                        "this program was built without {} of the migrations in {}: {new}; nothing was done",
                        newer.revisions.len(),
                        folder.display()
                    ),
                    help: vec![
                        "rebuild it".to_owned(),
                        format!("or read the files from disk: --dir {}", folder.display()),
                    ],
                })
            }
            _ => Ok(()),
        }
    }

    fn newer(&self) -> Option<&Newer> {
        self.newer.get_or_init(|| self.find_newer()).as_ref()
    }

    fn find_newer(&self) -> Option<Newer> {
        let own = self.line.migrator.as_ref().filter(|_| self.settings.dir.is_none())?;
        // A folder that is not there, or that cannot be read, is nothing to those who use what is compiled in.
        let files = Migrations::from_path(self.folder()).ok()?;
        let own = own.graph();
        let is_new = |file: &&Migration| {
            own.get(file.revision()).is_none_or(|own| {
                let down = |migration: &Migration| {
                    migration.down_script().map(|down| down.text().to_owned())
                };
                own.checksum() != file.checksum() || down(own) != down(file)
            })
        };
        let revisions: Vec<String> =
            files.iter().filter(is_new).map(|file| file.revision().to_owned()).collect();
        let is_same = own.is_empty() || files.iter().any(|file| own.get(file.revision()).is_some());
        (!revisions.is_empty()).then_some(Newer { revisions, is_same })
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
        let is_read = !compiled_in || self.newer().is_some_and(Newer::is_read);
        is_read.then(|| self.folder())
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
            let (text, help) = no_folder(&folder, &self.program);
            return Err(Problem::with_help(text, help));
        }
        Ok(Migrations::from_path(folder)?)
    }

    /// Says where the folder has migrations that the program was built without, once.
    fn tell_newer(&self) {
        let Some(newer) = self.newer().filter(|_| !self.told.replace(true)) else { return };
        let (folder, new) = (self.folder(), some_of(&newer.revisions, ", "));
        let folder = folder.display();
        if newer.is_read() {
            self.out.note(format_args!(
                "reading {folder}, which has changed since this program was built: {new}"
            ));
        } else {
            self.out.warn(format_args!(
                "this program was built without {} of the migrations in {folder}: {new}; rebuild it, or use --dir {folder}",
                newer.revisions.len()
            ));
        }
    }

    /// Sees to it that cargo notices files in a folder of which nothing is compiled in yet.
    pub(super) fn tell_cargo(&self, folder: &Path) {
        let is_mounted = self.line.migrator.as_ref().is_some_and(|own| own.graph().is_empty());
        if !is_mounted {
            return;
        }
        match build_script(folder) {
            BuildScript::Fine => {}
            BuildScript::Written(path) => {
                self.out.say(format_args!(
                    "wrote {}: cargo now rebuilds when you add a migration",
                    path.display()
                ));
            }
            BuildScript::Lacks(path, line) => self.out.note(format_args!(
                "cargo does not notice yet when you add a migration: put `{line}` into {}",
                path.display()
            )),
        }
    }

    /// After files were written: whether they are seen by this program.
    pub(super) fn note_new_files(&self) {
        self.tell_cargo(&self.folder());
        if let Some(newer) = self.find_newer().filter(|newer| !newer.is_read()) {
            let new = some_of(&newer.revisions, ", ");
            self.out.note(format_args!("this program was built without {new}: rebuild it"));
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
        let help = "pass --database-url, or set DATABASE_URL in the environment or in a .env file";
        Err(match found.unreadable {
            None => Problem::with_help("no database URL is set", help),
            Some(place) => Problem::with_help(
                "no database URL is set",
                format!(
                    "{place} cannot be read (expected NAME=value, with quotes around a value that contains spaces); {help}"
                ),
            ),
        })
    }

    /// The database's URL, for a command that can do without.
    pub(super) fn known_url(&self) -> Result<Option<String>, Problem> {
        Ok(self.find_url()?.url.map(|(url, _)| url))
    }

    /// The URL and where it is from.
    fn find_url(&self) -> Result<EnvironmentUrl, Problem> {
        let Settings { direct_url, database_url, .. } = &self.settings;
        let given = [
            (direct_url, "--direct-url"),
            (database_url, "--database-url"),
            (&self.line.url, "the configuration of this program"),
        ];
        let given = given.into_iter().find_map(|(url, origin)| Some((url.as_ref()?, origin)));
        match given {
            Some((url, origin)) => Ok(EnvironmentUrl {
                url: Some((url.0.clone(), origin.to_owned())),
                unreadable: None,
            }),
            None => url::find(),
        }
    }

    /// The program's own command, where it is known.
    pub(super) fn root(&self) -> Option<&clap::Command> {
        self.line.root.as_ref()
    }

    /// A note of the library, with the command that helps where there is one.
    pub(super) fn note(&self, note: &Note) {
        self.out.note(self.with_command(note));
    }

    /// The same as a text.
    pub(super) fn with_command(&self, note: &Note) -> String {
        match note {
            Note::StaleSum { .. } => format!("{note}; `{} hash` rewrites it", self.program),
            _ => note.to_string(),
        }
    }

    /// Says how the command went.
    pub(super) fn finish(&self, result: Result<CommandOutcome, Problem>) -> ExitCode {
        let result = result.and_then(|outcome| self.out.check().map(|()| outcome));
        let problem = match result {
            Ok(CommandOutcome::Done) => return ExitCode::SUCCESS,
            Ok(CommandOutcome::Difference) => return ExitCode::from(3),
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
                        Some((_, origin)) => {
                            explanation.note(format!("the URL comes from {origin}"))
                        }
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
    matches!(error, Error::Connect { .. } | Error::Url { .. })
}
