//! The session advisory lock.

use super::{super::*, SESSION_KEY};

/// `pg_try_advisory_lock`, polled. A waiter that blocks in `pg_advisory_lock` holds a snapshot for which
/// CREATE INDEX CONCURRENTLY waits: the two deadlock (matrix-authentication-service#5298).
#[derive(Debug)]
pub(super) struct AdvisoryLock {
    pub(super) mark: String,
}

/// By what those who look at the server's sessions know the tries for the lock of a table.
pub(super) fn mark(table: &Table) -> String {
    format!("/* the migration lock of {} */", table.name.replace("*/", "* /").replace("/*", "/ *"))
}

impl Lock for AdvisoryLock {
    fn expression(&self) -> String {
        format!(
            "{} CASE WHEN pg_is_in_recovery() THEN 0 WHEN pg_try_advisory_lock({SESSION_KEY}) THEN 1 ELSE 0 END",
            self.mark
        )
    }

    fn release_statement(&self, opening: &Opening) -> Option<String> {
        let key = opening.key.as_ref()?;
        Some(format!(
            "SELECT 'unlock' AS ambix, CASE WHEN pg_advisory_unlock({key}) THEN 1 ELSE 0 END"
        ))
    }

    fn holder<'s>(
        &'s mut self,
        session: &'s mut dyn Session,
        opening: Option<&'s Opening>,
    ) -> BoxFuture<'s, Option<String>> {
        Box::pin(async move {
            let key = opening?.key.as_ref()?;
            let query = fill(section(super::HISTORY, "holder"), &[("key", key)]);
            let rows = session.run(&query).await.ok()?;
            rows.into_iter().next()?.into_iter().nth(1)?
        })
    }
}
