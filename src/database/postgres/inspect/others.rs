//! What is seen and not compared.

use super::{Cells, Reader};
use crate::schema::{Uncovered, Use};

impl Reader {
    pub(super) fn other(&mut self, row: &Cells<'_>) {
        self.schema.uncovered.push(Uncovered {
            kind: row.text(1),
            name: row.name(2).to_string(),
            definition: row.get(4).map(|text| text.trim_end_matches(';').to_owned()),
            ..Uncovered::default()
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
        let uses = vec![Use { table: table.clone(), column: None }];
        let on = Some(table);
        self.schema.uncovered.push(Uncovered {
            kind: row.text(1),
            name,
            on,
            uses,
            definition: None,
        });
    }

    /// A column, or another table, that something which belongs to a table uses.
    pub(super) fn attached_use(&mut self, row: &Cells<'_>) {
        let (on, kind) = (row.name(3), row.text(1));
        let name = format!("{} on {on}", row.text(2));
        let used = Use { table: row.name(5), column: row.get(7).map(str::to_owned) };
        let mut all = self.schema.uncovered.iter_mut();
        if let Some(thing) = all.find(|thing| thing.kind == kind && thing.name == name) {
            thing.uses.push(used);
        }
    }

    /// A column that a view shows; a table that another one inherits from or refers to.
    pub(super) fn used(&mut self, row: &Cells<'_>) {
        let name = row.name(1).to_string();
        let used = Use { table: row.name(3), column: row.get(5).map(str::to_owned) };
        for thing in self.schema.uncovered.iter_mut().filter(|thing| thing.name == name) {
            let is_relation = ["view", "table"].iter().any(|word| thing.kind.contains(word));
            if is_relation || thing.kind == "partition" {
                thing.uses.push(used.clone());
            }
        }
    }
}
