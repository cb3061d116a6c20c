//! `dump`: the database's schema as a script that creates it in an empty database.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{
    context::Context,
    drafting::left_alone,
    line_diff::difference,
    problem::{CommandOutcome, Problem},
    progress::unless_interrupted,
};
use crate::{
    draft::{Dump, DumpOptions},
    migrator::{AFTER_A_RUN, Migrator},
    source,
};

/// So many lines of a difference are shown.
const SHOWN: usize = 60;

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// Write the script to this file, which is left as it is if it is the same
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Compare the script with this file, show the difference, and exit with 3 if there is one
    #[arg(long, value_name = "FILE", conflicts_with = "out")]
    check: Option<PathBuf>,
    #[command(flatten)]
    parts: PartArgs,
    /// List everything that is not in the script
    #[arg(long, short)]
    verbose: bool,
}

/// What a dump has in it.
#[derive(Debug, Clone, clap::Args)]
struct PartArgs {
    /// Leave out owners
    #[arg(long)]
    no_owner: bool,
    /// Leave out privileges
    #[arg(long)]
    no_privileges: bool,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    // The history has a table of its own, whose name the migrator knows.
    let migrator = context.migrator_or_none()?;
    let url = context.url()?;
    let parts = &args.parts;
    let options = DumpOptions::new().owners(!parts.no_owner).privileges(!parts.no_privileges);
    let dumped = unless_interrupted(migrator.dump(&url, options)).await;
    let dump = dumped.ok_or(Problem::GivenUp)??;
    let outcome = match (&args.out, &args.check) {
        (Some(file), _) => write(&dump, file, context)?,
        (None, Some(file)) => check(&dump, file, context)?,
        (None, None) => {
            if context.out.json {
                context.out.json(&dump.schema)?;
            } else if !dump.sql.is_empty() {
                context.out.script(dump.sql.trim_end());
            }
            CommandOutcome::Done
        }
    };
    left_alone(&dump.left_out, "not in the script", args.verbose, context);
    Ok(outcome)
}

/// Brings the file of `--dump` up to date after a run.
pub(super) async fn keep(
    file: Option<&Path>,
    migrator: &Migrator,
    url: &str,
    context: &Context,
) -> Result<(), Problem> {
    let Some(file) = file else { return Ok(()) };
    let dump = unless_interrupted(migrator.dump(url, DumpOptions::new())).await;
    let dump = dump.ok_or(Problem::GivenUp)??;
    if source::replace(file, &dump.sql, AFTER_A_RUN)? {
        context.out.say(format_args!("wrote {}", file.display()));
    }
    left_alone(&dump.left_out, "not in the script", false, context);
    Ok(())
}

fn write(dump: &Dump, file: &Path, context: &Context) -> Result<CommandOutcome, Problem> {
    let is_new = source::replace(file, &dump.sql, "nothing was written")?;
    let shown = file.display();
    if context.out.json {
        let left_out = &dump.left_out;
        let file = shown.to_string();
        context.out.json(&json!({ "file": file, "written": is_new, "left_out": left_out }))?;
    } else if is_new {
        context.out.say(format_args!("wrote {shown}"));
    } else {
        context.out.say(format_args!("{shown} is already up to date"));
    }
    Ok(CommandOutcome::Done)
}

fn check(dump: &Dump, file: &Path, context: &Context) -> Result<CommandOutcome, Problem> {
    let text = source::text_of(file)?.replace("\r\n", "\n");
    let lines = if text == dump.sql { Vec::new() } else { difference(&text, &dump.sql) };
    let is_same = text == dump.sql;
    let (out, shown) = (&context.out, file.display());
    if out.json {
        out.json(&json!({ "equal": is_same, "difference": lines, "left_out": dump.left_out }))?;
    } else if is_same {
        out.result(format_args!("{shown} has the schema of the database"));
    } else {
        out.result(format_args!("--- {shown}\n+++ the database"));
        out.result(lines.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join("\n"));
        if lines.len() > SHOWN {
            out.note(format_args!("{} more lines differ or lie between", lines.len() - SHOWN));
        }
    }
    if is_same {
        return Ok(CommandOutcome::Done);
    }
    out.note(format_args!(
        "`{} dump --out {shown}` writes the file as the database is; or bring the database to where the file is with `{} upgrade`",
        context.program, context.program
    ));
    Ok(CommandOutcome::Difference)
}
