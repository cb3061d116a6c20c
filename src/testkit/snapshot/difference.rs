//! What two schemas do not have in common, in the words that drafts have for it.

use std::{collections::BTreeSet, fmt};

use super::Snapshot;
use crate::{
    change::Change,
    draft::{difference, is_same_text},
    schema::{Schema, Table},
};

/// What two [`Snapshot`]s do not have in common. Its `Display` is a line for each thing; it is never empty.
///
/// ```text
/// only left: index users_email on users (email)
/// only right: column users.bio text
/// differs: column users.name: default none -> 'anonymous'
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaDifference {
    lines: Vec<(DifferenceSide, String)>,
}

/// Where something is that is not on both sides alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DifferenceSide {
    Left,
    Right,
    Both,
}

impl SchemaDifference {
    pub(super) fn between(left: &Snapshot, right: &Snapshot) -> Option<Self> {
        let mut found = Self { lines: Vec::new() };
        found.schemas(&left.schema, &right.schema);
        // Objects beside tables are among the others, with all that is known by a text.
        let mut changes = difference(&left.schema, &right.schema);
        changes.retain(|change| !change.is_of_object());
        found.changes(&changes);
        found.column_order(&left.schema, &right.schema);
        found.others(left, right);
        (!found.lines.is_empty()).then_some(found)
    }

    /// The same without what is only about the order of columns.
    pub(crate) fn without_column_order(mut self) -> Option<Self> {
        self.lines.retain(|(_, line)| !line.starts_with(COLUMN_ORDER));
        (!self.lines.is_empty()).then_some(self)
    }

    /// The lines, with words of one's own for the sides.
    pub(crate) fn with_sides(&self, left: &str, right: &str) -> Vec<String> {
        let line = |(side, line): &(DifferenceSide, String)| match side {
            DifferenceSide::Left => format!("{left}: {line}"),
            DifferenceSide::Right => format!("{right}: {line}"),
            DifferenceSide::Both => format!("differs: {line}"),
        };
        self.lines.iter().map(line).collect()
    }

    fn push(&mut self, side: DifferenceSide, line: impl Into<String>) {
        self.lines.push((side, line.into()));
    }

    /// Schemas that only the left one has; those of the right one are a change.
    fn schemas(&mut self, left: &Schema, right: &Schema) {
        for name in left.schemas.iter().filter(|name| !right.schemas.contains(name)) {
            self.push(DifferenceSide::Left, format!("schema {name}"));
        }
    }

    fn changes(&mut self, changes: &[Change]) {
        let spoken: Vec<(DifferenceSide, String)> = changes.iter().map(speak).collect();
        let mut told = BTreeSet::new();
        for (at, (side, line)) in spoken.iter().enumerate() {
            let is_twin = |(_, (other, text)): &(usize, &(DifferenceSide, String))| {
                text == line
                    && *other != *side
                    && *other != DifferenceSide::Both
                    && *side != DifferenceSide::Both
            };
            match spoken.iter().enumerate().find(is_twin) {
                // It is on both sides, and what differs is not in its line.
                Some((twin, _)) => {
                    if told.insert(at.min(twin)) {
                        let detail = detail(&changes[at.min(twin)], &changes[at.max(twin)]);
                        self.push(DifferenceSide::Both, format!("{line}: {detail}"));
                    }
                }
                None => self.push(*side, line.clone()),
            }
        }
    }

    fn column_order(&mut self, left: &Schema, right: &Schema) {
        for table in &left.tables {
            let Some(other) = right.find_table(&table.name) else { continue };
            let shared = |of: &Table, other: &Table| -> Vec<String> {
                let names = of.columns.iter().map(|column| column.name.clone());
                names.filter(|name| other.find_column(name).is_some()).collect()
            };
            let (here, there) = (shared(table, other), shared(other, table));
            if here != there {
                let (here, there) = (here.join(", "), there.join(", "));
                self.push(
                    DifferenceSide::Both,
                    format!("{COLUMN_ORDER}{}: {here} -> {there}", table.name),
                );
            }
        }
    }

