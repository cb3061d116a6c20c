//! A step whose work one transaction cannot hold: statement by statement, with a record of how far it is.
//!
//! What a transaction can hold is committed together with its progress. What it cannot hold is announced first (its hash is
//! the doubt), run alone, and looked for in the catalog afterwards. So a crash at any moment leaves a row that says what is
//! done and which one statement is in doubt.

use std::time::Instant;

use super::{
    doubt::{IN_DOUBT, Seen, Walk},
    event::Teller,
    execute::{Runner, Stop, tag},
    history::{Progress, State},
    message::{Found, Message, place_in},
    plan::Direction,
    transaction::{call, context, located},
    work::{Prepared, Unit},
};
use crate::{
    database::{Failure, FailureKind, Row, Work},
    error::{Blocker, Place},
    sql::Statement,
};

impl Runner<'_, '_> {
    /// Runs one step statement by statement, from where an earlier run ended.
    pub(super) async fn stepwise(&mut self, of: &Prepared<'_>, last: bool) -> Result<(), Stop> {
        let started = Instant::now();
        let mut walk = Walk::of(of, self.dialect);
        if let Some(record) = &of.step.resume {
            self.resume(&mut walk, record).await?;
        }
        let mut before = Message::default();
        self.remember(&mut before, of);
        if !before.is_empty() {
            let noted = self.session.run(before.text()).await;
            noted.map_err(|failure| Stop::of(failure, "looking at what the session has"))?;
        }
        while walk.done < walk.units.len() {
            match walk.units[walk.done].clone() {
                Unit::Alone(statement) => {
                    self.alone(&mut walk, &statement).await?;
                    self.tables_changed();
                }
                unit => self.atomic(&mut walk, &unit).await?,
            }
        }
        self.finish(&walk, started, last).await
    }

    fn state(&self, walk: &Walk<'_, '_>) -> State {
        if walk.of.step.direction == Direction::Up { State::Upgrading } else { State::Downgrading }
    }

    /// The SQL that makes the row say how far it is.
    pub(super) fn mark(&self, walk: &Walk<'_, '_>, done: usize, doubt_hash: &str) -> String {
        let progress = Progress {
            state: self.state(walk),
            done,
            done_hash: &walk.hashes.first[done],
            doubt_hash,
        };
        if walk.row {
            self.history.progress(&walk.of.step.migration.revision, &progress)
        } else {
            self.insert(walk.of, &progress, Some(std::time::Duration::ZERO))
        }
    }

