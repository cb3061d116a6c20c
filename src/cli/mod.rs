//! The command line, to mount in a program of your own or to use as one.
//!
//! Migrations live in the program that uses them, so their command line does, too. A program that only migrates is one
//! line, with every command that `ambix help` lists:
//!
//! ```no_run
//! static MIGRATIONS: ambix::Dir<'_> = ambix::include_dir!("$CARGO_MANIFEST_DIR/migrations/sqlite");
//!
//! fn main() -> std::process::ExitCode {
//!     ambix::cli::main(&MIGRATIONS)
//! }
//! ```
//!
//! A program that does other things, too, gives it a subcommand: `myapp db upgrade head`.
//!
//! ```no_run
//! use clap::Parser;
//!
//! static MIGRATIONS: ambix::Dir<'_> = ambix::include_dir!("$CARGO_MANIFEST_DIR/migrations/sqlite");
//!
//! #[derive(Parser)]
//! enum MyApp {
//!     /// Serve requests.
//!     Serve,
//!     /// Look after the database's schema.
//!     Db(ambix::cli::Args),
//! }
//!
//! #[tokio::main]
//! async fn main() -> std::process::ExitCode {
//!     match MyApp::parse() {
//!         MyApp::Serve => std::process::ExitCode::SUCCESS,
//!         MyApp::Db(args) => match ambix::Migrator::new(&MIGRATIONS) {
//!             Ok(migrator) => ambix::cli::CommandLine::new(migrator).run(args).await,
//!             Err(error) => ambix::cli::fail(&error),
//!         },
//!     }
//! }
//! ```
//!
//! With models on the migrator ([`Migrator::models`]), `generate` drafts a migration from them, and `check` tells whether one is
//! missing; without, both take a script that creates the tables as they should be (`--schema`).
//!
//! # Exit codes
//!
//! | code | |
//! |---|---|
//! | 0 | done, or nothing to do |
//! | 1 | failed; the message says in which state the database is |
//! | 2 | the command line cannot be understood, or needs a `--yes` |
//! | 3 | `check`, `current --check-heads` or `verify` found a difference |
//! | 4 | another runner holds the migration lock |
//! | 130 | interrupted with Ctrl-C |

mod adopt;
mod autogenerate;
mod branches;
mod check;
mod completions;
mod context;
mod create;
mod current;
mod describe;
mod downgrade;
mod drafting;
mod drop;
mod edit;
mod ensure_version;
mod explain;
mod files;
mod graph;
mod hash;
mod heads;
mod history;
mod init;
mod inspect;
mod keep;
mod list_templates;
mod locks;
mod merge;
mod output;
mod plan;
mod problem;
mod progress;
mod rebase;
mod redo;
mod repair;
mod reset;
mod revision;
mod settings;
mod show;
mod squash;
mod stamp;
mod status;
mod steps;
mod upgrade;
mod url;
mod verify;
mod wait;

use std::{path::PathBuf, process::ExitCode};

use clap::{FromArgMatches, Subcommand};

use self::{
    context::Context,
    output::Output,
    problem::{Outcome, Problem},
    settings::Settings,
    url::Url,
};
use crate::{error::Error, migrator::Migrator};

/// What was written on the command line, for a program that mounts the commands below a command of its own.
#[derive(Debug, Clone, clap::Args)]
// Boxed, so that a program's own enum of commands stays small.
pub struct Args {
    #[command(flatten)]
    settings: Box<Settings>,
    #[command(subcommand)]
    command: Box<Command>,
}

