//! Whole tables, and the parts that stand in them.

use super::{
    super::{Sqlite, types},
    name::{list, name},
};
use crate::{
    database::Dialect,
    error::{Error, Result},
    schema::{
        Check, Column, DefaultValue, Deferral, ForeignKey, Index, IndexKey, IndexPart, Literal,
        Match, Name, PrimaryKey, ReferentialAction, Table, Type,
    },
};

/// What this database does not have, on a table or an index.
pub(super) fn refuse(table: &Table) -> Result<()> {
    let cannot = |what: String| {
        Err(Error::Unsupported(format!(
            "sqlite has no {what} (table {}); leave it out of the models; nothing was written",
            table.name
        )))
    };
    if table.name.schema.is_some() {
        return cannot("schemas".to_owned());
    }
    if let Some(exclusion) = table.exclusions.first() {
        return cannot(format!("exclusion constraints: {}", exclusion.definition));
    }
    if let Some(unique) =
        table.uniques.iter().find(|u| u.nulls_not_distinct || !u.include.is_empty())
    {
        let columns = unique.columns.join(", ");
        return cannot(format!(
            "unique constraints with NULLS NOT DISTINCT or INCLUDE: ({columns})"
        ));
    }
    for index in &table.indexes {
        let of = index.name.as_deref().unwrap_or_default();
        let has = |part: &IndexPart| {
            part.operator_class.is_some() || part.nulls.is_some() || part.length.is_some()
        };
        if index.method.is_some()
            || !index.include.is_empty()
            || index.nulls_not_distinct
            || index.parts.iter().any(has)
        {
            return cannot(format!(
                "methods, operator classes, included columns or NULLS in indexes: {of}"
            ));
        }
    }
    Ok(())
}

/// Whether an option is on.
pub(super) fn is_on(table: &Table, option: &str) -> bool {
    table.options.get(option).is_some_and(|value| value != "false")
}

/// The column that is the row's number: a single key of the type INTEGER.
pub(super) fn row_number(table: &Table) -> Option<&Column> {
    // `INTEGER PRIMARY KEY DESC` is none, for reasons of history; in a list the order of a single column means nothing.
    let of = table.primary_key.as_ref().filter(|key| !key.options.contains_key("descending"))?;
    let [key] = of.columns.as_slice() else { return None };
    let column = table.find_column(key)?;
    let is_integer = match &column.ty {
        Type::Sql(sql) => sql.text_on("sqlite").eq_ignore_ascii_case("INTEGER"),
        ty => types::word(&table.name, &Column::new("", ty.clone()), false)
            .is_ok_and(|word| word == "INTEGER"),
    };
    (is_integer && !is_on(table, "without_rowid")).then_some(column)
}

/// CREATE TABLE, under this name.
pub(super) fn create(table: &Table, as_name: &str) -> Result<String> {
    refuse(table)?;
    let mut lines = Vec::new();
    let inline = inline_key(table);
    for column in &table.columns {
        let key = inline.filter(|key| key.columns[0] == column.name);
        lines.push(self::column(table, column, key)?);
    }
    if let Some(key) = table.primary_key.as_ref().filter(|_| inline.is_none()) {
        let of = key.name.as_ref().filter(|_| !key.loose);
        lines.push(named(
            of,
            &format!(
                "PRIMARY KEY ({}){}",
                key_columns(&key.columns, &key.options),
                conflict(&key.options)
            ),
        ));
    }
    for unique in &table.uniques {
        let text = format!(
            "UNIQUE ({}){}",
            key_columns(&unique.columns, &unique.options),
            conflict(&unique.options)
        );
        lines.push(named(unique.name.as_ref(), &text));
    }
    lines.extend(table.checks.iter().map(|check| named(check.name.as_ref(), &self::check(check))));
    lines.extend(table.columns.iter().filter_map(enum_check));
    lines.extend(table.foreign_keys.iter().map(|key| named(key.name.as_ref(), &foreign_key(key))));
    let mut options = Vec::new();
    if is_on(table, "strict") {
        options.push("STRICT");
    }
    if is_on(table, "without_rowid") {
        options.push("WITHOUT ROWID");
    }
    let options =
        if options.is_empty() { String::new() } else { format!(" {}", options.join(", ")) };
    Ok(format!("CREATE TABLE {} (\n    {}\n){options}", name(as_name), lines.join(",\n    ")))
}

