//! The order of changes. It is pure.
//!
//! First, whatever blocks a change is dropped before it and added after it. Then everything falls into phases,
//! and within one stays in its order. The way back needs no order of its own: each change is undone in the state that it left.

use std::collections::{BTreeSet, HashMap};

use super::{computed, dependents::recreate_dependents, sequence, tied};
use crate::{
    change::{Change, Commented},
    database::drafting::DraftingCapabilities,
    schema::{Address, ForeignKey, Index, Name, Options, Schema, Table},
    sql::Syntax,
};

/// What ordering must be told.
pub(super) struct OrderContext<'a> {
    /// The current schema, with the names after all renames.
    pub current: &'a Schema,
    /// The same before the renames.
    pub original: &'a Schema,
    pub desired: &'a Schema,
    pub facts: &'a DraftingCapabilities,
    pub syntax: &'a Syntax,
    /// The objects that go, for good or to come back as others.
    pub dropped: &'a BTreeSet<Address>,
}

/// Puts changes in an order in which each can be made.
pub(super) fn order(changes: Vec<Change>, context: &OrderContext<'_>) -> Vec<Change> {
    let changes = recreate_dependents(changes, context);
    let changes = computed::keep(changes, context);
    let changes = sequence::settle(changes, context);
    let changes = tied::settle(changes, context);
    let changes = part_tables(changes, context);
    let mut phased: Vec<(u8, Change)> = Vec::with_capacity(changes.len());
    for (phase, change) in changes {
        let phase = phase.unwrap_or_else(|| self::phase(&change));
        phased.push((phase, change));
    }
    replaced_columns_first(&mut phased, context);
    joined_first(&mut phased);
    names_are_free(&mut phased);
    // Stable: tables that were put in order stay so.
    phased.sort_by_key(|(phase, _)| *phase);
    logs_in_order(&mut phased, context);
    computed::in_order(&mut phased, context.syntax);
    phased.into_iter().map(|(_, change)| change).collect()
}

/// Before a column is renamed, after its table was.
pub(super) const BEFORE_RENAMED_COLUMNS: u8 = 3;
/// Before what it belongs to goes.
pub(super) const RELEASED: u8 = 9;
/// Before what it was computed from changes.
pub(super) const UNCOMPUTED: u8 = 14;
/// Before what they are computed from is dropped.
const COMPUTED_DROPPED: u8 = 15;
const DROPPED_FOR_REPLACEMENT: u8 = 16;
/// Before a type that goes, and comes back as another.
pub(super) const RETYPED: u8 = 17;
const TABLES: u8 = 25;
const CHILDREN: u8 = 33;
/// Before what they become a part of.
const JOINED: u8 = 44;
/// When what it belongs to is there.
pub(super) const OWNED: u8 = 48;
/// When it is like its parent, and before keys that refer to the parent.
const ATTACHED: u8 = 49;

fn phase(change: &Change) -> u8 {
    use Change as C;
    match change {
        C::CreateSchema(_) => 0,
        C::RenameEnum { .. } => 1,
        C::RenameTable { .. } => 2,
        C::RenameColumn { .. } => 4,
        // Values that are only called otherwise: everything later says the new name.
        C::AlterEnum { renamed, .. } if !renamed.is_empty() => 5,
        C::RenameConstraint { .. } | C::RenameIndex { .. } => 6,
        // What becomes another is its own before.
        C::Detach { .. } => 8,
        C::DropForeignKey { .. } => 10,
        // Before the keys that it refers to.
        C::DropTable(_) => 11,
        C::DropIndex { .. }
        | C::DropUnique { .. }
        | C::DropCheck { .. }
        | C::DropExclusion { .. } => 12,
        C::DropPrimaryKey { .. } | C::GoAlong { .. } => 13,
        // What is computed from others goes before they change, and comes after.
        C::DropColumn { column, .. } if column.generated.is_some() => COMPUTED_DROPPED,
        C::CreateEnum(_) | C::AlterEnum { .. } | C::CreateSequence(_) | C::AlterSequence { .. } => {
            20
        }
        // It has what its parents have by then.
        C::CreateTable(table) if !table.inherits.is_empty() => CHILDREN,
        C::CreateTable(_) => TABLES,
        C::AddColumn { column, .. } if column.generated.is_none() => 30,
        C::AlterColumn { .. } => 31,
        C::AlterOptions { .. } => 32,
        C::AddColumn { .. } => 35,
        C::DropColumn { .. } => 40,
        C::AddPrimaryKey { .. } => 45,
        C::AddUnique { .. } | C::AddIndex { .. } | C::AddCheck { .. } | C::AddExclusion { .. } => {
            46
        }
        C::Comment { on: Commented::Schema(_) | Commented::Type(_), .. } => 21,
        C::Comment { on: Commented::Table(_), .. } => 32,
        C::Comment { .. } => 47,
        C::Join { .. } => JOINED,
        C::Attach { .. } => ATTACHED,
        C::AddForeignKey { .. } => 50,
        // These are woven in.
        C::CreateObject(_) | C::DropObject { .. } | C::AlterObject { .. } => 47,
        C::DropSequence(_) | C::DropEnum(_) => 60,
        C::DropSchema(_) => 61,
    }
}

