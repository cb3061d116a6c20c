//! Triggers: of tables, and of views.

use super::{Kind, statement};
use crate::{
    database::sqlite::{inspect::SchemaRow, render::name::name},
    schema::{Address, Name, Schema, SchemaObject},
};

pub(super) const KIND: Kind = Kind { word: "trigger", read };

fn read(row: SchemaRow<'_>, schema: &Schema) -> SchemaObject {
    let on = row.text("tbl_name");
    let view = schema.objects.iter().find(|object| object.name.eq_ignore_ascii_case(on));
    let table = schema.tables.iter().find(|table| table.name.name.eq_ignore_ascii_case(on));
    let owner = view.map(SchemaObject::address);
    let owner = owner.or_else(|| table.map(|table| Address::Table(table.name.clone())));
    SchemaObject {
        kind: "trigger".to_owned(),
        name: row.text("name").to_owned(),
        definition: statement(row),
        drop: format!("DROP TRIGGER {}", name(row.text("name"))),
        belongs_to: Some(owner.unwrap_or_else(|| Address::Table(Name::new(on)))),
        ..SchemaObject::default()
    }
}
