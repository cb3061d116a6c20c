//! The way back: each change undone, in the state that it left. It is pure.

use super::{
    diff::{Rules, add_column, drop_column},
    order::{Setting, order},
};
use crate::{
    change::{Change, apply, reverse},
    schema::Schema,
};

/// What undoes changes that were put in order.
pub(super) fn back(changes: &[Change], setting: &Setting<'_>, rules: &dyn Rules) -> Vec<Change> {
    let mut state = setting.desired.clone();
    let mut down = Vec::new();
    for change in reverse(changes) {
        let undone = undo(change, &state, setting, rules);
        undone.iter().for_each(|change| apply(&mut state, change));
        down.extend(undone);
    }
    down
}

/// What can be made in place cannot always be undone so: then what stands in the way is lifted around it, as on the way there.
fn undo(change: Change, state: &Schema, setting: &Setting<'_>, rules: &dyn Rules) -> Vec<Change> {
    let parted = match change {
        Change::AlterEnum { rebuild: true, .. } => vec![change],
        Change::AlterColumn { table, from, to, .. } if !rules.alters(&from, &to) => {
            vec![drop_column(&table, &from), add_column(&table, &to)]
        }
        easy => return vec![easy],
    };
    let mut after = state.clone();
    parted.iter().for_each(|change| apply(&mut after, change));
    let facts = setting.facts;
    let syntax = setting.syntax;
    order(parted, &Setting { current: state, original: state, desired: &after, facts, syntax })
}
