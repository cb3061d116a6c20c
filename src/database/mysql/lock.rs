//! The named lock of a session.

use super::super::{BoxFuture, Lock, Opening, Session, fill, section};

/// `GET_LOCK` without a wait, polled, and its answer checked: some servers answer NULL instead of an error. It is one lock
/// for the whole server, so the key has the database's name in it, and it survives the commits that DDL makes.
#[derive(Debug)]
pub(super) struct NamedLock;

impl Lock for NamedLock {
    fn expression(&self) -> String {
        "COALESCE(GET_LOCK(o.lock_name, 0), 0)".to_owned()
    }

    fn release_statement(&self, opening: &Opening) -> Option<String> {
        // The name is `ambix:` and hex digits: there is nothing in it to quote.
        let key = opening.key.as_ref()?;
        Some(format!("SELECT 'unlock' AS ambix, COALESCE(RELEASE_LOCK('{key}'), 0)"))
    }

    fn holder<'s>(
        &'s mut self,
        session: &'s mut dyn Session,
        opening: Option<&'s Opening>,
    ) -> BoxFuture<'s, Option<String>> {
        Box::pin(async move {
            let key = format!("'{}'", opening?.key.as_ref()?);
            let query = fill(section(super::HISTORY, "holder"), &[("key", &key)]);
            let rows = session.run(&query).await.ok()?;
            rows.into_iter().next()?.into_iter().nth(1)?
        })
    }
}
