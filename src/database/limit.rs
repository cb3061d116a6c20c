//! Time limits: those that the database enforces, and one for statements that the client keeps where no server does.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// Time limits that the database enforces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For one statement; `None` means no limit.
    pub statement: Option<Duration>,
    /// For waiting on a table lock; `None` means no limit.
    pub lock: Option<Duration>,
}

/// Keeps a limit of [`Session::limit_statements`](super::Session::limit_statements) up; without it, statements on the connection run as
/// long as they like.
#[derive(Debug)]
pub struct StatementLimit(Arc<AtomicBool>);

impl StatementLimit {
    /// The limit, and what says whether it still holds.
    #[allow(dead_code)] // Servers have limits of their own.
    pub(crate) fn new() -> (Self, Arc<AtomicBool>) {
        let holds = Arc::new(AtomicBool::new(true));
        (Self(Arc::clone(&holds)), holds)
    }
}

impl Drop for StatementLimit {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}
