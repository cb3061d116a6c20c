//! The one loop: upgrade, downgrade and stamp, in one transaction a step where the database allows it.

use std::time::Duration;

use tracing::{Instrument, field::Empty, info, info_span, warn};

use super::{
    history::{Entry, HistorySql, Progress, Snapshot, State},
    message::{Found, Message},
    plan::{Action, Direction},
    report::{StepReport, transactional_note},
    work::{Functions, Mode, Piece, Prepared},
};
use crate::{
    database::{Dialect, Failure, FailureKind, Limits, Opening, Row, Session, Table, Transaction},
    error::{Error, Failed},
    graph::Graph,
};

/// Whether each migration is a transaction, or the run is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum TransactionMode {
    /// Each migration and its history row are one transaction. The default.
    #[default]
    PerMigration,
    /// The whole run is one transaction: all of it or nothing.
    All,
}

/// How often and how long a step is tried again after a lock timeout, a deadlock or a serialization failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Retry {
    pub(crate) attempts: u32,
}

/// Why the loop stopped before its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// An error for the caller.
    Error(Error),
    /// The connection is gone: reconnect, lock, and read what took effect.
    Lost(Failure),
    /// A query of ours met a lock timeout or the like: give everything back, wait, and begin with reading.
    Again(Failure, &'static str),
    /// Another runner wrote between the read and the first write: read again.
    Raced,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl Stop {
    /// What the failure of a query of ours, outside of a step's own work, means for the run.
    pub(crate) fn of(failure: Failure, doing: &'static str) -> Self {
        match failure.kind {
            FailureKind::Lost => Self::Lost(failure),
            FailureKind::Transient => Self::Again(failure, doing),
            _ => Self::Error(failure.doing(doing)),
        }
    }
}

/// A batch of more bytes than this gains nothing, and a server holds the whole message in memory.
const MESSAGE_BYTES: usize = 1 << 20;
const MESSAGE_STEPS: usize = 200;

/// Runs steps on one session, under the lock.
pub(crate) struct Runner<'r, 's> {
    pub(crate) dialect: &'static dyn Dialect,
    pub(crate) table: Table,
    pub(crate) history: HistorySql,
    pub(crate) session: Box<dyn Session + 's>,
    pub(crate) opening: Opening,
    pub(crate) limits: Limits,
    pub(crate) graph: &'r Graph,
    pub(crate) functions: &'r Functions,
    /// Who writes the rows.
    pub(crate) applied_by: &'r str,
    /// Who holds the epoch; differs between any two runs.
    pub(crate) holder: &'r str,
    pub(crate) retry: Retry,
    /// The epoch that was read, and one more with each transaction of ours: who has read the history before one of them
    /// cannot write after it.
    pub(crate) epoch: i64,
    /// Whether the epoch is ours, and not only read.
    pub(crate) raised: bool,
    pub(crate) exists: bool,
    /// The statement that gives the lock back; taken once it has travelled.
    pub(crate) release: Option<String>,
    pub(crate) done: Vec<StepReport>,
}

/// One thing that a transaction does.
enum Op<'g> {
    Send(Message<'g>),
    Call { step: usize, name: &'g str, line: u32 },
    CheckForeignKeys { step: usize },
}

impl<'r> Runner<'r, '_> {
    /// Runs all steps.
    pub(crate) async fn execute<'g>(
        &mut self,
        prepared: &[Prepared<'g>],
        mode: TransactionMode,
    ) -> Result<(), Stop> {
        // After a lost connection all of them may turn out to be done.
        if prepared.is_empty() {
            return Ok(());
        }
        let records_only = prepared.iter().all(|step| step.step.action == Action::Record);
        if mode == TransactionMode::All || records_only {
            return self.whole(prepared).await;
        }
        let mut at = 0;
        // After a batch has failed, its steps go one by one, so that the error is as exact as ever.
        let mut alone_until = 0;
        while at < prepared.len() {
            let length = if at < alone_until { 1 } else { self.batch_length(&prepared[at..]) };
            if length < 2 {
                self.one(prepared, at).await?;
                at += 1;
                continue;
            }
            let done = self.batch(prepared, at, length).await?;
            if done < length {
                alone_until = at + length;
            }
            at += done;
        }
        Ok(())
    }

    /// How many of the next steps can travel in one message.
    fn batch_length(&self, prepared: &[Prepared<'_>]) -> usize {
        if !(self.session.is_own() && self.dialect.capabilities().remote) {
            return 0;
        }
        let mut bytes = 0;
        let fits = |step: &&Prepared<'_>| {
            // A down text travels with the row of an upgrade.
            let down = step.step.migration.down.as_ref().map_or(0, |down| down.text().len());
            bytes += 600 + down + step.script.map_or(0, |script| script.text().len());
            step.is_plain() && bytes <= MESSAGE_BYTES
        };
        prepared.iter().take(MESSAGE_STEPS).take_while(fits).count()
    }

    /// Sends several steps in one message, each still a transaction with its own history row.
    ///
    /// Returns how many are done: where one fails, those before it are, and it is for the caller to go on one by one.
    async fn batch<'g>(&mut self, prepared: &[Prepared<'g>], at: usize, length: usize) -> Result<usize, Stop> {
        self.create_outside().await?;
        let mut message = Message::default();
        for step in at..at + length {
            message.own(self.dialect, self.dialect.begin());
            self.head(&mut message, step - at);
            self.body(&mut message, prepared, step);
            message.own(self.dialect, "COMMIT");
        }
        let carries = self.carry_release(&mut message, at + length == prepared.len());
        match self.session.run(message.text()).await {
            Ok(rows) => {
                self.sent(length, &rows, carries);
                let before = self.done.len();
                self.confirm(prepared, at, message.confirms, &rows)?;
                for (step, report) in prepared[at..].iter().zip(&self.done[before..]) {
                    span(step).in_scope(|| outcome(report));
                }
                Ok(length)
            }
            Err(failure) => {
                self.check_lost(&failure)?;
                warn!(error = %failure.error, "a batch of migrations failed; going on one by one");
                self.recover(prepared, at, length).await
            }
        }
    }

    /// After a failed batch: what of it is in the history is done.
    async fn recover(&mut self, prepared: &[Prepared<'_>], at: usize, length: usize) -> Result<usize, Stop> {
        self.roll_back().await?;
        let rows = match self.session.run(&self.history.list()).await {
            Ok(rows) => rows,
            // The first step of all failed, and the tables went with it.
            Err(failure) if failure.kind == FailureKind::Absent => return Ok(0),
            Err(failure) => return Err(Stop::of(failure, "reading the history after a failed batch")),
        };
        let snapshot = Snapshot::read(&rows, &self.table)?;
        if snapshot.holder == self.holder {
            self.raised = true;
            self.exists = true;
            self.epoch = snapshot.epoch;
        }
        let mut done = 0;
        for step in &prepared[at..at + length] {
            let record = snapshot.record(&step.step.migration.revision);
            if record.is_some() != (step.step.direction == Direction::Up) {
                break;
            }
            done += 1;
            self.done.push(report(step, record.map_or(0, |record| record.duration_us)));
        }
        Ok(done)
    }

    /// One step.
    async fn one<'g>(&mut self, prepared: &[Prepared<'g>], at: usize) -> Result<(), Stop> {
        let step = &prepared[at];
        let span = span(step);
        async {
            self.create_outside().await?;
            if step.mode == Mode::Stepwise {
                self.stepwise(step, at + 1 == prepared.len()).await?;
            } else {
                self.with_retry(prepared, at..at + 1).await?;
            }
            if let Some(report) = self.done.last() {
                outcome(report);
            }
            Ok(())
        }
        .instrument(span)
        .await
    }

    /// All steps in one transaction.
    async fn whole(&mut self, prepared: &[Prepared<'_>]) -> Result<(), Stop> {
        for step in prepared {
            if step.mode == Mode::Stepwise || step.foreign_keys_off {
                return Err(Error::Unsupported(format!(
                    "{} (revision {}) cannot be part of one transaction for the whole run; use \
                     `TransactionMode::PerMigration`; nothing was run",
                    step.place(0, 0),
                    step.step.migration.revision
                ))
                .into());
            }
        }
        self.create_outside().await?;
        self.with_retry(prepared, 0..prepared.len()).await?;
        for (step, report) in prepared.iter().zip(&self.done) {
            span(step).in_scope(|| outcome(report));
        }
        Ok(())
    }

    /// Runs a transaction, and runs it again where the database says that another time is better.
    async fn with_retry(&mut self, prepared: &[Prepared<'_>], steps: std::ops::Range<usize>) -> Result<(), Stop> {
        let mut attempt = 1;
        loop {
            let result = self.transaction(prepared, steps.clone()).await;
            let (failure, found) = match result {
                Ok(rows) => return self.confirm(prepared, steps.start, steps.len(), &rows),
                Err(failed) => *failed,
            };
            self.check_lost(&failure)?;
            self.roll_back().await?;
            if failure.kind == FailureKind::Transient && attempt < self.retry.attempts {
                warn!(attempt, error = %failure.error, "the step was rolled back and will be tried again");
                tokio::time::sleep(backoff(attempt)).await;
                attempt += 1;
                continue;
            }
            let state = match attempt {
                1 => transactional_note(self.dialect).to_owned(),
                n => format!("{}, and so were {} tries before it", transactional_note(self.dialect), n - 1),
            };
            let advice = format!("{state}; the database is as it was before it; correct it and run again");
            return Err(self.failed(prepared, steps.start, failure, found, advice));
        }
    }

    /// One transaction with the given steps. The rows are those that confirm.
    async fn transaction<'g>(
        &mut self,
        prepared: &[Prepared<'g>],
        steps: std::ops::Range<usize>,
    ) -> Result<Vec<Row>, Box<(Failure, Option<Found<'g>>)>> {
        let bare = |failure| Box::new((failure, None));
        let of = &prepared[steps.clone()];
        let calls = of.iter().any(|step| step.pieces.iter().any(|piece| matches!(piece, Piece::Function { .. })));
        let off = of.iter().any(|step| step.foreign_keys_off) && self.opening.setting(0) == "1";
        // A function may begin a transaction, which must become a savepoint in ours: so the driver has to know of ours.
        let by_driver = calls || !self.session.is_own();
        let last = steps.end == prepared.len() && !by_driver;
        let mut ops = self.ops(prepared, steps, by_driver);
        let mut carries = false;
        if let (false, Some(Op::Send(message))) = (by_driver, ops.last_mut()) {
            message.own(self.dialect, "COMMIT");
            carries = self.carry_release(message, last && !off);
        }
        if off {
            self.session.run(self.dialect.foreign_keys(false)).await.map_err(bare)?;
        }
        let result = self.perform(prepared, &ops, by_driver).await;
        if off {
            // Inside a failed transaction this does nothing, so that it is ended first.
            if result.is_err() {
                self.session.rollback().await.map_err(bare)?;
            }
            // The step may be committed, so a failure here is not the step's: a new connection has the setting back, and
            // reads what took effect.
            let on = self.session.run(self.dialect.foreign_keys(true)).await;
            on.map_err(|failure| bare(Failure { kind: FailureKind::Lost, ..failure }))?;
        }
        let rows = result?;
        self.sent(1, &rows, carries);
        Ok(rows)
    }

    async fn perform<'g>(
        &mut self,
        prepared: &[Prepared<'g>],
        ops: &[Op<'g>],
        by_driver: bool,
    ) -> Result<Vec<Row>, Box<(Failure, Option<Found<'g>>)>> {
        let bare = |failure| Box::new((failure, None));
        let mut rows = Vec::new();
        if !by_driver {
            for op in ops {
                rows.extend(match op {
                    Op::Send(message) => located(message, self.session.run(message.text()).await.map_err(|f| message.committed(f)))?,
                    Op::CheckForeignKeys { step } => {
                        violations(&prepared[*step], *step, self.session.run(self.dialect.foreign_key_check()).await)?
                    }
                    Op::Call { .. } => unreachable!("functions run in a transaction of the driver"),
                });
            }
            return Ok(rows);
        }
        let functions = self.functions;
        let mut transaction = self.session.begin(self.dialect.begin()).await.map_err(bare)?;
        for op in ops {
            rows.extend(match op {
                Op::Send(message) => located(message, transaction.run(message.text()).await)?,
                Op::CheckForeignKeys { step } => {
                    violations(&prepared[*step], *step, transaction.run(self.dialect.foreign_key_check()).await)?
                }
                Op::Call { step, name, line } => {
                    call(functions, name, &mut *transaction).await.map_err(|failure| {
                        let place = prepared[*step].place(*line, 0);
                        Box::new((failure, Some(Found { step: *step, place, statement: name })))
                    })?;
                    Vec::new()
                }
            });
        }
        transaction.commit().await.map_err(bare)?;
        Ok(rows)
    }

    fn ops<'g>(&self, prepared: &[Prepared<'g>], steps: std::ops::Range<usize>, by_driver: bool) -> Vec<Op<'g>> {
        let mut ops = Vec::new();
        let mut message = Message::default();
        if !by_driver {
            message.own(self.dialect, self.dialect.begin());
        }
        self.head(&mut message, 0);
        for step in steps {
            let of = &prepared[step];
            if of.is_plain() && of.script.is_none_or(|script| script.text().len() < MESSAGE_BYTES) {
                self.body(&mut message, prepared, step);
                continue;
            }
            message.own(self.dialect, &self.history.clock());
            for piece in &of.pieces {
                match piece {
                    Piece::Sql(statements) => {
                        for part in parts(statements) {
                            file(&mut message, of, step, part);
                            if message.text().len() > MESSAGE_BYTES {
                                ops.push(Op::Send(std::mem::take(&mut message)));
                            }
                        }
                    }
                    Piece::Function { name, line } => {
                        ops.push(Op::Send(std::mem::take(&mut message)));
                        ops.push(Op::Call { step, name, line: *line });
                    }
                }
            }
            if of.foreign_keys_off {
                ops.push(Op::Send(std::mem::take(&mut message)));
                ops.push(Op::CheckForeignKeys { step });
            }
            self.tail(&mut message, of);
        }
        ops.push(Op::Send(message));
        ops.retain(|op| !matches!(op, Op::Send(message) if message.is_empty()));
        ops
    }

    /// What begins a transaction: the tables where they are missing, and the fence. `before` is how many transactions are
    /// in the message before it.
    pub(crate) fn head(&self, message: &mut Message<'_>, before: usize) {
        if before == 0 && !self.exists && self.dialect.capabilities().transactional_ddl {
            if self.opening.schema_missing {
                message.own(self.dialect, &self.history.create_schema());
            }
            message.own(self.dialect, &self.history.create());
        }
        let epoch = self.epoch + to_i64(before);
        if self.raised || before > 0 {
            message.own(self.dialect, &self.history.fence(epoch));
        } else {
            message.own(self.dialect, &self.history.raise(epoch, self.holder));
        }
    }

    /// A plain step between the fence and the COMMIT.
    fn body<'g>(&self, message: &mut Message<'g>, prepared: &[Prepared<'g>], step: usize) {
        let of = &prepared[step];
        if of.step.action == Action::Run {
            message.own(self.dialect, &self.history.clock());
        }
        for piece in &of.pieces {
            if let Piece::Sql(statements) = piece {
                file(message, of, step, statements);
            }
        }
        self.tail(message, of);
    }

    /// The end of a step: the rights back, the history row, the settings back.
    fn tail(&self, message: &mut Message<'_>, of: &Prepared<'_>) {
        let run = of.step.action == Action::Run;
        if run {
            self.add(message, self.dialect.restore_role(&self.opening));
        }
        let measured = (!run).then_some(Duration::ZERO);
        let row = match of.step.direction {
            Direction::Up => {
                let done = Progress { state: State::Applied, done: of.statements(), done_hash: "", doubt_hash: "" };
                self.insert(of, &done, measured)
            }
            Direction::Down => self.history.delete(&of.step.migration.revision, measured),
        };
        message.own(self.dialect, &row);
        message.confirms += 1;
        if run {
            let own = self.session.is_own();
            self.add(message, self.dialect.restore(&self.table, &self.opening, self.limits, own));
        }
    }

    pub(crate) fn add(&self, message: &mut Message<'_>, statements: Vec<String>) {
        for statement in statements {
            message.own(self.dialect, &statement);
        }
    }

    pub(crate) fn insert(&self, of: &Prepared<'_>, progress: &Progress<'_>, measured: Option<Duration>) -> String {
        let migration = of.step.migration;
        let revisions = |list: Vec<&'r crate::migration::Migration>| list.into_iter().map(|m| m.revision.as_str()).collect();
        let entry = Entry {
            migration,
            parents: revisions(self.graph.parents(&migration.revision)),
            depends_on: revisions(self.graph.dependencies(&migration.revision)),
            applied_by: self.applied_by,
        };
        self.history.insert(&entry, progress, measured)
    }

    /// Where DDL is not part of transactions, the tables are made before the first step.
    async fn create_outside(&mut self) -> Result<(), Stop> {
        if self.exists || self.dialect.capabilities().transactional_ddl {
            return Ok(());
        }
        match self.session.run(&self.history.create()).await {
            Ok(_) => self.exists = true,
            Err(failure) => return Err(Stop::of(failure, "creating the history table")),
        }
        Ok(())
    }

    /// Lets the release of the lock travel at the end of the last message.
    pub(crate) fn carry_release(&self, message: &mut Message<'_>, last: bool) -> bool {
        match &self.release {
            Some(release) if last && self.session.is_own() => {
                message.after_commit(self.dialect, release);
                true
            }
            _ => false,
        }
    }

    /// A message with so many transactions took effect: the epoch is ours, and perhaps the lock is given back.
    pub(crate) fn sent(&mut self, transactions: usize, rows: &[Row], carries: bool) {
        self.epoch += to_i64(transactions);
        self.raised = true;
        self.exists = true;
        if carries {
            self.release = None;
            check_unlocked(rows);
        }
    }

    /// Each step must have written exactly its own row.
    fn confirm(&mut self, prepared: &[Prepared<'_>], at: usize, expected: usize, rows: &[Row]) -> Result<(), Stop> {
        let done: Vec<&Row> = rows.iter().filter(|row| tag(row) == Some("done")).collect();
        let right = done.len() == expected
            && done.iter().zip(&prepared[at..]).all(|(row, step)| {
                row.get(1).and_then(Option::as_deref) == Some(step.step.migration.revision.as_str())
            });
        if !right {
            return Err(Error::Unsupported(format!(
                "the history table {} did not take the rows of {expected} steps as they were written (it confirmed {}); is \
                 there a trigger or rule on it? look at it before anything else is run",
                self.table,
                done.len()
            ))
            .into());
        }
        for (row, step) in done.into_iter().zip(&prepared[at..]) {
            let duration = row.get(2).and_then(Option::as_deref).and_then(|v| v.parse().ok()).unwrap_or_default();
            self.done.push(report(step, duration));
        }
        Ok(())
    }

    /// Failures that are not the step's: a lost connection, and the fence.
    pub(crate) fn check_lost(&self, failure: &Failure) -> Result<(), Stop> {
        match failure.kind {
            FailureKind::Lost => {
                let message = failure.error.to_string();
                Err(Stop::Lost(Failure::new(FailureKind::Lost, message)))
            }
            FailureKind::Fenced if self.raised => Err(Error::Fenced { epoch: self.epoch }.into()),
            FailureKind::Fenced => Err(Stop::Raced),
            _ => Ok(()),
        }
    }

    pub(crate) async fn roll_back(&mut self) -> Result<(), Stop> {
        match self.session.rollback().await {
            Ok(()) => Ok(()),
            Err(failure) => Err(Stop::Lost(failure)),
        }
    }

    pub(crate) fn failed(
        &self,
        prepared: &[Prepared<'_>],
        at: usize,
        failure: Failure,
        found: Option<Found<'_>>,
        state: String,
    ) -> Stop {
        // Without a place in a file it was the COMMIT (a deferred constraint) or the history row.
        let found = found.unwrap_or_else(|| Found {
            step: at,
            place: prepared[at].place(0, 0),
            statement: "COMMIT",
        });
        let step = prepared[found.step].step;
        Stop::Error(Error::Failed(Box::new(Failed {
            revision: step.migration.revision.clone(),
            direction: step.direction.verb(),
            place: found.place,
            statement: found.statement.to_owned(),
            code: failure.code,
            done_before: self.done.iter().map(|step| step.revision.clone()).collect(),
            state,
            source: failure.error,
        })))
    }
}

/// The rows of a message, or its failure with its place in a file.
pub(crate) fn located<'g>(
    message: &Message<'g>,
    sent: Result<Vec<Row>, Failure>,
) -> Result<Vec<Row>, Box<(Failure, Option<Found<'g>>)>> {
    sent.map_err(|failure| {
        let found = message.find(&failure);
        Box::new((failure, found))
    })
}

