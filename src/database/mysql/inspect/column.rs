//! Columns.

use super::{ServerInfo, ServerRow, expression, without_database, without_parentheses};
use crate::{
    database::mysql::{render::name, types},
    schema::{Column, DefaultValue, Generated, Identity, IdentityKind, Type},
};

pub(super) fn read(server: &ServerInfo, table_collation: &str, row: ServerRow<'_>) -> Column {
    let extra = row.text("extra").to_ascii_lowercase();
    let ty = types::without_width(row.text("type"));
    let mut column =
        Column::new(row.text("name"), Type::sql(ty)).nullable(row.text("is_nullable") == "YES");
    column.collation =
        row.get("collation").filter(|name| *name != table_collation).map(str::to_owned);
    column.comment = row.get("comment").filter(|comment| !comment.is_empty()).map(str::to_owned);
    if extra.contains("auto_increment") {
        column.identity = Some(Identity::new(IdentityKind::Auto));
    }
    if extra.contains("virtual generated") || extra.contains("stored generated") {
        let stored = extra.contains("stored generated");
        column.generated = Some(Generated::new(expression(server, row.text("expression")), stored));
    } else {
        column.default =
            row.get("default_value").and_then(|text| default(server, &column, text, &extra));
    }
    if let Some((_, rest)) = extra.split_once("on update ") {
        let text = rest.split([' ', ',']).next().unwrap_or_default();
        column.options.insert("on_update".to_owned(), text.to_owned());
    }
    // "DEFAULT_GENERATED INVISIBLE" on the one server, "VIRTUAL GENERATED, INVISIBLE" on the other.
    if extra.split([' ', ',']).any(|word| word == "invisible") {
        column.options.insert("invisible".to_owned(), "true".to_owned());
    }
    if let Some(srid) = row.get("srid") {
        column.options.insert("srid".to_owned(), srid.to_owned());
    }
    column
}

fn default(server: &ServerInfo, column: &Column, text: &str, extra: &str) -> Option<DefaultValue> {
    let sql = if server.is_mariadb {
        // An expression, and NULL where there is none.
        match text {
            "NULL" => return None,
            text => without_database(server, without_parentheses(text)),
        }
    } else if extra.contains("default_generated") {
        expression(server, text)
    } else {
        value(column.ty.text(), text)
    };
    Some(DefaultValue::Sql(sql))
}

/// What MySQL shows of a literal is its text.
fn value(ty: &str, text: &str) -> String {
    let is_number = types::is_number(ty) && text.parse::<f64>().is_ok();
    let is_raw = ty.starts_with("bit") && text.starts_with("b'")
        || (ty.contains("binary") || ty.contains("blob")) && text.starts_with("0x");
    if is_number || is_raw { text.to_owned() } else { name::literal(text) }
}
