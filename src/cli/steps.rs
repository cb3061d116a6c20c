//! What the commands that run steps have in common.

use std::path::PathBuf;

use super::{
    context::{Context, without_password},
    dump,
    problem::{CommandOutcome, Problem},
    settings::needs_yes,
};
use crate::{
    graph::Target,
    migration::Phase,
    migrator::{DownSide, Migrator},
    run::report::Report,
};

/// What the commands have that take migrations back and apply them again.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct AgainArgs {
    /// A text to pass to Rust functions and hooks
    #[arg(long)]
    pub(super) tag: Option<String>,
    /// Answer yes to every question
    #[arg(long, short)]
    pub(super) yes: bool,
    /// Write the schema to this file afterwards, as dump does
    #[arg(long, value_name = "FILE")]
    pub(super) dump: Option<PathBuf>,
}

impl AgainArgs {
    /// Asks before so many migrations are reverted. `question` and `refusal` say what happens to `3 migrations on URL`; where there is
    /// none, nothing can be lost.
    pub(super) fn confirm(
        &self,
        count: usize,
        url: &str,
        context: &Context,
        question: impl Fn(&str) -> String,
        refusal: impl Fn(&str) -> String,
    ) -> Result<bool, Problem> {
        if self.yes || count == 0 {
            return Ok(true);
        }
        let migrations = if count == 1 { "migration" } else { "migrations" };
        let what = format!("{count} {migrations} on {}", without_password(url));
        let is_meant =
            context.out.confirm(question(&what)).ok_or_else(|| needs_yes(&refusal(&what)))?;
        if !is_meant {
            context.out.say("nothing was done");
        }
        Ok(is_meant)
    }

    /// Says what was done, and brings the file of `--dump` up to date.
    pub(super) async fn finish(
        &self,
        context: &Context,
        migrator: &Migrator,
        url: &str,
        report: &Report,
    ) -> Result<CommandOutcome, Problem> {
        let outcome = finish(context, report)?;
        dump::keep(self.dump.as_deref(), migrator, url, context).await?;
        Ok(outcome)
    }
}

/// What the commands have that run down sides and up sides of the same migrations.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct DownAndUpArgs {
    /// Run the down sides from the files instead of the ones stored in the history
    #[arg(long)]
    down_from_files: bool,
    #[command(flatten)]
    pub(super) again: AgainArgs,
}

impl DownAndUpArgs {
    /// The migrator with what is said here of it.
    pub(super) fn migrator(&self, context: &Context) -> Result<Migrator, Problem> {
        let migrator = tagged(context.migrator()?, self.again.tag.as_deref());
        Ok(down_sides(migrator, self.down_from_files))
    }
}

/// What the commands have that go up to a phase.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(super) struct PhaseArg {
    /// Stop before migrations of a later phase: expand leaves out those of phase contract [default: all phases]
    #[arg(long, value_name = "PHASE", value_parser = phase)]
    phase: Option<Phase>,
}

impl PhaseArg {
    /// The migrator with what is said here of it.
    pub(super) fn apply(self, migrator: Migrator) -> Migrator {
        match self.phase {
            Some(phase) => migrator.phase(phase),
            None => migrator,
        }
    }

    /// Whether a phase is named.
    pub(super) fn is_given(self) -> bool {
        self.phase.is_some()
    }
}

fn phase(text: &str) -> Result<Phase, String> {
    text.parse()
}

/// Says what a run has done.
pub(super) fn finish(context: &Context, report: &Report) -> Result<CommandOutcome, Problem> {
    if context.out.json {
        context.out.json(report)?;
    } else if report.is_noop() {
        context.out.say("nothing to do");
    }
    for note in &report.notes {
        context.note(note);
    }
    Ok(CommandOutcome::Done)
}

/// The migrator with what `--tag` brings to Rust functions and observers.
pub(super) fn tagged(migrator: Migrator, tag: Option<&str>) -> Migrator {
    match tag {
        Some(tag) => migrator.tag(tag),
        None => migrator,
    }
}

/// The migrator with what `--down-from-files` says.
pub(super) fn down_sides(migrator: Migrator, from_files: bool) -> Migrator {
    if from_files { migrator.down_side(DownSide::Files) } else { migrator }
}

/// The two ends of `--sql`: `FROM:TO` as Alembic writes it, or `--from FROM` and `TO`; from the base by default.
pub(super) fn ends(target: &str, from: Option<&str>) -> Result<(String, String), Problem> {
    match (target.split_once(':'), from) {
        (None, from) => Ok((from.unwrap_or("base").to_owned(), target.to_owned())),
        (Some((from, to)), None) if !to.contains(':') => {
            let end = |text: &str, missing: &str| {
                if text.is_empty() { missing.to_owned() } else { text.to_owned() }
            };
            Ok((end(from, "base"), end(to, "head")))
        }
        (Some(_), None) => {
            Err(Problem::Usage(format!("{target}: a range needs two ends, FROM:TO")))
        }
        (Some(_), Some(_)) => Err(Problem::Usage(
            "give the start of the script only once: FROM:TO or --from FROM".to_owned(),
        )),
    }
}

/// The script for a range. Where it begins where the database is, that is asked.
pub(super) async fn script(
    migrator: &Migrator,
    url: &str,
    (from, to): (String, String),
    is_stamp: bool,
) -> Result<String, Problem> {
    let (start, end): (Target, Target) = (from.parse()?, to.parse()?);
    if start.asks_database() {
        return Ok(migrator.script_from_database(url, [&start, &end], is_stamp).await?);
    }
    Ok(match is_stamp {
        true => migrator.script_stamp(url, start, end)?,
        false => migrator.script(url, start, end)?,
    })
}

/// A range means something for a script alone: a database knows where it is.
pub(super) fn no_range(target: &str) -> Result<(), Problem> {
    if target.contains(':') {
        let text = format!(
            "{target} is a range, which is only allowed with --sql: the database knows its own revision, so name the target alone"
        );
        return Err(Problem::Usage(text));
    }
    Ok(())
}
