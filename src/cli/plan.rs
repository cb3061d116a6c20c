//! `plan [TARGET]`: what `upgrade` (or, where all of it is applied, `downgrade`) would do.

use serde::Serialize;

use super::{
    context::Context,
    lint::text,
    problem::{CommandOutcome, Problem},
    steps::PhaseArg,
};
use crate::{
    database::driver,
    error::{Direction, brief},
    lint::{Chosen, Finding, LintOptions, LintReport},
    migration::Script,
    migrator::Migrator,
    run::report::{Plan, PlannedStep},
    sql::{Item, split},
};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// head, heads, base, a revision or a prefix of it, +1, -1, label@head
    #[arg(default_value = "head", allow_negative_numbers = true)]
    target: String,
    /// Also show each step's statements, and what lint finds in them
    #[arg(long, short)]
    verbose: bool,
    /// Also show each step's SQL in full, and what lint finds in it as comments
    #[arg(long)]
    sql: bool,
    #[command(flatten)]
    phase: PhaseArg,
}

/// A plan with what lint finds in its steps.
#[derive(Serialize)]
struct ReviewedPlan<'p> {
    #[serde(flatten)]
    plan: &'p Plan,
    findings: &'p [Finding],
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    show(&args.phase.apply(context.migrator()?), args, context).await
}

/// What `upgrade --dry-run` shows.
pub(super) async fn dry_run(
    migrator: &Migrator,
    target: &str,
    context: &Context,
) -> Result<CommandOutcome, Problem> {
    // The migrator knows the phase already.
    let phase = PhaseArg::default();
    let args = Args { target: target.to_owned(), verbose: false, sql: false, phase };
    show(migrator, &args, context).await
}

async fn show(
    migrator: &Migrator,
    args: &Args,
    context: &Context,
) -> Result<CommandOutcome, Problem> {
    let url = context.url()?;
    let plan = migrator.plan(&url, args.target.as_str()).await?;
    let in_detail = args.verbose || args.sql;
    let report = if in_detail { review(migrator, &url, &plan)? } else { LintReport::default() };
    if context.out.json && in_detail {
        context.out.json(&ReviewedPlan { plan: &plan, findings: &report.findings })?;
    } else if context.out.json {
        context.out.json(&plan)?;
    } else {
        context.out.result(&plan);
        if in_detail {
            plan.steps
                .iter()
                .try_for_each(|step| show_step(migrator, &url, step, &report, args.sql, context))?;
            context.out.say(report.summary());
        }
    }
    Ok(CommandOutcome::Done)
}

/// What lint finds in the steps that go up, which are one run.
fn review(migrator: &Migrator, url: &str, plan: &Plan) -> Result<LintReport, Problem> {
    let up = plan.steps.iter().filter(|step| step.direction == Direction::Up);
    let chosen = Chosen::Run(up.map(|step| step.revision.clone()).collect());
    Ok(migrator.lint_chosen(url, &chosen, &LintOptions::new())?)
}

fn show_step(
    migrator: &Migrator,
    url: &str,
    step: &PlannedStep,
    report: &LintReport,
    in_full: bool,
    context: &Context,
) -> Result<(), Problem> {
    let migration = migrator.graph().get(&step.revision);
    let script = migration.and_then(|migration| match step.direction {
        Direction::Up => Some(migration.up_script()),
        Direction::Down => migration.down_script(),
    });
    context.out.result(format_args!("\n-- {}", step.file));
    match script.filter(|script| script.file() == step.file) {
        // What the history has kept is not in the files.
        None => context.out.result("   (the history has kept this SQL)"),
        Some(script) if in_full => context.out.result(script.text().trim_end()),
        Some(script) => statements(script, url)?
            .iter()
            .for_each(|statement| context.out.result(format_args!("   {statement}"))),
    }
    let folder = context.folder();
    for finding in report.findings.iter().filter(|found| found.revision == step.revision) {
        let text = text(finding, &folder);
        match in_full {
            true => text.lines().for_each(|line| context.out.result(format_args!("-- {line}"))),
            false => context.out.result(text),
        }
    }
    Ok(())
}

/// Each statement in a line.
fn statements(script: &Script, url: &str) -> Result<Vec<String>, Problem> {
    let items = split(script.text(), driver(url)?.dialect.syntax()).unwrap_or_default();
    let line = |item: Item<'_>| match item {
        Item::Statement(statement) => format!("{};", brief(statement.text)),
        Item::Run { name, .. } => format!("-- ambix: run {name}"),
    };
    Ok(items.into_iter().map(line).collect())
}
