//! `adopt --from TOOL`: takes over the history of another tool; nothing is run.

use super::{
    context::Context,
    problem::{CommandOutcome, Problem},
};
use crate::migrator::{Adopt, Tool};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// The tool whose history to take over
    #[arg(long, value_name = "TOOL", value_parser = parser())]
    from: String,
    /// The tool's history table, as NAME or SCHEMA.NAME [default: the tool's own default]
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    /// Only print what would be recorded
    #[arg(long)]
    dry_run: bool,
    /// Accept files that differ from the text the tool applied, because the database matches the files
    #[arg(long)]
    accept_changed: bool,
    /// Skip migrations that the tool has applied but that have no file here
    #[arg(long)]
    forget_unknown: bool,
    /// Do nothing if the tool has no history table or the database already has an ambix history
    #[arg(long)]
    once: bool,
}

fn parser() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(Tool::ALL.map(Tool::name))
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let tool: Tool = args.from.parse()?;
    let mut adopt = Adopt::from(tool)
        .dry_run(args.dry_run)
        .accept_changed(args.accept_changed)
        .forget_unknown(args.forget_unknown)
        .once(args.once);
    if let Some(table) = &args.table {
        adopt = adopt.table(table);
    }
    let report = context.migrator()?.adopt(&context.url()?, adopt).await?;
    if context.out.json {
        context.out.json(&report)?;
    } else {
        for adopted in &report.adopted {
            context.out.result(adopted);
        }
    }
    for note in report.all_notes() {
        context.out.note(note);
    }
    context.out.say(report.summary());
    Ok(CommandOutcome::Done)
}
