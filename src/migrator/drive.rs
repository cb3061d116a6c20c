//! From a verb to a run: the quick look, the session, the lock, the plan, the loop, and the way out on every path.

use std::{
    borrow::Cow,
    collections::HashMap,
    time::{Duration, Instant},
};

use tracing::{Instrument, debug, field::Empty, info, info_span, warn};

use super::{
    Migrator, pooler,
    read::Glance,
    take::{POLL_MAX, Taken},
};
use crate::{
    database::{
        Busy, Connector, Dialect, Failure, FailureKind, Lock, Opening, Row, Session, Table,
    },
    error::{Error, Result},
    graph::{Graph, Target},
    migration::Migration,
    process::Process,
    random::{jitter, random},
    run::{
        event::{Event, Teller},
        execute::{Runner, Stop, backoff, check_unlocked},
        history::{HistorySql, Snapshot, State},
        plan::{self, Action, Direction, Request, Step},
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
    pub(super) notes: Vec<String>,
    /// A first write met another epoch than the one that was read.
    pub(super) raced: bool,
    /// A history that was lost is made anew.
    pub(super) renews: bool,
    /// Steps are done, and the next one begins in a new session.
    pub(super) renewed: bool,
    /// The epoch that this run has reached, as far as it knows.
    epoch: i64,
}

/// A step of the first plan. It has the name, too, since a migration that only the history knew is known no more when it
/// is taken back.
pub(super) struct Wanted {
    revision: String,
    name: String,
    direction: Direction,
    action: Action,
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
            for problem in &*self.sum_problems {
                warn!("ambix.sum is stale: {problem}");
                drive.notes.push(format!("ambix.sum is stale: {problem}"));
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
                    debug!(%error, "waiting for a connection");
                    let holder = Some(error.to_string());
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
            Error::Database { source, .. } if reconnects => {
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

    /// The graph, with what only the history knows where that matters.
    pub(super) async fn graph_with<'g>(
        &'g self,
        session: &mut dyn Session,
        history: &HistorySql,
        snapshot: &Snapshot,
        request: &Request,
    ) -> Result<Cow<'g, Graph>, Stop> {
        if request.is_purge() {
            return Ok(Cow::Owned(plan::with_rows(&self.graph, snapshot)?));
        }
        let downs = match request.is_down() {
            true => self.stored_downs(session, history, snapshot).await?,
            false => HashMap::new(),
        };
        if downs.is_empty() && plan::unknown(&self.graph, snapshot).next().is_none() {
            return Ok(Cow::Borrowed(&*self.graph));
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
        // A purge is one transaction and means the same each time, so that nothing of it is left over.
        let wanted = drive.wanted.as_ref().filter(|_| !drive.request.is_purge());
        let Some(wanted) = wanted else {
            let policies = self.options.policies;
            let steps = plan::plan(
                graph,
                &self.graph,
                snapshot,
                &drive.request,
                policies,
                dialect.syntax(),
            )?;
            let wanted = steps.steps.iter().map(|step| Wanted {
                revision: step.migration.revision.clone(),
                name: step.migration.name.clone(),
                direction: step.direction,
                action: step.action,
            });
            let wanted: Vec<Wanted> = wanted.collect();
            self.options.observers.tell(|| Event::Planned {
                steps: wanted.len(),
                arguments: self.options.arguments.clone(),
            });
            drive.wanted = Some(wanted);
            drive.notes.extend(steps.notes);
            return Ok(steps.steps);
        };
        check_kept(&self.options.table(), snapshot, drive)?;
        let applied = snapshot.applied();
        let is_gone = |revision: &str| snapshot.record(revision).is_none();
        let unrecorded = plan::unrecorded(graph, snapshot)?;
        let unrecorded = |revision: &str| unrecorded.iter().any(|m| m.revision() == revision);
        // A squash may be recorded and taken back in one plan; where both took effect, there is no row to tell.
        let is_taken_back = |revision: &str| {
            let down = |w: &Wanted| w.revision == revision && w.direction == Direction::Down;
            wanted.iter().any(down) && is_gone(revision)
        };
        let mut left = Vec::new();
        for (at, Wanted { revision, name, direction, action }) in wanted.iter().enumerate() {
            let (direction, action) = (*direction, *action);
            let took_effect = match direction {
                Direction::Up => applied.contains(revision) || is_taken_back(revision),
                Direction::Down => is_gone(revision),
            };
            if took_effect && !unrecorded(revision) {
                // In flight when the connection went, and it took effect.
                if !drive
                    .done
                    .iter()
                    .any(|step| step.revision == *revision && step.direction == direction)
                {
                    let duration_us =
                        snapshot.record(revision).map_or(0, |record| record.duration_us);
                    let step = StepReport {
                        revision: revision.clone(),
                        name: name.clone(),
                        direction,
                        action,
                        statements: 0,
                        duration: Duration::from_micros(duration_us),
                    };
                    self.options.observers.tell(|| Event::StepDone {
                        number: at + 1,
                        of: wanted.len(),
                        step: step.clone(),
                        arguments: self.options.arguments.clone(),
                    });
                    drive.done.push(step);
                }
                continue;
            }
            let Some(migration) = graph.get(revision) else { continue };
            let resume = snapshot.record(revision).filter(|r| r.state != State::Applied).cloned();
            let step = Step { migration, direction, action, resume };
            plan::check_way(&step)?;
            left.push(step);
        }
        Ok(left)
    }
}

/// What this run has recorded before it lost its connection must still be there: a server that took over from another may lack
/// the last transactions of that, and then nothing can be told from what it has.
fn check_kept(table: &Table, snapshot: &Snapshot, drive: &Drive) -> Result<()> {
    let mut last: Vec<&StepReport> = Vec::new();
    for step in &drive.done {
        last.retain(|other| other.revision != step.revision);
        last.push(step);
    }
    let is_kept = |step: &StepReport| match (step.direction, snapshot.record(&step.revision)) {
        (Direction::Up, record) => record.is_some_and(|record| record.state == State::Applied),
        (Direction::Down, record) => record.is_none(),
    };
    let lost = last.into_iter().filter(|step| !is_kept(step));
    let lost: Vec<String> =
        lost.map(|step| format!("the {} of {}", step.direction, step.revision)).collect();
    let fewer = snapshot.epoch < drive.epoch;
    if lost.is_empty() && !fewer {
        return Ok(());
    }
    let what = match (lost.as_slice(), fewer) {
        ([], _) => "the last of what it had written".to_owned(),
        (lost, _) => lost.join(", "),
    };
    let why = if fewer {
        "the server that answers now has lost transactions that were committed (a failover to one that was behind?)"
    } else {
        "somebody else has changed the history meanwhile"
    };
    Err(Error::History {
        table: table.to_string(),
        problem: format!(
            "no longer has what this very run has recorded in it before the connection was lost: {what}; {why}; nothing was run \
             since then"
        ),
        advice: "find out whether this is the right server, and look at the schema: what a migration did may be lost as well as \
                 its row, or only one of them; then run again, or record what the schema has with `stamp`"
            .to_owned(),
    })
}

/// Whether the server takes no connection now, but will soon.
fn is_busy(error: &Error) -> bool {
    matches!(error, Error::Database { source, .. } if source.is::<Busy>())
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
