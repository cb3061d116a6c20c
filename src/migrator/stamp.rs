//! The verbs that write the history and run nothing.

use super::{
    Migrator,
    acquire_lock::Acquired,
    queries::QuickRead,
    run_loop::{RunIdentity, RunState, only_error},
};
use crate::{
    database::Connector,
    error::Result,
    run::execute::{Interruption, Runner},
};

impl Migrator {
    pub(super) async fn ensure_on(&self, connector: &mut (dyn Connector + '_)) -> Result<bool> {
        let dialect = connector.dialect();
        let listed = match self.peek(connector).await? {
            QuickRead::Snapshot(snapshot) if snapshot.exists => return Ok(false),
            quick_read => matches!(quick_read, QuickRead::Snapshot(_)),
        };
        let mut run_state = RunState::lock_only();
        let application = self.options.process.on_server();
        let session = connector.dedicated(&application).await?;
        let mut lock = self.options.lock_for(dialect);
        let taken = self.acquire_lock(session, dialect, &mut *lock, listed, &mut run_state).await;
        let Acquired::Locked { session, opening, snapshot, .. } = taken.map_err(only_error)? else {
            return Ok(false);
        };
        let names = RunIdentity::new(&self.options.process);
        let mut runner = self.runner(session, dialect, &*lock, *opening, &snapshot, &names);
        let result = make_tables(&mut runner).await;
        self.release_lock(runner, &mut *lock, result).await.map_err(only_error)
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