/// One command. Each has a file with its name; their order is that of the help: files, runs, looks, and the rest.
#[derive(Debug, Clone, Subcommand)]
enum Command {
    /// Make a folder for migrations
    Init(init::Args),
    /// Write a new migration, to be filled in
    Revision(revision::Args),
    /// Draft a new migration from the models: revision --autogenerate -m
    Generate(revision::Generate),
    /// Open a migration's files in an editor
    Edit(edit::Args),
    /// Write a migration that joins heads
    Merge(merge::Args),
    /// Give a migration that is not applied yet another parent
    Rebase(rebase::Args),
    /// Make one migration of several
    Squash(squash::Args),
    /// Write ambix.sum anew
    Hash(hash::Args),
    /// List the templates of new migrations
    #[command(alias = "list_templates")] // as Alembic writes it
    ListTemplates(list_templates::Args),
    /// Run what is pending, up to a target
    Upgrade(upgrade::Args),
    /// Take back what is above a target
    Downgrade(downgrade::Args),
    /// Take the newest migration back and apply it as it is now
    Redo(redo::Args),
    /// Take everything back and run everything again; all data is lost
    Reset(reset::Args),
    /// Write the history as if the database were at a target, and run nothing
    Stamp(stamp::Args),
    /// Wait until another has brought the schema to a target
    Wait(wait::Args),
    /// Show what upgrade or downgrade would do
    Plan(plan::Args),
    /// Show what is applied, pending, changed, missing or unfinished
    Status(status::Args),
    /// Show where the database is
    Current(current::Args),
    /// List the migrations, newest first
    History(history::Args),
    /// List the migrations that nothing follows
    Heads(heads::Args),
    /// List the migrations that several others follow
    Branches(branches::Args),
    /// Show everything that is known of a migration
    Show(show::Args),
    /// Draw the history
    Graph(graph::Args),
    /// Compare the models, or else the migrations, with the database
    Check(check::Args),
    /// Print the database's tables as a script that creates them
    Inspect(inspect::Args),
    /// Check that files, ambix.sum and history agree
    Verify(verify::Args),
    /// Mend the history; the schema stays as it is
    Repair(repair::Args),
    /// Show who holds and waits for locks, or end it
    Locks(locks::Args),
    /// Make the tables of the history, and nothing else
    #[command(alias = "ensure_version")] // as Alembic writes it
    EnsureVersion(ensure_version::Args),
    /// Create the database itself
    Create(create::Args),
    /// Drop the database itself
    Drop(drop::Args),
    /// Take over the history of another tool; nothing is run
    Adopt(adopt::Args),
    /// Print what a shell needs to complete the commands
    Completions(completions::Args),
}

impl Command {
    /// Whether it looks at the files and does not write them: those that do keep `ambix.sum` themselves.
    fn reads_files(&self) -> bool {
        !matches!(
            self,
            Self::Init(_)
                | Self::Revision(_)
                | Self::Generate(_)
                | Self::Edit(_)
                | Self::Merge(_)
                | Self::Rebase(_)
                | Self::Squash(_)
                | Self::Hash(_)
                | Self::ListTemplates(_)
                | Self::Locks(_)
                | Self::Create(_)
                | Self::Drop(_)
                | Self::Completions(_)
        )
    }

    async fn run(&self, context: &Context) -> Result<Outcome, Problem> {
        match self {
            Self::Init(args) => init::run(args, context).await,
            Self::Revision(args) => revision::run(args, context).await,
            Self::Generate(args) => revision::generate(args, context).await,
            Self::Edit(args) => edit::run(args, context).await,
            Self::Merge(args) => merge::run(args, context).await,
            Self::Rebase(args) => rebase::run(args, context).await,
            Self::Squash(args) => squash::run(args, context).await,
            Self::Hash(args) => hash::run(args, context).await,
            Self::ListTemplates(args) => list_templates::run(args, context).await,
            Self::Upgrade(args) => upgrade::run(args, context).await,
            Self::Downgrade(args) => downgrade::run(args, context).await,
            Self::Redo(args) => redo::run(args, context).await,
            Self::Reset(args) => reset::run(args, context).await,
            Self::Stamp(args) => stamp::run(args, context).await,
            Self::Wait(args) => wait::run(args, context).await,
            Self::Plan(args) => plan::run(args, context).await,
            Self::Status(args) => status::run(args, context).await,
            Self::Current(args) => current::run(args, context).await,
            Self::History(args) => history::run(args, context).await,
            Self::Heads(args) => heads::run(args, context).await,
            Self::Branches(args) => branches::run(args, context).await,
            Self::Show(args) => show::run(args, context).await,
            Self::Graph(args) => graph::run(args, context).await,
            Self::Check(args) => check::run(args, context).await,
            Self::Inspect(args) => inspect::run(args, context).await,
            Self::Verify(args) => verify::run(args, context).await,
            Self::Repair(args) => repair::run(args, context).await,
            Self::Locks(args) => locks::run(args, context).await,
            Self::EnsureVersion(args) => ensure_version::run(args, context).await,
            Self::Create(args) => create::run(args, context).await,
            Self::Drop(args) => drop::run(args, context).await,
            Self::Adopt(args) => adopt::run(args, context).await,
            Self::Completions(args) => completions::run(args, context).await,
        }
    }
}

/// What a program gives to its command line: its migrator, and where its files and its database are.
#[derive(Debug, Clone)]
pub struct CommandLine {
    migrator: Option<Migrator>,
    folder: PathBuf,
    url: Option<Url>,
    root: Option<clap::Command>,
}

