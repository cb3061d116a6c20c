//! The catalogue as a [`Schema`].
//!
//! The pragmas tell columns and foreign keys; all else is read from the text of CREATE TABLE and CREATE INDEX, which SQLite keeps
//! as it was written.

pub(super) mod expression;
mod index;
mod other;
mod table;

use std::collections::BTreeMap;

use super::Sqlite;
use crate::{
    database::{Dialect, Row, Scope, fill, section},
    error::Result,
    schema::{
        Column, DefaultValue, ForeignKey, Name, ReferentialAction, Schema, Table, Type, Uncovered,
    },
};

/// The queries.
const SQL: &str = include_str!("../inspect.sql");
const SECTIONS: [&str; 5] = ["tables", "columns", "foreign_keys", "indexes", "others"];

pub(super) fn queries(dialect: &Sqlite, scope: &Scope) -> String {
    let schema = scope.default_schema.as_deref().unwrap_or("main");
    let (quoted, literal) = (dialect.quote(schema), dialect.literal(schema));
    let values = [("schema", quoted.as_str()), ("literal", literal.as_str())];
    SECTIONS.map(|name| fill(section(SQL, name), &values)).join("\n")
}

/// The values of a row behind its tag.
#[derive(Clone, Copy)]
struct Values<'r>(&'r [Option<String>]);

impl<'r> Values<'r> {
    fn get(self, at: usize) -> Option<&'r str> {
        self.0.get(at)?.as_deref()
    }

    fn text(self, at: usize) -> &'r str {
        self.get(at).unwrap_or_default()
    }
}

/// A table, and the text that made it.
struct Reading<'r> {
    table: Table,
    sql: &'r str,
}

pub(super) fn read(rows: &[Row], _scope: &Scope) -> Result<Schema> {
    let of = |tag: &'static str| {
        rows.iter()
            .filter(move |row| row.first().and_then(Option::as_deref) == Some(tag))
            .map(|row| Values(&row[1..]))
    };
    let mut schema = Schema::new();
    let mut tables: BTreeMap<&str, Reading<'_>> = BTreeMap::new();
    for row in of("table") {
        match row.text(4) {
            "table" => drop(tables.insert(row.text(0), reading(row))),
            _ => schema.uncovered.push(virtual_table(row)),
        }
    }
    for row in of("column") {
        if let Some(reading) = tables.get_mut(row.text(0)) {
            reading.table.columns.push(column(row));
        }
    }
    let keys: Vec<Values<'_>> = of("foreign_key").collect();
    for (name, reading) in &mut tables {
        let texts = table::read(reading.sql, &mut reading.table);
        let own = keys.iter().copied().filter(|row| row.text(0) == *name);
        reading.table.foreign_keys = foreign_keys(&own.collect::<Vec<_>>(), texts);
    }
    for row in of("index") {
        if let Some(Reading { table, .. }) = tables.get_mut(row.text(0)) {
            let index = index::read(row.text(1), row.text(2), table);
            table.indexes.push(index);
        }
    }
    schema.tables = tables.into_values().map(|reading| reading.table).collect();
    resolve(&mut schema.tables);
    schema.uncovered.extend(of("other").map(|row| other::read(row, &schema.tables)));
    Ok(schema)
}

fn reading(row: Values<'_>) -> Reading<'_> {
    let mut table = Table::new(row.text(0));
    for (name, at) in [("strict", 2), ("without_rowid", 3)] {
        if row.text(at) == "1" {
            table = table.option(name, "true");
        }
    }
    Reading { table, sql: row.text(1) }
}

/// One of a module's own, or a table in which such a one keeps what it has.
fn virtual_table(row: Values<'_>) -> Uncovered {
    Uncovered {
        kind: "virtual table".to_owned(),
        name: row.text(0).to_owned(),
        uses: Vec::new(),
        definition: row.get(1).map(str::to_owned),
    }
}

fn column(row: Values<'_>) -> Column {
    let ty = Type::sql(expression::declared_type(row.text(2)));
    let mut column = Column::new(row.text(1), ty).nullable(row.text(3) == "0");
    column.default = row.get(4).map(|text| DefaultValue::Sql(expression::default(text)));
    column
}

/// The foreign keys of a table, in the order of its text.
fn foreign_keys(rows: &[Values<'_>], texts: Vec<table::KeyText>) -> Vec<ForeignKey> {
    let keys = rows.chunk_by(|a, b| a.text(1) == b.text(1)).map(|rows| {
        let columns: Vec<&str> = rows.iter().map(|row| row.text(3)).collect();
        let referenced: Vec<&str> = rows.iter().filter_map(|row| row.get(4)).collect();
        ForeignKey::new(columns, rows[0].text(2), referenced)
            .on_update(action(rows[0].text(5)))
            .on_delete(action(rows[0].text(6)))
    });
    let mut texts = texts.into_iter();
    keys.map(|mut key| {
        let text = texts.next().unwrap_or_default();
        key.name = text.name;
        key.matching(text.matching).deferral(text.deferral)
    })
    .collect()
}

fn action(words: &str) -> ReferentialAction {
    match words {
        "RESTRICT" => ReferentialAction::Restrict,
        "CASCADE" => ReferentialAction::Cascade,
        "SET NULL" => ReferentialAction::SetNull,
        "SET DEFAULT" => ReferentialAction::SetDefault,
        _ => ReferentialAction::NoAction,
    }
}

/// Names what foreign keys refer to as it is spelt there. One that names no column means the primary key.
fn resolve(tables: &mut [Table]) {
    let known: Vec<(Name, Vec<String>, Vec<String>)> = tables
        .iter()
        .map(|table| {
            let key = table.primary_key.as_ref().map(|key| key.columns.clone());
            let columns = table.columns.iter().map(|column| column.name.clone());
            (table.name.clone(), columns.collect(), key.unwrap_or_default())
        })
        .collect();
    let by_name: BTreeMap<String, usize> = known
        .iter()
        .enumerate()
        .map(|(at, (name, ..))| (name.name.to_ascii_lowercase(), at))
        .collect();
    for key in tables.iter_mut().flat_map(|table| &mut table.foreign_keys) {
        let Some(at) = by_name.get(&key.references.name.to_ascii_lowercase()) else { continue };
        let (name, columns, primary) = &known[*at];
        key.references.clone_from(name);
        if key.referenced.is_empty() {
            key.referenced.clone_from(primary);
        }
        for referenced in &mut key.referenced {
            if let Some(own) = columns.iter().find(|own| own.eq_ignore_ascii_case(referenced)) {
                referenced.clone_from(own);
            }
        }
    }
}
