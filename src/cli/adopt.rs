//! `adopt --from TOOL`: takes over the history of another tool; nothing is run.

use super::{
    context::Context,
    problem::{Outcome, Problem},
};
use crate::migrator::{Adopt, Tool};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// The tool: sqlx, refinery, diesel, sea-orm, alembic, flyway, golang-migrate, dbmate or goose
    #[arg(long, value_name = "TOOL", value_parser = parser())]
    from: String,
    /// Its history table, perhaps with a schema and a dot before it [default: the one that the tool makes]
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    /// Only say what would be recorded
    #[arg(long)]
    dry_run: bool,
    /// Take files for applied whose text is not what the tool has applied: the database is as the files say
    #[arg(long)]
    accept_changed: bool,
    /// Leave out what the tool has applied and no file here is
    #[arg(long)]
    forget_unknown: bool,
    /// Do nothing where the tool has no history table, or this database has a history of ambix already
    #[arg(long)]
    once: bool,
}

fn parser() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(Tool::ALL.map(Tool::name))
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<Outcome, Problem> {
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
    Ok(Outcome::Done)
}
