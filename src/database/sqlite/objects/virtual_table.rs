//! Virtual tables. What one keeps is in tables of its module's own.

use super::{Kind, statement};
use crate::{
    database::sqlite::{inspect::SchemaRow, render::name::name},
    schema::{Schema, SchemaObject},
};

pub(super) const KIND: Kind = Kind { word: "virtual table", read };

fn read(row: SchemaRow<'_>, _schema: &Schema) -> SchemaObject {
    SchemaObject {
        kind: "virtual table".to_owned(),
        name: row.text("name").to_owned(),
        definition: statement(row),
        drop: format!("DROP TABLE {}", name(row.text("name"))),
        ..SchemaObject::default()
    }
}
