//! What is seen and not compared.

use super::{Cells, Reader};
use crate::schema::{Belonging, Uncovered, Use};

impl Reader {
    pub(super) fn other(&mut self, row: &Cells<'_>) {
        // A table that inherits from others which are looked at is compared like any.
        if self.tables.contains_key(&row.text("oid")) {
            return;
        }
        self.schema.uncovered.push(Uncovered {
            kind: row.text("kind"),
            name: row.name("schema", "name").to_string(),
            definition: row.get("definition").map(|text| text.trim_end_matches(';').to_owned()),
            ..Uncovered::default()
        });
    }

    /// A table, column, sequence or type without which something could not be.
    pub(super) fn used(&mut self, row: &Cells<'_>) {
        let (kind, name) = (row.text("kind"), row.name("schema", "name").to_string());
        let used = Use {
            table: row.name("used_schema", "used_name"),
            column: row.get("used_column").map(str::to_owned),
        };
        for thing in &mut self.schema.uncovered {
            if thing.kind == kind && thing.name == name {
                thing.uses.push(used.clone());
            }
        }
    }

    /// The comment on the index of a constraint.
    pub(super) fn belongs(&mut self, row: &Cells<'_>) {
        self.schema.belongings.push(Belonging {
            kind: row.text("kind"),
            of: row.name("schema", "name"),
            was: row.name("schema", "name"),
            part: row.text("part"),
            statement: row.text("statement"),
        });
    }
}
