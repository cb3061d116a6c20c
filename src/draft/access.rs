//! Who may do what, where the database does more than it is told: it gives new things what default privileges say, and a REVOKE on a
//! table takes what is granted on its columns along. It is pure.

use std::collections::HashSet;

use super::{object_graph::ObjectGraph, objects::ObjectContext};
use crate::{
    change::Change,
    schema::{Address, Schema, SchemaObject},
};

/// Takes away what default privileges give to what a draft creates, and to what it drops and creates again, as far as it should not be
/// there. Where `is_said` is not set, nobody says who may use what is new, and the default privileges do.
pub(super) fn settle(
    changes: Vec<Change>,
    context: &ObjectContext<'_>,
    is_said: bool,
) -> Vec<Change> {
    let is_default = |object: &SchemaObject| object.is_access && !object.is_property;
    let all = context.current.objects.iter().filter(|object| is_default(object));
    let mut in_force: Vec<SchemaObject> = all.cloned().collect();
    let mut settled: Vec<Change> = Vec::with_capacity(changes.len());
    let mut given: Vec<SchemaObject> = Vec::new();
    let known = |schema: &Schema, object: &SchemaObject| {
        schema.objects.iter().find(|known| known.is(object)).cloned()
    };
    for mut change in changes {
        match &change {
            Change::CreateObject(object) if is_default(object) => in_force.push(object.clone()),
            Change::DropObject { object, .. } if is_default(object) => {
                in_force.retain(|known| !known.is(object));
            }
            Change::AlterObject { from, to } if is_default(from) => {
                in_force.retain(|known| !known.is(from));
                in_force.push(to.clone());
            }
            _ => {}
        }
        if let Change::CreateObject(to) = &change
            && let Some(at) = given.iter().position(|object| object.is(to))
        {
            let from = given.remove(at);
            if !context.is_same(&from, to) {
                change = Change::AlterObject { from, to: to.clone() };
            }
        }
        let implied = context.drafting.implied_access(&change, &in_force);
        let is_again = is_said || comes_again(&change, context.current);
        settled.push(change);
        for object in implied {
            if known(context.desired, &object).is_some() {
                given.push(object);
            } else if is_again {
                settled.push(Change::DropObject { object, with_owner: false });
            }
        }
    }
    settled
}

/// Whether what a change creates exists before the draft, too.
fn comes_again(change: &Change, current: &Schema) -> bool {
    match change {
        Change::CreateObject(object) => current.objects.iter().any(|known| known.is(object)),
        Change::CreateTable(table) => current.find_table(&table.name).is_some(),
        Change::CreateEnum(value) => current.enums.iter().any(|known| known.name == value.name),
        Change::AlterEnum { .. } | Change::AlterObject { .. } => true,
        _ => false,
    }
}

/// What is granted on columns goes with what is revoked on their table, and is granted again.
pub(super) fn revoked_along<'a>(
    context: &'a ObjectContext<'_>,
    is: &'a ObjectGraph<'_>,
    should: &'a ObjectGraph<'_>,
) -> impl Iterator<Item = usize> + 'a {
    let revoking = should.schema.objects.iter().filter(|to| {
        let from = is.places.get(&to.address()).map(|at| is.object(*at));
        to.is_access
            && !from.is_some_and(|from| context.is_same(from, to))
            && revokes(from, Some(to))
    });
    revoking.flat_map(move |to| {
        let address = to.address();
        let users =
            |graph: &ObjectGraph<'_>| graph.users.get(&address).cloned().unwrap_or_default();
        let named = users(should).into_iter().map(|at| should.object(at).address());
        let known: Vec<usize> = named.filter_map(|own| is.places.get(&own).copied()).collect();
        known.into_iter().chain(users(is))
    })
}

/// Whether making one of another, or none of it, revokes something.
fn revokes(from: Option<&SchemaObject>, to: Option<&SchemaObject>) -> bool {
    let statements = match (from, to) {
        (None, Some(to)) => vec![to.definition.clone()],
        (Some(from), None) => vec![from.drop.clone()],
        (Some(from), Some(to)) => to.alter_from(from).unwrap_or_default(),
        (None, None) => Vec::new(),
    };
    statements.iter().any(|statement| statement.starts_with("REVOKE "))
}

/// What is granted on columns, and goes with what a change revokes on their table.
pub(super) fn revoked_by(
    change: &Change,
    graph: &ObjectGraph<'_>,
    was: &ObjectGraph<'_>,
    there: &HashSet<Address>,
) -> Vec<usize> {
    let (from, to) = match change {
        Change::CreateObject(to) => (None, Some(to)),
        Change::DropObject { object, .. } => (Some(object), None),
        Change::AlterObject { from, to } => (Some(from), Some(to)),
        _ => return Vec::new(),
    };
    let Some(own) = from.or(to).filter(|object| object.is_access && revokes(from, to)) else {
        return Vec::new();
    };
    let own = own.address();
    let users = |side: &ObjectGraph<'_>| -> Vec<Address> {
        let users = side.users.get(&own).into_iter().flatten();
        users.map(|at| side.object(*at).address()).collect()
    };
    let all = users(graph).into_iter().chain(users(was)).filter(|user| there.contains(user));
    all.filter_map(|user| graph.places.get(&user).copied()).collect()
}
