//! The command line: mount it in your own program, or use it as a program of its own.
//!
//! Migrations live in the program that uses them, and so does their command line. A program that only migrates is one line, and has
//! every command that `ambix help` lists:
//!
//! ```no_run
//! static MIGRATIONS: ambix::Dir<'_> = ambix::include_dir!("$CARGO_MANIFEST_DIR/migrations/sqlite");
//!
//! fn main() -> std::process::ExitCode {
//!     ambix::cli::main(&MIGRATIONS)
//! }
//! ```
//!
//! If your program also does other things, make the commands a subcommand: `myapp db upgrade head`.
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
//!     /// Manage the database's schema.
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
//! If you register models on the migrator ([`Migrator::models`]), `generate` drafts a migration from them, and `check` tells you whether
//! one is missing. Without models, both take a script that creates the tables as they should be (`--schema`).
//!
//! # Exit codes
//!
//! | code | |
//! |---|---|
//! | 0 | done, or nothing to do |
//! | 1 | failed; the message says what state the database is in |
//! | 2 | invalid arguments, or a missing `--yes` |
//! | 3 | `check`, `current --check-heads`, `dump --check`, `lint` or `verify` found a difference; `preflight` says stop |
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
mod dump;
mod edit;
mod ensure_version;
mod erd;
mod explain;
mod files;
mod graph;
mod hash;
mod heads;
mod history;
mod init;
mod keep;
mod line_diff;
mod lint;
mod lint_formats;
mod list_templates;
mod locks;
mod merge;
mod models;
mod output;
mod page;
mod plan;
mod preflight;
mod problem;
mod progress;
mod rebase;
mod redo;
mod rehearse;
mod repair;
mod reset;
mod revision;
mod rule;
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
mod words;

use std::{path::PathBuf, process::ExitCode};

use clap::{FromArgMatches, Subcommand};

use self::{
    context::Context,
    output::Output,
    problem::{CommandOutcome, Problem},
    settings::Settings,
    url::Url,
};
use crate::{error::Error, migrator::Migrator};

