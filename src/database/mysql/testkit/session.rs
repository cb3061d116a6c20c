//! The driver for the test kit: its pool, and the kit's own session.

use std::time::Instant;

use sqlx::{Either, MySql, MySqlConnection, Row as _};

use super::super::session::read;
use crate::{
    database::{
        BoxFuture, Failure, Row,
        sqlx_session::{ColumnNames, SqlxDriver, explain},
        testkit::{Route, patience, pool::test_pool},
    },
    error::Result,
};

test_pool!(sqlx::MySqlPool, sqlx::mysql::MySqlPoolOptions, "mysql", read);

/// A session of the test kit. Most of what a copy is made of is said by SHOW, whose columns cannot be given the name by which
/// other sessions know what is meant for them. So this one brings all rows, statement by statement.
pub(super) struct Reader(MySqlConnection);

impl Reader {
    /// Opens it on a database that everybody may use.
    pub(super) async fn open(route: &Route) -> Result<Self> {
        let options = read(&route.url("information_schema"))?.options;
        let begun = Instant::now();
        loop {
            match <MySql as SqlxDriver>::open(&options, "", "").await {
                Ok(connection) => return Ok(Self(connection)),
                Err(error) => patience(begun, explain::<MySql>(error)).await?,
            }
        }
    }

    /// Sends statements as one message: the rows of each.
    pub(super) fn run<'s>(
        &'s mut self,
        sql: &'s str,
    ) -> BoxFuture<'s, Result<Vec<Vec<Row>>, Failure>> {
        Box::pin(async move {
            let (mut sets, mut rows, mut names) = (Vec::new(), Vec::new(), ColumnNames::default());
            let mut results = <MySql as SqlxDriver>::send(&mut self.0, sql.to_owned());
            while let Some(result) = std::future::poll_fn(|c| results.as_mut().poll_next(c)).await {
                match result {
                    Ok(Either::Left(_)) => sets.push(std::mem::take(&mut rows)),
                    Ok(Either::Right(row)) => {
                        let read = |at| row.try_get_unchecked(at).ok().flatten();
                        let values = (0..row.len()).map(read).collect();
                        rows.push(Row::new(names.of(row.columns()), values));
                    }
                    Err(error) => {
                        return Err(Failure { completed: sets.len(), ..explain::<MySql>(error) });
                    }
                }
            }
            Ok(sets)
        })
    }

    pub(super) async fn close(self) {
        <MySql as SqlxDriver>::close(self.0).await;
    }
}
