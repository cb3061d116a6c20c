//! Changes as SQL.
//!
//! What SQLite's own ALTER TABLE does exactly is done with it. All other changes of a table are made at once, by rebuilding it,
//! where the last of them is. So it keeps two schemas: the current one, and the one that is asked for so far.

mod fill;
mod key;
mod loose;
pub(super) mod name;
mod plan;
mod rebuild;
pub(super) mod table;
mod trigger;

pub(super) use self::trigger::respelled;
use self::{name::name, plan::RebuildPlan, trigger::ObjectRenames};
use super::Sqlite;
use crate::{
    change::{Change, apply},
    database::{ChangeSet, RenderedChanges, RenderedStatement},
    error::{Error, Result},
    schema::{
        Address, Column, ForeignKey, Index, Name, ReferentialAction, Schema, SchemaObject, Table,
    },
};

/// Keys are switched off where a table goes that others refer to: going, it would take their rows along.
const FOREIGN_KEYS_OFF: &str = "foreign-keys off";

pub(super) fn render(_dialect: &Sqlite, work: &ChangeSet<'_>) -> Result<RenderedChanges> {
    let there = loose::settled(work.from, work.to);
    let mut writer = Writer {
        work,
        plan: RebuildPlan::new(work),
        renames: ObjectRenames::new(work),
        is: there.clone(),
        wanted: there,
        out: RenderedChanges::default(),
    };
    for (at, change) in work.changes.iter().enumerate() {
        writer.change(at, change)?;
    }
    Ok(writer.out)
}

struct Writer<'a> {
    work: &'a ChangeSet<'a>,
    plan: RebuildPlan,
    renames: ObjectRenames,
    /// The schema after the statements that are written.
    is: Schema,
    /// What is asked for by the changes up to the one at hand.
    wanted: Schema,
    out: RenderedChanges,
}

fn table_of(schema: &Schema, name: &Name) -> Table {
    schema.find_table(name).cloned().unwrap_or_else(|| Table::new(name.clone()))
}

