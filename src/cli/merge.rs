//! `merge REVS -m MSG`: a migration that joins heads.

use super::{
    context::Context,
    files,
    problem::{CommandOutcome, Problem},
};
use crate::authoring::NewMerge;

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// The revisions to join, or heads for all of them
    #[arg(required = true, value_name = "REV")]
    revisions: Vec<String>,
    /// A short description of the merge [default: merge A and B]
    #[arg(long, short, value_name = "TEXT")]
    message: Option<String>,
    /// Use this revision id instead of a generated one
    #[arg(long, value_name = "ID")]
    rev_id: Option<String>,
    /// A label for the branch that starts with this migration; may be repeated
    #[arg(long, value_name = "LABEL")]
    branch_label: Vec<String>,
    /// Allow parents that are not heads
    #[arg(long)]
    splice: bool,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let folder = files::open(context)?;
    let written = folder.merge(&NewMerge {
        revisions: args.revisions.clone(),
        message: args.message.clone(),
        rev_id: args.rev_id.clone(),
        labels: args.branch_label.clone(),
        splice: args.splice,
    })?;
    files::finish(&folder, &written, context)
}
