//! Creating and dropping a database, through another one of the same cluster.

use std::time::Duration;

use super::super::{BoxFuture, Connector, Failure, Server, Session};
use crate::{
    database::Dialect,
    error::{Error, Result},
};

/// A name for the connections of this page.
const APPLICATION: &str = "ambix";

/// Somebody is connected to the database, or to the one that is the model for a new one.
const IN_USE: &str = "55006";

pub(super) struct Cluster {
    pub(super) name: String,
    pub(super) own: Box<dyn Connector>,
    /// The databases that every cluster has.
    pub(super) others: Vec<Box<dyn Connector>>,
}

impl Cluster {
    /// A session on another database; the first error is that of the one that should be there.
    async fn session(&mut self) -> Result<Box<dyn Session + '_>> {
        let mut first = None;
        let mut open = None;
        for (at, other) in self.others.iter_mut().enumerate() {
            match other.quick(APPLICATION).await {
                Ok(_) => {
                    open = Some(at);
                    break;
                }
                Err(error) => first = first.or(Some(error)),
            }
        }
        match (open, first) {
            // It has kept the connection.
            (Some(at), _) => self.others[at].dedicated(APPLICATION).await,
            (None, Some(error)) => Err(error),
            (None, None) => {
                Err(Error::Url { problem: "there is no other database to ask".to_owned() })
            }
        }
    }

    async fn run(&mut self, doing: &'static str, sql: &str) -> Result<Result<usize, Failure>> {
        let mut session = self.session().await?;
        let result = session.run(sql).await;
        session.close().await;
        match result {
            Ok(rows) => Ok(Ok(rows.len())),
            Err(failure) if failure.code.is_some() => Ok(Err(failure)),
            Err(failure) => Err(failure.doing(doing)),
        }
    }
}

impl Server for Cluster {
    fn exists(&mut self) -> BoxFuture<'_, Result<bool>> {
        Box::pin(async move {
            let doing = "looking for the database";
            let name = super::Postgres.literal(&self.name);
            let sql = format!("SELECT 'exists' AS ambix FROM pg_database WHERE datname = {name}");
            match self.run(doing, &sql).await {
                Ok(rows) => rows.map(|rows| rows > 0).map_err(|failure| failure.doing(doing)),
                // A role that may connect to its own database only.
                Err(error) => match self.own.quick(APPLICATION).await {
                    Ok(_) => Ok(true),
                    Err(_) => Err(error),
                },
            }
        })
    }

    fn create(&mut self) -> BoxFuture<'_, Result<bool>> {
        Box::pin(async move {
            let doing = "creating the database";
            let sql = format!("CREATE DATABASE {}", super::Postgres.quote(&self.name));
            for left in (0..10).rev() {
                match self.run(doing, &sql).await? {
                    Ok(_) => return Ok(true),
                    // The second is what the catalog says to two that do it at the same time.
                    Err(failure) if matches!(failure.code.as_deref(), Some("42P04" | "23505")) => {
                        return Ok(false);
                    }
                    // A backup or another CREATE DATABASE reads the model; that does not take long.
                    Err(failure) if left > 0 && failure.code.as_deref() == Some(IN_USE) => {
                        tokio::time::sleep(Duration::from_millis(300)).await;
                    }
                    Err(failure) => return Err(failure.doing(doing)),
                }
            }
            Ok(false)
        })
    }

    fn remove(&mut self, force: bool) -> BoxFuture<'_, Result<bool>> {
        Box::pin(async move {
            let doing = "dropping the database";
            let name = super::Postgres.quote(&self.name);
            let sql = format!("DROP DATABASE {name}{}", if force { " WITH (FORCE)" } else { "" });
            match self.run(doing, &sql).await? {
                Ok(_) => Ok(true),
                Err(failure) if failure.code.as_deref() == Some("3D000") => Ok(false),
                Err(failure) if failure.code.as_deref() == Some(IN_USE) && !force => {
                    let error = &failure.error;
                    let advice =
                        format!("{error}; nothing was dropped; `force` ends their sessions");
                    Err(failure.reworded(advice).doing(doing))
                }
                Err(failure) => Err(failure.doing(doing)),
            }
        })
    }
}
