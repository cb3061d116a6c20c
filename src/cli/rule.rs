//! `rule [CODE]`: the rules of `lint`, or one of them with its explanation.

use super::{
    context::Context,
    output::{BOLD, styled},
    problem::{CommandOutcome, Problem},
};
use crate::lint::{self, Rule};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// A rule's code or name, such as LOCK-001; without one, all rules are listed
    code: Option<String>,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let rules = match &args.code {
        Some(code) => vec![lint::rule(code).ok_or_else(|| unknown(code, context))?],
        None => lint::rules(),
    };
    if context.out.json {
        context.out.json(&rules)?;
    } else if args.code.is_some() {
        rules.iter().for_each(|rule| context.out.result(rule));
    } else {
        rules.iter().for_each(|rule| context.out.result(line(rule)));
    }
    Ok(CommandOutcome::Done)
}

fn line(rule: &Rule) -> String {
    let databases: Vec<String> = rule.databases.iter().map(ToString::to_string).collect();
    let databases =
        if databases.len() == 4 { "all databases".to_owned() } else { databases.join(", ") };
    format!(
        "{} {:<8} {} ({databases})",
        styled(BOLD, format!("{:<12}", rule.code)),
        rule.severity.to_string(),
        rule.name
    )
}

fn unknown(code: &str, context: &Context) -> Problem {
    Problem::with_help(
        format!("there is no rule {code}"),
        format!("`{} rule` lists all of them", context.program),
    )
}
