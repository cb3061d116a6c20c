//! Objects beside tables in a draft: which are created, dropped and altered, and when. It is pure.
//!
//! Tables, enum types and free sequences have an order of their own ([`order`](super::order)). Objects are woven into it by what
//! needs what: each is dropped before everything else and created after everything else, but for what a table needs, which comes
//! just before that table, and what a table still uses, which goes just after it no longer does. So each object is created in the
//! names of its own side, and the way back is the same list backwards.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::{
    change::Change,
    database::{Drafting, drafting::Effect},
    schema::{Address, Column, Dependency, IdentityKind, Name, Schema, SchemaObject},
    sql::Syntax,
};

use super::{
    access, expression::mentions_type, object_graph::ObjectGraph, object_names::ObjectNames,
    spelling::without_needless_quotes,
};

/// Both sides, and who knows what a database does.
#[derive(Clone, Copy)]
pub(super) struct ObjectContext<'a> {
    /// With the names after all renames.
    pub current: &'a Schema,
    pub desired: &'a Schema,
    pub drafting: &'static dyn Drafting,
    pub names: ObjectNames<'a>,
}

impl ObjectContext<'_> {
    /// Whether an object already exists, also under another name of what it uses.
    pub(super) fn is_same(&self, from: &SchemaObject, to: &SchemaObject) -> bool {
        let is_same = |one: &_, other: &_| is_same(one, other, self.names.syntax);
        // A view follows the rename of a column, and calls its own column as before.
        let renamed = self.names.respelled(from);
        let follows =
            || is_same(&renamed, to) || is_same(&renamed, &self.names.without_old_aliases(to));
        is_same(from, to) || self.names.follows && renamed.shape == to.shape && follows()
    }

    /// Whether an object says the same as before, of something else: it follows a rename, and what it names now is another thing of the
    /// old name.
    fn is_of_another(&self, from: &SchemaObject, to: &SchemaObject) -> bool {
        let of_renamed =
            |d: &Dependency| d.of == from.address() && !d.is_soft && self.names.is_renamed(&d.on);
        self.names.follows
            && !self.names.renames.is_empty()
            && is_same(from, to, self.names.syntax)
            && !is_same(&self.names.respelled(from), from, self.names.syntax)
            && self.current.dependencies.iter().any(of_renamed)
    }
}

/// The objects that have to be dropped, by their addresses: what is not asked for any more, what cannot become another in place,
/// and what uses something that goes or becomes another.
pub(super) fn dropped(changes: &[Change], context: &ObjectContext<'_>) -> BTreeSet<Address> {
    let (is, should) = (ObjectGraph::new(context.current), ObjectGraph::new(context.desired));
    let drops = dropped_places(changes, context, &is, &should);
    drops.into_iter().map(|at| is.object(at).address()).collect()
}

fn dropped_places(
    changes: &[Change],
    context: &ObjectContext<'_>,
    is: &ObjectGraph<'_>,
    should: &ObjectGraph<'_>,
) -> HashSet<usize> {
    let mut drops = HashSet::new();
    for change in changes {
        for (address, gone) in touched(change, context) {
            let users = is.users.get(&address).into_iter().flatten();
            // A property goes with what it belongs to, whatever the database does about others.
            let hit = users.filter(|user| gone || !is.object(**user).is_property);
            for user in hit.copied().collect::<Vec<_>>() {
                if drops.insert(user) {
                    is.add_users(&is.object(user).address(), &mut drops);
                }
            }
        }
    }
    for (at, object) in is.schema.objects.iter().enumerate() {
        if changes.iter().any(|change| takes_numbers(change, object)) {
            drops.insert(at);
        }
    }
    for (at, from) in is.schema.objects.iter().enumerate() {
        let to = should.places.get(&from.address()).map(|at| should.object(*at));
        // If some attributes of a row go and others come, they may be the same under other names: columns keep their values by the
        // order of them, as texts. They do as well if an attribute could not come back where it was.
        let may_move = |to: &SchemaObject| {
            let renamed = to.loses_attributes(from) && from.loses_attributes(to);
            from.parts_in_order
                && (renamed || from.alter_from(to).is_none())
                && is.is_in_rows(&from.address())
        };
        let in_place = |to: &SchemaObject| {
            !may_move(to) && to.alter_from(&context.names.respelled(from)).is_some()
        };
        let stays = to.is_some_and(|to| {
            !context.is_of_another(from, to) && (context.is_same(from, to) || in_place(to))
        });
        if !stays && drops.insert(at) {
            is.add_users(&from.address(), &mut drops);
        }
        // Who reads an attribute that goes is in the way of it, and the server knows only that it uses the type.
        if stays && to.is_some_and(|to| to.loses_attributes(from)) {
            is.add_users(&from.address(), &mut drops);
        }
    }
    let taken: Vec<usize> = taken_by_parts(context, is, should, &drops).collect();
    drops.extend(taken);
    let stays = |at: &usize| !drops.contains(at);
    let revoked: Vec<usize> = access::revoked_along(context, is, should).filter(stays).collect();
    drops.extend(revoked);
    drops
}

