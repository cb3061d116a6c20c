//! `revision -m MSG` and `generate MSG`: a new migration.

use super::{
    context::Context,
    files,
    problem::{Outcome, Problem},
};
use crate::{
    database::{driver, drivers},
    folder::NewRevision,
};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// What changes, in a few words; it becomes a part of the files' names
    #[arg(long, short, value_name = "TEXT", default_value = "", hide_default_value = true)]
    message: String,
    /// The revision, instead of one made up
    #[arg(long, value_name = "ID")]
    rev_id: Option<String>,
    /// What it follows: a revision, label@head, or base for a new line [default: head]
    #[arg(long, value_name = "REV")]
    head: Option<String>,
    /// It may follow a revision that is no head: a branch begins there
    #[arg(long)]
    splice: bool,
    /// A name for the branch that begins with it; may be repeated
    #[arg(long, value_name = "LABEL")]
    branch_label: Vec<String>,
    /// A revision or label that must be applied before it; may be repeated
    #[arg(long, value_name = "REV")]
    depends_on: Vec<String>,
    /// What the files begin with; see list-templates
    #[arg(long, value_name = "NAME", default_value = "default")]
    template: String,
    /// With a step in Rust: its function is printed, to be put into the program
    #[arg(long, conflicts_with = "template")]
    rust: bool,
    /// Draft it from the models
    #[arg(long)]
    autogenerate: bool,
}

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Generate {
    /// What changes, in a few words; it becomes a part of the files' names
    message: String,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<Outcome, Problem> {
    if args.autogenerate {
        return Err(no_draft(&args.message, context));
    }
    let folder = files::open(context)?;
    let new = NewRevision {
        message: args.message.clone(),
        rev_id: args.rev_id.clone(),
        head: args.head.clone(),
        splice: args.splice,
        labels: args.branch_label.clone(),
        depends_on: args.depends_on.clone(),
        template: if args.rust { "rust" } else { &args.template }.to_owned(),
        connection: connection(context)?.to_owned(),
    };
    let written = folder.revision(&new)?;
    files::advise(&args.message, context);
    files::finish(&folder, &written, context)
}

pub(super) async fn generate(args: &Generate, context: &Context) -> Result<Outcome, Problem> {
    Err(no_draft(&args.message, context))
}

fn no_draft(message: &str, context: &Context) -> Problem {
    let message =
        if message.is_empty() || message.contains(['\'', '\n']) { "..." } else { message };
    Problem::with_help(
        "this version cannot compare models with the database; nothing was written",
        format!("write the SQL yourself: {} revision -m '{message}'", context.program),
    )
}

/// What a Rust function takes: the connection of the database that is known, or the first that the program can use.
fn connection(context: &Context) -> Result<&'static str, Problem> {
    let known = context.known_url()?.and_then(|url| driver(&url).ok());
    Ok(known.or_else(|| drivers().next()).map_or("Connection", |driver| driver.connection))
}
