//! `merge REVS -m MSG`: a migration that joins heads.

use super::{
    context::Context,
    files,
    problem::{Outcome, Problem},
};
use crate::folder::NewMerge;

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// The revisions to join, or heads for all heads
    #[arg(required = true, value_name = "REV")]
    revisions: Vec<String>,
    /// What is joined, in a few words [default: merge A and B]
    #[arg(long, short, value_name = "TEXT")]
    message: Option<String>,
    /// The revision, instead of one made up
    #[arg(long, value_name = "ID")]
    rev_id: Option<String>,
    /// A name for the branch that begins with it; may be repeated
    #[arg(long, value_name = "LABEL")]
    branch_label: Vec<String>,
    /// It may follow revisions that are no heads
    #[arg(long)]
    splice: bool,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<Outcome, Problem> {
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
