//! `erd`: tables and the foreign keys between them as a drawing.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::PathBuf,
};

use super::{
    context::Context,
    graph::svg,
    problem::{CommandOutcome, Problem},
    progress::unless_interrupted,
};
use crate::schema::{Column, ForeignKey, Name, Schema, SchemaSql, Table};

/// A drawing with more tables than this shows the columns of keys alone, unless it is told otherwise.
const MANY: usize = 30;

/// The output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Mermaid, which many code hosts render in Markdown
    Mermaid,
    /// Graphviz
    Dot,
    /// An SVG image
    Svg,
}

/// The columns that are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Columns {
    /// All of them
    All,
    /// Those of primary and foreign keys
    Keys,
    /// None
    None,
}

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Mermaid)]
    format: Format,
    /// Only tables with such a name: users, billing.*, *_log; may be repeated
    #[arg(long, value_name = "GLOB", value_delimiter = ',')]
    tables: Vec<String>,
    /// The columns to show [default: all, and with more than 30 tables those of keys]
    #[arg(long, value_enum)]
    columns: Option<Columns>,
    /// A script that creates the tables, or a folder of scripts, in place of the models or the database
    #[arg(long, value_name = "PATH")]
    schema: Option<PathBuf>,
    /// Draw the database, even if the program has models
    #[arg(long, conflicts_with = "schema")]
    live: bool,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let mut migrator = context.migrator_or_none()?;
    if let Some(path) = &args.schema {
        migrator = migrator.models(Schema::new()).schema_sql(SchemaSql::from_path(path)?);
    }
    let is_wanted = migrator.has_models() && !args.live;
    let url = context.url()?;
    let described = unless_interrupted(migrator.described(&url, is_wanted)).await;
    let (schema, _) = described.ok_or(Problem::GivenUp)??;
    let drawing = Drawing::new(&schema, args);
    if drawing.tables.is_empty() {
        let all: Vec<String> = schema.tables.iter().map(|table| table.name.to_string()).collect();
        if all.is_empty() {
            let help = "apply the migrations first, or name a script with --schema";
            return Err(Problem::with_help("the schema has no tables to draw".to_owned(), help));
        }
        let text = format!(
            "no table matches --tables; the schema has {}",
            crate::error::some_of(&all, ", ")
        );
        return Err(Problem::with_help(text, "name one of these, or a pattern: --tables 'user*'"));
    }
    let out = &context.out;
    match args.format {
        Format::Mermaid => out.result(drawing.mermaid()),
        Format::Dot => out.result(drawing.dot()),
        Format::Svg => out.result(drawing.svg()?),
    }
    if drawing.columns == Columns::Keys && args.columns.is_none() {
        out.note("the columns of keys are shown; --columns all shows all of them");
    }
    if drawing.leads_out > 0 {
        let keys = match drawing.leads_out {
            1 => "1 foreign key leads".to_owned(),
            many => format!("{many} foreign keys lead"),
        };
        out.note(format_args!("{keys} to tables that are not shown"));
    }
    Ok(CommandOutcome::Done)
}

/// What is drawn.
struct Drawing<'s> {
    tables: Vec<&'s Table>,
    columns: Columns,
    /// How many foreign keys lead to tables that are not shown.
    leads_out: usize,
    /// The colours of some tables.
    colours: BTreeMap<Name, &'static str>,
}

/// The tables that have a colour and those to which they have keys, as an SVG; none if there are none.
pub(super) fn picture(
    schema: &Schema,
    colours: &BTreeMap<Name, &'static str>,
) -> Result<Option<String>, Problem> {
    let is_coloured = |name: &Name| colours.contains_key(name);
    let is_beside = |table: &Table| {
        let refers =
            |table: &Table, to: &Name| table.foreign_keys.iter().any(|key| key.references == *to);
        colours.keys().any(|name| {
            refers(table, name)
                || schema.find_table(name).is_some_and(|other| refers(other, &table.name))
        })
    };
    let is_shown = |table: &&Table| is_coloured(&table.name) || is_beside(table);
    let mut drawing = Drawing::of(schema.tables.iter().filter(is_shown).collect(), None);
    drawing.colours.clone_from(colours);
    if drawing.tables.is_empty() { Ok(None) } else { drawing.svg().map(Some) }
}

