//! Which tables are rebuilt, and when; and which changes go with another in one statement.

use std::collections::{BTreeMap, HashMap};

use super::name::is_constant;
use crate::{
    change::Change,
    database::{ChangeSet, sqlite::inspect::mentions},
    schema::{Check, Column, DefaultValue, ForeignKey, IndexKey, Literal, Name, Table},
};

#[derive(Debug, Default)]
pub(super) struct RebuildPlan {
    /// The last of the changes that a table is rebuilt for.
    rebuilt: HashMap<Name, usize>,
    /// The changes of those tables that are made with it.
    parts: HashMap<Name, Vec<usize>>,
    /// Changes that are made in the statement of another.
    merged: BTreeMap<usize, Vec<usize>>,
}

impl RebuildPlan {
    pub(super) fn new(work: &ChangeSet<'_>) -> Self {
        let mut plan = Self::default();
        let mut by_table: BTreeMap<&Name, Vec<usize>> = BTreeMap::new();
        for (at, change) in work.changes.iter().enumerate() {
            if let Some(table) = change.table().filter(|_| is_of_columns_or_keys(change)) {
                by_table.entry(table).or_default().push(at);
            }
        }
        for (name, changes) in by_table {
            let all: Vec<(usize, &Change)> =
                changes.iter().map(|&at| (at, &work.changes[at])).collect();
            let Some(table) = remaining(work, name) else { continue };
            let alone = Alone { table: &table, changes: &all };
            match alone.merged() {
                Some(merged) => plan.merged.extend(merged),
                None => {
                    plan.rebuilt.extend(changes.last().map(|last| (name.clone(), *last)));
                    let all = work.changes.iter().enumerate();
                    let is_part = |change: &Change| {
                        is_of_columns_or_keys(change) || matches!(change, Change::AddIndex { .. })
                    };
                    let parts = all
                        .filter(|(at, change)| {
                            change.table() == Some(name)
                                && is_part(change)
                                && changes.last().is_some_and(|last| at <= last)
                        })
                        .map(|(at, _)| at);
                    plan.parts.insert(name.clone(), parts.collect());
                }
            }
        }
        plan
    }

    /// The change at which a table is rebuilt.
    pub(super) fn rebuilt_at(&self, table: &Name) -> Option<usize> {
        self.rebuilt.get(table).copied()
    }

    /// Whether the table is rebuilt only later.
    pub(super) fn waits(&self, table: &Name, at: usize) -> bool {
        self.rebuilt_at(table).is_some_and(|last| at < last)
    }

    /// All changes that are made when a table is rebuilt.
    pub(super) fn parts(&self, table: &Name) -> Vec<usize> {
        self.parts.get(table).cloned().unwrap_or_default()
    }

    /// A change with those that are made in its statement.
    pub(super) fn with(&self, at: usize) -> Vec<usize> {
        let mut all = vec![at];
        all.extend(self.merged.get(&at).into_iter().flatten());
        all
    }
}

/// What an existing table gains or loses. A trigger on it does not count.
fn is_of_columns_or_keys(change: &Change) -> bool {
    use Change as C;
    !matches!(
        change,
        C::CreateTable(_)
            | C::DropTable(_)
            | C::RenameTable { .. }
            | C::RenameColumn { .. }
            | C::Comment { .. }
            | C::AddIndex { .. }
            | C::DropIndex { .. }
            | C::RenameIndex { .. }
            | C::CreateObject(_)
            | C::DropObject { .. }
            | C::AlterObject { .. }
    )
}

/// A table as it is when its indexes that go are gone.
fn remaining(work: &ChangeSet<'_>, name: &Name) -> Option<Table> {
    let mut table = work.from.find_table(name)?.clone();
    for change in work.changes {
        if let Change::DropIndex { table: of, index } = change
            && of == name
        {
            table.indexes.retain(|known| known.name != index.name);
        }
    }
    Some(table)
}

/// The changes of one table, for which ALTER TABLE may be enough.
struct Alone<'a> {
    table: &'a Table,
    changes: &'a [(usize, &'a Change)],
}

