//! Changes as SQL.

mod alter;
mod column;
mod fill;
mod group;
mod key;
pub(super) mod name;
pub(super) mod online;
pub(super) mod partition;
pub(super) mod rename;
pub(super) mod rename_column;
pub(super) mod rename_table;
mod table;

pub(super) use self::fill::any_value as placeholder;
use self::group::{ChangeGroup, Group, Trace};
use super::{MySql, SYNTAX};
use crate::{
    change::{Change, Commented, ConstraintKind, apply},
    database::{ChangeSet, RenderedChanges, RenderedStatement},
    error::{Error, Result},
    schema::{Exclusion, ForeignKey, Index, IndexKey, Name, Schema, Table},
    sql::{Token, TokenKind, name_value, tokens},
};

pub(super) fn render(_dialect: &MySql, work: &ChangeSet<'_>) -> Result<RenderedChanges> {
    let mut renderer = Renderer {
        work,
        state: work.from.clone(),
        groups: Vec::new(),
        out: Vec::new(),
        late: Vec::new(),
        merges_keys: !work.changes.iter().any(needs_keys_gone),
    };
    for (at, change) in work.changes.iter().enumerate() {
        renderer.change(at, change)?;
        apply(&mut renderer.state, change);
        renderer.close_apart(change);
    }
    renderer.late_keys()?;
    renderer.close(|_| true);
    if work.is_online {
        renderer.out.iter_mut().for_each(online::without_locks);
    }
    Ok(RenderedChanges { directives: Vec::new(), statements: renderer.out })
}

struct Renderer<'a> {
    work: &'a ChangeSet<'a>,
    /// The schema before the change at hand.
    state: Schema,
    /// What is not written yet.
    groups: Vec<Group>,
    out: Vec<RenderedStatement>,
    /// Foreign keys of new tables that refer to what is only made later.
    late: Vec<(usize, Name, ForeignKey)>,
    /// A foreign key may go in the statement that changes the rest of its table.
    merges_keys: bool,
}

