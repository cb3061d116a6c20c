//! `lint [REVS]`: what will hurt when the migrations run.

use std::path::Path;

use clap::ValueEnum;

use super::{
    context::Context,
    lint_formats::{github, junit, sarif},
    output::{BOLD, CYAN, RED, YELLOW, styled},
    problem::{CommandOutcome, Problem},
};
use crate::{
    lint::{Chosen, Finding, LintOptions, LintReport, Severity, write_baseline},
    migration::Migrations,
};

/// How the findings are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum LintFormat {
    /// For people.
    #[default]
    Text,
    /// The report as JSON.
    Json,
    /// Annotations of GitHub Actions.
    Github,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit's XML, for test reports.
    Junit,
}

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// A revision or a range FROM:TO that runs together; without it, each migration as if the ones before it were applied
    revisions: Option<String>,
    /// Only the migrations that the database has not applied yet, as one run
    #[arg(long, conflicts_with = "revisions")]
    pending: bool,
    /// How to print the findings
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: LintFormat,
    /// Exit with code 3 if there is a finding of this severity or higher: info, warning, error
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    deny: Severity,
    /// Print findings of this severity or higher
    #[arg(long, value_name = "SEVERITY", default_value = "warning")]
    show: Severity,
    /// The server's version, such as 14 or 10.11-MariaDB [default: a version that is still supported]
    #[arg(long, value_name = "VERSION")]
    server_version: Option<String>,
    /// Write all findings to ambix.lint, so that they are left out from now on
    #[arg(long, conflicts_with_all = ["revisions", "pending"])]
    write_baseline: bool,
    /// Also print the findings that ambix.lint lists
    #[arg(long)]
    no_baseline: bool,
    /// Also run the migrations in a scratch database of the same server, and compare what the rules say with what the statements do
    #[arg(long)]
    run: bool,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let url = context.url()?;
    let migrator = context.migrator()?;
    let mut options = LintOptions::new();
    if let Some(version) = &args.server_version {
        options = options.server_version(version);
    }
    if args.no_baseline || args.write_baseline {
        options = options.ignore_baseline();
    }
    if let Some(range) = &args.revisions {
        let is_range = range.contains(':');
        options = options.range(if is_range { range.clone() } else { format!("{range}:{range}") });
    }
    let report = if args.pending {
        let plan = migrator.plan(&url, "heads").await?;
        let pending = plan.steps.into_iter().map(|step| step.revision).collect();
        let pending = Chosen::Run(pending);
        match args.run {
            true => migrator.lint_run_chosen(&url, &pending, &options).await?,
            false => migrator.lint_chosen(&url, &pending, &options)?,
        }
    } else if args.run {
        migrator.lint_run(&url, &options).await?
    } else {
        migrator.lint(&url, &options)?
    };
    let failure = report.failure.clone();
    if args.write_baseline && failure.is_none() {
        return baseline(&report, context);
    }
    let shown = shown(report, args.show.min(args.deny));
    print(&shown, args, context)?;
    for finding in &shown.withdrawn {
        context.out.note(format_args!("{}", finding.withdrawal()));
    }
    for note in &shown.notes {
        context.out.note(format_args!("{note}"));
    }
    for line in &shown.stale_baseline {
        context
            .out
            .note(format_args!("ambix.lint has a line that no finding needs any more: {line}"));
    }
    if let Some(failure) = failure {
        return Err(Problem::with_help(
            failure,
            "this migration and those behind it were looked at as texts alone",
        ));
    }
    if shown.is_clean(args.deny) {
        Ok(CommandOutcome::Done)
    } else {
        Ok(CommandOutcome::Difference)
    }
}

/// The report without what is not worth showing.
fn shown(mut report: LintReport, least: Severity) -> LintReport {
    report.findings.retain(|finding| finding.severity >= least);
    report
}

fn baseline(report: &LintReport, context: &Context) -> Result<CommandOutcome, Problem> {
    let folder = context.folder();
    Migrations::write_baseline(&folder, &write_baseline(&report.findings))?;
    let count = report.findings.len();
    let s = if count == 1 { "" } else { "s" };
    context.out.say(format_args!(
        "wrote {count} finding{s} to {}: commit the file",
        folder.join("ambix.lint").display()
    ));
    Ok(CommandOutcome::Done)
}

fn print(report: &LintReport, args: &Args, context: &Context) -> Result<(), Problem> {
    let folder = context.folder();
    match args.format {
        LintFormat::Text if !context.out.json => {
            for finding in &report.findings {
                context.out.result(text(finding, &folder));
            }
            context.out.say(report.summary());
            if !report.findings.is_empty() {
                context.out.note(format_args!(
                    "`{0} rule CODE` explains a rule; `-- ambix: allow CODE because ...` above a statement silences it",
                    context.program
                ));
            }
        }
        LintFormat::Text | LintFormat::Json => context.out.json(report)?,
        LintFormat::Github => {
            report.findings.iter().for_each(|finding| context.out.result(github(finding, &folder)))
        }
        LintFormat::Sarif => context.out.json(&sarif(report, &folder))?,
        LintFormat::Junit => context.out.result(junit(report, &folder)),
    }
    Ok(())
}

/// A finding for people, with the way below it.
pub(super) fn text(finding: &Finding, folder: &Path) -> String {
    let style = match finding.severity {
        Severity::Error => RED,
        Severity::Warning => YELLOW,
        Severity::Info => CYAN,
    };
    let Finding { code, severity, place, message, help, statement, measured, .. } = finding;
    let title = styled(style, format_args!("{severity}[{code}]"));
    let mut text = format!(
        "{title}: {}\n  --> {}",
        styled(BOLD, message),
        folder.join(place.to_string()).display()
    );
    if !statement.is_empty() {
        text += &format!("\n   | {statement}");
    }
    if let Some(measured) = measured {
        text += &format!("\n   = measured: {measured}");
    }
    for line in help.lines() {
        text += &format!("\n   = {line}");
    }
    text
}
