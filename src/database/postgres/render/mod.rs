//! Changes as SQL: each by itself, since DDL is transactional and a reader sees what it does.

mod column;
mod constraint;
mod enums;
mod fill;
mod name;
mod online;
mod online_partitioned;
mod partition;
pub(super) mod rename;
pub(super) mod rename_table;
mod sequence;
mod table;
mod volatile;

pub(super) use self::{
    column::{alters, sequence_of, without_serial},
    name::name,
    online::form,
    sequence::ends_sooner,
};
use super::Postgres;
use crate::{
    change::{Change, Commented, apply},
    database::{ChangeSet, Dialect, RenderedChanges, RenderedStatement},
    error::Result,
    schema::{Address, DefaultValue, Literal, Name, Schema},
    sql::{TokenKind, tokens},
};

/// A table's or type's name as SQL.
pub(super) fn table_name(of: &Name) -> String {
    name::table(of)
}

/// What has a comment, as COMMENT ON names it.
fn commented(on: &Commented) -> String {
    match on {
        Commented::Schema(schema) => format!("SCHEMA {}", name(schema)),
        Commented::Type(of) => format!("TYPE {}", table_name(of)),
        Commented::Table(of) => format!("TABLE {}", table_name(of)),
        Commented::Index { table, name } => {
            format!("INDEX {}", name::in_schema(table.schema.as_deref(), name))
        }
        Commented::Constraint { table, name: of, .. } => {
            let of = name(of.as_deref().unwrap_or_default());
            format!("CONSTRAINT {of} ON {}", table_name(table))
        }
    }
}

pub(super) fn render(dialect: &Postgres, work: &ChangeSet<'_>) -> Result<RenderedChanges> {
    let mut writer = Writer {
        dialect,
        work,
        state: work.from.clone(),
        at: None,
        statements: Vec::new(),
        notes: Vec::new(),
    };
    let is_routine = |change: &Change| match change {
        Change::CreateObject(object) | Change::AlterObject { to: object, .. } => {
            ROUTINES.contains(&object.kind.as_str())
        }
        _ => false,
    };
    let takes_bodies = takes_bodies(work) && work.changes.iter().any(is_routine);
    if takes_bodies {
        writer.push("SET check_function_bodies = off");
    }
    for (at, change) in work.changes.iter().enumerate() {
        writer.at = Some(at);
        writer.change(change)?;
        apply(&mut writer.state, change);
    }
    if takes_bodies {
        writer.push("RESET check_function_bodies");
    }
    Ok(RenderedChanges { directives: Vec::new(), statements: writer.statements })
}

/// What a schema's `server` says if its script takes the bodies of functions as they are.
pub(super) const TAKES_BODIES: &str = "takes_bodies";

/// Whether functions are taken as they are: where they exist already, or the script that they are in says so.
fn takes_bodies(work: &ChangeSet<'_>) -> bool {
    work.is_copy
        || [work.from, work.to].iter().any(|schema| schema.server.contains_key(TAKES_BODIES))
}

/// What has a body that the server looks into.
const ROUTINES: [&str; 2] = ["function", "procedure"];

/// What a body in SQL cannot do without.
const IN_BODIES: [&str; 6] =
    ["aggregate", "foreign table", "function", "materialized view", "procedure", "view"];

/// Writes one change after the other.
struct Writer<'a> {
    dialect: &'a Postgres,
    work: &'a ChangeSet<'a>,
    /// The schema before the change in hand.
    state: Schema,
    /// The change in hand, until its first statement is written.
    at: Option<usize>,
    statements: Vec<RenderedStatement>,
    /// What is to be said at the next statement.
    notes: Vec<String>,
}