/// The parsed command line, for a program that mounts the commands below one of its own.
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
    /// Create a folder for migrations
    Init(init::Args),
    /// Create a new migration for you to fill in
    Revision(revision::Args),
    /// Draft a new migration from the models (short for revision --autogenerate -m)
    Generate(revision::Generate),
    /// Open a migration's files in your editor
    Edit(edit::Args),
    /// Create a migration that joins several heads
    Merge(merge::Args),
    /// Give an unapplied migration a new parent
    Rebase(rebase::Args),
    /// Combine several migrations into one
    Squash(squash::Args),
    /// Rewrite ambix.sum from the files
    Hash(hash::Args),
    /// List the templates for new migrations
    #[command(alias = "list_templates")] // as Alembic writes it
    ListTemplates(list_templates::Args),
    /// Apply pending migrations, up to a target
    Upgrade(upgrade::Args),
    /// Revert migrations, down to a target
    Downgrade(downgrade::Args),
    /// Revert the newest migration and apply it again as it is now
    Redo(redo::Args),
    /// Revert every migration and apply them all again; all data is lost
    Reset(reset::Args),
    /// Apply what is pending, revert it, and apply it again, and record that for preflight
    Rehearse(rehearse::Args),
    /// Set the history to a target without running any migration
    Stamp(stamp::Args),
    /// Wait until another process has brought the schema to a target
    Wait(wait::Args),
    /// Show what upgrade or downgrade would do
    Plan(plan::Args),
    /// Answer the checklist before production: rows, locks, time, rights, backup, and the way back
    Preflight(preflight::Args),
    /// Show which migrations are applied, pending, changed, missing or unfinished
    Status(status::Args),
    /// Show the revision that the database is at
    Current(current::Args),
    /// List the migrations, newest first
    History(history::Args),
    /// List the heads: migrations that no other migration follows
    Heads(heads::Args),
    /// List the branch points: migrations that several others follow
    Branches(branches::Args),
    /// Show everything that is known about a migration
    Show(show::Args),
    /// Draw the migration graph
    Graph(graph::Args),
    /// Compare the database with the models or, without models, with the migrations
    Check(check::Args),
    /// Write the database's schema as SQL, or check that a file has it
    #[command(visible_alias = "inspect")]
    Dump(dump::Args),
    /// Write the tables of a database as Rust structs
    Models(models::Args),
    /// Draw tables and the foreign keys between them
    Erd(erd::Args),
    /// Check that the files, ambix.sum and the history agree
    Verify(verify::Args),
    /// Look for locks, rewrites, and statements that break a running program, before anything runs
    Lint(lint::Args),
    /// List the rules of lint, or explain one
    Rule(rule::Args),
    /// Repair the history without touching the schema
    Repair(repair::Args),
    /// Show who holds locks and who waits for them, or end a statement or session
    Locks(locks::Args),
    /// Create the history tables, and nothing else
    #[command(alias = "ensure_version")] // as Alembic writes it
    EnsureVersion(ensure_version::Args),
    /// Create the database
    Create(create::Args),
    /// Drop the database
    Drop(drop::Args),
    /// Take over another tool's history without running anything
    Adopt(adopt::Args),
    /// Print a completion script for your shell
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
                | Self::Rule(_)
        )
    }

    async fn run(&self, context: &Context) -> Result<CommandOutcome, Problem> {
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
            Self::Rehearse(args) => rehearse::run(args, context).await,
            Self::Stamp(args) => stamp::run(args, context).await,
            Self::Wait(args) => wait::run(args, context).await,
            Self::Plan(args) => plan::run(args, context).await,
            Self::Preflight(args) => preflight::run(args, context).await,
            Self::Status(args) => status::run(args, context).await,
            Self::Current(args) => current::run(args, context).await,
            Self::History(args) => history::run(args, context).await,
            Self::Heads(args) => heads::run(args, context).await,
            Self::Branches(args) => branches::run(args, context).await,
            Self::Show(args) => show::run(args, context).await,
            Self::Graph(args) => graph::run(args, context).await,
            Self::Check(args) => check::run(args, context).await,
            Self::Dump(args) => dump::run(args, context).await,
            Self::Models(args) => models::run(args, context).await,
            Self::Erd(args) => erd::run(args, context).await,
            Self::Verify(args) => verify::run(args, context).await,
            Self::Lint(args) => lint::run(args, context).await,
            Self::Rule(args) => rule::run(args, context).await,
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

/// The command line of a program: its migrator, its folder of files and its database.
#[derive(Debug, Clone)]
pub struct CommandLine {
    migrator: Option<Migrator>,
    folder: PathBuf,
    url: Option<Url>,
    root: Option<clap::Command>,
}

impl CommandLine {
    /// Creates the command line for a migrator, with all options and functions that you have set on it.
    #[must_use]
    pub fn new(migrator: impl Into<Migrator>) -> Self {
        Self { migrator: Some(migrator.into()), ..Self::of_folder() }
    }

    /// Without migrations of the program's own: those of the folder are read when a command needs them.
    fn of_folder() -> Self {
        Self { migrator: None, folder: PathBuf::from("migrations"), url: None, root: None }
    }

    /// Sets the folder where `revision` and other commands write files. The default is `migrations` in the current folder; `--dir`
    /// overrides it.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// Sets the database's URL, for a program that has its own configuration. It takes precedence over `DATABASE_URL`, and
    /// `--database-url` takes precedence over it.
    #[must_use]
    pub fn database_url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(Url(url.into()));
        self
    }

    /// Registers the program's own command, so that `completions` covers the whole program:
    /// `CommandLine::new(migrator).program(MyApp::command())`.
    #[must_use]
    pub fn program(mut self, root: clap::Command) -> Self {
        self.root = Some(root);
        self
    }

    /// Runs one command, prints everything, and returns the exit code.
    ///
    /// On a terminal, Ctrl-C ends a running command in good order; it ends a draft anywhere. For this, the command installs tokio's
    /// Ctrl-C handler when the first step or a draft begins. The handler stays installed: if your program continues afterwards, wait for
    /// `tokio::signal::ctrl_c` yourself.
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

/// Runs the command line as the main function of a program that only migrates: `ambix::cli::main(&MIGRATIONS)`.
///
/// Pass an embedded folder, or a [`Migrator`] with options and functions.
pub fn main<M>(migrations: M) -> ExitCode
where
    M: TryInto<Migrator>,
    Error: From<M::Error>,
{
    match migrations.try_into() {
        Ok(migrator) => parse_and_run(
            CommandLine::new(migrator),
            clap::Command::new("migrate").about("Run this program's database migrations"),
        ),
        Err(error) => fail(&Error::from(error)),
    }
}

/// The main function of the program `ambix`.
#[doc(hidden)]
pub fn stand_alone() -> ExitCode {
    let about = "Apply, check and revert database migrations";
    let command = clap::Command::new("ambix").version(env!("CARGO_PKG_VERSION")).about(about);
    parse_and_run(CommandLine::of_folder(), command)
}

/// Prints an error as the commands do, with what to do next, and returns the exit code. Use it if you cannot create the migrator.
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
