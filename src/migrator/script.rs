//! Offline scripts: no database is asked.

use super::Migrator;
use crate::{
    database::driver,
    error::Result,
    graph::{Applied, Target},
    run::{
        history::HistorySql,
        plan::{self, Action, Direction, Step},
        script, work,
    },
};

impl Migrator {
    pub(super) fn script_of(&self, database: &str, from: &Target, to: &Target) -> Result<String> {
        let applied = self.applied_at(from)?;
        let mut direction = Direction::Up;
        let mut moves = self.graph.upgrade(&applied, std::slice::from_ref(to));
        if moves.as_ref().is_ok_and(Vec::is_empty) || (moves.is_err() && !applied.is_empty()) {
            direction = Direction::Down;
            moves = self.graph.downgrade(&applied, to);
        }
        let step = |migration| Step { migration, direction, action: Action::Run, resume: None };
        let steps: Vec<Step<'_>> = moves?.into_iter().map(step).collect();
        for step in &steps {
            plan::check_way(step)?;
        }
        self.write_script(database, &applied, &steps)
    }

    pub(super) fn stamp_script_of(
        &self,
        database: &str,
        from: &Target,
        to: &Target,
    ) -> Result<String> {
        let applied = self.applied_at(from)?;
        let stamp = self.graph.stamp(&applied, std::slice::from_ref(to))?;
        let step = |direction| {
            move |migration| Step { migration, direction, action: Action::Record, resume: None }
        };
        let erase = stamp.erase.into_iter().map(step(Direction::Down));
        let steps: Vec<Step<'_>> =
            erase.chain(stamp.record.into_iter().map(step(Direction::Up))).collect();
        self.write_script(database, &applied, &steps)
    }

    pub(super) fn history_script_of(&self, database: &str) -> Result<String> {
        let dialect = driver(database)?.dialect;
        Ok(script::tables(dialect, &HistorySql::new(dialect, &self.options.table())))
    }

    fn applied_at(&self, target: &Target) -> Result<Applied> {
        let stamp = self.graph.stamp(&Applied::new(), std::slice::from_ref(target))?;
        Ok(stamp.record.iter().map(|m| m.revision().to_owned()).collect())
    }

    fn write_script(
        &self,
        database: &str,
        applied: &Applied,
        steps: &[Step<'_>],
    ) -> Result<String> {
        let dialect = driver(database)?.dialect;
        let prepared = work::prepare(steps, dialect, &self.options.functions)?;
        let history = HistorySql::new(dialect, &self.options.table());
        let applied_by = format!("offline script, written by {}", self.options.process);
        script::script(dialect, &history, &self.graph, &prepared, applied.is_empty(), &applied_by)
    }
}
