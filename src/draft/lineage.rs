//! Partitions, and tables that inherit from others: what of a difference is their own, and what their parents' changes do to them. It
//! is pure.
//!
//! A parent's change is carried on to its children by the database. So parents come first, and what remains of a child's difference
//! after that is its own. A child that is otherwise than its parent there is made like it before, so that the way back, which is
//! carried on as well, ends where it began.

use std::collections::BTreeSet;

use super::{
    diff::{self, Rules},
    expression::{mentions, mentions_type},
    table_parts::{self, TablePart},
};
use crate::{
    change::{Change, ConstraintKind, apply},
    database::Dialect,
    error::{Error, Result},
    schema::{
        Column, ForeignKey, Index, Name, PrimaryKey, Schema, Table, Uncovered, Unique, Use,
        is_usual_name,
    },
    sql::Syntax,
};

/// Refuses what no statement does while the tables are there.
pub(super) fn refuse(
    changes: &[Change],
    (current, desired): (&Schema, &Schema),
    (dialect, rules): (&dyn Dialect, &dyn Rules),
) -> Result<()> {
    let database = dialect.name();
    let problem = other_division((current, desired), dialect)
        .or_else(|| new_value((current, desired), (dialect, rules)))
        .or_else(|| other_type(changes, current, dialect))
        .or_else(|| other_part(current, desired, dialect));
    problem.map_or(Ok(()), |problem| Err(Error::Unsupported { database, problem }))
}

/// Rows are divided in another way.
fn other_division((current, desired): (&Schema, &Schema), dialect: &dyn Dialect) -> Option<String> {
    let database = dialect.name();
    current.tables.iter().find_map(|from| {
        let to = desired.find_table(&from.name)?;
        let what = divided_otherwise(from, to, dialect.syntax())?;
        Some(format!(
            "{what}; {database} cannot change that while the table is there, and dropping it would lose its rows; write the migration \
             by hand: create the new table under another name, copy the rows, drop the old table and rename the new one; nothing was \
             written"
        ))
    })
}

/// A partition is for a value that cannot be used yet.
fn new_value(
    (current, desired): (&Schema, &Schema),
    (dialect, rules): (&dyn Dialect, &dyn Rules),
) -> Option<String> {
    let database = dialect.name();
    current.enums.iter().find_map(|from| {
        let to = desired.enums.iter().find(|to| to.name == from.name)?;
        let mut new = to.values.iter().filter(|value| !from.values.contains(value));
        new.find_map(|value| {
            let uses = |table: &&Table| {
                table.bound.as_ref().is_some_and(|bound| rules.has_text(bound, value))
                    && current.find_table(&table.name).is_none_or(|is| is.bound != table.bound)
            };
            let (of, name) = (&desired.tables.iter().find(uses)?.name, &to.name);
            Some(format!(
                "the partition {of} is for the value {value}, which is new in the type {name}; {database} can use it only once it is \
                 committed: draft the value first, without the partition, and the partition after that; nothing was written"
            ))
        })
    })
}

