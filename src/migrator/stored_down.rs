//! The down sides that the history keeps: a downgrade runs the one that was applied with its migration, so that a migration
//! that was edited since can be taken back, and applied again.

use std::collections::HashMap;

use super::{Migrator, run_loop::only_error};
use crate::{
    database::{Connect, Connector, Session},
    error::{Error, Result},
    graph::{Graph, Target},
    note::Note,
    run::{
        execute::Interruption,
        history::{HistorySnapshot, HistorySql, State},
        plan::{Action, Direction, Request, Step},
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
    /// Which down side a downgrade runs where a file has been edited since it was applied; by default the one that was
    /// applied with it, which the history keeps.
    ///
    /// ```
    /// use ambix::{DownSide, Migrator};
    /// # let migrator = Migrator::from_migrations(ambix::Migrations::default())?;
    /// let migrator = migrator.down_side(DownSide::Files);
    /// # Ok::<(), ambix::Error>(())
    /// ```
    #[must_use]
    pub fn down_side(mut self, side: DownSide) -> Self {
        self.options.down_side = side;
        self
    }

    /// Takes back the newest applied migration and applies it as its file is now: for a migration that is still being
    /// written. **What it made is dropped, with its data.**
    ///
    /// It is taken back with the down side that was applied, so that the file may have been edited.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use ambix::{Migration, Migrations, Migrator};
    /// # let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
    /// let migrator = |up| Migrator::from_migrations(Migrations::new([Migration::new("1", "users").up(up).down("drop table users")])?);
    /// migrator("create table users (id integer)")?.run_pending(&pool).await?;
    /// let report = migrator("create table users (id integer, email text)")?.redo(&pool).await?;
    /// assert_eq!(report.steps.len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`downgrade`](Self::downgrade) and [`upgrade`](Self::upgrade); [`Error::ManyHeads`] where several migrations are the
    /// newest of their branches. Where the second half fails, the migration is pending.
    pub async fn redo<'c>(&self, database: impl Connect<'c>) -> Result<Report> {
        let mut connector = self.connector(database)?;
        let Some(last) = self.newest(&mut *connector).await? else { return Ok(Report::default()) };
        let target: Target = last.parse()?;
        // Nothing is taken back that cannot come again.
        if let Some(migration) = self.graph.get(&last) {
            let step =
                Step { migration, direction: Direction::Up, action: Action::Run, resume: None };
            prepare::prepare(&[step], connector.dialect(), &self.options.functions)?;
        } else {
            return Err(Error::UnknownRevision { near: self.graph.near(&last), given: last });
        }
        let down = Request::Downgrade("-1".parse()?);
        let mut report = self.drive_on(&mut *connector, "redo", down).await?;
        let up = self.drive_on(&mut *connector, "redo", Request::Upgrade(target)).await?;
        report.steps.extend(up.steps);
        for note in up.notes {
            if !report.notes.contains(&note) {
                report.notes.push(note);
            }
        }
        report.waited += up.waited;
        report.elapsed += up.elapsed;
        Ok(report)
    }

    /// The one applied migration that nothing applied follows, or the one that was left in the middle of its way back.
    async fn newest(&self, connector: &mut (dyn Connector + '_)) -> Result<Option<String>> {
        let mut heads = self.current_on(connector).await?.into_newest();
        if heads.len() > 1 {
            return Err(Error::ManyHeads { target: "redo".to_owned(), heads });
        }
        Ok(heads.pop())
    }

    /// The down sides that the history keeps of what could be taken back.
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
        let side = |row: Vec<Option<String>>| match row.as_slice() {
            [_, Some(revision), Some(down)] => Some((revision.clone(), down.clone())),
            _ => None,
        };
        Ok(rows.into_iter().filter_map(side).collect())
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
                     restore it, or record the new one with `repair --accept-changed {revision}`"
                )
            })
        };
        let applied = snapshot.records.iter().filter(|record| record.state == State::Applied);
        Ok(applied.filter_map(|record| edited(&record.revision)).collect())
    }
}
