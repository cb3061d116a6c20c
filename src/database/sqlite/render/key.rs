//! Keys, checks and indexes as they are created.

use super::{
    name::{self, name, names},
    table::{has, refused},
};
use crate::{
    database::sqlite::inspect::text::{SqlReader, pieces},
    error::Result,
    schema::{
        Check, Deferral, ForeignKey, Index, IndexKey, IndexPart, Match, Nulls, Options, PrimaryKey,
        ReferentialAction, Table, Unique,
    },
};

/// Whether a primary key is written at its column.
pub(super) fn is_inline(key: &PrimaryKey) -> bool {
    key.columns.len() == 1 && !key.options.contains_key("collations")
}

/// `CONSTRAINT name `, where there is a name.
fn constraint(of: Option<&String>) -> String {
    of.map(|of| format!("CONSTRAINT {} ", name(of))).unwrap_or_default()
}

pub(super) fn on_conflict(word: Option<&String>) -> Option<String> {
    word.map(|word| format!("ON CONFLICT {word}"))
}

fn join(parts: impl IntoIterator<Item = Option<String>>) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// The primary key: behind its column where it stands there.
pub(super) fn primary_key(table: &Table, key: &PrimaryKey) -> Result<String> {
    let part = key.name.as_deref().unwrap_or("the primary key");
    plain(table, part, &key.include, key.deferral)?;
    // A name that nobody gave is only in the way.
    let named = constraint(key.name.as_ref().filter(|_| !key.loose));
    let conflict = on_conflict(key.options.get("conflict"));
    if !is_inline(key) {
        let columns = key_columns(&key.columns, &key.options);
        return Ok(join([Some(format!("{named}PRIMARY KEY ({columns})")), conflict]));
    }
    let descending = key.options.contains_key("descending").then(|| "DESC".to_owned());
    let autoincrement = has(&table.options, "autoincrement").then(|| "AUTOINCREMENT".to_owned());
    Ok(join([Some(format!("{named}PRIMARY KEY")), descending, conflict, autoincrement]))
}

pub(super) fn unique(table: &Table, unique: &Unique) -> Result<String> {
    let part = unique.name.as_deref().unwrap_or("a unique constraint");
    plain(table, part, &unique.include, unique.deferral)?;
    if unique.nulls_not_distinct {
        return Err(refused(table, part, "takes every NULL for another: no NULLS NOT DISTINCT"));
    }
    let named = constraint(unique.name.as_ref());
    let columns = key_columns(&unique.columns, &unique.options);
    let text = format!("{named}UNIQUE ({columns})");
    Ok(join([Some(text), on_conflict(unique.options.get("conflict"))]))
}

/// What keys have elsewhere.
fn plain(table: &Table, part: &str, include: &[String], deferral: Deferral) -> Result<()> {
    if !include.is_empty() {
        return Err(refused(table, part, "has no INCLUDE in a key"));
    }
    if deferral != Deferral::No {
        return Err(refused(table, part, "can defer foreign keys alone"));
    }
    Ok(())
}

/// The columns of a key with what an option says of a place among them.
fn key_columns(columns: &[String], options: &Options) -> String {
    let said = |option: &str, at: usize| {
        let all = options.get(option).map(String::as_str).unwrap_or_default();
        all.split(", ").find_map(|one| {
            let (place, value) = one.split_once(' ').unwrap_or((one, ""));
            (place == (at + 1).to_string()).then(|| value.to_owned())
        })
    };
    let part = |(at, column): (usize, &String)| {
        let collation = said("collations", at).map(|of| format!("COLLATE {}", name(&of)));
        let descending = said("descending", at).map(|_| "DESC".to_owned());
        join([Some(name(column)), collation, descending])
    };
    columns.iter().enumerate().map(part).collect::<Vec<_>>().join(", ")
}

/// A foreign key of the table.
pub(super) fn foreign_key(table: &Table, key: &ForeignKey) -> Result<String> {
    let named = constraint(key.name.as_ref());
    let references = references(table, key)?;
    Ok(format!("{named}FOREIGN KEY ({}) {references}", names(&key.columns)))
}