/// An index of a partition becomes a part of an index of the parent that stays, or stops being one.
fn other_part(current: &Schema, desired: &Schema, dialect: &dyn Dialect) -> Option<String> {
    let database = dialect.name();
    let stays = |parent: &Name| -> Vec<Index> {
        let (Some(is), Some(should)) = (current.find_table(parent), desired.find_table(parent))
        else {
            return Vec::new();
        };
        let should = should.alone().indexes;
        let same = |is: &Index| {
            let mut others = should.iter().filter(|other| other.name == is.name);
            others.any(|other| {
                is.content() == other.content()
                    || has_parts(parent, (is, current), (other, desired))
            })
        };
        is.alone().indexes.into_iter().filter(same).collect()
    };
    current.tables.iter().find_map(|from| {
        let to = desired.find_table(&from.name).filter(|to| to.bound == from.bound)?;
        from.bound.as_ref()?;
        let kept = from.inherits.iter().filter(|parent| to.inherits.contains(parent));
        let mut all = kept.flat_map(|parent| stays(parent).into_iter().map(move |i| (parent, i)));
        all.find_map(|(parent, index)| {
            let part = |table: &Table| {
                let mut parts = table.given.iter().flat_map(|given| &given.indexes);
                parts.find(|part| bare(part) == bare(&index)).cloned()
            };
            let whole = index.name.clone().unwrap_or_default();
            let own = |part: Index| part.name.unwrap_or_default();
            let name = &from.name;
            match (part(from), part(to)) {
                (Some(part), None) => Some(format!(
                    "the index {} of {name} is a part of the index {whole} of {parent}, and would not be; {database} cannot take it out; \
                     write the migration by hand: drop {whole}, create it again ON ONLY {parent}, and create and attach the indexes of \
                     the other partitions; nothing was written",
                    own(part)
                )),
                (None, Some(part)) => Some(format!(
                    "the index {0} of {name} would become a part of the index {whole} of {parent}; {database} cannot undo that; write \
                     the migration by hand, with ALTER INDEX {whole} ATTACH PARTITION {0}, and say why there is no way back (`-- ambix: \
                     irreversible because ...`); nothing was written",
                    own(part)
                )),
                _ => None,
            }
        })
    })
}

/// A type by which rows are divided cannot be recreated, not on the way back either.
fn other_type(changes: &[Change], current: &Schema, dialect: &dyn Dialect) -> Option<String> {
    let (database, syntax) = (dialect.name(), dialect.syntax());
    let mut altered = changes.iter().filter_map(|change| match change {
        Change::AlterEnum { from, renamed, rebuild, .. } if renamed.is_empty() => {
            Some((&from.name, *rebuild))
        }
        _ => None,
    });
    altered.find_map(|(name, is_rebuilt)| {
        let divides = |table: &&Table| {
            let key = table.partition_by.as_deref().unwrap_or_default();
            let has = |c: &Column| mentions_type(c.ty.text(), name, syntax);
            table.columns.iter().any(|column| has(column) && mentions(key, &column.name, syntax))
        };
        let of = &current.tables.iter().find(divides)?.name;
        Some(if is_rebuilt {
            format!(
                "the type {name} would have to be recreated, and the table {of} is partitioned by it; {database} cannot change the type \
                 of that column; only add values to the type, or write the migration by hand; nothing was written"
            )
        } else {
            format!(
                "the type {name} would get a value, and the table {of} is partitioned by it; {database} cannot undo that; write the \
                 migration by hand, with ALTER TYPE {name} ADD VALUE, and say why there is no way back (`-- ambix: irreversible because \
                 ...`); nothing was written"
            )
        })
    })
}

/// What of the way in which a table is divided changes.
fn divided_otherwise(from: &Table, to: &Table, syntax: &Syntax) -> Option<String> {
    let name = &from.name;
    match (&from.partition_by, &to.partition_by) {
        (Some(from), Some(to)) if from != to => {
            Some(format!("the table {name} is partitioned by {from}, and would be by {to}"))
        }
        (None, Some(to)) => {
            Some(format!("the table {name} is not partitioned, and would be by {to}"))
        }
        (Some(from), None) => {
            Some(format!("the table {name} is partitioned by {from}, and would not be"))
        }
        (Some(key), Some(_)) => from.columns.iter().find_map(|column| {
            let other = to.find_column(&column.name)?;
            let stays = (&column.ty, &column.collation) == (&other.ty, &other.collation);
            let (is, would) = (column.ty.text(), other.ty.text());
            (!stays && mentions(key, &column.name, syntax)).then(|| {
                format!(
                    "the table {name} is partitioned by {key}, and the column {} of that would be {would} instead of {is}",
                    column.name
                )
            })
        }),
        (None, None) => None,
    }
}

