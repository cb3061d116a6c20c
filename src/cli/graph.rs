//! `graph`: the history as a drawing, for a terminal or a document.

use std::fmt::Write;

use layout::{
    backends::svg::SVGWriter,
    gv::{DotParser, GraphBuilder},
};

use super::{
    context::Context,
    describe::Described,
    history,
    problem::{CommandOutcome, Problem},
};
use crate::{graph::Graph, migration::Migration};

/// The output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Text, for a terminal
    Text,
    /// Mermaid, which many code hosts render in Markdown
    Mermaid,
    /// Graphviz
    Dot,
    /// An SVG image
    Svg,
}

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Mark the revisions that the database is at
    #[arg(long, short)]
    indicate_current: bool,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let migrator = context.migrator()?;
    let mut described = Described::new(&migrator, context);
    if args.indicate_current {
        described = described.with_database(&context.url()?).await?;
    }
    let graph = migrator.graph();
    match args.format {
        Format::Text => {
            let mut shown: Vec<&Migration> = graph.iter().collect();
            shown.reverse();
            let text = |m: &Migration| match m.name() {
                "" => described.short(m),
                name => format!("{}, {name}", described.short(m)),
            };
            history::draw(graph, &shown, |row| context.out.result(row), text);
        }
        Format::Mermaid => context.out.result(mermaid(graph, &described)),
        Format::Dot => context.out.result(dot(graph, &described)),
        Format::Svg => context.out.result(svg(&dot(graph, &described))?),
    }
    Ok(CommandOutcome::Done)
}

/// A revision and its name, and whether the database is there.
fn label(migration: &Migration, described: &Described<'_>) -> (String, bool) {
    let is_current = described
        .database
        .as_ref()
        .is_some_and(|database| database.current.contains(migration.revision()));
    let current = if is_current { " (current)" } else { "" };
    let text = format!("{}{current}\n{}", migration.revision(), migration.name());
    (text.trim_end().to_owned(), is_current)
}

/// The lines between migrations: from, to, and whether it is a dependency.
fn edges(graph: &Graph) -> impl Iterator<Item = (&str, &str, bool)> {
    graph.iter().flat_map(move |migration| {
        let to = migration.revision();
        let parents = graph.parents(to).into_iter().map(move |m| (m.revision(), to, false));
        parents.chain(graph.dependencies(to).into_iter().map(move |m| (m.revision(), to, true)))
    })
}

fn mermaid(graph: &Graph, described: &Described<'_>) -> String {
    // A revision may have signs that an identifier of Mermaid cannot have.
    let id = |revision: &str| -> String {
        revision.chars().fold("r".to_owned(), |mut id, c| {
            match c {
                c if c.is_ascii_alphanumeric() => id.push(c),
                c => drop(write!(id, "_{:x}", u32::from(c))),
            }
            id
        })
    };
    let mut text = "flowchart BT\n".to_owned();
    for migration in graph.iter() {
        let (label, is_current) = label(migration, described);
        let label = label
            .replace('&', "&amp;")
            .replace('"', "&quot;")
            .replace('<', "&lt;")
            .replace('\n', "<br/>");
        let _ = writeln!(text, "    {}[\"{label}\"]", id(migration.revision()));
        if is_current {
            let _ = writeln!(text, "    style {} stroke-width:4px", id(migration.revision()));
        }
    }
    for (from, to, depends) in edges(graph) {
        let arrow = if depends { "-.->" } else { "-->" };
        let _ = writeln!(text, "    {} {arrow} {}", id(from), id(to));
    }
    text.trim_end().to_owned()
}

fn dot(graph: &Graph, described: &Described<'_>) -> String {
    let quoted = |text: &str| {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
    };
    let mut text = "digraph migrations {\n    rankdir=BT;\n    node [shape=box];\n".to_owned();
    for migration in graph.iter() {
        let (label, is_current) = label(migration, described);
        let style = if is_current { ", style=bold" } else { "" };
        let _ = writeln!(
            text,
            "    {} [label={}{style}];",
            quoted(migration.revision()),
            quoted(&label)
        );
    }
    for (from, to, depends) in edges(graph) {
        let style = if depends { " [style=dashed]" } else { "" };
        let _ = writeln!(text, "    {} -> {}{style};", quoted(from), quoted(to));
    }
    text + "}"
}

pub(super) fn svg(dot: &str) -> Result<String, Problem> {
    let parsed = DotParser::new(dot).process();
    let parsed =
        parsed.map_err(|error| Problem::other(format!("cannot draw the graph: {error}")))?;
    let mut builder = GraphBuilder::new();
    builder.visit_graph(&parsed);
    let mut writer = SVGWriter::new();
    builder.get().do_it(false, false, false, &mut writer);
    Ok(writer.finalize().trim_end().to_owned())
}