/// A foreign key as it is written after its one column.
pub(super) fn foreign_key_of_column(table: &Table, key: &ForeignKey) -> Result<String> {
    Ok(format!("{}{}", constraint(key.name.as_ref()), references(table, key)?))
}

fn references(table: &Table, key: &ForeignKey) -> Result<String> {
    if !key.on_delete_columns.is_empty() {
        let part = key.name.as_deref().unwrap_or("a foreign key");
        return Err(refused(table, part, "sets all columns of a foreign key, not some"));
    }
    let mut text = format!("REFERENCES {}", name::table(&key.references));
    if !key.referenced.is_empty() {
        text.push_str(&format!(" ({})", names(&key.referenced)));
    }
    for (event, action) in [("DELETE", key.on_delete), ("UPDATE", key.on_update)] {
        if action != ReferentialAction::NoAction {
            text.push_str(&format!(" ON {event} {}", action.sql()));
        }
    }
    text.push_str(match key.matching {
        Match::Simple => "",
        Match::Full => " MATCH FULL",
        Match::Partial => " MATCH PARTIAL",
    });
    text.push_str(match key.deferral {
        Deferral::No => "",
        Deferral::Immediate => " DEFERRABLE INITIALLY IMMEDIATE",
        Deferral::Deferred => " DEFERRABLE INITIALLY DEFERRED",
    });
    Ok(text)
}

pub(super) fn check(table: &Table, check: &Check) -> Result<String> {
    if !check.enforced {
        let part = check.name.as_deref().unwrap_or("a check");
        return Err(refused(table, part, "enforces every check"));
    }
    Ok(format!("{}CHECK ({})", constraint(check.name.as_ref()), check.expression))
}

pub(super) fn index(table: &Table, index: &Index) -> Result<String> {
    let part = index.name.as_deref().unwrap_or("an index");
    let refuse = |why: &str| Err(refused(table, part, why));
    if let Some(method) = index.method.as_ref().filter(|m| !m.eq_ignore_ascii_case("btree")) {
        return refuse(&format!("has no index method {method}"));
    }
    if !index.include.is_empty() {
        return refuse("has no INCLUDE in an index");
    }
    if index.nulls_not_distinct {
        return refuse("takes every NULL for another: no NULLS NOT DISTINCT");
    }
    let mut parts = Vec::new();
    for one in &index.parts {
        if one.operator_class.is_some() {
            return refuse("has no operator classes");
        }
        if one.length.is_some() {
            return refuse("has no index on the beginning of a column: index an expression");
        }
        let usual = if one.descending { Nulls::Last } else { Nulls::First };
        if one.nulls.is_some_and(|nulls| nulls != usual) {
            return refuse("has NULLs before everything else in an index");
        }
        parts.push(index_part(one));
    }
    let unique = if index.unique { "UNIQUE " } else { "" };
    let (of, parts) = (name(part), parts.join(", "));
    let text = format!("CREATE {unique}INDEX {of} ON {} ({parts})", name::table(&table.name));
    Ok(match &index.predicate {
        Some(predicate) => format!("{text} WHERE {predicate}"),
        None => text,
    })
}

fn index_part(part: &IndexPart) -> String {
    let key = match &part.key {
        IndexKey::Column(column) => name(column),
        IndexKey::Expression(expression) if is_call(expression) => expression.clone(),
        IndexKey::Expression(expression) => format!("({expression})"),
    };
    let collation = part.collation.as_ref().map(|of| format!("COLLATE {}", name(of)));
    join([Some(key), collation, part.descending.then(|| "DESC".to_owned())])
}

/// A call of a function and nothing around it needs no parentheses.
fn is_call(expression: &str) -> bool {
    let pieces = pieces(expression);
    let mut reader = SqlReader::new(&pieces);
    reader.name().is_some() && reader.group().is_some() && reader.is_at_end()
}
