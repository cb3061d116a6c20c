//! Who holds and waits for locks: `pg_locks` and `pg_stat_activity`.

use super::super::{
    BoxFuture, Failure, LockInspector, Row, Session, SessionInfo, SqlFile, fill, section,
};

const LOCKS: SqlFile = SqlFile::of(include_str!("lock_report.sql"));

#[derive(Debug)]
pub(super) struct Activity {
    /// The text, as a literal, by which a try for this migration lock is known among the statements of other sessions.
    pub(super) mark: String,
}

impl LockInspector for Activity {
    fn look<'s>(
        &'s mut self,
        session: &'s mut dyn Session,
        opening: &'s SessionInfo,
    ) -> BoxFuture<'s, Result<Vec<Row>, Failure>> {
        Box::pin(async move {
            let key = opening.key.as_deref().unwrap_or("NULL");
            let values = [
                ("key", key),
                ("mark", self.mark.as_str()),
                ("session", section!(LOCKS, "session")),
                ("no_session", section!(LOCKS, "no_session")),
            ];
            session.run(&fill(section!(LOCKS, "look"), &values)).await
        })
    }

    fn holders<'s>(
        &'s mut self,
        session: &'s mut dyn Session,
    ) -> BoxFuture<'s, Result<Vec<Row>, Failure>> {
        Box::pin(async move {
            let values = [
                ("session", section!(LOCKS, "session")),
                ("no_session", section!(LOCKS, "no_session")),
            ];
            session.run(&fill(section!(LOCKS, "holders"), &values)).await
        })
    }

    fn end(&self, id: u64, terminate: bool) -> Option<String> {
        let end = if terminate { section!(LOCKS, "terminate") } else { section!(LOCKS, "cancel") };
        Some(fill(end, &[("id", &id.to_string())]))
    }
}
