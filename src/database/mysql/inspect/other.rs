//! What is only seen: views, triggers, routines, events.

use super::CatalogRow;
use crate::{
    database::mysql::{SYNTAX, render::name},
    schema::{Name, Table, Uncovered, Use},
    sql::{TokenKind, tokens},
};

pub(super) fn read(row: CatalogRow<'_>, tables: &[Table]) -> Uncovered {
    let (kind, definition) = (row.text(0), row.get(3));
    let uses = match (kind, definition) {
        ("view", Some(text)) => of_view(text, tables),
        ("trigger", Some(text)) => of_trigger(row.text(2), text, tables),
        // A body is only read when it runs, so that nothing stands in the way of a change.
        _ => Vec::new(),
    };
    Uncovered {
        kind: kind.to_owned(),
        name: row.text(1).to_owned(),
        on: (kind == "trigger").then(|| Name::new(row.text(2))),
        uses,
        definition: definition.map(str::to_owned),
    }
}

/// The servers write all names of a view in backticks. A column of the same name in another table counts, too.
fn of_view(text: &str, tables: &[Table]) -> Vec<Use> {
    let has = |name: &str| text.contains(&name::backticks(name));
    uses(tables.iter().filter(|table| has(&table.name.name)), &has)
}

/// The text of a trigger is as it was written.
fn of_trigger(table: &str, text: &str, tables: &[Table]) -> Vec<Use> {
    let words: Vec<String> = tokens(text, &SYNTAX)
        .filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::QuotedName))
        .map(|token| token.text.trim_matches('`').to_ascii_lowercase())
        .collect();
    let has = |name: &str| words.contains(&name.to_ascii_lowercase());
    uses(tables.iter().filter(|known| known.name.name == table || has(&known.name.name)), &has)
}

fn uses<'t>(tables: impl Iterator<Item = &'t Table>, has: &dyn Fn(&str) -> bool) -> Vec<Use> {
    let mut all = Vec::new();
    for table in tables {
        let name = Name::new(table.name.name.clone());
        all.push(Use { table: name.clone(), column: None });
        let used = table.columns.iter().filter(|column| has(&column.name));
        all.extend(
            used.map(|column| Use { table: name.clone(), column: Some(column.name.clone()) }),
        );
    }
    all
}