impl Writer<'_> {
    fn push(&mut self, sql: impl Into<String>) {
        self.statements.push(RenderedStatement {
            changes: self.at.take().into_iter().collect(),
            notes: std::mem::take(&mut self.notes),
            sql: self.with_returns(sql.into()),
        });
    }

    /// A statement whose strings say their carriage returns by escapes: a file of migrations has the line ends of the checkout, and
    /// is read with one kind. Bodies between dollar signs are compared whatever their line ends.
    fn with_returns(&self, sql: String) -> String {
        if !sql.contains('\r') {
            return sql;
        }
        let (mut text, mut end) = (String::with_capacity(sql.len()), 0);
        let strings = tokens(&sql, self.dialect.syntax()).filter(|token| {
            token.kind == TokenKind::Text
                && token.text.contains('\r')
                && !token.text.starts_with('$')
        });
        for string in strings {
            let escaped = match string.text.strip_prefix('\'') {
                Some(rest) => format!("E'{}", rest.replace('\\', "\\\\")),
                None => string.text.to_owned(),
            };
            text.push_str(&sql[end..string.start]);
            text.push_str(&escaped.replace('\r', "\\r"));
            end = string.start + string.text.len();
        }
        text + &sql[end..]
    }

    fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    fn literal(&self, text: &str) -> String {
        self.dialect.literal(text)
    }

    fn alter(&mut self, table: &Name, action: &str) {
        let table = table_name(table);
        self.push(format!("ALTER TABLE {table} {action}"));
    }

    fn comment(&mut self, on: &str, comment: Option<&str>) {
        let text = comment.map_or("NULL".to_owned(), |comment| self.literal(comment));
        self.push(format!("COMMENT ON {on} IS {text}"));
    }

    /// The comment that something new comes with.
    fn comment_new(&mut self, on: &Commented, comment: &Option<String>) {
        if let Some(comment) = comment {
            self.comment(&commented(on), Some(comment));
        }
    }

    /// One that comes back has the comment that went with it.
    fn create_schema(&mut self, schema: &str) {
        self.push(format!("CREATE SCHEMA {}", name(schema)));
        let on = Commented::Schema(schema.to_owned());
        let is_said =
            |change: &Change| matches!(change, Change::Comment { on: of, .. } if *of == on);
        if !self.work.changes.iter().any(is_said) {
            let comment = self.work.to.schema_comments.get(schema).cloned();
            self.comment_new(&on, &comment);
        }
    }

    /// Whether the body of a new function names what only comes later: functions that call each other, a table whose check calls the
    /// function. The server looks into bodies when they are created: into one in SQL whole, into one in PL/pgSQL for its variables' types.
    fn is_early(&self, change: &Change) -> bool {
        let (Change::CreateObject(object) | Change::AlterObject { to: object, .. }) = change else {
            return false;
        };
        let is_sql = object.definition.contains("LANGUAGE sql");
        if takes_bodies(self.work) || !is_sql && !object.definition.contains("LANGUAGE plpgsql") {
            return false;
        }
        let own = object.address();
        let is_missing = |on: &Address| match on {
            Address::Table(table) => self.state.find_table(table).is_none(),
            Address::Object(kind, _) if is_sql && IN_BODIES.contains(&kind.as_str()) => {
                !self.state.objects.iter().any(|known| known.address() == *on)
            }
            _ => false,
        };
        if is_sql && self.names_new_value(&object.definition) {
            return true;
        }
        let mut named = self.work.to.dependencies.iter().filter(|d| d.is_soft && d.of == own);
        named.any(|d| is_missing(&d.on))
    }

    /// Whether a body names a value that this very draft adds to a type: the server takes it only after the commit.
    fn names_new_value(&self, definition: &str) -> bool {
        self.work.changes.iter().any(|change| match change {
            Change::AlterEnum { from, to, rebuild: false, .. } => {
                let mut new = to.values.iter().filter(|value| !from.values.contains(value));
                new.any(|value| definition.contains(&self.literal(value)))
            }
            _ => false,
        })
    }

    fn default(&self, default: &DefaultValue) -> String {
        match default {
            DefaultValue::Sql(sql) => sql.clone(),
            DefaultValue::Literal(Literal::Text(text)) => self.literal(text),
            DefaultValue::Literal(Literal::Integer(value)) => value.to_string(),
            DefaultValue::Literal(Literal::Float(value)) => value.to_string(),
            DefaultValue::Literal(Literal::Boolean(value)) => value.to_string(),
        }
    }

    fn change(&mut self, change: &Change) -> Result<()> {
        use Change as C;
        match change {
            C::CreateSchema(schema) => self.create_schema(schema),
            C::DropSchema(schema) => self.push(format!("DROP SCHEMA {}", name(schema))),
            C::CreateEnum(_) | C::DropEnum(_) | C::RenameEnum { .. } | C::AlterEnum { .. } => {
                self.enum_type(change);
            }
            C::CreateSequence(_) | C::DropSequence(_) | C::AlterSequence { .. } => {
                self.sequence(change);
            }
            C::CreateTable(table) => self.create_table(table)?,
            C::DropTable(table) => self.drop_table(table),
            C::RenameTable { from, to } => {
                self.push(format!("ALTER TABLE {} RENAME TO {}", table_name(from), name(&to.name)));
            }
            C::Comment { on, to, .. } => self.comment(&commented(on), to.as_deref()),
            C::CreateObject(_) | C::DropObject { .. } | C::AlterObject { .. } => {
                let is_early = self.is_early(change);
                if is_early {
                    self.push("SET check_function_bodies = off".to_owned());
                }
                change.object_statements().into_iter().for_each(|sql| self.push(sql));
                if is_early {
                    self.push("RESET check_function_bodies".to_owned());
                }
            }
            C::AlterOptions { table, from, to } => self.table_options(table, from, to),
            C::Attach { .. } | C::Detach { .. } | C::Join { .. } | C::GoAlong { .. } => {
                self.lineage(change);
            }
            C::AddColumn { table, column, fill } => {
                self.add_column(table, column, fill.as_deref())?
            }
            C::DropColumn { table, column, .. } => {
                self.alter(table, &format!("DROP COLUMN {}", name(&column.name)));
            }
            C::RenameColumn { table, from, to } => {
                self.alter(table, &format!("RENAME COLUMN {} TO {}", name(from), name(to)));
            }
            C::AlterColumn { table, from, to, fill, .. } => {
                let (from, to) = (self.plain(table, from), self.plain(table, to));
                self.alter_column(table, &from, &to, fill.as_deref());
            }
            C::AddIndex { table, index } => self.add_index(table, index),
            C::DropIndex { table, index } => {
                let of = index.name.as_deref().unwrap_or_default();
                self.push(format!("DROP INDEX {}", name::in_schema(table.schema.as_deref(), of)));
            }
            C::RenameIndex { table, from, to } => {
                let of = name::in_schema(table.schema.as_deref(), from);
                self.push(format!("ALTER INDEX {of} RENAME TO {}", name(to)));
            }
            _ => self.constraint(change),
        }
        Ok(())
    }
}
