//! The named lock of a session.

use super::{super::*, HISTORY};
use crate::hash_functions::crc32;

/// `GET_LOCK` without a wait, polled, and its answer checked: some servers answer NULL instead of an error. It is one lock
/// for the whole server, so the key has the database's name in it, and it survives the commits that DDL makes.
#[derive(Debug, Default)]
pub(super) struct NamedLock {
    /// Whether the lock of sqlx's migrator is taken as well.
    pub(super) exclude_sqlx: bool,
    /// Its name, once the name of the database is known.
    pub(super) sqlx_key: Option<String>,
}

impl MigrationLock for NamedLock {
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
        // Without a database there is no name, for which MySQL has an error that says less than ours.
        let ours =
            "CASE WHEN o.lock_name IS NULL THEN 0 ELSE COALESCE(GET_LOCK(o.lock_name, 0), 0) END";
        match &self.sqlx_key {
            None => ours.to_owned(),
            // Both or none: ours is given back where the other is not free.
            Some(key) => format!(
                "CASE WHEN {ours} = 0 THEN 0 WHEN COALESCE(GET_LOCK('{key}', 0), 0) = 1 THEN 1 \
                 ELSE 0 * COALESCE(RELEASE_LOCK(o.lock_name), 0) END"
            ),
        }
    }

    fn release_statement(&self, opening: &SessionInfo) -> Option<String> {
        // The name is `ambix:` and hex digits, sqlx's is hex digits: there is nothing in them to quote.
        let unlock = |key: &str| format!("COALESCE(RELEASE_LOCK('{key}'), 0)");
        let mut unlocks = unlock(opening.key.as_ref()?);
        if let Some(key) = &self.sqlx_key {
            unlocks = format!("{unlocks} * {}", unlock(key));
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
            let ask =
                |key: &str| fill(section!(HISTORY, "holder"), &[("key", &format!("'{key}'"))]);
            let rows = session.run(&ask(&key)).await.ok()?;
            if let Some(holder) = one_text(&rows, "holder") {
                return Some(holder);
            }
            let rows = session.run(&ask(self.sqlx_key.as_ref()?)).await.ok()?;
            one_text(&rows, "holder").map(|holder| format!("{SQLX_LOCK}{holder}"))
        })
    }
}

/// The name that the migrator of sqlx 0.9 locks: a number of its own times the CRC-32 of the database's name.
fn sqlx_key(database: &str) -> String {
    format!("{:x}", 0x3d32_ad9e * u64::from(crc32(database.bytes())))
}
