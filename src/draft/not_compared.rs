//! What is not compared part by part: it is never taken for what is not there, and named where the two sides differ. It is pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::expression::{mentions, replace_name};
use crate::{
    change::Change,
    error::Place,
    note::Note,
    schema::{Address, Definition, Name, Schema, SchemaObject, Table, Uncovered},
    sql::{Item, Syntax, Token, TokenKind, split, tokens},
};

/// Something that drafts do not compare part by part, and that is not the same on both sides: a view, a trigger, a policy, a
/// partitioned table, a privilege. No change is drafted for it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct NotCompared {
    /// What it is: `view`, `policy`, `privileges` ...
    pub kind: String,
    /// Its name, with its schema where that is not the default one, and its table behind `on`.
    pub name: String,
    /// On which side it is.
    pub found: Found,
}

/// On which side something is that is not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Found {
    /// It should be there, and the database does not have it.
    Wanted,
    /// Both have it, and not the same.
    Both,
    /// The database has it, and nobody asks for it.
    There,
}

/// Its kind and its name.
impl fmt::Display for NotCompared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

/// How the two sides are called where they are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SideNames {
    /// The current state: the database, or what the migrations create.
    pub(crate) there: &'static str,
    /// What should be there: the models, a script, or what the migrations make.
    pub(crate) wanted: &'static str,
    /// What should be there is all that should: models have no views, a script or migrations do.
    pub(crate) is_all: bool,
}

/// Takes out of both sides the tables that are something else on the other one, which is not compared; returned is what they are
/// there, and a note each.
pub(super) fn tables_of_another_kind(
    current: &mut Schema,
    desired: &mut Schema,
    sides: SideNames,
) -> Vec<(NotCompared, Note)> {
    let mut found = Vec::new();
    let (is, should) = (current.uncovered.clone(), desired.uncovered.clone());
    let names = |schema: &Schema| -> Vec<Name> {
        schema.tables.iter().map(|table| table.name.clone()).collect()
    };
    let (is_table, should_be_table) = (names(current), names(desired));
    take_out(current, (&should, &should_be_table), (Found::Wanted, sides.wanted), &mut found);
    take_out(desired, (&is, &is_table), (Found::There, sides.there), &mut found);
    found
}

fn take_out(
    schema: &mut Schema,
    (others, tables): (&[Uncovered], &[Name]),
    (side, words): (Found, &str),
    found: &mut Vec<(NotCompared, Note)>,
) {
    schema.tables.retain(|table| {
        let other = of_name(table, others).filter(|_| !tables.contains(&table.name));
        let Some(other) = other else { return true };
        let (kind, name) = (other.kind.clone(), table.name.to_string());
        let problem = format!("{name} is a {kind} in {words} and is not compared");
        let note = Note::NotCompared { names: vec![name.clone()], problem };
        found.push((NotCompared { kind, name, found: side }, note));
        false
    });
}

/// What has a table's name and is none. Where letters are not told apart, another writing is the same name; where they are, to
/// compare a table too few loses nothing.
fn of_name<'u>(table: &Table, others: &'u [Uncovered]) -> Option<&'u Uncovered> {
    let name = table.name.to_string();
    others.iter().find(|thing| is_relation(&thing.kind) && thing.name.eq_ignore_ascii_case(&name))
}

/// Whether a table cannot have the name of another thing of this kind.
fn is_relation(kind: &str) -> bool {
    ["view", "table", "sequence"].iter().any(|word| kind.ends_with(word))
        || ["table that inherits", "partition", "composite type"].contains(&kind)
}

/// What is not compared and differs.
pub(super) fn differing(
    current: &Schema,
    desired: &Schema,
    changes: &[Change],
    (syntax, quote): (&Syntax, &dyn Fn(&str) -> String),
) -> Vec<NotCompared> {
    let renamed = |text: &str| {
        changes.iter().fold(text.to_owned(), |text, change| match change {
            Change::RenameTable { from, to } => {
                replace_name(&text, &from.name, &to.name, syntax, quote)
            }
            Change::RenameColumn { from, to, .. } => replace_name(&text, from, to, syntax, quote),
            _ => text,
        })
    };
    let key = |thing: &Definition| (thing.kind.clone(), thing.name.clone());
    let is: BTreeMap<(String, String), &Definition> = current
        .definitions
        .iter()
        .map(|thing| ((thing.kind.clone(), renamed(&thing.name)), thing))
        .collect();
    let should: BTreeMap<(String, String), &Definition> =
        desired.definitions.iter().map(|thing| (key(thing), thing)).collect();
    let keys: BTreeSet<&(String, String)> = is.keys().chain(should.keys()).collect();
    let compare = |key: &(String, String)| {
        let found = match (is.get(key), should.get(key)) {
            (Some(_), None) => Found::There,
            (Some(is), Some(should))
                if !is_same_text(&is.text, &should.text, syntax)
                    && !is_same_text(&renamed(&is.text), &should.text, syntax) =>
            {
                Found::Both
            }
            (None, Some(_)) => Found::Wanted,
            _ => return None,
        };
        Some(NotCompared { kind: key.0.clone(), name: key.1.clone(), found })
    };
    keys.into_iter().filter_map(compare).collect()
}

