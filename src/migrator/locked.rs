//! The lock around what a verb does: the session, what was read under the lock, and the way out on every path.

use super::{
    Migrator,
    acquire_lock::Acquired,
    run_loop::{RunIdentity, RunState, only_error},
};
use crate::{
    database::{Connector, Dialect, MigrationLock, Row, Session},
    error::Result,
    note::Note,
    run::{
        execute::{Interruption, Runner},
        history::HistorySnapshot,
    },
};

/// A session with the lock, at work.
pub(super) struct LockedRun<'r, 's> {
    pub(super) runner: Runner<'r, 's>,
    /// The history as it is under the lock.
    pub(super) snapshot: HistorySnapshot,
    /// What else the database has, where that was asked.
    pub(super) existing: Option<Vec<Row>>,
    lock: Box<dyn MigrationLock>,
}

impl Migrator {
    /// Takes the lock on a session; the notes where another runner has done it all. What comes of it goes to
    /// [`unlock`](Self::unlock).
    pub(super) async fn lock_on<'r, 's>(
        &'r self,
        session: Box<dyn Session + 's>,
        dialect: &'static dyn Dialect,
        listed: bool,
        run_state: &mut RunState,
        names: &'r RunIdentity,
    ) -> Result<Result<LockedRun<'r, 's>, Vec<Note>>, Interruption> {
        let mut lock = self.options.lock_for(dialect);
        let acquired = self.acquire_lock(session, dialect, &mut *lock, listed, run_state).await?;
        Ok(match acquired {
            Acquired::Done(notes) => Err(notes),
            Acquired::Locked { session, opening, snapshot, existing } => {
                let runner = self.runner(session, dialect, &*lock, *opening, &snapshot, names);
                Ok(LockedRun { runner, snapshot, existing, lock })
            }
        })
    }

    /// Takes the lock for who writes rows of the history and runs nothing, on a session of its own.
    pub(super) async fn lock_alone<'s>(
        &'s self,
        connector: &'s mut (dyn Connector + '_),
        listed: bool,
        names: &'s RunIdentity,
    ) -> Result<Option<LockedRun<'s, 's>>> {
        let dialect = connector.dialect();
        let session = connector.dedicated(&names.application).await?;
        let mut run_state = RunState::lock_only();
        let locked = self.lock_on(session, dialect, listed, &mut run_state, names).await;
        // Only an upgrade can find that another has done it all.
        Ok(locked.map_err(only_error)?.ok())
    }

    /// Gives lock, settings and connection back. The first error is the one that is reported.
    pub(super) async fn unlock<T>(
        &self,
        locked: LockedRun<'_, '_>,
        result: Result<T, Interruption>,
    ) -> Result<T, Interruption> {
        let LockedRun { runner, mut lock, .. } = locked;
        self.release_lock(runner, &mut *lock, result).await
    }
}
