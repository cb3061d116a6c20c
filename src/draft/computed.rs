//! Columns that stop being computed, and keep what was computed. It is pure.

use super::{
    diff::is_same_column,
    expression::mentions,
    order::{OrderContext, UNCOMPUTED},
};
use crate::{
    change::Change,
    database::drafting::Dependent,
    schema::{Column, Name},
    sql::Syntax,
};

type Phased = (Option<u8>, Change);

/// A column that stops being computed does so before what it was computed from changes or goes. Where that is not done in place,
/// the expression is what the rows get.
pub(super) fn keep(changes: Vec<Phased>, context: &OrderContext<'_>) -> Vec<Phased> {
    let facts = context.facts;
    let mut pairs = Vec::new();
    let mut rest = Vec::with_capacity(changes.len());
    // What is altered in place may have to wait for the type that it gets.
    let is_parted = facts.lifted_by_type.contains(&Dependent::Generated);
    let all: Vec<Change> = changes.iter().map(|(_, change)| change.clone()).collect();
    for (phase, change) in changes {
        match change {
            Change::AlterColumn { table, from, to, fill, renamed_values }
                if from.generated.is_some() && to.generated.is_none() =>
            {
                let plain = match is_parted {
                    true => Column { generated: None, ..from.clone() },
                    false => to.clone(),
                };
                let alter = |from: Column, to: Column, fill, renamed_values| {
                    let table = table.clone();
                    Change::AlterColumn { table, from, to, fill, renamed_values }
                };
                if is_same_column(&plain, &to) {
                    let change = alter(from, to, fill, renamed_values);
                    rest.push((Some(UNCOMPUTED), change));
                } else {
                    let first = alter(from, plain.clone(), None, Vec::new());
                    rest.push((Some(UNCOMPUTED), first));
                    rest.push((None, alter(plain, to, fill, renamed_values)));
                }
            }
            Change::DropColumn { table, column, fill } if is_plain_after(&all, &table, &column) => {
                pairs.push(Change::DropColumn { table, column, fill });
            }
            Change::AddColumn { table, column, fill } => {
                match computed_before(&all, &table, &column) {
                    Some(expression) => {
                        let fill = fill.or(Some(expression));
                        pairs.push(Change::AddColumn { table, column, fill });
                    }
                    None => rest.push((phase, Change::AddColumn { table, column, fill })),
                }
            }
            other => rest.push((phase, other)),
        }
    }
    // One that is computed from another stands behind it, and stops before it.
    let (mut drops, mut adds): (Vec<Change>, Vec<Change>) =
        pairs.into_iter().partition(|change| matches!(change, Change::DropColumn { .. }));
    drops.reverse();
    for drop in drops {
        users_first(&drop, &mut rest, context.syntax);
        let at = adds.iter().position(|add| is_pair(&drop, add));
        rest.push((Some(UNCOMPUTED), drop));
        rest.extend(at.map(|at| (Some(UNCOMPUTED), adds.remove(at))));
    }
    rest
}

/// A column that is computed from another is added behind it, so that on the way back it stops being computed, or goes, before it.
pub(super) fn in_order<P>(changes: &mut Vec<(P, Change)>, syntax: &Syntax) {
    let uses = |change: &Change, other: &Change| match (change, other) {
        (
            Change::AddColumn { table, column, .. },
            Change::AddColumn { table: of, column: used, .. },
        ) => {
            let expression = column.generated.as_ref().map(|g| g.expression.as_str());
            table == of && expression.is_some_and(|text| mentions(text, &used.name, syntax))
        }
        _ => false,
    };
    // Two that say each other's names do not use each other: that is no reason to move them for ever.
    let (mut at, mut moves) = (0, changes.len());
    while at < changes.len() {
        let used = (at + 1..changes.len()).find(|other| uses(&changes[at].1, &changes[*other].1));
        match used {
            Some(used) if moves > 0 => {
                let change = changes.remove(used);
                changes.insert(at, change);
                moves -= 1;
            }
            _ => at += 1,
        }
    }
}

