//! `--html`: a draft as one page, which opens in any browser and needs nothing else.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
    path::Path,
};

use super::{
    context::Context,
    drafting::{hints_of, lines},
    erd,
    line_diff::{DiffLine, compared_lines},
    problem::Problem,
};
use crate::{
    change::Change,
    database::driver,
    draft::{Draft, PartPair, pairs},
    lint::Finding,
    schema::{Name, Schema},
    source,
};

const STYLE: &str = include_str!("page.css");

/// With more changed tables than this, a drawing would say nothing.
const DRAWN: usize = 40;

/// A page about a draft.
struct Page<'d> {
    title: String,
    /// What was compared, and with what result.
    facts: Vec<String>,
    draft: &'d Draft,
    findings: &'d [Finding],
    pairs: Vec<PartPair>,
    /// The changed tables and those beside them, before and after.
    pictures: Option<(String, String)>,
}

/// Writes the page of a draft.
pub(super) fn write(
    file: &Path,
    title: &str,
    (draft, findings): (&Draft, &[Finding]),
    url: &str,
    context: &Context,
) -> Result<(), Problem> {
    let dialect = driver(url)?.dialect;
    let mut found = Vec::new();
    let mut pictures = None;
    if let (Some(sides), Some(drafting)) = (draft.compared_sides.as_deref(), dialect.drafting()) {
        found = pairs(sides, &draft.changes, (dialect, drafting))?;
        pictures = drawn(draft, (&sides.before, &sides.after))?;
    }
    let proven = match (draft.is_empty(), draft.is_proven) {
        (true, _) => None,
        (false, true) => Some("proven on a copy of the current schema".to_owned()),
        (false, false) => Some("not proven".to_owned()),
    };
    let count = match draft.changes.len() {
        1 => "1 change".to_owned(),
        many => format!("{many} changes"),
    };
    let facts = [Some(dialect.name().to_owned()), Some(count), proven].into_iter().flatten();
    let page = Page {
        title: title.to_owned(),
        facts: facts.collect(),
        draft,
        findings,
        pairs: found,
        pictures,
    };
    let is_new = source::replace(file, &page.to_string(), "the page was not written")?;
    let done = if is_new { "Writing" } else { "Keeping" };
    context.out.say(format_args!("{done} {} ... done", file.display()));
    Ok(())
}

/// The tables that change and those that they are tied to, before and after.
fn drawn(
    draft: &Draft,
    (before, after): (&Schema, &Schema),
) -> Result<Option<(String, String)>, Problem> {
    let mut colours: BTreeMap<Name, &str> = BTreeMap::new();
    for change in &draft.changes {
        let (name, colour) = match change {
            Change::CreateTable(table) => (&table.name, "green"),
            Change::DropTable(table) => (&table.name, "red"),
            Change::RenameTable { from, to } => {
                colours.insert(from.clone(), "orange");
                (to, "orange")
            }
            change => match change.table() {
                Some(table) => (table, "orange"),
                None => continue,
            },
        };
        let known = colours.get(name).is_some_and(|known| *known != "orange");
        if !known {
            colours.insert(name.clone(), colour);
        }
    }
    if colours.is_empty() || colours.len() > DRAWN {
        return Ok(None);
    }
    let one = |schema: &Schema, prefix: &str| -> Result<String, Problem> {
        let svg = erd::picture(schema, &colours)?;
        Ok(svg.map(|svg| embedded(&svg, prefix)).unwrap_or_default())
    };
    Ok(Some((one(before, "before")?, one(after, "after")?)))
}

/// A drawing as a part of a page, in which another one must not have the same names.
fn embedded(svg: &str, prefix: &str) -> String {
    let svg = cropped(svg.split_once("?>").map_or(svg, |(_, svg)| svg));
    svg.replace("id=\"", &format!("id=\"{prefix}-"))
        .replace("url(#", &format!("url(#{prefix}-"))
        .replace("href=\"#", &format!("href=\"#{prefix}-"))
}

