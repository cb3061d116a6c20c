//! What of a draft both versions of a program can work with: the schema between its two phases. It is pure.

use std::collections::BTreeSet;

use super::{
    expression::mentions as mentions_name, online::apply_with_parts, table_parts::index_columns,
};
use crate::{
    change::Change,
    database::{Dialect, Drafting},
    schema::{Column, Name, Schema},
    sql::Syntax,
};

/// The schema after the phase `expand`: what was there, with what comes, without what a new version cannot work with. `twins` are columns
/// beside which another one is kept the same.
pub(super) fn expanded(
    sides: (&Schema, &Schema),
    changes: &[Change],
    twins: &[(&Name, &str)],
    (dialect, drafting): (&dyn Dialect, &'static dyn Drafting),
) -> Schema {
    let mut state = sides.0.clone();
    let renames_type = |change: &Change| match change {
        Change::RenameEnum { .. } => true,
        Change::AlterEnum { renamed, .. } => !renamed.is_empty(),
        _ => false,
    };
    // A type of another name is one that every table of it shows.
    if changes.iter().any(renames_type) {
        return state;
    }
    let held = OldVersionUses {
        twins,
        ..OldVersionUses::of(changes, sides, (dialect.syntax(), drafting))
    };
    for change in changes {
        for part in held.first_part(change, &state) {
            apply_with_parts(&mut state, &part);
        }
    }
    state
}

/// Whether something is dropped only to be created again around another change, which takes it along wherever it is made.
pub(super) fn is_only_recreated(change: &Change, changes: &[Change]) -> bool {
    let is_other = |other: &Change| match (change, other) {
        (Change::DropObject { object, .. }, Change::CreateObject(again))
        | (Change::CreateObject(object), Change::DropObject { object: again, .. }) => {
            object == again
        }
        _ => *other == change.reverse(),
    };
    changes.iter().any(is_other)
}

/// Whether the database can number rows only when the table's other primary key has gone, with which the second phase begins.
pub(super) fn waits_for_key(change: &Change, changes: &[Change], drafting: &dyn Drafting) -> bool {
    drafting.numbers_key(change) && change.table().is_some_and(|table| drops_key(changes, table))
}

fn drops_key(changes: &[Change], of: &Name) -> bool {
    let drops =
        |change: &Change| matches!(change, Change::DropPrimaryKey { table, .. } if table == of);
    changes.iter().any(drops)
}

/// What an older version of the program still uses, so that it waits for the second phase.
struct OldVersionUses<'a> {
    changes: &'a [Change],
    sides: (&'a Schema, &'a Schema),
    syntax: &'static Syntax,
    drafting: &'static dyn Drafting,
    /// Tables that are renamed, or a column of which is; by their new names.
    tables: BTreeSet<&'a Name>,
    /// Columns that go, or whose type stays for now.
    columns: BTreeSet<(&'a Name, &'a str)>,
    /// Columns beside which another one, of the old name, is kept the same.
    twins: &'a [(&'a Name, &'a str)],
}

impl<'a> OldVersionUses<'a> {
    fn of(
        changes: &'a [Change],
        sides: (&'a Schema, &'a Schema),
        (syntax, drafting): (&'static Syntax, &'static dyn Drafting),
    ) -> Self {
        let renamed = changes.iter().filter_map(|change| match change {
            Change::RenameTable { to, .. } => Some(to),
            Change::RenameColumn { table, .. } => Some(table),
            _ => None,
        });
        let tables = renamed.collect();
        let columns = changes.iter().filter_map(|change| match change {
            Change::DropColumn { table, column, .. } => Some((table, column.name.as_str())),
            Change::AlterColumn { table, to, .. } if drafting.loses(change, sides).is_some() => {
                Some((table, to.name.as_str()))
            }
            _ => None,
        });
        Self { changes, sides, syntax, drafting, tables, columns: columns.collect(), twins: &[] }
    }

