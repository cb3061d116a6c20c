//! What only reads: the quick look, the plan, and waiting for another's work.

use std::time::{Duration, Instant};

use tracing::debug;

use super::{
    Migrator,
    drive::only_error,
    take::{POLL_MAX, not_ours},
};
use crate::{
    database::{Connector, FailureKind},
    error::{Error, Result, some_of},
    graph::Target,
    run::{
        history::{HistorySql, Snapshot},
        plan::{self, Request},
        report::{Plan, PlannedStep},
        work,
    },
};

/// What the quick look found.
pub(super) enum Look {
    Snapshot(Snapshot),
    /// There is no history table, or not one that can be read; the way under the lock will tell.
    Nothing,
}

impl Migrator {
    /// One quick read, without a lock: all rows (`full`), or just what tells whether there is something to do.
    pub(super) async fn look(
        &self,
        connector: &mut (dyn Connector + '_),
        full: bool,
    ) -> Result<Look> {
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
                if session.run(&history.any()).await.is_ok() {
                    // Unless it was made between the two queries.
                    let again = session.run(&history.list()).await;
                    let rows = again.map_err(|_| not_ours(&table))?;
                    Look::Snapshot(Snapshot::read(&rows, &table)?)
                } else {
                    Look::Nothing
                }
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

    pub(super) async fn plan_on(
        &self,
        connector: &mut (dyn Connector + '_),
        target: Target,
    ) -> Result<Plan> {
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
                graph = self
                    .graph_with(&mut *session, &history, &snapshot, &down)
                    .await
                    .map_err(only_error)?;
                let down =
                    plan::plan(&graph, &self.graph, &snapshot, &down, policies, dialect.syntax());
                match (up, down) {
                    (up, Ok(steps)) if !steps.steps.is_empty() || up.is_err() => steps,
                    (up, _) => up?,
                }
            }
        };
        let prepared = work::prepare(&steps.steps, dialect, &self.options.functions)?;
        let mut notes = steps.notes;
        notes.extend(
            self.sum_problems.iter().map(|problem| format!("ambix.sum is stale: {problem}")),
        );
        Ok(Plan { steps: prepared.iter().map(PlannedStep::of).collect(), notes })
    }

    /// All rows of the history, or none where there is no table.
    pub(super) async fn snapshot(&self, connector: &mut (dyn Connector + '_)) -> Result<Snapshot> {
        Ok(match self.look(connector, true).await? {
            Look::Snapshot(snapshot) => snapshot,
            Look::Nothing => Snapshot::default(),
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
                    match plan::plan(
                        &self.graph,
                        &self.graph,
                        &snapshot,
                        &request,
                        policies,
                        dialect.syntax(),
                    ) {
                        Ok(steps) if !steps.steps.iter().any(plan::Step::runs) => return Ok(()),
                        Ok(steps) => {
                            let names: Vec<String> = steps
                                .steps
                                .iter()
                                .map(|s| s.migration.revision().to_owned())
                                .collect();
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
