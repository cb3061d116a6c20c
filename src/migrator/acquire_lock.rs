//! Taking the migration lock: try, wait, say for whom, and read again under it.

use std::{
    borrow::Cow,
    time::{Duration, Instant},
};

use tracing::info;

use super::{Migrator, pooler, run_loop::RunState};
use crate::{
    database::{
        Dialect, Expected, Failure, FailureKind, HistoryTable, MigrationLock, Row, Session,
        SessionInfo,
    },
    error::{Advice, Error, Result},
    note::Note,
    random::Pauses,
    run::{
        event::Event,
        execute::Interruption,
        history::{HistorySnapshot, HistorySql},
        plan::{self, Request},
    },
};

/// How often those who wait log who holds the lock.
const SAY_AGAIN: Duration = Duration::from_secs(10);
/// How often they ask, where somebody looks on; and how often they tell how long it has been.
const ASK_AGAIN: Duration = Duration::from_secs(3);
const TELL_AGAIN: Duration = Duration::from_millis(700);

/// What the tries for the lock have seen.
struct LockPoll {
    /// There is a history table, so that its rows are read in the message that tries for the lock.
    listed: bool,
    opening: Option<SessionInfo>,
    /// What else is in a database without a history, as of the last try.
    existing: Option<Vec<Row>>,
    /// What looked like a pooler that mixes up its connections is none.
    trusted: bool,
}

/// What was said while waiting.
#[derive(Default)]
struct WaitLog {
    holder: Option<String>,
    asked: Option<Instant>,
    logged: Option<Instant>,
    told: Option<Instant>,
}

/// How the tries for the lock ended.
enum LockAttempt {
    Locked(HistorySnapshot),
    Done(Vec<Note>),
}

/// A session with the lock, or the news that another runner has done it all.
pub(super) enum Acquired<'s> {
    Locked {
        session: Box<dyn Session + 's>,
        opening: Box<SessionInfo>,
        snapshot: HistorySnapshot,
        existing: Option<Vec<Row>>,
    },
    Done(Vec<Note>),
}