    /// A message of ours in a transaction, with the fence.
    pub(crate) async fn write(
        &mut self,
        mut inner: impl FnMut(&Self, &mut Message<'_>),
    ) -> Result<Vec<Row>, Failure> {
        let mut message = Message::default();
        let rows = if self.session.is_own() {
            message.own(self.dialect, self.dialect.begin());
            self.head(&mut message, 0);
            inner(self, &mut message);
            message.own(self.dialect, "COMMIT");
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
    async fn atomic<'g>(&mut self, walk: &mut Walk<'_, 'g>, unit: &Unit<'g>) -> Result<(), Stop> {
        // What a rollback would leave has to be known after a crash as well.
        let announced = self.writes_untransacted(unit).await?;
        if announced {
            let hash = walk.hashes.each[walk.done].clone();
            self.write_mark(walk, &hash).await?;
        }
        let mut attempt = 1;
        loop {
            let started = Instant::now();
            let (failure, found) = match self.try_atomic(walk, unit).await {
                Ok(rows) => {
                    self.check_taken(walk, &rows)?;
                    break;
                }
                Err(failed) => *failed,
            };
            let failure = self.check_lost(failure)?;
            let whole = self.roll_back().await?;
            let of = std::slice::from_ref(walk.of);
            if !whole {
                let hash = walk.hashes.each[walk.done].clone();
                self.write_mark(walk, &hash).await?;
                return Err(self.failed(of, 0, failure, found, (IN_DOUBT.to_owned(), Vec::new())));
            }
            let statement = found.as_ref().map_or("", |found| found.statement);
            let blockers = self.in_the_way(&failure, statement, started).await;
            if failure.kind == FailureKind::Transient && attempt < self.retry.attempts {
                self.pause(walk.of, attempt, &failure, blockers, started).await;
                attempt += 1;
                continue;
            }
            if announced {
                self.settle_failed(walk).await;
            }
            let state = self.state_after(walk, attempt);
            return Err(self.failed(of, 0, failure, found, (state, blockers)));
        }
        walk.row = true;
        walk.done += 1;
        Ok(())
    }

    async fn try_atomic<'g>(
        &mut self,
        walk: &Walk<'_, 'g>,
        unit: &Unit<'g>,
    ) -> Result<Vec<Row>, Box<(Failure, Option<Found<'g>>)>> {
        let bare = |failure| Box::new((failure, None));
        let own = self.session.is_own();
        let mut tail = self.dialect.restore_role(&self.opening);
        tail.push(self.mark(walk, walk.done + 1, ""));
        let mut rows = Vec::new();
        match unit {
            Unit::Function { name, line } => {
                tell(&self.teller, walk, 0, &format!("run {name}"), (*line, 0));
                let context = context(&self.teller, walk.of);
                let (mut message, mut after) = (Message::default(), Message::default());
                self.head(&mut message, 0);
                self.add(&mut after, tail);
                let (dialect, functions) = (self.dialect, self.functions);
                let mut transaction =
                    self.session.begin(self.dialect.begin()).await.map_err(bare)?;
                transaction.run(message.text()).await.map_err(bare)?;
                let called = call(dialect, functions, name, &mut *transaction, context).await;
                called.map_err(|failure| {
                    let place = walk.of.place(*line, 0);
                    Box::new((failure, Some(Found { step: 0, place, statement: name })))
                })?;
                rows.extend(transaction.run(after.text()).await.map_err(bare)?);
                transaction.commit().await.map_err(bare)?;
            }
            Unit::Atomic(statements) => {
                let messages = self.messages(walk, statements, tail);
                let teller = &self.teller;
                let tell = |before: usize| {
                    let first = &statements[before];
                    tell(teller, walk, before, first.text, (first.line, first.column));
                };
                if own {
                    for (before, message) in &messages {
                        tell(*before);
                        rows.extend(located(message, self.session.run(message.text()).await)?);
                    }
                } else {
                    let begun = self.session.begin(self.dialect.begin()).await;
                    let mut transaction = begun.map_err(bare)?;
                    for (before, message) in &messages {
                        tell(*before);
                        rows.extend(located(message, transaction.run(message.text()).await)?);
                    }
                    transaction.commit().await.map_err(bare)?;
                }
            }
            Unit::Alone(_) => unreachable!("a statement that stands alone is not atomic"),
        }
        self.sent(1, &[], false);
        Ok(rows)
    }

    /// The transaction of such a unit: in one message, or in as many as an observer wants. Each comes with the number of
    /// statements before it.
    fn messages<'g>(
        &self,
        walk: &Walk<'_, 'g>,
        statements: &[Statement<'g>],
        tail: Vec<String>,
    ) -> Vec<(usize, Message<'g>)> {
        let own = self.session.is_own();
        let share = self.teller.share(walk.of).unwrap_or(usize::MAX);
        let mut messages = Vec::new();
        let mut before = 0;
        for part in statements.chunks(share) {
            let mut message = Message::default();
            if before == 0 {
                if own {
                    message.own(self.dialect, self.dialect.begin());
                }
                self.head(&mut message, 0);
            }
            if let Some(script) = walk.of.script {
                message.file(0, script.file(), script.text(), part);
            }
            messages.push((before, message));
            before += part.len();
        }
        if let Some((_, last)) = messages.last_mut() {
            self.add(last, tail);
            if own {
                last.own(self.dialect, "COMMIT");
            }
        }
        messages
    }

    /// A statement that stands alone: announced, run, looked for.
    async fn alone<'g>(
        &mut self,
        walk: &mut Walk<'_, 'g>,
        statement: &Statement<'g>,
    ) -> Result<(), Stop> {
        let hash = walk.hashes.each[walk.done].clone();
        self.write_mark(walk, &hash).await?;
        let probe = self.dialect.probe(statement);
        // A procedure may have committed a part of its work before it fails, so that it is not tried again.
        let whole = self.dialect.work(statement) != Work::Either;
        let mut attempt = 1;
        tell(&self.teller, walk, 0, statement.text, (statement.line, statement.column));
        loop {
            let started = Instant::now();
            let Err(failure) = self.session.run(statement.text).await else { break };
            if failure.kind == FailureKind::Lost {
                return Err(Stop::Lost(failure));
            }
            let blockers = self.in_the_way(&failure, statement.text, started).await;
            let nothing_left = self.clean_up(probe.as_ref()).await? && whole;
            if nothing_left
                && failure.kind == FailureKind::Transient
                && attempt < self.retry.attempts
            {
                self.pause(walk.of, attempt, &failure, blockers, started).await;
                attempt += 1;
                continue;
            }
            if nothing_left {
                self.settle_failed(walk).await;
            }
            let state =
                if nothing_left { self.state_after(walk, attempt) } else { IN_DOUBT.to_owned() };
            return Err(self.alone_failed(walk, statement, failure, (state, blockers)));
        }
        if let Some(probe) = probe.as_ref().filter(|probe| probe.verify)
            && self.look(probe).await? != Seen::Done
        {
            let message = "the server reported success, but the catalog does not have what the statement should have left \
                           (an index that is not valid, or IF NOT EXISTS that met another object)";
            let failure = Failure::new(FailureKind::Other, message);
            self.settle_failed(walk).await;
            let state = self.state_after(walk, 1);
            return Err(self.alone_failed(walk, statement, failure, (state, Vec::new())));
        }
        walk.done += 1;
        self.settle(walk, probe.is_some()).await
    }

