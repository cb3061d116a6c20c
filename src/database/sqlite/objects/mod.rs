//! Objects beside tables, one kind in a file each.
//!
//! The catalogue has the statement that created each. A kind is the word for it there, and what makes an object of its row. To add
//! one, write its file and put it into [`KINDS`]; all else is written once for every kind.

mod trigger;
mod view;
mod virtual_table;

use super::{SYNTAX, inspect::CatalogRow};
use crate::{
    database::mentioned::{Mention, add_mentioned},
    schema::{Schema, SchemaObject},
};

/// A kind.
struct Kind {
    /// What the catalogue calls it.
    word: &'static str,
    /// Makes an object of a row. The schema has the tables, and the objects of the kinds before this one.
    read: fn(CatalogRow<'_>, &Schema) -> SchemaObject,
}

/// Each behind those that it can belong to.
const KINDS: [Kind; 3] = [virtual_table::KIND, view::KIND, trigger::KIND];

/// Puts the objects of a catalogue into its schema. The tables that a module keeps for a virtual table are that one's inside.
pub(super) fn read<'r>(rows: impl Iterator<Item = (&'r str, CatalogRow<'r>)>, schema: &mut Schema) {
    let rows: Vec<(&str, CatalogRow<'_>)> = rows.collect();
    for kind in KINDS {
        for (_, row) in rows.iter().filter(|(word, _)| *word == kind.word) {
            let object = (kind.read)(*row, schema);
            schema.objects.push(object);
        }
    }
    add_mentioned(schema, &SYNTAX, |object| match object.kind.as_str() {
        // What a module's arguments mean is known to that alone.
        "virtual table" => Some(Mention::Ordered),
        _ => Some(Mention::Needs),
    });
}

/// The statement that created it, as the catalogue keeps it.
fn statement(row: CatalogRow<'_>) -> String {
    row.text(3).trim_end_matches([';', ' ', '\n']).to_owned()
}
