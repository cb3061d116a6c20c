//! Sequences, alone and behind columns.

use super::{Writer, name::name, table_name};
use crate::{
    change::Change,
    schema::{Name, Sequence, SequenceOptions},
};

impl Writer<'_> {
    pub(super) fn sequence(&mut self, change: &Change) {
        match change {
            Change::CreateSequence(sequence) => {
                self.push(create(sequence));
                if let Some(comment) = &sequence.comment {
                    let of = format!("SEQUENCE {}", table_name(&sequence.name));
                    self.comment(&of, Some(comment));
                }
            }
            Change::DropSequence(sequence) => {
                self.push(format!("DROP SEQUENCE {}", table_name(&sequence.name)));
            }
            Change::AlterSequence { from, to } => {
                if from.options != to.options {
                    self.fit(&to.name, &from.options, &to.options);
                    self.push(alter(&from.options, to));
                }
                if from.owned_by != to.owned_by {
                    let owner = match &to.owned_by {
                        Some((table, column)) => format!("{}.{}", table_name(table), name(column)),
                        None => "NONE".to_owned(),
                    };
                    self.push(format!("ALTER SEQUENCE {} OWNED BY {owner}", table_name(&to.name)));
                }
                if from.comment != to.comment {
                    let of = format!("SEQUENCE {}", table_name(&to.name));
                    self.comment(&of, to.comment.as_deref());
                }
            }
            _ => {}
        }
    }

    /// A sequence that stands outside of its new bounds is set to where they begin, or behind where they end: the server refuses
    /// such bounds otherwise.
    pub(super) fn fit(&mut self, of: &Name, from: &SequenceOptions, to: &SequenceOptions) {
        if !self.work.with_rows || turns(from, to) {
            return;
        }
        let (sequence, literal) = (table_name(of), self.literal(&table_name(of)));
        let ((least, largest), (low, high)) = (bounds(from), bounds(to));
        let up = ascends(to);
        if low > least && low <= largest {
            let called = !up;
            self.push(format!(
                "SELECT setval({literal}, {low}, {called}) FROM {sequence} WHERE last_value < {low}"
            ));
        }
        if high < largest && high >= least {
            let called = up;
            self.push(format!(
                "SELECT setval({literal}, {high}, {called}) FROM {sequence} WHERE last_value > {high}"
            ));
        }
    }
}

/// The word that is needed where none of the old numbers is one of the new ones.
pub(super) fn restart(from: &SequenceOptions, to: &SequenceOptions) -> Option<&'static str> {
    let ((least, largest), (low, high)) = (bounds(from), bounds(to));
    (turns(from, to) || low > largest || high < least).then_some("RESTART")
}

/// The numbers between which it counts.
fn bounds(options: &SequenceOptions) -> (i64, i64) {
    let (least, largest) = match data_type(options) {
        "smallint" => (i64::from(i16::MIN), i64::from(i16::MAX)),
        "integer" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    };
    let (low, high) = if ascends(options) { (1, largest) } else { (least, -1) };
    (options.minimum.unwrap_or(low), options.maximum.unwrap_or(high))
}

pub(super) fn create(sequence: &Sequence) -> String {
    let mut words = vec![format!("CREATE SEQUENCE {}", table_name(&sequence.name))];
    if let Some(data_type) = &sequence.options.data_type {
        words.push(format!("AS {data_type}"));
    }
    words.extend(settings_of(&sequence.options));
    words.join(" ")
}

/// What is not the default.
pub(super) fn settings_of(options: &SequenceOptions) -> Vec<String> {
    let mut words = Vec::new();
    let mut say = |word: &str, value: Option<i64>| {
        words.extend(value.map(|value| format!("{word} {value}")));
    };
    say("INCREMENT BY", options.increment);
    say("MINVALUE", options.minimum);
    say("MAXVALUE", options.maximum);
    say("START WITH", options.start);
    say("CACHE", options.cache);
    if options.cycle {
        words.push("CYCLE".to_owned());
    }
    words
}

