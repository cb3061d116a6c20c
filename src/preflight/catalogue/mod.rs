//! The catalogue as the pending statements find it, one after the other: what the database says of the objects that they name, and what
//! the statements before have created, renamed and dropped.
//!
//! It knows no statement: `lint/ddl/catalogue.rs` reads them, and each database says in its `preflight.sql` what it has.

mod follow;
mod keys;
mod limits;
mod others;
mod parts;

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::{
    database::{
        PreflightQueries, Row,
        preflight::{CatalogueObject, LIST},
    },
    lint::{CatalogueAct, CatalogueKind, CatalogueUse, CatalogueUses, SqlName},
    sql::{Syntax, names_in, names_in_strings},
};

/// A schema and a name in it, as the server calls them.
type ObjectKey = (String, String);

/// Why a statement would fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CatalogueTrouble {
    pub(super) text: String,
    pub(super) advice: String,
    /// A right is missing.
    pub(super) is_right: bool,
}

impl CatalogueTrouble {
    fn new(text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { text: text.into(), advice: advice.into(), is_right: false }
    }
}

/// What depends on an object.
#[derive(Debug, Clone)]
struct CatalogueBlocker {
    /// Of what it is in the way: `drop`, `retype`, `truncate`.
    act: String,
    /// The kind and the name of the part that it depends on; empty for the object itself.
    of: (String, String),
    text: String,
    kind: String,
    name: String,
    on: ObjectKey,
}

/// A column, a constraint, an index: what belongs to a table or type.
#[derive(Debug, Clone, Default)]
struct CataloguePart {
    kind: String,
    name: String,
    /// The type of a column, the kind of a constraint.
    word: String,
    /// What else the server says of it.
    detail: String,
    columns: Vec<String>,
    is_unique: bool,
}

/// A table, a type or another object.
#[derive(Debug, Clone, Default)]
struct KnownObject {
    word: String,
    detail: String,
    /// What the role may do with it, as words; nothing for an object that the run creates.
    rights: Option<String>,
    parts: Vec<CataloguePart>,
    blockers: Vec<CatalogueBlocker>,
    /// Its parts are not all known.
    is_partial: bool,
    /// It has constraints whose names the server chooses.
    has_unnamed: bool,
}

/// The objects that statements name.
pub(super) struct Catalogue {
    queries: &'static dyn PreflightQueries,
    home: String,
    /// Indexes have their names together with tables.
    indexes_are_relations: bool,
    relations: HashMap<ObjectKey, KnownObject>,
    /// The schemas in which a name without one is found, the first one first.
    places: HashMap<String, Vec<(u32, String)>>,
    /// Everything else, by its kind; several routines may have the same name.
    others: HashMap<(CatalogueKind, String), Vec<(String, KnownObject)>>,
    gone: HashSet<ObjectKey>,
    checks_keys: bool,
    /// What the role may do in the database; for one without such words, its character set.
    rights: String,
    /// A long unique key is one on a hash, and a long index one on the beginning.
    hashes_long_keys: bool,
    /// The names of tables differ in more than their case.
    ignores_case: bool,
    /// Names mean something else from here on.
    pub(super) is_lost: bool,
    /// Objects may have come or gone of which nothing is known.
    has_unknown: bool,
    /// What earlier statements have touched, by its last name in small letters.
    touched: HashSet<String>,
    /// The same of the statement at hand.
    touching: HashSet<String>,
    /// The columns, by table, whose defaults earlier statements have changed.
    new_defaults: HashSet<(String, String)>,
    syntax: &'static Syntax,
}

/// The kinds whose objects have names of their own, apart from those of tables.
const NAMED_ALONE: [CatalogueKind; 9] = [
    CatalogueKind::Type,
    CatalogueKind::Routine,
    CatalogueKind::Schema,
    CatalogueKind::Role,
    CatalogueKind::Extension,
    CatalogueKind::Tablespace,
    CatalogueKind::Publication,
    CatalogueKind::Event,
    CatalogueKind::Trigger,
];

/// How the queries call a kind.
fn asked_kind(kind: CatalogueKind) -> Option<&'static str> {
    match kind {
        CatalogueKind::Relation | CatalogueKind::Index => Some("relation"),
        _ => NAMED_ALONE.contains(&kind).then(|| part_word(kind)),
    }
}

fn known_kind(word: &str) -> Option<CatalogueKind> {
    NAMED_ALONE.into_iter().find(|kind| part_word(*kind) == word)
}