/// A key that can stand at its column.
fn inline_key(table: &Table) -> Option<&PrimaryKey> {
    let key = table.primary_key.as_ref()?;
    let is_named = key.name.is_some() && !key.loose;
    let is_plain = key.columns.len() == 1 && !is_named && !key.options.contains_key("collations");
    is_plain.then_some(key)
}

/// The columns of a key, with the order and the collation of each where they are not the usual ones.
fn key_columns(columns: &[String], options: &crate::schema::Options) -> String {
    let all = |option: &str| -> Vec<&str> {
        options.get(option).map(|list| list.split(", ").collect()).unwrap_or_default()
    };
    let (descending, collations) = (all("descending"), all("collations"));
    let column = |of: &String| {
        let collation =
            collations.iter().find_map(|pair| pair.strip_prefix(of.as_str())?.strip_prefix(' '));
        let collation = collation.map(|of| format!(" COLLATE {}", name(of))).unwrap_or_default();
        let order = if descending.contains(&of.as_str()) { " DESC" } else { "" };
        format!("{}{collation}{order}", name(of))
    };
    columns.iter().map(column).collect::<Vec<_>>().join(", ")
}

fn conflict(options: &crate::schema::Options) -> String {
    options.get("conflict").map(|algorithm| format!(" ON CONFLICT {algorithm}")).unwrap_or_default()
}

fn named(of: Option<&String>, text: &str) -> String {
    match of {
        Some(of) => format!("CONSTRAINT {} {text}", name(of)),
        None => text.to_owned(),
    }
}

/// A column as it stands in CREATE TABLE and ADD COLUMN.
pub(super) fn column(table: &Table, column: &Column, key: Option<&PrimaryKey>) -> Result<String> {
    let is_number = row_number(table).is_some_and(|number| number.name == column.name);
    if column.identity.is_some() && !is_number {
        return Err(Error::Unsupported(format!(
            "sqlite numbers rows by an integer that is the primary key alone, and {}.{} is none; nothing was written",
            table.name, column.name
        )));
    }
    let word = types::word(&table.name, column, is_on(table, "strict"))?;
    let mut text = name(&column.name);
    if !word.is_empty() {
        text.push_str(&format!(" {word}"));
    }
    if let Some(key) = key {
        text.push_str(" PRIMARY KEY");
        if key.options.contains_key("descending") {
            text.push_str(" DESC");
        }
        text.push_str(&conflict(&key.options));
        if is_on(table, "autoincrement") && is_number {
            text.push_str(" AUTOINCREMENT");
        }
    }
    let says_so = is_number && key.is_some();
    if !(column.nullable || says_so) {
        text.push_str(" NOT NULL");
        if let Some(algorithm) = column.options.get("not_null_conflict") {
            text.push_str(&format!(" ON CONFLICT {algorithm}"));
        }
    }
    if let Some(collation) = &column.collation {
        text.push_str(&format!(" COLLATE {}", name(collation)));
    }
    if let Some(default) = &column.default {
        text.push_str(&format!(" DEFAULT {}", self::default(default)));
    }
    if let Some(generated) = &column.generated {
        let kind = if generated.stored { "STORED" } else { "VIRTUAL" };
        text.push_str(&format!(" GENERATED ALWAYS AS ({}) {kind}", generated.expression));
    }
    Ok(text)
}

