//! A step whose work one transaction cannot hold: statement by statement, with a record of how far it is.
//!
//! What a transaction can hold is committed together with its progress. What it cannot hold is announced first (its hash is
//! the doubt), run alone, and looked for in the catalog afterwards. So a crash at any moment leaves a row that says what is
//! done and which one statement is in doubt.

use std::time::Instant;

use super::{
    event::Teller,
    execute::{Runner, Stop, backoff, report, with_blocker},
    history::{Progress, Record, State},
    message::{Found, Message, place_in},
    plan::Direction,
    transaction::{call, context, located},
    work::{Hashes, Prepared, Unit},
};
use crate::{
    database::{Failure, FailureKind, Probe, Row},
    error::{Error, Place, Unfinished},
    sql::Statement,
};

/// What the catalog says of a statement in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Done,
    Half,
    Absent,
}

/// How far the step is.
struct Walk<'p, 'g> {
    of: &'p Prepared<'g>,
    units: Vec<Unit<'g>>,
    hashes: Hashes,
    done: usize,
    /// The history has a row that says so: from an earlier run, from this one, or since it is a downgrade.
    row: bool,
}

impl Runner<'_, '_> {
    /// Runs one step statement by statement, from where an earlier run ended.
    pub(super) async fn stepwise(&mut self, of: &Prepared<'_>, last: bool) -> Result<(), Stop> {
        let started = Instant::now();
        let units = of.units(self.dialect);
        let row = of.step.resume.is_some() || of.step.direction == Direction::Down;
        let hashes = Hashes::of(&units, self.dialect);
        let mut walk = Walk { of, units, hashes, done: 0, row };
        if let Some(record) = &of.step.resume {
            self.resume(&mut walk, record).await?;
        }
        while walk.done < walk.units.len() {
            match walk.units[walk.done].clone() {
                Unit::Alone(statement) => self.alone(&mut walk, &statement).await?,
                unit => self.atomic(&mut walk, &unit).await?,
            }
        }
        self.finish(&walk, started, last).await
    }

    /// Finds out where an earlier run ended.
    async fn resume(&mut self, walk: &mut Walk<'_, '_>, record: &Record) -> Result<(), Stop> {
        let done = usize::try_from(record.statements_done).unwrap_or(usize::MAX);
        if walk.hashes.first.get(done) != Some(&record.done_hash) {
            let problem = "the file no longer begins with the statements that were run: restore them in it and run again".to_owned();
            return Err(self.unfinished(walk, record, None, problem));
        }
        walk.done = done;
        if record.doubt_hash.is_empty() {
            return Ok(());
        }
        let Some(Unit::Alone(statement)) = walk.units.get(done).cloned() else {
            let problem =
                "the statement in doubt is no longer in the file: restore it and run again"
                    .to_owned();
            return Err(self.unfinished(walk, record, None, problem));
        };
        if walk.hashes.each[done] != record.doubt_hash {
            let problem = "the file now has another statement in its place".to_owned();
            return Err(self.unfinished(walk, record, Some(&statement), problem));
        }
        let Some(probe) = self.dialect.probe(&statement) else {
            let problem = "whether it was done cannot be told from the catalog".to_owned();
            return Err(self.unfinished(walk, record, Some(&statement), problem));
        };
        match self.look(&probe).await? {
            Seen::Done => {
                walk.done += 1;
                self.settle(walk, true).await?;
            }
            Seen::Half => self.clean(&probe).await?,
            Seen::Absent => {}
        }
        Ok(())
    }

    fn unfinished(
        &self,
        walk: &Walk<'_, '_>,
        record: &Record,
        statement: Option<&Statement<'_>>,
        problem: String,
    ) -> Stop {
        let place = |s: &Statement<'_>| walk.of.place(s.line, s.column);
        Stop::Error(Error::Unfinished(Box::new(Unfinished {
            revision: record.revision.clone(),
            direction: walk.of.step.direction.verb(),
            statement: statement.map(|s| (s.text.to_owned(), place(s))),
            done: record.statements_done,
            problem,
        })))
    }

