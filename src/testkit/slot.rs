//! How many tests use a server at once: as many as it has connections for, over all processes of this machine.
//!
//! A seat is a locked file. It needs no connection to wait for one, costs some microseconds, and is free when its process ends,
//! however that goes. Where several machines share a server, the server's own limit makes them wait: see
//! [`Route::session`](crate::database::testkit).

use std::{
    path::Path,
    time::{Duration, Instant},
};

use super::fingerprint::short_hash;
use crate::{
    database::testkit::{
        Copies,
        files::{FileLock, folder, make_folder, publish, read_recent, try_lock},
    },
    error::{Error, Result},
    random::jitter,
};

/// How long a test waits for others to end.
const WAIT: Duration = Duration::from_secs(600);
/// Connections that stay for other users of the server.
const RESERVE: u32 = 10;

/// A place among the tests that use a server. It is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Slot(#[allow(dead_code)] FileLock); // held for its lock

impl Slot {
    /// Takes a seat for a test with so many connections; waits until one is free. The files of a throw-away server go with it.
    pub(super) async fn take(
        copies: &mut dyn Copies,
        thrown_away: Option<&Path>,
        connections: u32,
    ) -> Result<Option<Self>> {
        let Some(server) = copies.server() else { return Ok(None) };
        let folder = match thrown_away {
            Some(server) => server.join("seats"),
            None => folder()?.join(format!("seats-{}", short_hash(&server))),
        };
        make_folder(&folder)?;
        let limit = limit(&folder, copies).await?;
        // One more for the kit's own.
        let seats = (limit.saturating_sub(RESERVE) / (connections + 1)).max(1);
        let begun = Instant::now();
        loop {
            for number in 0..seats {
                if let Some(file) = try_lock(&folder.join(format!("{number}.lock")))? {
                    return Ok(Some(Self(file)));
                }
            }
            if begun.elapsed() > WAIT {
                let text = format!(
                    "{seats} tests at a time have connections on this server (of {limit}, {} each), and none has ended for \
                     {} s; give tests fewer with `max_connections`, or the server more",
                    connections + 1,
                    WAIT.as_secs()
                );
                return Err(Error::TestKit { problem: text });
            }
            tokio::time::sleep(jitter(Duration::from_millis(10))).await;
        }
    }
}

/// How many connections the server takes. It is asked once, by one process; the others read what that has written.
async fn limit(folder: &Path, copies: &mut dyn Copies) -> Result<u32> {
    let file = folder.join("limit");
    // Another server may be there by tomorrow.
    let read = || read_recent(&file, Duration::from_secs(600))?.trim().parse().ok();
    loop {
        if let Some(limit) = read() {
            return Ok(limit);
        }
        let Some(_asking) = try_lock(&folder.join("limit.lock"))? else {
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        };
        if let Some(limit) = read() {
            return Ok(limit);
        }
        let limit = copies.connections().await?;
        publish(&file, &limit.to_string())?;
        return Ok(limit);
    }
}
