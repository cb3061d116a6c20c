//! Mending the history, where it and the database or the files have come apart. The schema is never touched.

use std::{fmt, time::Duration};

use super::{
    Migrator,
    queries::QuickRead,
    run_loop::{RunIdentity, only_error},
};
use crate::{
    database::Connector,
    error::{Error, Result, at},
    run::{
        execute::{Interruption, Runner},
        history::{HistorySnapshot, HistorySql, Record, State, StepRecord},
        plan::{self, TextChange},
    },
};

/// One thing to repair. Each names a revision, or the unique beginning of one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Repair {
    /// The statement in doubt of an unfinished migration was not done: the next run runs it again.
    Resume(String),
    /// The unfinished migration is done: somebody has completed it by hand.
    MarkApplied(String),
    /// Nothing is left of the migration: somebody has undone it by hand. The next upgrade runs it from the start.
    MarkPending(String),
    /// The edited migration is what the database has: its new checksum is recorded.
    AcceptChanged(String),
    /// The migration that is not known here is forgotten: its row is deleted.
    Forget(String),
}

impl Repair {
    fn given(&self) -> &str {
        match self {
            Self::Resume(given)
            | Self::MarkApplied(given)
            | Self::MarkPending(given)
            | Self::AcceptChanged(given)
            | Self::Forget(given) => given,
        }
    }
}

/// What was mended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RepairReport {
    /// A sentence for each change of the history.
    pub changes: Vec<String>,
}

impl fmt::Display for RepairReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&if self.changes.is_empty() {
            "nothing to repair".to_owned()
        } else {
            self.changes.join("\n")
        })
    }
}

/// What a repair does to one row.
pub(super) enum RepairStep {
    Stamp {
        revision: String,
        with_down: bool,
    },
    Delete {
        revision: String,
    },
    /// The row gets these flags.
    Flag {
        revision: String,
        flags: String,
    },
    /// The row gets this state, and no statement is in doubt any more.
    Settle {
        record: Box<Record>,
        state: State,
    },
}

impl RepairStep {
    fn revision(&self) -> &str {
        match self {
            Self::Stamp { revision, .. }
            | Self::Delete { revision }
            | Self::Flag { revision, .. } => revision,
            Self::Settle { record, .. } => &record.revision,
        }
    }
}

