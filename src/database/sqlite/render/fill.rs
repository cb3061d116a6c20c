//! The values of existing rows in a new NOT NULL column.

use super::name::{self, name};
use crate::{
    database::sqlite::{inspect::listed, types},
    schema::{Column, IndexKey, Table},
};

/// An expression for a row of the old table, and what is to be said of it.
pub(super) fn placeholder(old: &Table, table: &Table, column: &Column) -> (String, String) {
    let review = |what: &str| format!("review: existing rows get {what} in {}", column.name);
    if let Some((of, other)) = reference(table, column) {
        let own = name(&other);
        let sql = format!("(SELECT min({own}) FROM {})", name::table(&of));
        return (sql, review(&format!("the smallest {of}.{other}")));
    }
    if is_distinct(table, column) {
        let order = if old.options.contains_key("without_rowid") {
            old.primary_key.iter().flat_map(|key| &key.columns).map(|c| name(c)).collect()
        } else {
            Vec::from([name::row_number(old)])
        };
        let number = format!("row_number() OVER (ORDER BY {})", order.join(", "));
        let is_blob = column.ty.text().eq_ignore_ascii_case("BLOB");
        let sql = if is_blob { format!("CAST({number} AS BLOB)") } else { number };
        return (sql, review("numbers, so that no two are the same,"));
    }
    let first = listed(table, &column.name).into_iter().next();
    let value = first.unwrap_or_else(|| types::placeholder(column.ty.text()).to_owned());
    let note = review(&value);
    (value, note)
}

/// The table and column that a column refers to.
fn reference(table: &Table, column: &Column) -> Option<(crate::schema::Name, String)> {
    table.foreign_keys.iter().find_map(|key| {
        let at = key.columns.iter().position(|name| *name == column.name)?;
        Some((key.references.clone(), key.referenced.get(at)?.clone()))
    })
}

/// Whether two rows may not have the same in the column.
fn is_distinct(table: &Table, column: &Column) -> bool {
    let has = |columns: &[String]| columns.contains(&column.name);
    let in_index = |index: &crate::schema::Index| {
        index.unique
            && index.parts.iter().any(|part| match &part.key {
                IndexKey::Column(name) => *name == column.name,
                IndexKey::Expression(expression) => expression.contains(&column.name),
            })
    };
    table.primary_key.as_ref().is_some_and(|key| has(&key.columns))
        || table.uniques.iter().any(|unique| has(&unique.columns))
        || table.indexes.iter().any(in_index)
}
