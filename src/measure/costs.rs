//! The state of the tables before and after a statement, and what the difference says.

use std::collections::HashMap;

use crate::{
    database::{Measuring, Row, Session},
    error::Result,
    lint::{Blocked, TableCost},
};

/// A table that existed before the run.
#[derive(Debug, Clone)]
struct Relation {
    name: String,
    file: String,
    has_pages: bool,
}

/// What the transaction has done with a table so far.
#[derive(Debug, Clone, Default)]
struct Cost {
    lock: String,
    blocked: Blocked,
    scans: u64,
}

/// The tables, and what the transaction has done with them.
#[derive(Debug, Clone, Default)]
pub(super) struct TableStates {
    relations: HashMap<String, Relation>,
    costs: HashMap<String, Cost>,
}

impl TableStates {
    /// Asks for it.
    pub(super) async fn read(
        session: &mut (dyn Session + '_),
        measuring: &dyn Measuring,
    ) -> Result<Self> {
        let sections = measuring.sections();
        let rows = session.run(&format!("{}\n;\n{}", sections.relations, sections.costs)).await;
        let rows = rows.map_err(|failure| failure.doing("reading the scratch database"))?;
        let mut states = Self::default();
        rows.iter().for_each(|row| states.take(row));
        Ok(states)
    }

    fn take(&mut self, row: &Row) {
        let text = |column: &str| row.column(column).unwrap_or_default().to_owned();
        if row.tag() == "relation" {
            let has_pages = row.column("has_pages") == Some("1");
            let relation = Relation { name: text("name"), file: text("file"), has_pages };
            self.relations.insert(text("id"), relation);
        } else {
            let blocked = match row.column("blocked") {
                Some("2") => Blocked::Everything,
                Some("1") => Blocked::Writes,
                _ => Blocked::Nothing,
            };
            let scans = text("scans").parse().unwrap_or_default();
            self.costs.insert(text("id"), Cost { lock: text("lock_words"), blocked, scans });
        }
    }

    /// The name of a table that exists, if it does.
    pub(super) fn find(&self, name: &str) -> Option<&str> {
        let mut names = self.relations.values().map(|relation| relation.name.as_str());
        names.find(|known| known.eq_ignore_ascii_case(name))
    }

    /// The most that others are kept from, of these tables.
    pub(super) fn held(&self, existing: &Self) -> Blocked {
        let is_existing = |(id, _): &(&String, &Cost)| existing.relations.contains_key(*id);
        self.costs
            .iter()
            .filter(is_existing)
            .map(|(_, cost)| cost.blocked)
            .max()
            .unwrap_or_default()
    }

    /// What has been done to the tables that existed before since this was the state.
    pub(super) fn until(&self, after: &Self, existing: &Self) -> Vec<TableCost> {
        let none = Cost::default();
        let mut tables: Vec<TableCost> = existing
            .relations
            .iter()
            .filter_map(|(id, known)| {
                let old = self.costs.get(id).unwrap_or(&none);
                let new = after.costs.get(id).unwrap_or(&none);
                let scanned = new.scans > old.scans;
                let rewritten = self.is_rewritten(after, id, known, scanned);
                let is_locked = new.lock != old.lock && new.blocked > Blocked::Nothing;
                (rewritten || scanned || is_locked).then(|| TableCost {
                    table: known.name.clone(),
                    lock: Some(new.lock.clone()).filter(|lock| !lock.is_empty()),
                    blocked: new.blocked,
                    scanned,
                    rewritten,
                })
            })
            .collect();
        tables.sort_by(|one, other| one.table.cmp(&other.table));
        tables
    }

    /// Whether a table has another file. TRUNCATE gives it another file as well, but an empty one, and reads nothing. A table
    /// that an earlier statement has dropped may come again under its name; then `known` says what it was.
    fn is_rewritten(&self, after: &Self, id: &str, known: &Relation, scanned: bool) -> bool {
        let old = self.relations.get(id).unwrap_or(known);
        let Some(new) = after.relations.get(id) else { return false };
        old.file != new.file && (new.has_pages || !old.has_pages || scanned)
    }
}