/// What the parts of objects are called by the queries, and to people.
fn part_word(kind: CatalogueKind) -> &'static str {
    match kind {
        CatalogueKind::Column => "column",
        CatalogueKind::Constraint => "constraint",
        CatalogueKind::Index => "index",
        CatalogueKind::Trigger => "trigger",
        CatalogueKind::Policy => "policy",
        CatalogueKind::Rule => "rule",
        CatalogueKind::Partition => "partition",
        CatalogueKind::EnumValue => "enum value",
        CatalogueKind::Relation => "table",
        CatalogueKind::Type => "type",
        CatalogueKind::Routine => "routine",
        CatalogueKind::Schema => "schema",
        CatalogueKind::Role => "role",
        CatalogueKind::Extension => "extension",
        CatalogueKind::Tablespace => "tablespace",
        CatalogueKind::Publication => "publication",
        CatalogueKind::Event => "event",
    }
}

/// The objects that the database is asked about.
pub(super) fn asked(
    statements: &[CatalogueUses],
    queries: &dyn PreflightQueries,
) -> Vec<CatalogueObject> {
    let mut all: Vec<CatalogueObject> = Vec::new();
    let mut push = |kind: Option<&'static str>, name: &SqlName| {
        let (Some(kind), false) = (kind, name.parts.is_empty() || name.parts.len() > 2) else {
            return;
        };
        let mut parts: Vec<String> = (0..name.parts.len())
            .map(|at| queries.folded(&part_text(name, at), &name.parts[at]))
            .collect();
        let Some(name) = parts.pop() else { return };
        let object = CatalogueObject { kind, schema: parts.pop(), name };
        if let Some(schema) = &object.schema {
            let schema = CatalogueObject { kind: "schema", schema: None, name: schema.clone() };
            if !all.contains(&schema) {
                all.push(schema);
            }
        }
        if !all.contains(&object) {
            all.push(object);
        }
    };
    for one in statements.iter().flat_map(|statement| &statement.all) {
        match (one.kind, &one.on) {
            (CatalogueKind::Type, _) if one.name.parts.is_empty() => {
                if let Some(name) = queries.type_name(&one.ty) {
                    push(Some("type"), &name_of(&name));
                }
            }
            (CatalogueKind::EnumValue, Some(ty)) => push(Some("type"), ty),
            (CatalogueKind::Constraint, Some(on)) if one.name.parts.len() == 1 => {
                push(Some("relation"), on);
                push(Some("relation"), &in_schema_of(&one.name, on));
            }
            (CatalogueKind::Index, Some(on)) => {
                push(Some("relation"), on);
                push(Some("relation"), &in_schema_of(&one.name, on));
            }
            (kind, on) => {
                push(asked_kind(kind), &one.name);
                if let Some(on) = on {
                    push(Some("relation"), on);
                }
            }
        }
        if let CatalogueAct::Renames(to) = &one.act {
            push(asked_kind(one.kind), &in_schema_of(to, &one.name));
        }
        if let CatalogueAct::MovesTo(schema) = &one.act {
            push(asked_kind(one.kind), &one.name.moved_to(schema));
        }
    }
    all
}

/// A name in the schema of a table.
fn in_schema_of(name: &SqlName, on: &SqlName) -> SqlName {
    let (1, Some(schema)) = (name.parts.len(), on.parts.len().checked_sub(2)) else {
        return name.clone();
    };
    let text = part_text(on, schema);
    name.moved_to(&SqlName { text, parts: vec![on.parts[schema].clone()] })
}

fn name_of(parts: &[String]) -> SqlName {
    // Quoted, since they are values already.
    let text: Vec<String> = parts.iter().map(|part| format!("\"{part}\"")).collect();
    SqlName { text: text.join("."), parts: parts.to_vec() }
}

/// One part of a name, as it is written; empty if that is not known.
fn part_text(name: &SqlName, at: usize) -> String {
    let texts: Vec<&str> = name.text.split('.').collect();
    match texts.len() == name.parts.len() {
        true => texts[at].to_owned(),
        // Dots in quotes.
        false if name.text.is_empty() => String::new(),
        false => format!("\"{}\"", name.parts[at]),
    }
}

