//! The way back: each change undone, in the state that it left. It is pure.

use super::{
    blockers::words,
    computed::keep_on_the_way_back,
    diff::{Rules, add_column, drop_column},
    objects::{self, ObjectContext},
    order::{OrderContext, order},
    table_parts::TablePart,
};
use crate::{
    change::{Change, apply, reverse},
    schema::{EnumType, Index, Schema},
};

/// What undoes changes that were put in order.
pub(super) fn back(
    changes: &[Change],
    context: &OrderContext<'_>,
    (rules, objects): (&dyn Rules, &ObjectContext<'_>),
) -> Vec<Change> {
    let mut state = context.desired.clone();
    let mut down = Vec::new();
    let undone =
        keep_on_the_way_back(without_joins(reverse(changes)), |from, to| rules.alters(from, to));
    for change in values_first(undone, rules) {
        let undone = undo(change, &state, context, (rules, objects));
        undone.iter().for_each(|change| apply(&mut state, change));
        down.extend(undone);
    }
    without_passing(down)
}

/// A computed column that comes back and goes again at once, since what it is computed from comes back after it, comes back once.
fn without_passing(mut changes: Vec<Change>) -> Vec<Change> {
    let mut at = 0;
    while at < changes.len() {
        match passes(&changes[at..]) {
            Some(ahead) => {
                changes.remove(at + ahead);
                changes.remove(at);
            }
            None => at += 1,
        }
    }
    changes
}

/// How far behind the first change the one is that undoes it, if the first adds a computed column and only columns come between.
fn passes(changes: &[Change]) -> Option<usize> {
    let Some(Change::AddColumn { table, column, .. }) = changes.first() else { return None };
    column.generated.as_ref()?;
    let is_near = |change: &&Change| match change {
        Change::AddColumn { table: of, .. } | Change::DropColumn { table: of, .. } => of == table,
        _ => false,
    };
    let mut near = changes.iter().take_while(is_near);
    near.position(
        |change| matches!(change, Change::DropColumn { column: own, .. } if own == column),
    )
}

/// What was made to become a part of another goes with that: it is not made again to be dropped.
fn without_joins(changes: Vec<Change>) -> Vec<Change> {
    let mut kept: Vec<Change> = Vec::with_capacity(changes.len());
    for change in changes {
        let is_undone =
            kept.last().is_some_and(|last| is_made_again(last) && last.reverse() == change);
        if is_undone {
            kept.pop();
        } else {
            kept.push(change);
        }
    }
    kept
}

fn is_made_again(change: &Change) -> bool {
    matches!(
        change,
        Change::AddIndex { .. } | Change::AddUnique { .. } | Change::AddPrimaryKey { .. }
    )
}

/// Values that a type has again come before what uses them. Where others go at the same time, the type has all of them meanwhile.
fn values_first(changes: Vec<Change>, rules: &dyn Rules) -> Vec<Change> {
    let mut early = Vec::new();
    let mut rest: Vec<Change> = Vec::with_capacity(changes.len());
    for change in changes {
        let Change::AlterEnum { from, to, renamed, .. } = &change else {
            rest.push(change);
            continue;
        };
        let comes = |value: &&String| !from.values.contains(value);
        let new: Vec<&String> = to.values.iter().filter(comes).collect();
        let uses = |change: &Change| {
            words(change).iter().any(|text| new.iter().any(|value| rules.has_text(text, value)))
        };
        if !renamed.is_empty() || !rest.iter().any(uses) {
            rest.push(change);
            continue;
        }
        let goes = |value: &&String| !to.values.contains(value);
        let mut all = to.clone();
        all.values.extend(from.values.iter().filter(goes).cloned());
        let alter = |from: &EnumType, to: &EnumType| Change::AlterEnum {
            from: from.clone(),
            to: to.clone(),
            renamed: Vec::new(),
            rebuild: true,
        };
        early.push(alter(from, &all));
        if all.values != to.values {
            rest.push(alter(&all, to));
        }
    }
    // A type that comes back is there before any.
    early.extend(rest);
    early
}

/// A change that is made in place cannot always be undone in place: then whatever blocks it is dropped before and added after.
fn undo(
    change: Change,
    state: &Schema,
    context: &OrderContext<'_>,
    (rules, objects): (&dyn Rules, &ObjectContext<'_>),
) -> Vec<Change> {
    let parted = match change {
        Change::AlterEnum { rebuild: true, .. } => vec![change],
        Change::AlterColumn { table, from, to, .. } if !rules.alters(&from, &to) => {
            vec![drop_column(&table, &from), add_column(&table, &to)]
        }
        Change::Attach { bound: Some(_), .. } => return attach(change, state, context),
        easy => return vec![easy],
    };
    let mut after = state.clone();
    parted.iter().for_each(|change| apply(&mut after, change));
    // A domain over a type that is made again goes meanwhile, and the columns that have it are texts.
    let dropped =
        objects::dropped(&parted, &ObjectContext { current: state, desired: &after, ..*objects });
    let inner = OrderContext {
        current: state,
        original: state,
        desired: &after,
        dropped: &dropped,
        ..*context
    };
    order(parted, &inner)
}

/// A table becomes a partition again. An index of its own like one that it has from its parent comes back after that: the parent would
/// take it for a part of its own.
fn attach(change: Change, state: &Schema, context: &OrderContext<'_>) -> Vec<Change> {
    let name = change.table().cloned();
    let table =
        |schema: &'_ Schema| name.as_ref().and_then(|name| schema.find_table(name)).cloned();
    let (Some(is), Some(was)) = (table(state), table(context.current)) else { return vec![change] };
    let is_twin = |index: &&Index| {
        let mut given = was.given.iter().flat_map(|given| &given.indexes);
        was.indexes.contains(index) && given.any(|part| part.content() == index.content())
    };
    let twins: Vec<&Index> = is.indexes.iter().filter(is_twin).collect();
    let drops = twins.iter().map(|index| index.drop(&is.name));
    let adds = twins.iter().map(|index| index.add(&is.name));
    drops.chain([change]).chain(adds).collect()
}
