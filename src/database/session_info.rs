//! What a session's opening message tells: who has the lock, where the history is, and which settings are to be restored.

use super::Row;

/// What the opening message of a session says. See [`Dialect::opening`](super::Dialect::opening).
#[derive(Debug, Clone, Default)]
pub struct SessionInfo {
    /// Whether the lock expression gave 1.
    pub locked: bool,
    /// Whether it was not asked, since the connection is not one to the server itself. See
    /// [`Dialect::unless_pooled`](super::Dialect::unless_pooled).
    pub pooled: bool,
    /// The schema where the history table is or will be; none where there is no place for it.
    pub schema: Option<String>,
    /// Whether the history table exists.
    pub exists: bool,
    /// Why this server takes no migrations (it is in recovery, read-only ...).
    pub refusal: Option<String>,
    /// The lock's key as the database computed it.
    pub key: Option<String>,
    /// Whether that schema has to be created first.
    pub schema_missing: bool,
    /// Whether that schema was asked for by the `schema` option.
    pub schema_asked: bool,
    /// The session's settings, to be restored after every step; the dialect knows their meaning.
    pub settings: Vec<Option<String>>,
}

impl SessionInfo {
    /// Reads the row that [`Dialect::opening`](super::Dialect::opening) asks for.
    pub(crate) fn read(row: &Row) -> Self {
        let text = |at: usize| row.get(at).cloned().flatten();
        let flag = |at: usize| text(at).is_some_and(|v| v == "1");
        Self {
            locked: flag(1),
            pooled: text(1).as_deref() == Some("2"),
            schema: text(2),
            exists: flag(3),
            refusal: text(4),
            key: text(5),
            schema_missing: flag(6),
            schema_asked: false,
            settings: row.get(7..).map(<[_]>::to_vec).unwrap_or_default(),
        }
    }

    /// A setting's value; empty where the database has no such setting.
    pub(crate) fn setting(&self, at: usize) -> &str {
        self.settings.get(at).and_then(Option::as_deref).unwrap_or_default()
    }
}

/// What keeps the rest of a message from being committed statement by statement, if the server has rolled the transaction back and
/// the statement that met it hid the error: `DO`, a function with a handler, or one that a cluster's conflict ended while it computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionGuard {
    /// Before the transaction: from here on, nothing is committed by itself.
    pub enter: &'static str,
    /// The same, and the beginning of the transaction.
    pub enter_and_begin: &'static str,
    /// First in the transaction.
    pub mark: &'static str,
    /// Last in the transaction: it fails as [`FailureKind::Transient`](super::FailureKind::Transient) if another one has taken its place.
    pub check: &'static str,
    /// After the transaction: the session is as it was.
    pub leave: String,
}
