//! Triggers: of tables, and of views.

use super::{Kind, statement};
use crate::{
    database::sqlite::{inspect::SchemaRow, render::name::name},
    schema::{Address, Name, Schema, SchemaObject},
};

pub(super) const KIND: Kind = Kind { word: "trigger", read };

fn read(row: SchemaRow<'_>, schema: &Schema) -> SchemaObject {
    let on = row.text(2);
    let view = schema.objects.iter().find(|object| object.name.eq_ignore_ascii_case(on));
    let table = schema.tables.iter().find(|table| table.name.name.eq_ignore_ascii_case(on));
    let owner = view.map(SchemaObject::address);
    let owner = owner.or_else(|| table.map(|table| Address::Table(table.name.clone())));
    SchemaObject {
        kind: "trigger".to_owned(),
        name: row.text(1).to_owned(),
        definition: statement(row),
        drop: format!("DROP TRIGGER {}", name(row.text(1))),
        belongs_to: Some(owner.unwrap_or_else(|| Address::Table(Name::new(on)))),
        ..SchemaObject::default()
    }
}
