//! Sequences that belong to columns, without being what numbers them: a sequence goes with its column, unless it is released
//! before. It is pure.

use super::{
    not_compared::{Found, NotCompared},
    object_names::ObjectNames,
    order::{OWNED, OrderContext, RELEASED},
};
use crate::{
    change::Change,
    database::Drafting,
    schema::{
        Address, Column, DefaultValue, IdentityKind, Name, Schema, SchemaObject, Sequence,
        is_usual_name,
    },
};

type Phased = (Option<u8>, Change);

/// A sequence that stays is released before its column goes, and belongs to one only when that exists.
pub(super) fn settle(changes: Vec<Phased>, context: &OrderContext<'_>) -> Vec<Phased> {
    let all: Vec<Change> = changes.iter().map(|(_, change)| change.clone()).collect();
    let goes = |sequence: &Sequence| {
        sequence.owned_by.as_ref().is_some_and(|(table, column)| is_dropped(&all, table, column))
    };
    let mut settled = Vec::with_capacity(changes.len());
    for (phase, change) in changes {
        match change {
            Change::CreateSequence(sequence) if sequence.owned_by.is_some() => {
                settled.push((phase, Change::CreateSequence(free(&sequence))));
                settled.push((Some(OWNED), alter(&free(&sequence), &sequence)));
            }
            Change::DropSequence(sequence) if goes(&sequence) => {
                settled.push((Some(RELEASED), alter(&sequence, &free(&sequence))));
                settled.push((phase, Change::DropSequence(free(&sequence))));
            }
            Change::AlterSequence { from, to } if from.owned_by != to.owned_by => {
                let mut steps = vec![from.clone()];
                if goes(&from) || to.owned_by.is_none() {
                    steps.push(free(&from));
                    settled.push((Some(RELEASED), alter(&from, &free(&from))));
                }
                let mut between = to.clone();
                between.owned_by.clone_from(&steps[steps.len() - 1].owned_by);
                if steps[steps.len() - 1] != between {
                    settled.push((phase, alter(&steps[steps.len() - 1], &between)));
                }
                if between != to {
                    settled.push((Some(OWNED), alter(&between, &to)));
                }
            }
            other => settled.push((phase, other)),
        }
    }
    release_defaults(&mut settled);
    // One that stays as it is, of a column that is recreated.
    for sequence in &context.current.sequences {
        let stays = context.desired.sequences.contains(sequence);
        if stays && goes(sequence) {
            settled.push((Some(RELEASED), alter(sequence, &free(sequence))));
            settled.push((Some(OWNED), alter(&free(sequence), sequence)));
        }
    }
    settled
}

/// A default that takes its numbers from the sequence of another column goes before that column has none any more.
fn release_defaults(changes: &mut Vec<Phased>) {
    let lost = changes.iter().filter_map(|(_, change)| match change {
        Change::AlterColumn { from, to, .. } if to.identity.is_none() => {
            from.identity.as_ref().and_then(|identity| identity.sequence_name.clone())
        }
        _ => None,
    });
    let lost: Vec<Name> = lost.collect();
    for (phase, change) in changes {
        if let Change::AlterColumn { from, to, .. } = change
            && let Some(DefaultValue::Sql(text)) = &from.default
            && from.default != to.default
            && lost.iter().any(|name| text.contains(&name.name))
        {
            *phase = Some(RELEASED);
        }
    }
}

fn is_dropped(changes: &[Change], table: &Name, name: &str) -> bool {
    changes.iter().any(|change| match change {
        Change::DropTable(of) => of.name == *table,
        Change::DropColumn { table: of, column, .. } => of == table && column.name == name,
        _ => false,
    })
}

fn free(sequence: &Sequence) -> Sequence {
    Sequence { owned_by: None, ..sequence.clone() }
}

fn alter(from: &Sequence, to: &Sequence) -> Change {
    Change::AlterSequence { from: from.clone(), to: to.clone() }
}

/// The sequence of a serial column that is on the other side one beside others: it is seen so on both sides, since it stays.
pub(super) fn see_alike(
    current: &mut Schema,
    desired: &mut Schema,
    drafting: &'static dyn Drafting,
) {
    see_as(current, desired, drafting);
    see_as(desired, current, drafting);
}

fn see_as(schema: &mut Schema, other: &Schema, drafting: &'static dyn Drafting) {
    let mut found = Vec::new();
    for table in &mut schema.tables {
        let name = table.name.clone();
        for column in &mut table.columns {
            let serial = column.identity.as_ref().filter(|i| i.kind == IdentityKind::Serial);
            let sequence = serial.and_then(|identity| identity.sequence_name.clone());
            let is_there = |name: &Name| other.sequences.iter().any(|s| s.name == *name);
            if !sequence.is_some_and(|name| is_there(&name)) {
                continue;
            }
            if let Some((plain, sequence)) = drafting.without_serial(&name, column) {
                *column = plain;
                // A child takes its numbers from its parent's.
                if !found.iter().any(|known: &Sequence| known.name == sequence.name) {
                    found.push(sequence);
                }
            }
        }
    }
    schema.sequences.extend(found);
}

/// The sequence that numbers a column keeps its name. What is said of it is said of that name; a name that the script gives it is
/// returned, with its column.
pub(super) fn keep_names(
    current: &Schema,
    desired: &mut Schema,
    names: &ObjectNames<'_>,
) -> Vec<NotCompared> {
    let mut kept = Vec::new();
    let mut asked = Vec::new();
    for table in &desired.tables {
        let Some(is) = current.find_table(&table.name) else { continue };
        for column in &table.columns {
            let sequence = |column: &Column| column.identity.as_ref()?.sequence_name.clone();
            let was = is.find_column(&column.name).and_then(sequence);
            let (Some(from), Some(to)) = (sequence(column), was) else { continue };
            if from == to {
                continue;
            }
            if !is_usual_name(&table.name.name, &[&column.name], "seq", &from.name) {
                asked.push(NotCompared {
                    kind: "name of the sequence".to_owned(),
                    name: format!("of column {}.{}", table.name, column.name),
                    found: Found::Both,
                });
            }
            let owner = Address::Column(table.name.clone(), column.name.clone());
            kept.push((owner, Change::RenameTable { from, to }));
        }
    }
    for (owner, rename) in kept {
        let own =
            ObjectNames { renames: std::slice::from_ref(&rename), respell: &|_| None, ..*names };
        let mut said = Schema::default();
        let is_said = |object: &SchemaObject| {
            object.belongs_to.as_ref() == Some(&owner) && object.name.contains(" sequence ")
        };
        (said.objects, desired.objects) =
            std::mem::take(&mut desired.objects).into_iter().partition(is_said);
        said.objects = said.objects.iter().map(|object| own.respelled(object)).collect();
        own.follow(&mut said);
        desired.objects.extend(said.objects);
    }
    asked
}
