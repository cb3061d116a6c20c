//! A step whose work one transaction cannot hold: statement by statement, with a record of how far it is.
//!
//! What a transaction can hold is committed together with its progress. What it cannot hold is announced first (its hash is
//! the doubt), run alone, and looked for in the catalog afterwards. So a crash at any moment leaves a row that says what is
//! done and which one statement is in doubt.

use std::time::Instant;

use super::{
    batch::{Batch, FailedStatement, place_in},
    event::Notifier,
    execute::{Interruption, Runner},
    history::{State, StepRecord},
    plan::Direction,
    prepare::{Prepared, Unit},
    recovery::{IN_DOUBT, StatementState, StepProgress},
    transaction::{call, context, located, send, send_in},
};
use crate::{
    database::{Failure, FailureKind, Row, TransactionSupport},
    error::{Blocker, Place},
    sql::Statement,
};

impl Runner<'_, '_> {
    /// Runs one step statement by statement, from where an earlier run ended.
    pub(super) async fn stepwise(
        &mut self,
        of: &Prepared<'_>,
        last: bool,
    ) -> Result<(), Interruption> {
        let started = Instant::now();
        let mut step_progress = StepProgress::of(of, self.dialect);
        if let Some(record) = &of.step.resume {
            self.resume(&mut step_progress, record).await?;
        }
        let mut before = Batch::default();
        self.remember(&mut before, of);
        if !before.is_empty() {
            let noted = self.session.run(before.text()).await;
            noted
                .map_err(|failure| Interruption::of(failure, "looking at what the session has"))?;
        }
        while step_progress.done < step_progress.units.len() {
            match step_progress.units[step_progress.done].clone() {
                Unit::Alone(statement) => {
                    self.alone(&mut step_progress, &statement).await?;
                    self.tables_changed();
                }
                unit => self.atomic(&mut step_progress, &unit).await?,
            }
        }
        self.finish(&step_progress, started, last).await
    }

    fn state(&self, step_progress: &StepProgress<'_, '_>) -> State {
        if step_progress.of.step.direction == Direction::Up {
            State::Upgrading
        } else {
            State::Downgrading
        }
    }

    /// The SQL that makes the row say how far it is.
    pub(super) fn mark(
        &self,
        step_progress: &StepProgress<'_, '_>,
        done: usize,
        doubt_hash: &str,
    ) -> String {
        let progress = StepRecord {
            state: self.state(step_progress),
            done,
            done_hash: &step_progress.hashes.first[done],
            doubt_hash,
        };
        if step_progress.row {
            self.history.progress(&step_progress.of.step.migration.revision, &progress)
        } else {
            self.insert(step_progress.of, &progress, Some(std::time::Duration::ZERO))
        }
    }