/// A value as it is, an expression in parentheses.
pub(super) fn default(default: &DefaultValue) -> String {
    match default {
        DefaultValue::Sql(sql) if is_constant(sql) || is_moment(sql) => sql.trim().to_owned(),
        DefaultValue::Sql(sql) => format!("({})", sql.trim()),
        DefaultValue::Literal(Literal::Text(text)) => {
            let literal = Sqlite.literal(text);
            if literal.starts_with('\'') { literal } else { format!("({literal})") }
        }
        DefaultValue::Literal(Literal::Integer(value)) => value.to_string(),
        DefaultValue::Literal(Literal::Float(value)) => format!("{value:?}"),
        DefaultValue::Literal(Literal::Boolean(value)) => value.to_string().to_uppercase(),
    }
}

/// A single value, with perhaps a sign.
pub(super) fn is_constant(sql: &str) -> bool {
    use crate::sql::{TokenKind, tokens};
    let all: Vec<_> = tokens(sql, &super::super::SYNTAX).collect();
    let value = |token: &crate::sql::Token<'_>| {
        matches!(token.kind, TokenKind::Text | TokenKind::Number)
            || token.is_any_word(&["NULL", "TRUE", "FALSE"])
    };
    match all.as_slice() {
        [one] => value(one),
        [sign, number] => {
            (sign.is_symbol("-") || sign.is_symbol("+")) && number.kind == TokenKind::Number
        }
        _ => false,
    }
}

fn is_moment(sql: &str) -> bool {
    ["CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"]
        .iter()
        .any(|word| sql.trim().eq_ignore_ascii_case(word))
}

fn check(check: &Check) -> String {
    format!("CHECK ({})", check.expression)
}

/// The values of an enum, where a type that lists them takes a check.
fn enum_check(column: &Column) -> Option<String> {
    let Type::Enum(of) = &column.ty else { return None };
    let values: Vec<String> = of.values.iter().map(|value| Sqlite.literal(value)).collect();
    Some(format!("CHECK ({} IN ({}))", name(&column.name), values.join(", ")))
}

fn foreign_key(key: &ForeignKey) -> String {
    let mut text =
        format!("FOREIGN KEY ({}) REFERENCES {}", list(&key.columns), name(&key.references.name));
    if !key.referenced.is_empty() {
        text.push_str(&format!(" ({})", list(&key.referenced)));
    }
    if key.on_delete != ReferentialAction::NoAction {
        text.push_str(&format!(" ON DELETE {}", key.on_delete.sql()));
    }
    if key.on_update != ReferentialAction::NoAction {
        text.push_str(&format!(" ON UPDATE {}", key.on_update.sql()));
    }
    match key.matching {
        Match::Simple => {}
        Match::Full => text.push_str(" MATCH FULL"),
        Match::Partial => text.push_str(" MATCH PARTIAL"),
    }
    text + match key.deferral {
        Deferral::No => "",
        Deferral::Immediate => " DEFERRABLE",
        Deferral::Deferred => " DEFERRABLE INITIALLY DEFERRED",
    }
}

/// CREATE INDEX.
pub(super) fn create_index(table: &Name, index: &Index) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let of = name(index.name.as_deref().unwrap_or_default());
    let parts: Vec<String> = index.parts.iter().map(part).collect();
    let mut text =
        format!("CREATE {unique}INDEX {of} ON {} ({})", name(&table.name), parts.join(", "));
    if let Some(predicate) = &index.predicate {
        text.push_str(&format!(" WHERE {predicate}"));
    }
    text
}

fn part(part: &IndexPart) -> String {
    let mut text = match &part.key {
        IndexKey::Column(of) => name(of),
        // Without parentheses a name alone would be a column's.
        IndexKey::Expression(expression) => {
            match expression.contains('(') && !expression.starts_with('(') {
                true => expression.clone(),
                false => format!("({expression})"),
            }
        }
    };
    if let Some(collation) = &part.collation {
        text.push_str(&format!(" COLLATE {}", name(collation)));
    }
    if part.descending {
        text.push_str(" DESC");
    }
    text
}
