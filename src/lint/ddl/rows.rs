//! UPDATE, DELETE and INSERT.

use super::{Ddl, SqlName, table::first_names, tokens::TokenReader};
use crate::sql::{Token, TokenKind};

const UPDATE: [&str; 3] = ["ONLY", "LOW_PRIORITY", "IGNORE"];
const DELETE: [&str; 3] = ["LOW_PRIORITY", "QUICK", "IGNORE"];
const INSERT: [&str; 4] = ["LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE"];
/// What SQLite does with a row that violates a constraint.
const ON_CONFLICT: [&str; 5] = ["OR ABORT", "OR FAIL", "OR IGNORE", "OR REPLACE", "OR ROLLBACK"];

/// Consumes the words between the verb and the table.
fn modifiers(reader: &mut TokenReader<'_, '_>, words: &[&'static str]) {
    while reader.any(words).or_else(|| reader.any(&ON_CONFLICT)).is_some() {}
}

pub(super) fn update(mut reader: TokenReader<'_, '_>) -> Option<Ddl> {
    modifiers(&mut reader, &UPDATE);
    let table = reader.name()?;
    reader.until(&["SET"]);
    let has_where = chooses(reader);
    reader.next();
    let assignments = reader.until(&["FROM", "WHERE", "RETURNING", "ORDER", "LIMIT"]);
    let assigned = |mut part: TokenReader<'_, '_>| {
        let name = part.name()?;
        part.symbol("=").then(|| name.last().to_owned())
    };
    let assigned = assignments.parts().into_iter().filter_map(assigned).collect();
    Some(Ddl::Update { table, has_where, assigned })
}

/// `DELETE FROM a`, and `DELETE x FROM a x JOIN b`, as MySQL also takes it.
pub(super) fn delete(mut reader: TokenReader<'_, '_>) -> Option<Ddl> {
    modifiers(&mut reader, &DELETE);
    if reader.words("HISTORY FROM") {
        return reader.name().map(Ddl::DeleteHistory);
    }
    let target = if reader.is_at(&["FROM"]) { None } else { reader.name() };
    reader.until(&["FROM"]);
    if !reader.words("FROM") {
        return None;
    }
    reader.words("ONLY");
    let table = match target {
        None => reader.name()?,
        Some(target) => target_of(reader, target),
    };
    Some(Ddl::Delete { table, has_where: chooses(reader) })
}

/// The table that an alias stands for, if that is the first one.
fn target_of(mut tables: TokenReader<'_, '_>, target: SqlName) -> SqlName {
    let Some(first) = tables.name() else { return target };
    tables.words("AS");
    match tables.name() {
        Some(alias) if alias.is(&target) => first,
        _ => target,
    }
}

pub(super) fn insert(mut reader: TokenReader<'_, '_>) -> Option<Ddl> {
    modifiers(&mut reader, &INSERT);
    reader.words("INTO");
    let table = reader.name()?;
    let columns = reader.parentheses().map(first_names).unwrap_or_default();
    let query = reader.is_at(&["SELECT", "WITH"]).then(|| reader.written().to_owned());
    Some(Ddl::Insert { table, columns, query })
}

/// An UPDATE or DELETE behind queries with names, or in one of them. One that chooses no rows comes first.
pub(super) fn with(mut reader: TokenReader<'_, '_>) -> Option<Ddl> {
    reader.words("RECURSIVE");
    let mut changes = Vec::new();
    loop {
        reader.name()?;
        reader.parentheses();
        if !reader.words("AS") {
            return None;
        }
        reader.any(&["NOT MATERIALIZED", "MATERIALIZED"]);
        changes.extend(reader.parentheses().and_then(change));
        if !reader.symbol(",") {
            break;
        }
    }
    changes.extend(change(reader));
    let is_of_all = |ddl: &Ddl| {
        matches!(ddl, Ddl::Update { has_where: false, .. } | Ddl::Delete { has_where: false, .. })
    };
    let at = changes.iter().position(is_of_all).unwrap_or_default();
    changes.into_iter().nth(at)
}

fn change(mut reader: TokenReader<'_, '_>) -> Option<Ddl> {
    match reader.any(&["UPDATE", "DELETE"])? {
        "UPDATE" => update(reader),
        _ => delete(reader),
    }
}

/// Whether the rest of a statement chooses rows: by a LIMIT, or by a condition that names something. `WHERE true` and `WHERE 1 = 1`
/// do not.
fn chooses(mut reader: TokenReader<'_, '_>) -> bool {
    if reader.has("LIMIT") {
        return true;
    }
    reader.until(&["WHERE"]);
    if !reader.words("WHERE") {
        return false;
    }
    let condition = reader.until(&["RETURNING", "ORDER"]);
    let constants = ["TRUE", "AND", "OR", "NOT", "IS", "NULL"];
    let is_constant = |token: &&Token<'_>| {
        let kinds = [TokenKind::Word, TokenKind::QuotedName];
        !kinds.contains(&token.kind) || token.is_any_word(&constants)
    };
    !condition.all().iter().all(|token| is_constant(&token))
}