impl<'s> Drawing<'s> {
    fn new(schema: &'s Schema, args: &Args) -> Self {
        let is_shown = |table: &&Table| {
            let name = table.name.to_string();
            // What a partition has, its parent shows.
            table.bound.is_none()
                && (args.tables.is_empty() || args.tables.iter().any(|glob| matches(glob, &name)))
        };
        Self::of(schema.tables.iter().filter(is_shown).collect(), args.columns)
    }

    fn of(mut tables: Vec<&'s Table>, columns: Option<Columns>) -> Self {
        tables.sort_by(|a, b| a.name.cmp(&b.name));
        let usual = if tables.len() > MANY { Columns::Keys } else { Columns::All };
        let columns = columns.unwrap_or(usual);
        let mut drawing = Self { tables, columns, leads_out: 0, colours: BTreeMap::new() };
        let keys = drawing.tables.iter().flat_map(|table| &table.foreign_keys);
        drawing.leads_out = keys.filter(|key| !drawing.has(&key.references)).count();
        drawing
    }

    fn has(&self, name: &Name) -> bool {
        self.tables.iter().any(|table| table.name == *name)
    }

    /// The columns that are shown of a table.
    fn shown(&self, table: &'s Table) -> impl Iterator<Item = (&'s Column, String)> {
        let columns = self.columns;
        let marked = |column: &'s Column| (column, marks(table, &column.name));
        table.columns.iter().map(marked).filter(move |(_, marks)| match columns {
            Columns::All => true,
            Columns::Keys => marks.contains("PK") || marks.contains("FK"),
            Columns::None => false,
        })
    }

    /// Tables, foreign keys and where they lead.
    fn keys(&self) -> impl Iterator<Item = (&'s Table, &'s ForeignKey)> {
        let keys = self
            .tables
            .iter()
            .flat_map(|table| table.foreign_keys.iter().map(move |key| (*table, key)));
        keys.filter(|(_, key)| self.has(&key.references))
    }

    fn mermaid(&self) -> String {
        let mut text = "erDiagram\n".to_owned();
        for table in &self.tables {
            let (id, label) = (id(&table.name), table.name.to_string());
            let named = if id == label { id } else { format!("{id}[\"{}\"]", quoted(&label)) };
            let columns: Vec<String> = self
                .shown(table)
                .map(|(column, marks)| {
                    let ty = word(&kind(column));
                    let name = word(&column.name);
                    format!("        {ty} {name} {marks}").trim_end().to_owned()
                })
                .collect();
            let _ = match columns.is_empty() {
                true => writeln!(text, "    {named}"),
                false => writeln!(text, "    {named} {{\n{}\n    }}", columns.join("\n")),
            };
        }
        for (table, key) in self.keys() {
            let is_optional = key
                .columns
                .iter()
                .any(|name| table.find_column(name).is_some_and(|column| column.nullable));
            let one = if is_optional { "|o" } else { "||" };
            let many = if is_unique(table, key) { "o|" } else { "o{" };
            let (to, from) = (id(&key.references), id(&table.name));
            let _ = writeln!(
                text,
                "    {to} {one}--{many} {from} : \"{}\"",
                quoted(&key.columns.join(", "))
            );
        }
        text.trim_end().to_owned()
    }

    /// What draws it takes a name in angle brackets for a port, which it does not show.
    fn svg(&self) -> Result<String, Problem> {
        svg(&self.dot().replace("\\<", "‹").replace("\\>", "›"))
    }

