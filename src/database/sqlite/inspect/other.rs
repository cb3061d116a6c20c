//! What is seen and not compared: views, triggers and virtual tables.

use super::{
    CatalogRow,
    text::{name_of, pieces},
};
use crate::{
    schema::{Name, Table, Uncovered, Use},
    sql::Token,
};

pub(super) fn read(kind: &str, row: CatalogRow<'_>, tables: &[Table]) -> Uncovered {
    let sql = row.text(3);
    let uses = if kind == "virtual table" { Vec::new() } else { uses(sql, tables) };
    Uncovered {
        kind: kind.to_owned(),
        name: row.text(1).to_owned(),
        on: (kind == "trigger").then(|| Name::new(row.text(2))),
        uses,
        definition: Some(sql.trim_end_matches([';', ' ', '\n']).to_owned()),
    }
}

/// The tables that a text names, and the columns of them. A word that is a column's name and means something else is taken for
/// it, which costs a warning without need.
fn uses(sql: &str, tables: &[Table]) -> Vec<Use> {
    let pieces = pieces(sql);
    let says = |name: &str| {
        let is_name = |token: &Token<'_>| {
            name_of(token).is_some_and(|value| value.eq_ignore_ascii_case(name))
        };
        pieces.iter().any(is_name)
    };
    let mut uses = Vec::new();
    for table in tables.iter().filter(|table| says(&table.name.name)) {
        let used = |column| Use { table: table.name.clone(), column };
        uses.push(used(None));
        let columns = table.columns.iter().filter(|column| says(&column.name));
        uses.extend(columns.map(|column| used(Some(column.name.clone()))));
    }
    uses
}
