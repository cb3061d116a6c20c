//! Creating and dropping a database.

use std::time::Duration;

use super::super::{BoxFuture, Connector, Failure, Server, Session};
use crate::{
    database::Dialect,
    error::{Error, Result},
};

pub(super) struct Instance {
    pub(super) name: String,
    /// The way to the server, without the database.
    pub(super) other: Box<dyn Connector>,
}

impl Instance {
    async fn session(&mut self) -> Result<Box<dyn Session + '_>> {
        self.other.dedicated("ambix").await
    }

    async fn try_create(&mut self) -> Result<Result<(), Failure>> {
        let sql = format!("CREATE DATABASE {}", super::MySql.quote(&self.name));
        let mut session = self.session().await?;
        let result = session.run(&sql).await;
        session.close().await;
        Ok(result.map(|_| ()))
    }
}

/// Whether it is the error of this number.
pub(super) fn is(failure: &Failure, number: &str) -> bool {
    failure.code.as_deref().is_some_and(|code| code.split(',').next() == Some(number))
}

impl Server for Instance {
    fn exists(&mut self) -> BoxFuture<'_, Result<bool>> {
        Box::pin(async move {
            let name = super::MySql.literal(&self.name);
            let sql = format!(
                "SELECT 'exists' AS ambix FROM information_schema.schemata WHERE schema_name = {name}"
            );
            let mut session = self.session().await?;
            let rows = session.run(&sql).await;
            session.close().await;
            let rows = rows.map_err(|failure| failure.doing("looking for the database"))?;
            Ok(!rows.is_empty())
        })
    }

    fn create(&mut self) -> BoxFuture<'_, Result<bool>> {
        Box::pin(async move {
            match self.try_create().await? {
                Ok(()) => Ok(true),
                Err(failure) if is(&failure, "1007") => Ok(false),
                Err(failure) => Err(failure.doing("creating the database")),
            }
        })
    }

    fn remove(&mut self, force: bool) -> BoxFuture<'_, Result<bool>> {
        Box::pin(async move {
            if !self.exists().await? {
                return Ok(false);
            }
            let name = self.name.clone();
            let mut session = self.session().await?;
            let removed = remove(&mut *session, &name, force).await;
            session.close().await;
            removed
        })
    }
}

/// The query for the connections to a database, as far as this user sees them.
///
/// One look shows bystanders, too: MariaDB takes who reads `information_schema` for a moment into every database whose triggers it
/// reads (seen with 10.11). Only who is there at two looks, [`PAUSE`] apart, uses the database.
pub(super) fn users(name: &str) -> String {
    let name = super::MySql.literal(name);
    format!(
        "SELECT 'user' AS ambix, id AS id FROM information_schema.processlist WHERE db = {name} AND id <> CONNECTION_ID()"
    )
}

/// Between two looks at the connections to a database.
pub(super) const PAUSE: Duration = Duration::from_millis(2);

async fn remove(session: &mut dyn Session, name: &str, force: bool) -> Result<bool> {
    let doing = "dropping the database";
    let query = users(name);
    let mut users = session.run(&query).await.map_err(|failure| failure.doing(doing))?;
    for _ in 0..10 {
        if users.is_empty() {
            break;
        }
        tokio::time::sleep(PAUSE).await;
        let now = session.run(&query).await.map_err(|failure| failure.doing(doing))?;
        users.retain(|user| now.contains(user));
    }
    if !users.is_empty() && !force {
        let text = format!(
            "{} connections use the database; nothing was dropped; `force` ends them",
            users.len()
        );
        return Err(Error::Database { doing, source: text.into() });
    }
    for user in users {
        if let Some(id) = user.column("id") {
            // One that is gone already is as good.
            let _ = session.run(&format!("KILL CONNECTION {id}")).await;
        }
    }
    // Who is not seen may have locked a table: without a limit this would wait for a day.
    let drop =
        format!("SET SESSION lock_wait_timeout = 10; DROP DATABASE {}", super::MySql.quote(name));
    match session.run(&drop).await {
        Ok(_) => Ok(true),
        Err(failure) if is(&failure, "1008") => Ok(false),
        Err(failure) => Err(failure.doing(doing)),
    }
}
