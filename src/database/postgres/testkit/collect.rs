//! Taking away what nobody needs any more.

use super::{
    COPIES, Postgres, key,
    note::{CopyNote, Known},
    run, section, try_lock, unlock,
};
use crate::{
    database::{
        Dialect, Failure, Session,
        testkit::{READY, TEMPLATES, UNUSED},
    },
    error::Result,
};

/// How long copies wait for tests with a fingerprint that others have no more: the migrations were edited.
const WAITING: u64 = 600;

/// Whether a copy is the one that the same test has left at its last failure.
pub(super) fn is_kept_by(known: &Known, test: &str) -> bool {
    matches!(&known.note, CopyNote::Kept(by) if by == test)
}

/// What killed processes have left, copies that nobody will ask for, what was kept for long, and old templates.
pub(super) async fn collect(session: &mut dyn Session, known: &[Known], fingerprint: Option<&str>) {
    let is_template = |known: &&Known| {
        matches!(known.note, CopyNote::Used(_)) && known.name.starts_with("ambix_template_")
    };
    let mut templates: Vec<&Known> = known.iter().filter(is_template).collect();
    templates.sort_by_key(|known| known.age);
    templates.truncate(TEMPLATES);
    templates.retain(|known| known.age <= UNUSED.as_secs());
    let old = |known: &Known| match &known.note {
        CopyNote::None => true,
        CopyNote::Used(_) => !templates.iter().any(|other| other.name == known.name),
        CopyNote::Ready(of) => {
            let is_asked_for = fingerprint == Some(of.as_str()) || known.age <= WAITING;
            !(is_asked_for && templates.iter().any(|other| other.name.ends_with(of.as_str())))
        }
        CopyNote::Kept(_) => known.age > UNUSED.as_secs(),
    };
    for known in known.iter().filter(|known| !known.held && old(known)) {
        remove_unheld(session, &known.name).await;
    }
}

/// Whether another copy may wait for a test with this fingerprint.
pub(super) fn has_room(known: &[Known], fingerprint: &str) -> bool {
    let ready = CopyNote::Ready(fingerprint.to_owned());
    known.iter().filter(|known| known.note == ready).count() < READY
}

/// Drops a database under its lock, since one that was nobody's a moment ago may have been given to a test. One that cannot be
/// dropped now can be later.
pub(super) async fn remove_unheld(session: &mut dyn Session, name: &str) -> bool {
    let removed = try_remove(session, name).await;
    if let Err(error) = &removed {
        tracing::debug!(%error, name, "a database of a test is left");
    }
    removed.unwrap_or(false)
}

async fn try_remove(session: &mut dyn Session, name: &str) -> Result<bool> {
    let (key, doing) = (key(name)?, "taking away a database that is left");
    if !try_lock(session, doing, key).await? {
        return Ok(false);
    }
    let removed = remove(session, name).await;
    unlock(session, doing, key).await?;
    removed.map(|()| true).map_err(|failure| failure.doing(doing))
}

pub(super) async fn remove(session: &mut dyn Session, name: &str) -> Result<(), Failure> {
    let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", Postgres.quote(name));
    session.run(&drop).await.map(|_| ())
}

/// The kit's databases now.
pub(super) async fn look(session: &mut dyn Session) -> Result<Vec<Known>> {
    let rows = run(session, "looking for databases of tests", section!(COPIES, "known")).await?;
    Ok(rows.iter().filter_map(Known::read).collect())
}
