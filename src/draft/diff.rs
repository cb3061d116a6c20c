//! The difference of two schemas that were both inspected. It is pure, and says nothing of an order.

use std::collections::{BTreeSet, HashMap};

use super::{
    lineage::Lineage,
    table_parts::{self, TablePart},
};
use crate::{
    change::{Change, Commented, ConstraintKind},
    schema::{
        Column, DefaultValue, EnumType, Identity, Name, Schema, SchemaObject, Sequence, Table,
    },
};

/// What [`diff`] must be told of the database.
pub(super) trait Rules {
    /// Whether a column can become another in place.
    fn alters(&self, from: &Column, to: &Column) -> bool;
    /// Whether an expression has this text as a literal.
    fn has_text(&self, expression: &str, text: &str) -> bool;
}

/// A database that can do everything in place.
pub(super) struct InPlace;

impl Rules for InPlace {
    fn alters(&self, _from: &Column, _to: &Column) -> bool {
        true
    }

    fn has_text(&self, _expression: &str, _text: &str) -> bool {
        false
    }
}

/// What makes the one schema the other.
pub(super) fn diff(current: &Schema, desired: &Schema, rules: &dyn Rules) -> Vec<Change> {
    let mut changes = Vec::new();
    for name in desired.schemas.iter().filter(|name| !current.schemas.contains(name)) {
        changes.push(Change::CreateSchema(name.clone()));
    }
    let goes = |name: &&String| !desired.schemas.contains(name);
    changes.extend(current.schemas.iter().filter(goes).cloned().map(Change::DropSchema));
    for name in &desired.schemas {
        let (from, to) = (current.schema_comments.get(name), desired.schema_comments.get(name));
        comment(Commented::Schema(name.clone()), from, to, &mut changes);
    }
    enums(current, desired, rules, &mut changes);
    sequences(current, desired, &mut changes);
    let taken = taken(current);
    let (is, should) = (by_name(current), by_name(desired));
    let has_lineage = current.has_lineage() || desired.has_lineage();
    if has_lineage {
        let (taken, state) = (&taken, current.clone());
        Lineage { current, desired, taken, rules, state }.tables(&mut changes);
    }
    for table in current.tables.iter().filter(|_| !has_lineage) {
        match should.get(&table.name) {
            Some(to) => tables(table, to, &taken, rules, &mut changes),
            None => changes.push(Change::DropTable(table.clone())),
        }
    }
    let is_new = |table: &&Table| !is.contains_key(&table.name);
    changes.extend(desired.tables.iter().filter(is_new).cloned().map(Change::CreateTable));
    changes
}

fn comment(on: Commented, from: Option<&String>, to: Option<&String>, changes: &mut Vec<Change>) {
    if from != to {
        changes.push(Change::Comment { on, from: from.cloned(), to: to.cloned() });
    }
}

fn by_name(schema: &Schema) -> HashMap<&Name, &Table> {
    schema.tables.iter().map(|table| (&table.name, table)).collect()
}

fn enums(current: &Schema, desired: &Schema, rules: &dyn Rules, changes: &mut Vec<Change>) {
    for from in &current.enums {
        match desired.enums.iter().find(|to| to.name == from.name) {
            None => changes.push(Change::DropEnum(from.clone())),
            Some(to) => {
                if from.values != to.values {
                    changes.push(Change::AlterEnum {
                        rebuild: needs_rebuild(from, to)
                            || uses_new_values(from, to, desired, rules),
                        from: from.clone(),
                        // What is said of it is a change of its own.
                        to: EnumType { comment: from.comment.clone(), ..to.clone() },
                        renamed: Vec::new(),
                    });
                }
                let on = Commented::Type(to.name.clone());
                comment(on, from.comment.as_ref(), to.comment.as_ref(), changes);
            }
        }
    }
    let is_new = |to: &&EnumType| !current.enums.iter().any(|from| from.name == to.name);
    changes.extend(desired.enums.iter().filter(is_new).cloned().map(Change::CreateEnum));
}

/// Values can only be added; that those which are there go or change places takes a new type.
fn needs_rebuild(from: &EnumType, to: &EnumType) -> bool {
    let kept: Vec<&String> = to.values.iter().filter(|value| from.values.contains(value)).collect();
    kept != from.values.iter().collect::<Vec<_>>()
}

