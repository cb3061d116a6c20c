//! Up, down, and up again, with a record that it worked.

use std::collections::HashMap;

use super::{Migrator, repair::RepairStep};
use crate::{
    database::Connector,
    error::{Error, Result},
    graph::Target,
    run::{
        history::{HistorySnapshot, State},
        plan::{Action, Direction, Request},
        rehearsal::Rehearsal,
        report::{PlannedStep, Report},
    },
};

impl Migrator {
    pub(super) async fn rehearse_on(
        &self,
        connector: &mut (dyn Connector + '_),
        target: Target,
    ) -> Result<Report> {
        let plan = self.plan_on(connector, target.clone()).await?;
        let is_up =
            |step: &&PlannedStep| step.direction == Direction::Up && step.action == Action::Run;
        let pending: Vec<String> =
            plan.steps.iter().filter(is_up).map(|step| step.revision.clone()).collect();
        // Apply nothing that cannot be reverted.
        for revision in &pending {
            let Some(migration) = self.graph.get(revision) else { continue };
            if migration.down_script().is_none() {
                return Err(Error::Irreversible {
                    revision: revision.clone(),
                    place: migration.place(),
                    reason: migration.irreversible.clone(),
                });
            }
        }
        if pending.is_empty() {
            return Ok(Report { notes: plan.notes, ..Report::default() });
        }
        let verb = "rehearse";
        let mut report =
            self.run_loop_on(connector, verb, Request::Upgrade(target.clone())).await?;
        for revision in pending.iter().rev() {
            let down =
                self.run_loop_on(connector, verb, Request::TakeBack(revision.clone())).await?;
            report.append(down);
        }
        report.append(self.run_loop_on(connector, verb, Request::Upgrade(target)).await?);
        self.keep_dump(connector, &report).await?;
        let texts = self.texts();
        self.record_rehearsal(connector, &report, &texts).await?;
        Ok(report)
    }

    /// The checksums that the history has now, by revision; empty if a down side there is another than that of the files.
    pub(super) async fn applied_texts(
        &self,
        connector: &mut (dyn Connector + '_),
    ) -> Result<HashMap<String, String>> {
        if !self.edited_downs(connector).await?.is_empty() {
            return Ok(HashMap::new());
        }
        let records = self.snapshot(connector).await?.records;
        Ok(records.into_iter().map(|record| (record.revision, record.checksum)).collect())
    }

    /// The checksums of the files, by revision.
    fn texts(&self) -> HashMap<String, String> {
        self.graph.iter().map(|m| (m.revision().to_owned(), m.checksum().to_string())).collect()
    }

    /// Records which migrations were run down and up by these steps, and had the texts before that they have now.
    pub(super) async fn record_rehearsal(
        &self,
        connector: &mut (dyn Connector + '_),
        report: &Report,
        before: &HashMap<String, String>,
    ) -> Result<()> {
        let ran = |revision: &str, direction: Direction| {
            report.steps.iter().any(|step| {
                step.revision == revision
                    && step.direction == direction
                    && step.action == Action::Run
            })
        };
        let again: Vec<&str> = self
            .graph
            .iter()
            .filter(|migration| migration.down_script().is_some())
            .map(|migration| migration.revision())
            .filter(|revision| ran(revision, Direction::Down) && ran(revision, Direction::Up))
            .collect();
        if again.is_empty() {
            return Ok(());
        }
        let decide = |snapshot: &HistorySnapshot| {
            let mut repairs = Vec::new();
            for revision in &again {
                let (Some(migration), Some(record)) =
                    (self.graph.get(revision), snapshot.record(revision))
                else {
                    continue;
                };
                let was_the_same = before.get(*revision) == Some(&record.checksum);
                let is_new =
                    matches!(record.rehearsal(migration), Rehearsal::None | Rehearsal::OtherDown);
                if record.state == State::Applied && was_the_same && is_new {
                    let flags = record.rehearsed_flags(migration);
                    let repair = RepairStep::Flag { revision: record.revision.clone(), flags };
                    repairs.push((repair, format!("{revision} is recorded as rehearsed")));
                }
            }
            Ok(repairs)
        };
        self.under_lock(connector, decide).await.map(drop)
    }
}
