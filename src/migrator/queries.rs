//! What only reads: the quick look, the plan, and waiting for another's work.

use std::{
    future::poll_fn,
    pin::pin,
    task::Poll,
    time::{Duration, Instant},
};

use tracing::debug;

use super::{
    Migrator,
    acquire_lock::{lost, not_ours, unread},
    run_loop::only_error,
};
use crate::{
    database::{Connector, Dialect, DigestOf, Failure, FailureKind, HistoryTable, Row, Session},
    error::{Advice, Error, Result, some_of},
    graph::Target,
    random::Pauses,
    run::{
        event::Event,
        history::{HistorySnapshot, HistorySql},
        plan::{self, Request},
        prepare::{self, Prepared},
        quick::{self, Difference, Digest},
        report::{Plan, PlannedStep},
    },
};

/// How often those who wait are told why, though it is what it was.
const SAY_AGAIN: Duration = Duration::from_secs(10);
/// How long a look at the history may take when the time is over.
const LAST_TRY: Duration = Duration::from_secs(1);
const NO_ANSWER: &str = "the server did not answer in time";

/// What a look at the history found.
pub(super) enum HistoryRead {
    Snapshot(HistorySnapshot),
    /// There is no history table, or not one that can be read; the way under the lock will tell.
    Nothing,
}

/// What the quick look found.
pub(super) enum QuickRead {
    /// All migrations are applied, as they are now.
    Same,
    /// Some are not.
    Pending,
    /// Something that only a plan can judge.
    Snapshot(HistorySnapshot),
    /// There is no history that can be read. Where the table of its lock could be, it may have been lost.
    Nothing { has_lock: bool },
}

