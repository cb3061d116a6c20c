//! From a verb to a run: the quick look, the session, the lock, the plan, the loop, and the way out on every path.

use std::time::{Duration, Instant};

use tracing::{Instrument, debug, field::Empty, info, info_span, warn};

use super::{
    Migrator, pooler,
    read::Glance,
    take::{POLL_MAX, Taken},
};
use crate::{
    database::{Connector, Dialect, Failure, FailureKind, Lock, Opening, Row, Session},
    error::{Error, Result},
    graph::Target,
    migration::Migration,
    note::Note,
    process::Process,
    random::{jitter, random},
    run::{
        event::{Event, Teller},
        execute::{Runner, Stop, backoff, check_unlocked},
        history::{HistorySql, Snapshot},
        plan::{Action, Direction, Request, Step},
        quick,
        report::{Report, StepReport},
        work,
    },
};

/// How often a lost connection is replaced.
const RECONNECTS: u32 = 5;

/// What one verb remembers over lost connections.
pub(super) struct Drive {
    pub(super) request: Request,
    pub(super) started: Instant,
    pub(super) waited: Duration,
    /// The steps of the first plan, so that `+1` does not mean one more after a reconnect.
    pub(super) wanted: Option<Vec<Wanted>>,
    pub(super) done: Vec<StepReport>,
    pub(super) notes: Vec<Note>,
    /// A first write met another epoch than the one that was read.
    pub(super) raced: bool,
    /// A history that was lost is made anew.
    pub(super) renews: bool,
    /// Steps are done, and the next one begins in a new session.
    pub(super) renewed: bool,
    /// The epoch that this run has reached, as far as it knows.
    pub(super) epoch: i64,
}

/// A step of the first plan. It has the name, too, since a migration that only the history knew is known no more when it
/// is taken back.
pub(super) struct Wanted {
    pub(super) revision: String,
    pub(super) name: String,
    pub(super) direction: Direction,
    pub(super) action: Action,
}

impl Drive {
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
pub(super) struct Names {
    applied_by: String,
    /// Two runs of one process differ, too.
    holder: String,
}

impl Names {
    /// Who takes over another tool's history.
    pub(super) fn adopting(process: &Process, tool: &str) -> Self {
        let names = Self::new(process);
        Self { applied_by: format!("adopted from {tool} by {}", names.applied_by), ..names }
    }

    pub(super) fn new(process: &Process) -> Self {
        let holder = format!("{process} #{:016x}", random());
        Self { applied_by: process.to_string(), holder }
    }
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

    /// Whether all migrations could be run, as far as their files tell: nothing is taken back that cannot come again.
    pub(super) fn check_way_up(&self, dialect: &'static dyn Dialect) -> Result<()> {
        let step = |migration| Step {
            migration,
            direction: Direction::Up,
            action: Action::Run,
            resume: None,
        };
        let steps: Vec<Step<'_>> = self.graph.iter().map(step).collect();
        work::prepare(&steps, dialect, &self.options.functions).map(drop)
    }