/// Comments on parts of objects that go and come back as others, while the object stays: a domain's constraint takes its comment along.
fn taken_by_parts<'a>(
    context: &'a ObjectContext<'_>,
    is: &'a ObjectGraph<'_>,
    should: &'a ObjectGraph<'_>,
    drops: &'a HashSet<usize>,
) -> impl Iterator<Item = usize> + 'a {
    let is_taken = |object: &SchemaObject| {
        let owner = object.belongs_to.as_ref()?;
        let at = is.places.get(owner).filter(|at| !drops.contains(at))?;
        let (from, to) = (is.object(*at), should.object(*should.places.get(owner)?));
        let part = from.parts.iter().find(|part| {
            let rest = object.name.strip_prefix("on ").and_then(|on| on.strip_prefix(&part.name));
            rest.is_some_and(|rest| rest.starts_with(" on "))
        })?;
        let stays = to.parts.iter().any(|other| other.name == part.name && other.add == part.add);
        Some(!stays && !context.is_same(from, to))
    };
    let all = is.schema.objects.iter().enumerate();
    all.filter(move |(_, object)| is_taken(object) == Some(true)).map(|(at, _)| at)
}

/// Whether an object is on the sequence that numbers a column, and goes with it.
fn takes_numbers(change: &Change, object: &SchemaObject) -> bool {
    let is_serial =
        |column: &Column| column.identity.as_ref().map(|i| i.kind == IdentityKind::Serial);
    match (change, &object.belongs_to) {
        (Change::AlterColumn { table, from, to, .. }, Some(Address::Column(of, name))) => {
            object.is_property
                && of == table
                && *name == to.name
                && object.name.contains(" on sequence ")
                && is_serial(from) != is_serial(to)
        }
        _ => false,
    }
}

/// Whether two definitions of an object say the same.
pub(super) fn is_same(from: &SchemaObject, to: &SchemaObject, syntax: &Syntax) -> bool {
    let same = |a: &str, b: &str| a == b || super::not_compared::is_same_text(a, b, syntax);
    if !from.head.is_empty() && from.head == to.head {
        let of = |o: &SchemaObject| -> BTreeSet<(String, String)> {
            o.parts.iter().map(|part| (part.name.clone(), part.add.clone())).collect()
        };
        return from.parts == to.parts || !from.parts_in_order && of(from) == of(to);
    }
    same(from.text(), to.text())
}

/// What goes (`true`), or becomes another so that its users are in the way.
fn touched(change: &Change, context: &ObjectContext<'_>) -> Vec<(Address, bool)> {
    use Change as C;
    let fails = || context.drafting.effect(change) == Effect::Fails;
    let breaks = || context.drafting.effect(change) == Effect::Breaks;
    let parts = |table: &Name, name: &Option<String>| match name {
        Some(name) => vec![(Address::Part(table.clone(), name.clone()), true)],
        None => Vec::new(),
    };
    match change {
        C::DropTable(table) => {
            let columns =
                table.columns.iter().map(|c| Address::Column(table.name.clone(), c.name.clone()));
            let all = columns.chain([Address::Table(table.name.clone())]);
            all.map(|address| (address, true)).collect()
        }
        C::DropColumn { table, column, .. } => {
            let all = with_children(table, context.current).into_iter();
            all.map(|table| (Address::Column(table, column.name.clone()), true)).collect()
        }
        // Where the texts of its users do not follow it.
        C::RenameTable { to, .. } if breaks() => {
            let table = context.current.find_table(to).into_iter();
            let columns = table.flat_map(|table| &table.columns);
            let columns = columns.map(|c| Address::Column(to.clone(), c.name.clone()));
            columns.chain([Address::Table(to.clone())]).map(|address| (address, false)).collect()
        }
        C::RenameColumn { table, to, .. } if breaks() => {
            vec![(Address::Column(table.clone(), to.clone()), false)]
        }
        C::AlterColumn { table, from, to, .. }
            if (from.ty != to.ty || from.collation != to.collation) && fails() =>
        {
            let all = with_children(table, context.current).into_iter();
            all.map(|table| (Address::Column(table, to.name.clone()), false)).collect()
        }
        C::DropEnum(value) => vec![(Address::Enum(value.name.clone()), true)],
        C::AlterEnum { from, rebuild: true, .. } => {
            // What hangs on the type goes with the old one.
            let mut all = vec![(Address::Enum(from.name.clone()), true)];
            for table in &context.current.tables {
                for column in &table.columns {
                    if mentions_type(column.ty.text(), &from.name, context.names.syntax) {
                        let column = Address::Column(table.name.clone(), column.name.clone());
                        all.push((column, false));
                    }
                }
            }
            all
        }
        C::DropSequence(sequence) => vec![(Address::Sequence(sequence.name.clone()), true)],
        C::DropPrimaryKey { table, key } => parts(table, &key.name),
        C::DropUnique { table, unique } => parts(table, &unique.name),
        C::DropForeignKey { table, key } => parts(table, &key.name),
        C::DropCheck { table, check } => parts(table, &check.name),
        C::DropExclusion { table, exclusion } => parts(table, &exclusion.name),
        C::DropIndex { table, index } => parts(table, &index.name),
        _ => Vec::new(),
    }
}