/// A column that is dropped and added under the same name is dropped first; also where it goes with its parent's, or comes with it.
fn replaced_columns_first(changes: &mut [(u8, Change)], context: &OrderContext<'_>) {
    let added: Vec<(Name, String)> = changes
        .iter()
        .filter_map(|(_, change)| match change {
            Change::AddColumn { table, column, .. } => Some((table.clone(), column.name.clone())),
            _ => None,
        })
        .collect();
    let is_one = |a: &Name, b: &Name| {
        a == b || context.current.descends(a, b) || context.desired.descends(b, a)
    };
    for (phase, change) in changes {
        if let Change::DropColumn { table, column, .. } = change
            && column.generated.is_none()
            && *phase != UNCOMPUTED
            && added.iter().any(|(of, name)| *name == column.name && is_one(of, table))
        {
            *phase = DROPPED_FOR_REPLACEMENT;
        }
    }
}

/// What is made to become a part of a parent's key or index is made before that; a foreign key, before the table is attached.
fn joined_first(changes: &mut [(u8, Change)]) {
    let joined = changes.iter().filter_map(|(_, change)| match change {
        Change::Join { own, .. } => Some(own.reverse()),
        _ => None,
    });
    let joined: Vec<Change> = joined.collect();
    let attached = changes.iter().filter_map(|(_, change)| match change {
        Change::Attach { table, bound: Some(_), .. } => Some(table.clone()),
        _ => None,
    });
    let attached: BTreeSet<Name> = attached.collect();
    let mut is_attached: BTreeSet<Name> = BTreeSet::new();
    for (phase, change) in changes {
        match change {
            Change::Attach { table, .. } => drop(is_attached.insert(table.clone())),
            Change::AddIndex { table, .. } if is_attached.contains(table) => *phase = ATTACHED,
            Change::AddForeignKey { table, .. } if attached.contains(table) => *phase = OWNED,
            change if joined.contains(change) => *phase = JOINED,
            _ => {}
        }
    }
}

/// A sequence that goes is gone before a table, a key or an index takes its name.
fn names_are_free(changes: &mut [(u8, Change)]) {
    let part = |table: &Name, name: &Option<String>| {
        Some(Name { schema: table.schema.clone(), name: name.clone()? })
    };
    let name = |(_, change): &(u8, Change)| match change {
        Change::CreateTable(table) => Some(table.name.clone()),
        Change::AddPrimaryKey { table, key } => part(table, &key.name),
        Change::AddUnique { table, unique } => part(table, &unique.name),
        Change::AddExclusion { table, exclusion } => part(table, &exclusion.name),
        Change::AddIndex { table, index } => part(table, &index.name),
        _ => None,
    };
    let taken: BTreeSet<Name> = changes.iter().filter_map(name).collect();
    for (phase, change) in changes {
        if matches!(change, Change::DropSequence(sequence) if taken.contains(&sequence.name)) {
            *phase = TABLES - 1;
        }
    }
}