    /// A message of ours in a transaction, with the fence.
    pub(crate) async fn write(
        &mut self,
        mut inner: impl FnMut(&Self, &mut Batch<'_>),
    ) -> Result<Vec<Row>, Failure> {
        let mut message = Batch::default();
        let rows = if self.session.is_own() {
            self.begin(&mut message);
            self.head(&mut message, 0);
            inner(self, &mut message);
            self.commit(&mut message);
            self.leave_guard(&mut message);
            self.session.run(message.text()).await?
        } else {
            self.head(&mut message, 0);
            inner(self, &mut message);
            self.in_transaction(&message).await?
        };
        self.sent(1, &[], false);
        Ok(rows)
    }

    /// A unit that a transaction can hold, together with its progress.
    async fn atomic<'g>(
        &mut self,
        step_progress: &mut StepProgress<'_, 'g>,
        unit: &Unit<'g>,
    ) -> Result<(), Interruption> {
        // What a rollback would leave has to be known after a crash as well.
        let announced = self.writes_untransacted(unit).await?;
        if announced {
            let hash = step_progress.hashes.each[step_progress.done].clone();
            self.write_mark(step_progress, &hash).await?;
        }
        let mut attempt = 1;
        loop {
            let started = Instant::now();
            let (failure, found) = match self.try_atomic(step_progress, unit).await {
                Ok(rows) => {
                    self.check_taken(step_progress, &rows)?;
                    break;
                }
                Err(failed) => *failed,
            };
            let failure = self.check_lost(failure)?;
            let whole = self.roll_back().await?;
            let of = std::slice::from_ref(step_progress.of);
            if !whole {
                let hash = step_progress.hashes.each[step_progress.done].clone();
                self.write_mark(step_progress, &hash).await?;
                return Err(self.failed(of, 0, failure, found, (IN_DOUBT.to_owned(), Vec::new())));
            }
            let statement = found.as_ref().map_or("", |found| found.statement);
            let blockers = self.in_the_way(&failure, statement, started).await;
            if failure.kind == FailureKind::Transient && attempt < self.retry.attempts {
                self.pause(step_progress.of, attempt, &failure, blockers, started).await;
                attempt += 1;
                continue;
            }
            if announced {
                self.settle_failed(step_progress).await;
            }
            let state = self.state_after(step_progress, attempt);
            return Err(self.failed(of, 0, failure, found, (state, blockers)));
        }
        step_progress.row = true;
        step_progress.done += 1;
        Ok(())
    }