    /// Records that a statement that stood alone is done. The next message says it, too, where it announces another one or
    /// ends the step; but what is rolled back says nothing, and where the catalog cannot tell, a failure would leave a doubt.
    pub(super) async fn settle(
        &mut self,
        walk: &mut Walk<'_, '_>,
        can_tell: bool,
    ) -> Result<(), Stop> {
        let next = walk.units.get(walk.done);
        if !can_tell || matches!(next, Some(Unit::Atomic(_) | Unit::Function { .. })) {
            self.write_mark(walk, "").await?;
        }
        Ok(())
    }

    /// Records how far the step is.
    async fn write_mark(&mut self, walk: &mut Walk<'_, '_>, doubt_hash: &str) -> Result<(), Stop> {
        let written = self
            .write(|runner, message| {
                message.own(runner.dialect, &runner.mark(walk, walk.done, doubt_hash))
            })
            .await;
        match written {
            Ok(rows) => self.check_taken(walk, &rows)?,
            Err(failure) => return Err(self.not_written(failure).await),
        }
        walk.row = true;
        Ok(())
    }

    /// The history must have the row that says how far the step is.
    fn check_taken(&self, walk: &Walk<'_, '_>, rows: &[Row]) -> Result<(), Stop> {
        let revision = &walk.of.step.migration.revision;
        let is_it = |row: &&Row| {
            tag(row) == Some("done") && row.get(1).and_then(Option::as_ref) == Some(revision)
        };
        match rows.iter().filter(is_it).count() {
            1 => Ok(()),
            _ => Err(self.not_taken(revision).into()),
        }
    }

    /// After a failure to write the history.
    async fn not_written(&mut self, failure: Failure) -> Stop {
        let failure = match self.check_lost(failure) {
            Ok(failure) => failure,
            Err(stop) => return stop,
        };
        match self.roll_back().await {
            Ok(_) => Stop::of(failure, "writing the history"),
            Err(stop) => stop,
        }
    }

    /// The statement failed and left nothing, so that it is in doubt no more.
    async fn settle_failed(&mut self, walk: &mut Walk<'_, '_>) {
        // A first statement that failed leaves nothing, so that the migration is simply pending again.
        let forget = walk.done == 0
            && walk.of.step.direction == Direction::Up
            && walk.of.step.resume.is_none();
        let settled = self
            .write(|runner, message| {
                let sql = if forget {
                    runner
                        .history
                        .delete(&walk.of.step.migration.revision, Some(std::time::Duration::ZERO))
                } else {
                    runner.mark(walk, walk.done, "")
                };
                message.own(runner.dialect, &sql);
            })
            .await;
        if let Err(lost) = settled {
            // The row keeps its doubt, which the next run resolves. The statement's own error is the one to report.
            tracing::warn!(error = %lost.error, "could not record that the statement failed");
            let _ = self.session.rollback().await;
        } else if forget {
            walk.row = false;
        }
    }