/// Whether the text means the same, whatever white space, comments and needless quotes are in it: a rename there and back leaves
/// quotes behind. A body between dollar signs may have other line ends, which no file of migrations keeps.
pub(crate) fn is_same_text(a: &str, b: &str, syntax: &Syntax) -> bool {
    let words = |text: &'_ str| -> Vec<String> {
        let tokens = tokens(text, syntax).filter(|token| token.kind != TokenKind::Comment);
        let word = |token: Token<'_>| match token.kind {
            TokenKind::QuotedName => token.text.trim_matches(['"', '`', '[', ']']).to_owned(),
            TokenKind::Text if token.text.starts_with('$') => token.text.replace("\r\n", "\n"),
            _ => token.text.to_owned(),
        };
        tokens.map(word).collect()
    };
    a == b || words(a) == words(b)
}

/// Whether something is called after a table, with or without a schema: `privileges on app.users`.
pub(crate) fn is_of(name: &str, table: &str) -> bool {
    let last = name.rsplit(" on ").next().unwrap_or_default();
    let last = last.strip_prefix("on ").unwrap_or(last);
    let last = last.rsplit('.').next().unwrap_or_default();
    last.trim_matches(['"', '`']) == table
}

/// The kind of a statement that changes what belongs to the server as a whole.
const SERVER_WIDE: &str = "statement";

/// Such a statement, which was not run. Its text is not kept: it may hold a password.
pub(super) fn server_wide(words: &str, place: &Place) -> Definition {
    let name = format!("{words} ({place})");
    Definition { kind: SERVER_WIDE.to_owned(), name, ..Definition::default() }
}

/// What is to be said of what differs: each thing that is asked for, and by their kinds those that nobody asks for.
pub(super) fn notes(differing: &[NotCompared], sides: SideNames) -> Vec<Note> {
    let SideNames { there, wanted, .. } = sides;
    let mut notes = Vec::new();
    let of = |thing: &NotCompared, problem| Note::NotCompared {
        names: vec![thing.name.clone()],
        problem,
    };
    let mut left: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for thing in differing {
        match thing.found {
            Found::Wanted if thing.kind == SERVER_WIDE => notes.push(of(thing, format!(
                "{} changes the whole server: drafts do not run it, and do not compare what it does", thing.name
            ))),
            Found::Wanted => notes.push(of(thing, format!(
                "{thing} is in {wanted} and not in {there}; it is not compared: write its statement by hand"
            ))),
            Found::Both => notes.push(of(thing, format!(
                "{thing} is another in {wanted} than in {there}; it is not compared: write its change by hand"
            ))),
            Found::There => left.entry(&thing.kind).or_default().push(&thing.name),
        }
    }
    notes.extend(left.into_iter().map(|(kind, names)| {
        let problem = format!(
            "in {there} and not in {wanted}, not compared, and left alone: {kind} {}",
            names.join(", ")
        );
        Note::NotCompared { names: names.into_iter().map(str::to_owned).collect(), problem }
    }));
    notes
}

impl NotCompared {
    /// What is to be said of it alone.
    pub(super) fn note(&self, sides: SideNames) -> Note {
        let SideNames { there, wanted, .. } = sides;
        let problem = format!(
            "the {self} is another in {wanted} than in {there}; it is not compared: write its change by hand"
        );
        Note::NotCompared { names: vec![self.name.clone()], problem }
    }
}

