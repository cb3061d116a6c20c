//! The catalogue as a [`Schema`]. It keeps the text of each table, and that says all.

mod index;
mod reader;
mod table;

use super::Sqlite;
use crate::{
    database::{Row, Scope, section},
    error::Result,
    schema::{Name, Schema, Uncovered, Use},
    sql::{TokenKind, tokens},
};

pub(super) use self::reader::{fold, unquoted};

/// The queries.
const INSPECT: &str = include_str!("../inspect.sql");

pub(super) fn queries(_dialect: &Sqlite, _scope: &Scope) -> String {
    ["tables", "indexes", "others"].map(|name| section(INSPECT, name)).join(";\n")
}

pub(super) fn read(rows: &[Row], _scope: &Scope) -> Result<Schema> {
    let mut schema = Schema::new();
    for row in rows {
        let text = |at: usize| row.get(at).and_then(Option::as_deref).unwrap_or_default();
        match text(0) {
            "table" if text(5) == "table" => {
                schema.tables.push(table::read(text(1), text(2), text(3) == "1", text(4) == "1"));
            }
            // The tables that a virtual one keeps its content in are its own business.
            "table" if text(5) == "virtual" => schema.uncovered.push(Uncovered {
                kind: "virtual table".to_owned(),
                name: text(1).to_owned(),
                uses: Vec::new(),
                definition: Some(text(2).to_owned()),
            }),
            "index" => {
                let table = Name::new(text(1));
                let index = index::read(text(2), text(3));
                schema.tables.iter_mut().filter(|t| t.name == table).for_each(|t| {
                    t.indexes.push(index.clone());
                });
            }
            "other" => {
                let thing = other(&schema, [text(1), text(2), text(3), text(4)]);
                schema.uncovered.push(thing);
            }
            _ => {}
        }
    }
    refer_to_keys(&mut schema);
    Ok(schema)
}

/// A foreign key that names no columns refers to the primary key.
fn refer_to_keys(schema: &mut Schema) {
    let keys: Vec<(Name, Vec<String>)> = schema
        .tables
        .iter()
        .filter_map(|table| Some((table.name.clone(), table.primary_key.as_ref()?.columns.clone())))
        .collect();
    for key in schema.tables.iter_mut().flat_map(|table| &mut table.foreign_keys) {
        if key.referenced.is_empty()
            && let Some((_, columns)) = keys.iter().find(|(name, _)| *name == key.references)
        {
            key.referenced.clone_from(columns);
        }
    }
}

/// A view or trigger, with the tables and columns that it names.
fn other(schema: &Schema, [kind, name, on, sql]: [&str; 4]) -> Uncovered {
    let mut names: Vec<String> = tokens(sql, &super::SYNTAX)
        .filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::QuotedName))
        .map(|token| unquoted(token.text).to_lowercase())
        .collect();
    names.sort();
    names.dedup();
    let is_named = |name: &str| names.binary_search(&name.to_lowercase()).is_ok();
    let mut uses = Vec::new();
    for table in schema.tables.iter().filter(|t| t.name.name == on || is_named(&t.name.name)) {
        uses.push(Use { table: table.name.clone(), column: None });
        for column in table.columns.iter().filter(|column| is_named(&column.name)) {
            let column = Some(column.name.clone());
            uses.push(Use { table: table.name.clone(), column });
        }
    }
    Uncovered {
        kind: kind.to_owned(),
        name: name.to_owned(),
        uses,
        definition: Some(sql.to_owned()),
    }
}
