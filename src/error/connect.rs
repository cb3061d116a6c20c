//! Why a database cannot be reached.

/// What kept a connection from being opened. Part of [`Error::Connect`](super::Error::Connect), whose source has the driver's words.
///
/// ```
/// use ambix::error::{ConnectProblem, Error};
///
/// /// Whether a supervisor should start the service once more after a while.
/// fn is_worth_waiting(error: &Error) -> bool {
///     use ConnectProblem::{Busy, NoAnswer, Unreachable};
///     matches!(error, Error::Connect { problem: Busy | NoAnswer | Unreachable, .. })
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectProblem {
    /// The server has no database of this name, or SQLite cannot open the file. The command `create` creates it.
    NoDatabase,
    /// The server refuses this user, the password, or the user's use of the database.
    Denied,
    /// The server only takes no connection now: too many are open, or it is starting.
    Busy,
    /// No server can be reached at this host and port.
    Unreachable,
    /// There was no answer in time: see
    /// [`Timeouts::connect`](crate::options::Timeouts::connect).
    NoAnswer,
    /// Something answers at this host and port, but not as a server of this database does.
    NotUnderstood,
    /// Anything else.
    Other,
}