/// Takes out what a scratch place only shows because the database around it has it, whatever the scripts make.
pub(super) fn keep_made(schema: &mut Schema, scripts: &[&str], syntax: &Syntax) {
    let is_wide = schema.definitions.iter().any(|thing| thing.is_wide)
        || schema.objects.iter().any(|object| object.is_wide);
    if is_wide {
        let made = ScriptStatements::new(scripts, syntax);
        schema.definitions.retain(|thing| !thing.is_wide || made.make(&thing.kind, &thing.name));
        let (stays, goes): (Vec<_>, Vec<_>) = std::mem::take(&mut schema.objects)
            .into_iter()
            .partition(|object| !object.is_wide || made.make(&object.kind, &object.name));
        schema.objects = stays;
        // What is said of it is not the scripts' either.
        let goes: BTreeSet<Address> = goes.iter().map(SchemaObject::address).collect();
        let is_on_it =
            |object: &SchemaObject| object.belongs_to.as_ref().is_some_and(|of| goes.contains(of));
        schema.objects.retain(|object| !is_on_it(object));
        // Nor is what it needs.
        schema.dependencies.retain(|dependency| !goes.contains(&dependency.of));
    }
}

/// The statements of scripts, split once however often they are asked.
pub(crate) struct ScriptStatements<'t> {
    items: Vec<Item<'t>>,
    syntax: &'t Syntax,
}

impl<'t> ScriptStatements<'t> {
    pub(crate) fn new(scripts: &[&'t str], syntax: &'t Syntax) -> Self {
        let items = scripts.iter().filter_map(|script| split(script, syntax).ok()).flatten();
        Self { items: items.collect(), syntax }
    }

    /// Whether they make something of this kind and name, or may bring it along.
    pub(crate) fn make(&self, kind: &str, name: &str) -> bool {
        self.items.iter().any(|item| makes(item, kind, name, self.syntax))
    }
}

fn makes(item: &Item<'_>, kind: &str, name: &str, syntax: &Syntax) -> bool {
    let Item::Statement(statement) = item else { return false };
    let kind = kind.split(" for ").next().unwrap_or_default();
    let (kind, name) = match kind.split_once(' ') {
        // What a publication publishes is said where it is created, or altered.
        Some(("publication", _)) => {
            ("publication", name.rsplit_once(" of ").map_or(name, |(_, of)| of))
        }
        _ => (kind.strip_suffix(" state").unwrap_or(kind), name),
    };
    let is_said = ["comment", "privileges", "owner"].contains(&kind);
    if let Some((_, schema)) = name.rsplit_once("schema ").filter(|_| is_said) {
        let says = statement.words(syntax).next().is_some_and(|word| {
            ["COMMENT", "GRANT", "REVOKE", "ALTER"]
                .iter()
                .any(|verb| word.eq_ignore_ascii_case(verb))
        });
        let has_word = statement.words(syntax).any(|word| word.eq_ignore_ascii_case("SCHEMA"));
        return says && has_word && mentions(statement.text, schema.trim_matches('"'), syntax);
    }
    let words: Vec<&str> = match kind {
        "foreign server" => vec!["server"],
        _ => kind.split(' ').collect(),
    };
    // ALTER DEFAULT PRIVILEGES FOR ROLE ..., CREATE TRUSTED LANGUAGE ...
    let said: Vec<String> =
        statement.cursor(syntax).take(8).map(|token| token.text.to_lowercase()).collect();
    if !said.windows(words.len()).any(|window| window == words) {
        return false;
    }
    // CREATE SERVER, CREATE USER MAPPING FOR x SERVER y.
    let has_no_name = ["default privileges", "cast", "transform", "user mapping"].contains(&kind);
    let name = name.strip_prefix("of ").unwrap_or(name).trim_matches('"').replace("\"\"", "\"");
    let text = statement.text;
    has_no_name || mentions(text, &name, syntax) || mentions(text, "cascade", syntax)
}

/// The temporary tables that scripts make, which no catalogue of a place shows.
pub(super) fn temporary_tables(
    schema: &Schema,
    scripts: &[&str],
    syntax: &Syntax,
) -> Vec<Uncovered> {
    let items = scripts.iter().filter_map(|script| split(script, syntax).ok()).flatten();
    let name = |item: Item<'_>| {
        let Item::Statement(statement) = item else { return None };
        let mut cursor = statement.cursor(syntax);
        if !cursor.keyword("CREATE") {
            return None;
        }
        cursor.keywords(&["OR", "REPLACE"]);
        cursor.any_keyword(&["GLOBAL", "LOCAL"]);
        cursor.any_keyword(&["TEMPORARY", "TEMP"])?;
        let kind = cursor.any_keyword(&["TABLE", "VIEW"])?;
        cursor.keywords(&["IF", "NOT", "EXISTS"]);
        let name = cursor.qualified_name().pop()?;
        if schema.find_table(&Name::new(name.clone())).is_some() {
            return None;
        }
        let kind = format!("temporary {}", kind.to_lowercase());
        Some(Uncovered { kind, name, ..Uncovered::default() })
    };
    items.filter_map(name).collect()
}