    /// What of a change is made in the first phase.
    fn first_part(&self, change: &Change, state: &Schema) -> Vec<Change> {
        use Change as C;
        if change.table().is_some_and(|table| self.tables.contains(table))
            || is_only_recreated(change, self.changes)
            || self.is_about_twin(change, state)
            || self.needs_held(change, state)
            || self.takes_name_of_key(change)
        {
            return Vec::new();
        }
        match change {
            C::DropColumn { table, column, .. } => self.without_value(table, column),
            C::DropIndex { .. } => self.is_replaced(change),
            C::AddColumn { .. } | C::AlterOptions { .. }
                if waits_for_key(change, self.changes, self.drafting) =>
            {
                Vec::new()
            }
            C::AddColumn { table, column, .. } if !column.fills_itself() => {
                let column = Column { nullable: true, ..column.clone() };
                vec![C::AddColumn { table: table.clone(), column, fill: None }]
            }
            C::AlterColumn { table, from, to, .. } => self.alter_column(change, table, (from, to)),
            C::AddPrimaryKey { table, key } => {
                let found = state.find_table(table);
                let is_set = |name: &String| {
                    let column = found.and_then(|table| table.find_column(name));
                    column.is_some_and(|column| !column.nullable)
                };
                match key.columns.iter().all(is_set) && !self.drops_key(table) {
                    true => vec![change.clone()],
                    false => Vec::new(),
                }
            }
            C::AlterSequence { .. } if self.drafting.loses(change, self.sides).is_some() => {
                Vec::new()
            }
            C::DropTable(_)
            | C::DropEnum(_)
            | C::DropSequence(_)
            | C::DropSchema(_)
            | C::DropPrimaryKey { .. }
            | C::RenameTable { .. }
            | C::RenameColumn { .. }
            | C::RenameEnum { .. }
            | C::AlterEnum { rebuild: true, .. }
            | C::Attach { .. }
            | C::Detach { .. }
            | C::Join { .. }
            | C::GoAlong { .. } => Vec::new(),
            C::DropObject { .. } => self.is_recreated(change),
            C::CreateObject(_) | C::AlterObject { .. } if !self.tables.is_empty() => Vec::new(),
            _ => vec![change.clone()],
        }
    }

    /// Whether something is about a column that is held, or about one that is not there yet.
    fn needs_held(&self, change: &Change, state: &Schema) -> bool {
        let is_held = |table: &Name, column: &str| {
            self.tables.contains(table)
                || self.columns.contains(&(table, column))
                || state.find_table(table).is_some_and(|t| t.find_column(column).is_none())
        };
        let any = |table: &Name, columns: &[String]| columns.iter().any(|c| is_held(table, c));
        let mentions = |table: &Name, text: &str| {
            self.columns
                .iter()
                .any(|(of, column)| *of == table && mentions_name(text, column, self.syntax))
        };
        match change {
            Change::AddColumn { table, column, .. } => {
                self.columns.contains(&(table, column.name.as_str()))
                    || column.generated.as_ref().is_some_and(|g| mentions(table, &g.expression))
            }
            Change::AddUnique { table, unique } => any(table, &unique.columns),
            Change::AddPrimaryKey { table, key } => any(table, &key.columns),
            Change::AddForeignKey { table, key } => {
                any(table, &key.columns) || any(&key.references, &key.referenced)
            }
            Change::AddIndex { table, index } => {
                index_columns(index).into_iter().any(|column| is_held(table, column))
                    || super::table_parts::index_expressions(index)
                        .into_iter()
                        .any(|text| mentions(table, text))
            }
            Change::AddCheck { table, check } => mentions(table, &check.expression),
            Change::AddExclusion { table, exclusion } => mentions(table, &exclusion.definition),
            _ => false,
        }
    }

