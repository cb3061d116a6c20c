//! The one loop: upgrade, downgrade and stamp, in one transaction a step where the database allows it.

use std::time::{Duration, Instant};

use tracing::{Instrument, field::Empty, info, info_span, warn};

use super::{
    batch::{Batch, FailedStatement},
    event::{Event, Notifier, Observers, Pace},
    function::Functions,
    history::{HistorySnapshot, HistorySql},
    plan::{Action, Direction},
    prepare::{Mode, Prepared},
    report::StepReport,
};
use crate::{
    database::{
        Dialect, Failure, FailureKind, HistoryTable, Limits, Row, Session, SessionInfo,
        TransactionGuard, lock_report::Locks,
    },
    error::{Advice, Blocker, Error, Failed, in_words, some_of},
    graph::Graph,
    random::{Pauses, jitter},
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
pub(crate) enum Interruption {
    /// An error for the caller.
    Error(Error),
    /// The connection is gone: reconnect, lock, and read what took effect.
    Lost(Failure),
    /// A query of ours met a lock timeout or the like: give everything back, wait, and begin with reading.
    Again(Failure, &'static str),
    /// Another runner wrote between the read and the first write: read again.
    Raced,
    /// What is done has left something in the session, so that the next step has to have a new one.
    Renew,
}

impl From<Error> for Interruption {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl Interruption {
    /// What the failure of a query of ours, outside of a step's own work, means for the run.
    pub(crate) fn of(failure: Failure, doing: &'static str) -> Self {
        match failure.kind {
            FailureKind::Lost => Self::Lost(failure),
            FailureKind::Transient => Self::Again(failure, doing),
            _ => Self::Error(failure.doing(doing)),
        }
    }
}

/// Runs steps on one session, under the lock.
pub(crate) struct Runner<'r, 's> {
    pub(crate) dialect: &'static dyn Dialect,
    pub(crate) table: HistoryTable,
    pub(crate) history: HistorySql,
    pub(crate) session: Box<dyn Session + 's>,
    pub(crate) opening: SessionInfo,
    pub(crate) limits: Limits,
    pub(crate) graph: &'r Graph,
    pub(crate) functions: &'r Functions,
    /// Who writes the rows.
    pub(crate) applied_by: &'r str,
    /// Who holds the epoch; differs between any two runs.
    pub(crate) holder: &'r str,
    pub(crate) retry: Retry,
    /// The longest wait for a lock among the attempts at the step in hand.
    pub(crate) longest_wait: Duration,
    /// The epoch that was read, and one more with each transaction of ours: who has read the history before one of them
    /// cannot write after it.
    pub(crate) epoch: i64,
    /// Whether the epoch is ours, and not only read.
    pub(crate) raised: bool,
    pub(crate) exists: bool,
    /// What is around each transaction.
    pub(crate) guard: Option<TransactionGuard>,
    /// The statement that gives the lock back; taken once it has travelled.
    pub(crate) release: Option<String>,
    pub(crate) done: Vec<StepReport>,
    /// All steps are one transaction.
    pub(crate) one_transaction: bool,
    /// The schemas that were looked into, and the names by which tables without transactions can be changed.
    pub(crate) untransacted: Option<(Vec<String>, Vec<String>)>,
    pub(crate) notifier: Notifier<'r>,
}

impl<'r> Runner<'r, '_> {
    /// Runs all steps.
    pub(crate) async fn execute<'g>(
        &mut self,
        prepared: &[Prepared<'g>],
        mode: TransactionMode,
    ) -> Result<(), Interruption> {
        // After a lost connection all of them may turn out to be done.
        if prepared.is_empty() {
            return Ok(());
        }
        let mut pace = self.notifier.begin(prepared.len(), !self.dialect.capabilities().remote);
        self.one_transaction = mode == TransactionMode::All;
        let records_only = prepared.iter().all(|step| step.step.action == Action::Record);
        if mode == TransactionMode::All || records_only {
            return self.whole(prepared).await;
        }
        let mut at = 0;
        // After a batch has failed, its steps go one by one, so that the error is as exact as ever.
        let mut alone_until = 0;
        while at < prepared.len() {
            let before = self.done.len();
            let alone = at < alone_until;
            let length = if alone { 1 } else { self.batch_length(&prepared[at..], &pace).await? };
            let mut done = 1;
            if length < 2 {
                self.one(prepared, at).await?;
            } else {
                done = self.batch(prepared, at, length).await?;
            }
            if done < length {
                alone_until = at + length;
            }
            at += done;
            pace.see(&self.done[before..]);
            // A batch of which nothing was done continues one by one, on this connection.
            if done > 0 && self.session.is_own() && at < prepared.len() {
                let leaves = |step: &Prepared<'_>| step.leaves(self.dialect);
                if prepared[at - done..at].iter().any(leaves)
                    || prepared[at].asks_session(self.dialect)
                {
                    return Err(Interruption::Renew);
                }
            }
        }
        Ok(())
    }

    /// How many of the next steps can travel in one message.
    async fn batch_length(
        &mut self,
        prepared: &[Prepared<'_>],
        pace: &Pace,
    ) -> Result<usize, Interruption> {
        if !self.session.is_own() || !self.dialect.capabilities().remote {
            return Ok(0);
        }
        let most = self.dialect.capabilities().message_bytes;
        let (mut bytes, mut length) = (0, 0);
        for step in prepared.iter().take(pace.steps()) {
            // A down text travels with the row of an upgrade.
            let down = step.step.migration.down.as_ref().map_or(0, |down| down.text().len());
            bytes += 600 + down + step.script.map_or(0, |script| script.text().len());
            let renews = length > 0 && step.asks_session(self.dialect);
            if renews
                || !step.is_plain()
                || bytes > most
                || self.mode(step).await? == Mode::Stepwise
            {
                break;
            }
            length += 1;
            if step.leaves(self.dialect) {
                break;
            }
        }
        Ok(length)
    }

    /// Sends several steps in one message, each still a transaction with its own history row.
    ///
    /// Returns how many are done: where one fails, those before it are, and the caller continues one by one.
    async fn batch<'g>(
        &mut self,
        prepared: &[Prepared<'g>],
        at: usize,
        length: usize,
    ) -> Result<usize, Interruption> {
        self.create_outside().await?;
        let mut message = Batch::default();
        for step in at..at + length {
            self.begin(&mut message);
            self.head(&mut message, step - at);
            self.body(&mut message, prepared, step, true);
            self.commit(&mut message);
        }
        self.leave_guard(&mut message);
        let carries = self.carry_release(&mut message, at + length == prepared.len());
        self.notifier.batch(&prepared[at..at + length], at);
        match self.session.run(message.text()).await {
            Ok(rows) => {
                self.sent(length, &rows, carries);
                let before = self.done.len();
                self.confirm(prepared, at, message.confirms, &rows)?;
                for (index, report) in self.done[before..].iter().enumerate() {
                    self.notifier.started(&prepared[at + index], at + index);
                    span(&prepared[at + index]).in_scope(|| outcome(report));
                    self.notifier.done(report, at + index);
                }
                Ok(length)
            }
            Err(failure) => {
                let failure = self.check_lost(failure)?;
                warn!(error = %failure.error, "a batch of migrations failed; going on one by one");
                self.recover(prepared, at, length, failure).await
            }
        }
    }

    /// After a failed batch: what of it is in the history is done.
    async fn recover(
        &mut self,
        prepared: &[Prepared<'_>],
        at: usize,
        length: usize,
        failure: Failure,
    ) -> Result<usize, Interruption> {
        let whole = self.roll_back().await?;
        let rows = match self.session.run(&self.history.list()).await {
            Ok(rows) => rows,
            // The first step of all failed, and the tables went with it.
            Err(failure) if failure.kind == FailureKind::Absent => return Ok(0),
            Err(failure) => {
                return Err(Interruption::of(failure, "reading the history after a failed batch"));
            }
        };
        let snapshot = HistorySnapshot::read(&rows, &self.table)?;
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
            let report = report(step, record.map_or(0, |record| record.duration_us));
            self.notifier.started(step, at + done);
            self.notifier.done(&report, at + done);
            self.done.push(report);
            done += 1;
        }
        if !whole && done < length {
            return Err(self.left_behind(prepared, at + done, failure, None).await);
        }
        Ok(done)
    }

    /// One step.
    async fn one<'g>(&mut self, prepared: &[Prepared<'g>], at: usize) -> Result<(), Interruption> {
        let step = &prepared[at];
        let span = span(step);
        async {
            self.create_outside().await?;
            self.notifier.started(step, at);
            if self.mode(step).await? == Mode::Stepwise {
                self.stepwise(step, at + 1 == prepared.len()).await?;
            } else {
                self.with_retry(prepared, at..at + 1).await?;
            }
            if let Some(report) = self.done.last() {
                outcome(report);
                self.notifier.done(report, at);
            }
            Ok(())
        }
        .instrument(span)
        .await
    }

    /// All steps in one transaction.
    async fn whole(&mut self, prepared: &[Prepared<'_>]) -> Result<(), Interruption> {
        self.check_one_transaction(prepared).await?;
        self.create_outside().await?;
        let before = self.done.len();
        if let [step] = prepared {
            self.notifier.started(step, 0);
        }
        self.with_retry(prepared, 0..prepared.len()).await?;
        for (at, (step, report)) in prepared.iter().zip(&self.done[before..]).enumerate() {
            span(step).in_scope(|| outcome(report));
            self.notifier.done(report, at);
        }
        Ok(())
    }

    /// Where DDL is not part of transactions, the tables are made before the first step.
    pub(crate) async fn create_outside(&mut self) -> Result<(), Interruption> {
        if self.exists || self.dialect.capabilities().transactional_ddl {
            return Ok(());
        }
        match self.session.run(&self.history.create()).await {
            Ok(_) => self.exists = true,
            Err(failure) => return Err(self.not_created(failure)),
        }
        Ok(())
    }

    /// Lets the release of the lock travel at the end of the last message.
    pub(crate) fn carry_release(&self, message: &mut Batch<'_>, last: bool) -> bool {
        match &self.release {
            Some(release) if last && self.session.is_own() => {
                message.after_commit(self.dialect, release);
                if let Some(farewell) = self.dialect.farewell() {
                    message.after_commit(self.dialect, farewell);
                }
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
            check_unlocked(rows, self.notifier.observers);
        }
    }

    /// Each step must have written exactly its own row.
    pub(crate) fn confirm(
        &mut self,
        prepared: &[Prepared<'_>],
        at: usize,
        expected: usize,
        rows: &[Row],
    ) -> Result<(), Interruption> {
        let mut done = rows.iter().filter(|row| row.tag() == "done").peekable();
        let revision_of = |row: &Row| row.text("revision").to_owned();
        let steps = &prepared[at..at + expected];
        let mut left = expected;
        for step in steps {
            let revision = &step.step.migration.revision;
            let Some(row) = done.next_if(|row| revision_of(row) == *revision) else {
                return Err(self.not_taken(revision).into());
            };
            left -= 1;
            // All rows of a revision are erased, however many there are.
            let is_down = step.step.direction == Direction::Down;
            while is_down
                && done.clone().count() > left
                && done.next_if(|row| revision_of(row) == *revision).is_some()
            {}
            let duration = row.text("duration_us").parse().unwrap_or_default();
            self.done.push(report(step, duration));
        }
        match done.next() {
            Some(row) => Err(self.not_taken(&revision_of(row)).into()),
            None => Ok(()),
        }
    }

    /// A row was written, and the table does not have it so.
    pub(crate) fn not_taken(&self, revision: &str) -> Error {
        let done: Vec<String> = self.done.iter().map(|step| step.revision.clone()).collect();
        let done = if done.is_empty() { "none".to_owned() } else { some_of(&done, ", ") };
        Error::History {
            table: self.table.to_string(),
            problem: format!(
                "did not take the row of revision {revision} as it was written (of this run it has confirmed: {done}); is there \
                 a trigger or a rule on it, or is it a view?"
            ),
            advice: Advice::new(format!(
                "what {revision} did may be committed anyway, without a row that says so: remove what keeps the row away, \
                 look at the schema, and record what it has with "
            ))
            .verb("stamp", "stamp REVISION")
            .text(", before anything else is run"),
            source: None,
        }
    }

    /// Failures that are not the step's: a lost connection, and the fence.
    pub(crate) fn check_lost(&self, failure: Failure) -> Result<Failure, Interruption> {
        match failure.kind {
            FailureKind::Lost => Err(Interruption::Lost(failure)),
            FailureKind::Fenced if self.raised => Err(Error::Fenced { epoch: self.epoch }.into()),
            FailureKind::Fenced => Err(Interruption::Raced),
            FailureKind::Pooled => {
                let done = self.done.iter().map(|step| step.revision.clone()).collect();
                Err(Error::Pooled { done }.into())
            }
            _ => Ok(failure),
        }
    }

    /// Who keeps a statement from its tables. Asked after a lock timeout and its rollback: whoever was in the way
    /// usually still is.
    pub(crate) async fn in_the_way(
        &mut self,
        failure: &Failure,
        statement: &str,
        started: Instant,
    ) -> Vec<Blocker> {
        if !failure.lock_timeout {
            return Vec::new();
        }
        let mut lock_inspector = self.dialect.lock_inspector(&self.table);
        // What is only for the message must not stop the run.
        let Ok(rows) = lock_inspector.holders(&mut *self.session).await else { return Vec::new() };
        let tried = started.elapsed();
        Locks::read(String::new(), &rows).in_the_way((statement, self.dialect.syntax()), tried)
    }

    /// Waits before another try, and says for how long. Whoever comes later waits behind a statement that waits for a table
    /// lock; so after a lock timeout the pause is longer than that wait was, and each one is longer than the one before it.
    pub(crate) async fn pause(
        &mut self,
        of: &Prepared<'_>,
        attempt: u32,
        failure: &Failure,
        blockers: Vec<Blocker>,
        started: Instant,
    ) {
        let pause = if failure.lock_timeout {
            let waited = self.lock_wait(started.elapsed());
            // One attempt may be quicker than another, and the pauses grow anyway.
            self.longest_wait = if attempt == 1 { waited } else { self.longest_wait.max(waited) };
            longer_than(self.longest_wait, attempt)
        } else {
            Pauses::RETRY.after(attempt)
        };
        let blocker = (!blockers.is_empty()).then(|| in_words(&blockers));
        warn!(attempt, error = %failure.error, blocker, ?pause, "what was tried was rolled back, and will be tried again");
        self.notifier.retrying(of, (attempt, self.retry.attempts), &failure.error, blockers, pause);
        tokio::time::sleep(pause).await;
    }

    /// How long a try has waited for a lock, as far as can be told: it may have worked before that.
    fn lock_wait(&self, tried: Duration) -> Duration {
        match self.limits.lock {
            // Some servers count in whole seconds.
            Some(limit) => tried.min(Duration::from_secs(limit.as_secs() + 1)),
            None => tried,
        }
    }

    pub(crate) fn failed(
        &self,
        prepared: &[Prepared<'_>],
        at: usize,
        failure: Failure,
        found: Option<FailedStatement<'_>>,
        (state, blockers): (String, Vec<Blocker>),
    ) -> Interruption {
        let state = match failure.advice {
            Some(advice) => format!("{state}; {advice}"),
            None => state,
        };
        if found.is_none() && self.is_of_history(&failure) {
            return Interruption::Error(self.history_failed(&prepared[at], failure, &state));
        }
        // Without a place in a file, and if it was not the history's, it was the COMMIT (a deferred constraint), if that was reached.
        let found = found.unwrap_or_else(|| FailedStatement {
            step: at,
            place: prepared[at].place(0, 0),
            statement: if failure.before_files { "" } else { "COMMIT" },
        });
        let step = prepared[found.step].step;
        Interruption::Error(Error::Failed(Box::new(Failed {
            revision: step.migration.revision.clone(),
            direction: step.direction,
            place: found.place,
            statement: found.statement.to_owned(),
            code: failure.code,
            done_before: self.done.iter().map(|step| step.revision.clone()).collect(),
            state,
            blockers,
            source: failure.error,
        })))
    }
}

pub(crate) fn to_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A lock that was not ours any more is worth a warning: something between us and the server changes connections.
pub(crate) fn check_unlocked(rows: &[Row], observers: &Observers) {
    let unlocked = rows.iter().find(|row| row.tag() == "unlock");
    if unlocked.is_some_and(|row| row.column("unlocked") != Some("1")) {
        let warning = "the migration lock was not ours any more when it was given back, so that another runner may have been at work \
            at the same time, and the lock may still be held: is there a pooler in transaction mode before the database? use the \
            URL of the server itself";
        warn!("{warning}");
        observers.tell(|| Event::Warning { text: warning.to_owned() });
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
        Action::Run => {
            info!(revision = %report.revision, duration_us, "{}d {}", report.direction, report.name)
        }
        Action::Record => {
            info!(revision = %report.revision, "recorded without running: {}", report.name)
        }
    }
}

/// How long to wait after the n-th lock timeout: a little longer than the wait was, and a quarter more each time.
fn longer_than(wait: Duration, attempt: u32) -> Duration {
    let full = wait.mul_f64(1.25_f64.powi(i32::try_from(attempt).unwrap_or(i32::MAX).min(10)));
    let most = Duration::from_secs(60).max(wait.mul_f64(1.25));
    full.min(most).max(Duration::from_millis(50)) + jitter(full / 10)
}
