//! Who holds and waits for locks, and how to end them.

use super::Migrator;
use crate::{
    database::{
        Connector, SessionInfo,
        lock_report::{LockSession, Locks},
    },
    error::{Error, Result},
};

impl Migrator {
    /// All that is to be seen of locks and sessions, also of those that nobody waits for.
    async fn look_at_locks(&self, connector: &mut (dyn Connector + '_)) -> Result<Locks> {
        let doing = "looking at the locks";
        let dialect = connector.dialect();
        let table = self.options.table();
        let application = self.options.process.on_server();
        let mut session = connector.quick(&application).await?;
        // The lock's expression is one that takes nothing.
        let opening = session.run(&dialect.opening(&table, "0")).await;
        let opening = opening.map_err(|failure| failure.doing(doing))?;
        let opening = opening.first().map(SessionInfo::read).unwrap_or_default();
        let mut lock_inspector = dialect.lock_inspector(&table);
        let rows = lock_inspector.look(&mut *session, &opening).await;
        session.close().await;
        Ok(Locks::read(table.to_string(), &rows.map_err(|failure| failure.doing(doing))?))
    }

    pub(super) async fn locks_on(&self, connector: &mut (dyn Connector + '_)) -> Result<Locks> {
        Ok(self.look_at_locks(connector).await?.of_interest())
    }

    pub(super) async fn end_on(
        &self,
        connector: &mut (dyn Connector + '_),
        id: u64,
        terminate: bool,
    ) -> Result<LockSession> {
        let dialect = connector.dialect();
        let Some(statement) = dialect.lock_inspector(&self.options.table()).end(id, terminate)
        else {
            let database = dialect.name();
            let problem = format!(
                "{database} has no sessions that can be ended: end the process that has the database open; nothing was done"
            );
            return Err(Error::Unsupported { database, problem });
        };
        let argument =
            |problem| Error::Argument { argument: "session", given: id.to_string(), problem };
        let gone = || {
            argument(format!(
                "there is no session {id}, or this user may not see it; nothing was ended"
            ))
        };
        let locks = self.look_at_locks(connector).await?;
        let found = locks.session(id).cloned().ok_or_else(gone)?;
        if let Some(state) = found.state.as_deref().filter(|state| state.starts_with("idle"))
            && !terminate
        {
            return Err(argument(format!(
                "session {id} is {state}, so there is no statement to cancel; terminate it to end its transaction; nothing was done"
            )));
        }
        let application = self.options.process.on_server();
        let mut session = connector.quick(&application).await?;
        let ended = session.run(&statement).await;
        session.close().await;
        let rows = ended.map_err(|failure| failure.doing("ending a session"))?;
        match rows.first().and_then(|row| row.column("ended")) {
            Some("0") => Err(gone()),
            _ => Ok(found),
        }
    }
}
