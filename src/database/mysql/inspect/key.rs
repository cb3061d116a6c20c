//! Keys, checks and indexes.

use super::{Reading, ServerInfo, ServerRow, expression};
use crate::{
    database::mysql::render::name,
    schema::{
        Check, ForeignKey, Index, IndexKey, IndexPart, Name, PrimaryKey, ReferentialAction, Table,
        Type, Unique,
    },
};

/// Whether this may be what the catalogue says of `PERIOD FOR name (a, b)`: a check of that name.
pub(super) fn may_be_period(clause: &str) -> bool {
    let sides = clause.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
    sides.is_some_and(|sides| sides.contains("` < `"))
}

pub(super) fn check(server: &ServerInfo, reading: &mut Reading, row: ServerRow<'_>) {
    let (name, clause) = (row.text("name"), expression(server, row.text("clause")));
    let of_column = row.text("level").eq_ignore_ascii_case("column");
    let table = &mut reading.table;
    if of_column
        && clause == format!("json_valid({})", name::backticks(name))
        && let Some(column) = table.columns.iter_mut().find(|column| column.name == name)
        && column.ty.text() == "longtext"
    {
        // What MariaDB makes of `json`.
        column.ty = Type::sql("json");
        column.collation = None;
        return;
    }
    let mut check = Check::new(clause);
    check.enforced = row.text("enforced") != "NO";
    if of_column {
        // It is a part of the column, and its name is the column's.
        check.column = Some(name.to_owned());
    } else {
        check.name = Some(name.to_owned());
    }
    table.checks.push(check);
}

pub(super) fn foreign_key(server: &ServerInfo, table: &mut Table, row: ServerRow<'_>) {
    let name = row.text("name");
    if let Some(key) = table.foreign_keys.iter_mut().find(|k| k.name.as_deref() == Some(name)) {
        key.columns.push(row.text("column_name").to_owned());
        key.referenced.push(row.text("referenced_column").to_owned());
        return;
    }
    let references = Name {
        schema: Some(row.text("referenced_schema"))
            .filter(|d| *d != server.database)
            .map(str::to_owned),
        name: row.text("referenced_table").to_owned(),
    };
    let key =
        ForeignKey::new([row.text("column_name")], references, [row.text("referenced_column")])
            .named(name)
            .on_delete(action(row.text("on_delete")))
            .on_update(action(row.text("on_update")));
    table.foreign_keys.push(key);
}

fn action(rule: &str) -> ReferentialAction {
    match rule {
        "CASCADE" => ReferentialAction::Cascade,
        "SET NULL" => ReferentialAction::SetNull,
        "SET DEFAULT" => ReferentialAction::SetDefault,
        // Nothing is ever checked later, so that the two are the same.
        _ => ReferentialAction::NoAction,
    }
}

pub(super) fn index(server: &ServerInfo, reading: &mut Reading, rows: &[ServerRow<'_>]) {
    let (Some(first), table) = (rows.first(), &mut reading.table) else { return };
    let kind = first.text("type");
    let parts: Vec<IndexPart> = rows.iter().map(|row| part(server, *row, kind)).collect();
    let is_plain = |part: &IndexPart| !part.descending && part.length.is_none();
    let columns: Option<Vec<String>> = parts.iter().map(column).collect();
    let are_plain = parts.iter().all(is_plain);
    if first.text("name") == "PRIMARY" {
        let mut key = PrimaryKey::new(columns.unwrap_or_default());
        key.comment = first.get("comment").filter(|comment| !comment.is_empty()).map(str::to_owned);
        if !are_plain {
            let parts: Vec<String> = parts.iter().map(name::index_part).collect();
            key.options.insert("parts".to_owned(), parts.join(", "));
        }
        if let Some(method) = method(kind, true, &reading.engine) {
            key.options.insert("method".to_owned(), method);
        }
        table.primary_key = Some(key);
        return;
    }
    let mut index = Index::on(parts).named(first.text("name"));
    index.unique = first.text("non_unique") == "0";
    index.method = method(kind, index.unique, &reading.engine);
    index.comment = first.get("comment").filter(|comment| !comment.is_empty()).map(str::to_owned);
    if let Some(option) = first.get("visibility") {
        index.options.insert(option.to_owned(), "true".to_owned());
    }
    let is_constraint =
        index.unique && are_plain && index.method.is_none() && index.options.is_empty();
    match columns {
        Some(columns) if is_constraint => {
            let mut unique = Unique::new(columns).named(first.text("name"));
            unique.comment = index.comment;
            table.uniques.push(unique);
        }
        _ => table.indexes.push(index),
    }
}

fn part(server: &ServerInfo, row: ServerRow<'_>, kind: &str) -> IndexPart {
    let mut part = match row.get("column_name") {
        Some(column) => IndexPart::column(column),
        None => IndexPart::expression(expression(server, row.text("expression"))),
    };
    part.descending = row.text("direction") == "D";
    // A spatial index shows a length that nobody gave.
    let is_tree = kind == "BTREE" || kind == "HASH";
    part.length = row.get("length").filter(|_| is_tree).and_then(|length| length.parse().ok());
    part
}

fn column(part: &IndexPart) -> Option<String> {
    match &part.key {
        IndexKey::Column(name) => Some(name.clone()),
        IndexKey::Expression(_) => None,
    }
}

/// The access method where it is not the engine's own. A unique key over long texts is a hash in any case.
fn method(kind: &str, unique: bool, engine: &str) -> Option<String> {
    let hashes = engine.eq_ignore_ascii_case("memory");
    let is_own = match kind {
        "BTREE" => !hashes,
        "HASH" => hashes || unique,
        _ => false,
    };
    (!is_own).then(|| kind.to_ascii_lowercase())
}