    async fn look(&mut self, probe: &Probe) -> Result<Seen, Stop> {
        match self.session.run(&probe.query).await {
            Ok(rows) => Ok(match rows.first().and_then(|row| row.get(1)?.as_deref()) {
                Some("done") => Seen::Done,
                Some("half") => Seen::Half,
                _ => Seen::Absent,
            }),
            Err(failure) => {
                Err(Stop::of(failure, "looking for a statement's effect in the catalog"))
            }
        }
    }

    /// Removes what a statement left half done.
    async fn clean(&mut self, probe: &Probe) -> Result<(), Stop> {
        let Some(clean) = &probe.clean else { return Ok(()) };
        tracing::warn!(statement = %clean, "removing what an earlier try left half done");
        match self.session.run(clean).await {
            Ok(_) => Ok(()),
            Err(failure) => Err(Stop::of(failure, "removing what an earlier try left half done")),
        }
    }

    fn state(&self, walk: &Walk<'_, '_>) -> State {
        if walk.of.step.direction == Direction::Up { State::Upgrading } else { State::Downgrading }
    }

    /// The SQL that makes the row say how far it is.
    fn mark(&self, walk: &Walk<'_, '_>, done: usize, doubt_hash: &str) -> String {
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
    ) -> Result<(), Failure> {
        let mut message = Message::default();
        if self.session.is_own() {
            message.own(self.dialect, self.dialect.begin());
            self.head(&mut message, 0);
            inner(self, &mut message);
            message.own(self.dialect, "COMMIT");
            self.session.run(message.text()).await?;
        } else {
            self.head(&mut message, 0);
            inner(self, &mut message);
            self.in_transaction(&message).await?;
        }
        self.sent(1, &[], false);
        Ok(())
    }