impl Migrator {
    /// Takes the lock and reads again under it; on every other way out the session is given back as it was.
    pub(super) async fn acquire_lock<'s>(
        &self,
        mut session: Box<dyn Session + 's>,
        dialect: &'static dyn Dialect,
        lock: &mut dyn MigrationLock,
        listed: bool,
        run_state: &mut RunState,
    ) -> Result<Acquired<'s>, Interruption> {
        let started = Instant::now();
        // On a connection that is not ours a failed message could leave the lock taken, so there the read goes by itself.
        let mut poll = LockPoll {
            listed: listed && session.is_own(),
            opening: None,
            existing: None,
            trusted: false,
        };
        session.be_patient(self.options.timeouts.patience());
        let polled = self.poll(&mut *session, dialect, lock, &mut poll, run_state).await;
        let waited = started.elapsed();
        run_state.waited += waited;
        let (polled, locked) = match polled {
            Ok(LockAttempt::Locked(snapshot)) => {
                self.options.observers.tell(|| Event::Locked { waited });
                let opening = Box::new(poll.opening.unwrap_or_default());
                let existing = poll.existing;
                return Ok(Acquired::Locked { session, opening, snapshot, existing });
            }
            Ok(LockAttempt::Done(notes)) => (Ok(Acquired::Done(notes)), false),
            Err(stop) => (Err(stop), poll.opening.as_ref().is_some_and(|opening| opening.locked)),
        };
        if let Some(opening) = &poll.opening {
            self.restore_session(&mut *session, dialect, opening).await;
            let release = lock.release_statement(opening).filter(|_| locked);
            self.end_session(&mut *session, dialect, opening, release).await;
        }
        lock.release().await;
        session.close().await;
        polled
    }

    /// Tries for the lock until it is ours, or there is nothing left to do, or the time is over.
    async fn poll(
        &self,
        session: &mut dyn Session,
        dialect: &'static dyn Dialect,
        lock: &mut dyn MigrationLock,
        poll: &mut LockPoll,
        run_state: &RunState,
    ) -> Result<LockAttempt, Interruption> {
        let started = Instant::now();
        let mut longest = self.options.lock.longest_wait();
        if run_state.renewed {
            // It was ours a moment ago, and steps are done: another runner that was quicker ends, too.
            longest = longest.max(Duration::from_secs(60));
        }
        let mut tries = 0;
        let mut said = WaitLog::default();
        loop {
            if let Some(polled) = self.try_once(session, dialect, lock, poll, run_state).await? {
                return Ok(polled);
            }
            let waited = started.elapsed();
            if waited >= longest {
                let holder = lock.holder(session, poll.opening.as_ref()).await;
                return Err(Error::Locked { waited, holder }.into());
            }
            if waited > Duration::from_millis(500) {
                self.say(session, lock, poll.opening.as_ref(), &mut said, waited).await;
            }
            tries += 1;
            let pause = Pauses::LOCK.after(tries).min(longest.saturating_sub(waited));
            tokio::time::sleep(pause).await;
        }
    }

    /// Says that and for whom we wait: to the log now and then, to observers often.
    async fn say(
        &self,
        session: &mut dyn Session,
        lock: &mut dyn MigrationLock,
        opening: Option<&SessionInfo>,
        said: &mut WaitLog,
        waited: Duration,
    ) {
        let due = |at: Option<Instant>, every| at.is_none_or(|at| at.elapsed() >= every);
        let (log, watched) = (due(said.logged, SAY_AGAIN), !self.options.observers.is_empty());
        if log || (watched && due(said.asked, ASK_AGAIN)) {
            said.holder = lock.holder(session, opening).await;
            said.asked = Some(Instant::now());
        }
        if log {
            said.logged = Some(Instant::now());
            let holder = said.holder.as_deref().unwrap_or("unknown");
            info!(?waited, holder, "waiting for the migration lock");
        }
        if watched && due(said.told, TELL_AGAIN) {
            said.told = Some(Instant::now());
            let holder = said.holder.clone();
            self.options.observers.tell(|| Event::Waiting { waited, holder });
        }
    }

    /// One try; nothing where the lock is another's.
    async fn try_once(
        &self,
        session: &mut dyn Session,
        dialect: &'static dyn Dialect,
        lock: &mut dyn MigrationLock,
        poll: &mut LockPoll,
        run_state: &RunState,
    ) -> Result<Option<LockAttempt>, Interruption> {
        if poll.opening.is_none() {
            self.check_server(session, dialect).await?;
        }
        if !lock
            .acquire(session)
            .await
            .map_err(|failure| Interruption::of(failure, "taking the migration lock"))?
        {
            return Ok(None);
        }
        let (mut opening, rows) =
            match self.open(session, dialect, &lock.expression(), poll, &run_state.request).await {
                Ok(opened) => opened,
                Err(failure) if failure.kind == FailureKind::Absent && poll.listed => {
                    // The quick look went another way than this session: ask again, without the table.
                    let _ = session.rollback().await;
                    poll.listed = false;
                    lock.release().await;
                    return Box::pin(self.try_once(session, dialect, lock, poll, run_state)).await;
                }
                Err(failure) if failure.kind == FailureKind::Transient => {
                    let _ = session.rollback().await;
                    lock.release().await;
                    return Ok(None);
                }
                Err(failure) => return Err(Interruption::of(failure, "taking the migration lock")),
            };
        if opening.pooled {
            lock.release().await;
            let application = self.options.process.on_server();
            // After the first opening it is another backend that has answered.
            let shared = match &poll.opening {
                Some(_) => Ok(true),
                None => pooler::is_shared(session, dialect, &application).await,
            };
            if shared.map_err(|failure| Interruption::of(failure, "looking at the connection"))? {
                return Err(Error::Pooled { done: Vec::new() }.into());
            }
            poll.trusted = true;
            return Box::pin(self.try_once(session, dialect, lock, poll, run_state)).await;
        }
        if let Some(first) = &poll.opening {
            // Later openings see the settings that the first has made.
            opening.settings.clone_from(&first.settings);
            opening.own_settings.clone_from(&first.own_settings);
        } else {
            session.run_on_drop(dialect.restore_settings(&opening));
        }
        let first = poll.opening.is_none();
        poll.opening = Some(opening.clone());
        if first && !session.is_own() {
            self.limit_lent(session, dialect, &mut opening).await?;
            poll.opening = Some(opening.clone());
        }
        if let Some(refusal) = opening.refusal {
            return Err(Error::ReadOnly { problem: refusal }.into());
        }
        if opening.locked {
            let rows = poll.listed.then_some(rows);
            return Ok(Some(LockAttempt::Locked(
                self.reread(session, dialect, &opening, rows, run_state).await?,
            )));
        }
        // A waiter that sees everything applied need not take its turn.
        if poll.listed
            && let Ok(snapshot) = HistorySnapshot::read(&rows, &self.options.table())
            && let Ok(snapshot) = snapshot.checked(&self.options.table())
            && let Some(notes) = self.all_applied(dialect, &snapshot, run_state)
        {
            return Ok(Some(LockAttempt::Done(notes)));
        }
        poll.listed = opening.exists && session.is_own();
        lock.release().await;
        Ok(None)
    }

    /// Sets the limits on a connection that is lent, once it is known what it had before.
    async fn limit_lent(
        &self,
        session: &mut dyn Session,
        dialect: &'static dyn Dialect,
        opening: &mut SessionInfo,
    ) -> Result<(), Interruption> {
        // On another connection of a pooler than that of the opening nothing is set.
        let mut limits: Vec<String> = dialect.same_backend(opening).into_iter().collect();
        limits.extend(self.limits(dialect));
        limits.extend(dialect.lent());
        let limited = session.run(&message(&limits)).await;
        opening.note_own_settings(
            &limited
                .map_err(|failure| Interruption::of(failure, "setting limits for the session"))?,
        );
        Ok(())
    }

    /// What would make the lock worthless, seen before it is tried.
    async fn check_server(
        &self,
        session: &mut dyn Session,
        dialect: &'static dyn Dialect,
    ) -> Result<(), Interruption> {
        // A connection of our own shows by its age what is between; of one that is lent that is not known.
        if !session.is_own() && dialect.backend().is_some() {
            let application = self.options.process.on_server();
            let shared = pooler::is_shared(session, dialect, &application).await;
            if shared.map_err(|failure| Interruption::of(failure, "looking at the connection"))? {
                return Err(Error::Pooled { done: Vec::new() }.into());
            }
        }
        if self.options.lock.this_node_only {
            return Ok(());
        }
        // Not every server has the table for it; one without is no cluster.
        if let Some(ask) = dialect.cluster()
            && let Ok(rows) = session.run(ask).await
            && let Some(row) = rows.first()
        {
            let cluster = row.text("cluster").to_owned();
            return Err(Error::ClusterNode { cluster }.into());
        }
        Ok(())
    }

    /// The opening message: settings and state of the session, the try for the lock, the limits, and the history.
    async fn open(
        &self,
        session: &mut dyn Session,
        dialect: &'static dyn Dialect,
        lock: &str,
        poll: &mut LockPoll,
        request: &Request,
    ) -> Result<(SessionInfo, Vec<Row>), Failure> {
        let table = self.options.table();
        let from_base = !poll.listed
            && session.is_own()
            && !self.options.allow_existing
            && matches!(request, Request::Upgrade(_));
        // The age is a first sign only: a process that waited for a processor has a connection that seems older than it is.
        let expected = match &poll.opening {
            Some(first) => Some(Expected::Backend(first)),
            None => session.age().filter(|_| !poll.trusted).map(Expected::Age),
        };
        let lock = match expected.filter(|_| session.is_own()) {
            Some(expected) => Cow::Owned(dialect.unless_pooled(lock, expected)),
            None => Cow::Borrowed(lock),
        };
        let mut statements = vec![dialect.opening(&table, &lock)];
        // A lent connection lives on, so there what the opening says is known before anything else can fail.
        if poll.opening.is_none() && session.is_own() {
            statements.extend(self.limits(dialect));
        }
        if poll.listed {
            statements.push(HistorySql::new(dialect, &table).list());
        }
        if from_base {
            statements.push(self.existing_sql(dialect));
        }
        if let Some((begin, end)) = dialect.around_opening().filter(|_| session.is_own()) {
            statements.insert(0, begin.to_owned());
            statements.push(end.to_owned());
        }
        let rows = session.run(&message(&statements)).await?;
        let row = rows.iter().find(|row| row.tag() == "opening");
        let Some(row) = row else {
            return Err(Failure::new(
                FailureKind::Other,
                "the server did not answer the opening query",
            ));
        };
        let mut opening = SessionInfo::read(row);
        opening.schema_asked = self.options.schema.is_some();
        opening.note_own_settings(&rows);
        poll.existing = from_base.then(|| rows.clone());
        Ok((opening, rows))
    }

    fn limits(&self, dialect: &'static dyn Dialect) -> Vec<String> {
        dialect.prepare(&self.options.table(), self.options.timeouts.limits())
    }

    /// The history as it is under the lock.
    pub(super) async fn reread(
        &self,
        session: &mut dyn Session,
        dialect: &'static dyn Dialect,
        opening: &SessionInfo,
        rows: Option<Vec<Row>>,
        run_state: &RunState,
    ) -> Result<HistorySnapshot, Interruption> {
        let table = self.resolved(opening);
        let rows = match rows {
            Some(rows) => rows,
            None if !opening.exists => {
                return self.no_history(session, dialect, &table, run_state).await;
            }
            None => {
                let history = HistorySql::new(dialect, &table);
                match session.run(&history.list()).await {
                    Ok(rows) => rows,
                    Err(failure) => {
                        // A newer layout says so itself; anything else is not ours.
                        if let Ok(rows) = session.run(&history.meta()).await {
                            HistorySnapshot::read(&rows, &table)?;
                        }
                        if failure.kind == FailureKind::Absent {
                            return Err(not_ours(&table, &failure).into());
                        }
                        if failure.is_denied {
                            return Err(unread(&table, failure).into());
                        }
                        return Err(Interruption::of(failure, "reading the history"));
                    }
                }
            }
        };
        let snapshot = HistorySnapshot::read(&rows, &table)?;
        Ok(if run_state.request.is_purge() { snapshot } else { snapshot.checked(&table)? })
    }

    /// There is no history table. If there is the table of the lock, and somebody has written under it, the history was lost.
    async fn no_history(
        &self,
        session: &mut dyn Session,
        dialect: &'static dyn Dialect,
        table: &HistoryTable,
        run_state: &RunState,
    ) -> Result<HistorySnapshot, Interruption> {
        let mut nothing = HistorySnapshot::default();
        // A server that answers statement by statement has told at the quick look whether that table is there.
        let told = dialect.capabilities().transactional_ddl && dialect.capabilities().remote;
        if told && !run_state.raced {
            return Ok(nothing);
        }
        let history = HistorySql::new(dialect, table);
        if let Ok(rows) = session.run(&history.meta()).await {
            nothing.epoch = HistorySnapshot::read(&rows, table)?.epoch;
        }
        if nothing.epoch > 0 && !run_state.renews {
            // Unless a runner without a lock has made it in between.
            return Err(match session.run(&history.any()).await {
                Ok(_) => Interruption::Raced,
                Err(_) => lost(table, nothing.epoch).into(),
            });
        }
        Ok(nothing)
    }

    /// The history table with the schema that the database has found for it.
    pub(super) fn resolved(&self, opening: &SessionInfo) -> HistoryTable {
        HistoryTable { schema: opening.schema.clone(), name: self.options.table.clone() }
    }

    /// The notes of a plan without steps; nothing where there is work, or an error that is to be found under the lock.
    ///
    /// Only an upgrade is nearly always a no-op, so only for it a plan from what was read without the lock is worth its time.
    pub(super) fn all_applied(
        &self,
        dialect: &'static dyn Dialect,
        snapshot: &HistorySnapshot,
        run_state: &RunState,
    ) -> Option<Vec<Note>> {
        let (graph, request) = (&self.graph, &run_state.request);
        if run_state.wanted.is_some() || !matches!(request, Request::Upgrade(_)) {
            return None;
        }
        let policies = self.options.policies;
        let steps = plan::plan(graph, graph, snapshot, request, policies, dialect.syntax()).ok()?;
        steps.steps.is_empty().then_some(steps.notes)
    }
}