/// Only what changes: where a type is said, the server may take it for the bounds of another one.
pub(super) fn alter(from: &SequenceOptions, sequence: &Sequence) -> String {
    let to = &sequence.options;
    let mut words = vec![format!("ALTER SEQUENCE {}", table_name(&sequence.name))];
    if data_type(from) != data_type(to) {
        words.push(format!("AS {}", data_type(to)));
    }
    words.extend(settings(from, to));
    words.extend(restart(from, to).map(str::to_owned));
    words.join(" ")
}

fn data_type(options: &SequenceOptions) -> &str {
    options.data_type.as_deref().unwrap_or("bigint")
}

/// What makes the one the other, but for its type.
pub(super) fn settings(from: &SequenceOptions, to: &SequenceOptions) -> Vec<String> {
    let mut words = Vec::new();
    if from.increment != to.increment {
        words.push(format!("INCREMENT BY {}", to.increment.unwrap_or(1)));
    }
    let typed = data_type(from) != data_type(to);
    let is_new = |before: Option<i64>, after: Option<i64>| {
        before != after || if after.is_some() { typed } else { turns(from, to) }
    };
    // The bound that it leaves behind is 1 or -1 by default. With another type the word NO would mean the type's own.
    let (first, last) = if ascends(to) { (Some(1), None) } else { (None, Some(-1)) };
    for (word, before, after, usual) in [
        ("MINVALUE", from.minimum, to.minimum, first),
        ("MAXVALUE", from.maximum, to.maximum, last),
    ] {
        if is_new(before, after) {
            words.push(match after.or(usual) {
                Some(value) => format!("{word} {value}"),
                None => format!("NO {word}"),
            });
        }
    }
    if start(from) != start(to) {
        words.push(format!("START WITH {}", start(to)));
    }
    if from.cache != to.cache {
        words.push(format!("CACHE {}", to.cache.unwrap_or(1)));
    }
    if from.cycle != to.cycle {
        words.push(if to.cycle { "CYCLE" } else { "NO CYCLE" }.to_owned());
    }
    words
}

/// Whether it may already be past the new end, so that it can only go back or stops.
pub(in super::super) fn ends_sooner(from: &SequenceOptions, to: &SequenceOptions) -> bool {
    let ((least, largest), (low, high)) = (bounds(from), bounds(to));
    turns(from, to) || if ascends(to) { high < largest } else { low > least }
}

/// Whether it counts down where it counted up, or the other way round. Where it stands is then none of its numbers.
pub(super) fn turns(from: &SequenceOptions, to: &SequenceOptions) -> bool {
    ascends(from) != ascends(to)
}

fn ascends(options: &SequenceOptions) -> bool {
    options.increment.unwrap_or(1) > 0
}

/// Of the numbers that rows have already: the aggregate that has the one which is furthest on the sequence's way, and which ones
/// lie on that way at all.
pub(super) fn on_the_way(options: &SequenceOptions, number: &str) -> (&'static str, String) {
    let (least, largest) = match options.data_type.as_deref() {
        Some("smallint") => (Some(i64::from(i16::MIN)), Some(i64::from(i16::MAX))),
        Some("integer") => (Some(i64::from(i32::MIN)), Some(i64::from(i32::MAX))),
        _ => (None, None),
    };
    let begin = start(options);
    let (furthest, first, last) = if ascends(options) {
        ("max", format!(">= {begin}"), options.maximum.or(largest).map(|end| format!("<= {end}")))
    } else {
        ("min", format!("<= {begin}"), options.minimum.or(least).map(|end| format!(">= {end}")))
    };
    let bounds = std::iter::once(first).chain(last).map(|bound| format!("{number} {bound}"));
    (furthest, bounds.collect::<Vec<_>>().join(" AND "))
}

/// Where it begins.
fn start(options: &SequenceOptions) -> i64 {
    let ascending = ascends(options);
    let bound = if ascending { options.minimum } else { options.maximum };
    options.start.or(bound).unwrap_or(if ascending { 1 } else { -1 })
}
