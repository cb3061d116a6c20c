//! `upgrade [TARGET]`: runs what is pending, or prints it as a script.

use super::{
    context::Context,
    problem::{Outcome, Problem},
    progress::Progress,
    steps,
};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// head, heads, a revision or its beginning, +1, abc123+2, label@head; FROM:TO with --sql
    #[arg(default_value = "head", allow_negative_numbers = true)]
    target: String,
    /// Print the SQL instead of running it, for the database's own shell; no database is asked
    #[arg(long)]
    sql: bool,
    /// Where the script begins [default: base]
    #[arg(long, requires = "sql", value_name = "REV")]
    from: Option<String>,
    /// A text for Rust functions and hooks
    #[arg(long)]
    tag: Option<String>,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<Outcome, Problem> {
    let migrator = steps::tagged(context.migrator()?, args.tag.as_deref());
    let url = context.url()?;
    if args.sql {
        let (from, to) = steps::ends(&args.target, args.from.as_deref())?;
        context.out.result(migrator.script(&url, from, to)?.trim_end());
        return Ok(Outcome::Done);
    }
    steps::no_range(&args.target)?;
    let progress = Progress::new(&context.out);
    let migrator = progress.follow(&migrator);
    let report = progress.until(migrator.upgrade(&url, args.target.as_str())).await?;
    context.note_new_files();
    steps::finish(context, &report)
}