impl Writer<'_> {
    fn write(&mut self, changes: Vec<usize>, notes: Vec<String>, sql: String) {
        self.out.statements.push(RenderedStatement { changes, notes, sql });
    }

    /// Written as it is asked for.
    fn done(&mut self, change: &Change) {
        apply(&mut self.is, change);
        apply(&mut self.wanted, change);
    }

    fn keys_off(&mut self) {
        if self.out.directives.is_empty() {
            self.out.directives.push(FOREIGN_KEYS_OFF.to_owned());
        }
    }

    fn change(&mut self, at: usize, change: &Change) -> Result<()> {
        use Change as C;
        match change {
            C::CreateSchema(of) | C::DropSchema(of) => return Err(no_such("schemas", of)),
            C::CreateSequence(of) | C::DropSequence(of) => {
                return Err(no_such("sequences", &of.name));
            }
            C::AlterSequence { to, .. } => return Err(no_such("sequences", &to.name)),
            // The values are listed at each column, and comments cannot be kept.
            C::CreateEnum(_) | C::DropEnum(_) | C::RenameEnum { .. } | C::AlterEnum { .. } => {}
            C::Comment { .. } => self.done(change),
            C::CreateTable(table) => self.create_table(at, table)?,
            C::DropTable(table) => self.drop_table(at, table),
            C::RenameTable { from, to } => {
                // To the same name in other letters it cannot be renamed at once.
                let is_same = from.name.eq_ignore_ascii_case(&to.name);
                let between = is_same.then(|| name(&self.temporary(&to.name)));
                let (from, to) = (name::table(from), name::table(to));
                let step = |from: &str, to: &str| format!("ALTER TABLE {from} RENAME TO {to}");
                let sql = match between {
                    Some(name) => format!("{};\n{}", step(&from, &name), step(&name, &to)),
                    None => step(&from, &to),
                };
                self.write(vec![at], Vec::new(), sql);
            }
            C::RenameColumn { table, from, to } => {
                let (from, to) = (name(from), name(to));
                let sql =
                    format!("ALTER TABLE {} RENAME COLUMN {from} TO {to}", name::table(table));
                self.write(vec![at], Vec::new(), sql);
            }
            C::CreateObject(_) | C::DropObject { .. } | C::AlterObject { .. } => {
                self.done(change);
                for (step, sql) in change.object_statements().into_iter().enumerate() {
                    let changes = if step == 0 { vec![at] } else { Vec::new() };
                    self.write(changes, Vec::new(), sql);
                }
            }
            C::AddIndex { table, index } => self.add_index(at, table, index)?,
            C::DropIndex { index, .. } => {
                self.drop_index(vec![at], index.name.as_deref());
                self.done(change);
            }
            C::RenameIndex { table, from, to } => self.rename_index(at, table, from, to)?,
            other => self.alter(at, other)?,
        }
        Ok(())
    }

    /// Changes of an existing table.
    fn alter(&mut self, at: usize, change: &Change) -> Result<()> {
        let Some(of) = change.table().cloned() else { return Ok(()) };
        apply(&mut self.wanted, change);
        if let Some(last) = self.plan.rebuilt_at(&of) {
            if last == at {
                self.rebuild(&of)?;
            }
            return Ok(());
        }
        apply(&mut self.is, change);
        match change {
            Change::AddColumn { column, fill, .. } => {
                self.add_column(at, &of, column, fill.as_deref())?;
            }
            Change::DropColumn { column, .. } => {
                let sql =
                    format!("ALTER TABLE {} DROP COLUMN {}", name::table(&of), name(&column.name));
                let changes = self.plan.with(at);
                self.write(changes, Vec::new(), sql);
            }
            // A constraint that is written at a column comes and goes with it.
            _ => {}
        }
        Ok(())
    }

    fn create_table(&mut self, at: usize, table: &Table) -> Result<()> {
        let change = Change::CreateTable(table.clone());
        let mut table = table.clone();
        if self.work.to.server.is_empty() {
            as_keys_are_meant(&mut table);
        }
        let sql = table::create_table(&table, &table.name.name)?;
        self.write(vec![at], Vec::new(), sql);
        for index in &table.indexes {
            let sql = key::index(&table, index)?;
            self.write(Vec::new(), Vec::new(), sql);
        }
        self.done(&change);
        Ok(())
    }

    fn drop_table(&mut self, at: usize, table: &Table) {
        self.done(&Change::DropTable(table.clone()));
        let refers = |key: &ForeignKey| key.references == table.name;
        // All rows go at once, so that those which refer to each other are in the way of this alone.
        let keeps = |key: &ForeignKey| refers(key) && key.on_delete == ReferentialAction::Restrict;
        if table.foreign_keys.iter().any(keeps)
            || self.is.tables.iter().any(|other| other.foreign_keys.iter().any(refers))
        {
            self.keys_off();
        }
        self.write(vec![at], Vec::new(), format!("DROP TABLE {}", name::table(&table.name)));
    }

    fn add_column(
        &mut self,
        at: usize,
        of: &Name,
        column: &Column,
        fill: Option<&str>,
    ) -> Result<()> {
        let changes = self.plan.with(at);
        let mut table = Table::new(of.clone());
        table.options = table_of(&self.wanted, of).options;
        let mut references = Vec::new();
        for &with in &changes {
            match &self.work.changes[with] {
                Change::AddCheck { check, .. } => table.checks.push(check.clone()),
                Change::AddForeignKey { key, .. } => {
                    references.push(key::foreign_key_of_column(&table, key)?);
                }
                _ => {}
            }
        }
        let mut text = table::definition(&table, column)?;
        for key in references {
            text.push_str(&format!(" {key}"));
        }
        let of = name::table(of);
        self.write(changes, Vec::new(), format!("ALTER TABLE {of} ADD COLUMN {text}"));
        if let Some(fill) = fill.filter(|_| self.work.with_rows && column.generated.is_none()) {
            let sql = format!("UPDATE {of} SET {} = {fill}", name(&column.name));
            self.write(Vec::new(), Vec::new(), sql);
        }
        Ok(())
    }

    fn add_index(&mut self, at: usize, table: &Name, index: &Index) -> Result<()> {
        let change = Change::AddIndex { table: table.clone(), index: index.clone() };
        if self.plan.waits(table, at) {
            // It is created when the table is rebuilt.
            apply(&mut self.wanted, &change);
            return Ok(());
        }
        self.done(&change);
        let sql = key::index(&table_of(&self.is, table), index)?;
        let is_strict = index.unique && self.work.with_rows;
        let note = is_strict.then(|| "fails where two rows are the same in it".to_owned());
        self.write(vec![at], note.into_iter().collect(), sql);
        Ok(())
    }

    fn drop_index(&mut self, changes: Vec<usize>, index: Option<&str>) {
        let of = name(index.unwrap_or_default());
        self.write(changes, Vec::new(), format!("DROP INDEX {of}"));
    }

    /// There is no statement for it, so that the index is made once more.
    fn rename_index(&mut self, at: usize, table: &Name, from: &str, to: &str) -> Result<()> {
        self.drop_index(vec![at], Some(from));
        let change =
            Change::RenameIndex { table: table.clone(), from: from.to_owned(), to: to.to_owned() };
        if self.plan.waits(table, at) {
            apply(&mut self.wanted, &change);
            for known in self.is.tables.iter_mut().filter(|known| known.name == *table) {
                known.indexes.retain(|index| index.name.as_deref() != Some(from));
            }
            return Ok(());
        }
        self.done(&change);
        let table = table_of(&self.is, table);
        for index in table.indexes.iter().filter(|index| index.name.as_deref() == Some(to)) {
            let sql = key::index(&table, index)?;
            self.write(Vec::new(), Vec::new(), sql);
        }
        Ok(())
    }

    /// The statements that create the triggers again that a table has by now, in the words of now.
    fn triggers(&self, table: &Name) -> Vec<String> {
        let is_own = |object: &&SchemaObject| {
            object.kind == "trigger" && object.belongs_to == Some(Address::Table(table.clone()))
        };
        let triggers = self.is.objects.iter().filter(is_own);
        triggers.map(|trigger| self.renames.put_in(&trigger.definition, &self.is)).collect()
    }
}

/// A primary key of the models is NOT NULL; SQLite allows NULL in others.
fn as_keys_are_meant(table: &mut Table) {
    let Some(key) = &table.primary_key else { return };
    for column in table.columns.iter_mut().filter(|column| key.columns.contains(&column.name)) {
        column.nullable = false;
    }
}

pub(super) fn unsupported(problem: String) -> Error {
    Error::Unsupported { database: "sqlite", problem }
}

fn no_such(what: &str, of: &dyn std::fmt::Display) -> Error {
    unsupported(format!("sqlite has no {what}: leave {of} out; nothing was written"))
}