    /// Of a table with a column under two names, only what is new is made, and what is about other columns: an index or constraint has
    /// another name until the old column goes.
    fn is_about_twin(&self, change: &Change, state: &Schema) -> bool {
        let twin = self.twins.iter().find(|(table, _)| change.table() == Some(*table));
        let Some((table, column)) = twin else { return false };
        let Some(table) = state.find_table(table) else { return true };
        let is_named = |own: &Option<String>| {
            let mut indexes = table.indexes.iter().map(|part| &part.name);
            indexes.any(|other| other == own)
                || table.uniques.iter().any(|part| part.name == *own)
                || table.checks.iter().any(|part| part.name == *own)
                || table.foreign_keys.iter().any(|part| part.name == *own)
        };
        match change {
            Change::AddColumn { .. } => false,
            Change::AlterColumn { to, .. } => to.name == *column,
            Change::AddIndex { index, .. } => is_named(&index.name),
            Change::AddUnique { unique, .. } => is_named(&unique.name),
            Change::AddCheck { check, .. } => is_named(&check.name),
            Change::AddForeignKey { key, .. } => is_named(&key.name),
            _ => true,
        }
    }

    /// The new version does not write a column that goes, so that it must not be needed.
    fn without_value(&self, table: &Name, column: &Column) -> Vec<Change> {
        let comes = |change: &Change| {
            matches!(change, Change::AddColumn { table: own, column: new, .. }
                if own == table && new.name == column.name)
        };
        let found = self.sides.0.find_table(table);
        let key = found.and_then(|table| table.primary_key.as_ref());
        let is_key = key.is_some_and(|key| key.columns.contains(&column.name));
        if column.fills_itself() || is_key || self.changes.iter().any(comes) {
            return Vec::new();
        }
        let to = Column { nullable: true, ..column.clone() };
        vec![Change::AlterColumn {
            table: table.clone(),
            from: column.clone(),
            to,
            fill: None,
            renamed_values: Vec::new(),
        }]
    }

    /// A type that does not hold every value stays for now, and so does what may be NULL.
    fn alter_column(
        &self,
        change: &Change,
        table: &Name,
        (from, to): (&Column, &Column),
    ) -> Vec<Change> {
        let mut next = to.clone();
        next.nullable |= from.nullable;
        if self.drafting.loses(change, self.sides).is_some() {
            next.ty = from.ty.clone();
            next.collation.clone_from(&from.collation);
            next.default.clone_from(&from.default);
            next.identity.clone_from(&from.identity);
            next.generated.clone_from(&from.generated);
            next.options.clone_from(&from.options);
        }
        if waits_for_key(change, self.changes, self.drafting) {
            next.identity = None;
        }
        if next == *from {
            return Vec::new();
        }
        vec![Change::AlterColumn {
            table: table.clone(),
            from: from.clone(),
            to: next,
            fill: None,
            renamed_values: Vec::new(),
        }]
    }

    fn drops_key(&self, of: &Name) -> bool {
        drops_key(self.changes, of)
    }

    /// An index whose name is that of a primary key comes when that has gone.
    fn takes_name_of_key(&self, change: &Change) -> bool {
        let Some(own) = change.added_index() else { return false };
        let is_key = |other: &Change| {
            matches!(other, Change::DropPrimaryKey { .. }) && other.dropped_index() == Some(own)
        };
        self.changes.iter().any(is_key)
    }

    /// An index goes now if another one takes its name now; any other is of use to the old version.
    fn is_replaced(&self, change: &Change) -> Vec<Change> {
        let own = change.dropped_index();
        let next = self.changes.iter().find(|other| own.is_some() && other.added_index() == own);
        match next.is_some_and(|next| !self.first_part(next, self.sides.0).is_empty()) {
            true => vec![change.clone()],
            false => Vec::new(),
        }
    }

    /// An object whose other self comes is recreated.
    fn is_recreated(&self, change: &Change) -> Vec<Change> {
        let Change::DropObject { object, .. } = change else { return Vec::new() };
        let comes = |other: &Change| matches!(other, Change::CreateObject(new) if new.is(object));
        match self.tables.is_empty() && self.changes.iter().any(comes) {
            true => vec![change.clone()],
            false => Vec::new(),
        }
    }
}
