//! What existing rows get in a column that is new, or that becomes NOT NULL.

use super::{Renderer, name};
use crate::{
    database::mysql::{SYNTAX, types},
    schema::{Column, DefaultValue, ForeignKey, Name, Table},
    sql::tokens,
};

/// Functions that MySQL calls unsafe: it refuses to add a column with such a default (error 1674), and takes one in all other ways.
const UNSAFE: &[&str] = &[
    "CURRENT_USER",
    "FOUND_ROWS",
    "GET_LOCK",
    "IS_FREE_LOCK",
    "IS_USED_LOCK",
    "LOAD_FILE",
    "RAND",
    "RANDOM_BYTES",
    "RELEASE_ALL_LOCKS",
    "RELEASE_LOCK",
    "ROW_COUNT",
    "SESSION_USER",
    "SLEEP",
    "SYSDATE",
    "SYSTEM_USER",
    "USER",
    "UUID",
    "UUID_SHORT",
    "VERSION",
];

/// What new rows of the past get.
pub(super) enum Filling {
    /// The server itself gives 0 or an empty text.
    ByServer,
    /// This statement gives them something, and this is to be said of it.
    Statement { sql: String, note: Option<String> },
}

/// Every existing row gets a value of this expression.
pub(super) fn with(table: &Name, column: &Column, expression: &str) -> Filling {
    let (of, own) = (name::table(table), name::name(&column.name));
    Filling::Statement { sql: format!("UPDATE {of} SET {own} = {expression}"), note: None }
}

impl Renderer<'_> {
    /// The default of a new column, if the server refuses it in the statement that adds the column.
    pub(super) fn refused_default<'c>(&self, column: &'c Column) -> Option<&'c str> {
        let Some(DefaultValue::Sql(expression)) = &column.default else { return None };
        let is_unsafe = || tokens(expression, &SYNTAX).any(|token| token.is_any_word(UNSAFE));
        (self.is_mysql() && is_unsafe()).then_some(expression.as_str())
    }

    /// How a column that is NOT NULL and has no default is filled.
    pub(super) fn filling(
        &self,
        table: &Table,
        column: &Column,
        ty: &str,
        fill: Option<&str>,
    ) -> Filling {
        let (of, own) = (name::table(&table.name), name::name(&column.name));
        let set = |value: &str| format!("UPDATE {of} SET {own} = {value}");
        let review = |what: &str| Some(format!("review: existing rows get {what}"));
        if let Some(fill) = fill {
            return Filling::Statement { sql: set(fill), note: None };
        }
        let to = self.work.to.find_table(&table.name).unwrap_or(table);
        if let Some((key, at)) = reference(to, column) {
            let smallest = format!(
                "SELECT MIN({}) AS smallest FROM {}",
                name::name(&key.referenced[at]),
                name::table(&key.references)
            );
            // Twice around, since a table that is changed cannot be asked at the same time.
            let sql = set(&format!("(SELECT smallest FROM ({smallest}) AS known)"));
            let note = review(&format!("the smallest key of {}", key.references));
            return Filling::Statement { sql, note };
        }
        if is_distinct(to, column)
            && let Some(number) = number(ty)
        {
            let sql = format!(
                "UPDATE {of} JOIN (SELECT @ambix_number := 0) AS start SET {of}.{own} = {number}"
            );
            return Filling::Statement {
                sql,
                note: review("numbers, so that no two are the same"),
            };
        }
        match placeholder(ty) {
            Some(value) => Filling::Statement { sql: set(&value), note: review(&value) },
            None => Filling::ByServer,
        }
    }
}

/// The foreign key that a column is in, and its place there.
fn reference<'t>(table: &'t Table, column: &Column) -> Option<(&'t ForeignKey, usize)> {
    table.foreign_keys.iter().find_map(|key| {
        let at = key.columns.iter().position(|name| *name == column.name)?;
        Some((key, at))
    })
}

/// Whether two rows may not have the same in the column, as long as the other columns of the key do not tell them apart.
fn is_distinct(table: &Table, column: &Column) -> bool {
    let has = |columns: &[String]| columns.contains(&column.name);
    let in_index = |index: &crate::schema::Index| {
        index.unique && super::index_columns(index).contains(&column.name)
    };
    table.primary_key.as_ref().is_some_and(|key| has(&key.columns))
        || table.uniques.iter().any(|unique| has(&unique.columns))
        || table.indexes.iter().any(in_index)
}

/// The next number, as a value of the type.
fn number(ty: &str) -> Option<String> {
    let next = "(@ambix_number := @ambix_number + 1)";
    let base = types::base(ty);
    Some(match base.as_str() {
        "date" | "datetime" | "timestamp" => {
            format!("DATE_ADD('2000-01-01', INTERVAL {next} DAY)")
        }
        "time" => format!("SEC_TO_TIME({next})"),
        "uuid" => "UUID()".to_owned(),
        "binary" if types::sizes(ty).first().is_some_and(|size| *size >= 16) => {
            "UNHEX(REPLACE(UUID(), '-', ''))".to_owned()
        }
        "json" | "enum" | "set" | "year" | "bit" => return None,
        _ if types::is_geometry(ty) => return None,
        _ => next.to_owned(),
    })
}

/// What is put where the server would put what it does not take itself, or what nobody can read.
fn placeholder(ty: &str) -> Option<String> {
    Some(match types::base(ty).as_str() {
        "date" | "datetime" | "timestamp" => match types::sizes(ty).first() {
            Some(digits) => format!("current_timestamp({digits})"),
            None => "current_timestamp()".to_owned(),
        },
        "json" => "'{}'".to_owned(),
        "uuid" => "UUID()".to_owned(),
        "linestring" => "ST_GeomFromText('LINESTRING(0 0, 0 0)')".to_owned(),
        "polygon" => "ST_GeomFromText('POLYGON((0 0, 0 0, 0 0, 0 0))')".to_owned(),
        "point" | "geometry" => "ST_GeomFromText('POINT(0 0)')".to_owned(),
        _ => return None,
    })
}

/// Some value of a type, also where the server has one of its own; none if no value is as good as any other.
pub(in super::super) fn any_value(ty: &str) -> Option<String> {
    let base = types::base(ty);
    let is_text = ["char", "text", "blob", "binary"].iter().any(|word| base.ends_with(word));
    let is_number = base.ends_with("int")
        || ["decimal", "float", "double", "boolean", "bit", "integer"].contains(&base.as_str());
    match base.as_str() {
        _ if is_text || base == "set" => Some("''".to_owned()),
        _ if is_number => Some("0".to_owned()),
        "time" => Some("'00:00:00'".to_owned()),
        "year" => Some("2000".to_owned()),
        // The first of its values, as it is written.
        "enum" => ty.split('\'').nth(1).map(|value| format!("'{value}'")),
        _ => placeholder(ty),
    }
}
