//! The driver: the only file here that names sqlx's types.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use sqlx::{
    ConnectOptions, Sqlite, SqliteConnection, SqlitePool, error::DatabaseError,
    sqlite::SqliteConnectOptions,
};

use super::super::{
    BoxFuture, Dialect, Driver, Failure, FailureKind, StatementLimit, StepConnection,
    connector::{ConnectTarget, SqlxConnector},
    sqlx_session::{SqlxDriver, sqlx_driver_functions},
    url::Parameters,
};
use crate::error::{ConnectProblem, Error, Result};

pub(super) const DRIVER: Driver = Driver {
    dialect: &super::Sqlite,
    connection: <sqlx::SqliteConnection as StepConnection>::NAME,
    open: |url| Ok(Box::new(SqlxConnector::leading(read(url)?))),
    server: |url| {
        let way = read(url)?;
        let path = way.options.get_filename().to_owned();
        let own = Box::new(SqlxConnector::leading(way));
        Ok(Box::new(super::server::Disk { path, own }))
    },
    settings: |_| Ok(None),
    scratch: Some(|| {
        let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(false);
        Ok(Box::new(SqlxConnector::<Sqlite>::leading(ConnectTarget::new(options))))
    }),
    #[cfg(feature = "testkit")]
    testkit: Some(&super::Sqlite),
};

const PARAMETERS: Parameters = Parameters {
    driver: &["mode", "cache", "immutable", "vfs"],
    own: &[],
    prefix: None,
    only: &[],
    advice: "",
};

pub(super) fn read(url: &str) -> Result<ConnectTarget<Sqlite>> {
    let read = PARAMETERS.file(url)?;
    let options = read.parse(|url| url.parse::<SqliteConnectOptions>().ok())?;
    if !Sqlite::can_open(&options) {
        let problem = "an in-memory database is gone when its connection ends, so a URL for one makes no sense here; pass a \
                       pool or a connection";
        return Err(Error::Connection { problem: problem.to_owned() });
    }
    Ok(ConnectTarget::new(options))
}

impl SqlxDriver for Sqlite {
    sqlx_driver_functions!(SqliteConnection);

    fn open<'s>(
        options: &'s SqliteConnectOptions,
        _application: &'s str,
        _first: &'s str,
    ) -> BoxFuture<'s, Result<SqliteConnection, sqlx::Error>> {
        let options = options.clone().disable_statement_logging();
        Box::pin(async move { options.connect().await })
    }

    fn advise(options: &SqliteConnectOptions, failure: Failure) -> Failure {
        // 14 is CANTOPEN, which does not say what.
        if failure.code.as_deref() != Some("14") {
            return failure;
        }
        let file = options.get_filename().display();
        let message = format!(
            "{}: {file}; is it there, and its folder? `?mode=rwc` in the URL, or `create_if_missing(true)`, creates it",
            failure.error
        );
        failure.reworded(message)
    }

    fn can_open(options: &SqliteConnectOptions) -> bool {
        let name = options.get_filename().to_string_lossy();
        // sqlx turns `sqlite::memory:` into a URI of this form, and an empty name is a temporary database.
        !(name.contains("mode=memory")
            || name.contains(":memory:")
            || name.is_empty()
            || name.contains("sqlx-in-memory"))
    }

    fn limit(
        connection: &mut SqliteConnection,
        limit: Duration,
    ) -> BoxFuture<'_, Option<StatementLimit>> {
        Box::pin(async move {
            let mut handle = connection.lock_handle().await.ok()?;
            let (guard, holds) = StatementLimit::new();
            let begun = Instant::now();
            handle.set_progress_handler(1000, move || {
                !holds.load(Ordering::Relaxed) || begun.elapsed() < limit
            });
            Some(guard)
        })
    }

    fn dialect() -> &'static dyn Dialect {
        &super::Sqlite
    }

    fn explain(error: &dyn DatabaseError, failure: &mut Failure) {
        let message = error.message();
        // The low byte is the primary code: 5 is BUSY, 6 is LOCKED; 275 is a CHECK constraint.
        let code = error.code().and_then(|code| code.parse::<u32>().ok()).unwrap_or_default();
        failure.lock_timeout = code & 0xff == 5;
        failure.kind = match (code & 0xff, code) {
            (5 | 6, _) => FailureKind::Transient,
            (_, 275) if super::super::is_fence(message) => FailureKind::Fenced,
            _ if message.starts_with("no such table") || message.starts_with("no such column") => {
                FailureKind::Absent
            }
            _ => FailureKind::Other,
        };
        if code & 0xff == 14 {
            failure.connect = ConnectProblem::NoDatabase;
        }
        failure.advice = match code & 0xff {
            8 => Some(
                "nothing can be written there: the URL may open the file with mode=ro, or this user may only read the file or its \
                 folder",
            ),
            26 => Some("the file has other content than a SQLite database, or is encrypted"),
            _ => None,
        };
        if message.starts_with("cannot modify") && message.ends_with("because it is a view") {
            failure.advice = Some("drop the view, and give the table that it reads its name again");
        }
    }
}

super::super::sqlx_session::connections!(SqlitePool, SqliteConnection, Sqlite);