/// Rows of the foreign key check are a failure of the step.
fn violations<'g>(
    of: &Prepared<'g>,
    step: usize,
    found: Result<Vec<Row>, Failure>,
) -> Result<Vec<Row>, Box<(Failure, Option<Found<'g>>)>> {
    let rows = found.map_err(|failure| Box::new((failure, None)))?;
    if rows.is_empty() {
        return Ok(rows);
    }
    let all: Vec<String> = rows.into_iter().filter_map(|row| row.into_iter().nth(1)?).collect();
    let message = format!("the migration leaves rows that violate foreign keys: {}", all.join("; "));
    let found = Found { step, place: of.place(0, 0), statement: "PRAGMA foreign_key_check" };
    Err(Box::new((Failure::new(FailureKind::Other, message), Some(found))))
}

/// Calls a registered function on the transaction's connection.
pub(crate) async fn call(
    functions: &Functions,
    name: &str,
    transaction: &mut (dyn Transaction + '_),
) -> Result<(), Failure> {
    // That it is registered was checked before anything ran.
    let function = functions.get(name);
    let function = function.ok_or_else(|| Failure::new(FailureKind::Other, format!("no function {name} is registered")))?;
    let called = function(transaction.connection()).await;
    called.map_err(|error| transaction.explain(error))
}

fn to_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Statements of about a message's size: a server has a limit for one message, and some need time for each statement that
/// grows with all that follows it.
fn parts<'a, 'g>(statements: &'a [crate::sql::Statement<'g>]) -> impl Iterator<Item = &'a [crate::sql::Statement<'g>]> {
    let mut rest = statements;
    std::iter::from_fn(move || {
        let begin = rest.first()?.start;
        let end = rest.iter().position(|s| s.start + s.text.len() - begin > MESSAGE_BYTES).map_or(rest.len(), |at| at + 1);
        let (part, after) = rest.split_at(end);
        rest = after;
        Some(part)
    })
}