impl Migrator {
    pub(super) async fn repair_on(
        &self,
        connector: &mut (dyn Connector + '_),
        repairs: &[Repair],
    ) -> Result<RepairReport> {
        let syntax = connector.dialect().syntax();
        // The repairs follow from what is read under the lock, so that no runner is disturbed.
        let decide = |snapshot: &HistorySnapshot| {
            let mut steps = Vec::new();
            for repair in repairs {
                steps.push(self.step(snapshot, repair)?);
            }
            for record in snapshot.records.iter().filter(|record| record.state == State::Applied) {
                let Some(migration) = self.graph.get(&record.revision) else { continue };
                if plan::compare(migration, record, syntax) == TextChange::Reformatted {
                    let change = format!(
                        "recorded the new checksum of {}, which was only reformatted",
                        record.revision
                    );
                    let revision = record.revision.clone();
                    steps.push((RepairStep::Stamp { revision, with_down: false }, change));
                }
            }
            Ok(steps)
        };
        Ok(RepairReport { changes: self.under_lock(connector, decide).await? })
    }

    /// Changes rows of the history in one transaction, under the lock.
    pub(super) async fn under_lock(
        &self,
        connector: &mut (dyn Connector + '_),
        decide: impl Fn(&HistorySnapshot) -> Result<Vec<(RepairStep, String)>>,
    ) -> Result<Vec<String>> {
        let listed = matches!(self.peek(connector).await?, QuickRead::Snapshot(_));
        let names = RunIdentity::new(&self.options.process);
        let Some(mut locked) = self.lock_alone(connector, listed, &names).await? else {
            return Ok(Vec::new());
        };
        let result = self.repair_rows(&mut locked.runner, &locked.snapshot, &decide).await;
        self.unlock(locked, result).await.map_err(only_error)
    }

    async fn repair_rows(
        &self,
        runner: &mut Runner<'_, '_>,
        snapshot: &HistorySnapshot,
        decide: &impl Fn(&HistorySnapshot) -> Result<Vec<(RepairStep, String)>>,
    ) -> Result<Vec<String>, Interruption> {
        let steps = decide(snapshot)?;
        if steps.is_empty() {
            return Ok(Vec::new());
        }
        let sql: Vec<String> =
            steps.iter().map(|(step, _)| self.repair_sql(step, &runner.history)).collect();
        let written = runner.write(|runner, message| runner.add(message, sql.clone())).await;
        written.map_err(|failure| Interruption::of(failure, "repairing the history"))?;
        // What was written is there only if no trigger, rule or view has kept it away.
        let rows = runner.session.run(&runner.history.list()).await;
        let rows = rows.map_err(|failure| Interruption::of(failure, "reading the history"))?;
        let now = HistorySnapshot::read(&rows, &runner.table)?;
        if let Some((step, _)) = steps.iter().find(|(step, _)| !self.is_taken(step, &now)) {
            return Err(runner.not_taken(step.revision()).into());
        }
        Ok(steps.into_iter().map(|(_, change)| change).collect())
    }

    /// Whether the history is as a step has written it.
    fn is_taken(&self, step: &RepairStep, now: &HistorySnapshot) -> bool {
        let record = now.record(step.revision());
        match step {
            RepairStep::Delete { .. } => record.is_none(),
            RepairStep::Flag { flags, .. } => record.is_some_and(|record| record.flags == *flags),
            RepairStep::Settle { state, .. } => {
                record.is_some_and(|record| record.state == *state && record.doubt_hash.is_empty())
            }
            RepairStep::Stamp { revision, .. } => record.is_some_and(|record| {
                let own = self.graph.get(revision);
                record.state == State::Applied
                    && own.is_none_or(|own| own.checksum().is(&record.checksum))
            }),
        }
    }

    fn repair_sql(&self, step: &RepairStep, history: &HistorySql) -> String {
        match step {
            RepairStep::Flag { revision, flags } => history.flag(revision, flags),
            RepairStep::Delete { revision } => history.delete(revision, Some(Duration::ZERO)),
            RepairStep::Stamp { revision, with_down } => match self.graph.get(revision) {
                Some(migration) => history.restamp(migration, *with_down),
                None => String::new(),
            },
            RepairStep::Settle { record, state } => {
                let done = usize::try_from(record.statements_done).unwrap_or_default();
                let progress = StepRecord {
                    state: *state,
                    done,
                    done_hash: &record.done_hash,
                    doubt_hash: "",
                };
                history.progress(&record.revision, &progress)
            }
        }
    }

    fn step(&self, snapshot: &HistorySnapshot, repair: &Repair) -> Result<(RepairStep, String)> {
        let record = find(snapshot, repair.given())?;
        let revision = record.revision.clone();
        let wrong = |problem: &str| {
            let problem = format!("revision {revision} {problem}; nothing was changed");
            Error::Argument { argument: "revision", given: revision.clone(), problem }
        };
        let unfinished = record.state != State::Applied;
        let settle = |state| RepairStep::Settle { record: Box::new(record.clone()), state };
        match repair {
            Repair::Resume(_) if unfinished => {
                let done = record.statements_done;
                Ok((
                    settle(record.state),
                    format!("{revision}: the next run continues after statement {done}"),
                ))
            }
            Repair::MarkApplied(_) if unfinished => {
                let change = format!("{revision} is recorded as applied");
                let known = self.graph.get(&revision).is_some();
                let stamp = RepairStep::Stamp { revision, with_down: true };
                Ok((if known { stamp } else { settle(State::Applied) }, change))
            }
            Repair::MarkPending(_) if unfinished => {
                let change = format!("{revision} is recorded as not applied");
                Ok((RepairStep::Delete { revision }, change))
            }
            Repair::Resume(_) | Repair::MarkApplied(_) | Repair::MarkPending(_) => {
                Err(wrong("is not unfinished; use stamp to change what is recorded as applied"))
            }
            Repair::AcceptChanged(_) if self.graph.get(&revision).is_none() => {
                Err(wrong("is not known here"))
            }
            Repair::AcceptChanged(_) if unfinished => {
                Err(wrong("is unfinished; that has to be mended first"))
            }
            Repair::AcceptChanged(_) => {
                let change = format!("{revision}: the checksum of its present text is recorded");
                Ok((RepairStep::Stamp { revision, with_down: true }, change))
            }
            Repair::Forget(_) if self.graph.get(&revision).is_some() => {
                Err(wrong("is known here; use stamp or downgrade"))
            }
            Repair::Forget(_) => {
                let change = format!(
                    "{revision} ({}), applied {}by {}, is forgotten",
                    record.name,
                    at(record.applied_at),
                    record.applied_by
                );
                Ok((RepairStep::Delete { revision }, change))
            }
        }
    }
}

fn find<'s>(snapshot: &'s HistorySnapshot, given: &str) -> Result<&'s Record> {
    if let Some(record) = snapshot.record(given) {
        return Ok(record);
    }
    let found: Vec<&Record> = snapshot
        .records
        .iter()
        .filter(|r| !given.is_empty() && r.revision.starts_with(given))
        .collect();
    match found.as_slice() {
        [one] => Ok(one),
        [] => Err(Error::UnknownRevision { given: given.to_owned(), near: Vec::new() }),
        many => Err(Error::AmbiguousRevision {
            given: given.to_owned(),
            candidates: many.iter().map(|record| record.revision.clone()).collect(),
        }),
    }
}