/// Without the empty space below the last table.
fn cropped(svg: &str) -> String {
    let number = |tag: &str, name: &str| -> Option<f64> {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        rest.split_once('"')?.0.parse().ok()
    };
    let bottom = |tag: &str| Some(number(tag, "y")? + number(tag, "height")?);
    let bottoms = svg.split("<rect").skip(1).filter_map(bottom);
    let bottom = bottoms.fold(0.0, f64::max) + 30.0;
    let (Some(width), Some(height)) = (number(svg, "width"), number(svg, "height")) else {
        return svg.to_owned();
    };
    svg.replacen(&format!("height=\"{height}\""), &format!("height=\"{bottom}\""), 1).replacen(
        &format!("0 0 {width} {height}"),
        &format!("0 0 {width} {bottom}"),
        1,
    )
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = escaped(&self.title);
        writeln!(f, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
        writeln!(f, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")?;
        // Nothing on the page comes from elsewhere, whatever a name in a schema says.
        writeln!(
            f,
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        )?;
        writeln!(f, "<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>")?;
        writeln!(f, "<header>\n<h1>{title}</h1>")?;
        writeln!(f, "<p class=\"facts\">{}</p>\n</header>", escaped(&self.facts.join(" · ")))?;
        let sections = [
            ("changes", "What changes", self.changes()),
            ("notes", "What to know", self.notes()),
            ("drawing", "Drawing", self.drawing()),
            ("sides", "Before and after", self.sides()),
            ("sql", "SQL", self.sql()),
        ];
        let shown = || sections.iter().filter(|(_, _, text)| !text.is_empty());
        let links = shown().map(|(id, name, _)| format!("<a href=\"#{id}\">{name}</a>"));
        writeln!(f, "<nav>{}</nav>\n<main>", links.collect::<String>())?;
        for (id, name, text) in shown() {
            writeln!(f, "<section id=\"{id}\">\n<h2>{name}</h2>\n{}\n</section>", text.trim_end())?;
        }
        let version = env!("CARGO_PKG_VERSION");
        writeln!(f, "</main>\n<footer>written by ambix {version}</footer>\n</body>\n</html>")
    }
}

impl Page<'_> {
    fn changes(&self) -> String {
        if self.draft.is_empty() {
            return format!("<p>{}</p>\n", escaped(&self.draft.to_string()));
        }
        let mut text = "<ol class=\"changes\">\n".to_owned();
        for (change, line) in self.draft.changes.iter().zip(lines(self.draft)) {
            let (class, word) = kind(change);
            let plain = line.strip_suffix(" (loses data)");
            let loses =
                if plain.is_some() { " <span class=\"loses\">loses data</span>" } else { "" };
            let _ = writeln!(
                text,
                "<li><span class=\"mark {class}\">{word}</span><code>{}</code>{loses}</li>",
                escaped(plain.unwrap_or(&line))
            );
        }
        text + "</ol>\n"
    }

    fn notes(&self) -> String {
        let mut text = String::new();
        for finding in self.findings {
            let Finding { code, severity, message, help, statement, .. } = finding;
            let class = if severity.to_string() == "error" { "dropped" } else { "changed" };
            let _ = writeln!(
                text,
                "<li><span class=\"mark {class}\">{severity}</span><strong>{code}</strong> {}",
                escaped(message)
            );
            for pre in [statement, help].into_iter().filter(|text| !text.is_empty()) {
                let _ = writeln!(text, "<pre>{}</pre>", escaped(pre));
            }
            text.push_str("</li>\n");
        }
        let notes = self.draft.notes.iter().map(ToString::to_string).chain(hints_of(self.draft));
        for note in notes {
            let _ = writeln!(text, "<li>{}</li>", escaped(&note));
        }
        if text.is_empty() { text } else { format!("<ul class=\"changes\">\n{text}</ul>\n") }
    }

    fn drawing(&self) -> String {
        let Some((before, after)) = &self.pictures else { return String::new() };
        let figure = |name: &str, svg: &str| {
            let svg = if svg.is_empty() { "<p>none of these tables exists</p>" } else { svg };
            format!("<figure>\n<figcaption>{name}</figcaption>\n{svg}\n</figure>\n")
        };
        format!(
            "<p class=\"facts\">The tables that change, and those that keys connect with them.</p>\n<div class=\"pictures\">\n{}{}</div>\n",
            figure("before", before),
            figure("after", after)
        )
    }

    fn sides(&self) -> String {
        let mut text = String::new();
        let (changed, same): (Vec<&PartPair>, Vec<&PartPair>) =
            self.pairs.iter().partition(|pair| pair.is_changed());
        for pair in changed {
            let (class, word) = match (&pair.before, &pair.after) {
                (None, _) => ("new", "new"),
                (_, None) => ("dropped", "dropped"),
                _ => ("changed", "changed"),
            };
            let was = pair.was.as_ref().map(|was| format!(", was {}", escaped(was)));
            let _ = writeln!(
                text,
                "<details open>\n<summary><span class=\"mark {class}\">{word}</span>{}{}</summary>\n{}</details>",
                escaped(&pair.name),
                was.unwrap_or_default(),
                beside(pair)
            );
        }
        if !same.is_empty() {
            let count = same.len();
            let _ = writeln!(text, "<details>\n<summary>{count} unchanged</summary>");
            for pair in same {
                let sql = pair.after.as_deref().unwrap_or_default();
                let _ = writeln!(
                    text,
                    "<details>\n<summary>{}</summary>\n{}</details>",
                    escaped(&pair.name),
                    script(sql)
                );
            }
            text.push_str("</details>\n");
        }
        text
    }

    fn sql(&self) -> String {
        let mut text = String::new();
        let is_one = self.draft.files.len() == 1;
        for file in &self.draft.files {
            let phase = file.phase.map(|phase| format!(" (phase {phase})")).unwrap_or_default();
            let title =
                if file.title.is_empty() { String::new() } else { format!("{}: ", file.title) };
            let title = if is_one { String::new() } else { format!("{title}{phase} ") };
            for (side, sql) in [("up", &file.up), ("down", &file.down)] {
                let _ = writeln!(text, "<h3>{}{side}</h3>\n{}", escaped(&title), script(sql));
            }
        }
        text
    }
}

