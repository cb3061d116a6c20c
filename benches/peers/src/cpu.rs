//! The processor time that a run took, of the server and of the client: on a busy machine it says more than a clock.

use std::time::Duration;

use sqlx::{Connection, PgConnection};

use crate::measure::Result;

/// Watches the processor time of a server on this machine (Linux), and of this process with its children.
pub(crate) struct Watch {
    connection: PgConnection,
    /// The server's first process, which is told of the time of each backend that has ended.
    postmaster: Option<i32>,
}

impl Watch {
    pub(crate) async fn new(url: &str) -> Result<Self> {
        let mut connection = PgConnection::connect(url).await?;
        let backend: i32 =
            sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut connection).await?;
        // A server elsewhere may have a namesake here.
        let is_postgres = |pid: &i32| {
            std::fs::read_to_string(format!("/proc/{pid}/comm"))
                .is_ok_and(|c| c.starts_with("postgres"))
        };
        let postmaster = Some(backend)
            .filter(is_postgres)
            .and_then(|pid| fields(&pid.to_string())?.get(1)?.parse().ok());
        Ok(Self { connection, postmaster: postmaster.filter(is_postgres) })
    }

    /// The times so far, of the server's ended backends and of this process; waits until all but our own have ended.
    pub(crate) async fn now(&mut self) -> Result<[Duration; 2]> {
        let busy = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() \
                    AND datname LIKE 'ambix\\_bench\\_%'";
        for _ in 0..200 {
            if sqlx::query_scalar::<_, i64>(busy).fetch_one(&mut self.connection).await? == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // It leaves the list a little before it is gone.
        tokio::time::sleep(Duration::from_millis(50)).await;
        let server =
            self.postmaster.and_then(|pid| ticks(&pid.to_string(), &[13, 14])).unwrap_or_default();
        Ok([server, ticks("self", &[11, 12, 13, 14]).unwrap_or_default()])
    }

    pub(crate) async fn close(self) -> Result<()> {
        Ok(self.connection.close().await?)
    }
}

/// The fields of `/proc/PID/stat` after the name, which may hold spaces.
fn fields(pid: &str) -> Option<Vec<String>> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(stat.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect())
}

/// Linux counts in hundredths of a second here, whatever its own clock does.
fn ticks(pid: &str, which: &[usize]) -> Option<Duration> {
    let fields = fields(pid)?;
    let ticks: u64 = which.iter().filter_map(|at| fields.get(*at)?.parse::<u64>().ok()).sum();
    Some(Duration::from_millis(ticks * 10))
}
