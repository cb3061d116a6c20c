//! The verbs that write the history and run nothing.

use super::{
    Migrator,
    queries::QuickRead,
    run_loop::{RunIdentity, only_error},
};
use crate::{
    database::{Connect, Connector},
    error::{Error, Result},
    graph::Target,
    run::{
        execute::{Interruption, Runner},
        plan::Request,
        report::Report,
    },
};

impl Migrator {
    /// Writes the history as if the database were at the target, and runs nothing. Lines of the history that the target
    /// does not name stay as they are; `"abc123 def456"` names several.
    ///
    /// # Errors
    /// As [`upgrade`](Self::upgrade), except for those of running.
    pub async fn stamp<'c, T>(&self, database: impl Connect<'c>, target: T) -> Result<Report>
    where
        T: TryInto<Target>,
        Error: From<T::Error>,
    {
        let request = Request::Stamp { target: target.try_into()?, purge: false };
        self.run_state(self.connector(database)?, "stamp", request).await
    }

    /// Deletes all rows of the history, whatever they say, and writes it as if the database were at the target; in one
    /// transaction, and nothing is run. The way out where the history names migrations that are gone for good.
    ///
    /// What the rows knew is lost: when a migration was applied and by whom, and the down sides of those that are gone.
    ///
    /// # Errors
    /// As [`stamp`](Self::stamp), but for those that the rows themselves are the reason for.
    pub async fn stamp_purge<'c, T>(&self, database: impl Connect<'c>, target: T) -> Result<Report>
    where
        T: TryInto<Target>,
        Error: From<T::Error>,
    {
        let request = Request::Stamp { target: target.try_into()?, purge: true };
        self.run_state(self.connector(database)?, "stamp", request).await
    }

    /// The SQL that writes the history of a database at one target as if it were at another, for the database's own
    /// shell, in one transaction. No database is asked; `database` is as in [`script`](Self::script).
    ///
    /// # Errors
    /// As [`script`](Self::script).
    pub fn script_stamp<F, T>(&self, database: &str, from: F, to: T) -> Result<String>
    where
        F: TryInto<Target>,
        T: TryInto<Target>,
        Error: From<F::Error> + From<T::Error>,
    {
        self.stamp_script_of(database, &from.try_into()?, &to.try_into()?)
    }

    /// Makes the tables of the history where they are missing, and nothing else: so that a role with fewer rights can do
    /// the rest. Says whether there was something to make.
    ///
    /// # Errors
    /// [`Error::Locked`], and [`Error::Database`] where the tables cannot be made.
    pub async fn ensure_history<'c>(&self, database: impl Connect<'c>) -> Result<bool> {
        self.ensure_on(&mut *self.connector(database)?).await
    }

    /// The SQL of [`ensure_history`](Self::ensure_history), for the database's own shell.
    ///
    /// # Errors
    /// [`Error::NotCompiledIn`] if the database is not compiled in.
    pub fn script_history(&self, database: &str) -> Result<String> {
        self.history_script_of(database)
    }

    async fn ensure_on(&self, connector: &mut (dyn Connector + '_)) -> Result<bool> {
        let listed = match self.peek(connector).await? {
            QuickRead::Snapshot(snapshot) if snapshot.exists => return Ok(false),
            quick_read => matches!(quick_read, QuickRead::Snapshot(_)),
        };
        let names = RunIdentity::new(&self.options.process);
        let Some(mut locked) = self.lock_alone(connector, listed, &names).await? else {
            return Ok(false);
        };
        let result = make_tables(&mut locked.runner).await;
        self.unlock(locked, result).await.map_err(only_error)
    }
}

/// Whether another runner has not been first.
async fn make_tables(runner: &mut Runner<'_, '_>) -> Result<bool, Interruption> {
    if runner.exists {
        return Ok(false);
    }
    runner.create_outside().await?;
    let written = runner.write(|_, _| {}).await;
    written.map_err(|failure| Interruption::of(failure, "creating the history table"))?;
    Ok(true)
}
