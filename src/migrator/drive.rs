//! From a verb to a run: the quick look, the session, the lock, the plan, the loop, and the way out on every path.

use std::{
    borrow::Cow,
    collections::HashMap,
    time::{Duration, Instant},
};

use tracing::{Instrument, debug, field::Empty, info, info_span, warn};

use super::{Migrator, repair::Mend};
use crate::{
    database::{
        Connector, Dialect, Failure, FailureKind, Lock, Opening, Row, Session, Table,
    },
    error::{Error, Result, some_of},
    graph::{Graph, Target},
    process::Process,
    run::{
        execute::{Runner, Stop, backoff, check_unlocked, jitter, tag},
        history::{HistorySql, Progress, Snapshot, State},
        plan::{self, Action, Direction, Request, Step, Steps},
        report::{Plan, PlannedStep, Report, StepReport},
        work,
    },
};

/// How often a lost connection is replaced.
const RECONNECTS: u32 = 5;
/// Between the tries for the lock: short at first, since most migrations are short, and never longer than this.
const POLL_MAX: Duration = Duration::from_secs(1);
/// How often those who wait say who holds the lock.
const SAY_AGAIN: Duration = Duration::from_secs(10);

/// What one verb remembers over lost connections.
struct Drive {
    request: Request,
    started: Instant,
    waited: Duration,
    /// The steps of the first plan, so that `+1` does not mean one more after a reconnect.
    wanted: Option<Vec<Wanted>>,
    done: Vec<StepReport>,
    notes: Vec<String>,
    /// A first write met another epoch than the one that was read.
    raced: bool,
}

/// What the tries for the lock have seen.
struct Poll {
    /// There is a history table, so that its rows are read in the message that tries for the lock.
    listed: bool,
    opening: Option<Opening>,
}

/// How the tries for the lock ended.
enum Polled {
    Locked(Snapshot),
    Done(Steps<'static>),
}

/// A step of the first plan. It has the name, too, since a migration that only the history knew is known no more when it
/// is taken back.
struct Wanted {
    revision: String,
    name: String,
    direction: Direction,
    action: Action,
}

impl Drive {
    fn new(request: Request) -> Self {
        let (started, waited) = (Instant::now(), Duration::ZERO);
        Self { request, started, waited, wanted: None, done: Vec::new(), notes: Vec::new(), raced: false }
    }
}

/// Who works, as the history and the lock table show it.
struct Names {
    applied_by: String,
    /// Two runs of one process differ, too.
    holder: String,
}

impl Names {
    fn new(process: &Process) -> Self {
        let random = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0);
        Self { applied_by: process.to_string(), holder: format!("{process} #{random:016x}") }
    }
}

/// What the quick look found.
pub(super) enum Look {
    Snapshot(Snapshot),
    /// There is no history table, or not one that can be read; the way under the lock will tell.
    Nothing,
}

