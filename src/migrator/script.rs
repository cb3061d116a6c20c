//! Offline scripts: no database is asked, but for where a script begins that begins where the database is.

use super::Migrator;
#[cfg(feature = "cli")]
use crate::{database::Connect, error::Missing, run::history::State};
use crate::{
    database::driver,
    error::{Error, Result},
    graph::{Applied, Target},
    run::{
        fitting,
        history::HistorySql,
        plan::{self, Action, Direction, Step},
        prepare,
        script::{self, ScriptOptions},
    },
    url::database_name,
};

impl Migrator {
    pub(super) fn script_of(&self, database: &str, from: &Target, to: &Target) -> Result<String> {
        let applied = self.applied_at(from)?;
        self.script_between(database, &applied, to)
    }

    fn script_between(&self, database: &str, applied: &Applied, to: &Target) -> Result<String> {
        not_current(to)?;
        let mut direction = Direction::Up;
        let mut moves = self.graph.upgrade(applied, std::slice::from_ref(to));
        if moves.as_ref().is_ok_and(Vec::is_empty) || (moves.is_err() && !applied.is_empty()) {
            direction = Direction::Down;
            moves = self.graph.downgrade(applied, to);
        }
        let mut moves = moves?;
        let mut left = None;
        if direction == Direction::Up {
            (moves, left) = plan::up_to_phase(&self.graph, moves, self.options.policies.phase);
        }
        let step = |migration| Step { migration, direction, action: Action::Run, resume: None };
        let steps: Vec<Step<'_>> = moves.into_iter().map(step).collect();
        for step in &steps {
            plan::check_way(step)?;
        }
        let script = self.write_script(database, applied, &steps)?;
        Ok(left.map_or_else(String::new, |note| format!("-- {note}\n")) + &script)
    }

    pub(super) fn stamp_script_of(
        &self,
        database: &str,
        from: &Target,
        to: &Target,
    ) -> Result<String> {
        let applied = self.applied_at(from)?;
        self.stamp_between(database, &applied, to)
    }

    fn stamp_between(&self, database: &str, applied: &Applied, to: &Target) -> Result<String> {
        not_current(to)?;
        let stamp = self.graph.stamp(applied, std::slice::from_ref(to))?;
        let step = |direction| {
            move |migration| Step { migration, direction, action: Action::Record, resume: None }
        };
        let erase = stamp.erase.into_iter().map(step(Direction::Down));
        let steps: Vec<Step<'_>> =
            erase.chain(stamp.record.into_iter().map(step(Direction::Up))).collect();
        self.write_script(database, applied, &steps)
    }

    pub(super) fn history_script_of(&self, database: &str) -> Result<String> {
        let dialect = driver(database)?.dialect;
        Ok(script::tables(dialect, &HistorySql::new(dialect, &self.options.table_for(dialect)?)))
    }

    fn applied_at(&self, target: &Target) -> Result<Applied> {
        if target.asks_database() {
            return Err(asks(target));
        }
        let stamp = self.graph.stamp(&Applied::new(), std::slice::from_ref(target))?;
        Ok(stamp.record.iter().map(|m| m.revision().to_owned()).collect())
    }

    /// The script from where a database is, or from a place that is counted from there. It only reads.
    #[cfg(feature = "cli")]
    pub(crate) async fn script_from_database(
        &self,
        url: &str,
        [from, to]: [&Target; 2],
        is_stamp: bool,
    ) -> Result<String> {
        let mut connector = url.connector()?;
        let snapshot = self.snapshot(&mut *connector).await?;
        if let Some(record) = snapshot.records.iter().find(|r| r.state != State::Applied) {
            let problem =
                "no script can continue from there: run the program on the database first";
            return Err(plan::left_unfinished(record, problem.to_owned()));
        }
        let missing: Vec<Missing> = plan::unknown(&self.graph, &snapshot)
            .map(|record| plan::missing(&self.graph, record))
            .collect();
        if !missing.is_empty() {
            return Err(Error::Missing(missing));
        }
        let mut applied = plan::applied(&self.graph, &snapshot);
        let way = self.graph.stamp(&applied, std::slice::from_ref(from))?;
        let (erase, record): (Vec<_>, Vec<_>) = (
            way.erase.iter().map(|m| m.revision().to_owned()).collect(),
            way.record.iter().map(|m| m.revision().to_owned()).collect(),
        );
        applied.retain(|revision| !erase.contains(revision));
        applied.extend(record);
        match is_stamp {
            true => self.stamp_between(url, &applied, to),
            false => self.script_between(url, &applied, to),
        }
    }

    fn write_script(
        &self,
        database: &str,
        applied: &Applied,
        steps: &[Step<'_>],
    ) -> Result<String> {
        let driver = driver(database)?;
        let dialect = driver.dialect;
        // The name of a database alone says nothing of settings.
        let settings = match database.contains("://") {
            true => (driver.settings)(database)?,
            false => None,
        };
        let home = self.options.schema.as_deref().and_then(|schema| dialect.script_home(schema));
        let [schema, path] = home.unwrap_or_default();
        let settings: Vec<String> =
            settings.into_iter().chain([path]).filter(|text| !text.is_empty()).collect();
        let prepared = prepare::prepare(steps, dialect, &self.options.functions)?;
        fitting::check_home(&prepared, dialect, database_name(database).as_deref())?;
        let history = HistorySql::new(dialect, &self.options.table_for(dialect)?);
        let applied_by = format!("offline script, written by {}", self.options.process);
        let options = ScriptOptions {
            create: applied.is_empty(),
            applied_by: &applied_by,
            settings: &settings.join("\n"),
            schema: &schema,
        };
        script::script(dialect, &history, &self.graph, &prepared, options)
    }
}

/// No database is asked, and the base is not where each of them is.
fn asks(target: &Target) -> Error {
    Error::Target {
        target: target.to_string(),
        problem: "it is counted from the current revision of a database, and a script asks no database; write a revision, or \
                  base"
            .to_owned(),
    }
}

fn not_current(to: &Target) -> Result<()> {
    if to.is_current() { Err(asks(to)) } else { Ok(()) }
}