impl Catalogue {
    /// From the rows that the database brings.
    pub(super) fn read(
        queries: &'static dyn PreflightQueries,
        syntax: &'static Syntax,
        rows: &[Row],
    ) -> Self {
        let mut catalogue = Self {
            queries,
            syntax,
            home: String::new(),
            indexes_are_relations: false,
            relations: HashMap::new(),
            places: HashMap::new(),
            others: HashMap::new(),
            gone: HashSet::new(),
            checks_keys: true,
            rights: String::new(),
            hashes_long_keys: false,
            ignores_case: false,
            is_lost: false,
            has_unknown: false,
            touched: HashSet::new(),
            touching: HashSet::new(),
            new_defaults: HashSet::new(),
        };
        for row in rows.iter().filter(|row| row.tag() == "place") {
            catalogue.home = row.text("schema").to_owned();
            catalogue.indexes_are_relations = row.text("word") == "schema-wide";
            row.text("is_unique").clone_into(&mut catalogue.rights);
            catalogue.hashes_long_keys = !row.text("on_schema").is_empty();
            catalogue.ignores_case = row.text("detail").ends_with(['1', '2']);
        }
        for row in rows.iter().filter(|row| row.tag() == "object") {
            catalogue.read_object(row);
        }
        for row in rows.iter().filter(|row| row.tag() == "part") {
            catalogue.read_part(row);
        }
        for row in rows.iter().filter(|row| row.tag() == "blocker") {
            catalogue.read_blocker(row);
        }
        catalogue
    }

    fn read_object(&mut self, row: &Row) {
        let object = KnownObject {
            word: row.text("word").to_owned(),
            detail: row.text("detail").to_owned(),
            rights: row
                .column("is_unique")
                .map(str::to_owned)
                .filter(|_| self.indexes_are_relations),
            ..KnownObject::default()
        };
        let (schema, name) = (row.text("schema").to_owned(), row.text("owner").to_owned());
        if let Some(kind) = known_kind(row.text("kind")) {
            let known = self.others.entry((kind, name)).or_default();
            if !known.iter().any(|(at, one)| {
                *at == schema && one.detail == object.detail && one.word == object.word
            }) {
                known.push((schema, object));
            }
            return;
        }
        if let Ok(place) = row.text("columns").parse() {
            let places = self.places.entry(name.clone()).or_default();
            if !places.iter().any(|(_, known)| *known == schema) {
                places.push((place, schema.clone()));
                places.sort();
            }
        }
        self.relations.insert((schema, name), object);
    }

    fn read_part(&mut self, row: &Row) {
        let part = CataloguePart {
            kind: row.text("kind").to_owned(),
            name: row.text("name").to_owned(),
            word: row.text("word").to_owned(),
            detail: row.text("detail").to_owned(),
            columns: row
                .text("columns")
                .split(LIST)
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
            is_unique: row.text("is_unique") == "1",
        };
        let key = (row.text("schema").to_owned(), row.text("owner").to_owned());
        if part.kind == "index" && self.indexes_are_relations {
            let index = self.relations.entry((key.0.clone(), part.name.clone())).or_default();
            "index".clone_into(&mut index.word);
            index.detail = format!("{}|{}", key.0, key.1);
        }
        if let Some(object) = self.relations.get_mut(&key).filter(|_| part.kind != "enum value") {
            object.parts.push(part);
        } else if let Some(types) = self.others.get_mut(&(CatalogueKind::Type, key.1)) {
            for (_, ty) in types.iter_mut().filter(|(schema, _)| *schema == key.0) {
                ty.parts.push(part.clone());
            }
        }
    }

    fn read_blocker(&mut self, row: &Row) {
        let kind = row.text("kind");
        let is_part = matches!(kind, "column" | "constraint" | "index");
        let blocker = CatalogueBlocker {
            act: row.text("word").to_owned(),
            of: match is_part {
                true => (kind.to_owned(), row.text("name").to_owned()),
                false => (String::new(), row.text("name").to_owned()),
            },
            text: row.text("detail").to_owned(),
            kind: row.text("columns").to_owned(),
            name: row.text("is_unique").to_owned(),
            on: (row.text("on_schema").to_owned(), row.text("on_name").to_owned()),
        };
        let key = (row.text("schema").to_owned(), row.text("owner").to_owned());
        if is_part || kind == "relation" {
            if let Some(object) = self.relations.get_mut(&key) {
                object.blockers.push(blocker);
            }
        } else if let Some(kind) = known_kind(kind) {
            let known = self.others.get_mut(&(kind, key.1)).into_iter().flatten();
            for (_, object) in known.filter(|(schema, object)| {
                *schema == key.0
                    && (kind != CatalogueKind::Routine || object.detail == blocker.of.1)
            }) {
                object.blockers.push(blocker.clone());
            }
        }
    }

    fn folded(&self, name: &SqlName, at: usize) -> String {
        let name = self.queries.folded(&part_text(name, at), &name.parts[at]);
        if self.ignores_case { name.to_lowercase() } else { name }
    }

    /// The last part of a name, as the server calls it.
    fn last(&self, name: &SqlName) -> String {
        match name.parts.len() {
            0 => String::new(),
            parts => self.folded(name, parts - 1),
        }
    }

