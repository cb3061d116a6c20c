//! A statement in doubt: where an earlier run ended, what the catalog says of it, and what removes a half.

use super::{
    execute::{Interruption, Runner},
    history::Record,
    plan::Direction,
    prepare::{Hashes, Prepared, Unit},
};
use crate::{
    database::{Dialect, Probe},
    error::{Error, Unfinished},
    sql::Statement,
};

/// How far the step is.
pub(super) struct StepProgress<'p, 'g> {
    pub(super) of: &'p Prepared<'g>,
    pub(super) units: Vec<Unit<'g>>,
    pub(super) hashes: Hashes,
    pub(super) done: usize,
    /// The history has a row that says so: from an earlier run, from this one, or since it is a downgrade.
    pub(super) row: bool,
}

impl<'p, 'g> StepProgress<'p, 'g> {
    /// From the beginning.
    pub(super) fn of(of: &'p Prepared<'g>, dialect: &'static dyn Dialect) -> Self {
        let units = of.units(dialect);
        let row = of.step.resume.is_some() || of.step.direction == Direction::Down;
        let hashes = Hashes::of(&units, dialect);
        Self { of, units, hashes, done: 0, row }
    }
}

/// What is said of a step whose failed statement may have done a part of its work.
pub(super) const IN_DOUBT: &str = "whatever the statement did before it failed may still be in the database; the history records it as in \
    doubt: look at the database, correct it if need be, and call repair: with `Repair::Resume` the next run runs that statement \
    again, with `Repair::MarkApplied` the migration counts as done, with `Repair::MarkPending` as not begun";

/// What the catalog says of a statement in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StatementState {
    Done,
    Half,
    Absent,
    /// Neither all of it nor nothing.
    Unclear,
}

impl Runner<'_, '_> {
    /// Finds out where an earlier run ended.
    pub(super) async fn resume(
        &mut self,
        step_progress: &mut StepProgress<'_, '_>,
        record: &Record,
    ) -> Result<(), Interruption> {
        let done = usize::try_from(record.statements_done).unwrap_or(usize::MAX);
        if step_progress.hashes.first.get(done) != Some(&record.done_hash) {
            let problem = "the file no longer begins with the statements that were run: restore them in it and run again".to_owned();
            return Err(self.unfinished(step_progress, record, None, problem));
        }
        step_progress.done = done;
        if record.doubt_hash.is_empty() {
            return Ok(());
        }
        let Some(unit) = step_progress.units.get(done).cloned() else {
            let problem =
                "the statement in doubt is no longer in the file: restore it and run again"
                    .to_owned();
            return Err(self.unfinished(step_progress, record, None, problem));
        };
        let statement = match &unit {
            Unit::Alone(statement) => Some(*statement),
            Unit::Atomic(statements) => statements.first().copied(),
            Unit::Function { .. } => None,
        };
        if step_progress.hashes.each[done] != record.doubt_hash {
            let problem = "the file now has another statement in its place".to_owned();
            return Err(self.unfinished(step_progress, record, statement.as_ref(), problem));
        }
        let probe = match &unit {
            Unit::Alone(statement) if !self.is_hidden(step_progress, statement) => {
                self.dialect.probe(statement)
            }
            _ => None,
        };
        let seen = match &probe {
            Some(probe) => self.look(probe).await?,
            None => StatementState::Unclear,
        };
        match (seen, probe) {
            (StatementState::Done, _) => {
                step_progress.done += 1;
                self.settle(step_progress, true).await?;
            }
            (StatementState::Half, Some(probe)) => self.clean(&probe).await?,
            (StatementState::Absent, _) => {}
            _ => {
                let problem = match unit {
                    Unit::Alone(_) => "the catalog does not show whether it was done",
                    _ => {
                        "it changes tables whose engine has no transactions, so ambix does not know whether all of it was done, or a part"
                    }
                };
                return Err(self.unfinished(
                    step_progress,
                    record,
                    statement.as_ref(),
                    problem.to_owned(),
                ));
            }
        }
        Ok(())
    }

    /// Whether the statement may have been about a temporary object, which hid another one until its connection ended.
    fn is_hidden(&self, step_progress: &StepProgress<'_, '_>, statement: &Statement<'_>) -> bool {
        let before = step_progress.units[..step_progress.done].iter().flat_map(Unit::all);
        before.chain([*statement]).any(|statement| self.dialect.makes_temporary(&statement))
    }

    pub(super) fn unfinished(
        &self,
        step_progress: &StepProgress<'_, '_>,
        record: &Record,
        statement: Option<&Statement<'_>>,
        problem: String,
    ) -> Interruption {
        let place = |s: &Statement<'_>| step_progress.of.place(s.line, s.column);
        Interruption::Error(Error::Unfinished(Box::new(Unfinished {
            revision: record.revision.clone(),
            direction: step_progress.of.step.direction,
            statement: statement.map(|s| (s.text.to_owned(), place(s))),
            done: record.statements_done,
            problem,
        })))
    }

    pub(super) async fn look(&mut self, probe: &Probe) -> Result<StatementState, Interruption> {
        match self.session.run(&probe.query).await {
            Ok(rows) => Ok(match rows.first().and_then(|row| row.column("state")) {
                Some("done") => StatementState::Done,
                Some("half") => StatementState::Half,
                Some("absent") => StatementState::Absent,
                _ => StatementState::Unclear,
            }),
            Err(failure) => {
                Err(Interruption::of(failure, "looking for a statement's effect in the catalog"))
            }
        }
    }

    /// Removes what a statement left half done.
    pub(super) async fn clean(&mut self, probe: &Probe) -> Result<(), Interruption> {
        let Some(clean) = &probe.clean else { return Ok(()) };
        tracing::warn!(statement = %clean, "removing what an earlier try left half done");
        match self.session.run(clean).await {
            Ok(_) => Ok(()),
            Err(failure) => {
                Err(Interruption::of(failure, "removing what an earlier try left half done"))
            }
        }
    }

    /// After a failure of the statement itself, an index that is not valid, for example, is dropped. Whether that has left
    /// nothing of it.
    pub(super) async fn clean_up(&mut self, probe: Option<&Probe>) -> Result<bool, Interruption> {
        let Some(probe) = probe else { return Ok(true) };
        let seen = self.look(probe).await?;
        if seen == StatementState::Half {
            self.clean(probe).await?;
        }
        Ok(seen == StatementState::Absent || !(probe.parts || seen == StatementState::Unclear))
    }
}
