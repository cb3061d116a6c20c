//! The verbs that write the history and run nothing.

use super::{
    Migrator,
    queries::QuickRead,
    run_loop::{RunIdentity, only_error},
};
use crate::{
    database::Connector,
    error::Result,
    run::execute::{Interruption, Runner},
};

impl Migrator {
    pub(super) async fn ensure_on(&self, connector: &mut (dyn Connector + '_)) -> Result<bool> {
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
