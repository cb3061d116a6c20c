//! The check of offline scripts, and how a database's own shell is run.

use std::{
    io::{ErrorKind, Write},
    process::{Command, Output, Stdio},
};

use super::{CheckFailed, MigrationCheck, MigrationTests, files::name};
use crate::{
    database::{
        driver,
        testkit::{shell::Shell, testkit},
    },
    graph::Target,
    sql::{Item, split},
};

/// A shell did not do what it should.
pub(super) enum ShellFailed {
    /// There is none.
    Missing(Shell),
    /// It was run, and this is what it says.
    Said(String),
}

impl MigrationTests {
    /// The script that [`Migrator::script`](crate::Migrator::script) writes, run by the database's own shell, makes the same
    /// schema as a run does. Where a step runs a Rust function there can be no script, and the check passes with a note.
    ///
    /// # Errors
    /// [`CheckFailed`], with what differs; and where the shell is not installed.
    pub async fn check_offline_script(&self) -> Result<(), CheckFailed> {
        let check = MigrationCheck::OfflineScript;
        let failed = CheckFailed::of(check);
        let by_run = self.place(Target::heads()).await.map_err(&failed)?;
        let expected = self.snapshot(by_run.url()).await.map_err(&failed)?;
        let url = by_run.url().to_owned();
        by_run.discard().await.map_err(&failed)?;
        let dialect = driver(&url).map_err(&failed)?.dialect;
        let runs_code = |migration: &&crate::migration::Migration| {
            let items = split(migration.up_script().text(), dialect.syntax()).unwrap_or_default();
            items.iter().any(|item| matches!(item, Item::Run { .. }))
        };
        if let Some(migration) = self.migrator.graph().iter().find(runs_code) {
            eprintln!(
                "{check}: {} runs a Rust function, so that there is no offline script",
                name(migration)
            );
            return Ok(());
        }
        if self.migrator.graph().is_empty() {
            return Ok(());
        }
        let script = self.migrator.script(dialect.name(), "base", "heads").map_err(&failed)?;
        let place = self.place(Target::base()).await.map_err(&failed)?;
        let checked = match run_shell(place.url(), script).await {
            Err(ShellFailed::Missing(shell)) => Err(missing(&shell)),
            Err(ShellFailed::Said(text)) => Err(format!(
                "the script of all migrations fails in the database's own shell:\n{text}"
            )),
            Ok(()) => {
                let found = self.snapshot(place.url()).await.map_err(&failed)?;
                expected.difference(&found).map_or(Ok(()), |difference| {
                    let lines = difference.with_sides("only by the run", "only by the script");
                    Err(format!(
                        "the offline script makes another schema than a run (run -> script):\n  {}\na migration depends on something that \
                         the session says, and not the migration: a setting, a time zone, the user; let it say that itself",
                        lines.join("\n  ")
                    ))
                })
            }
        };
        match checked {
            Ok(()) => place.discard().await.map_err(&failed),
            Err(problem) => {
                let _ = place.keep().await;
                Err(CheckFailed::new(check, problem))
            }
        }
    }
}

/// What to do about a shell that is not there.
pub(super) fn missing(shell: &Shell) -> String {
    format!(
        "{} is not on PATH, and only it can run the script; install it ({}), or switch this check off with `.offline_script(false)`",
        shell.programs.join(" or "),
        shell.install
    )
}

/// Runs a script in the shell of a database.
pub(super) async fn run_shell(url: &str, script: String) -> Result<(), ShellFailed> {
    let said = |error: &dyn std::fmt::Display| ShellFailed::Said(error.to_string());
    let shell = testkit(url).map_err(|error| said(&error))?.shell(url);
    // A thread of its own: the runtime continues while the shell works.
    let run = tokio::task::spawn_blocking(move || run_blocking(shell, &script)).await;
    run.map_err(|error| said(&error))?
}

fn run_blocking(shell: Shell, script: &str) -> Result<(), ShellFailed> {
    let said = |error: std::io::Error| ShellFailed::Said(error.to_string());
    for program in shell.programs {
        let mut command = Command::new(program);
        command.args(&shell.arguments);
        command.envs(shell.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(said(error)),
        };
        let input = child.stdin.take();
        let output = std::thread::scope(|scope| {
            // A shell that stops at an error does not read the rest.
            scope.spawn(move || input.map(|mut input| input.write_all(script.as_bytes())));
            child.wait_with_output()
        });
        return judge(&output.map_err(said)?);
    }
    Err(ShellFailed::Missing(shell))
}

fn judge(output: &Output) -> Result<(), ShellFailed> {
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<String> = text.lines().take(10).map(|line| format!("  {line}")).collect();
    let lines =
        if lines.is_empty() { vec![format!("  it ended with {}", output.status)] } else { lines };
    Err(ShellFailed::Said(lines.join("\n")))
}
