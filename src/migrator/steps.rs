//! What is to be done: planned the first time, and what is left of that plan after a lost connection.

use std::{borrow::Cow, collections::HashMap, time::Duration};

use super::{
    Migrator,
    run_loop::{InitialStep, RunState},
};
use crate::{
    database::{Dialect, HistoryTable, Session},
    error::{Advice, Error, Result},
    graph::Graph,
    run::{
        event::Event,
        execute::Interruption,
        history::{HistorySnapshot, HistorySql, State},
        plan::{self, Direction, Request, Step},
        report::StepReport,
    },
};

impl Migrator {
    /// The graph, with what only the history knows where that matters.
    pub(super) async fn graph_with<'g>(
        &'g self,
        session: &mut dyn Session,
        history: &HistorySql,
        snapshot: &HistorySnapshot,
        request: &Request,
    ) -> Result<Cow<'g, Graph>, Interruption> {
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
    pub(super) fn steps<'g>(
        &self,
        graph: &'g Graph,
        snapshot: &HistorySnapshot,
        dialect: &'static dyn Dialect,
        run_state: &mut RunState,
    ) -> Result<Vec<Step<'g>>> {
        // A purge is one transaction and means the same each time, so that nothing of it is left over.
        let wanted = run_state.wanted.as_ref().filter(|_| !run_state.request.is_purge());
        let Some(wanted) = wanted else {
            let policies = self.options.policies;
            let steps = plan::plan(
                graph,
                &self.graph,
                snapshot,
                &run_state.request,
                policies,
                dialect.syntax(),
            )?;
            let wanted = steps.steps.iter().map(|step| InitialStep {
                revision: step.migration.revision.clone(),
                name: step.migration.name.clone(),
                direction: step.direction,
                action: step.action,
            });
            let wanted: Vec<InitialStep> = wanted.collect();
            self.options.observers.tell(|| Event::Planned {
                steps: wanted.len(),
                arguments: self.options.arguments.clone(),
            });
            run_state.wanted = Some(wanted);
            run_state.notes.extend(steps.notes);
            return Ok(steps.steps);
        };
        check_kept(&self.options.table(), snapshot, run_state)?;
        let applied = snapshot.applied();
        let is_gone = |revision: &str| snapshot.record(revision).is_none();
        let unrecorded = plan::unrecorded(graph, snapshot)?;
        let unrecorded = |revision: &str| unrecorded.iter().any(|m| m.revision() == revision);
        // A plan may record and revert the same squash; if both took effect, there is no row to tell.
        let is_taken_back = |revision: &str| {
            let down = |w: &InitialStep| w.revision == revision && w.direction == Direction::Down;
            wanted.iter().any(down) && is_gone(revision)
        };
        let mut left = Vec::new();
        for (at, InitialStep { revision, name, direction, action }) in wanted.iter().enumerate() {
            let (direction, action) = (*direction, *action);
            let took_effect = match direction {
                Direction::Up => applied.contains(revision) || is_taken_back(revision),
                Direction::Down => is_gone(revision),
            };
            if took_effect && !unrecorded(revision) {
                // In flight when the connection went, and it took effect.
                if !run_state
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
                    run_state.done.push(step);
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
pub(super) fn check_kept(
    table: &HistoryTable,
    snapshot: &HistorySnapshot,
    run_state: &RunState,
) -> Result<()> {
    let mut last: Vec<&StepReport> = Vec::new();
    for step in &run_state.done {
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
    let fewer = snapshot.epoch < run_state.epoch;
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
        advice: Advice::new(
            "find out whether this is the right server, and look at the schema: what a migration did may be lost as well as its \
             row, or only one of them; then run again, or record what the schema has with ",
        )
        .verb("stamp", "stamp REVISION"),
        source: None,
    })
}
