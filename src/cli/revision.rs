//! `revision -m MSG` and `generate MSG`: a new migration.

use super::{
    autogenerate,
    context::Context,
    files,
    problem::{CommandOutcome, Problem},
};
use crate::{
    authoring::NewRevision,
    database::{driver, drivers},
};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// A short description of the change; it becomes part of the file names
    #[arg(long, short, value_name = "TEXT", default_value = "", hide_default_value = true)]
    message: String,
    #[command(flatten)]
    place: Parent,
    /// The template to start from; see list-templates
    #[arg(long, value_name = "NAME", default_value = "default")]
    template: String,
    /// Add a step in Rust, and print the function to paste into your program
    #[arg(long, conflicts_with = "template")]
    rust: bool,
    /// Draft the SQL that takes the database to the models
    #[arg(long, conflicts_with_all = ["template", "rust"])]
    autogenerate: bool,
    #[command(flatten, next_help_heading = "With --autogenerate")]
    drafting: autogenerate::DraftArgs,
}

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Generate {
    /// A short description of the change; it becomes part of the file names
    message: String,
    #[command(flatten)]
    place: Parent,
    #[command(flatten)]
    drafting: autogenerate::DraftArgs,
}

/// Where in the history it goes.
#[derive(Debug, Clone, clap::Args)]
struct Parent {
    /// Use this revision id instead of a generated one
    #[arg(long, value_name = "ID")]
    rev_id: Option<String>,
    /// The parent: a revision, label@head, or base to start a new branch [default: head]
    #[arg(long, value_name = "REV")]
    head: Option<String>,
    /// Allow a parent that is not a head, which starts a branch
    #[arg(long)]
    splice: bool,
    /// A label for the branch that starts with this migration; may be repeated
    #[arg(long, value_name = "LABEL")]
    branch_label: Vec<String>,
    /// A revision or label that must be applied first; may be repeated
    #[arg(long, value_name = "REV")]
    depends_on: Vec<String>,
}

impl Parent {
    fn revision(&self, message: &str) -> NewRevision {
        NewRevision {
            message: message.to_owned(),
            rev_id: self.rev_id.clone(),
            head: self.head.clone(),
            splice: self.splice,
            labels: self.branch_label.clone(),
            depends_on: self.depends_on.clone(),
            ..NewRevision::default()
        }
    }
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let new = args.place.revision(&args.message);
    if args.autogenerate {
        return autogenerate::run(&args.drafting, new, context).await;
    }
    if let Some(option) = args.drafting.given() {
        return Err(Problem::Usage(format!("{option} needs --autogenerate")));
    }
    let folder = files::open(context)?;
    let new = NewRevision {
        template: if args.rust { "rust" } else { &args.template }.to_owned(),
        connection: connection(context)?.to_owned(),
        ..new
    };
    let written = folder.revision(&new)?;
    files::advise(&args.message, context);
    files::finish(&folder, &written, context)
}

pub(super) async fn generate(
    args: &Generate,
    context: &Context,
) -> Result<CommandOutcome, Problem> {
    autogenerate::run(&args.drafting, args.place.revision(&args.message), context).await
}

/// What a Rust function takes: the connection of the database that is known, or the first that the program can use.
fn connection(context: &Context) -> Result<&'static str, Problem> {
    let known = context.known_url()?.and_then(|url| driver(&url).ok());
    Ok(known.or_else(|| drivers().next()).map_or("Connection", |driver| driver.connection))
}
