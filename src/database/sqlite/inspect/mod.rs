//! The catalogue as a [`Schema`].

mod column;
mod index;
mod key;
mod table;
pub(super) mod text;

use std::collections::{BTreeMap, HashMap};

use super::{Sqlite, objects, render::unsupported};
use crate::{
    database::{Dialect, Row, Scope, SqlFile, drafting::define, fill, section},
    error::{Error, Result},
    schema::{ForeignKey, Schema, Table},
};

/// The queries.
const SQL: SqlFile = SqlFile::of(include_str!("../inspect.sql"));

const QUERIES: [&str; 3] =
    [section!(SQL, "server"), section!(SQL, "kinds"), section!(SQL, "objects")];

/// What drafts do not compare.
const DEFINITIONS: &str = include_str!("../definitions.sql");

pub(super) fn queries(dialect: &Sqlite, scope: &Scope) -> String {
    let schema = scope.default_schema.as_deref().unwrap_or("main");
    let values = [("schema", dialect.literal(schema)), ("quoted", dialect.quote(schema))];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    let queries = QUERIES.map(|query| fill(query, &values));
    format!("{}\n{}", queries.join("\n"), fill(DEFINITIONS, &values))
}

/// A row, which is read column by column.
#[derive(Clone, Copy)]
pub(super) struct SchemaRow<'r>(&'r Row);

impl<'r> SchemaRow<'r> {
    pub(super) fn text(self, column: &str) -> &'r str {
        self.0.column(column).unwrap_or_default()
    }
}

pub(super) fn read(rows: &[Row], _scope: &Scope) -> Result<Schema> {
    let of = |tag: &'static str| rows.iter().filter(move |row| row.tag() == tag).map(SchemaRow);
    let mut schema = Schema::new();
    for row in of("server") {
        schema.server.insert("version".to_owned(), row.text("version").to_owned());
    }
    let kinds: HashMap<&str, SchemaRow<'_>> =
        of("kind").map(|row| (row.text("name"), row)).collect();
    let mut tables: BTreeMap<&str, Table> = BTreeMap::new();
    for row in of("object").filter(|row| row.text("type") == "table") {
        let kind = kinds.get(row.text("name")).map_or("table", |kind| kind.text("type"));
        if kind == "table" {
            let columns = kinds.get(row.text("name")).map_or("", |kind| kind.text("column_count"));
            tables.insert(row.text("name"), read_table(row, columns)?);
        }
    }
    for row in of("object").filter(|row| row.text("type") == "index") {
        if let Some(table) = tables.get_mut(row.text("tbl_name")) {
            let index = index::read(row.text("sql"), table);
            table.indexes.push(index.ok_or_else(|| unreadable("index", row))?);
        }
    }
    schema.tables = tables.into_values().collect();
    resolve_references(&mut schema.tables);
    let objects = of("object").filter_map(|row| {
        let kind =
            match (row.text("type"), kinds.get(row.text("name")).map(|kind| kind.text("type"))) {
                (word @ ("view" | "trigger"), _) => word,
                // A module makes the tables of its own, its shadows, again.
                ("table", Some("virtual")) => "virtual table",
                _ => return None,
            };
        Some((kind, row))
    });
    objects::read(objects, &mut schema);
    rows.iter().for_each(|row| define(row, &mut schema));
    Ok(schema)
}

fn read_table(row: SchemaRow<'_>, columns: &str) -> Result<Table> {
    let table =
        table::read(row.text("name"), row.text("sql")).ok_or_else(|| unreadable("table", row))?;
    // Better none than a wrong one.
    if !columns.is_empty() && columns != table.columns.len().to_string() {
        return Err(unreadable("table", row));
    }
    Ok(table)
}

fn unreadable(kind: &str, row: SchemaRow<'_>) -> Error {
    unsupported(format!(
        "the {kind} {} cannot be read: {}; leave it out with a filter that names it, and please report it",
        row.text("name"),
        row.text("sql")
    ))
}

/// Whether an expression mentions a column.
pub(super) fn mentions(expression: &str, column: &str) -> bool {
    let names = text::pieces(expression);
    names.iter().filter_map(text::name_of).any(|name| name.eq_ignore_ascii_case(column))
}

/// The values that a check lists for a column, as they are written: `column IN ('a', 'b')`.
pub(super) fn listed(table: &Table, column: &str) -> Vec<String> {
    let values = table.checks.iter().find_map(|check| {
        let pieces = text::pieces(&check.expression);
        let mut reader = text::SqlReader::new(&pieces);
        let is_own = reader.name().is_some_and(|name| name.eq_ignore_ascii_case(column));
        let group = (is_own && reader.word("IN")).then(|| reader.group()).flatten()?;
        let values: Vec<String> = text::parts(group)
            .iter()
            .filter_map(|part| Some(part.first()?.text.to_owned()))
            .collect();
        reader.is_at_end().then_some(values)
    });
    values.unwrap_or_default()
}

/// A foreign key without columns means the primary key, and a name in other letters means the existing table.
fn resolve_references(tables: &mut [Table]) {
    let lower = |name: &str| name.to_ascii_lowercase();
    let known: HashMap<String, Table> =
        tables.iter().map(|table| (lower(&table.name.name), table.clone())).collect();
    let keys = tables.iter_mut().flat_map(|table| &mut table.foreign_keys);
    for key in keys {
        if let Some(table) = known.get(&lower(&key.references.name)) {
            resolve(key, table);
        }
    }
}

fn resolve(key: &mut ForeignKey, table: &Table) {
    key.references.clone_from(&table.name);
    if key.referenced.is_empty() {
        let columns = table.primary_key.as_ref().map(|primary| &primary.columns);
        if let Some(columns) = columns.filter(|columns| columns.len() == key.columns.len()) {
            key.referenced.clone_from(columns);
        }
    }
    for name in &mut key.referenced {
        let column = table.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name));
        if let Some(column) = column {
            name.clone_from(&column.name);
        }
    }
}