/// A table, and those below it, to which its changes are carried on.
fn with_children(table: &Name, schema: &Schema) -> Vec<Name> {
    let mut all = schema.descendants(table);
    all.push(table.clone());
    all
}

/// Whether a part of a table is made, or made to be another, by a change.
fn is_made(address: &Address, change: &Change) -> bool {
    use Change as C;
    let is_part = |table: &Name, name: &Option<String>| match address {
        Address::Part(of, part) => of == table && name.as_ref() == Some(part),
        _ => false,
    };
    let is_column = |table: &Name, column: &str| match address {
        Address::Column(of, name) | Address::Default(of, name) => of == table && name == column,
        _ => false,
    };
    match change {
        C::CreateTable(table) => address.table() == Some(&table.name),
        C::AddColumn { table, column, .. } => is_column(table, &column.name),
        C::AlterColumn { table, from, to, .. } => {
            is_column(table, &to.name)
                && match address {
                    Address::Default(..) => {
                        (from.default != to.default || from.generated != to.generated)
                            && (to.default.is_some() || to.generated.is_some())
                    }
                    _ => from.ty != to.ty || from.collation != to.collation,
                }
        }
        C::AddPrimaryKey { table, key } => is_part(table, &key.name),
        C::AddUnique { table, unique } => is_part(table, &unique.name),
        C::AddForeignKey { table, key } => is_part(table, &key.name),
        C::AddCheck { table, check } => is_part(table, &check.name),
        C::AddExclusion { table, exclusion } => is_part(table, &exclusion.name),
        C::AddIndex { table, index } => is_part(table, &index.name),
        _ => false,
    }
}

/// Whether a part of a table goes, or becomes another, by a change.
fn is_released(address: &Address, change: &Change) -> bool {
    match change {
        Change::DropTable(table) => address.table() == Some(&table.name),
        Change::DropColumn { table, column, .. } => match address {
            Address::Column(of, name) | Address::Default(of, name) => {
                of == table && *name == column.name
            }
            _ => false,
        },
        Change::AlterColumn { .. } => is_made(address, &change.reverse()),
        Change::DropPrimaryKey { .. }
        | Change::DropUnique { .. }
        | Change::DropForeignKey { .. }
        | Change::DropCheck { .. }
        | Change::DropExclusion { .. }
        | Change::DropIndex { .. } => is_made(address, &change.reverse()),
        _ => false,
    }
}

/// The objects that are not the same, in no order.
pub(super) fn differing(from: &Schema, to: &Schema) -> Vec<Change> {
    let find = |schema: &Schema, object: &SchemaObject| {
        schema.objects.iter().find(|known| known.is(object)).cloned()
    };
    let gone = from.objects.iter().filter(|object| find(to, object).is_none());
    let drop =
        |object: &SchemaObject| Change::DropObject { object: object.clone(), with_owner: false };
    let changed = to.objects.iter().filter_map(|object| match find(from, object) {
        None => Some(Change::CreateObject(object.clone())),
        Some(old)
            if without_needless_quotes(old.text()) == without_needless_quotes(object.text()) =>
        {
            None
        }
        Some(old) => Some(Change::AlterObject { from: old, to: object.clone() }),
    });
    gone.map(drop).chain(changed).collect()
}

