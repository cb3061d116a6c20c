//! Objects beside tables, one kind in a file each.
//!
//! A kind is a query for what its objects are, and what makes a statement of each row. To add one, write its file and put it into
//! [`KINDS`]; all else is written once for every kind.

mod event;
mod routine;
mod sequence;
mod trigger;
mod view;

pub(super) use self::sequence::loses as numbers_lost;
use super::{
    SYNTAX,
    inspect::{ServerInfo, ServerRow},
    render::name::{backticks, literal},
};
use crate::{
    database::{
        Row,
        mentioned::{Mention, NameForm, add_mentioned},
    },
    schema::{Address, DefaultValue, Definition, Dependency, Schema, SchemaObject, Uncovered},
    sql::tokens,
};

/// A kind, or a few that one query tells of.
struct Kind {
    query: &'static str,
    /// Puts what the rows of the query tell into what was found.
    read: fn(&Catalog<'_>, &mut Found),
}

const KINDS: [Kind; 5] = [view::KIND, trigger::KIND, routine::KIND, event::KIND, sequence::KIND];

/// The queries, of which there is a fixed number.
pub(super) fn queries() -> String {
    KINDS.iter().map(|kind| kind.query).collect::<Vec<_>>().join("\n")
}

/// What an object runs. MySQL keeps the semicolon behind it, which ended the statement that created it.
fn body(row: ServerRow<'_>) -> &str {
    let text = row.text("body").trim_end();
    text.strip_suffix(';').map_or(text, str::trim_end)
}

/// What the server has told.
struct Catalog<'r> {
    rows: &'r [Row],
    server: &'r ServerInfo,
}

impl<'r> Catalog<'r> {
    fn of(&self, tag: &'static str) -> impl Iterator<Item = ServerRow<'r>> + use<'r> {
        ServerRow::of(self.rows, tag)
    }

    /// Who runs it, if that is not whoever creates it: with a space behind.
    fn definer(&self, definer: &str) -> String {
        if definer == self.server.user || definer.is_empty() {
            return String::new();
        }
        match definer.rsplit_once('@') {
            Some((user, host)) => format!("DEFINER = {}@{} ", backticks(user), backticks(host)),
            None => format!("DEFINER = {} ", backticks(definer)),
        }
    }

    /// A statement that creates something, with the settings around it that it was created with, where a session has others.
    fn with_settings(&self, create: String, settings: &Settings<'_>) -> String {
        let (mut before, mut behind) = (Vec::new(), Vec::new());
        let modes = |text: &str| -> Vec<String> {
            let mut all: Vec<String> = text.split(',').map(str::to_owned).collect();
            all.sort();
            all
        };
        if settings.mode.is_some_and(|mode| modes(mode) != modes(&self.server.sql_mode)) {
            let mode = literal(settings.mode.unwrap_or_default());
            before.push(format!("SET SESSION sql_mode = {mode}"));
            behind.push("SET SESSION sql_mode = DEFAULT".to_owned());
        }
        if settings.time_zone.is_some_and(|zone| zone != self.server.time_zone) {
            let zone = literal(settings.time_zone.unwrap_or_default());
            before.push(format!("SET SESSION time_zone = {zone}"));
            behind.push("SET SESSION time_zone = DEFAULT".to_owned());
        }
        // What is sent is Unicode, which letters beyond ASCII need.
        if !settings.charset.starts_with("utf8")
            && !settings.charset.is_empty()
            && create.is_ascii()
        {
            let (charset, collation) = (literal(settings.charset), literal(settings.collation));
            before.push(format!(
                "SET @ambix_client = @@character_set_client, @ambix_connection = @@collation_connection, \
                 SESSION character_set_client = {charset}, SESSION collation_connection = {collation}"
            ));
            behind.push(
                "SET SESSION character_set_client = @ambix_client, SESSION collation_connection = @ambix_connection"
                    .to_owned(),
            );
        }
        before.push(create);
        before.extend(behind);
        before.join(";\n")
    }
}

/// The settings of a session that a stored program keeps.
#[derive(Default)]
struct Settings<'t> {
    mode: Option<&'t str>,
    charset: &'t str,
    collation: &'t str,
    time_zone: Option<&'t str>,
}

/// What was found.
#[derive(Default)]
struct Found {
    objects: Vec<SchemaObject>,
    dependencies: Vec<Dependency>,
    /// What cannot be written, by its kind and name.
    hidden: Vec<(String, String)>,
}

impl Found {
    /// Its text is not for this user, or in another language.
    fn hidden(&mut self, kind: &str, name: &str) {
        self.hidden.push((kind.to_owned(), name.to_owned()));
    }
}

/// Puts the objects into a schema, and who needs whom.
pub(super) fn read(rows: &[Row], server: &ServerInfo, schema: &mut Schema) {
    let catalog = Catalog { rows, server };
    let mut found = Found::default();
    for kind in KINDS {
        (kind.read)(&catalog, &mut found);
    }
    let Found { objects, dependencies, hidden } = found;
    let is_on_table = |object: &SchemaObject| {
        object
            .belongs_to
            .as_ref()
            .and_then(Address::table)
            .is_none_or(|t| schema.find_table(t).is_some())
    };
    let (objects, lost): (Vec<_>, Vec<_>) = objects.into_iter().partition(is_on_table);
    schema.objects = objects;
    schema.dependencies = dependencies;
    // What it is on is not compared, and so it is not either.
    let lost = lost.into_iter().map(|object| (object.kind, object.name, Some(object.definition)));
    let hidden = hidden.into_iter().map(|(kind, name)| (kind, name, None));
    for (kind, name, text) in lost.chain(hidden) {
        schema.uncovered.push(Uncovered {
            kind: kind.clone(),
            name: name.clone(),
            definition: text.clone(),
            ..Uncovered::default()
        });
        let text = text.unwrap_or_default();
        schema.definitions.push(Definition { kind, name, text, ..Definition::default() });
    }
    defaults(schema);
    // A view needs what it names; a body is read when it runs.
    add_mentioned(schema, (&SYNTAX, NameForm::Bare), |object| match object.kind.as_str() {
        "view" | "trigger" => Some(Mention::Needs),
        "sequence" => None,
        _ => Some(Mention::Ordered),
    });
}

/// Defaults that take their numbers from a sequence.
fn defaults(schema: &mut Schema) {
    let sequences = schema.objects.iter().filter(|object| object.kind == "sequence");
    let sequences: Vec<&SchemaObject> = sequences.collect();
    let mut found = Vec::new();
    for table in schema.tables.iter().filter(|_| !sequences.is_empty()) {
        for column in &table.columns {
            let Some(DefaultValue::Sql(text)) = &column.default else { continue };
            let says = |name: &str| {
                tokens(text, &SYNTAX).any(|token| crate::sql::name_value(&token) == name)
            };
            let used = sequences.iter().filter(|sequence| says(&sequence.name));
            found.extend(used.map(|sequence| Dependency {
                of: Address::Default(table.name.clone(), column.name.clone()),
                on: sequence.address(),
                is_auto: false,
                is_soft: false,
            }));
        }
    }
    schema.dependencies.extend(found);
}