/// Takes out partitions, and what is partitioned or inherits, where models have no table of that name: they cannot say it.
pub(super) fn leave_out(current: &mut Schema, desired: &Schema) {
    let kind = |table: &Table| match table {
        Table { bound: Some(_), .. } => Some("partition"),
        Table { partition_by: Some(_), .. } => Some("partitioned table"),
        Table { inherits, .. } if !inherits.is_empty() => Some("table that inherits"),
        _ => None,
    };
    let is_out = |table: &&Table| desired.find_table(&table.name).is_none();
    let out: Vec<Uncovered> = current
        .tables
        .iter()
        .filter(is_out)
        .filter_map(|table| {
            let (kind, name) = (kind(table)?.to_owned(), table.name.to_string());
            Some(Uncovered { kind, name, uses: uses(table), ..Uncovered::default() })
        })
        .collect();
    current
        .tables
        .retain(|table| kind(table).is_none() || desired.find_table(&table.name).is_some());
    current.uncovered.extend(out);
}

/// The tables without which one cannot be.
fn uses(table: &Table) -> Vec<Use> {
    let keys = table.foreign_keys.iter().map(|key| &key.references);
    let all = table.inherits.iter().chain(keys);
    all.map(|name| Use { table: name.clone(), column: None }).collect()
}

/// Takes out tables whose parents take no part.
pub(super) fn leave_out_orphans(schema: &mut Schema) {
    loop {
        let names: BTreeSet<Name> = schema.tables.iter().map(|t| t.name.clone()).collect();
        schema.tables.retain(|table| table.inherits.iter().all(|parent| names.contains(parent)));
        if schema.tables.len() == names.len() {
            return;
        }
    }
}

/// What has to be known of a part that parents give a table.
struct GivenRules<'a, P> {
    table: &'a Name,
    /// Whether it is called as the database would call it.
    usual: &'a dyn Fn(&P) -> bool,
    /// The parent's index that it is a part of, if that already exists.
    exists: &'a dyn Fn(&P) -> Option<Name>,
}

/// What makes the tables of the one schema those of the other.
pub(super) struct Lineage<'a> {
    pub(super) current: &'a Schema,
    pub(super) desired: &'a Schema,
    pub(super) taken: &'a BTreeSet<String>,
    pub(super) rules: &'a dyn Rules,
    /// The current schema, with what the changes of parents have done to their children.
    pub(super) state: Schema,
}

