//! Which objects beside tables take part in a draft, and how those that do not are named. It is pure.

use std::collections::BTreeSet;

use super::object_names::ObjectNames;
use crate::schema::{Address, Name, Schema, SchemaObject, Uncovered, Use};

/// Takes out what belongs to tables that take no part.
pub(super) fn leave_out(schema: &mut Schema, tables: &[&Name]) {
    let is_out = |address: &Address| address.table().is_some_and(|table| tables.contains(&table));
    let mut gone: BTreeSet<Address> = BTreeSet::new();
    loop {
        let belongs = |object: &SchemaObject| {
            object.belongs_to.as_ref().is_some_and(|of| is_out(of) || gone.contains(of))
        };
        let found: Vec<Address> =
            schema.objects.iter().filter(|o| belongs(o)).map(SchemaObject::address).collect();
        if found.is_empty() {
            return;
        }
        gone.extend(found);
        schema.objects.retain(|object| !gone.contains(&object.address()));
    }
}

/// Where the models say nothing of objects, those of the database stay as they are: what a change is in the way of is dropped before
/// and created after. What uses a table or column that goes cannot be created again, and is only named.
pub(super) fn keep(current: &mut Schema, desired: &mut Schema, names: &ObjectNames<'_>) {
    let stays = |address: &Address| match address {
        Address::Table(table) => desired.find_table(table).is_some(),
        Address::Column(table, column) => {
            desired.find_table(table).is_some_and(|table| table.find_column(column).is_some())
        }
        Address::Enum(name) => desired.enums.iter().any(|value| value.name == *name),
        Address::Sequence(name) => {
            let is_owned = !current.sequences.iter().any(|sequence| sequence.name == *name);
            is_owned || desired.sequences.iter().any(|sequence| sequence.name == *name)
        }
        // A default or a constraint that goes takes nothing along.
        Address::Default(..) | Address::Part(..) | Address::Object(..) => true,
    };
    // Those that go by themselves, and those that cannot be without what goes.
    let (mut going, mut stuck) = (BTreeSet::new(), BTreeSet::new());
    for object in &current.objects {
        let own = object.address();
        let needs = current.dependencies.iter().filter(|d| {
            // Whoever does not follow a rename cannot be created again by guessing what each name in it means.
            let is_lost = !names.follows && names.is_renamed(&d.on);
            !d.is_soft && d.of == own && (is_lost || !stays(&d.on))
        });
        let belongs = object.belongs_to.as_ref().is_some_and(|of| !stays(of));
        match needs.map(|d| d.is_auto).min() {
            _ if belongs => going.insert(own),
            Some(true) => going.insert(own),
            Some(false) => stuck.insert(own),
            None => false,
        };
    }
    loop {
        let more = |all: &BTreeSet<Address>, object: &&SchemaObject| {
            let own = object.address();
            let is_known = going.contains(&own) || stuck.contains(&own);
            let uses =
                |d: &&crate::schema::Dependency| !d.is_soft && d.of == own && all.contains(&d.on);
            !is_known
                && (object.belongs_to.as_ref().is_some_and(|of| all.contains(of))
                    || current.dependencies.iter().any(|d| uses(&d)))
        };
        let next: Vec<Address> =
            current.objects.iter().filter(|o| more(&stuck, o)).map(SchemaObject::address).collect();
        let gone: Vec<Address> = current
            .objects
            .iter()
            .filter(|o| {
                o.belongs_to.as_ref().is_some_and(|of| going.contains(of))
                    && !going.contains(&o.address())
            })
            .map(SchemaObject::address)
            .collect();
        if next.is_empty() && gone.is_empty() {
            break;
        }
        stuck.extend(next);
        going.extend(gone);
    }
    let named = current.objects.iter().filter(|object| stuck.contains(&object.address()));
    let named: Vec<Uncovered> = named.map(|object| uncovered(object, current)).collect();
    current.objects.retain(|object| !stuck.contains(&object.address()));
    current.uncovered.extend(named);
    let staying = current.objects.iter().filter(|object| !going.contains(&object.address()));
    desired.objects = staying.map(|object| names.respelled(object)).collect();
    desired.dependencies.clone_from(&current.dependencies);
}

/// The objects as what is seen and not compared, properties aside.
pub(super) fn named(schema: &Schema) -> Vec<Uncovered> {
    let objects = schema.objects.iter().filter(|object| !object.is_property);
    objects.map(|object| uncovered(object, schema)).collect()
}

fn uncovered(object: &SchemaObject, schema: &Schema) -> Uncovered {
    let own = object.address();
    let used = schema.dependencies.iter().filter(|d| d.of == own).filter_map(|d| match &d.on {
        Address::Column(table, column) => {
            Some(Use { table: table.clone(), column: Some(column.clone()) })
        }
        Address::Table(name) | Address::Enum(name) | Address::Sequence(name) => {
            Some(Use { table: name.clone(), column: None })
        }
        _ => None,
    });
    Uncovered {
        kind: object.kind.clone(),
        name: object.name.clone(),
        on: object.belongs_to.as_ref().and_then(Address::table).cloned(),
        uses: used.collect(),
        definition: Some(object.definition.clone()),
    }
}
