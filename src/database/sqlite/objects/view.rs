//! Views.

use super::{Kind, statement};
use crate::{
    database::sqlite::{inspect::SchemaRow, render::name::name},
    schema::{Schema, SchemaObject},
};

pub(super) const KIND: Kind = Kind { word: "view", read };

fn read(row: SchemaRow<'_>, _schema: &Schema) -> SchemaObject {
    SchemaObject {
        kind: "view".to_owned(),
        name: row.text("name").to_owned(),
        definition: statement(row),
        drop: format!("DROP VIEW {}", name(row.text("name"))),
        ..SchemaObject::default()
    }
}
