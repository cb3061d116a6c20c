//! What the model holds, and what statements do to it.

use std::collections::BTreeMap;

use crate::{
    database::{Failure, FailureKind, Row},
    error::BoxError,
};

/// What the model holds, apart from its history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModelState {
    /// Every object, and whether it is whole.
    pub objects: BTreeMap<String, bool>,
    /// How many rows each table has.
    pub rows: BTreeMap<String, i64>,
    /// Every statement of a migration that took effect, in order.
    pub log: Vec<String>,
    /// The revision and the state of each row of the history, in the order in which they were written.
    pub history: Vec<(String, String)>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Data {
    pub(super) state: ModelState,
    pub(super) layout: i64,
    /// Epoch and holder, where that table is made and filled.
    pub(super) epoch: Option<(i64, String)>,
    pub(super) lock_made: bool,
    pub(super) history: Option<Vec<Row>>,
}

/// Where a row of the history has its values, after the tag.
const CHECKSUM: usize = 2;
pub(super) const STATE: usize = 3;
const TOKENS: usize = 8;
const DONE: usize = 9;
const DONE_HASH: usize = 10;
const DOUBT_HASH: usize = 11;
const DURATION: usize = 13;
pub(super) const DOWN: usize = 15;

pub(super) fn other(message: impl Into<BoxError>) -> Failure {
    Failure::new(FailureKind::Other, message)
}

pub(super) fn absent(what: &str) -> Failure {
    Failure::new(FailureKind::Absent, format!("there is no {what}"))
}

pub(super) fn number(word: &str) -> i64 {
    word.parse().unwrap_or_default()
}

impl Data {
    /// A statement of a migration.
    pub(super) fn change(&mut self, verb: &str, name: &str) -> Result<(), Failure> {
        let state = &mut self.state;
        match verb {
            "MAKE" | "LONE" => {
                if state.objects.contains_key(name) {
                    return Err(other(format!("{name} exists already")));
                }
                state.objects.insert(name.to_owned(), true);
            }
            "DROP" | "DROPALONE" => {
                if state.objects.remove(name).is_none() {
                    return Err(other(format!("{name} does not exist")));
                }
            }
            "ADD" => *state.rows.entry(name.to_owned()).or_default() += 1,
            "TAKE" => *state.rows.entry(name.to_owned()).or_default() -= 1,
            "AGAIN" => return Ok(()),
            _ => return Err(other(format!("the model does not know {verb}"))),
        }
        state.log.push(format!("{verb} {name}"));
        Ok(())
    }

    pub(super) fn settle(&mut self, revision: &str) -> Result<(), Failure> {
        let history = self.history.as_mut().ok_or_else(|| absent("history table"))?;
        for row in history.iter_mut().filter(|row| row[1].as_deref() == Some(revision)) {
            (row[STATE], row[DOUBT_HASH]) = (Some("applied".to_owned()), Some(String::new()));
        }
        Ok(())
    }

    /// A command of the history that writes.
    pub(super) fn keep(
        &mut self,
        words: &[Option<String>],
        answers: &mut Vec<Row>,
    ) -> Result<(), Failure> {
        let word = |at: usize| words.get(at).and_then(Option::as_deref).unwrap_or_default();
        let value = |at: usize| words.get(at).cloned().flatten();
        let done = |row: &Row| -> Row {
            vec![Some("done".to_owned()), row[1].clone(), row[DURATION].clone()].into()
        };
        match word(1) {
            "MAKELOCK" => self.lock_made = true,
            "INITLOCK" if self.epoch.is_none() => {
                self.layout = number(word(2));
                self.epoch = Some((0, String::new()));
            }
            "INITLOCK" => {}
            "MAKEHISTORY" => drop(self.history.get_or_insert_default()),
            "CLEAN" => drop(self.state.objects.remove(word(2))),
            "RAISE" | "FENCE" if !self.lock_made => return Err(absent("lock table")),
            "RAISE" | "FENCE" => {
                // As in SQL, a table without its row lets everything pass.
                let Some((epoch, holder)) = &mut self.epoch else { return Ok(()) };
                if *epoch != number(word(2)) {
                    return Err(Failure::new(FailureKind::Fenced, "the epoch is another one"));
                }
                *epoch += 1;
                if word(1) == "RAISE" {
                    word(3).clone_into(holder);
                }
            }
            command => {
                let history = self.history.as_mut().ok_or_else(|| absent("history table"))?;
                let at = history.iter().position(|row| row[1] == value(2));
                match (command, at) {
                    ("INSERT", Some(_)) => return Err(other(format!("duplicate key {}", word(2)))),
                    ("INSERT", None) => {
                        let mut row = Row::from(vec![Some("row".to_owned())]);
                        row.extend_from_slice(&words[2..]);
                        assert_eq!(row.len(), DOWN + 1, "a row of the history: {row:?}");
                        answers.push(done(&row));
                        history.push(row);
                    }
                    (_, None) => {}
                    ("DELETE", Some(at)) => answers.push(done(&history.remove(at))),
                    ("PROGRESS", Some(at)) => {
                        for (to, from) in [(STATE, 3), (DONE, 4), (DONE_HASH, 5), (DOUBT_HASH, 6)] {
                            history[at][to] = value(from);
                        }
                        answers.push(done(&history[at]));
                    }
                    ("FINISH", Some(at)) => {
                        let row = &mut history[at];
                        for (to, from) in
                            [(CHECKSUM, 3), (TOKENS, 4), (DOWN, 5), (DONE, 6), (DURATION, 7)]
                        {
                            row[to] = value(from);
                        }
                        (row[DONE_HASH], row[DOUBT_HASH]) =
                            (Some(String::new()), Some(String::new()));
                        row[STATE] = Some("applied".to_owned());
                        answers.push(done(row));
                    }
                    _ => return Err(other(format!("the model does not know {command}"))),
                }
            }
        }
        Ok(())
    }
}
