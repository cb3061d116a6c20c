//! What the model holds, and what statements do to it.

use std::collections::BTreeMap;

use crate::{
    database::{Failure, FailureKind, Row},
    error::BoxError,
    run::history::LISTED,
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

/// A row with its tag in the first column.
pub(super) fn tagged<'n>(
    tag: &str,
    cells: impl IntoIterator<Item = (&'n str, Option<String>)>,
) -> Row {
    Row::of(std::iter::once(("ambix", Some(tag.to_owned()))).chain(cells))
}

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
        for row in history.iter_mut().filter(|row| row.column("revision") == Some(revision)) {
            row.set("state", Some("applied".to_owned()));
            row.set("doubt_hash", Some(String::new()));
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
            let cell = |name| (name, row.column(name).map(str::to_owned));
            tagged("done", [cell("revision"), cell("duration_us")])
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
                let at =
                    history.iter().position(|row| row.column("revision") == value(2).as_deref());
                match (command, at) {
                    ("INSERT", Some(_)) => return Err(other(format!("duplicate key {}", word(2)))),
                    ("INSERT", None) => {
                        let columns = LISTED.into_iter().chain(["down"]);
                        assert_eq!(
                            words.len(),
                            LISTED.len() + 3,
                            "a row of the history: {words:?}"
                        );
                        let row = tagged("row", columns.zip(words[2..].iter().cloned()));
                        answers.push(done(&row));
                        history.push(row);
                    }
                    (_, None) => {}
                    ("DELETE", Some(at)) => answers.push(done(&history.remove(at))),
                    ("PROGRESS", Some(at)) => {
                        let columns = ["state", "statements_done", "done_hash", "doubt_hash"];
                        for (column, from) in columns.into_iter().zip(3..) {
                            history[at].set(column, value(from));
                        }
                        answers.push(done(&history[at]));
                    }
                    ("FINISH", Some(at)) => {
                        let row = &mut history[at];
                        let columns = [
                            "checksum",
                            "token_checksum",
                            "down",
                            "statements_done",
                            "duration_us",
                        ];
                        for (column, from) in columns.into_iter().zip(3..) {
                            row.set(column, value(from));
                        }
                        row.set("done_hash", Some(String::new()));
                        row.set("doubt_hash", Some(String::new()));
                        row.set("state", Some("applied".to_owned()));
                        answers.push(done(row));
                    }
                    _ => return Err(other(format!("the model does not know {command}"))),
                }
            }
        }
        Ok(())
    }
}
