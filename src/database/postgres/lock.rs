//! The session advisory lock.

use super::{super::*, HISTORY, SESSION_KEY};
use crate::hash_functions::crc32;

/// `pg_try_advisory_lock`, polled. A waiter that blocks in `pg_advisory_lock` holds a snapshot for which
/// CREATE INDEX CONCURRENTLY waits: the two deadlock (matrix-authentication-service#5298).
#[derive(Debug)]
pub(super) struct AdvisoryLock {
    pub(super) mark: String,
    /// Whether the lock of sqlx's migrator is taken as well.
    pub(super) exclude_sqlx: bool,
    /// Its key, once the name of the database is known.
    pub(super) sqlx_key: Option<i64>,
}

/// By what those who look at the server's sessions know the tries for the lock of a table.
pub(super) fn mark(table: &HistoryTable) -> String {
    format!("/* the migration lock of {} */", table.name.replace("*/", "* /").replace("/*", "/ *"))
}

impl MigrationLock for AdvisoryLock {
    fn acquire<'s>(
        &'s mut self,
        session: &'s mut dyn Session,
    ) -> BoxFuture<'s, Result<bool, Failure>> {
        Box::pin(async move {
            if self.exclude_sqlx && self.sqlx_key.is_none() {
                let rows = session.run(section!(HISTORY, "database")).await?;
                self.sqlx_key = one_text(&rows, "name").map(|name| sqlx_key(&name));
            }
            Ok(true)
        })
    }

    fn expression(&self) -> String {
        let ours = format!("pg_catalog.pg_try_advisory_lock({SESSION_KEY})");
        let rest = match self.sqlx_key {
            None => format!("WHEN {ours} THEN 1"),
            // Both or none: ours is given back where the other is not free.
            Some(key) => format!(
                "WHEN NOT {ours} THEN 0 WHEN pg_catalog.pg_try_advisory_lock({key}) THEN 1 \
                 WHEN pg_catalog.pg_advisory_unlock({SESSION_KEY}) THEN 0"
            ),
        };
        format!("{} CASE WHEN pg_catalog.pg_is_in_recovery() THEN 0 {rest} ELSE 0 END", self.mark)
    }

    fn release_statement(&self, opening: &SessionInfo) -> Option<String> {
        let unlock =
            |key: &str| format!("CASE WHEN pg_catalog.pg_advisory_unlock({key}) THEN 1 ELSE 0 END");
        let mut unlocks = unlock(opening.key.as_ref()?);
        if let Some(key) = self.sqlx_key {
            // A product, since both have to be given back whatever the first says.
            unlocks = format!("{unlocks} * {}", unlock(&key.to_string()));
        }
        Some(format!("SELECT 'unlock' AS ambix, {unlocks} AS unlocked"))
    }

    fn holder<'s>(
        &'s mut self,
        session: &'s mut dyn Session,
        opening: Option<&'s SessionInfo>,
    ) -> BoxFuture<'s, Option<String>> {
        Box::pin(async move {
            let key = opening?.key.clone()?;
            let ask = |key: &str| fill(section!(HISTORY, "holder"), &[("key", key)]);
            let rows = session.run(&ask(&key)).await.ok()?;
            if let Some(holder) = one_text(&rows, "holder") {
                return Some(holder);
            }
            let rows = session.run(&ask(&self.sqlx_key?.to_string())).await.ok()?;
            one_text(&rows, "holder").map(|holder| format!("{SQLX_LOCK}{holder}"))
        })
    }
}

/// The key that the migrator of sqlx 0.9 locks: a number of its own times the CRC-32 of the database's name.
fn sqlx_key(database: &str) -> i64 {
    0x3d32_ad9e * i64::from(crc32(database.bytes()))
}
