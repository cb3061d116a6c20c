//! `current`: where the database is.

use super::{
    context::{Context, without_password},
    describe::Described,
    output::styled,
    problem::{CommandOutcome, Problem},
    steps::PhaseArg,
};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// Show everything that is known about each revision
    #[arg(long, short)]
    verbose: bool,
    /// Exit with code 3 unless the database is at every head
    #[arg(long, short)]
    check_heads: bool,
    #[command(flatten)]
    phase: PhaseArg,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    if args.phase.is_given() && !args.check_heads {
        let text = "--phase says what --check-heads asks for: add --check-heads, or leave it out";
        return Err(Problem::Usage(text.to_owned()));
    }
    let migrator = args.phase.apply(context.migrator()?);
    let url = context.url()?;
    let current = migrator.current(&url).await?;
    let described = Described::new(&migrator, context);
    let described = if args.verbose { described.with_database(&url).await? } else { described };
    let graph = migrator.graph();
    if context.out.json {
        context.out.json(&current)?;
    } else {
        if args.verbose {
            context.out.result(format_args!("Current revision(s) for {}:", without_password(&url)));
        }
        for revision in &current.revisions {
            context.out.result(match graph.get(revision) {
                Some(migration) if args.verbose => described.long(migration) + "\n",
                Some(migration) => described.short(migration),
                None => format!("{revision} ({})", styled(super::output::RED, "unknown here")),
            });
        }
        if current.revisions.is_empty() && current.unfinished.is_empty() {
            context.out.say("no migration is applied: the database is at base");
        }
    }
    for revision in &current.unfinished {
        context.out.warn(format_args!(
            "revision {revision} is unfinished: it is neither applied nor pending; `{} verify` says how far it got",
            context.program
        ));
    }
    if args.check_heads && current.is_head && context.lacks_files() {
        return Ok(CommandOutcome::Difference);
    }
    // What a phase leaves for later is not asked for.
    let has_all = current.is_head
        || args.phase.is_given()
            && current.unfinished.is_empty()
            && migrator.plan(&url, "heads").await?.is_empty();
    if args.check_heads && !has_all {
        let status = migrator.status(&url).await?;
        let pending: Vec<String> = status
            .entries
            .iter()
            .filter(|entry| entry.record.is_none())
            .map(|entry| entry.revision.clone())
            .collect();
        context.out.warn(match pending.as_slice() {
            [] if !current.unfinished.is_empty() => {
                format!("unfinished: {}", crate::error::some_of(&current.unfinished, ", "))
            }
            [] => "the database is not at the heads of these files".to_owned(),
            pending => format!(
                "target database is not up to date; pending: {}; run `{} upgrade heads`",
                crate::error::some_of(pending, ", "),
                context.program
            ),
        });
        return Ok(CommandOutcome::Difference);
    }
    Ok(CommandOutcome::Done)
}