    fn alone_failed(
        &self,
        walk: &Walk<'_, '_>,
        statement: &Statement<'_>,
        failure: Failure,
        state: (String, Vec<Blocker>),
    ) -> Stop {
        let file = walk.of.place(0, 0).file;
        let place: Place = place_in(statement, &file, &failure);
        let found = Found { step: 0, place, statement: statement.text };
        self.failed(std::slice::from_ref(walk.of), 0, failure, Some(found), state)
    }

    fn state_after(&self, walk: &Walk<'_, '_>, attempts: u32) -> String {
        let tried = match attempts {
            1 => String::new(),
            n => format!("it was tried {n} times; "),
        };
        tried
            + &match walk.done {
                0 => "nothing of this step was done; correct it and run again".to_owned(),
                n => format!(
                    "its first {n} of {} statements are done and stay, and the history says so; correct the failing statement \
                 (leave those before it as they are) and run again: it goes on from there",
                    walk.units.len()
                ),
            }
    }

    /// The row says that the step is done.
    async fn finish(
        &mut self,
        walk: &Walk<'_, '_>,
        started: Instant,
        last: bool,
    ) -> Result<(), Stop> {
        let migration = walk.of.step.migration;
        let elapsed = started.elapsed();
        let mut message = Message::default();
        let own = self.session.is_own();
        if own {
            message.own(self.dialect, self.dialect.begin());
        }
        self.head(&mut message, 0);
        self.add(&mut message, self.dialect.restore_role(&self.opening));
        let row = match (walk.of.step.direction, walk.row) {
            (Direction::Up, true) => self.history.finish(migration, walk.done, elapsed),
            // Nothing but comments in it.
            (Direction::Up, false) => {
                let progress = Progress {
                    state: State::Applied,
                    done: walk.done,
                    done_hash: "",
                    doubt_hash: "",
                };
                self.insert(walk.of, &progress, Some(elapsed))
            }
            (Direction::Down, _) => self.history.erase(migration, Some(elapsed)),
        };
        message.own(self.dialect, &row);
        // After the COMMIT, since some settings do not change in a transaction.
        let mut carries = false;
        let written = if own {
            message.own(self.dialect, "COMMIT");
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
                self.confirm(std::slice::from_ref(walk.of), 0, 1, &rows)?;
                // After the last step the settings are put back once for all.
                let leaves = !last || walk.of.leaves(self.dialect);
                if own || !leaves { Ok(()) } else { self.put_back(walk.of).await }
            }
            Err(failure) => Err(self.not_written(failure).await),
        }
    }

    /// Puts the session of a lent connection back after a step.
    async fn put_back(&mut self, of: &Prepared<'_>) -> Result<(), Stop> {
        let mut message = Message::default();
        self.forget(&mut message, of);
        let restore = self.dialect.restore(&self.table, &self.opening, self.limits, false);
        self.add(&mut message, restore);
        match self.session.run(message.text()).await {
            Ok(_) => Ok(()),
            Err(failure) => {
                Err(Stop::of(failure, "putting settings back after a step that is done"))
            }
        }
    }

    /// A message in a transaction of the driver, for a connection that is not ours.
    async fn in_transaction(&mut self, message: &Message<'_>) -> Result<Vec<Row>, Failure> {
        let mut transaction = self.session.begin(self.dialect.begin()).await?;
        let rows = transaction.run(message.text()).await?;
        transaction.commit().await?;
        Ok(rows)
    }
}

/// Tells of a statement of the unit in hand.
fn tell(
    teller: &Teller<'_>,
    walk: &Walk<'_, '_>,
    before: usize,
    statement: &str,
    place: (u32, u32),
) {
    let (done, left) = walk.units.split_at(walk.done);
    let count = |units: &[Unit<'_>]| units.iter().map(Unit::statements).sum::<usize>();
    teller.statement(walk.of, (count(done) + before, count(done) + count(left)), statement, place);
}
