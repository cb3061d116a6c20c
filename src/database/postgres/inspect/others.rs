//! What is seen and not compared.

use super::{Cells, Reader};
use crate::schema::{Belonging, Uncovered, Use};

impl Reader {
    pub(super) fn other(&mut self, row: &Cells<'_>) {
        // A table that inherits from others which are looked at is compared like any.
        if self.tables.contains_key(&row.text(5)) {
            return;
        }
        self.schema.uncovered.push(Uncovered {
            kind: row.text(1),
            name: row.name(2).to_string(),
            definition: row.get(4).map(|text| text.trim_end_matches(';').to_owned()),
            ..Uncovered::default()
        });
    }

    /// A table, column, sequence or type without which something could not be.
    pub(super) fn used(&mut self, row: &Cells<'_>) {
        let (kind, name) = (row.text(1), row.name(2).to_string());
        let used = Use { table: row.name(4), column: row.get(6).map(str::to_owned) };
        for thing in &mut self.schema.uncovered {
            if thing.kind == kind && thing.name == name {
                thing.uses.push(used.clone());
            }
        }
    }

    /// The comment on the index of a constraint.
    pub(super) fn belongs(&mut self, row: &Cells<'_>) {
        self.schema.belongings.push(Belonging {
            kind: row.text(1),
            of: row.name(2),
            was: row.name(2),
            part: row.text(4),
            statement: row.text(5),
        });
    }
}
