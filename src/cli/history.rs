//! `history`: all migrations, newest first, drawn as a graph where there are branches.

use std::collections::HashSet;

use renderdag::{Ancestor, GraphRowRenderer, Renderer};

use super::{
    context::Context,
    describe::Described,
    problem::{CommandOutcome, Problem},
};
use crate::{graph::Graph, migration::Migration};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// FROM:TO, inclusive; you can omit either end, or write `current`
    #[arg(long, short, value_name = "RANGE", allow_hyphen_values = true)]
    rev_range: Option<String>,
    /// Add file, date, checksum and statements; with a database, also when, by whom and how fast it was applied
    #[arg(long, short)]
    verbose: bool,
    /// Mark the revisions that the database is at
    #[arg(long, short)]
    indicate_current: bool,
    /// Do not draw branches
    #[arg(long)]
    no_graph: bool,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let migrator = context.migrator()?;
    let range = args.rev_range.as_deref();
    let mut described = Described::new(&migrator, context);
    if args.indicate_current || range.is_some_and(needs_database) {
        described = described.with_database(&context.url()?).await?;
    } else if args.verbose
        && let Some(url) = context.known_url()?
    {
        // The files alone are worth showing, too.
        match Described::new(&migrator, context).with_database(&url).await {
            Ok(with) => described = with,
            Err(_) => {
                context.out.note("the database cannot be reached, so this shows the files alone")
            }
        }
    }
    let graph = migrator.graph();
    let mut shown: Vec<&Migration> = match range {
        Some(range) => graph.range(range, &described.applied())?,
        None => graph.iter().collect(),
    };
    shown.reverse();
    if context.out.json {
        let entries: Vec<_> = shown.iter().map(|migration| described.entry(migration)).collect();
        context.out.json(&entries)?;
        return Ok(CommandOutcome::Done);
    }
    let text = |migration: &Migration| {
        if args.verbose { described.long(migration) } else { described.line(migration) }
    };
    if !args.no_graph && is_branched(graph, &shown) {
        draw(
            graph,
            &shown,
            |migration| context.out.result(migration),
            |m| {
                // An empty line between entries belongs to the drawing, so that its lines go through.
                if args.verbose { text(m) + "\n\n" } else { text(m) }
            },
        );
    } else {
        for (at, migration) in shown.iter().enumerate() {
            let between = if args.verbose && at + 1 < shown.len() { "\n" } else { "" };
            context.out.result(format_args!("{}{between}", text(migration)));
        }
    }
    if shown.is_empty() {
        context.out.say("no migrations");
    }
    Ok(CommandOutcome::Done)
}

/// Whether the ends of a range depend on where the database is.
fn needs_database(range: &str) -> bool {
    let (from, to) = range.split_once(':').unwrap_or((range, ""));
    let (from, to) = (from.trim(), to.trim());
    range.contains("current") || from.starts_with('+') || to.starts_with(['+', '-'])
}

/// Whether a line of text cannot show the order.
pub(super) fn is_branched(graph: &Graph, shown: &[&Migration]) -> bool {
    shown.windows(2).any(|pair| {
        let [newer, older] = pair else { return false };
        let parents = graph.parents(newer.revision());
        parents.len() != 1 || parents[0].revision() != older.revision()
    })
}

/// Draws migrations, newest first, with the lines that lead to their parents.
pub(super) fn draw(
    graph: &Graph,
    shown: &[&Migration],
    mut print: impl FnMut(&str),
    text: impl Fn(&Migration) -> String,
) {
    let mut rows =
        GraphRowRenderer::<&str>::new().output().with_min_row_height(1).build_box_drawing();
    let revisions: HashSet<&str> = shown.iter().map(|migration| migration.revision()).collect();
    let is_shown = |m: &&Migration| revisions.contains(m.revision());
    for migration in shown {
        let revision = migration.revision();
        let mut above: Vec<Ancestor<&str>> = Vec::new();
        for parent in graph.parents(revision) {
            above.push(if is_shown(&parent) {
                Ancestor::Parent(parent.revision())
            } else {
                Ancestor::Anonymous
            });
        }
        let depends_on = graph.dependencies(revision);
        above.extend(
            depends_on
                .into_iter()
                .filter(|m| is_shown(m))
                .map(|m| Ancestor::Ancestor(m.revision())),
        );
        let glyph = if graph.children(revision).is_empty() { "@" } else { "o" };
        print(rows.next_row(revision, above, glyph.to_owned(), text(migration)).trim_end());
    }
}
