//! Tables and columns as they are created.

use super::{
    key,
    name::{self, name},
    unsupported,
};
use crate::{
    database::{drafting, sqlite::types},
    error::{Error, Result},
    schema::{Check, Column, Identity, Options, SequenceOptions, Table, Type},
};

/// Something that cannot be had here.
pub(super) fn refused(table: &Table, part: &str, why: &str) -> Error {
    unsupported(format!("{}.{part}: sqlite {why}; nothing was written", table.name))
}

/// Whether an option is switched on.
pub(in super::super) fn has(options: &Options, option: &str) -> bool {
    options.get(option).is_some_and(|value| !["false", "off", "no", "0"].contains(&value.as_str()))
}

/// The word for a column's type.
fn column_type(table: &Table, column: &Column) -> Result<String> {
    types::word(&column.ty, has(&table.options, "strict")).ok_or_else(|| {
        let what = drafting::describe(&column.ty);
        let why = format!("has no type for {what}: give it one of its own, as a type in SQL");
        refused(table, &column.name, &why)
    })
}

/// Whether the column is the row's number: `INTEGER PRIMARY KEY`.
pub(super) fn is_row_number(table: &Table, column: &Column) -> bool {
    let Some(key) = &table.primary_key else { return false };
    key.columns.len() == 1
        && key.columns[0] == column.name
        && types::word(&column.ty, false).is_some_and(|word| word == "INTEGER")
        && !has(&table.options, "without_rowid")
        && !key.options.contains_key("descending")
}

/// A table without its indexes, under this name.
pub(super) fn create_table(table: &Table, called: &str) -> Result<String> {
    if let Some(schema) = &table.name.schema {
        return Err(unsupported(format!(
            "{}: sqlite has no schemas beside the database itself: leave {schema} out; nothing was written",
            table.name
        )));
    }
    if let Some(exclusion) = table.exclusions.first() {
        let part = exclusion.name.as_deref().unwrap_or_default();
        return Err(refused(table, part, "has no exclusion constraints"));
    }
    let mut lines = Vec::new();
    for column in &table.columns {
        lines.push(definition(table, column)?);
    }
    if let Some(key) = table.primary_key.as_ref().filter(|key| !key::is_inline(key)) {
        lines.push(key::primary_key(table, key)?);
    }
    for unique in &table.uniques {
        lines.push(key::unique(table, unique)?);
    }
    for key in &table.foreign_keys {
        lines.push(key::foreign_key(table, key)?);
    }
    for check in table.checks.iter().filter(|check| !is_at_column(table, check)) {
        lines.push(key::check(table, check)?);
    }
    let strict = has(&table.options, "strict").then_some("STRICT");
    let without = has(&table.options, "without_rowid").then_some("WITHOUT ROWID");
    let options: Vec<&str> = strict.into_iter().chain(without).collect();
    let end = if options.is_empty() { String::new() } else { format!(" {}", options.join(", ")) };
    Ok(format!("CREATE TABLE {} (\n    {}\n){end}", name(called), lines.join(",\n    ")))
}

/// A check that is written at a column.
fn is_at_column(table: &Table, check: &Check) -> bool {
    check.column.as_ref().is_some_and(|column| table.find_column(column).is_some())
}

/// A column with the constraints that are written at it.
pub(super) fn definition(table: &Table, column: &Column) -> Result<String> {
    if let Some(identity) = &column.identity {
        check_identity(table, column, identity)?;
    }
    let mut parts = vec![name(&column.name)];
    parts.extend(Some(column_type(table, column)?).filter(|word| !word.is_empty()));
    let key = table.primary_key.as_ref().filter(|key| key::is_inline(key));
    if let Some(key) = key.filter(|key| key.columns[0] == column.name) {
        parts.push(key::primary_key(table, key)?);
    }
    let says_so = has(&column.options, "not_null");
    if !column.nullable && (says_so || !is_row_number(table, column)) {
        parts.push("NOT NULL".to_owned());
        parts.extend(key::on_conflict(column.options.get("not_null_conflict")));
    }
    if let Some(collation) = &column.collation {
        parts.push(format!("COLLATE {}", name(collation)));
    }
    if let Some(default) = &column.default {
        parts.push(format!("DEFAULT {}", name::default(default)));
    }
    if let Some(generated) = &column.generated {
        let kind = if generated.stored { "STORED" } else { "VIRTUAL" };
        parts.push(format!("GENERATED ALWAYS AS ({}) {kind}", generated.expression));
    }
    for check in table.checks.iter().filter(|check| check.column.as_ref() == Some(&column.name)) {
        parts.push(key::check(table, check)?);
    }
    if let Type::Enum(values) = &column.ty {
        let named = format!("{}_{}_check", table.name.name, column.name);
        let values: Vec<String> = values.values.iter().map(|value| name::literal(value)).collect();
        let is_one = format!("{} IN ({})", name(&column.name), values.join(", "));
        parts.push(format!("CONSTRAINT {} CHECK ({is_one})", name(&named)));
    }
    Ok(parts.join(" "))
}

/// The one column that SQLite numbers is the row's own number, and it counts from 1.
fn check_identity(table: &Table, column: &Column, identity: &Identity) -> Result<()> {
    if !is_row_number(table, column) {
        let why = "numbers only a primary key that is one whole number, in a table that is not WITHOUT ROWID";
        return Err(refused(table, &column.name, why));
    }
    let plain =
        SequenceOptions { data_type: identity.sequence.data_type.clone(), ..Default::default() };
    if identity.sequence != plain {
        return Err(refused(table, &column.name, "counts from 1, one by one: leave the rest out"));
    }
    Ok(())
}