fn file<'g>(message: &mut Message<'g>, of: &Prepared<'g>, step: usize, statements: &[crate::sql::Statement<'g>]) {
    if let Some(script) = of.script {
        message.file(step, script.file(), script.text(), statements);
    }
}

pub(crate) fn tag(row: &Row) -> Option<&str> {
    row.first().and_then(Option::as_deref)
}

/// A lock that was not ours any more is worth a warning: something between us and the server changes connections.
pub(crate) fn check_unlocked(rows: &[Row]) {
    let unlocked = rows.iter().find(|row| tag(row) == Some("unlock"));
    if unlocked.is_some_and(|row| row.get(1).and_then(Option::as_deref) != Some("1")) {
        warn!("the migration lock was not ours when it was released; is there a transaction pooler before the database?");
    }
}

pub(crate) fn report(prepared: &Prepared<'_>, duration_us: u64) -> StepReport {
    StepReport {
        revision: prepared.step.migration.revision.clone(),
        name: prepared.step.migration.name.clone(),
        direction: prepared.step.direction,
        action: prepared.step.action,
        statements: prepared.statements(),
        duration: Duration::from_micros(duration_us),
    }
}

fn span(step: &Prepared<'_>) -> tracing::Span {
    let migration = step.step.migration;
    info_span!(
        "ambix.step",
        revision = %migration.revision,
        name = %migration.name,
        direction = %step.step.direction,
        statements = step.statements(),
        duration_us = Empty,
    )
}

fn outcome(report: &StepReport) {
    let duration_us = u64::try_from(report.duration.as_micros()).unwrap_or(u64::MAX);
    tracing::Span::current().record("duration_us", duration_us);
    match report.action {
        Action::Run => info!(revision = %report.revision, duration_us, "{}d {}", report.direction, report.name),
        Action::Record => info!(revision = %report.revision, "recorded without running: {}", report.name),
    }
}

/// How long to wait before try `attempt + 1`: it doubles up to a few seconds, and is a little random, so that two
/// runners that met once do not meet again.
pub(crate) fn backoff(attempt: u32) -> Duration {
    let full = Duration::from_millis(50) * 2_u32.saturating_pow(attempt.min(6));
    jitter(full)
}

/// Between a half and the whole of it.
pub(crate) fn jitter(full: Duration) -> Duration {
    use std::hash::{BuildHasher, Hasher};
    // The one source of randomness in std: the keys of a new hasher.
    let random = std::hash::RandomState::new().build_hasher().finish();
    let share = u32::try_from(random % 1000).unwrap_or_default();
    full / 2 + full / 2 * share / 1000
}