/// A session with the lock, or the news that another runner has done it all.
enum Taken<'s> {
    Locked { session: Box<dyn Session + 's>, opening: Opening, snapshot: Snapshot },
    Done(Steps<'static>),
}

impl Migrator {
    pub(super) async fn drive(
        &self,
        mut connector: Box<dyn Connector + '_>,
        verb: &'static str,
        request: Request,
    ) -> Result<Report> {
        self.drive_on(&mut *connector, verb, request).await
    }

    pub(super) async fn drive_on(
        &self,
        connector: &mut (dyn Connector + '_),
        verb: &'static str,
        request: Request,
    ) -> Result<Report> {
        let dialect = connector.dialect();
        let span = info_span!("ambix.run", verb, database = dialect.name(), steps = Empty, duration_us = Empty, waited_us = Empty);
        async {
            let mut drive = Drive::new(request);
            for problem in &*self.sum_problems {
                warn!("ambix.sum is stale: {problem}");
                drive.notes.push(format!("ambix.sum is stale: {problem}"));
            }
            self.until_done(connector, &mut drive).await?;
            Ok(self.reported(drive))
        }
        .instrument(span)
        .await
    }

    fn reported(&self, drive: Drive) -> Report {
        let elapsed = drive.started.elapsed();
        let micros = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let span = tracing::Span::current();
        span.record("steps", drive.done.len());
        span.record("duration_us", micros(elapsed));
        span.record("waited_us", micros(drive.waited));
        for note in &drive.notes {
            debug!("{note}");
        }
        if drive.done.is_empty() {
            debug!(?elapsed, "nothing to do");
        } else {
            info!(steps = drive.done.len(), ?elapsed, "migrations done");
        }
        Report { steps: drive.done, waited: drive.waited, elapsed, notes: drive.notes }
    }

    /// Tries until the work is done or an error is the caller's.
    async fn until_done(&self, connector: &mut (dyn Connector + '_), drive: &mut Drive) -> Result<()> {
        let (mut lost, mut raced, mut again) = (0, 0, 1);
        loop {
            match self.attempt(connector, drive, lost > 0).await {
                Ok(()) => return Ok(()),
                Err(Stop::Error(error)) => return Err(error),
                Err(Stop::Again(failure, doing)) if again < self.options.timeouts.retry().attempts => {
                    warn!(error = %failure.error, "{doing} failed, and will be tried again");
                    tokio::time::sleep(backoff(again)).await;
                    again += 1;
                }
                Err(Stop::Again(failure, doing)) => return Err(failure.doing(doing)),
                Err(Stop::Lost(failure)) if connector.can_reopen() && lost < RECONNECTS => {
                    lost += 1;
                    warn!(error = %failure.error, "the connection was lost; reconnecting to see what took effect");
                    tokio::time::sleep(backoff(lost)).await;
                }
                Err(Stop::Lost(failure)) => {
                    return Err(failure.doing(
                        "running migrations (the connection was lost; the history tells what took effect: run again)",
                    ));
                }
                Err(Stop::Raced) => {
                    // Whoever was first makes progress, so this ends; the bound is for what nobody thought of.
                    raced += 1;
                    drive.raced = true;
                    if raced > 1000 {
                        return Err(Error::Fenced { epoch: 0 });
                    }
                    if drive.done.is_empty() {
                        drive.wanted = None;
                    }
                }
            }
        }
    }

    async fn attempt(
        &self,
        connector: &mut (dyn Connector + '_),
        drive: &mut Drive,
        reconnects: bool,
    ) -> Result<(), Stop> {
        // A server that has just cut a connection may need a moment until it takes a new one.
        let connecting = |error| match error {
            Error::Database { source, .. } if reconnects => Stop::Lost(Failure::new(FailureKind::Lost, source)),
            error => Stop::Error(error),
        };
        let dialect = connector.dialect();
        let mut listed = false;
        match self.look(connector, false).await.map_err(connecting)? {
            Look::Snapshot(snapshot) => {
                listed = true;
                // Only an upgrade is nearly always a no-op, so only for it a plan from the short rows is worth its time.
                if matches!(drive.request, Request::Upgrade(_)) && drive.wanted.is_none() {
                    let policies = self.options.policies;
                    let quick = plan::plan(&self.graph, &self.graph, &snapshot, &drive.request, policies, dialect.syntax());
                    if let Ok(steps) = quick
                        && steps.steps.is_empty()
                    {
                        drive.notes.extend(steps.notes);
                        return Ok(());
                    }
                }
            }
            Look::Nothing => {}
        }
        let application = self.options.process.on_server();
        let session = connector.dedicated(&application).await.map_err(connecting)?;
        let mut lock = self.options.lock_for(dialect);
        let taken = self.take(session, dialect, &mut *lock, listed, drive).await?;
        match taken {
            Taken::Done(steps) => {
                drive.notes.extend(steps.notes);
                Ok(())
            }
            Taken::Locked { session, opening, snapshot } => {
                self.locked(session, dialect, &mut *lock, opening, snapshot, drive).await
            }
        }
    }

    /// One quick read, without a lock: all rows (`full`), or just what tells whether there is something to do.
    pub(super) async fn look(&self, connector: &mut (dyn Connector + '_), full: bool) -> Result<Look> {
        let application = self.options.process.on_server();
        let table = self.options.table();
        let history = HistorySql::new(connector.dialect(), &table);
        let mut session = connector.quick(&application).await?;
        let sql = if full { history.list() } else { history.fast() };
        let look = match session.run(&sql).await {
            Ok(rows) => Look::Snapshot(Snapshot::read(&rows, &table)?),
            // Under the lock it is looked for again, and a fresh database need not be asked twice.
            Err(failure) if failure.kind == FailureKind::Absent && !full => Look::Nothing,
            Err(failure) if failure.kind == FailureKind::Absent => {
                // Perhaps there is a table, but of a layout to come: the row that says so is in every layout.
                if let Ok(rows) = session.run(&history.meta()).await {
                    Snapshot::read(&rows, &table)?;
                }
                // Or one of another tool, which must not be read as "nothing is applied". (Under the lock that shows itself.)
                if full && session.run(&history.any()).await.is_ok() {
                    return Err(not_ours(&table));
                }
                Look::Nothing
            }
            Err(failure) if full => return Err(failure.doing("reading the history")),
            Err(failure) => {
                debug!(error = %failure.error, "the quick look at the history failed");
                Look::Nothing
            }
        };
        session.close().await;
        Ok(look)
    }

    /// Takes the lock and reads again under it; on every other way out the session is given back as it was.
    async fn take<'s>(
        &self,
        mut session: Box<dyn Session + 's>,
        dialect: &'static dyn Dialect,
        lock: &mut dyn Lock,
        listed: bool,
        drive: &mut Drive,
    ) -> Result<Taken<'s>, Stop> {
        let started = Instant::now();
        // On a connection that is not ours a failed message could leave the lock taken, so there the read goes by itself.
        let mut poll = Poll { listed: listed && session.is_own(), opening: None };
        let polled = self.poll(&mut *session, dialect, lock, &mut poll, drive).await;
        drive.waited += started.elapsed();
        let (polled, locked) = match polled {
            Ok(Polled::Locked(snapshot)) => {
                let opening = poll.opening.unwrap_or_default();
                return Ok(Taken::Locked { session, opening, snapshot });
            }
            Ok(Polled::Done(steps)) => (Ok(Taken::Done(steps)), false),
            Err(stop) => (Err(stop), poll.opening.as_ref().is_some_and(|opening| opening.locked)),
        };
        if let Some(opening) = &poll.opening {
            self.leave(&mut *session, dialect, opening).await;
            if let (true, Some(release)) = (locked, lock.release_statement(opening)) {
                let _ = session.run(&release).await;
            }
        }
        lock.give_back().await;
        session.close().await;
        polled
    }

    /// Tries for the lock until it is ours, or there is nothing left to do, or the time is over.
    async fn poll(
        &self,
        session: &mut dyn Session,
        dialect: &'static dyn Dialect,
        lock: &mut dyn Lock,
        poll: &mut Poll,
        drive: &Drive,
    ) -> Result<Polled, Stop> {
        let started = Instant::now();
        let longest = self.options.lock.longest_wait();
        let mut delay = Duration::from_millis(20);
        let mut said: Option<Instant> = None;
        loop {
            if let Some(polled) = self.try_once(session, dialect, lock, poll, drive).await? {
                return Ok(polled);
            }
            let waited = started.elapsed();
            if waited >= longest {
                let holder = lock.holder(session, poll.opening.as_ref()).await;
                return Err(Error::Locked { waited, holder }.into());
            }
            if waited > Duration::from_millis(500) && said.is_none_or(|at| at.elapsed() >= SAY_AGAIN) {
                said = Some(Instant::now());
                let holder = lock.holder(session, poll.opening.as_ref()).await;
                info!(?waited, holder = holder.as_deref().unwrap_or("unknown"), "waiting for the migration lock");
            }
            tokio::time::sleep(jitter(delay).min(longest.saturating_sub(waited))).await;
            delay = (delay * 3 / 2).min(POLL_MAX);
        }
    }

    /// One try; nothing where the lock is another's.
    async fn try_once(
        &self,
        session: &mut dyn Session,
        dialect: &'static dyn Dialect,
        lock: &mut dyn Lock,
        poll: &mut Poll,
        drive: &Drive,
    ) -> Result<Option<Polled>, Stop> {
        if !lock.take(session).await.map_err(|failure| Stop::of(failure, "taking the migration lock"))? {
            return Ok(None);
        }
        let (mut opening, rows) = match self.open(session, dialect, &lock.expression(), poll).await {
            Ok(opened) => opened,
            Err(failure) if failure.kind == FailureKind::Absent && poll.listed => {
                // The quick look went another way than this session: ask again, without the table.
                let _ = session.rollback().await;
                poll.listed = false;
                lock.give_back().await;
                return Box::pin(self.try_once(session, dialect, lock, poll, drive)).await;
            }
            Err(failure) if failure.kind == FailureKind::Transient => {
                let _ = session.rollback().await;
                lock.give_back().await;
                return Ok(None);
            }
            Err(failure) => return Err(Stop::of(failure, "taking the migration lock")),
        };
        if let Some(first) = &poll.opening {
            // Later openings see the settings that the first has made.
            opening.settings.clone_from(&first.settings);
        } else {
            session.owe(dialect.leave(&opening));
        }
        let first = poll.opening.is_none();
        poll.opening = Some(opening.clone());
        if first && !session.is_own() {
            let limited = session.run(&message(&self.limits(dialect))).await;
            limited.map_err(|failure| Stop::of(failure, "setting limits for the session"))?;
        }
        if let Some(refusal) = opening.refusal {
            return Err(Error::Unsupported(refusal).into());
        }
        if opening.locked {
            let rows = poll.listed.then_some(rows);
            return Ok(Some(Polled::Locked(self.reread(session, dialect, &opening, rows, drive.raced).await?)));
        }
        // A waiter that sees everything applied need not take its turn.
        if let Some(steps) = self.all_applied(dialect, &rows, poll.listed, drive) {
            return Ok(Some(Polled::Done(steps)));
        }
        poll.listed = opening.exists && session.is_own();
        lock.give_back().await;
        Ok(None)
    }

    /// The opening message: settings and state of the session, the try for the lock, the limits, and the history.
    async fn open(
        &self,
        session: &mut dyn Session,
        dialect: &'static dyn Dialect,
        lock: &str,
        poll: &Poll,
    ) -> Result<(Opening, Vec<Row>), Failure> {
        let table = self.options.table();
        let mut statements = vec![dialect.opening(&table, lock)];
        // A lent connection lives on, so there what the opening says is known before anything else can fail.
        if poll.opening.is_none() && session.is_own() {
            statements.extend(self.limits(dialect));
        }
        if poll.listed {
            statements.push(HistorySql::new(dialect, &table).list());
        }
        if let Some((begin, end)) = dialect.around_opening().filter(|_| session.is_own()) {
            statements.insert(0, begin.to_owned());
            statements.push(end.to_owned());
        }
        let rows = session.run(&message(&statements)).await?;
        let row = rows.iter().find(|row| tag(row) == Some("opening"));
        let Some(row) = row else {
            return Err(Failure::new(FailureKind::Other, "the server did not answer the opening query"));
        };
        let mut opening = Opening::read(row);
        opening.schema_asked = self.options.schema.is_some();
        Ok((opening, rows))
    }

    fn limits(&self, dialect: &'static dyn Dialect) -> Vec<String> {
        dialect.prepare(&self.options.table(), self.options.timeouts.limits())
    }

    /// The history as it is under the lock.
    async fn reread(
        &self,
        session: &mut dyn Session,
        dialect: &'static dyn Dialect,
        opening: &Opening,
        rows: Option<Vec<Row>>,
        raced: bool,
    ) -> Result<Snapshot, Stop> {
        let table = self.resolved(opening);
        let rows = match rows {
            Some(rows) => rows,
            None if !opening.exists => {
                let mut nothing = Snapshot::default();
                // Somebody may have dropped the history, and left the table of the lock with its epoch.
                if raced && let Ok(rows) = session.run(&HistorySql::new(dialect, &table).meta()).await {
                    nothing.epoch = Snapshot::read(&rows, &table)?.epoch;
                }
                return Ok(nothing);
            }
            None => {
                let history = HistorySql::new(dialect, &table);
                match session.run(&history.list()).await {
                    Ok(rows) => rows,
                    Err(failure) => {
                        // A newer layout says so itself; anything else is not ours.
                        if let Ok(rows) = session.run(&history.meta()).await {
                            Snapshot::read(&rows, &table)?;
                        }
                        if failure.kind == FailureKind::Absent {
                            return Err(not_ours(&table).into());
                        }
                        return Err(Stop::of(failure, "reading the history"));
                    }
                }
            }
        };
        Ok(Snapshot::read(&rows, &table)?)
    }

    /// The history table with the schema that the database has found for it.
    fn resolved(&self, opening: &Opening) -> Table {
        Table { schema: opening.schema.clone(), name: self.options.table.clone() }
    }

    fn all_applied(&self, dialect: &'static dyn Dialect, rows: &[Row], listed: bool, drive: &Drive) -> Option<Steps<'static>> {
        if !listed || drive.wanted.is_some() || !matches!(drive.request, Request::Upgrade(_)) {
            return None;
        }
        let snapshot = Snapshot::read(rows, &self.options.table()).ok()?;
        let policies = self.options.policies;
        let steps = plan::plan(&self.graph, &self.graph, &snapshot, &drive.request, policies, dialect.syntax()).ok()?;
        steps.steps.is_empty().then_some(Steps { steps: Vec::new(), notes: steps.notes })
    }

    /// Works under the lock, and gives everything back on every path.
    async fn locked(
        &self,
        session: Box<dyn Session + '_>,
        dialect: &'static dyn Dialect,
        lock: &mut dyn Lock,
        opening: Opening,
        snapshot: Snapshot,
        drive: &mut Drive,
    ) -> Result<(), Stop> {
        let names = Names::new(&self.options.process);
        let mut runner = self.runner(session, dialect, &*lock, opening, &snapshot, &names);
        let result = self.work(&mut runner, &snapshot, drive).await;
        drive.done.append(&mut runner.done);
        self.give_back(runner, lock, result).await
    }

    fn runner<'r, 's>(
        &'r self,
        session: Box<dyn Session + 's>,
        dialect: &'static dyn Dialect,
        lock: &dyn Lock,
        opening: Opening,
        snapshot: &Snapshot,
        names: &'r Names,
    ) -> Runner<'r, 's> {
        let table = self.resolved(&opening);
        Runner {
            dialect,
            history: HistorySql::new(dialect, &table),
            table,
            session,
            release: lock.release_statement(&opening),
            opening,
            limits: self.options.timeouts.limits(),
            graph: &self.graph,
            functions: &self.options.functions,
            applied_by: &names.applied_by,
            holder: &names.holder,
            retry: self.options.timeouts.retry(),
            epoch: snapshot.epoch,
            raised: false,
            exists: snapshot.exists,
            done: Vec::new(),
        }
    }

    /// Gives lock, settings and connection back. The first error is the one that is reported.
    async fn give_back<T>(&self, runner: Runner<'_, '_>, lock: &mut dyn Lock, result: Result<T, Stop>) -> Result<T, Stop> {
        let Runner { mut session, opening, release, dialect, .. } = runner;
        if matches!(result, Err(Stop::Lost(_))) {
            // There is nobody to say goodbye to, and the lock has gone with the connection.
            drop(session);
        } else {
            if result.is_err() {
                let _ = session.rollback().await;
            }
            self.leave(&mut *session, dialect, &opening).await;
            if let Some(release) = release {
                match session.run(&release).await {
                    Ok(rows) => check_unlocked(&rows),
                    Err(failure) => debug!(error = %failure.error, "releasing the lock failed; it ends with the connection"),
                }
            }
            session.close().await;
        }
        lock.give_back().await;
        result
    }

    /// Changes rows of the history in one transaction, under the lock.
    pub(super) async fn under_lock(
        &self,
        connector: &mut (dyn Connector + '_),
        decide: impl Fn(&Snapshot) -> Result<Vec<(Mend, String)>>,
    ) -> Result<Vec<String>> {
        let dialect = connector.dialect();
        let mut drive = Drive { raced: true, ..Drive::new(Request::Stamp(Target::heads())) };
        let listed = matches!(self.look(connector, false).await?, Look::Snapshot(_));
        let application = self.options.process.on_server();
        let session = connector.dedicated(&application).await?;
        let mut lock = self.options.lock_for(dialect);
        let taken = self.take(session, dialect, &mut *lock, listed, &mut drive).await.map_err(only_error)?;
        let Taken::Locked { session, opening, snapshot } = taken else { return Ok(Vec::new()) };
        let names = Names::new(&self.options.process);
        let mut runner = self.runner(session, dialect, &*lock, opening, &snapshot, &names);
        let result = self.mend_rows(&mut runner, &snapshot, &decide).await;
        self.give_back(runner, &mut *lock, result).await.map_err(only_error)
    }

    async fn mend_rows(
        &self,
        runner: &mut Runner<'_, '_>,
        snapshot: &Snapshot,
        decide: &impl Fn(&Snapshot) -> Result<Vec<(Mend, String)>>,
    ) -> Result<Vec<String>, Stop> {
        let mends = decide(snapshot)?;
        if mends.is_empty() {
            return Ok(Vec::new());
        }
        let sql: Vec<String> = mends.iter().map(|(mend, _)| self.mend_sql(mend, &runner.history)).collect();
        let written = runner.write(|runner, message| runner.add(message, sql.clone())).await;
        written.map_err(|failure| Stop::of(failure, "repairing the history"))?;
        Ok(mends.into_iter().map(|(_, change)| change).collect())
    }

    fn mend_sql(&self, mend: &Mend, history: &HistorySql) -> String {
        match mend {
            Mend::Delete { revision } => history.delete(revision, Some(Duration::ZERO)),
            Mend::Stamp { revision } => match self.graph.get(revision) {
                Some(migration) => history.restamp(migration),
                None => String::new(),
            },
            Mend::Settle { record, state } => {
                let done = usize::try_from(record.statements_done).unwrap_or_default();
                let progress = Progress { state: *state, done, done_hash: &record.done_hash, doubt_hash: "" };
                history.progress(&record.revision, &progress)
            }
        }
    }

    /// Puts the settings of a connection back that is not ours.
    async fn leave(&self, session: &mut dyn Session, dialect: &'static dyn Dialect, opening: &Opening) {
        if session.is_own() {
            return;
        }
        for statement in dialect.leave(opening) {
            if let Err(failure) = session.run(&statement).await {
                warn!(error = %failure.error, "a setting of the connection could not be put back");
            }
        }
        session.owe(Vec::new());
    }

    async fn work(&self, runner: &mut Runner<'_, '_>, snapshot: &Snapshot, drive: &mut Drive) -> Result<(), Stop> {
        let graph = self.graph_with(&mut *runner.session, &runner.history, snapshot, &drive.request).await?;
        let steps = self.steps(&graph, snapshot, runner.dialect, drive)?;
        let prepared = work::prepare(&steps, runner.dialect, &self.options.functions)?;
        // With those that took effect unseen before a connection was lost.
        runner.done = std::mem::take(&mut drive.done);
        runner.execute(&prepared, self.options.transaction).await
    }

    /// The graph, with what only the history knows where that matters.
    pub(super) async fn graph_with<'g>(
        &'g self,
        session: &mut dyn Session,
        history: &HistorySql,
        snapshot: &Snapshot,
        request: &Request,
    ) -> Result<Cow<'g, Graph>, Stop> {
        let unknown: Vec<&str> = plan::unknown(&self.graph, snapshot).map(|r| r.revision.as_str()).collect();
        if unknown.is_empty() {
            return Ok(Cow::Borrowed(&*self.graph));
        }
        let mut downs = HashMap::new();
        if matches!(request, Request::Downgrade(_)) {
            let rows = session.run(&history.down(&unknown)).await;
            let rows = rows.map_err(|failure| Stop::of(failure, "reading the stored down sides"))?;
            for row in rows {
                if let [_, Some(revision), Some(down)] = row.as_slice() {
                    downs.insert(revision.clone(), down.clone());
                }
            }
        }
        Ok(Cow::Owned(plan::with_history(&self.graph, snapshot, &downs)?))
    }

    /// The steps: planned the first time, and what is left of that plan after a lost connection.
    fn steps<'g>(
        &self,
        graph: &'g Graph,
        snapshot: &Snapshot,
        dialect: &'static dyn Dialect,
        drive: &mut Drive,
    ) -> Result<Vec<Step<'g>>> {
        let Some(wanted) = &drive.wanted else {
            let policies = self.options.policies;
            let steps = plan::plan(graph, &self.graph, snapshot, &drive.request, policies, dialect.syntax())?;
            let wanted = steps.steps.iter().map(|step| Wanted {
                revision: step.migration.revision.clone(),
                name: step.migration.name.clone(),
                direction: step.direction,
                action: step.action,
            });
            drive.wanted = Some(wanted.collect());
            drive.notes.extend(steps.notes);
            return Ok(steps.steps);
        };
        let applied = snapshot.applied();
        let mut left = Vec::new();
        for Wanted { revision, name, direction, action } in wanted {
            let (direction, action) = (*direction, *action);
            if applied.contains(revision) == (direction == Direction::Up) {
                // In flight when the connection went, and it took effect.
                if !drive.done.iter().any(|step| step.revision == *revision && step.direction == direction) {
                    let duration_us = snapshot.record(revision).map_or(0, |record| record.duration_us);
                    drive.done.push(StepReport {
                        revision: revision.clone(),
                        name: name.clone(),
                        direction,
                        action,
                        statements: 0,
                        duration: Duration::from_micros(duration_us),
                    });
                }
                continue;
            }
            let Some(migration) = graph.get(revision) else { continue };
            let resume = snapshot.record(revision).filter(|r| r.state != State::Applied).cloned();
            left.push(Step { migration, direction, action, resume });
        }
        Ok(left)
    }

    pub(super) async fn plan_on(&self, connector: &mut (dyn Connector + '_), target: Target) -> Result<Plan> {
        let dialect = connector.dialect();
        let snapshot = self.snapshot(connector).await?;
        let application = self.options.process.on_server();
        let mut session = connector.quick(&application).await?;
        let history = HistorySql::new(dialect, &self.options.table());
        let policies = self.options.policies;
        let up = Request::Upgrade(target.clone());
        let up = plan::plan(&self.graph, &self.graph, &snapshot, &up, policies, dialect.syntax());
        let down = Request::Downgrade(target);
        let graph;
        let steps = match up {
            Ok(steps) if !steps.steps.is_empty() => steps,
            // Nothing to go up to: then the way is down, if there is one.
            up => {
                graph = self.graph_with(&mut *session, &history, &snapshot, &down).await.map_err(only_error)?;
                let down = plan::plan(&graph, &self.graph, &snapshot, &down, policies, dialect.syntax());
                match (up, down) {
                    (up, Ok(steps)) if !steps.steps.is_empty() || up.is_err() => steps,
                    (up, _) => up?,
                }
            }
        };
        let prepared = work::prepare(&steps.steps, dialect, &self.options.functions)?;
        let mut notes = steps.notes;
        notes.extend(self.sum_problems.iter().map(|problem| format!("ambix.sum is stale: {problem}")));
        Ok(Plan { steps: prepared.iter().map(PlannedStep::of).collect(), notes })
    }

    /// All rows of the history, or none where there is no table.
    pub(super) async fn snapshot(&self, connector: &mut (dyn Connector + '_)) -> Result<Snapshot> {
        Ok(match self.look(connector, true).await? {
            Look::Snapshot(snapshot) => snapshot,
            Look::Nothing { .. } => Snapshot::default(),
        })
    }

    pub(super) async fn wait_on(
        &self,
        connector: &mut (dyn Connector + '_),
        target: Target,
        timeout: Duration,
    ) -> Result<()> {
        let started = Instant::now();
        let dialect = connector.dialect();
        let request = Request::Upgrade(target.clone());
        let mut delay = Duration::from_millis(50);
        loop {
            let problem = match self.snapshot(connector).await {
                Ok(snapshot) => {
                    let policies = self.options.policies;
                    match plan::plan(&self.graph, &self.graph, &snapshot, &request, policies, dialect.syntax()) {
                        Ok(steps) if steps.steps.is_empty() => return Ok(()),
                        Ok(steps) => {
                            let names: Vec<String> = steps.steps.iter().map(|s| s.migration.revision().to_owned()).collect();
                            format!("pending are {}", some_of(&names, ", "))
                        }
                        Err(error) => error.to_string(),
                    }
                }
                // A server that is not up yet is one of the things that are waited for.
                Err(error) => error.to_string(),
            };
            let waited = started.elapsed();
            if waited >= timeout {
                return Err(Error::NotReady { target: target.to_string(), waited, problem });
            }
            debug!(?waited, %problem, "waiting for the schema");
            tokio::time::sleep(delay.min(timeout.saturating_sub(waited))).await;
            delay = (delay * 3 / 2).min(POLL_MAX);
        }
    }
}

fn message(statements: &[String]) -> String {
    statements.iter().map(|s| format!("{};\n", s.trim_end_matches(';'))).collect()
}

/// A table of the history's name that has not its columns, or no table of the lock beside it.
fn not_ours(table: &Table) -> Error {
    Error::Unsupported(format!(
        "the table {table} is not a history of ambix, or its table {}_lock is missing: it may be another tool's; nothing was \
         done; give this program a table of its own with `history_table`, or rename that one",
        table.name
    ))
}

/// Where nothing is tried again.
pub(super) fn only_error(stop: Stop) -> Error {
    match stop {
        Stop::Error(error) => error,
        Stop::Lost(failure) => failure.doing("reading the history"),
        Stop::Again(failure, doing) => failure.doing(doing),
        Stop::Raced => Error::Fenced { epoch: 0 },
    }
}
