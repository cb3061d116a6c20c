//! The down sides that the history keeps: a downgrade runs the one that was applied with its migration, so that a migration
//! that was edited since can be reverted, and applied again.

use std::collections::HashMap;

use super::{Migrator, Verification, run_loop::only_error};
use crate::{
    database::{Connector, Row, Session},
    error::{Error, Result},
    graph::{Graph, Target},
    migration::Phase,
    note::Note,
    run::{
        execute::Interruption,
        history::{HistorySnapshot, HistorySql, State},
        plan::{self, Action, Direction, Request, Step},
        prepare,
        report::Report,
    },
};

/// Which down side a downgrade runs where the file says another one than was applied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DownSide {
    /// The one that the history keeps: it fits what was applied. The default.
    #[default]
    Applied,
    /// The one that the file has now: where that was mended.
    Files,
}

impl Migrator {
    /// Reverts the newest migration and applies it again.
    pub(super) async fn redo_on(&self, connector: &mut (dyn Connector + '_)) -> Result<Report> {
        let Some(last) = self.newest(connector).await? else { return Ok(Report::default()) };
        let target: Target = last.parse()?;
        // Revert nothing that cannot be applied again.
        if let Some(migration) = self.graph.get(&last) {
            let step =
                Step { migration, direction: Direction::Up, action: Action::Run, resume: None };
            prepare::prepare(&[step], connector.dialect(), &self.options.functions)?;
        } else {
            return Err(Error::UnknownRevision { near: self.graph.near(&last), given: last });
        }
        let down = Request::Downgrade("-1".parse()?);
        let mut report = self.run_loop_on(connector, "redo", down).await?;
        // It was applied, and is again, whatever its phase.
        let again = self.clone().phase(Phase::LAST);
        report.append(again.run_loop_on(connector, "redo", Request::Upgrade(target)).await?);
        self.keep_dump(connector, &report).await?;
        Ok(report)
    }

    /// The one applied migration that nothing applied follows, or the one that was left in the middle of its way back.
    async fn newest(&self, connector: &mut (dyn Connector + '_)) -> Result<Option<String>> {
        let snapshot = self.snapshot(connector).await?;
        if let Some(record) = snapshot.unfinished().find(|record| record.state == State::Upgrading)
        {
            let problem = "what was not applied cannot be reverted; nothing was run";
            return Err(plan::left_unfinished(record, problem.to_owned()));
        }
        let mut heads = self.current_on(connector).await?.into_newest();
        if heads.len() > 1 {
            return Err(Error::ManyHeads { target: "redo".to_owned(), heads });
        }
        Ok(heads.pop())
    }

    /// The down sides in the history of the migrations that could be reverted.
    pub(super) async fn stored_downs(
        &self,
        session: &mut dyn Session,
        history: &HistorySql,
        snapshot: &HistorySnapshot,
    ) -> Result<HashMap<String, String>, Interruption> {
        let with_files = self.options.down_side == DownSide::Applied;
        let is_needed = |revision: &str| with_files || self.graph.get(revision).is_none();
        let revisions: Vec<&str> = snapshot
            .records
            .iter()
            .map(|record| record.revision.as_str())
            .filter(|revision| is_needed(revision))
            .collect();
        if revisions.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = session.run(&history.down(&revisions)).await;
        let rows =
            rows.map_err(|failure| Interruption::of(failure, "reading the stored down sides"))?;
        let side =
            |row: &Row| Some((row.column("revision")?.to_owned(), row.column("down")?.to_owned()));
        Ok(rows.iter().filter_map(side).collect())
    }

    /// What is to be said of the sides that steps run: where a file has another one.
    pub(super) fn notes_of_sides(&self, graph: &Graph, steps: &[Step<'_>]) -> Vec<Note> {
        let is_down = |step: &&Step<'_>| step.direction == Direction::Down && step.runs();
        let of = |step: &Step<'_>| {
            let revision = step.migration.revision();
            let (own, used) = (self.graph.get(revision)?, graph.get(revision)?);
            let file = own.down_script().unwrap_or_else(|| own.up_script()).file();
            let (own, used) = (own.down_script().map(|s| s.text()), used.down_script()?.text());
            (own != Some(used))
                .then(|| Note::StoredDown { revision: revision.to_owned(), file: file.to_owned() })
        };
        steps.iter().filter(is_down).filter_map(of).collect()
    }

    /// Whether files and history agree, on both sides of the migrations.
    pub(super) async fn verify_on(
        &self,
        connector: &mut (dyn Connector + '_),
    ) -> Result<Verification> {
        let mut verification = self.status_on(connector).await?.verification();
        verification.problems.extend(self.edited_downs(connector).await?);
        Ok(verification)
    }

    /// The applied migrations whose down sides were edited since, a sentence each.
    pub(super) async fn edited_downs(
        &self,
        connector: &mut (dyn Connector + '_),
    ) -> Result<Vec<String>> {
        let snapshot = self.snapshot(connector).await?;
        if snapshot.records.is_empty() {
            return Ok(Vec::new());
        }
        let history = HistorySql::new(connector.dialect(), &self.options.table());
        let application = self.options.process.on_server();
        let mut session = connector.quick(&application).await?;
        let stored = self.stored_downs(&mut *session, &history, &snapshot).await;
        session.close().await;
        let stored = stored.map_err(only_error)?;
        let edited = |revision: &str| {
            let (own, was) = (self.graph.get(revision)?, stored.get(revision)?);
            let file = own.down_script().unwrap_or_else(|| own.up_script()).file();
            let is_same = own.down_script().is_some_and(|down| down.text() == was);
            (!is_same).then(|| {
                format!(
                    "{file} (revision {revision}) has another down side than was applied; a downgrade runs the one that was applied; \
                     restore it, or record the new one with `Repair::AcceptChanged`"
                )
            })
        };
        let applied = snapshot.records.iter().filter(|record| record.state == State::Applied);
        Ok(applied.filter_map(|record| edited(&record.revision)).collect())
    }
}