impl Lineage<'_> {
    pub(super) fn tables(mut self, changes: &mut Vec<Change>) {
        for from in self.current.parents_first() {
            let Some(to) = self.desired.find_table(&from.name) else { continue };
            let gone = from.inherits.iter().filter(|parent| !self.keeps(from, to, parent));
            // On the way back, the first parent comes first again.
            for parent in gone.rev().collect::<Vec<_>>() {
                let (table, parent) = (from.name.clone(), parent.clone());
                let detach = Change::Detach { table, parent, bound: from.bound.clone() };
                apply(&mut self.state, &detach);
                changes.push(detach);
            }
        }
        for from in self.current.parents_first() {
            match self.desired.find_table(&from.name) {
                Some(to) => self.table(from, to, changes),
                None => changes.push(Change::DropTable(from.clone())),
            }
        }
    }

    fn table(&mut self, from: &Table, to: &Table, changes: &mut Vec<Change>) {
        let Some(mut is) = self.state.find_table(&to.name).cloned() else { return };
        let kept: Vec<&Name> = to.inherits.iter().filter(|p| self.keeps(from, to, p)).collect();
        let new: Vec<&Name> = to.inherits.iter().filter(|p| !kept.contains(p)).collect();
        let mut own = Vec::new();
        let mut wanted = to.clone();
        keep_only((&is, self.current), (&mut wanted, self.desired));
        let mut later = Vec::new();
        if kept.is_empty() {
            self.leave_to_parents(&new, &mut wanted);
            wanted = wanted.alone();
            // The parent would take it for a part of its own.
            let is_twin = |index: &Index| {
                let mut given = to.given.iter().flat_map(|given| &given.indexes);
                to.indexes.contains(index) && given.any(|part| part.content() == index.content())
            };
            if to.bound.is_some() {
                later = wanted.indexes.iter().filter(|index| is_twin(index)).cloned().collect();
                wanted.indexes.retain(|index| !later.contains(index));
            }
            diff::tables(&is, &wanted, self.taken, self.rules, &mut own);
        } else {
            self.part_checks(&mut is, &kept, &self.state);
            self.part_checks(&mut wanted, &kept, self.desired);
            self.given(&mut is, to, &kept, &mut own);
            diff::tables(&is, &wanted, self.taken, self.rules, &mut own);
        }
        own.extend(new.into_iter().map(|parent| Change::Attach {
            table: to.name.clone(),
            parent: parent.clone(),
            bound: to.bound.clone(),
        }));
        own.extend(later.iter().map(|index| index.add(&to.name)));
        for change in own {
            self.align_children(&change, changes);
            if !matches!(change, Change::Attach { .. }) {
                apply(&mut self.state, &change);
            }
            changes.push(change);
        }
    }

    /// Whether a table stays the child of a parent as it is. The index of a key of its own that is a part of its parent's cannot go, nor
    /// can the parent's, while the two are one: then it is detached meanwhile.
    fn keeps(&self, from: &Table, to: &Table, parent: &Name) -> bool {
        let stays = from.bound == to.bound
            && from.inherits.contains(parent)
            && to.inherits.contains(parent);
        let (is, should) = (from.tied(), to.tied());
        let above = |schema: &'_ Schema, part: &Index| -> Vec<Option<String>> {
            let parent = schema.find_table(parent).map(Table::alone);
            let all = parent.into_iter().flat_map(|parent| parent.indexes);
            all.filter(|own| own.content() == part.content()).map(|own| own.name).collect()
        };
        stays
            && is == should
            && is.iter().all(|part| above(self.current, part) == above(self.desired, part))
    }

    /// A foreign key that comes to a parent when the table is its partition comes to the table with that.
    fn leave_to_parents(&self, parents: &[&Name], wanted: &mut Table) {
        let Some(given) = wanted.given.as_mut() else { return };
        let is_there = |key: &ForeignKey| {
            let tables = parents.iter().filter_map(|parent| self.current.find_table(parent));
            let mut keys = tables.flat_map(|parent| parent.alone().foreign_keys);
            keys.any(|own| own.content() == key.content())
        };
        given.foreign_keys.retain(is_there);
    }

    /// Checks of parents that it no longer has are its own.
    fn part_checks(&self, table: &mut Table, kept: &[&Name], parents: &Schema) {
        let Some(given) = table.given.as_mut() else { return };
        let has = |name: &Option<String>| {
            let mut tables = kept.iter().filter_map(|parent| parents.find_table(parent));
            tables.any(|parent| {
                let above = parent.given.iter().flat_map(|given| &given.checks);
                parent.checks.iter().chain(above).any(|check| check.name == *name)
            })
        };
        let (stay, go): (Vec<_>, Vec<_>) =
            std::mem::take(&mut given.checks).into_iter().partition(|check| has(&check.name));
        given.checks = stay;
        // A partition has the checks of its parent alone.
        if table.bound.is_none() {
            table.checks.extend(go);
        }
    }

    /// What children have otherwise than their parent is made like it before the parent's changes.
    fn align_children(&mut self, change: &Change, changes: &mut Vec<Change>) {
        let (table, name) = match change {
            Change::AlterColumn { table, to, .. } => (table, &to.name),
            Change::DropColumn { table, column, .. } => (table, &column.name),
            _ => return,
        };
        for child in self.state.descendants(table).into_iter().rev() {
            let Some(below) = self.state.find_table(&child) else { continue };
            let Some(is) = below.find_column(name).cloned() else { continue };
            let aligned = match change {
                Change::AlterColumn { from, to, .. } => {
                    let mut aligned = is.clone();
                    aligned.follow(to, from);
                    aligned
                }
                Change::DropColumn { column, .. } if !is.is_local() => column.as_given(),
                _ => continue,
            };
            if !diff::is_same_column(&is, &aligned) && self.rules.alters(&is, &aligned) {
                let align = alter(&child, &is, &aligned);
                apply(&mut self.state, &align);
                changes.push(align);
            }
        }
    }

    /// What the parents give on both sides: it can have another name here, and what was the table's own can become a part of it.
    fn given(&self, is: &mut Table, to: &Table, kept: &[&Name], changes: &mut Vec<Change>) {
        let nothing = Table::default();
        let given = is.given.clone();
        let (from, wanted) =
            (given.as_deref().unwrap_or(&nothing), to.given.as_deref().unwrap_or(&nothing));
        let table = is.name.clone();
        macro_rules! parts {
            ($($field:ident: $usual:expr, $exists:expr;)*) => {
                $(self.given_parts(
                    (&from.$field, &wanted.$field),
                    (&mut is.$field, &to.$field),
                    &GivenRules { table: &table, usual: &$usual, exists: &$exists },
                    changes,
                );)*
            };
        }
        let name = table.name.as_str();
        let of_parents = |part: &Index| {
            let parents = |schema: &'_ Schema| -> Vec<Index> {
                let tables = kept.iter().filter_map(|parent| schema.find_table(parent)).cloned();
                tables.flat_map(|parent| parent.alone().indexes).collect()
            };
            let should = parents(self.desired);
            let stays = |is: &Index| {
                is.content() == part.content() && should.iter().any(|other| other.name == is.name)
            };
            let stays = parents(self.current).into_iter().find(stays)?;
            let schema = kept.first().and_then(|parent| parent.schema.clone());
            Some(Name { schema, name: stays.name? })
        };
        parts! {
            uniques: |unique: &Unique| {
                let columns: Vec<&str> = TablePart::columns(unique);
                unique.name.as_ref().is_none_or(|own| is_usual_name(name, &columns, "key", own))
            }, |_: &Unique| None;
            indexes: |index: &Index| {
                index.name.as_ref().is_none_or(|own| index.is_usual_name(name, own))
            }, of_parents;
            foreign_keys: |_| true, |_| None;
            checks: |_| true, |_| None;
        }
        self.given_key((from.primary_key.as_ref(), wanted.primary_key.as_ref()), is, changes);
    }

    fn given_parts<P: TablePart>(
        &self,
        (from, to): (&[P], &[P]),
        (own, wanted): (&mut Vec<P>, &[P]),
        rules: &GivenRules<'_, P>,
        changes: &mut Vec<Change>,
    ) {
        let GivenRules { table, usual, exists } = *rules;
        let pairing = table_parts::pair(from, to);
        for (old, new) in pairing.pairs {
            let (old, new) = (&from[old], &to[new]);
            changes.extend(old.comment_change(new, table));
            // A check follows that of its parent.
            if let Some((old, new)) = table_parts::renaming(old, new)
                && !self.taken.contains(new)
                && !matches!(
                    P::commented(table.clone(), None),
                    crate::change::Commented::Constraint { kind: ConstraintKind::Check, .. }
                )
            {
                changes.push(P::rename(table, old, new));
            }
        }
        // On the way back it has its own name again.
        for old in pairing.gone.into_iter().map(|at| &from[at]).filter(|old| !usual(old)) {
            changes.push(Change::GoAlong { own: Box::new(old.drop(table)) });
        }
        for new in pairing.new.into_iter().map(|at| &to[at]) {
            let stays = |part: &P| wanted.iter().any(|other| other == part);
            let same = own.iter().position(|part| part.content() == new.content() && !stays(part));
            let index = exists(new);
            let joined = match same.map(|at| own.remove(at)) {
                Some(part) => match table_parts::renaming(&part, new) {
                    Some((old, name)) if !self.taken.contains(name) => {
                        changes.push(P::rename(table, old, name));
                        part.with_name(name)
                    }
                    _ => part,
                },
                None if !usual(new) || index.is_some() => {
                    changes.push(new.add(table));
                    new.clone()
                }
                None => continue,
            };
            changes.push(Change::Join { own: Box::new(joined.drop(table)), index });
        }
    }

    fn given_key(
        &self,
        (from, to): (Option<&PrimaryKey>, Option<&PrimaryKey>),
        is: &mut Table,
        changes: &mut Vec<Change>,
    ) {
        let table = is.name.clone();
        let same = |a: &PrimaryKey, b: &PrimaryKey| {
            let bare = |key: &PrimaryKey| PrimaryKey { name: None, comment: None, ..key.clone() };
            bare(a) == bare(b)
        };
        let is_usual = |name: &String| is_usual_name(&table.name, &[], "pkey", name);
        if let Some(from) = from
            && !to.is_some_and(|to| same(from, to))
            && !from.name.as_ref().is_none_or(is_usual)
        {
            let own = Change::DropPrimaryKey { table: table.clone(), key: from.clone() };
            changes.push(Change::GoAlong { own: Box::new(own) });
        }
        let Some(to) = to else { return };
        let rename = |old: &PrimaryKey| match (&old.name, &to.name) {
            (Some(old), Some(new)) if old != new && !self.taken.contains(new) => {
                Some(Change::RenameConstraint {
                    table: table.clone(),
                    kind: ConstraintKind::PrimaryKey,
                    from: old.clone(),
                    to: new.clone(),
                })
            }
            _ => None,
        };
        if let Some(from) = from.filter(|from| same(from, to)) {
            changes.extend(rename(from));
            return;
        }
        let own = is.primary_key.take_if(|own| same(own, to));
        let joined = match own {
            Some(own) => {
                let renamed = rename(&own);
                let name = if renamed.is_some() { to.name.clone() } else { own.name.clone() };
                changes.extend(renamed);
                PrimaryKey { name, ..own }
            }
            None if to.name.as_ref().is_none_or(is_usual) => return,
            None => {
                changes.push(Change::AddPrimaryKey { table: table.clone(), key: to.clone() });
                to.clone()
            }
        };
        let own = Box::new(Change::DropPrimaryKey { table, key: joined });
        changes.push(Change::Join { own, index: None });
    }
}