/// A value that was added can be used in later transactions only; a type that was recreated, at once.
fn uses_new_values(from: &EnumType, to: &EnumType, desired: &Schema, rules: &dyn Rules) -> bool {
    let is_new = |value: &&String| !from.values.contains(value);
    let new: Vec<&String> = to.values.iter().filter(is_new).collect();
    let uses = |expression: &str| new.iter().any(|value| rules.has_text(expression, value));
    let in_table = |table: &Table| {
        let has_type = |column: &Column| column.ty.text().contains(&to.name.name);
        table.columns.iter().any(has_type) && expressions(table).any(uses)
    };
    // A view, a policy, a trigger or a domain has the value in the database's words, with its type.
    let in_object = |object: &SchemaObject| {
        object.definition.contains(&to.name.name) && uses(&object.definition)
    };
    desired.tables.iter().any(in_table) || desired.objects.iter().any(in_object)
}

/// All expressions of a table.
pub(super) fn expressions(table: &Table) -> impl Iterator<Item = &str> {
    let defaults = table.columns.iter().filter_map(|column| match &column.default {
        Some(DefaultValue::Sql(sql)) => Some(sql.as_str()),
        _ => None,
    });
    let generated =
        table.columns.iter().filter_map(|c| c.generated.as_ref().map(|g| g.expression.as_str()));
    defaults
        .chain(generated)
        .chain(table.checks.iter().map(|check| check.expression.as_str()))
        .chain(table.exclusions.iter().map(|exclusion| exclusion.definition.as_str()))
        .chain(table.indexes.iter().flat_map(table_parts::index_expressions))
}

fn sequences(current: &Schema, desired: &Schema, changes: &mut Vec<Change>) {
    for from in &current.sequences {
        match desired.sequences.iter().find(|to| to.name == from.name) {
            None => changes.push(Change::DropSequence(from.clone())),
            Some(to) if from != to => {
                changes.push(Change::AlterSequence { from: from.clone(), to: to.clone() });
            }
            Some(_) => {}
        }
    }
    let is_new = |to: &&Sequence| !current.sequences.iter().any(|from| from.name == to.name);
    changes.extend(desired.sequences.iter().filter(is_new).cloned().map(Change::CreateSequence));
}

/// Names that a rename must not collide with: those of everything that has an index share a space with those of other tables.
fn taken(current: &Schema) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let given = current.tables.iter().filter_map(|table| table.given.as_deref());
    for table in current.tables.iter().chain(given) {
        names.insert(table.name.name.clone());
        names.extend(table.primary_key.iter().filter_map(|key| key.name.clone()));
        names.extend(table_parts::names(&table.uniques));
        names.extend(table_parts::names(&table.indexes));
        names.extend(table_parts::names(&table.exclusions));
        names.extend(table_parts::names(&table.checks));
        names.extend(table_parts::names(&table.foreign_keys));
    }
    names
}

pub(super) fn tables(
    from: &Table,
    to: &Table,
    taken: &BTreeSet<String>,
    rules: &dyn Rules,
    changes: &mut Vec<Change>,
) {
    let table = &to.name;
    columns(from, to, rules, changes);
    primary_key(from, to, taken, changes);
    differing(&from.uniques, &to.uniques, taken, table, changes);
    differing(&from.checks, &to.checks, taken, table, changes);
    differing(&from.exclusions, &to.exclusions, taken, table, changes);
    differing(&from.indexes, &to.indexes, taken, table, changes);
    differing(&from.foreign_keys, &to.foreign_keys, taken, table, changes);
    if from.comment != to.comment {
        changes.push(Change::Comment {
            on: Commented::Table(table.clone()),
            from: from.comment.clone(),
            to: to.comment.clone(),
        });
    }
    if from.options != to.options {
        changes.push(Change::AlterOptions {
            table: table.clone(),
            from: from.options.clone(),
            to: to.options.clone(),
        });
    }
}