/// What a change does, as a class and a word.
fn kind(change: &Change) -> (&'static str, &'static str) {
    let line = change.to_string();
    match line.split(' ').next().unwrap_or_default() {
        "create" | "add" | "attach" => ("new", "new"),
        "drop" | "detach" => ("dropped", "dropped"),
        _ => ("changed", "changed"),
    }
}

/// Both sides of an object, line by line: what takes the place of something is beside it.
fn beside(pair: &PartPair) -> String {
    let (before, after) = (pair.before.as_deref(), pair.after.as_deref());
    let mut rows = String::new();
    let (mut old, mut new): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for line in compared_lines(before.unwrap_or_default(), after.unwrap_or_default()) {
        match line {
            DiffLine::Old(line) => old.push(line),
            DiffLine::New(line) => new.push(line),
            DiffLine::Both(line) => {
                rows.push_str(&replaced(&mut old, &mut new));
                let line = escaped(line);
                let _ = writeln!(rows, "<tr><td>{line}</td><td>{line}</td></tr>");
            }
        }
    }
    rows.push_str(&replaced(&mut old, &mut new));
    format!("<table class=\"sides\">\n<tr><th>before</th><th>after</th></tr>\n{rows}</table>\n")
}

/// Rows of lines that are on one side alone.
fn replaced(old: &mut Vec<&str>, new: &mut Vec<&str>) -> String {
    let mut rows = String::new();
    let mut old = std::mem::take(old).into_iter();
    let mut new = std::mem::take(new).into_iter();
    loop {
        let cell = |line: Option<&str>, tag: &str| {
            line.map(|line| format!("<{tag}>{}</{tag}>", escaped(line))).unwrap_or_default()
        };
        match (old.next(), new.next()) {
            (None, None) => return rows,
            (one, other) => {
                let (one, other) = (cell(one, "del"), cell(other, "ins"));
                let _ = writeln!(rows, "<tr><td>{one}</td><td>{other}</td></tr>");
            }
        }
    }
}

/// A script with its comments in another colour.
fn script(sql: &str) -> String {
    let lines = sql.trim_end().lines().map(|line| match line.trim_start().starts_with("--") {
        true => format!("<span class=\"comment\">{}</span>", escaped(line)),
        false => escaped(line),
    });
    format!("<pre>{}</pre>\n", lines.collect::<Vec<_>>().join("\n"))
}

/// A text as HTML shows it.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, c| {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if c.is_control() && c != '\n' && c != '\t' => escaped.push(' '),
            c => escaped.push(c),
        }
        escaped
    })
}