    /// A unit that a transaction can hold, together with its progress.
    async fn atomic<'g>(&mut self, walk: &mut Walk<'_, 'g>, unit: &Unit<'g>) -> Result<(), Stop> {
        let mut attempt = 1;
        loop {
            let (failure, found) = match self.try_atomic(walk, unit).await {
                Ok(()) => break,
                Err(failed) => *failed,
            };
            self.check_lost(&failure)?;
            self.roll_back().await?;
            let statement = found.as_ref().map_or("", |found| found.statement);
            let blocker = self.in_the_way(&failure, statement).await;
            if failure.kind == FailureKind::Transient && attempt < self.retry.attempts {
                tracing::warn!(attempt, error = %failure.error, blocker, "the statement was rolled back and will be tried again");
                self.teller.retrying(
                    walk.of,
                    attempt,
                    self.retry.attempts,
                    &failure.error,
                    blocker,
                );
                tokio::time::sleep(backoff(attempt)).await;
                attempt += 1;
                continue;
            }
            let state = with_blocker(self.state_after(walk, attempt), blocker);
            return Err(self.failed(std::slice::from_ref(walk.of), 0, failure, found, state));
        }
        walk.row = true;
        walk.done += 1;
        Ok(())
    }

    async fn try_atomic<'g>(
        &mut self,
        walk: &Walk<'_, 'g>,
        unit: &Unit<'g>,
    ) -> Result<(), Box<(Failure, Option<Found<'g>>)>> {
        let bare = |failure| Box::new((failure, None));
        let own = self.session.is_own();
        let mut tail = self.dialect.restore_role(&self.opening);
        tail.push(self.mark(walk, walk.done + 1, ""));
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
                transaction.run(after.text()).await.map_err(bare)?;
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
                        located(message, self.session.run(message.text()).await)?;
                    }
                } else {
                    let begun = self.session.begin(self.dialect.begin()).await;
                    let mut transaction = begun.map_err(bare)?;
                    for (before, message) in &messages {
                        tell(*before);
                        located(message, transaction.run(message.text()).await)?;
                    }
                    transaction.commit().await.map_err(bare)?;
                }
            }
            Unit::Alone(_) => unreachable!("a statement that stands alone is not atomic"),
        }
        self.sent(1, &[], false);
        Ok(())
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
        let mut attempt = 1;
        tell(&self.teller, walk, 0, statement.text, (statement.line, statement.column));
        loop {
            let Err(failure) = self.session.run(statement.text).await else { break };
            if failure.kind == FailureKind::Lost {
                return Err(Stop::Lost(failure));
            }
            if failure.kind == FailureKind::Transient && attempt < self.retry.attempts {
                let blocker = self.in_the_way(&failure, statement.text).await;
                tracing::warn!(attempt, error = %failure.error, blocker, "the statement failed and will be tried again");
                self.teller.retrying(
                    walk.of,
                    attempt,
                    self.retry.attempts,
                    &failure.error,
                    blocker,
                );
                self.clean_up(probe.as_ref()).await?;
                tokio::time::sleep(backoff(attempt)).await;
                attempt += 1;
                continue;
            }
            return Err(self.alone_failed(walk, statement, probe.as_ref(), failure, attempt).await);
        }
        if let Some(probe) = probe.as_ref().filter(|probe| probe.verify)
            && self.look(probe).await? != Seen::Done
        {
            let message = "the server reported success, but the catalog does not have what the statement should have left \
                           (an index that is not valid, or IF NOT EXISTS that met another object)";
            let failure = Failure::new(FailureKind::Other, message);
            return Err(self.alone_failed(walk, statement, None, failure, 1).await);
        }
        walk.done += 1;
        self.settle(walk, probe.is_some()).await
    }

    /// Records that a statement that stood alone is done. The next message says it, too, where it announces another one or
    /// ends the step; but what is rolled back says nothing, and where the catalog cannot tell, a failure would leave a doubt.
    async fn settle(&mut self, walk: &mut Walk<'_, '_>, can_tell: bool) -> Result<(), Stop> {
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
        if let Err(failure) = written {
            return Err(self.not_written(failure).await);
        }
        walk.row = true;
        Ok(())
    }

    /// After a failure to write the history.
    async fn not_written(&mut self, failure: Failure) -> Stop {
        if let Err(stop) = self.check_lost(&failure) {
            return stop;
        }
        match self.roll_back().await {
            Ok(()) => Stop::of(failure, "writing the history"),
            Err(stop) => stop,
        }
    }

    /// After a failure of the statement itself: an index that is not valid, for example, is dropped.
    async fn clean_up(&mut self, probe: Option<&Probe>) -> Result<(), Stop> {
        if let Some(probe) = probe
            && self.look(probe).await? == Seen::Half
        {
            self.clean(probe).await?;
        }
        Ok(())
    }

    /// The server has said that the statement failed, so it is in doubt no more.
    async fn alone_failed(
        &mut self,
        walk: &mut Walk<'_, '_>,
        statement: &Statement<'_>,
        probe: Option<&Probe>,
        failure: Failure,
        attempts: u32,
    ) -> Stop {
        if let Err(stop) = self.clean_up(probe).await {
            return stop;
        }
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
        let file = walk.of.place(0, 0).file;
        let place: Place = place_in(statement, &file, &failure);
        let found = Found { step: 0, place, statement: statement.text };
        let blocker = self.in_the_way(&failure, statement.text).await;
        let state = with_blocker(self.state_after(walk, attempts), blocker);
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
                let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
                self.done.push(report(walk.of, micros));
                if own || last { Ok(()) } else { self.put_back().await }
            }
            Err(failure) => Err(self.not_written(failure).await),
        }
    }

    /// Puts the settings of a lent connection back between two steps. After the last step that is done once for all.
    async fn put_back(&mut self) -> Result<(), Stop> {
        let mut message = Message::default();
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