fn columns(from: &Table, to: &Table, rules: &dyn Rules, changes: &mut Vec<Change>) {
    let table = &to.name;
    for column in &from.columns {
        let Some(wanted) = to.find_column(&column.name) else {
            changes.push(drop_column(table, column));
            continue;
        };
        if is_same_column(column, wanted) {
            continue;
        }
        if rules.alters(column, wanted) {
            let mut wanted = wanted.clone();
            // What numbers it keeps its name, which nobody has asked for.
            if let (Some(is), Some(should)) = (&column.identity, &mut wanted.identity) {
                should.sequence_name.clone_from(&is.sequence_name);
            }
            changes.push(Change::AlterColumn {
                table: table.clone(),
                from: column.clone(),
                to: wanted,
                fill: None,
                renamed_values: Vec::new(),
            });
        } else {
            changes.push(drop_column(table, column));
            changes.push(add_column(table, wanted));
        }
    }
    let is_new = |column: &&Column| from.find_column(&column.name).is_none();
    changes.extend(to.columns.iter().filter(is_new).map(|column| add_column(table, column)));
}

pub(super) fn add_column(table: &Name, column: &Column) -> Change {
    Change::AddColumn { table: table.clone(), column: column.clone(), fill: None }
}

pub(super) fn drop_column(table: &Name, column: &Column) -> Change {
    Change::DropColumn { table: table.clone(), column: column.clone(), fill: None }
}

pub(super) fn is_same_column(a: &Column, b: &Column) -> bool {
    a.ty == b.ty
        && a.nullable == b.nullable
        && a.default == b.default
        && is_same_identity(a.identity.as_ref(), b.identity.as_ref())
        && a.generated == b.generated
        && a.collation == b.collation
        && a.comment == b.comment
        && a.has_same_options(b)
}

/// The name of a sequence that the database made up stays the old one when its table or column is renamed.
fn is_same_identity(a: Option<&Identity>, b: Option<&Identity>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => {
            a.kind == b.kind && a.sequence == b.sequence && a.comment == b.comment
        }
        (a, b) => a.is_none() && b.is_none(),
    }
}

fn primary_key(from: &Table, to: &Table, taken: &BTreeSet<String>, changes: &mut Vec<Change>) {
    let table = to.name.clone();
    let (from, to) = (from.primary_key.as_ref(), to.primary_key.as_ref());
    if let (Some(from), Some(to)) = (from, to)
        && from.columns == to.columns
        && from.include == to.include
        && from.deferral == to.deferral
        && from.options == to.options
    {
        let name = if to.loose { &from.name } else { &to.name }.clone();
        let on =
            Commented::Constraint { table: table.clone(), kind: ConstraintKind::PrimaryKey, name };
        comment(on, from.comment.as_ref(), to.comment.as_ref(), changes);
        match (&from.name, &to.name) {
            (Some(old), Some(new)) if old != new && !to.loose && !taken.contains(new) => {
                let (from, to) = (old.clone(), new.clone());
                let kind = ConstraintKind::PrimaryKey;
                changes.push(Change::RenameConstraint { table, kind, from, to });
                return;
            }
            (old, new) if old == new || to.loose => return,
            _ => {}
        }
    }
    if let Some(key) = from.cloned() {
        changes.push(Change::DropPrimaryKey { table: table.clone(), key });
    }
    if let Some(key) = to.cloned() {
        changes.push(Change::AddPrimaryKey { table, key });
    }
}

/// What differs between the constraints of one kind, or the indexes, of a table.
fn differing<P: TablePart>(
    from: &[P],
    to: &[P],
    taken: &BTreeSet<String>,
    table: &Name,
    changes: &mut Vec<Change>,
) {
    let pairing = table_parts::pair(from, to);
    for (old, new) in &pairing.pairs {
        let (old, new) = (&from[*old], &to[*new]);
        changes.extend(old.comment_change(new, table));
        let Some((old_name, new_name)) = table_parts::renaming(old, new) else { continue };
        if taken.contains(new_name) {
            // Somebody else's name yet: it is free only after something was dropped.
            changes.push(old.drop(table));
            changes.push(new.add(table));
        } else {
            changes.push(P::rename(table, old_name, new_name));
        }
    }
    changes.extend(pairing.gone.iter().map(|at| from[*at].drop(table)));
    changes.extend(pairing.new.iter().map(|at| to[*at].add(table)));
}
