//! What may stand between us and the server, found out by how it behaves and before anything is written: a pooler that gives a
//! client now this connection to the server and now that one.

use std::time::{Duration, Instant};

use tracing::warn;

use crate::{
    database::{Dialect, Failure, FailureKind, Row, Session, SessionInfo},
    random::jitter,
};

/// A pooler in session mode may have no second connection to give. It would let us wait for it.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long, and with how many connections at once, a certain one of the pooler's is looked for.
const SEARCH: Duration = Duration::from_secs(5);
const CONNECTIONS: usize = 20;
const TURN: Duration = Duration::from_millis(200);
const PAUSE: Duration = Duration::from_millis(100);
/// Between the messages of a lent connection that look for the right one.
const RETRY: Duration = Duration::from_millis(20);
/// How often the server is asked who it is.
const LOOKS: usize = 3;

/// Whether messages of this session reach different connections of the server.
pub(super) async fn is_shared(
    session: &mut dyn Session,
    dialect: &'static dyn Dialect,
    application: &str,
) -> Result<bool, Failure> {
    let Some(ask) = dialect.backend() else { return Ok(false) };
    let mut backend = None;
    for _ in 0..LOOKS {
        let found = answer(session, ask).await?;
        if backend.as_ref().is_some_and(|backend| *backend != found) {
            return Ok(true);
        }
        backend = Some(found);
    }
    // Where nobody else is about, a pooler has the same connection for us again and again; but then also for another client.
    let Some(mut connector) = session.another() else { return Ok(false) };
    let other = async {
        let mut other = connector.dedicated(application).await.ok()?;
        // It keeps what it gets for as long as its transaction is open.
        let begun = other.run(dialect.begin()).await;
        let found = match begun {
            Ok(_) => answer(&mut *other, ask).await.map_err(|failure| failure.kind),
            Err(failure) => Err(failure.kind),
        };
        let again = answer(session, ask).await;
        let _ = other.rollback().await;
        other.close().await;
        Some((found, again))
    };
    let Ok(Some((found, again))) = tokio::time::timeout(PATIENCE, other).await else {
        return Ok(false);
    };
    let again = Some(again?);
    Ok(match found {
        Ok(found) => again != backend || Some(found) == again,
        Err(kind) => kind == FailureKind::Pooled,
    })
}

/// Runs a statement on the connection of the server that answered the opening query. A lent connection cannot be replaced, but a
/// pooler may lead its next message to the right one.
pub(super) async fn reach(
    session: &mut dyn Session,
    dialect: &'static dyn Dialect,
    opening: &SessionInfo,
    statement: &str,
) -> Result<Vec<Row>, Failure> {
    let Some(check) = dialect.same_backend(opening) else { return session.run(statement).await };
    let message = format!("{check};\n{statement}");
    let started = Instant::now();
    loop {
        match session.run(&message).await {
            Err(failure) if failure.kind == FailureKind::Pooled && started.elapsed() < SEARCH => {
                tokio::time::sleep(jitter(RETRY)).await;
            }
            result => return result,
        }
    }
}

/// Puts the connection of the server in order that answered the opening query: the lock is given back, and nothing that was set stays.
/// A pooler may give us any of its connections, so each that is another is kept until the right one comes.
pub(super) async fn clean_up(
    session: &mut dyn Session,
    dialect: &'static dyn Dialect,
    opening: &SessionInfo,
    release: Option<&str>,
    application: &str,
) {
    let (Some(check), Some(farewell)) = (dialect.same_backend(opening), dialect.farewell()) else {
        return;
    };
    let last = match release {
        Some(release) => format!("{release};\n{farewell};\nCOMMIT"),
        None => format!("{farewell};\nCOMMIT"),
    };
    let mut connectors: Vec<_> = (0..CONNECTIONS).map_while(|_| session.another()).collect();
    let search = async {
        while !connectors.is_empty() {
            let mut others = Vec::new();
            let mut found = false;
            for connector in &mut connectors {
                // Where others look for theirs, all may have some and wait for the rest: then it is better to start again.
                let next = async {
                    let mut other = connector.dedicated(application).await.ok()?;
                    let begun = other.run(&format!("{};\n{check}", dialect.begin())).await;
                    Some((other, begun.is_ok()))
                };
                let Ok(Some((mut other, right))) = tokio::time::timeout(TURN, next).await else {
                    break;
                };
                found = right && other.run(&last).await.is_ok();
                others.push(other);
                if found {
                    break;
                }
            }
            for mut other in others {
                let _ = other.rollback().await;
                other.close().await;
            }
            if found {
                return;
            }
            tokio::time::sleep(jitter(PAUSE)).await;
        }
    };
    if tokio::time::timeout(SEARCH, search).await.is_ok() {
        return;
    }
    // A pooler opens another in its place. What somebody else uses is left alone.
    let end = dialect.end_backend(opening).unwrap_or_default();
    if let Err(failure) = session.run(&end).await {
        warn!(error = %failure.error, "a connection of the pooler may still hold the migration lock");
    }
}

async fn answer(session: &mut dyn Session, ask: &str) -> Result<Option<String>, Failure> {
    let rows = session.run(ask).await?;
    Ok(rows.first().and_then(|row| row.column("backend")).map(str::to_owned))
}
