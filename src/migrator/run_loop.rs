//! From a verb to a run: the quick look, the session, the lock, the plan, the loop, and the way out on every path.

use std::time::{Duration, Instant};

use tracing::{Instrument, debug, field::Empty, info, info_span, warn};

use super::{Migrator, locked::LockedRun, pooler, queries::QuickRead};
use crate::{
    database::{
        Connector, Dialect, Failure, FailureKind, MigrationLock, Row, Session, SessionInfo,
    },
    error::{ConnectProblem, Error, Result},
    graph::Target,
    migration::Migration,
    note::Note,
    process::Process,
    random::{Pauses, random},
    run::{
        event::{Event, Notifier},
        execute::{Interruption, Runner, check_unlocked},
        fitting,
        history::{HistorySnapshot, HistorySql},
        plan::{Action, Direction, Request, Step},
        prepare::{self, Prepared},
        quick,
        report::{Report, StepReport},
    },
};

/// How often a lost connection is replaced.
const RECONNECTS: u32 = 5;

/// What one verb remembers over lost connections.
pub(super) struct RunState {
    pub(super) request: Request,
    pub(super) started: Instant,
    pub(super) waited: Duration,
    /// The steps of the first plan, so that `+1` does not mean one more after a reconnect.
    pub(super) wanted: Option<Vec<InitialStep>>,
    pub(super) done: Vec<StepReport>,
    pub(super) notes: Vec<Note>,
    /// A first write met another epoch than the one that was read.
    pub(super) raced: bool,
    /// A history that was lost is recreated.
    pub(super) renews: bool,
    /// Steps are done, and the next one begins in a new session.
    pub(super) renewed: bool,
    /// The epoch that this run has reached, as far as it knows.
    pub(super) epoch: i64,
}

/// A step of the first plan. It has the name, too, since a migration that only the history knew is known no more when it
/// is reverted.
pub(super) struct InitialStep {
    pub(super) revision: String,
    pub(super) name: String,
    pub(super) direction: Direction,
    pub(super) action: Action,
}

impl RunState {
    pub(super) fn new(request: Request) -> Self {
        let (started, waited) = (Instant::now(), Duration::ZERO);
        let renews = matches!(request, Request::Stamp { .. });
        Self {
            renews,
            renewed: false,
            epoch: 0,
            request,
            started,
            waited,
            wanted: None,
            done: Vec::new(),
            notes: Vec::new(),
            raced: false,
        }
    }

    /// For those who only need the lock, and write rows of their own.
    pub(super) fn lock_only() -> Self {
        let request = Request::Stamp { target: Target::heads(), purge: false };
        Self { raced: true, renews: false, ..Self::new(request) }
    }
}

/// Who works, as the history and the lock table show it.
pub(super) struct RunIdentity {
    applied_by: String,
    /// Two runs of one process differ, too.
    holder: String,
    /// The name of its sessions.
    pub(super) application: String,
}

impl RunIdentity {
    /// Who takes over another tool's history.
    pub(super) fn adopting(process: &Process, tool: &str) -> Self {
        let names = Self::new(process);
        Self { applied_by: format!("adopted from {tool} by {}", names.applied_by), ..names }
    }

    pub(super) fn new(process: &Process) -> Self {
        let holder = format!("{process} #{:016x}", random());
        Self { applied_by: process.to_string(), holder, application: process.on_server() }
    }
}

impl Migrator {
    pub(super) async fn run_state(
        &self,
        mut connector: Box<dyn Connector + '_>,
        verb: &'static str,
        request: Request,
    ) -> Result<Report> {
        let report = self.run_loop_on(&mut *connector, verb, request).await?;
        self.keep_dump(&mut *connector, &report).await?;
        Ok(report)
    }

    /// Whether all migrations could be run, as far as their files tell: nothing is reverted that cannot be applied again.
    pub(super) fn check_way_up(&self, dialect: &'static dyn Dialect) -> Result<()> {
        let step = |migration| Step {
            migration,
            direction: Direction::Up,
            action: Action::Run,
            resume: None,
        };
        let steps: Vec<Step<'_>> = self.graph.iter().map(step).collect();
        prepare::prepare(&steps, dialect, &self.options.functions).map(drop)
    }

