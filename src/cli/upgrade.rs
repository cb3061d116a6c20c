//! `upgrade [TARGET]`: runs what is pending, or prints it as a script.

use std::path::PathBuf;

use super::{
    context::Context,
    dump, plan, preflight,
    problem::{CommandOutcome, Problem},
    progress::ProgressDisplay,
    steps,
};
use crate::{
    database::driver, error::some_of, migration::Migration, migrator::Migrator,
    run::plan::Direction, sql::split,
};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// head, heads, a revision or a prefix of it, +1, abc123+2, label@head; FROM:TO with --sql
    #[arg(default_value = "head", allow_negative_numbers = true)]
    target: String,
    /// Print the SQL for the database's own shell instead of running it; needs no database
    #[arg(long)]
    sql: bool,
    /// Show what would be done, and do nothing; the same as plan
    #[arg(long, conflicts_with = "sql")]
    dry_run: bool,
    /// Answer the checklist first (see the command preflight), and run nothing if it says stop
    #[arg(long, conflicts_with_all = ["sql", "dry_run"])]
    preflight: bool,
    /// The revision the script starts from; current asks the database [default: base]
    #[arg(long, requires = "sql", value_name = "REV")]
    from: Option<String>,
    /// A text to pass to Rust functions and hooks
    #[arg(long)]
    tag: Option<String>,
    /// Answer yes to every question
    #[arg(long, short)]
    yes: bool,
    /// Write the schema to this file afterwards, as dump does
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sql", "dry_run"])]
    dump: Option<PathBuf>,
    #[command(flatten)]
    phase: steps::PhaseArg,
    #[command(flatten)]
    told: preflight::PreflightArgs,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    if let Some(option) = args.told.given().filter(|_| !args.preflight) {
        let text =
            format!("{option} is an option of --preflight: add --preflight, or leave it out");
        return Err(Problem::Usage(text));
    }
    let migrator = steps::tagged(args.phase.apply(context.migrator()?), args.tag.as_deref());
    let url = context.url()?;
    if args.sql {
        let ends = steps::ends(&args.target, args.from.as_deref())?;
        context.out.script(steps::script(&migrator, &url, ends, false).await?.trim_end());
        return Ok(CommandOutcome::Done);
    }
    steps::no_range(&args.target)?;
    if args.dry_run {
        return plan::dry_run(&migrator, &args.target, context).await;
    }
    context.check_files()?;
    if args.preflight {
        preflight::before_upgrade(&migrator, &args.target, &args.told, context).await?;
    }
    if !is_meant(args, &migrator, &url, context).await? {
        context.out.say("nothing was done");
        return Ok(CommandOutcome::Done);
    }
    let progress = ProgressDisplay::new(&context.out);
    let migrator = progress.follow(&migrator);
    let report = progress.until(migrator.upgrade(&url, args.target.as_str())).await?;
    let outcome = steps::finish(context, &report)?;
    dump::keep(args.dump.as_deref(), &migrator, &url, context).await?;
    Ok(outcome)
}

/// Warns of files that are still to be written, and asks on a terminal: applied, they would be edited no more.
async fn is_meant(
    args: &Args,
    migrator: &Migrator,
    url: &str,
    context: &Context,
) -> Result<bool, Problem> {
    let Ok(driver) = driver(url) else { return Ok(true) };
    let syntax = driver.dialect.syntax();
    let graph = migrator.graph();
    let is_empty = |migration: &&Migration| {
        // Those that only join branches, or stand for others, have nothing to do.
        let joins = graph.parents(migration.revision()).len() > 1
            || !migration.replaces.revisions.is_empty();
        !joins && split(migration.up_script().text(), syntax).is_ok_and(|items| items.is_empty())
    };
    let empty: Vec<&Migration> = graph.iter().filter(is_empty).collect();
    if empty.is_empty() {
        return Ok(true);
    }
    // What is wrong with the target the upgrade itself says.
    let Ok(plan) = migrator.plan(url, args.target.as_str()).await else { return Ok(true) };
    let runs = |migration: &&Migration| {
        plan.steps
            .iter()
            .any(|step| step.revision == migration.revision() && step.direction == Direction::Up)
    };
    let files: Vec<String> =
        empty.into_iter().filter(runs).map(|m| m.up_script().file().to_owned()).collect();
    if files.is_empty() {
        return Ok(true);
    }
    let (is, it) = if files.len() == 1 { ("has", "it") } else { ("have", "them") };
    context.out.warn(format_args!(
        "{} {is} no statements yet, and you should not edit a migration once it is applied (`{} redo` reapplies the newest)",
        some_of(&files, ", "),
        context.program
    ));
    if args.yes {
        return Ok(true);
    }
    Ok(context.out.confirm(format_args!("Apply {it} anyway?")).unwrap_or(true))
}