    async fn try_atomic<'g>(
        &mut self,
        step_progress: &StepProgress<'_, 'g>,
        unit: &Unit<'g>,
    ) -> Result<Vec<Row>, Box<(Failure, Option<FailedStatement<'g>>)>> {
        let bare = |failure| Box::new((failure, None));
        let own = self.session.is_own();
        let mut tail = self.dialect.restore_role(&self.opening);
        tail.push(self.mark(step_progress, step_progress.done + 1, ""));
        let mut rows = Vec::new();
        match unit {
            Unit::Function { name, line } => {
                tell(&self.notifier, step_progress, 0, &format!("run {name}"), (*line, 0));
                let context = context(&self.notifier, step_progress.of);
                let (mut message, mut after) = (Batch::default(), Batch::default());
                self.head(&mut message, 0);
                self.add(&mut after, tail);
                let (dialect, functions) = (self.dialect, self.functions);
                let begin = self.driver_begin();
                let mut transaction = self.session.begin(begin).await.map_err(bare)?;
                transaction.run(message.text()).await.map_err(bare)?;
                let called = call(dialect, functions, name, &mut *transaction, context).await;
                called.map_err(|failure| {
                    let place = step_progress.of.place(*line, 0);
                    Box::new((failure, Some(FailedStatement { step: 0, place, statement: name })))
                })?;
                rows.extend(transaction.run(after.text()).await.map_err(bare)?);
                transaction.commit().await.map_err(bare)?;
                self.after_driver().await.map_err(bare)?;
            }
            Unit::Atomic(statements) => {
                let messages = self.messages(step_progress, statements, tail);
                let notifier = &self.notifier;
                let tell = |before: Option<usize>| {
                    let Some((before, first)) =
                        before.and_then(|at| Some((at, statements.get(at)?)))
                    else {
                        return;
                    };
                    tell(notifier, step_progress, before, first.text, (first.line, first.column));
                };
                if own {
                    for (before, message) in &messages {
                        tell(*before);
                        rows.extend(located(message, send(&mut *self.session, message).await)?);
                    }
                } else {
                    let begin = self.driver_begin();
                    let begun = self.session.begin(begin).await;
                    let mut transaction = begun.map_err(bare)?;
                    for (before, message) in &messages {
                        tell(*before);
                        rows.extend(located(message, send_in(&mut *transaction, message).await)?);
                    }
                    transaction.commit().await.map_err(bare)?;
                    self.after_driver().await.map_err(bare)?;
                }
            }
            Unit::Alone(_) => unreachable!("a statement that stands alone is not atomic"),
        }
        self.sent(1, &[], false);
        Ok(rows)
    }

    /// The transaction of such a unit: in one message, or in as many as an observer wants and rows that are sent need. Each that
    /// has statements of the unit comes with the number of those before it.
    fn messages<'g>(
        &self,
        step_progress: &StepProgress<'_, 'g>,
        statements: &[Statement<'g>],
        tail: Vec<String>,
    ) -> Vec<(Option<usize>, Batch<'g>)> {
        let own = self.session.is_own();
        let share = self.notifier.share(step_progress.of).unwrap_or(usize::MAX);
        let mut messages = Vec::new();
        let mut message = Batch::default();
        if own {
            self.begin(&mut message);
        } else {
            self.mark_transaction(&mut message);
        }
        self.head(&mut message, 0);
        // A COPY with its rows is a message of its own.
        let is_together =
            |a: &Statement<'_>, b: &Statement<'_>| a.data.is_none() && b.data.is_none();
        let parts = statements.chunk_by(is_together).flat_map(|part| part.chunks(share));
        let (mut told, mut before) = (None, 0);
        for part in parts {
            let has_rows = part.iter().any(|statement| statement.data.is_some());
            if (told.is_some() || has_rows) && !message.is_empty() {
                messages.push((told.take(), std::mem::take(&mut message)));
            }
            told = Some(before);
            if let Some(script) = step_progress.of.script {
                message.file(0, script.file(), script.text(), part);
            }
            if has_rows {
                messages.push((told.take(), std::mem::take(&mut message)));
            }
            before += part.len();
        }
        self.add(&mut message, tail);
        if own {
            self.commit(&mut message);
            self.leave_guard(&mut message);
        } else {
            self.check_transaction(&mut message);
        }
        messages.push((told, message));
        messages
    }

    /// A statement that stands alone: announced, run, looked for.
    async fn alone<'g>(
        &mut self,
        step_progress: &mut StepProgress<'_, 'g>,
        statement: &Statement<'g>,
    ) -> Result<(), Interruption> {
        let hash = step_progress.hashes.each[step_progress.done].clone();
        self.write_mark(step_progress, &hash).await?;
        let probe = self.dialect.probe(statement);
        // A procedure may have committed a part of its work before it fails, so that it is not tried again.
        let whole = self.dialect.work(statement) != TransactionSupport::Either;
        let mut attempt = 1;
        tell(&self.notifier, step_progress, 0, statement.text, (statement.line, statement.column));
        loop {
            let started = Instant::now();
            let Err(failure) = self.session.run(statement.text).await else { break };
            if failure.kind == FailureKind::Lost {
                return Err(Interruption::Lost(failure));
            }
            let blockers = self.in_the_way(&failure, statement.text, started).await;
            let nothing_left = self.clean_up(probe.as_ref()).await? && whole;
            if nothing_left
                && failure.kind == FailureKind::Transient
                && attempt < self.retry.attempts
            {
                self.pause(step_progress.of, attempt, &failure, blockers, started).await;
                attempt += 1;
                continue;
            }
            if nothing_left {
                self.settle_failed(step_progress).await;
            }
            let state = if nothing_left {
                self.state_after(step_progress, attempt)
            } else {
                IN_DOUBT.to_owned()
            };
            return Err(self.alone_failed(step_progress, statement, failure, (state, blockers)));
        }
        if let Some(probe) = probe.as_ref().filter(|probe| probe.verify)
            && self.look(probe).await? != StatementState::Done
        {
            let message = "the server reported success, but the catalog does not have what the statement should have left \
                           (an index that is not valid, or IF NOT EXISTS that met another object)";
            let failure = Failure::new(FailureKind::Other, message);
            self.settle_failed(step_progress).await;
            let state = self.state_after(step_progress, 1);
            return Err(self.alone_failed(step_progress, statement, failure, (state, Vec::new())));
        }
        step_progress.done += 1;
        self.settle(step_progress, probe.is_some()).await
    }

    /// Records that a statement that stood alone is done. The next message says it, too, where it announces another one or
    /// ends the step; but what is rolled back says nothing, and where the catalog cannot tell, a failure would leave a doubt.
    pub(super) async fn settle(
        &mut self,
        step_progress: &mut StepProgress<'_, '_>,
        can_tell: bool,
    ) -> Result<(), Interruption> {
        let next = step_progress.units.get(step_progress.done);
        if !can_tell || matches!(next, Some(Unit::Atomic(_) | Unit::Function { .. })) {
            self.write_mark(step_progress, "").await?;
        }
        Ok(())
    }

    /// Records how far the step is.
    async fn write_mark(
        &mut self,
        step_progress: &mut StepProgress<'_, '_>,
        doubt_hash: &str,
    ) -> Result<(), Interruption> {
        let written = self
            .write(|runner, message| {
                message.own(
                    runner.dialect,
                    &runner.mark(step_progress, step_progress.done, doubt_hash),
                )
            })
            .await;
        match written {
            Ok(rows) => self.check_taken(step_progress, &rows)?,
            Err(failure) => return Err(self.not_written(failure).await),
        }
        step_progress.row = true;
        Ok(())
    }

    /// The history must have the row that says how far the step is.
    fn check_taken(
        &self,
        step_progress: &StepProgress<'_, '_>,
        rows: &[Row],
    ) -> Result<(), Interruption> {
        let revision = &step_progress.of.step.migration.revision;
        let is_it = |row: &&Row| row.tag() == "done" && row.column("revision") == Some(revision);
        match rows.iter().filter(is_it).count() {
            1 => Ok(()),
            _ => Err(self.not_taken(revision).into()),
        }
    }

    /// After a failure to write the history.
    async fn not_written(&mut self, failure: Failure) -> Interruption {
        let failure = match self.check_lost(failure) {
            Ok(failure) => failure,
            Err(stop) => return stop,
        };
        match self.roll_back().await {
            Ok(_) => Interruption::of(failure, "writing the history"),
            Err(stop) => stop,
        }
    }

    /// The statement failed and left nothing, so that it is in doubt no more.
    async fn settle_failed(&mut self, step_progress: &mut StepProgress<'_, '_>) {
        // A first statement that failed leaves nothing, so that the migration is simply pending again.
        let forget = step_progress.done == 0
            && step_progress.of.step.direction == Direction::Up
            && step_progress.of.step.resume.is_none();
        let settled = self
            .write(|runner, message| {
                let sql = if forget {
                    runner.history.delete(
                        &step_progress.of.step.migration.revision,
                        Some(std::time::Duration::ZERO),
                    )
                } else {
                    runner.mark(step_progress, step_progress.done, "")
                };
                message.own(runner.dialect, &sql);
            })
            .await;
        if let Err(lost) = settled {
            // The row keeps its doubt, which the next run resolves. The statement's own error is the one to report.
            tracing::warn!(error = %lost.error, "could not record that the statement failed");
            let _ = self.session.rollback().await;
        } else if forget {
            step_progress.row = false;
        }
    }

    fn alone_failed(
        &self,
        step_progress: &StepProgress<'_, '_>,
        statement: &Statement<'_>,
        failure: Failure,
        state: (String, Vec<Blocker>),
    ) -> Interruption {
        let file = step_progress.of.place(0, 0).file;
        let place: Place = place_in(statement, &file, &failure);
        let found = FailedStatement { step: 0, place, statement: statement.text };
        self.failed(std::slice::from_ref(step_progress.of), 0, failure, Some(found), state)
    }

    fn state_after(&self, step_progress: &StepProgress<'_, '_>, attempts: u32) -> String {
        let tried = match attempts {
            1 => String::new(),
            n => format!("it was tried {n} times; "),
        };
        tried
            + &match step_progress.done {
                0 => "nothing of this step was done; correct it and run again".to_owned(),
                n => format!(
                    "its first {n} of {} statements are done and stay, and the history says so; correct the failing statement \
                 (leave those before it as they are) and run again: it continues from there",
                    step_progress.units.len()
                ),
            }
    }

    /// The row says that the step is done.
    async fn finish(
        &mut self,
        step_progress: &StepProgress<'_, '_>,
        started: Instant,
        last: bool,
    ) -> Result<(), Interruption> {
        let migration = step_progress.of.step.migration;
        let elapsed = started.elapsed();
        let mut message = Batch::default();
        let own = self.session.is_own();
        if own {
            self.begin(&mut message);
        }
        self.head(&mut message, 0);
        self.add(&mut message, self.dialect.restore_role(&self.opening));
        let row = match (step_progress.of.step.direction, step_progress.row) {
            (Direction::Up, true) => self.history.finish(migration, step_progress.done, elapsed),
            // Nothing but comments in it.
            (Direction::Up, false) => {
                let progress = StepRecord {
                    state: State::Applied,
                    done: step_progress.done,
                    done_hash: "",
                    doubt_hash: "",
                };
                self.insert(step_progress.of, &progress, Some(elapsed))
            }
            (Direction::Down, _) => self.history.erase(migration, Some(elapsed)),
        };
        message.own(self.dialect, &row);
        // After the COMMIT, since some settings do not change in a transaction.
        let mut carries = false;
        let written = if own {
            self.commit(&mut message);
            self.leave_guard(&mut message);
            let restore = self.dialect.restore(&self.table, &self.opening, self.limits, own);
            self.add(&mut message, restore);
            carries = self.carry_release(&mut message, last);
            self.session.run(message.text()).await.map_err(|failure| message.committed(failure))
        } else {
            self.in_transaction(&message).await
        };
        match written {
            Ok(rows) => {
                self.sent(1, &rows, carries);
                self.confirm(std::slice::from_ref(step_progress.of), 0, 1, &rows)?;
                // After the last step the settings are put back once for all.
                let leaves = !last || step_progress.of.leaves(self.dialect);
                if own || !leaves { Ok(()) } else { self.put_back(step_progress.of).await }
            }
            Err(failure) => Err(self.not_written(failure).await),
        }
    }

    /// Puts the session of a lent connection back after a step.
    async fn put_back(&mut self, of: &Prepared<'_>) -> Result<(), Interruption> {
        let mut message = Batch::default();
        self.forget(&mut message, of);
        let restore = self.dialect.restore(&self.table, &self.opening, self.limits, false);
        self.add(&mut message, restore);
        // A statement that stood alone may have changed it.
        self.add(&mut message, self.guard.iter().map(|guard| guard.leave.clone()).collect());
        match self.session.run(message.text()).await {
            Ok(_) => Ok(()),
            Err(failure) => {
                Err(Interruption::of(failure, "putting settings back after a step that is done"))
            }
        }
    }

    /// A message in a transaction of the driver, for a connection that is not ours.
    async fn in_transaction(&mut self, message: &Batch<'_>) -> Result<Vec<Row>, Failure> {
        let mut transaction = self.session.begin(self.driver_begin()).await?;
        let rows = transaction.run(message.text()).await?;
        transaction.commit().await?;
        self.after_driver().await?;
        Ok(rows)
    }
}

/// Tells of a statement of the unit in hand.
fn tell(
    notifier: &Notifier<'_>,
    step_progress: &StepProgress<'_, '_>,
    before: usize,
    statement: &str,
    place: (u32, u32),
) {
    let (done, left) = step_progress.units.split_at(step_progress.done);
    let count = |units: &[Unit<'_>]| units.iter().map(Unit::statements).sum::<usize>();
    notifier.statement(
        step_progress.of,
        (count(done) + before, count(done) + count(left)),
        statement,
        place,
    );
}
