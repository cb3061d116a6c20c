//! What is seen and not compared.

use super::{Cells, Reader};
use crate::schema::{Uncovered, Use};

impl Reader {
    pub(super) fn other(&mut self, row: &Cells<'_>) {
        self.schema.uncovered.push(Uncovered {
            kind: row.text(1),
            name: row.name(2).to_string(),
            uses: Vec::new(),
            definition: row.get(4).map(|text| text.trim_end_matches(';').to_owned()),
        });
    }

    /// Something that belongs to a table.
    pub(super) fn attached(&mut self, row: &Cells<'_>) {
        let table = row.name(3);
        let name = if row.text(2) == table.name {
            table.to_string()
        } else {
            format!("{} on {table}", row.text(2))
        };
        let uses = vec![Use { table, column: None }];
        self.schema.uncovered.push(Uncovered { kind: row.text(1), name, uses, definition: None });
    }

    /// A column that a view shows.
    pub(super) fn used(&mut self, row: &Cells<'_>) {
        let name = row.name(1).to_string();
        let used = Use { table: row.name(3), column: row.get(5).map(str::to_owned) };
        for thing in self.schema.uncovered.iter_mut().filter(|thing| thing.name == name) {
            if thing.kind.ends_with("view") {
                thing.uses.push(used.clone());
            }
        }
    }
}