impl Alone<'_> {
    /// Which changes go with which; none where ALTER TABLE is not enough.
    fn merged(&self) -> Option<BTreeMap<usize, Vec<usize>>> {
        let mut merged: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for &(at, change) in self.changes {
            let with = match change {
                Change::AddColumn { column, .. } if can_be_added(column) => continue,
                Change::DropColumn { column, .. } if self.can_be_dropped(column) => continue,
                Change::DropCheck { check, .. } => self.dropped(check.column.as_deref()?)?,
                Change::AddCheck { check, .. } => self.added(check.column.as_deref()?)?,
                Change::AddForeignKey { key, .. } => self.added_with_key(key)?,
                _ => return None,
            };
            merged.entry(with).or_default().push(at);
        }
        Some(merged)
    }

    fn find(&self, is: impl Fn(&Change) -> bool) -> Option<usize> {
        self.changes.iter().find(|(_, change)| is(change)).map(|(at, _)| *at)
    }

    fn added(&self, name: &str) -> Option<usize> {
        self.find(
            |change| matches!(change, Change::AddColumn { column, .. } if column.name == name),
        )
    }

    fn dropped(&self, name: &str) -> Option<usize> {
        self.find(
            |change| matches!(change, Change::DropColumn { column, .. } if column.name == name),
        )
    }

    /// Existing rows refer to nothing, which is what a column with REFERENCES must make them do.
    fn added_with_key(&self, key: &ForeignKey) -> Option<usize> {
        let [name] = key.columns.as_slice() else { return None };
        let is_own = |change: &Change| match change {
            Change::AddColumn { column, .. } => {
                column.name == *name && column.default.is_none() && column.generated.is_none()
            }
            _ => false,
        };
        self.find(is_own)
    }

    /// Nothing else of the table may mention a column that is dropped.
    fn can_be_dropped(&self, column: &Column) -> bool {
        let (table, name) = (self.table, &column.name);
        let has = |columns: &[String]| columns.contains(name);
        let says = |text: &str| mentions(text, name);
        let in_index = |index: &crate::schema::Index| {
            index.predicate.as_deref().is_some_and(says)
                || index.parts.iter().any(|part| match &part.key {
                    IndexKey::Column(column) => column == name,
                    IndexKey::Expression(expression) => says(expression),
                })
        };
        let elsewhere =
            |check: &Check| check.column.as_ref() != Some(name) && says(&check.expression);
        let computes = |other: &Column| {
            other.name != *name && other.generated.as_ref().is_some_and(|g| says(&g.expression))
        };
        let own_checks = table.checks.iter().filter(|check| check.column.as_ref() == Some(name));
        let all_go = own_checks.clone().count()
            == self
                .changes
                .iter()
                .filter(|(_, change)| {
                    matches!(change, Change::DropCheck { check, .. } if check.column.as_ref() == Some(name))
                })
                .count();
        all_go
            && table.columns.len() > 1
            && !table.primary_key.as_ref().is_some_and(|key| has(&key.columns))
            && !table.uniques.iter().any(|unique| has(&unique.columns))
            && !table.foreign_keys.iter().any(|key| {
                has(&key.columns) || key.references == table.name && has(&key.referenced)
            })
            && !table.checks.iter().any(elsewhere)
            && !table.indexes.iter().any(in_index)
            && !table.columns.iter().any(computes)
    }
}

/// Whether ADD COLUMN takes it.
fn can_be_added(column: &Column) -> bool {
    let is_constant = match &column.default {
        None | Some(DefaultValue::Literal(_)) => true,
        Some(DefaultValue::Sql(sql)) => is_constant(sql),
    };
    let is_null = match &column.default {
        None => true,
        Some(DefaultValue::Sql(sql)) => sql.eq_ignore_ascii_case("NULL"),
        Some(DefaultValue::Literal(Literal::Text(_) | Literal::Integer(_) | Literal::Float(_)))
        | Some(DefaultValue::Literal(Literal::Boolean(_))) => false,
    };
    is_constant
        && (column.nullable || !is_null)
        && column.identity.is_none()
        && !column.generated.as_ref().is_some_and(|generated| generated.stored)
}
