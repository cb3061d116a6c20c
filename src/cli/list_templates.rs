//! `list-templates`: what `revision --template` takes.

use serde_json::json;

use super::{
    context::Context,
    files,
    problem::{CommandOutcome, Problem},
};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {}

pub(super) async fn run(_: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let templates = files::open(context)?.templates()?;
    if context.out.json {
        let all = templates
            .iter()
            .map(|template| json!({ "name": template.name, "about": template.about }));
        context.out.json(&all.collect::<Vec<_>>())?;
        return Ok(CommandOutcome::Done);
    }
    let width =
        templates.iter().map(|template| template.name.chars().count()).max().unwrap_or_default();
    for template in templates {
        context.out.result(format_args!("{:width$}  {}", template.name, template.about));
    }
    context
        .out
        .say(format_args!("\nto use one: {} revision --template NAME -m ...", context.program));
    Ok(CommandOutcome::Done)
}
