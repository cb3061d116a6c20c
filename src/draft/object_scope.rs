//! Which objects beside tables take part in a draft, and how those that do not are named. It is pure.

use std::collections::BTreeSet;

use super::{not_compared::ScriptStatements, object_names::ObjectNames};
use crate::schema::{Address, Definition, Name, Schema, SchemaObject, Uncovered, Use};

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
    keep_those(current, desired, names, |_| true);
    desired.dependencies.clone_from(&current.dependencies);
}

/// Who may do what stays as it is where the script says nothing of that kind. Returned is what was left out so.
pub(super) fn keep_access(
    current: &mut Schema,
    desired: &mut Schema,
    names: &ObjectNames<'_>,
) -> Vec<SchemaObject> {
    let said: BTreeSet<String> = desired.objects.iter().map(|object| object.kind.clone()).collect();
    let is_unsaid = |object: &SchemaObject| object.is_access && !said.contains(&object.kind);
    keep_those(current, desired, names, is_unsaid);
    current.objects.iter().filter(|object| is_unsaid(object)).cloned().collect()
}

/// What belongs to the database as a whole stays, unless the script has it, or the migrations have made it. Returned is what was left
/// out so.
pub(super) fn keep_foreign(
    current: &mut Schema,
    desired: &mut Schema,
    names: &ObjectNames<'_>,
    migrations: &[&str],
) -> Vec<SchemaObject> {
    let said: BTreeSet<Address> = desired.objects.iter().map(SchemaObject::address).collect();
    let candidates = current.objects.iter().filter(|o| o.is_wide && !said.contains(&o.address()));
    // What the script needs without saying so is left alone as well.
    let is_needed =
        |object: &SchemaObject| desired.dependencies.iter().any(|d| d.on == object.address());
    let migrations = ScriptStatements::new(migrations, names.syntax);
    let is_foreign =
        |object: &&SchemaObject| is_needed(object) || !migrations.make(&object.kind, &object.name);
    let mut foreign: Vec<SchemaObject> = candidates.filter(is_foreign).cloned().collect();
    // A comment on it, or who may use it, stays with it.
    let kept: BTreeSet<Address> = foreign.iter().map(SchemaObject::address).collect();
    let is_on_it = |object: &&SchemaObject| {
        object.is_property && object.belongs_to.as_ref().is_some_and(|of| kept.contains(of))
    };
    let properties =
        current.objects.iter().filter(is_on_it).filter(|o| !said.contains(&o.address()));
    let properties: Vec<SchemaObject> =
        properties.filter(|object| !foreign.contains(object)).cloned().collect();
    foreign.extend(properties);
    keep_those(current, desired, names, |object| foreign.contains(object));
    foreign
}

fn keep_those(
    current: &mut Schema,
    desired: &mut Schema,
    names: &ObjectNames<'_>,
    is_kept: impl Fn(&SchemaObject) -> bool,
) {
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
        Address::Default(..) | Address::Part(..) => true,
        // What is kept goes with what is not.
        Address::Object(kind, name) => {
            let is_it = |object: &&SchemaObject| object.kind == *kind && object.name == *name;
            current.objects.iter().find(is_it).is_none_or(&is_kept)
                || desired.objects.iter().any(|object| is_it(&object))
        }
    };
    // Those that go by themselves, and those that cannot be without what goes.
    let (mut going, mut stuck) = (BTreeSet::new(), BTreeSet::new());
    for object in current.objects.iter().filter(|object| is_kept(object)) {
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
                && is_kept(object)
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
    let stays = |object: &&SchemaObject| is_kept(object) && !going.contains(&object.address());
    let staying = current.objects.iter().filter(stays);
    desired.objects.extend(staying.map(|object| names.respelled(object)));
}

/// Names objects among what is not compared.
pub(super) fn name(objects: &[SchemaObject], schema: &mut Schema) {
    let seen: Vec<Uncovered> = objects.iter().map(|object| uncovered(object, schema)).collect();
    schema.uncovered.extend(seen);
    schema.definitions.extend(objects.iter().map(|object| Definition {
        kind: object.kind.clone(),
        name: object.name.clone(),
        text: object.definition.clone(),
        ..Definition::default()
    }));
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