/// The computed columns that use one are dropped before it.
fn users_first(drop: &Change, changes: &mut Vec<Phased>, syntax: &Syntax) {
    let Change::DropColumn { table, column, .. } = drop else { return };
    let uses = |change: &Change| match change {
        Change::DropColumn { table: of, column: user, .. } if of == table => {
            let expression = user.generated.as_ref().map(|generated| generated.expression.as_str());
            expression.is_some_and(|expression| mentions(expression, &column.name, syntax))
        }
        _ => false,
    };
    let is_due = |(phase, change): &Phased| *phase != Some(UNCOMPUTED) && uses(change);
    let (users, others): (Vec<Phased>, Vec<Phased>) =
        std::mem::take(changes).into_iter().partition(is_due);
    *changes = others;
    changes.extend(users.into_iter().map(|(_, user)| (Some(UNCOMPUTED), user)));
}

fn is_pair(drop: &Change, add: &Change) -> bool {
    matches!((drop, add), (Change::DropColumn { table, column, .. }, Change::AddColumn { table: of, column: c, .. })
        if table == of && column.name == c.name)
}

/// Whether a computed column that is dropped comes back as one that has values of its own.
pub(super) fn is_plain_after(changes: &[Change], table: &Name, column: &Column) -> bool {
    let is_it = |change: &Change| {
        matches!(change, Change::AddColumn { table: of, column: c, .. }
            if of == table && c.name == column.name && c.generated.is_none() && c.identity.is_none())
    };
    column.generated.is_some() && changes.iter().any(is_it)
}

/// The two halves of a column that stops being computed, where that is not done in place, as one change: what its values lose.
pub(super) fn as_one(changes: &[Change], add: &Change) -> Option<Change> {
    let Change::AddColumn { table, column: to, fill: Some(_) } = add else { return None };
    let from = changes.iter().find_map(|change| match change {
        Change::DropColumn { column, .. } if is_pair(change, add) => Some(column),
        _ => None,
    })?;
    from.generated.as_ref().filter(|_| to.generated.is_none())?;
    Some(Change::AlterColumn {
        table: table.clone(),
        from: from.clone(),
        to: to.clone(),
        fill: None,
        renamed_values: Vec::new(),
    })
}

/// What a column that is added was computed by, until it was dropped.
fn computed_before(changes: &[Change], table: &Name, column: &Column) -> Option<String> {
    changes.iter().find_map(|change| match change {
        Change::DropColumn { table: of, column: c, .. } if of == table && c.name == column.name => {
            let is_plain = column.generated.is_none() && column.identity.is_none();
            c.generated.as_ref().filter(|_| is_plain).map(|g| g.expression.clone())
        }
        _ => None,
    })
}

/// On the way back, a column that was made a computed one keeps what was computed: it stops being computed where it is.
pub(super) fn keep_on_the_way_back(
    mut changes: Vec<Change>,
    alters: impl Fn(&Column, &Column) -> bool,
) -> Vec<Change> {
    let mut at = 0;
    while at < changes.len() {
        let found = match &changes[at] {
            Change::DropColumn { column, .. } if column.generated.is_some() => {
                (at + 1..changes.len()).find(|other| is_pair(&changes[at], &changes[*other]))
            }
            _ => None,
        };
        if let Some(add) = found
            && let (
                Change::DropColumn { table, column: from, .. },
                Change::AddColumn { column: to, fill, .. },
            ) = (changes[at].clone(), changes[add].clone())
            && to.generated.is_none()
            && to.identity.is_none()
        {
            changes.remove(add);
            if alters(&from, &to) {
                let (fill, renamed_values) = (None, Vec::new());
                changes[at] = Change::AlterColumn { table, from, to, fill, renamed_values };
            } else {
                let fill = fill.or(from.generated.map(|generated| generated.expression));
                changes.insert(at + 1, Change::AddColumn { table, column: to, fill });
            }
        }
        at += 1;
    }
    changes
}