impl Migrator {
    /// One quick read, without a lock, of just what tells whether any migration is pending; a server that can say so need not
    /// send a row.
    pub(super) async fn quick_read(
        &self,
        connector: &mut (dyn Connector + '_),
    ) -> Result<QuickRead> {
        let (graph, dialect) = (&*self.graph, connector.dialect());
        let table = self.options.table_for(dialect)?;
        let application = self.options.process.on_server();
        let history = HistorySql::new(dialect, &table);
        let by_digest = dialect.digest();
        let digest = by_digest.and_then(|_| history.digest(graph.replaced()));
        let sql = digest.unwrap_or_else(|| history.fast());
        let ask = async {
            let mut session = connector.quick(&application).await?;
            let answer = session.run(&sql).await;
            Ok::<_, Error>((session, answer))
        };
        let (asked, digest) = meanwhile(ask, || {
            // The digest takes the checksums, and keeps what came of them.
            if by_digest.is_none() {
                graph.take_checksums();
            }
            by_digest.map(|of| self.digest_for(dialect, of))
        })
        .await;
        let (mut session, mut answer) = asked?;
        let mut quick_read = None;
        if let Some(digest) = digest {
            quick_read = judge_digest(&answer, &digest, &table)?;
            if quick_read.is_none() {
                answer = session.run(&history.fast()).await;
            }
        }
        let quick_read = match (quick_read, answer) {
            (Some(quick_read), _) => quick_read,
            (None, Err(failure)) => nothing(&failure),
            (None, Ok(rows)) => {
                HistorySnapshot::head(&rows, &table)?;
                if quick::is_all_applied(graph, &rows) {
                    QuickRead::Same
                } else {
                    QuickRead::Snapshot(HistorySnapshot::read(&rows, &table)?.checked(&table)?)
                }
            }
        };
        session.close().await;
        Ok(quick_read)
    }

    /// One quick read, without a lock, of what the history has of each migration. The rows may be of any kind: not every verb minds.
    pub(super) async fn peek(&self, connector: &mut (dyn Connector + '_)) -> Result<QuickRead> {
        let table = self.options.table_for(connector.dialect())?;
        let history = HistorySql::new(connector.dialect(), &table);
        let application = self.options.process.on_server();
        let mut session = connector.quick(&application).await?;
        let answer = session.run(&history.fast()).await;
        let quick_read = match answer {
            Ok(rows) => QuickRead::Snapshot(HistorySnapshot::read(&rows, &table)?),
            Err(failure) => nothing(&failure),
        };
        session.close().await;
        Ok(quick_read)
    }

    fn digest_for(&self, dialect: &'static dyn Dialect, of: DigestOf) -> Digest {
        let make = || (dialect.name(), Digest::of(&self.graph, of));
        match self.digest.get_or_init(make) {
            (of, digest) if *of == dialect.name() => digest.clone(),
            _ => make().1,
        }
    }

    /// Reads all of the history, without a lock.
    async fn look(&self, connector: &mut (dyn Connector + '_)) -> Result<HistoryRead> {
        let application = self.options.process.on_server();
        let table = self.options.table_for(connector.dialect())?;
        let dialect = connector.dialect();
        let history = HistorySql::new(dialect, &table);
        let mut session = connector.quick(&application).await?;
        let look = match session.run(&history.list()).await {
            Ok(rows) => HistoryRead::Snapshot(HistorySnapshot::read(&rows, &table)?),
            Err(failure) if failure.kind == FailureKind::Absent => {
                // Perhaps there is a table, but of a layout to come: the row that says so is in every layout.
                let mut meta = HistorySnapshot::default();
                if let Ok(rows) = session.run(&history.meta()).await {
                    meta = HistorySnapshot::read(&rows, &table)?;
                }
                // Or one of another tool, which must not be read as "nothing is applied". (Under the lock that shows itself.)
                if session.run(&history.any()).await.is_ok() {
                    // Unless it was made between the two queries.
                    let again = session.run(&history.list()).await;
                    let rows = again.map_err(|_| not_ours(&table, &failure))?;
                    HistoryRead::Snapshot(HistorySnapshot::read(&rows, &table)?)
                } else if meta.epoch > 0 {
                    return Err(lost(&table, meta.epoch));
                } else if let Some(hidden) = hidden_history(&mut *session, dialect, &table).await {
                    return Err(hidden);
                } else {
                    HistoryRead::Nothing
                }
            }
            Err(failure) => return Err(unread(&table, failure)),
        };
        session.close().await;
        Ok(look)
    }

    pub(super) async fn plan_on(
        &self,
        connector: &mut (dyn Connector + '_),
        target: Target,
    ) -> Result<Plan> {
        let dialect = connector.dialect();
        let snapshot = self.snapshot(connector).await?;
        let application = self.options.process.on_server();
        let mut session = connector.quick(&application).await?;
        let history = HistorySql::new(dialect, &self.options.table_for(dialect)?);
        let policies = self.options.policies;
        let up = Request::Upgrade(target.clone());
        let up = plan::plan(&self.graph, &self.graph, &snapshot, &up, policies, dialect.syntax());
        let down = Request::Downgrade(target);
        let graph;
        let mut sides = Vec::new();
        let steps = match up {
            Ok(steps) if !steps.steps.is_empty() => steps,
            // Nothing to go up to: then the way is down, if there is one.
            up => {
                graph = self
                    .graph_with(&mut *session, &history, &snapshot, &down)
                    .await
                    .map_err(only_error)?;
                let down =
                    plan::plan(&graph, &self.graph, &snapshot, &down, policies, dialect.syntax());
                match (up, down) {
                    (up, Ok(steps)) if !steps.steps.is_empty() || up.is_err() => {
                        sides = self.notes_of_sides(&graph, &steps.steps);
                        steps
                    }
                    (up, _) => up?,
                }
            }
        };
        let prepared = prepare::prepare(&steps.steps, dialect, &self.options.functions)?;
        if !prepared.is_empty() {
            let checked = self.check_existing(&mut *session, dialect, &snapshot, None).await;
            checked.map_err(only_error)?;
        }
        let mut notes = steps.notes;
        notes.extend(prepared.iter().flat_map(Prepared::notes));
        notes.extend(sides);
        notes.extend(self.graph.notes().iter().cloned());
        notes.extend(self.sum_problems.iter().cloned());
        Ok(Plan { steps: prepared.iter().map(PlannedStep::of).collect(), notes })
    }

    /// All rows of the history, or none where there is no table.
    pub(super) async fn snapshot(
        &self,
        connector: &mut (dyn Connector + '_),
    ) -> Result<HistorySnapshot> {
        Ok(match self.look(connector).await? {
            HistoryRead::Snapshot(snapshot) => snapshot.checked(&self.options.table())?,
            HistoryRead::Nothing => HistorySnapshot::default(),
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
        let mut looks = 0;
        let mut said: Option<(Instant, String)> = None;
        let mut last = NotYet::Problem(NO_ANSWER.to_owned());
        loop {
            // However short the limit, a try has a moment.
            let left = timeout.saturating_sub(started.elapsed()).max(LAST_TRY);
            let snapshot = tokio::time::timeout(left, self.snapshot(connector)).await;
            let found = match snapshot {
                // What was known before says more.
                Err(_) => last,
                // A server that is not up yet is one of the things that are waited for.
                Ok(Err(error)) => NotYet::Error(error),
                Ok(Ok(snapshot)) => match self.pending(&snapshot, &request, dialect) {
                    Ok(pending) if pending.is_empty() => return Ok(()),
                    Ok(pending) => NotYet::Problem(lacks(&snapshot, &pending)),
                    Err(error) => NotYet::Error(error),
                },
            };
            let waited = started.elapsed();
            if waited >= timeout {
                let (problem, source) = match found {
                    NotYet::Problem(problem) => (problem, None),
                    NotYet::Error(error) => {
                        ("the last look failed".to_owned(), Some(Box::new(error)))
                    }
                };
                return Err(Error::NotReady {
                    target: target.to_string(),
                    waited,
                    problem,
                    source,
                });
            }
            let problem = match &found {
                NotYet::Problem(problem) => problem.clone(),
                NotYet::Error(error) => format!("{error:#}"),
            };
            last = found;
            debug!(?waited, %problem, "waiting for the schema");
            // Why, to those who look on: when it changes, and now and then.
            if said.as_ref().is_none_or(|(at, said)| *said != problem || at.elapsed() >= SAY_AGAIN)
            {
                let text = problem.clone();
                self.options.observers.tell(|| Event::NotReady { waited, problem: text });
                said = Some((Instant::now(), problem));
            }
            looks += 1;
            let pause = Pauses::SCHEMA.after(looks).min(timeout.saturating_sub(waited));
            tokio::time::sleep(pause).await;
        }
    }

    /// The revisions that a request would run.
    fn pending(
        &self,
        snapshot: &HistorySnapshot,
        request: &Request,
        dialect: &'static dyn Dialect,
    ) -> Result<Vec<String>> {
        let (graph, policies) = (&self.graph, self.options.policies);
        let steps = plan::plan(graph, graph, snapshot, request, policies, dialect.syntax())?;
        if !steps.steps.iter().any(plan::Step::runs) {
            return Ok(Vec::new());
        }
        Ok(steps.steps.iter().map(|step| step.migration.revision().to_owned()).collect())
    }
}

/// Why the schema is not at the target yet.
enum NotYet {
    Problem(String),
    Error(Error),
}

/// Why a schema is not at its target yet. What is pending is more than what was begun and not ended.
fn lacks(snapshot: &HistorySnapshot, pending: &[String]) -> String {
    let begun: Vec<String> = snapshot.unfinished().map(|record| record.revision.clone()).collect();
    let pending: Vec<String> =
        pending.iter().filter(|revision| !begun.contains(revision)).cloned().collect();
    let parts = [("unfinished", begun), ("pending", pending)];
    let parts = parts.iter().filter(|(_, revisions)| !revisions.is_empty());
    let parts: Vec<String> =
        parts.map(|(what, revisions)| format!("{what} are {}", some_of(revisions, ", "))).collect();
    parts.join("; ")
}

/// The error that the history is where this role may not look; nothing where there is none.
async fn hidden_history(
    session: &mut dyn Session,
    dialect: &'static dyn Dialect,
    table: &HistoryTable,
) -> Option<Error> {
    let rows = session.run(&dialect.hidden(table)?).await.ok()?;
    let schema = rows.first()?.column("schema")?;
    Some(Error::History {
        table: table.name.clone(),
        problem: format!("is in the schema {schema}, which this role may not use"),
        advice: Advice::new(
            "grant it USAGE on the schema, and SELECT on the tables of the history",
        ),
        source: None,
    })
}

/// What the digest tells; nothing if the rows have to be asked for.
fn judge_digest(
    answer: &Result<Vec<Row>, Failure>,
    digest: &Digest,
    table: &HistoryTable,
) -> Result<Option<QuickRead>> {
    Ok(match answer {
        Ok(rows) => {
            HistorySnapshot::head(rows, table)?;
            match digest.compare(rows) {
                Difference::None => Some(QuickRead::Same),
                Difference::Fewer => Some(QuickRead::Pending),
                Difference::Unclear => None,
            }
        }
        // A server may lack the function; the rows every server has.
        Err(failure) if failure.kind == FailureKind::Other => None,
        Err(failure) => Some(nothing(failure)),
    })
}

/// Under the lock it is looked for again, and a fresh database need not be asked twice.
fn nothing(failure: &Failure) -> QuickRead {
    if failure.kind != FailureKind::Absent {
        debug!(error = %failure.error, "the quick look at the history failed");
    }
    QuickRead::Nothing { has_lock: failure.completed > 0 }
}

/// Lets something begin, computes while others work on it, and waits for its end.
async fn meanwhile<T, C>(work: impl Future<Output = T>, compute: impl FnOnce() -> C) -> (T, C) {
    let mut work = pin!(work);
    let begun = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
    let computed = compute();
    match begun {
        Poll::Ready(done) => (done, computed),
        Poll::Pending => (work.await, computed),
    }
}