/// A table that has a log cannot refer to one that has none: what gets a log gets it behind what it refers to, what loses it,
/// before.
fn logs_in_order(changes: &mut [(u8, Change)], context: &OrderContext<'_>) {
    let has_log = |options: &Options| !options.contains_key("unlogged");
    for gets in [true, false] {
        let is_due = |(_, change): &(u8, Change)| match change {
            Change::AlterOptions { from, to, .. } => {
                has_log(from) != has_log(to) && has_log(to) == gets
            }
            _ => false,
        };
        let places: Vec<usize> = (0..changes.len()).filter(|at| is_due(&changes[*at])).collect();
        let due: Vec<(u8, Change)> = places.iter().map(|at| changes[*at].clone()).collect();
        let table = |(_, change): &(u8, Change)| {
            change.table().and_then(|name| context.desired.find_table(name)).cloned()
        };
        let (tables, _) = in_order(due.iter().filter_map(table).collect(), context, |_| true);
        let mut names: Vec<&Name> = tables.iter().map(|table| &table.name).collect();
        if !gets {
            names.reverse();
        }
        let mut sorted = due;
        let place = |change: &Change| names.iter().position(|name| Some(*name) == change.table());
        sorted.sort_by_key(|(_, change)| place(change));
        for (at, change) in places.into_iter().zip(sorted) {
            changes[at] = change;
        }
    }
}

type Phased = (Option<u8>, Change);

/// New tables stand behind those that they refer to; what goes, before. A foreign key that closes a circle, or that refers to
/// what is only made later, becomes a change of its own.
fn part_tables(changes: Vec<Phased>, context: &OrderContext<'_>) -> Vec<Phased> {
    let (mut created, mut dropped, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    let parent = |(_, change): &Phased| match change {
        Change::Attach { parent, bound: Some(_), .. } => Some(parent.clone()),
        _ => None,
    };
    let parents: BTreeSet<Name> = changes.iter().filter_map(parent).collect();
    for (phase, change) in changes {
        match change {
            Change::CreateTable(table) => created.push(table),
            Change::DropTable(table) => dropped.push(table),
            other => rest.push((phase, other)),
        }
    }
    // The keys of one that gets partitions come when these are there.
    let mut kept_back = Vec::new();
    for table in created.iter_mut().filter(|table: &&mut Table| parents.contains(&table.name)) {
        take_out(table, &mut kept_back, |_| true);
    }
    let (created, mut later) = in_order(created, context, |key| is_ready(key, context));
    later.extend(kept_back);
    // A table that goes can refer to one that stays and changes: going first, it refers to what still is.
    let (mut dropped, before) = in_order(dropped, context, |_| true);
    dropped.reverse();
    let key = |add: bool| {
        move |(table, key): (Name, ForeignKey)| {
            let change = if add {
                Change::AddForeignKey { table, key }
            } else {
                Change::DropForeignKey { table, key }
            };
            (None, change)
        }
    };
    rest.extend(before.into_iter().map(key(false)));
    rest.extend(dropped.into_iter().map(|table| (None, Change::DropTable(table))));
    rest.extend(created.into_iter().map(|table| (None, Change::CreateTable(table))));
    rest.extend(later.into_iter().map(key(true)));
    rest
}

/// Whether an existing table has what a foreign key refers to, before and after.
fn is_ready(key: &ForeignKey, context: &OrderContext<'_>) -> bool {
    let (is, should) =
        (context.current.find_table(&key.references), context.desired.find_table(&key.references));
    // A child comes later than other tables.
    if is.is_none() && should.is_some_and(|table| !table.inherits.is_empty()) {
        return false;
    }
    let (Some(from), Some(to)) = (is, should) else {
        // A new table, or one that is not compared.
        return true;
    };
    let same_column = |name: &String| {
        let (from, to) = (from.find_column(name), to.find_column(name));
        from.map(|c| (&c.ty, &c.collation)) == to.map(|c| (&c.ty, &c.collation))
    };
    from.options.get("unlogged") == to.options.get("unlogged")
        && key.referenced.iter().all(same_column)
        && keys(from, &key.referenced).iter().any(|kind| keys(to, &key.referenced).contains(kind))
}

/// What makes columns a key: a primary key that takes the place of a unique constraint is another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KeyKind {
    Primary,
    Unique,
    Index,
}

fn keys(table: &Table, columns: &[String]) -> Vec<KeyKind> {
    let same = |of: &[String]| {
        of.len() == columns.len() && columns.iter().all(|column| of.contains(column))
    };
    let index = |index: &Index| {
        let own: Vec<String> =
            super::table_parts::index_columns(index).into_iter().map(str::to_owned).collect();
        index.unique && index.predicate.is_none() && same(&own)
    };
    let primary = table.primary_key.iter().any(|key| same(&key.columns));
    let unique = table.uniques.iter().any(|unique| same(&unique.columns));
    let found = [
        (KeyKind::Primary, primary),
        (KeyKind::Unique, unique),
        (KeyKind::Index, table.indexes.iter().any(index)),
    ];
    found.into_iter().filter(|(_, is_there)| *is_there).map(|(kind, _)| kind).collect()
}

