//! What new things get from default privileges. The server gives it while it creates them; a draft grants and revokes what is left.

use crate::{
    change::Change,
    database::postgres::render::{sequence_of, table_name},
    schema::{Column, Name, ObjectPart, SchemaObject, Table},
};

/// Something that has privileges, as the catalogue's objects name it.
struct Thing {
    /// Whose default privileges it gets: `TABLES`.
    kind: &'static str,
    /// `table app.users`.
    name: String,
    /// `TABLE app.users`.
    target: String,
    schema: String,
}

pub(in super::super) fn implied_access(
    change: &Change,
    in_force: &[SchemaObject],
) -> Vec<SchemaObject> {
    if in_force.is_empty() {
        return Vec::new();
    }
    created(change).iter().flat_map(|thing| given(thing, in_force)).collect()
}

/// What a change creates.
fn created(change: &Change) -> Vec<Thing> {
    use Change as C;
    match change {
        C::CreateTable(table) => {
            let table_itself = named("TABLES", "table", &table.name);
            std::iter::once(table_itself).chain(sequences(table)).collect()
        }
        C::AddColumn { table, column, .. } => sequence(table, column).into_iter().collect(),
        C::AlterColumn { table, from, to, .. } => {
            let is_kept = from.identity.is_some()
                && from.identity.as_ref().map(|i| i.kind) == to.identity.as_ref().map(|i| i.kind);
            sequence(table, to).into_iter().filter(|_| !is_kept).collect()
        }
        C::CreateSequence(sequence) => vec![named("SEQUENCES", "sequence", &sequence.name)],
        C::CreateEnum(value) | C::AlterEnum { to: value, rebuild: true, .. } => {
            vec![named("TYPES", "type", &value.name)]
        }
        C::CreateSchema(schema) => {
            vec![Thing { schema: String::new(), ..named("SCHEMAS", "schema", &Name::new(schema)) }]
        }
        C::CreateObject(object) => of_object(object).into_iter().collect(),
        C::AlterObject { from, to } if to.alter_from(from).is_none() => {
            of_object(to).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn named(kind: &'static str, word: &str, of: &Name) -> Thing {
    let name = table_name(of);
    let target = format!("{} {name}", word.to_uppercase());
    let schema = of.schema.clone().unwrap_or_default();
    Thing { kind, name: format!("{word} {name}"), target, schema }
}

fn sequences(table: &Table) -> impl Iterator<Item = Thing> + '_ {
    let own = table.columns.iter().filter(|column| {
        table.given.as_ref().is_none_or(|given| given.find_column(&column.name).is_none())
    });
    own.filter_map(|column| sequence(&table.name, column))
}

fn sequence(table: &Name, column: &Column) -> Option<Thing> {
    Some(named("SEQUENCES", "sequence", &sequence_of(table, column)?))
}

fn of_object(object: &SchemaObject) -> Option<Thing> {
    let (kind, word, target) = match object.kind.as_str() {
        "view" | "materialized view" | "foreign table" => ("TABLES", "table", "TABLE"),
        "function" => ("FUNCTIONS", "function", "FUNCTION"),
        "aggregate" => ("FUNCTIONS", "aggregate", "FUNCTION"),
        "procedure" => ("FUNCTIONS", "procedure", "PROCEDURE"),
        "domain" | "composite type" | "range type" => ("TYPES", "type", "TYPE"),
        _ => return None,
    };
    let of = &object.name;
    let own = of.split('(').next().unwrap_or_default();
    let schema = own.rsplit_once('.').map_or("", |(schema, _)| schema).replace('"', "");
    Some(Thing { kind, name: format!("{word} {of}"), target: format!("{target} {of}"), schema })
}

/// What a thing gets, an object for each role.
fn given(thing: &Thing, in_force: &[SchemaObject]) -> Vec<SchemaObject> {
    let mut found: Vec<SchemaObject> = Vec::new();
    for default in in_force {
        let [kind, role, within, is_mine] = default.shape.as_slice() else { continue };
        let is_here = within == "*" || *within == thing.schema;
        if kind != thing.kind || is_mine != "1" || !is_here {
            continue;
        }
        let (given, taken): (Vec<&ObjectPart>, Vec<&ObjectPart>) =
            default.parts.iter().partition(|part| part.remove.contains(" REVOKE "));
        let granted = given.iter().map(|part| granted(thing, role, part)).collect();
        add(&mut found, thing, role, granted);
        match role.as_str() {
            _ if taken.is_empty() => {}
            "PUBLIC" => found.push(without_public(thing)),
            _ => {
                let taken = taken.iter().map(|part| taken_from_owner(thing, part)).collect();
                add(&mut found, thing, "the owner", taken);
            }
        }
    }
    found
}

fn granted(thing: &Thing, role: &str, part: &ObjectPart) -> ObjectPart {
    let (privilege, target) = (&part.name, &thing.target);
    let option = if part.add.ends_with(" WITH GRANT OPTION") { " WITH GRANT OPTION" } else { "" };
    ObjectPart {
        name: privilege.clone(),
        add: format!("GRANT {privilege} ON {target} TO {role}{option}"),
        remove: format!("REVOKE {privilege} ON {target} FROM {role}"),
    }
}

fn taken_from_owner(thing: &Thing, part: &ObjectPart) -> ObjectPart {
    let (privilege, target) = (&part.name, &thing.target);
    ObjectPart {
        name: privilege.clone(),
        add: format!("REVOKE {privilege} ON {target} FROM CURRENT_USER"),
        remove: format!("GRANT {privilege} ON {target} TO CURRENT_USER"),
    }
}

/// Puts parts into the object of a role: what is given in all schemas and in one adds up.
fn add(found: &mut Vec<SchemaObject>, thing: &Thing, role: &str, parts: Vec<ObjectPart>) {
    if parts.is_empty() {
        return;
    }
    let name = format!("of {role} on {}", thing.name);
    let at = found.iter().position(|object| object.name == name && !object.head.is_empty());
    let mut all = at.map(|at| found.remove(at).parts).unwrap_or_default();
    for part in parts {
        all.retain(|known| known.name != part.name);
        all.push(part);
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    let definition = all.iter().map(|part| part.add.as_str()).collect::<Vec<_>>().join(";\n");
    let drop = match role {
        "the owner" => format!("GRANT ALL ON {} TO CURRENT_USER", thing.target),
        _ => format!("REVOKE ALL ON {} FROM {role}", thing.target),
    };
    let head = "privileges".to_owned();
    found.push(SchemaObject { definition, drop, head, parts: all, ..access(name) });
}

/// Everybody may use a function or a type, but for this one.
fn without_public(thing: &Thing) -> SchemaObject {
    let target = &thing.target;
    SchemaObject {
        definition: format!("REVOKE ALL ON {target} FROM PUBLIC"),
        drop: format!("GRANT ALL ON {target} TO PUBLIC"),
        ..access(format!("of PUBLIC on {}", thing.name))
    }
}

fn access(name: String) -> SchemaObject {
    SchemaObject {
        kind: "privileges".to_owned(),
        name,
        is_property: true,
        is_access: true,
        ..SchemaObject::default()
    }
}
