//! Changes as SQL: by ALTER TABLE where that is exact, else by making the table anew.

mod name;
mod rebuild;
mod table;

use std::collections::{HashMap, HashSet};

pub(super) use self::name::name;
use super::Sqlite;
use crate::{
    change::{Change, apply},
    database::{Alteration, RenderedStatement, Rendition},
    error::Result,
    schema::{Column, Name, Schema, Table},
};

pub(super) fn render(_dialect: &Sqlite, work: &Alteration<'_>) -> Result<Rendition> {
    let mut writer = Writer {
        work,
        statements: Vec::new(),
        without_foreign_keys: false,
        state: work.from.clone(),
    };
    let rebuilds = writer.rebuilds();
    for (at, change) in work.changes.iter().enumerate() {
        let of =
            change.table().and_then(|table| rebuilds.get(table)).filter(|_| is_in_table(change));
        match of {
            // All at once where the last of them stands: by then new tables are there.
            Some(all) if all.last() == Some(&at) => writer.rebuild_of(change, all)?,
            Some(_) => {}
            None => writer.change(at, change)?,
        }
        apply(&mut writer.state, change);
    }
    let directives =
        if writer.without_foreign_keys { vec!["foreign-keys off".to_owned()] } else { Vec::new() };
    Ok(Rendition { directives, statements: writer.statements })
}

/// Writes one change after the other.
struct Writer<'a> {
    work: &'a Alteration<'a>,
    statements: Vec<RenderedStatement>,
    /// A table was dropped, which counts as deleting its rows.
    without_foreign_keys: bool,
    /// What is there before the change in hand; a table that is made anew has its changes by then.
    state: Schema,
}

/// Changes inside of a table that both schemas have.
fn is_in_table(change: &Change) -> bool {
    !matches!(
        change,
        Change::CreateTable(_)
            | Change::DropTable(_)
            | Change::RenameTable { .. }
            | Change::RenameColumn { .. }
    ) && change.table().is_some()
}

impl Writer<'_> {
    /// The tables that have to be made anew, with the changes of each.
    fn rebuilds(&self) -> HashMap<Name, Vec<usize>> {
        let mut all: HashMap<Name, Vec<usize>> = HashMap::new();
        let mut needed: HashSet<Name> = HashSet::new();
        for (at, change) in self.work.changes.iter().enumerate().filter(|(_, c)| is_in_table(c)) {
            let Some(table) = change.table() else { continue };
            all.entry(table.clone()).or_default().push(at);
            if !self.is_simple(table, change) {
                needed.insert(table.clone());
            }
        }
        all.retain(|table, _| needed.contains(table));
        all
    }

    /// Whether ALTER TABLE, or a statement about an index, does exactly this.
    fn is_simple(&self, table: &Name, change: &Change) -> bool {
        match change {
            Change::AddIndex { .. }
            | Change::DropIndex { .. }
            | Change::RenameIndex { .. }
            | Change::CommentTable { .. }
            | Change::CommentIndex { .. } => true,
            Change::AddColumn { column, .. } => {
                self.work.to.find_table(table).is_some_and(|of| can_add(of, column))
            }
            Change::DropColumn { column, .. } => {
                self.work.from.find_table(table).is_some_and(|of| self.can_drop(of, column))
            }
            _ => false,
        }
    }

    fn can_drop(&self, table: &Table, column: &Column) -> bool {
        let is_used = self
            .work
            .from
            .uncovered
            .iter()
            .any(|thing| thing.uses.iter().any(|used| used.table == table.name));
        let comes_back = self.work.changes.iter().any(|change| {
            matches!(change, Change::AddColumn { table: of, column: c, .. } if *of == table.name && c.name == column.name)
        });
        let last = table.columns.len() == 1;
        !is_used
            && !comes_back
            && !last
            && !rebuild::mentioned(table).contains(&column.name.to_lowercase())
    }

    fn rebuild_of(&mut self, change: &Change, all: &[usize]) -> Result<()> {
        let Some(table) = change.table() else { return Ok(()) };
        let (Some(from), Some(to)) =
            (self.work.from.find_table(table), self.work.to.find_table(table))
        else {
            return Ok(());
        };
        self.rebuild(from, to, all.to_vec())
    }

    fn push(&mut self, change: usize, sql: impl Into<String>) {
        self.statements.push(RenderedStatement {
            changes: vec![change],
            notes: Vec::new(),
            sql: sql.into(),
        });
    }

    fn change(&mut self, at: usize, change: &Change) -> Result<()> {
        match change {
            Change::CreateTable(of) => {
                self.push(at, table::create(of, &of.name.name)?);
                for index in &of.indexes {
                    self.statements.push(RenderedStatement {
                        sql: table::create_index(&of.name, index),
                        ..RenderedStatement::default()
                    });
                }
            }
            Change::DropTable(of) => {
                self.without_foreign_keys = true;
                self.push(at, format!("DROP TABLE {}", name(&of.name.name)));
            }
            Change::RenameTable { from, to } => {
                let (from, to) = (name(&from.name), name(&to.name));
                self.push(at, format!("ALTER TABLE {from} RENAME TO {to}"));
            }
            Change::RenameColumn { table, from, to } => {
                let (from, to) = (name(from), name(to));
                self.push(
                    at,
                    format!("ALTER TABLE {} RENAME COLUMN {from} TO {to}", name(&table.name)),
                );
            }
            Change::AddColumn { table: of, column, .. } => {
                if let Some(to) = self.work.to.find_table(of) {
                    let text = table::column(to, column, None)?;
                    self.push(at, format!("ALTER TABLE {} ADD COLUMN {text}", name(&of.name)));
                }
            }
            Change::DropColumn { table, column, .. } => {
                let text =
                    format!("ALTER TABLE {} DROP COLUMN {}", name(&table.name), name(&column.name));
                self.push(at, text);
            }
            Change::AddIndex { table: of, index } => self.push(at, table::create_index(of, index)),
            Change::DropIndex { index, .. } => {
                let of = name(index.name.as_deref().unwrap_or_default());
                self.push(at, format!("DROP INDEX {of}"));
            }
            Change::RenameIndex { table: of, from, to } => {
                let index = self.state.find_table(of).and_then(|table| {
                    table.indexes.iter().find(|index| index.name.as_ref() == Some(from)).cloned()
                });
                if let Some(index) = index {
                    let index = index.named(to.clone());
                    self.push(
                        at,
                        format!("DROP INDEX {};\n{}", name(from), table::create_index(of, &index)),
                    );
                }
            }
            // There are no comments, enum types and sequences here, and the rest is done by making the table anew.
            _ => {}
        }
        Ok(())
    }
}

/// Whether ADD COLUMN takes this column (<https://sqlite.org/lang_altertable.html#altertabaddcol>).
fn can_add(table: &Table, column: &Column) -> bool {
    let default = column.default.as_ref().map(table::default);
    let is_constant = default.as_deref().is_none_or(table::is_constant);
    let is_null = default.as_deref().is_none_or(|text| text.eq_ignore_ascii_case("NULL"));
    let in_key = table.primary_key.iter().any(|key| key.columns.contains(&column.name))
        || table.uniques.iter().any(|unique| unique.columns.contains(&column.name));
    let in_reference = table.foreign_keys.iter().any(|key| key.columns.contains(&column.name));
    let stored = column.generated.as_ref().is_some_and(|generated| generated.stored);
    !in_key
        && !in_reference
        && !stored
        && is_constant
        && (column.nullable || !is_null || column.generated.is_some())
        && !rebuild::is_abstract(&column.ty)
}