/// Tables behind those that they refer to. What cannot be had so is taken out of them.
fn in_order(
    mut tables: Vec<Table>,
    context: &OrderContext<'_>,
    is_ready: impl Fn(&ForeignKey) -> bool,
) -> (Vec<Table>, Vec<(Name, ForeignKey)>) {
    let mut out = Vec::new();
    let can_wait = context.facts.adds_foreign_keys;
    if can_wait {
        for table in &mut tables {
            let own = table.name.clone();
            take_out(table, &mut out, |key| key.references != own && !is_ready(key));
        }
    }
    let mut queue = Queue::new(&tables);
    let mut places: Vec<Option<Table>> = tables.into_iter().map(Some).collect();
    let mut ordered: Vec<Table> = Vec::with_capacity(places.len());
    while let Some((at, is_free)) = queue.next() {
        let Some(mut table) = places[at].take() else { continue };
        if !is_free && can_wait {
            // A circle. Where keys cannot come later, the database takes references to what is not there yet.
            let own = table.name.clone();
            take_out(&mut table, &mut out, |key| {
                key.references != own && queue.is_open(&key.references)
            });
        }
        ordered.push(table);
    }
    (ordered, out)
}

/// Takes foreign keys out of a table.
fn take_out(
    table: &mut Table,
    out: &mut Vec<(Name, ForeignKey)>,
    is_out: impl Fn(&ForeignKey) -> bool,
) {
    let (wait, keep): (Vec<_>, Vec<_>) =
        std::mem::take(&mut table.foreign_keys).into_iter().partition(|key| is_out(key));
    table.foreign_keys = keep;
    out.extend(wait.into_iter().map(|key| (table.name.clone(), key)));
}

/// A key can come later, a parent cannot.
const PARENT: usize = 1 << 20;

/// Tables in an order of which each is behind those that it needs; the first of those that are free, and if there is none, the one
/// that needs the fewest.
struct Queue {
    places: HashMap<Name, usize>,
    /// Who needs a table, and how much.
    users: Vec<Vec<(usize, usize)>>,
    /// How many open ones each needs, and its place: those without any come first.
    open: BTreeSet<(usize, usize)>,
    needs: Vec<usize>,
}

impl Queue {
    fn new(tables: &[Table]) -> Self {
        let places: HashMap<Name, usize> =
            tables.iter().enumerate().map(|(at, table)| (table.name.clone(), at)).collect();
        let mut users = vec![Vec::new(); tables.len()];
        let mut needs = vec![0; tables.len()];
        for (at, table) in tables.iter().enumerate() {
            let other =
                |key: &ForeignKey| places.get(&key.references).copied().filter(|o| *o != at);
            let parents = table.inherits.iter().filter_map(|parent| places.get(parent).copied());
            let above: BTreeSet<usize> = parents.collect();
            let all = table.foreign_keys.iter().filter_map(other).filter(|o| !above.contains(o));
            let all: BTreeSet<usize> = all.collect();
            needs[at] = all.len() + above.len() * PARENT;
            all.into_iter().for_each(|other| users[other].push((at, 1)));
            above.into_iter().for_each(|parent| users[parent].push((at, PARENT)));
        }
        let open = needs.iter().enumerate().map(|(at, needs)| (*needs, at)).collect();
        Self { places, users, open, needs }
    }

    /// The next, and whether it needs nothing that is open.
    fn next(&mut self) -> Option<(usize, bool)> {
        let (needs, at) = self.open.pop_first()?;
        for (user, weight) in std::mem::take(&mut self.users[at]) {
            if self.open.remove(&(self.needs[user], user)) {
                self.needs[user] -= weight;
                self.open.insert((self.needs[user], user));
            }
        }
        Some((at, needs == 0))
    }

    /// Whether a table is still to come.
    fn is_open(&self, name: &Name) -> bool {
        self.places.get(name).is_some_and(|&at| self.open.contains(&(self.needs[at], at)))
    }
}