impl Renderer<'_> {
    /// Models in a scratch place: which of the servers it is for is not known, so it must be right on both. Nobody reads it.
    fn is_for_any_server(&self) -> bool {
        self.work.from.server.is_empty() && self.work.to.server.is_empty()
    }

    fn server(&self, fact: &str) -> &str {
        let of = |schema: &'_ Schema| schema.server.contains_key(fact);
        let schema = if of(self.work.from) { self.work.from } else { self.work.to };
        schema.server.get(fact).map_or("DEFAULT", String::as_str)
    }

    /// It is for MySQL alone.
    fn is_mysql(&self) -> bool {
        !self.is_for_any_server() && !self.is_mariadb()
    }

    fn is_mariadb(&self) -> bool {
        super::is_mariadb(self.server("version"))
    }

    /// A table as it is by now.
    fn table(&self, name: &Name) -> Table {
        self.state.find_table(name).cloned().unwrap_or_else(|| Table::new(name.clone()))
    }

    fn write(&mut self, at: usize, notes: Vec<String>, sql: String) {
        self.out.push(RenderedStatement { changes: vec![at], notes, sql });
    }

    fn change(&mut self, at: usize, change: &Change) -> Result<()> {
        use Change as C;
        match change {
            C::CreateSchema(name) | C::DropSchema(name) => return Err(no_schema(name)),
            C::CreateSequence(sequence) | C::DropSequence(sequence) => {
                return Err(no_sequence(&sequence.name));
            }
            C::AlterSequence { to, .. } => return Err(no_sequence(&to.name)),
            // The values are listed at each column.
            C::CreateEnum(_) | C::DropEnum(_) | C::RenameEnum { .. } | C::AlterEnum { .. } => {}
            C::CreateTable(table) => self.create_table(at, table)?,
            C::DropTable(table) => {
                self.close_kind(ChangeGroup::Rename);
                self.close_kind(ChangeGroup::DropKeys);
                self.write(at, Vec::new(), format!("DROP TABLE {}", name::table(&table.name)));
            }
            C::RenameTable { from, to } => {
                self.late_keys()?;
                self.close(|_| true);
                let sql =
                    format!("ALTER TABLE {} RENAME TO {}", name::table(from), name::table(to));
                self.write(at, Vec::new(), sql);
            }
            C::RenameColumn { table, from, to } => {
                self.rename_column(at, table, (from, to))?;
            }
            C::Comment { on: Commented::Table(table), to, .. } => {
                let comment = name::literal(to.as_deref().unwrap_or_default());
                let clause = format!("COMMENT = {comment}");
                self.group(table, ChangeGroup::Alter).change(at).clause(Trace::None, clause);
            }
            C::CreateObject(_) | C::DropObject { .. } | C::AlterObject { .. } => {
                // It may need all that comes before it.
                self.close(|_| true);
                for (step, sql) in change.object_statements().into_iter().enumerate() {
                    let changes = if step == 0 { vec![at] } else { Vec::new() };
                    self.out.push(RenderedStatement { changes, notes: Vec::new(), sql });
                }
            }
            C::AlterOptions { table, from, to } => self.alter_options(at, table, from, to)?,
            C::AddColumn { table, column, fill } => {
                self.add_column(at, table, column, fill.as_deref())?;
            }
            C::DropColumn { table, column, .. } => {
                self.part_added(table, &column.name);
                let clause = format!("DROP COLUMN {}", name::name(&column.name));
                let is_last = self.table(table).columns.len() == 1;
                let group = self.group(table, ChangeGroup::Alter).change(at);
                group.clause(Trace::Clear, clause).drops_column(&column.name, is_last);
            }
            C::AlterColumn { table, from, to, fill, renamed_values } => {
                self.alter_column(at, table, (from, to), fill.as_deref(), renamed_values)?;
            }
            other => self.change_part(at, other)?,
        }
        Ok(())
    }

    /// Constraints and indexes.
    fn change_part(&mut self, at: usize, change: &Change) -> Result<()> {
        use Change as C;
        match change {
            C::AddPrimaryKey { table, key } => {
                let clause = format!("ADD {}", key::primary_key(&self.table(table), key)?);
                let kept = self.displaced(table, &key.columns);
                let group = self.group(table, ChangeGroup::Alter).change(at);
                group.clause(Trace::Key, clause).recreate(kept);
            }
            C::DropPrimaryKey { table, .. } => {
                let group = self.group(table, ChangeGroup::Alter).change(at);
                group.clause(Trace::Key, "DROP PRIMARY KEY".to_owned());
            }
            C::AddUnique { table, unique } => {
                let text = key::unique(&self.table(table), unique)?;
                self.add_index(at, table, &unique.name, text, &unique.columns, true);
            }
            C::DropUnique { table, unique } => self.drop_index(at, table, &unique.name),
            C::AddIndex { table, index } if self.is_shown_or_hidden(table, index) => {
                self.show_or_hide(at, table, index);
            }
            C::DropIndex { table, index } if self.is_shown_or_hidden(table, index) => {
                self.group(table, ChangeGroup::Alter).change(at);
            }
            C::AddIndex { table, index } => {
                let text = self.index(&self.table(table), index)?;
                self.add_index(at, table, &index.name, text, &index_columns(index), index.unique);
            }
            C::DropIndex { table, index } => self.drop_index(at, table, &index.name),
            C::Comment { on: Commented::Index { table, name }, to, .. } => {
                self.comment_index(at, table, name, to)?;
            }
            C::Comment { on: Commented::Constraint { table, kind, name }, to, .. } => {
                self.comment_constraint(at, table, (*kind, name), to)?;
            }
            C::AddForeignKey { table, key } => {
                self.late_keys()?;
                self.add_foreign_key(at, table, key)?;
            }
            C::DropForeignKey { table, key } => {
                self.drop_foreign_key(at, table, key);
            }
            C::AddCheck { table, check } => self.add_check(at, table, check)?,
            C::DropCheck { table, check } => self.drop_check(at, table, check)?,
            C::AddExclusion { table, exclusion } | C::DropExclusion { table, exclusion } => {
                return Err(self.no_exclusion(&self.table(table), exclusion));
            }
            C::RenameIndex { table, from, to }
            | C::RenameConstraint { table, kind: ConstraintKind::Unique, from, to } => {
                self.part(table, &format!("index {from}"));
                let clause = format!("RENAME INDEX {} TO {}", name::name(from), name::name(to));
                self.group(table, ChangeGroup::Rename).change(at).clause(Trace::Clear, clause);
            }
            C::RenameConstraint { table, kind, from, to } => {
                self.rename_constraint(at, table, *kind, from, to)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn no_exclusion(&self, table: &Table, exclusion: &Exclusion) -> Error {
        let own = exclusion.name.as_deref().unwrap_or_default();
        column::refused(table, own, "has no exclusion constraints")
    }
}

/// The names and words in a text.
fn words(text: &str) -> Vec<String> {
    let is_name = |token: &Token<'_>| matches!(token.kind, TokenKind::Word | TokenKind::QuotedName);
    tokens(text, &SYNTAX).filter(is_name).map(|token| name_value(&token)).collect()
}

pub(super) fn unsupported(problem: String) -> Error {
    Error::Unsupported { database: "mysql", problem }
}

fn no_schema(name: &str) -> Error {
    unsupported(format!(
        "mysql has no schemas beside the database itself: leave {name} out; nothing was written"
    ))
}

fn no_sequence(name: &Name) -> Error {
    unsupported(format!(
        "mysql has no sequences that all of its servers know: leave {name} out; nothing was written"
    ))
}

/// The columns of an index that are columns, up to the first that is none.
fn index_columns(index: &Index) -> Vec<String> {
    let parts = index.parts.iter().map_while(|part| match &part.key {
        IndexKey::Column(name) => Some(name.clone()),
        IndexKey::Expression(_) => None,
    });
    parts.collect()
}

/// Whether a change is made by statements before or beside the one that changes its table, for which foreign keys must be gone.
fn needs_keys_gone(change: &Change) -> bool {
    match change {
        Change::CreateTable(_) | Change::DropTable(_) | Change::AlterOptions { .. } => true,
        Change::AddColumn { column, fill, .. } => fill.is_some() || !column.fills_itself(),
        Change::AlterColumn { fill, renamed_values, .. } => {
            fill.is_some() || !renamed_values.is_empty()
        }
        _ => false,
    }
}
