//! Sequences, alone and behind columns.

use super::{Writer, table_name};
use crate::{
    change::Change,
    schema::{Sequence, SequenceOptions},
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
                    self.push(alter(to));
                }
                if from.comment != to.comment {
                    let of = format!("SEQUENCE {}", table_name(&to.name));
                    self.comment(&of, to.comment.as_deref());
                }
            }
            _ => {}
        }
    }
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

/// Everything, so that what was set before is so no longer.
pub(super) fn alter(sequence: &Sequence) -> String {
    let options = &sequence.options;
    let data_type = options.data_type.as_deref().unwrap_or("bigint");
    let increment = options.increment.unwrap_or(1);
    let bound = |word: &str, value: Option<i64>| match value {
        Some(value) => format!("{word} {value}"),
        None => format!("NO {word}"),
    };
    let words = [
        format!("ALTER SEQUENCE {} AS {data_type}", table_name(&sequence.name)),
        format!("INCREMENT BY {increment}"),
        bound("MINVALUE", options.minimum),
        bound("MAXVALUE", options.maximum),
        format!("START WITH {}", start(options)),
        format!("CACHE {}", options.cache.unwrap_or(1)),
        if options.cycle { "CYCLE".to_owned() } else { "NO CYCLE".to_owned() },
    ];
    words.join(" ")
}

/// The same for an identity column: only what changes.
pub(super) fn settings(from: &SequenceOptions, to: &SequenceOptions) -> Vec<String> {
    let mut words = Vec::new();
    if from.increment != to.increment {
        words.push(format!("SET INCREMENT BY {}", to.increment.unwrap_or(1)));
    }
    for (word, before, after) in
        [("MINVALUE", from.minimum, to.minimum), ("MAXVALUE", from.maximum, to.maximum)]
    {
        if before != after || from.increment != to.increment {
            words.push(match after {
                Some(value) => format!("SET {word} {value}"),
                None => format!("SET NO {word}"),
            });
        }
    }
    if start(from) != start(to) {
        words.push(format!("SET START WITH {}", start(to)));
    }
    if from.cache != to.cache {
        words.push(format!("SET CACHE {}", to.cache.unwrap_or(1)));
    }
    if from.cycle != to.cycle {
        words.push(if to.cycle { "SET CYCLE" } else { "SET NO CYCLE" }.to_owned());
    }
    words
}

/// Where it begins.
fn start(options: &SequenceOptions) -> i64 {
    let ascending = options.increment.unwrap_or(1) > 0;
    let bound = if ascending { options.minimum } else { options.maximum };
    options.start.or(bound).unwrap_or(if ascending { 1 } else { -1 })
}
