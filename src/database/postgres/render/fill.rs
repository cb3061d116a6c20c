//! A column that is NOT NULL, for existing rows: added, filled, and only then NOT NULL.

use super::{Writer, name::name, table_name};
use crate::{
    database::postgres::types::{self, placeholder},
    schema::{Column, IndexKey, Name, Table},
};

impl Writer<'_> {
    pub(super) fn add_filled(&mut self, table: &Name, column: &Column, fill: Option<&str>) {
        let (of_table, of) = (table_name(table), name(&column.name));
        let nullable = Column { nullable: true, ..column.clone() };
        let text = self.column(table, &nullable);
        let update = match fill {
            Some(fill) => Some(format!("UPDATE {of_table} SET {of} = {fill}")),
            None => self.placeholder(table, column),
        };
        let Some(update) = update else {
            self.note(
                "review: fails where the table has rows, and this type has no value that is as good as any other; give one a default",
            );
            let text = self.column(table, column);
            self.alter(table, &format!("ADD COLUMN {text}"));
            return;
        };
        self.alter(table, &format!("ADD COLUMN {text}"));
        if fill.is_none() {
            self.note("review: a placeholder for existing rows; write what they should have");
        }
        self.push(update);
        if !column.nullable {
            self.alter(table, &format!("ALTER COLUMN {of} SET NOT NULL"));
        }
    }

    /// Gives existing rows some value that no constraint forbids.
    fn placeholder(&self, table: &Name, column: &Column) -> Option<String> {
        let (of_table, of) = (table_name(table), name(&column.name));
        let set = |value: &str| format!("UPDATE {of_table} SET {of} = {value}");
        let wanted = self.work.to.find_table(table);
        if let Some(value) = wanted.and_then(|wanted| referenced(wanted, column)) {
            return Some(set(&value));
        }
        if wanted.is_some_and(|wanted| is_unique(wanted, &column.name)) {
            let value = types::numbered(&column.ty, "n.number");
            return Some(format!(
                "UPDATE {of_table} SET {of} = {value}\nFROM (SELECT ctid, row_number() OVER () AS number FROM {of_table}) n\n\
                 WHERE {of_table}.ctid = n.ctid"
            ));
        }
        let values = self.state.enums.iter().find(|e| table_name(&e.name) == column.ty.text());
        placeholder(&column.ty, values.map(|e| e.values.as_slice())).map(|value| set(&value))
    }
}

/// Some key that a foreign key may have.
fn referenced(table: &Table, column: &Column) -> Option<String> {
    let key = table.foreign_keys.iter().find(|key| key.columns.contains(&column.name))?;
    let at = key.columns.iter().position(|name| *name == column.name)?;
    let other = name(key.referenced.get(at)?);
    let of = table_name(&key.references);
    Some(format!("(SELECT {other} FROM {of} WHERE {other} IS NOT NULL ORDER BY 1 LIMIT 1)"))
}

/// Whether two rows may not have the same value.
fn is_unique(table: &Table, column: &str) -> bool {
    let has = |columns: &[String]| columns.iter().any(|name| name == column);
    let in_index = |index: &crate::schema::Index| {
        index.parts.iter().any(|part| match &part.key {
            IndexKey::Column(name) => name == column,
            IndexKey::Expression(expression) => expression.contains(column),
        })
    };
    table.primary_key.as_ref().is_some_and(|key| has(&key.columns))
        || table.uniques.iter().any(|unique| has(&unique.columns))
        || table.indexes.iter().filter(|index| index.unique).any(in_index)
        || table.exclusions.iter().any(|exclusion| exclusion.definition.contains(column))
}
