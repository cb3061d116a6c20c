//! Options of a table that name one of its indexes: what it is clustered on, what identifies its rows to replicas. They go with the
//! index, so that they are taken off before it goes and put on when it is there. It is pure.

use std::collections::BTreeSet;

use super::order::{OWNED, OrderContext, RELEASED};
use crate::{
    change::Change,
    schema::{INDEX_OPTIONS, Name, Options, Table},
};

type Phased = (Option<u8>, Change);

/// Parts the options that name an index from the others.
pub(super) fn settle(mut changes: Vec<Phased>, context: &OrderContext<'_>) -> Vec<Phased> {
    for table in &context.current.tables {
        let Some(to) = context.desired.find_table(&table.name) else { continue };
        let has_any = |of: &Table| INDEX_OPTIONS.iter().any(|name| of.options.contains_key(*name));
        if has_any(table) || has_any(to) {
            settle_table(&mut changes, table, to);
        }
    }
    changes
}

fn settle_table(changes: &mut Vec<Phased>, table: &Table, to: &Table) {
    let name = &table.name;
    changes.retain(
        |(_, change)| !matches!(change, Change::AlterOptions { table, .. } if table == name),
    );
    let gone = gone(changes, name);
    // By then, an index that is only called otherwise has its new name.
    let mut now = table.options.clone();
    for option in INDEX_OPTIONS {
        let new = now.get(option).and_then(|index| new_name(changes, name, index));
        now.extend(new.map(|new| (option.to_owned(), new)));
    }
    let mut released = now.clone();
    released.retain(|option, index| !is_tied(option) || !gone.contains(index));
    let mut others = untied(&to.options);
    let stays = released.iter().filter(|(option, _)| is_tied(option));
    others.extend(stays.map(|(option, index)| (option.clone(), index.clone())));
    let steps = [(Some(RELEASED), released), (None, others), (Some(OWNED), to.options.clone())];
    for (phase, to) in steps {
        let from = std::mem::replace(&mut now, to.clone());
        if from != to {
            changes.push((phase, Change::AlterOptions { table: name.clone(), from, to }));
        }
    }
}

fn untied(options: &Options) -> Options {
    let mut options = options.clone();
    options.retain(|option, _| !is_tied(option));
    options
}

fn is_tied(option: &str) -> bool {
    INDEX_OPTIONS.contains(&option)
}

/// The indexes of a table that go, or come again.
fn gone(changes: &[Phased], name: &Name) -> BTreeSet<String> {
    let dropped = changes.iter().filter_map(|(_, change)| change.dropped_index());
    dropped.filter(|(table, _)| *table == name).map(|(_, index)| index.to_owned()).collect()
}

fn new_name(changes: &[Phased], name: &Name, index: &str) -> Option<String> {
    changes.iter().find_map(|(_, change)| match change {
        Change::RenameIndex { table, from, to }
        | Change::RenameConstraint { table, from, to, .. }
            if table == name && from == index =>
        {
            Some(to.clone())
        }
        _ => None,
    })
}
