//! What a schema is after a change: for code that writes a list of changes and has to know the schema at each point.

use super::{Change, Commented, ConstraintKind, inherit};
use crate::schema::{INDEX_OPTIONS, Name, Options, Schema, Table};

/// Makes the change on paper. What the change is about and the schema does not have is passed over.
pub(crate) fn apply(schema: &mut Schema, change: &Change) {
    use Change as C;
    match change {
        C::CreateSchema(name) => schema.schemas.push(name.clone()),
        C::DropSchema(name) => schema.schemas.retain(|known| known != name),
        C::CreateEnum(value) => schema.enums.push(value.clone()),
        C::DropEnum(value) => schema.enums.retain(|known| known.name != value.name),
        C::RenameEnum { from, to } => {
            for value in schema.enums.iter_mut().filter(|value| value.name == *from) {
                value.name = to.clone();
            }
        }
        C::AlterEnum { from, to, .. } => {
            for value in schema.enums.iter_mut().filter(|value| value.name == from.name) {
                value.clone_from(to);
            }
        }
        C::Comment { on: Commented::Schema(name), to, .. } => {
            schema.schema_comments.remove(name);
            schema.schema_comments.extend(to.clone().map(|to| (name.clone(), to)));
        }
        C::Comment { on: Commented::Type(name), to, .. } => {
            for value in schema.enums.iter_mut().filter(|value| value.name == *name) {
                value.comment.clone_from(to);
            }
        }
        C::CreateSequence(sequence) => schema.sequences.push(sequence.clone()),
        C::DropSequence(sequence) => schema.sequences.retain(|s| s.name != sequence.name),
        C::AlterSequence { from, to } => {
            for sequence in schema.sequences.iter_mut().filter(|s| s.name == from.name) {
                sequence.clone_from(to);
            }
        }
        C::CreateObject(object) => schema.objects.push(object.clone()),
        C::DropObject { object, .. } => schema.objects.retain(|known| !known.is(object)),
        C::AlterObject { from, to } => {
            for object in schema.objects.iter_mut().filter(|known| known.is(from)) {
                object.clone_from(to);
            }
        }
        C::CreateTable(table) => schema.tables.push(table.clone()),
        C::DropTable(table) => schema.tables.retain(|known| known.name != table.name),
        // The tables of both schemas have their new names from the beginning.
        C::RenameTable { .. } | C::RenameColumn { .. } => {}
        C::Join { own, .. } => apply(schema, own),
        // What the parents give shows in them.
        C::GoAlong { .. } => {}
        _ => {
            if let Some(table) = change.table().and_then(|name| table_mut(schema, name)) {
                apply_to_table(table, change);
            }
            inherit::apply(schema, change);
        }
    }
}

fn table_mut<'s>(schema: &'s mut Schema, name: &Name) -> Option<&'s mut Table> {
    schema.tables.iter_mut().find(|table| table.name == *name)
}

fn apply_to_table(table: &mut Table, change: &Change) {
    use Change as C;
    match change {
        C::Comment { on, to, .. } => comment(table, on, to),
        C::AlterOptions { to, .. } => table.options.clone_from(to),
        C::AddColumn { column, .. } => table.columns.push(column.clone()),
        C::DropColumn { column, .. } => table.columns.retain(|known| known.name != column.name),
        C::AlterColumn { to, .. } => {
            for column in table.columns.iter_mut().filter(|column| column.name == to.name) {
                column.clone_from(to);
            }
        }
        C::AddPrimaryKey { key, .. } => table.primary_key = Some(key.clone()),
        C::DropPrimaryKey { .. } => table.primary_key = None,
        C::AddUnique { unique, .. } => table.uniques.push(unique.clone()),
        C::DropUnique { unique, .. } => take(&mut table.uniques, unique),
        C::AddForeignKey { key, .. } => table.foreign_keys.push(key.clone()),
        C::DropForeignKey { key, .. } => take(&mut table.foreign_keys, key),
        C::AddCheck { check, .. } => table.checks.push(check.clone()),
        C::DropCheck { check, .. } => take(&mut table.checks, check),
        C::AddExclusion { exclusion, .. } => table.exclusions.push(exclusion.clone()),
        C::DropExclusion { exclusion, .. } => take(&mut table.exclusions, exclusion),
        C::AddIndex { index, .. } => table.indexes.push(index.clone()),
        C::DropIndex { index, .. } => take(&mut table.indexes, index),
        C::RenameIndex { from, to, .. } => {
            rename(table.indexes.iter_mut().map(|i| &mut i.name), from, to);
            rename_in_options(&mut table.options, from, to);
        }
        C::RenameConstraint { kind, from, to, .. } => {
            rename_constraint(table, *kind, from, to);
            rename_in_options(&mut table.options, from, to);
        }
        _ => {}
    }
}

/// What names an index follows it.
fn rename_in_options(options: &mut Options, from: &str, to: &str) {
    for option in INDEX_OPTIONS {
        if let Some(index) = options.get_mut(option).filter(|index| *index == from) {
            to.clone_into(index);
        }
    }
}

fn comment(table: &mut Table, on: &Commented, to: &Option<String>) {
    fn set<'p>(
        parts: impl Iterator<Item = (&'p Option<String>, &'p mut Option<String>)>,
        name: &Option<String>,
        to: &Option<String>,
    ) {
        for (_, comment) in parts.filter(|(own, _)| *own == name) {
            comment.clone_from(to);
        }
    }
    macro_rules! each {
        ($parts:ident, $name:expr) => {
            set(table.$parts.iter_mut().map(|part| (&part.name, &mut part.comment)), $name, to)
        };
    }
    match on {
        Commented::Schema(_) | Commented::Type(_) => {}
        Commented::Table(_) => table.comment.clone_from(to),
        Commented::Index { name, .. } => each!(indexes, &Some(name.clone())),
        Commented::Constraint { kind, name, .. } => match kind {
            ConstraintKind::PrimaryKey => each!(primary_key, name),
            ConstraintKind::Unique => each!(uniques, name),
            ConstraintKind::ForeignKey => each!(foreign_keys, name),
            ConstraintKind::Check => each!(checks, name),
            ConstraintKind::Exclusion => each!(exclusions, name),
        },
    }
}

fn rename_constraint(table: &mut Table, kind: ConstraintKind, from: &str, to: &str) {
    match kind {
        ConstraintKind::PrimaryKey => {
            rename(table.primary_key.iter_mut().map(|k| &mut k.name), from, to);
        }
        ConstraintKind::Unique => {
            rename(table.uniques.iter_mut().map(|u| &mut u.name), from, to);
        }
        ConstraintKind::ForeignKey => {
            rename(table.foreign_keys.iter_mut().map(|k| &mut k.name), from, to);
        }
        ConstraintKind::Check => rename(table.checks.iter_mut().map(|c| &mut c.name), from, to),
        ConstraintKind::Exclusion => {
            rename(table.exclusions.iter_mut().map(|e| &mut e.name), from, to);
        }
    }
}

/// Takes out the first that is the same: two without a name may be alike.
fn take<T: PartialEq>(all: &mut Vec<T>, gone: &T) {
    if let Some(at) = all.iter().position(|known| known == gone) {
        all.remove(at);
    }
}

fn rename<'a>(names: impl Iterator<Item = &'a mut Option<String>>, from: &str, to: &str) {
    for name in names.filter(|name| name.as_deref() == Some(from)) {
        *name = Some(to.to_owned());
    }
}
