//! `create`: makes the database itself.

use super::{
    context::{Context, without_password},
    problem::{CommandOutcome, Problem},
};
use crate::database::server;

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {}

pub(super) async fn run(_args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let url = context.url()?;
    let created = server::create(&url).await?;
    let database = without_password(&url);
    if context.out.json {
        context.out.json(&serde_json::json!({ "database": database, "created": created }))?;
    } else if created {
        context.out.result(format_args!("created {database}"));
    } else {
        context.out.result(format_args!("{database} already exists"));
    }
    Ok(CommandOutcome::Done)
}
