//! What is only seen: views and triggers.

use std::collections::BTreeSet;

use super::{
    Values,
    expression::{bare, code},
};
use crate::{
    schema::{Table, Uncovered, Use},
    sql::TokenKind,
};

pub(super) fn read(row: Values<'_>, tables: &[Table]) -> Uncovered {
    let (kind, own, definition) = (row.text(0), row.text(2), row.get(3));
    let names: BTreeSet<String> = code(definition.unwrap_or_default())
        .iter()
        .filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::QuotedName))
        .map(|token| bare(token).to_ascii_lowercase())
        .collect();
    let has = |name: &str| names.contains(&name.to_ascii_lowercase());
    let mut uses = Vec::new();
    for table in tables.iter().filter(|table| table.name.name == own || has(&table.name.name)) {
        uses.push(Use { table: table.name.clone(), column: None });
        // One of the same name in another table counts, too.
        let used = table.columns.iter().filter(|column| has(&column.name));
        uses.extend(used.map(|c| Use { table: table.name.clone(), column: Some(c.name.clone()) }));
    }
    Uncovered {
        kind: kind.to_owned(),
        name: row.text(1).to_owned(),
        uses,
        definition: definition.map(str::to_owned),
    }
}