    /// Where a table is that a statement names.
    fn key(&self, name: &SqlName) -> ObjectKey {
        let last = self.last(name);
        if let Some(at) = name.parts.len().checked_sub(2) {
            return (self.folded(name, at), last);
        }
        let here = (self.home.clone(), last.clone());
        if self.relations.contains_key(&here) {
            return here;
        }
        let places = self.places.get(&last).into_iter().flatten();
        let found = places.map(|(_, schema)| (schema.clone(), last.clone()));
        found.into_iter().find(|key| self.relations.contains_key(key)).unwrap_or(here)
    }

    /// Where a table is created.
    fn new_key(&self, name: &SqlName) -> ObjectKey {
        match name.parts.len().checked_sub(2) {
            Some(at) => (self.folded(name, at), self.last(name)),
            None => (self.home.clone(), self.last(name)),
        }
    }

    /// Whether what depends on an object has been dropped by now.
    fn is_gone(&self, blocker: &CatalogueBlocker) -> bool {
        if self.gone.contains(&blocker.on) {
            return true;
        }
        let Some(owner) = self.relations.get(&blocker.on) else { return false };
        match blocker.kind.as_str() {
            "relation" | "other" | "routine" | "type" => false,
            "default" => {
                self.new_defaults.contains(&(blocker.on.1.clone(), blocker.name.clone()))
                    || !has_part(owner, "column", &blocker.name)
            }
            kind => !has_part(owner, kind, &blocker.name) && !owner.is_partial,
        }
    }

    /// From here on, the statement at hand is an earlier one.
    pub(super) fn begin_statement(&mut self) {
        self.touched.extend(self.touching.drain());
    }

    /// Whether an earlier statement has touched something that a text names, or whose name begins with that: a sequence has the name of
    /// its table and column before its own.
    pub(super) fn is_touched(&self, text: &str) -> bool {
        let begins = |name: &str| {
            let ends = name.match_indices('_').map(|(end, _)| &name[..end]);
            ends.chain([name]).any(|name| self.touched.contains(name))
        };
        self.names_of(text).iter().any(|name| begins(name))
    }

    /// The names in a text and in its strings, in small letters.
    fn names_of(&self, text: &str) -> BTreeSet<String> {
        let mut names = names_in(text, self.syntax);
        names.append(&mut names_in_strings(text, self.syntax));
        names
    }

    /// Queries that fail if an expression of a statement would: over the rows of its table, or as the default of a column.
    pub(super) fn expressions(&self, statement: &CatalogueUses) -> Vec<String> {
        // The server does not know yet what the statement itself adds.
        let creates = |one: &&CatalogueUse| {
            matches!(one.act, CatalogueAct::Creates { .. } | CatalogueAct::Renames(_))
        };
        let new: Vec<String> = statement
            .all
            .iter()
            .filter(creates)
            .map(|one| one.name.last().to_lowercase())
            .collect();
        let is_new = |text: &str| self.names_of(text).iter().any(|name| new.contains(name));
        let is_known = |table: &SqlName, text: &str| {
            self.relations.contains_key(&self.key(table))
                && !self.is_touched(&table.text)
                && !self.is_touched(text)
                && !is_new(text)
        };
        let mut queries: Vec<String> = statement
            .expressions
            .iter()
            .filter(|(table, text)| is_known(table, text) && !is_new(&table.text))
            .map(|(table, text)| format!("SELECT ({text}) FROM {}", table.text))
            .collect();
        for (table, column, text) in
            statement.defaults.iter().filter(|(_, _, text)| !is_new(text) && !self.is_touched(text))
        {
            let added = statement.all.iter().find(|one| {
                one.kind == CatalogueKind::Column
                    && one.name.is_called(column)
                    && !one.ty.is_empty()
            });
            let known =
                self.relations.get(&self.key(table)).into_iter().flat_map(|table| &table.parts);
            let known = known
                .into_iter()
                .find(|part| part.kind == "column" && part.name.eq_ignore_ascii_case(column));
            let ty =
                added.map(|one| one.ty.clone()).or_else(|| known.map(|part| part.word.clone()));
            queries.extend(self.queries.default_trial(text, ty.as_deref().unwrap_or_default()));
        }
        queries
    }

    fn touch(&mut self, one: &CatalogueUse) {
        let names = [Some(&one.name), one.on.as_ref()].into_iter().flatten();
        // A constraint may have none.
        let names = names.map(|name| name.last().to_lowercase());
        self.touching.extend(names.filter(|name| !name.is_empty()));
    }
}

fn has_part(object: &KnownObject, kind: &str, name: &str) -> bool {
    object.parts.iter().any(|part| part.kind == kind && part.name == name)
}