    pub(super) async fn run_loop_on(
        &self,
        connector: &mut (dyn Connector + '_),
        verb: &'static str,
        request: Request,
    ) -> Result<Report> {
        let dialect = connector.dialect();
        let span = info_span!(
            "ambix.run",
            verb,
            database = dialect.name(),
            steps = Empty,
            duration_us = Empty,
            waited_us = Empty
        );
        async {
            let mut run_state = RunState::new(request);
            for note in &*self.sum_problems {
                warn!("{note}");
                run_state.notes.push(note.clone());
            }
            run_state.notes.extend(self.graph.notes().iter().cloned());
            self.until_done(connector, &mut run_state).await?;
            Ok(self.reported(run_state))
        }
        .instrument(span)
        .await
    }

    fn reported(&self, run_state: RunState) -> Report {
        let elapsed = run_state.started.elapsed();
        let micros = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let span = tracing::Span::current();
        span.record("steps", run_state.done.len());
        span.record("duration_us", micros(elapsed));
        span.record("waited_us", micros(run_state.waited));
        for note in &run_state.notes {
            debug!("{note}");
        }
        if run_state.done.is_empty() {
            debug!(?elapsed, "nothing to do");
        } else {
            info!(steps = run_state.done.len(), ?elapsed, "migrations done");
        }
        Report { steps: run_state.done, waited: run_state.waited, elapsed, notes: run_state.notes }
    }

    /// Tries until the work is done or an error is the caller's.
    async fn until_done(
        &self,
        connector: &mut (dyn Connector + '_),
        run_state: &mut RunState,
    ) -> Result<()> {
        let (mut lost, mut raced, mut again) = (0, 0, 1);
        let (mut busy, mut refused) = (None, 0);
        loop {
            match self.attempt(connector, run_state, lost > 0).await {
                Ok(()) => return Ok(()),
                // The server has no connection to spare, or is starting: that is waited for like the lock.
                Err(Interruption::Error(error)) if is_busy(&error) => {
                    let waited = *busy.get_or_insert_with(Instant::now);
                    let waited = waited.elapsed();
                    if waited >= self.options.lock.longest_wait() {
                        return Err(error);
                    }
                    debug!(?error, "waiting for a connection");
                    let holder = Some(format!("{error:#}"));
                    self.options.observers.tell(|| Event::Waiting { waited, holder });
                    refused += 1;
                    tokio::time::sleep(Pauses::CONNECTION.after(refused)).await;
                }
                Err(Interruption::Error(error)) => return Err(error),
                Err(Interruption::Again(failure, doing))
                    if again < self.options.timeouts.retry().attempts =>
                {
                    warn!(error = %failure.error, "{doing} failed, and will be tried again");
                    tokio::time::sleep(Pauses::RETRY.after(again)).await;
                    again += 1;
                }
                Err(Interruption::Again(failure, doing)) => return Err(failure.doing(doing)),
                Err(Interruption::Lost(failure)) if connector.can_reopen() && lost < RECONNECTS => {
                    lost += 1;
                    warn!(error = %failure.error, "the connection was lost; reconnecting to see what took effect");
                    let error = failure.error.to_string();
                    self.options.observers.tell(|| Event::Reconnecting { error });
                    tokio::time::sleep(Pauses::RETRY.after(lost)).await;
                }
                Err(Interruption::Lost(failure)) => {
                    return Err(failure.doing(
                        "running migrations (the connection was lost; the history tells what took effect: run again)",
                    ));
                }
                Err(Interruption::Renew) => run_state.renewed = true,
                Err(Interruption::Raced) => {
                    // Whoever was first makes progress, so this ends; the bound is for what nobody thought of.
                    raced += 1;
                    run_state.raced = true;
                    if raced > 1000 {
                        return Err(Error::Fenced { epoch: 0 });
                    }
                    if run_state.done.is_empty() {
                        run_state.wanted = None;
                    }
                }
            }
        }
    }

    async fn attempt(
        &self,
        connector: &mut (dyn Connector + '_),
        run_state: &mut RunState,
        reconnects: bool,
    ) -> Result<(), Interruption> {
        // A server that has just cut a connection may need a moment until it takes a new one.
        let connecting = |error| match error {
            error if is_busy(&error) => Interruption::Error(error),
            Error::Connect { source, .. } | Error::Database { source, .. } if reconnects => {
                Interruption::Lost(Failure::new(FailureKind::Lost, source))
            }
            error => Interruption::Error(error),
        };
        let dialect = connector.dialect();
        let listed = match run_state.renewed {
            // It was there a moment ago.
            true => true,
            false => match self.quick_look(connector, run_state).await.map_err(connecting)? {
                Some(listed) => listed,
                None => return Ok(()),
            },
        };
        let names = RunIdentity::new(&self.options.process);
        let session = connector.dedicated(&names.application).await.map_err(connecting)?;
        match self.lock_on(session, dialect, listed, run_state, &names).await? {
            Ok(locked) => self.locked(locked, run_state).await,
            Err(notes) => {
                run_state.notes.extend(notes);
                Ok(())
            }
        }
    }

    /// Whether the rows of the history can be read; none where they say that there is nothing to do.
    async fn quick_look(
        &self,
        connector: &mut (dyn Connector + '_),
        run_state: &mut RunState,
    ) -> Result<Option<bool>> {
        let dialect = connector.dialect();
        let everything = run_state.wanted.is_none()
            && matches!(&run_state.request, Request::Upgrade(to) if quick::is_everything(&self.graph, to))
            && !self.leaves_some();
        let quick_read = if everything {
            self.quick_read(connector).await?
        } else {
            self.peek(connector).await?
        };
        Ok(match quick_read {
            QuickRead::Same => None,
            QuickRead::Pending => Some(true),
            QuickRead::Nothing { has_lock } => {
                run_state.raced |= has_lock;
                Some(false)
            }
            QuickRead::Snapshot(_) if run_state.request.is_purge() => Some(true),
            QuickRead::Snapshot(snapshot) => {
                let snapshot = snapshot.checked(&self.options.table())?;
                match self.all_applied(dialect, &snapshot, run_state) {
                    Some(notes) => {
                        run_state.notes.extend(notes);
                        None
                    }
                    None => Some(true),
                }
            }
        })
    }

    /// Whether there are migrations of a later phase than the one that is run, so that all of them is more than a run ends with.
    fn leaves_some(&self) -> bool {
        let phase = self.options.policies.phase;
        self.graph.iter().any(|migration| migration.declared_phase().is_some_and(|of| of > phase))
    }

    /// Works under the lock, and gives everything back on every path.
    async fn locked(
        &self,
        mut locked: LockedRun<'_, '_>,
        run_state: &mut RunState,
    ) -> Result<(), Interruption> {
        let existing = locked.existing.take();
        let runner = &mut locked.runner;
        let result = self.work(runner, &locked.snapshot, existing, run_state).await;
        run_state.done.append(&mut runner.done);
        if runner.raised {
            run_state.epoch = runner.epoch;
        }
        self.unlock(locked, result).await
    }

    pub(super) fn runner<'r, 's>(
        &'r self,
        session: Box<dyn Session + 's>,
        dialect: &'static dyn Dialect,
        lock: &dyn MigrationLock,
        opening: SessionInfo,
        snapshot: &HistorySnapshot,
        names: &'r RunIdentity,
    ) -> Runner<'r, 's> {
        let table = self.resolved(&opening);
        let mut session = session;
        session.be_patient(self.options.timeouts.patience_with_steps());
        Runner {
            guard: dialect.guard(&opening),
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
            longest_wait: Duration::ZERO,
            epoch: snapshot.epoch,
            raised: false,
            exists: snapshot.exists,
            done: Vec::new(),
            one_transaction: false,
            untransacted: None,
            notifier: Notifier::new(
                &self.options.observers,
                (self.options.live, self.options.live_in_short_runs),
                &self.options.arguments,
            ),
        }
    }

    /// Gives lock, settings and connection back. The first error is the one that is reported.
    pub(super) async fn release_lock<T>(
        &self,
        runner: Runner<'_, '_>,
        lock: &mut dyn MigrationLock,
        result: Result<T, Interruption>,
    ) -> Result<T, Interruption> {
        let Runner { mut session, opening, release, dialect, .. } = runner;
        session.be_patient(self.options.timeouts.patience());
        if matches!(result, Err(Interruption::Lost(_))) {
            // There is nobody to say goodbye to, and the lock has gone with the connection.
            drop(session);
        } else {
            if result.is_err() {
                let _ = session.rollback().await;
            }
            self.restore_session(&mut *session, dialect, &opening).await;
            // With the lock our settings have gone as well.
            if release.is_some() {
                self.end_session(&mut *session, dialect, &opening, release).await;
            }
            session.close().await;
        }
        lock.release().await;
        result
    }

    /// Gives the lock back, and takes our settings from a connection of ours, which a pooler may keep.
    pub(super) async fn end_session(
        &self,
        session: &mut dyn Session,
        dialect: &'static dyn Dialect,
        opening: &SessionInfo,
        release: Option<String>,
    ) {
        let own = session.is_own();
        let answer = if own {
            let check = dialect.same_backend(opening);
            let farewell = dialect.farewell().map(str::to_owned);
            let all: Vec<String> =
                [check, release.clone(), farewell].into_iter().flatten().collect();
            if all.is_empty() {
                return;
            }
            session.run(&all.join(";\n")).await
        } else {
            let Some(release) = &release else { return };
            pooler::reach(session, dialect, opening, release).await
        };
        match answer {
            Ok(rows) => check_unlocked(&rows, &self.options.observers),
            Err(failure) if failure.kind == FailureKind::Pooled && own => {
                let application = self.options.process.on_server();
                let release = release.as_deref();
                pooler::clean_up(session, dialect, opening, release, &application).await;
            }
            Err(failure) => {
                debug!(error = %failure.error, "releasing the lock failed; it ends with the connection")
            }
        }
    }

    /// Puts the settings of a connection back that is not ours.
    pub(super) async fn restore_session(
        &self,
        session: &mut dyn Session,
        dialect: &'static dyn Dialect,
        opening: &SessionInfo,
    ) {
        if session.is_own() {
            return;
        }
        for statement in dialect.restore_settings(opening) {
            if let Err(failure) = pooler::reach(session, dialect, opening, &statement).await {
                warn!(error = %failure.error, "a setting of the connection could not be restored");
            }
        }
        session.run_on_drop(Vec::new());
    }

    async fn work(
        &self,
        runner: &mut Runner<'_, '_>,
        snapshot: &HistorySnapshot,
        existing: Option<Vec<Row>>,
        run_state: &mut RunState,
    ) -> Result<(), Interruption> {
        let graph = self
            .graph_with(&mut *runner.session, &runner.history, snapshot, &run_state.request)
            .await?;
        let steps = self.steps(&graph, snapshot, runner.dialect, run_state)?;
        let prepared = prepare::prepare(&steps, runner.dialect, &self.options.functions)?;
        if !steps.is_empty() && matches!(run_state.request, Request::Upgrade(_)) {
            self.check_existing(&mut *runner.session, runner.dialect, snapshot, existing).await?;
        }
        let sides = self.notes_of_sides(&graph, &steps);
        for note in prepared.iter().flat_map(Prepared::notes).chain(sides) {
            // A run that continues after a lost connection says it once.
            if !run_state.notes.contains(&note) {
                run_state.notes.push(note);
            }
        }
        fitting::check_lengths(&prepared, runner.dialect.longest_statement(&runner.opening))?;
        fitting::check_home(&prepared, runner.dialect, runner.dialect.home(&runner.opening))?;
        if !self.options.observers.is_empty() {
            let revisions = |m: &Migration| m.revision().to_owned();
            let parents = |revision: &str| graph.parents(revision).into_iter().map(revisions);
            let of = |step: &Step<'_>| {
                let revision = &step.migration.revision;
                (revision.clone(), parents(revision).collect())
            };
            runner.notifier.parents = steps.iter().map(of).collect();
        }
        runner.notifier.total = run_state.wanted.as_ref().map_or(0, Vec::len);
        // With those that took effect unseen before a connection was lost.
        runner.done = std::mem::take(&mut run_state.done);
        runner.execute(&prepared, self.options.transaction).await
    }
}

/// Whether the server takes no connection now, but will soon.
fn is_busy(error: &Error) -> bool {
    matches!(error, Error::Connect { problem: ConnectProblem::Busy, .. })
}

/// Where nothing is tried again.
pub(super) fn only_error(stop: Interruption) -> Error {
    match stop {
        Interruption::Error(error) => error,
        Interruption::Lost(failure) => failure.doing("reading the history"),
        Interruption::Again(failure, doing) => failure.doing(doing),
        Interruption::Raced | Interruption::Renew => Error::Fenced { epoch: 0 },
    }
}
