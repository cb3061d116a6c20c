//! Indexes of partitioned tables, which cannot be built concurrently as a whole.

use super::{
    constraint::create_index_with,
    online::{DIVIDED, comment_on_index, concurrently, in_schema, steps},
};
use crate::{
    change::Change,
    database::drafting::{ChangeForm, OnlineContext, OnlineSteps, TwoWay},
    schema::{Index, Name, Table},
};

const ALLOW_CREATE: &str = "-- ambix: allow LOCK-001 because its partitions have the index by then, so that no row is read\n";
const ALLOW_DROP: &str = "-- ambix: allow LOCK-002 because the index of a partitioned table cannot be dropped concurrently\n";

/// How an index of a partitioned table, or one of a partition that is a part of it, comes or goes; none for what is neither.
pub(super) fn form(change: &Change, table: &Table, at: &OnlineContext<'_>) -> Option<ChangeForm> {
    if let Some(form) = of_partition(change, at) {
        return Some(form);
    }
    match change {
        Change::AddIndex { index, .. } if table.partition_by.is_some() => {
            Some(partitioned_index(table, (index, true), at))
        }
        Change::DropIndex { index, .. } if table.partition_by.is_some() => {
            Some(partitioned_index(table, (index, false), at))
        }
        _ => None,
    }
}

/// An index of a partitioned table: the partitions' indexes are built first, and become its parts when it is created, without being read.
fn partitioned_index(
    table: &Table,
    (index, is_new): (&Index, bool),
    at: &OnlineContext<'_>,
) -> ChangeForm {
    let of_same_name = at.changes.iter().filter(|change| {
        matches!(change, Change::AddIndex { index: other, .. } | Change::DropIndex { index: other, .. }
            if other.name == index.name)
    });
    let Some(of) = index.name.as_deref() else { return ChangeForm::Plain };
    if is_new && is_renamed(table, index, at) {
        return ChangeForm::Later;
    }
    if of_same_name.count() > 1 || index.options.contains_key("only") {
        return ChangeForm::Blocking(DIVIDED.to_owned());
    }
    let (mut up, mut own) = (Vec::new(), Vec::new());
    // What is below comes first, and is a part of what is above at once.
    let below = at.state.descendants(&table.name);
    let have_it = at.state.have_part_below(&below, index);
    for part in below.iter().rev().filter_map(|name| at.state.find_table(name)) {
        let create = |name: Option<String>| {
            let index = Index { name, comment: None, ..index.clone() };
            let how = if part.partition_by.is_none() { concurrently(at) } else { "" };
            create_index_with(&part.name, &index, how)
        };
        let given = part.given.as_deref().filter(|_| have_it.contains(&part.name));
        let given = given.and_then(|given| given.part_like(index));
        match part.part_like(index).or(given) {
            // It becomes the part, or is one of what does, and goes with the whole.
            Some(existing) if is_new => own.push(create(existing.name.clone())),
            _ => up.push(create(part_name(part, index, at))),
        }
    }
    up.push(create_index_with(&table.name, index, ""));
    up.extend(comment_on_index(&table.name, of, &index.comment));
    let mut down = vec![format!("DROP INDEX {}", in_schema(&table.name, of))];
    down.extend(own);
    let (up, down) = if is_new { (up, down) } else { (down, up) };
    let way = TwoWay { up: up.into_iter().map(allowed).collect(), down };
    steps(OnlineSteps { concurrent: Some(way), ..OnlineSteps::default() })
}

/// Says to the linter why a statement of the up side is not as long under a lock as it looks.
fn allowed(statement: String) -> String {
    match statement.split_once(" INDEX ") {
        Some((_, rest)) if rest.starts_with("CONCURRENTLY") => statement,
        Some(("DROP", _)) => ALLOW_DROP.to_owned() + &statement,
        Some(("CREATE" | "CREATE UNIQUE", _)) => ALLOW_CREATE.to_owned() + &statement,
        _ => statement,
    }
}

/// Whether an index that becomes a part gets another name before.
fn is_renamed(table: &Table, index: &Index, at: &OnlineContext<'_>) -> bool {
    let below = at.state.descendants(&table.name);
    at.changes.iter().any(|change| match change {
        Change::RenameIndex { table: of, from, .. } if below.contains(of) => {
            let renamed = at.state.find_table(of).and_then(|table| table.part_like(index));
            renamed.is_some_and(|own| own.name.as_ref() == Some(from))
        }
        _ => false,
    })
}

/// How the index of a partition comes or goes with that of its parent; none if it has nothing to do with that.
fn of_partition(change: &Change, at: &OnlineContext<'_>) -> Option<ChangeForm> {
    use Change as C;
    let (own, comes) = match change {
        C::Join { own, index: None } => (&**own, true),
        C::GoAlong { own } => (&**own, false),
        other => (other, matches!(other, C::AddIndex { .. })),
    };
    let (C::AddIndex { table, index } | C::DropIndex { table, index }) = own else { return None };
    let is_whole = |parent: &Name, whole: &Index| {
        whole.part() == index.part() && at.state.descendants(parent).contains(table)
    };
    let mut of_parents = at.changes.iter().filter_map(|other| match other {
        C::AddIndex { table: parent, index: whole } if is_whole(parent, whole) => Some(true),
        C::DropIndex { table: parent, index: whole } if is_whole(parent, whole) => Some(false),
        _ => None,
    });
    // An index of its own comes when its parent's is gone, whose part may have its name.
    of_parents.next().map(|whole| match whole == comes {
        true => ChangeForm::Along,
        false => ChangeForm::Later,
    })
}

/// The name of a part of an index: the one that it has, or will have.
fn part_name(leaf: &Table, index: &Index, at: &OnlineContext<'_>) -> Option<String> {
    let goal = at.goal.find_table(&leaf.name);
    let mut sides = [Some(leaf), goal].into_iter().flatten();
    sides.find_map(|table| table.given.as_deref()?.part_like(index)?.name.clone())
}