fn message(statements: &[String]) -> String {
    statements.iter().map(|s| format!("{};\n", s.trim_end_matches(';'))).collect()
}

/// The table of the lock says that there was a history, and there is none.
pub(super) fn lost(table: &HistoryTable, epoch: i64) -> Error {
    let lock = format!("{table}_lock");
    Error::History {
        table: table.to_string(),
        problem: format!(
            "is gone, though {lock} beside it says that it was written (its epoch is {epoch}): without it, all migrations would be run \
             again; nothing was run"
        ),
        advice: Advice::new(format!(
            "restore {table} from a backup; or record what the schema has with "
        ))
        .verb("stamp", "stamp REVISION")
        .text(format!(
            ", which creates the table again; or, to begin again on an empty schema, drop {lock} as well"
        )),
        source: None,
    }
}

/// A table of the history's name that has not its columns, or no table of the lock beside it.
pub(super) fn not_ours(table: &HistoryTable, failure: &Failure) -> Error {
    Error::NotOurTable { table: table.to_string(), problem: failure.error.to_string() }
}

/// The history could not be read.
pub(super) fn unread(table: &HistoryTable, failure: Failure) -> Error {
    if !failure.is_denied {
        return failure.doing("reading the history");
    }
    let code = failure.code.as_ref().map(|code| format!(" (code {code})")).unwrap_or_default();
    Error::History {
        table: table.to_string(),
        problem: format!("cannot be read{code}; nothing was run"),
        advice: Advice::new(format!(
            "grant this role SELECT on {table} and {table}_lock; to run migrations, it also needs INSERT, UPDATE and DELETE on both"
        )),
        source: Some(failure.error),
    }
}
