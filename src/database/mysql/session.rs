//! The driver: the only file here that names sqlx's types.

use sqlx::{
    ConnectOptions, MySql, MySqlConnection, MySqlPool,
    error::DatabaseError,
    mysql::{MySqlConnectOptions, MySqlDatabaseError, types::MySqlTime},
};

use super::super::{
    BoxFuture, Connect, Connector, Dialect, Driver, Failure, FailureKind, StepConnection,
    link::{Door, Link, link_functions},
    sealed,
};
use crate::{
    error::{Error, Result},
    schema::{ArrayElement, ColumnType, Type, columns},
};
#[cfg(feature = "testkit")]
use {
    super::super::{
        Row,
        copies::{Route, patience},
        link::explain,
    },
    std::time::Instant,
};

pub(super) const DRIVER: Driver = Driver {
    dialect: &super::MySql,
    connection: <sqlx::MySqlConnection as StepConnection>::NAME,
    open: |url| Ok(Box::new(Door::<MySql>::Options(read(url)?, None))),
    server: |url| {
        let options = read(url)?;
        let name = options.get_database().filter(|name| !name.is_empty()).map(str::to_owned);
        let name =
            name.ok_or_else(|| Error::Unsupported("the URL names no database".to_owned()))?;
        // It is there for everybody.
        let options = options.database("information_schema");
        let other = Box::new(Door::<MySql>::Options(options, None));
        Ok(Box::new(super::server::Instance { name, other }))
    },
    scratch: None,
    #[cfg(feature = "testkit")]
    copies: super::copies::open,
    #[cfg(feature = "testkit")]
    throw_away: Some(&super::copies::THROW_AWAY),
    #[cfg(feature = "testkit")]
    shell: &super::MySql,
};

fn read(url: &str) -> Result<MySqlConnectOptions> {
    // sqlx knows one scheme for both servers.
    let url = url.strip_prefix("mariadb:").map_or(url.to_owned(), |rest| format!("mysql:{rest}"));
    url.parse().map_err(|source: sqlx::Error| Error::Database {
        doing: "reading the database URL",
        source: source.into(),
    })
}

impl Link for MySql {
    link_functions!(MySqlConnection);

    fn open<'s>(
        options: &'s MySqlConnectOptions,
        _application: &'s str,
    ) -> BoxFuture<'s, Result<MySqlConnection, sqlx::Error>> {
        let options = options.clone().disable_statement_logging();
        Box::pin(async move { options.connect().await })
    }

    fn dialect() -> &'static dyn Dialect {
        &super::MySql
    }

    fn explain(error: &dyn DatabaseError, failure: &mut Failure) {
        let number =
            error.try_downcast_ref::<MySqlDatabaseError>().map_or(0, MySqlDatabaseError::number);
        let message = error.message();
        failure.kind = match number {
            // No such table, column, database.
            1146 | 1054 | 1049 => FailureKind::Absent,
            // Lock wait timeout, deadlock.
            1205 | 1213 => FailureKind::Transient,
            // Too many connections, of all users or of this one.
            1040 | 1203 => FailureKind::Transient,
            // Shutdown, gone away, lost, killed.
            1053 | 2006 | 2013 | 1927 | 3169 => FailureKind::Lost,
            // CHECK constraint, on the one server and on the other.
            3819 | 4025 if super::super::is_fence(message) => FailureKind::Fenced,
            _ => FailureKind::Other,
        };
        failure.lock_timeout = number == 1205;
        failure.code = Some(match error.code() {
            Some(state) => format!("{number}, SQLSTATE {state}"),
            None => number.to_string(),
        });
        failure.line =
            message.rsplit_once(" at line ").and_then(|(_, line)| line.trim().parse().ok());
    }
}

impl sealed::Sealed for MySqlConnection {}
impl StepConnection for MySqlConnection {
    const NAME: &'static str = "MySqlConnection";
}

/// A session of the test kit. Most of what a copy is made of is said by SHOW, whose columns cannot be given the name by which
/// other sessions know what is meant for them. So this one brings all rows, statement by statement.
#[cfg(feature = "testkit")]
pub(super) struct Reader(MySqlConnection);

#[cfg(feature = "testkit")]
impl Reader {
    /// Opens it on a database that is there for everybody.
    pub(super) async fn open(route: &Route) -> Result<Self> {
        let options = read(&route.url("information_schema"))?;
        let begun = Instant::now();
        loop {
            match <MySql as Link>::open(&options, "").await {
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
        use sqlx::{Either, Row as _};
        Box::pin(async move {
            let (mut sets, mut rows) = (Vec::new(), Vec::new());
            let mut results = <MySql as Link>::send(&mut self.0, sql.to_owned());
            while let Some(result) = std::future::poll_fn(|c| results.as_mut().poll_next(c)).await {
                match result {
                    Ok(Either::Left(_)) => sets.push(std::mem::take(&mut rows)),
                    Ok(Either::Right(row)) => {
                        let read = |at| row.try_get_unchecked(at).ok().flatten();
                        rows.push((0..row.len()).map(read).collect());
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
        <MySql as Link>::close(self.0).await;
    }
}

#[cfg(feature = "testkit")]
super::super::link::test_pool!(MySqlPool, sqlx::mysql::MySqlPoolOptions, "mysql", read);

impl sealed::Sealed for &MySqlPool {}
impl<'c> Connect<'c> for &'c MySqlPool {
    fn connector(self) -> Result<Box<dyn Connector + 'c>> {
        Ok(Box::new(Door::Pool(self)))
    }
}

impl sealed::Sealed for &mut MySqlConnection {}
impl<'c> Connect<'c> for &'c mut MySqlConnection {
    fn connector(self) -> Result<Box<dyn Connector + 'c>> {
        Ok(Box::new(Door::<MySql>::Borrowed(self)))
    }
}

// The driver's own type in models.
columns! { in arrays
    MySqlTime: Type::Time;
}