    fn others(&mut self, left: &Snapshot, right: &Snapshot) {
        for ((kind, name), text) in &left.others {
            let is_same = |text: &str, other: &str| {
                let compared = left.compared(kind, name);
                is_same_text(text, other, &left.syntax)
                    || compared.is_some() && compared == right.compared(kind, name)
            };
            match right.others.get(&(kind.clone(), name.clone())) {
                None => self.push(DifferenceSide::Left, format!("{kind} {name}")),
                Some(other) if !is_same(text, other) => {
                    self.push(
                        DifferenceSide::Both,
                        format!("{kind} {name}: {}", first_line(text, other)),
                    );
                }
                Some(_) => {}
            }
        }
        for (kind, name) in right.others.keys() {
            if !left.others.contains_key(&(kind.clone(), name.clone())) {
                self.push(DifferenceSide::Right, format!("{kind} {name}"));
            }
        }
    }
}

/// What the lines begin with that are only about the order of columns.
const COLUMN_ORDER: &str = "the order of the columns of ";

impl fmt::Display for SchemaDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.with_sides("only left", "only right").join("\n"))
    }
}

/// A change as a statement of what is: on which side it is, and what.
fn speak(change: &Change) -> (DifferenceSide, String) {
    let text = change.to_string();
    let none = "none";
    match change {
        Change::RenameIndex { table, from, to } => {
            return (
                DifferenceSide::Both,
                format!("the name of an index on {table}: {from} -> {to}"),
            );
        }
        Change::RenameConstraint { table, kind, from, to } => {
            return (
                DifferenceSide::Both,
                format!("the name of a {kind} on {table}: {from} -> {to}"),
            );
        }
        Change::Comment { on, from, to } => {
            let (from, to) = (from.as_deref().unwrap_or(none), to.as_deref().unwrap_or(none));
            return (DifferenceSide::Both, format!("the comment on {on}: {from} -> {to}"));
        }
        Change::AlterSequence { from, to } => {
            let detail = fields(&from, &to);
            return (DifferenceSide::Both, format!("sequence {}: {detail}", from.name));
        }
        Change::AlterOptions { from, to, table } => {
            let options = |options: &crate::schema::Options| {
                let all: Vec<String> =
                    options.iter().map(|(name, value)| format!("{name} = {value}")).collect();
                if all.is_empty() { none.to_owned() } else { all.join(", ") }
            };
            let (from, to) = (options(from), options(to));
            return (DifferenceSide::Both, format!("the options of table {table}: {from} -> {to}"));
        }
        _ => {}
    }
    for (verb, side) in [
        ("drop ", DifferenceSide::Left),
        ("add ", DifferenceSide::Right),
        ("create ", DifferenceSide::Right),
        ("alter ", DifferenceSide::Both),
    ] {
        if let Some(rest) = text.strip_prefix(verb) {
            return (side, rest.to_owned());
        }
    }
    (DifferenceSide::Both, text)
}

/// What differs in two things whose lines are the same.
fn detail(left: &Change, right: &Change) -> String {
    fields(left, right)
}

/// The fields that differ, as the derives write them.
fn fields(left: &dyn fmt::Debug, right: &dyn fmt::Debug) -> String {
    let (left, right) = (format!("{left:#?}"), format!("{right:#?}"));
    let (left, right): (Vec<&str>, Vec<&str>) = (left.lines().collect(), right.lines().collect());
    // The first line is the name of the variant.
    let pairs = left.iter().zip(&right).skip(1).filter(|(a, b)| a != b);
    let trim = |line: &str| line.trim().trim_end_matches(',').to_owned();
    let said: Vec<String> =
        pairs.take(3).map(|(a, b)| format!("{} -> {}", trim(a), trim(b))).collect();
    if said.is_empty() { "in more than one line tells".to_owned() } else { said.join(", ") }
}

/// The first line in which two texts differ.
fn first_line(left: &str, right: &str) -> String {
    let lines =
        |text: &str| -> Vec<String> { text.lines().map(|line| line.trim().to_owned()).collect() };
    let (left, right) = (lines(left), lines(right));
    let at = left.iter().zip(&right).take_while(|(a, b)| a == b).count();
    let show = |lines: &[String]| match lines.get(at) {
        Some(line) => format!("`{line}`"),
        None => "its end".to_owned(),
    };
    let place =
        if left.len().max(right.len()) > 1 { format!("line {}: ", at + 1) } else { String::new() };
    format!("{place}{} -> {}", show(&left), show(&right))
}