/// Puts what has to be done with the objects into the ordered changes of tables.
pub(super) fn insert_objects(changes: Vec<Change>, context: &ObjectContext<'_>) -> Vec<Change> {
    let (is, should) = (ObjectGraph::new(context.current), ObjectGraph::new(context.desired));
    let drops = dropped_places(&changes, context, &is, &should);
    let mut made: HashMap<usize, Change> = HashMap::new();
    for (at, to) in should.schema.objects.iter().enumerate() {
        let from = is.places.get(&to.address()).filter(|from| !drops.contains(from));
        let change = match from.map(|from| is.object(*from)) {
            None => Change::CreateObject(to.clone()),
            Some(from) if context.is_same(from, to) => continue,
            // It is done when everything has its new name.
            Some(from) => {
                Change::AlterObject { from: context.names.respelled(from), to: to.clone() }
            }
        };
        made.insert(at, change);
    }
    if drops.is_empty() && made.is_empty() {
        return changes;
    }
    let places = Places {
        drop_at: drop_positions(&changes, &is, &drops),
        make_at: make_positions(&changes, &should, &made),
    };
    let drop = |at| Some(Change::DropObject { object: is.object(at).clone(), with_owner: false });
    let mut woven = weave(changes, (&is, &should), &places, (&drop, made));
    mark_taken_along(&mut woven);
    woven
}

/// Before which change of tables each object goes, and comes.
struct Places {
    drop_at: HashMap<usize, usize>,
    make_at: HashMap<usize, usize>,
}

/// Puts what goes and what comes between other changes.
fn weave(
    changes: Vec<Change>,
    (is, should): (&ObjectGraph<'_>, &ObjectGraph<'_>),
    places: &Places,
    (drop, mut made): (&dyn Fn(usize) -> Option<Change>, HashMap<usize, Change>),
) -> Vec<Change> {
    let mut woven = Vec::with_capacity(changes.len() + places.drop_at.len() + made.len());
    let count = changes.len();
    let mut changes = changes.into_iter();
    for position in 0..=count {
        for at in is.order.iter().rev().filter(|at| places.drop_at.get(at) == Some(&position)) {
            woven.extend(drop(*at));
        }
        for at in should.order.iter().filter(|at| places.make_at.get(at) == Some(&position)) {
            woven.extend(made.remove(at));
        }
        woven.extend(changes.next());
    }
    woven
}

/// Behind how many changes of tables each object is dropped.
fn drop_positions(
    changes: &[Change],
    is: &ObjectGraph<'_>,
    drops: &HashSet<usize>,
) -> HashMap<usize, usize> {
    let mut positions: HashMap<usize, usize> = drops.iter().map(|at| (*at, 0)).collect();
    for (address, object) in is.needed_by_tables().filter(|(_, object)| drops.contains(object)) {
        let released = changes.iter().position(|change| is_released(address, change));
        // What it needs itself cannot go before it.
        let Some(position) = released.map(|at| at + 1) else { continue };
        let outlives =
            |on: &Address| changes.iter().take(position).all(|change| !is_released(on, change));
        is.with_needs(vec![object], &outlives, &mut |at| match positions.get_mut(&at) {
            Some(own) if *own < position => {
                *own = position;
                true
            }
            _ => false,
        });
    }
    positions
}

/// Before which change of tables each object is created or altered.
fn make_positions(
    changes: &[Change],
    should: &ObjectGraph<'_>,
    made: &HashMap<usize, Change>,
) -> HashMap<usize, usize> {
    let mut positions: HashMap<usize, usize> = made.keys().map(|at| (*at, changes.len())).collect();
    let mut seen: HashMap<usize, usize> = HashMap::new();
    for (address, object) in should.needed_by_tables() {
        // A column may be a text in between.
        let Some(position) = changes.iter().rposition(|change| is_made(address, change)) else {
            continue;
        };
        let is_there =
            |on: &Address| changes.iter().skip(position).all(|change| !is_made(on, change));
        should.with_needs(vec![object], &is_there, &mut |at| {
            let is_new = seen.get(&at).is_none_or(|known| *known > position);
            if is_new {
                seen.insert(at, position);
                if let Some(own) = positions.get_mut(&at) {
                    *own = (*own).min(position);
                }
            }
            is_new
        });
    }
    positions
}