    fn dot(&self) -> String {
        let mut text = "digraph tables {\n    rankdir=LR;\n    node [shape=record];\n".to_owned();
        for table in &self.tables {
            let columns: String = self
                .shown(table)
                .map(|(column, marks)| {
                    let line = format!("{} {} {marks}", column.name, kind(column));
                    format!("{}\\l", field(line.trim_end()))
                })
                .collect();
            let name = field(&table.name.to_string());
            let label = if columns.is_empty() { name } else { format!("{name}|{columns}") };
            let colour = self.colours.get(&table.name);
            let colour = colour.map(|colour| format!(", color=\"{colour}\"")).unwrap_or_default();
            let _ = writeln!(text, "    {} [label=\"{label}\"{colour}];", id(&table.name));
        }
        // Two keys to one table are one line in a drawing of many.
        let mut drawn = BTreeSet::new();
        for (table, key) in self.keys() {
            let ends = (id(&table.name), id(&key.references));
            if drawn.insert(ends.clone()) {
                let _ = writeln!(text, "    {} -> {};", ends.0, ends.1);
            }
        }
        text + "}"
    }
}

/// What a column is a part of.
fn marks(table: &Table, column: &str) -> String {
    let has = |columns: &[String]| columns.iter().any(|name| name == column);
    let primary = table.primary_key.as_ref().is_some_and(|key| has(&key.columns));
    let foreign = table.foreign_keys.iter().any(|key| has(&key.columns));
    let unique =
        table.uniques.iter().any(|unique| unique.columns.len() == 1 && has(&unique.columns));
    let marks = [(primary, "PK"), (foreign, "FK"), (unique && !primary, "UK")];
    let marks = marks.into_iter().filter(|(is_so, _)| *is_so).map(|(_, mark)| mark);
    marks.collect::<Vec<_>>().join(", ")
}

fn is_unique(table: &Table, key: &ForeignKey) -> bool {
    let same = |columns: &[String]| {
        columns.len() == key.columns.len() && columns.iter().all(|name| key.columns.contains(name))
    };
    table.primary_key.as_ref().is_some_and(|primary| same(&primary.columns))
        || table.uniques.iter().any(|unique| same(&unique.columns))
}

/// A type in a few letters.
fn kind(column: &Column) -> String {
    let text = column.ty.text();
    let text = text.replace("character varying", "varchar").replace(" without time zone", "");
    match text.strip_suffix(" with time zone") {
        Some(text) => format!("{text}tz"),
        None => text,
    }
}

/// A name as every format takes it.
fn id(name: &Name) -> String {
    let text = name.to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if text.chars().all(is_plain)
        && !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
    {
        return text;
    }
    text.chars().fold("t".to_owned(), |mut id, c| {
        match is_plain(c) {
            true => id.push(c),
            false => drop(write!(id, "_{:x}", u32::from(c))),
        }
        id
    })
}

/// A word of Mermaid: letters, digits and a few signs.
fn word(text: &str) -> String {
    let sign = |c: char| if c.is_alphanumeric() || "_-()[]".contains(c) { c } else { '_' };
    let word: String = text.chars().map(sign).collect();
    if word.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        word
    } else {
        format!("_{word}")
    }
}

fn quoted(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('\n', " ")
}

/// A text within a record of Graphviz.
fn field(text: &str) -> String {
    text.chars().fold(String::new(), |mut field, c| {
        if "\\\"{}|<>".contains(c) {
            field.push('\\');
        }
        field.push(if c.is_control() { ' ' } else { c });
        field
    })
}

/// Whether a name is one of a pattern: `*` is any text, `?` any sign.
fn matches(glob: &str, name: &str) -> bool {
    let (glob, name): (Vec<char>, Vec<char>) = (glob.chars().collect(), name.chars().collect());
    let (mut at, mut seen, mut star) = (0, 0, None);
    while seen < name.len() {
        match glob.get(at) {
            Some('*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(c) if *c == '?' || *c == name[seen] => {
                at += 1;
                seen += 1;
            }
            _ => {
                let Some((before, taken)) = star else { return false };
                star = Some((before, taken + 1));
                at = before + 1;
                seen = taken + 1;
            }
        }
    }
    glob[at..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        let cases = [
            ("users", "users", true),
            ("users", "user", false),
            ("user*", "users", true),
            ("*_log", "a_log_log", true),
            ("*_log", "a_log_", false),
            ("b?ll*.*", "billing.x", true),
            ("*", "", true),
            ("?", "", false),
            ("", "a", false),
        ];
        for (glob, name, wanted) in cases {
            assert_eq!(matches(glob, name), wanted, "{glob} {name}");
        }
    }
}