impl CommandLine {
    /// The command line for a migrator, with all the options and functions that the program has set on it.
    #[must_use]
    pub fn new(migrator: impl Into<Migrator>) -> Self {
        Self { migrator: Some(migrator.into()), ..Self::of_folder() }
    }

    /// Without migrations of the program's own: those of the folder are read when a command needs them.
    fn of_folder() -> Self {
        Self { migrator: None, folder: PathBuf::from("migrations"), url: None, root: None }
    }

    /// Where `revision` and the like write files; `migrations` in the current folder by default, and `--dir` in any case.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// The database's URL, for a program that has it from a configuration of its own. It goes before `DATABASE_URL`, and
    /// `--database-url` goes before it.
    #[must_use]
    pub fn database_url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(Url(url.into()));
        self
    }

    /// The program's own command, so that `completions` writes those of all of it:
    /// `CommandLine::new(migrator).program(MyApp::command())`.
    #[must_use]
    pub fn program(mut self, root: clap::Command) -> Self {
        self.root = Some(root);
        self
    }

    /// Runs one command and says how it went; everything is printed already.
    ///
    /// On a terminal Ctrl-C ends a running command in good order, and a draft anywhere. For that tokio's handler of Ctrl-C is
    /// installed when the first step runs or a draft is made, and it stays: a program that goes on afterwards has to wait for
    /// `tokio::signal::ctrl_c` itself.
    pub async fn run(self, args: Args) -> ExitCode {
        let out = Output::new(&args.settings);
        let context = Context::new(self, *args.settings, out);
        let result = match args.command.reads_files() {
            true => keep::sum(&context).await,
            false => Ok(()),
        };
        let result = match result {
            Ok(()) => args.command.run(&context).await,
            Err(problem) => Err(problem),
        };
        context.finish(result)
    }
}

/// The main function of a program that does nothing but migrate: `ambix::cli::main(&MIGRATIONS)`.
///
/// It takes an embedded folder, or a [`Migrator`] with options and functions.
pub fn main<M>(migrations: M) -> ExitCode
where
    M: TryInto<Migrator>,
    Error: From<M::Error>,
{
    match migrations.try_into() {
        Ok(migrator) => parse_and_run(
            CommandLine::new(migrator),
            clap::Command::new("migrate").about("Database migrations of this program"),
        ),
        Err(error) => fail(&Error::from(error)),
    }
}

/// The main function of the program `ambix`.
#[doc(hidden)]
pub fn stand_alone() -> ExitCode {
    let about = "Database migrations: applied in order, checked, and taken back";
    let command = clap::Command::new("ambix").version(env!("CARGO_PKG_VERSION")).about(about);
    parse_and_run(CommandLine::of_folder(), command)
}

/// Prints an error as the commands do, with what to do next, for a program whose migrator cannot be made.
pub fn fail(error: &Error) -> ExitCode {
    let out = Output::new(&Settings::default());
    out.error(&explain::explain(error, None, &problem::program()), problem::code(error), None);
    ExitCode::from(problem::code(error))
}

fn parse_and_run(line: CommandLine, command: clap::Command) -> ExitCode {
    let about = command.get_about().cloned().unwrap_or_default();
    let mut command = <Args as clap::Args>::augment_args(command)
        .about(about)
        .long_about(None)
        .subcommand_required(true)
        .arg_required_else_help(true);
    let matches = match command.try_get_matches_from_mut(std::env::args_os()) {
        Ok(matches) => matches,
        Err(error) => return unread(&error),
    };
    let args = match Args::from_arg_matches(&matches) {
        Ok(args) => args,
        Err(error) => return unread(&error.format(&mut command)),
    };
    let line = line.program(command);
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(line.run(args)),
        Err(error) => {
            let title = format!("the program cannot be started: {error}");
            Output::new(&Settings::default()).error(
                &explain::Explanation::new(title, Vec::new()),
                1,
                None,
            );
            ExitCode::FAILURE
        }
    }
}

/// Prints the help that was asked for, or why the command line cannot be understood.
fn unread(error: &clap::Error) -> ExitCode {
    match error.print() {
        Err(failure) if failure.kind() != std::io::ErrorKind::BrokenPipe && !error.use_stderr() => {
            let title = format!("cannot write to stdout: {failure}");
            let out = Output::new(&Settings::default());
            out.error(&explain::Explanation::new(title, Vec::new()), 1, None);
            ExitCode::from(1)
        }
        _ => ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_fit_together() {
        <Args as clap::Args>::augment_args(clap::Command::new("ambix")).debug_assert();
    }
}