/// An index of which some partitions have a part, and others get theirs, stays as it is.
fn keep_only((is, current): (&Table, &Schema), (wanted, desired): (&mut Table, &Schema)) {
    let name = wanted.name.clone();
    for index in &mut wanted.indexes {
        let Some(is) = is.indexes.iter().find(|is| is.name == index.name) else { continue };
        let is_only = |index: &Index| index.options.contains_key("only");
        if is_only(is) != is_only(index) && has_parts(&name, (is, current), (index, desired)) {
            index.options.clone_from(&is.options);
        }
    }
}

/// Whether an index of a parent is the same on both sides, but for the partitions that have a part of it, and some have one.
fn has_parts(
    parent: &Name,
    (is, current): (&Index, &Schema),
    (index, desired): (&Index, &Schema),
) -> bool {
    let is_given = |schema: &Schema, index: &Index| {
        let children = schema.tables.iter().filter(|child| child.inherits.contains(parent));
        let mut parts = children.flat_map(|child| child.given.iter().flat_map(|g| &g.indexes));
        parts.any(|part| bare(part) == bare(index))
    };
    bare(is) == bare(index) && is_given(current, is) && is_given(desired, index)
}

/// What an index is, whether or not every partition has a part of it.
fn bare(index: &Index) -> Index {
    let mut bare = index.content();
    bare.options.remove("only");
    bare
}

fn alter(table: &Name, from: &Column, to: &Column) -> Change {
    Change::AlterColumn {
        table: table.clone(),
        from: from.clone(),
        to: to.clone(),
        fill: None,
        renamed_values: Vec::new(),
    }
}