    pub(super) async fn drive_on(
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
            let mut drive = Drive::new(request);
            for note in &*self.sum_problems {
                warn!("{note}");
                drive.notes.push(note.clone());
            }
            drive.notes.extend(self.graph.notes().iter().cloned());
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
    async fn until_done(
        &self,
        connector: &mut (dyn Connector + '_),
        drive: &mut Drive,
    ) -> Result<()> {
        let (mut lost, mut raced, mut again) = (0, 0, 1);
        let (mut busy, mut pause) = (None, Duration::from_millis(100));
        loop {
            match self.attempt(connector, drive, lost > 0).await {
                Ok(()) => return Ok(()),
                // The server has no connection to spare, or is starting: that is waited for like the lock.
                Err(Stop::Error(error)) if is_busy(&error) => {
                    let waited = *busy.get_or_insert_with(Instant::now);
                    let waited = waited.elapsed();
                    if waited >= self.options.lock.longest_wait() {
                        return Err(error);
                    }
                    debug!(?error, "waiting for a connection");
                    let holder = Some(format!("{error:#}"));
                    self.options.observers.tell(|| Event::Waiting { waited, holder });
                    tokio::time::sleep(jitter(pause)).await;
                    pause = (pause * 3 / 2).min(POLL_MAX);
                }
                Err(Stop::Error(error)) => return Err(error),
                Err(Stop::Again(failure, doing))
                    if again < self.options.timeouts.retry().attempts =>
                {
                    warn!(error = %failure.error, "{doing} failed, and will be tried again");
                    tokio::time::sleep(backoff(again)).await;
                    again += 1;
                }
                Err(Stop::Again(failure, doing)) => return Err(failure.doing(doing)),
                Err(Stop::Lost(failure)) if connector.can_reopen() && lost < RECONNECTS => {
                    lost += 1;
                    warn!(error = %failure.error, "the connection was lost; reconnecting to see what took effect");
                    let error = failure.error.to_string();
                    self.options.observers.tell(|| Event::Reconnecting { error });
                    tokio::time::sleep(backoff(lost)).await;
                }
                Err(Stop::Lost(failure)) => {
                    return Err(failure.doing(
                        "running migrations (the connection was lost; the history tells what took effect: run again)",
                    ));
                }
                Err(Stop::Renew) => drive.renewed = true,
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
            error if is_busy(&error) => Stop::Error(error),
            Error::Connect { source, .. } | Error::Database { source, .. } if reconnects => {
                Stop::Lost(Failure::new(FailureKind::Lost, source))
            }
            error => Stop::Error(error),
        };
        let dialect = connector.dialect();
        let listed = match drive.renewed {
            // It was there a moment ago.
            true => true,
            false => match self.quick_look(connector, drive).await.map_err(connecting)? {
                Some(listed) => listed,
                None => return Ok(()),
            },
        };
        let application = self.options.process.on_server();
        let session = connector.dedicated(&application).await.map_err(connecting)?;
        let mut lock = self.options.lock_for(dialect);
        let taken = self.take(session, dialect, &mut *lock, listed, drive).await?;
        match taken {
            Taken::Done(notes) => {
                drive.notes.extend(notes);
                Ok(())
            }
            Taken::Locked { session, opening, snapshot, existing } => {
                let found = (snapshot, existing);
                self.locked(session, dialect, &mut *lock, *opening, found, drive).await
            }
        }
    }

    /// Whether the rows of the history can be read; none where they say that there is nothing to do.
    async fn quick_look(
        &self,
        connector: &mut (dyn Connector + '_),
        drive: &mut Drive,
    ) -> Result<Option<bool>> {
        let dialect = connector.dialect();
        let everything = drive.wanted.is_none()
            && matches!(&drive.request, Request::Upgrade(to) if quick::is_everything(&self.graph, to));
        let glance =
            if everything { self.glance(connector).await? } else { self.peek(connector).await? };
        Ok(match glance {
            Glance::Same => None,
            Glance::Pending => Some(true),
            Glance::Nothing { has_lock } => {
                drive.raced |= has_lock;
                Some(false)
            }
            Glance::Snapshot(_) if drive.request.is_purge() => Some(true),
            Glance::Snapshot(snapshot) => {
                let snapshot = snapshot.checked(&self.options.table())?;
                match self.all_applied(dialect, &snapshot, drive) {
                    Some(notes) => {
                        drive.notes.extend(notes);
                        None
                    }
                    None => Some(true),
                }
            }
        })
    }

    /// Works under the lock, and gives everything back on every path.
    async fn locked(
        &self,
        session: Box<dyn Session + '_>,
        dialect: &'static dyn Dialect,
        lock: &mut dyn Lock,
        opening: Opening,
        (snapshot, existing): (Snapshot, Option<Vec<Row>>),
        drive: &mut Drive,
    ) -> Result<(), Stop> {
        let names = Names::new(&self.options.process);
        let mut runner = self.runner(session, dialect, &*lock, opening, &snapshot, &names);
        let result = self.work(&mut runner, &snapshot, existing, drive).await;
        drive.done.append(&mut runner.done);
        if runner.raised {
            drive.epoch = runner.epoch;
        }
        self.give_back(runner, lock, result).await
    }

    pub(super) fn runner<'r, 's>(
        &'r self,
        session: Box<dyn Session + 's>,
        dialect: &'static dyn Dialect,
        lock: &dyn Lock,
        opening: Opening,
        snapshot: &Snapshot,
        names: &'r Names,
    ) -> Runner<'r, 's> {
        let table = self.resolved(&opening);
        let mut session = session;
        session.be_patient(self.options.timeouts.patience_with_steps());
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
            one_transaction: false,
            untransacted: None,
            teller: Teller::new(
                &self.options.observers,
                (self.options.live, self.options.live_in_short_runs),
                &self.options.arguments,
            ),
        }
    }

    /// Gives lock, settings and connection back. The first error is the one that is reported.
    pub(super) async fn give_back<T>(
        &self,
        runner: Runner<'_, '_>,
        lock: &mut dyn Lock,
        result: Result<T, Stop>,
    ) -> Result<T, Stop> {
        let Runner { mut session, opening, release, dialect, .. } = runner;
        session.be_patient(self.options.timeouts.patience());
        if matches!(result, Err(Stop::Lost(_))) {
            // There is nobody to say goodbye to, and the lock has gone with the connection.
            drop(session);
        } else {
            if result.is_err() {
                let _ = session.rollback().await;
            }
            self.leave(&mut *session, dialect, &opening).await;
            // With the lock our settings have gone as well.
            if release.is_some() {
                self.part(&mut *session, dialect, &opening, release).await;
            }
            session.close().await;
        }
        lock.give_back().await;
        result
    }

    /// Gives the lock back, and takes our settings from a connection of ours, which a pooler may keep.
    pub(super) async fn part(
        &self,
        session: &mut dyn Session,
        dialect: &'static dyn Dialect,
        opening: &Opening,
        release: Option<String>,
    ) {
        let own = session.is_own();
        let check = dialect.same_backend(opening).filter(|_| own);
        let farewell = dialect.farewell().filter(|_| own).map(str::to_owned);
        let all: Vec<String> = [check, release.clone(), farewell].into_iter().flatten().collect();
        if all.is_empty() {
            return;
        }
        match session.run(&all.join(";\n")).await {
            Ok(rows) => check_unlocked(&rows, &self.options.observers),
            Err(failure) if failure.kind == FailureKind::Pooled => {
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
    pub(super) async fn leave(
        &self,
        session: &mut dyn Session,
        dialect: &'static dyn Dialect,
        opening: &Opening,
    ) {
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

    async fn work(
        &self,
        runner: &mut Runner<'_, '_>,
        snapshot: &Snapshot,
        existing: Option<Vec<Row>>,
        drive: &mut Drive,
    ) -> Result<(), Stop> {
        let graph = self
            .graph_with(&mut *runner.session, &runner.history, snapshot, &drive.request)
            .await?;
        let steps = self.steps(&graph, snapshot, runner.dialect, drive)?;
        let prepared = work::prepare(&steps, runner.dialect, &self.options.functions)?;
        if !steps.is_empty() && matches!(drive.request, Request::Upgrade(_)) {
            self.check_existing(&mut *runner.session, runner.dialect, snapshot, existing).await?;
        }
        let sides = self.notes_of_sides(&graph, &steps);
        for note in prepared.iter().filter_map(|of| of.note()).chain(sides) {
            // A run that goes on after a lost connection says it once.
            if !drive.notes.contains(&note) {
                drive.notes.push(note);
            }
        }
        work::check_lengths(&prepared, runner.dialect.longest_statement(&runner.opening))?;
        if !self.options.observers.is_empty() {
            let revisions = |m: &Migration| m.revision().to_owned();
            let parents = |revision: &str| graph.parents(revision).into_iter().map(revisions);
            let of = |step: &Step<'_>| {
                let revision = &step.migration.revision;
                (revision.clone(), parents(revision).collect())
            };
            runner.teller.parents = steps.iter().map(of).collect();
        }
        runner.teller.total = drive.wanted.as_ref().map_or(0, Vec::len);
        // With those that took effect unseen before a connection was lost.
        runner.done = std::mem::take(&mut drive.done);
        runner.execute(&prepared, self.options.transaction).await
    }
}

/// Whether the server takes no connection now, but will soon.
fn is_busy(error: &Error) -> bool {
    matches!(error, Error::Connect { busy: true, .. })
}

/// Where nothing is tried again.
pub(super) fn only_error(stop: Stop) -> Error {
    match stop {
        Stop::Error(error) => error,
        Stop::Lost(failure) => failure.doing("reading the history"),
        Stop::Again(failure, doing) => failure.doing(doing),
        Stop::Raced | Stop::Renew => Error::Fenced { epoch: 0 },
    }
}