/// Marks the properties that go with what they belong to, for which there is no statement.
fn mark_taken_along(changes: &mut [Change]) {
    let goes = |owner: &Address, rest: &[Change]| {
        rest.iter().any(|change| match (change, owner) {
            (Change::DropTable(table), owner) => owner.table() == Some(&table.name),
            (Change::DropColumn { table, column, .. }, Address::Column(of, name)) => {
                of == table && *name == column.name
            }
            (Change::DropObject { object, .. }, owner) => object.address() == *owner,
            (Change::DropEnum(value), Address::Enum(name)) => value.name == *name,
            (Change::DropSequence(sequence), Address::Sequence(name)) => sequence.name == *name,
            _ => false,
        })
    };
    for at in 0..changes.len() {
        let (before, rest) = changes.split_at_mut(at + 1);
        if let Some(Change::DropObject { object, with_owner }) = before.last_mut()
            && object.is_property
            && let Some(owner) = &object.belongs_to
        {
            *with_owner = goes(owner, rest);
        }
    }
}

/// Whether an object cannot become in place what it was: a view that got a column.
fn is_one_way(change: &Change) -> bool {
    matches!(change, Change::AlterObject { from, to } if to.alter_from(from).is_none())
}

/// The down side, with whatever blocks it dropped before and created after: a change in place cannot always be undone in place.
/// `context` leads from the schema after the draft to the one before it.
pub(super) fn reverse_objects(changes: Vec<Change>, context: &ObjectContext<'_>) -> Vec<Change> {
    let graph = ObjectGraph::new(context.current);
    let was = ObjectGraph::new(context.desired);
    let mut there: HashSet<Address> = graph.places.keys().cloned().collect();
    let mut lifted = HashSet::new();
    for change in &changes {
        lifted.extend(access::revoked_by(change, &graph, &was, &there));
        match change {
            Change::AlterObject { from, .. } if is_one_way(change) => {
                let mut users = graph.places.get(&from.address()).copied().into_iter().collect();
                graph.add_users(&from.address(), &mut users);
                lifted.extend(users);
            }
            Change::DropObject { object, .. } => {
                there.remove(&object.address());
            }
            Change::CreateObject(object) => {
                there.insert(object.address());
            }
            other => {
                for (address, gone) in touched(other, context) {
                    let mut users = HashSet::new();
                    let direct = graph.users.get(&address).into_iter().flatten();
                    let hit = direct.filter(|user| gone || !graph.object(**user).is_property);
                    for user in hit {
                        users.insert(*user);
                        graph.add_users(&graph.object(*user).address(), &mut users);
                    }
                    let is_there = |user: &usize| there.contains(&graph.object(*user).address());
                    lifted.extend(users.into_iter().filter(is_there));
                }
            }
        }
    }
    let again = |at: &usize| was.places.get(&graph.object(*at).address());
    let (lifted, mut gone): (HashSet<usize>, HashSet<usize>) =
        lifted.into_iter().partition(|at| again(at).is_some());
    // What goes anyway, and uses what is lifted, goes before that.
    let mut users = HashSet::new();
    lifted.iter().for_each(|at| graph.add_users(&graph.object(*at).address(), &mut users));
    gone.retain(|at| users.contains(at));
    // What is lifted comes back as what it was, and is not altered on the way.
    let is_lifted = |object: &SchemaObject| {
        graph.places.get(&object.address()).is_some_and(|at| lifted.contains(at))
    };
    let changes = changes.into_iter().filter(|change| match change {
        Change::AlterObject { from, .. } => !is_lifted(from) && !is_one_way(change),
        _ => true,
    });
    let place = |change: &Change| match change {
        Change::DropObject { object, .. } => graph.places.get(&object.address()).copied(),
        _ => None,
    };
    let goes = |change: &Change| place(change).is_some_and(|at| gone.contains(&at));
    let (early, changes): (Vec<Change>, Vec<Change>) = changes.partition(goes);
    let all_gone: HashSet<usize> = lifted.union(&gone).copied().collect();
    let creates: HashMap<usize, Change> = lifted
        .iter()
        .filter_map(again)
        .map(|at| (*at, Change::CreateObject(was.object(*at).clone())))
        .collect();
    // What a column has as its type goes when the column is a text, and comes back before it is none any more.
    let places = Places {
        drop_at: drop_positions(&changes, &graph, &all_gone),
        make_at: make_positions(&changes, &was, &creates),
    };
    let drop = |at: usize| {
        let goes = early.iter().find(|change| place(change) == Some(at)).cloned();
        let lift = || Change::DropObject { object: graph.object(at).clone(), with_owner: false };
        goes.or_else(|| lifted.contains(&at).then(lift))
    };
    let mut all = weave(changes, (&graph, &was), &places, (&drop, creates));
    mark_taken_along(&mut all);
    all
}
