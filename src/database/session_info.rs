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
    /// The session's settings, to be restored after a step that may have changed one: the row of the opening, of which the dialect knows
    /// the columns.
    pub settings: Row,
    /// What [`Dialect::prepare`](super::Dialect::prepare) has put in place of the driver's settings, by name: a query finds it, so that
    /// restoring it costs no query more.
    pub own_settings: Vec<(String, String)>,
}

impl SessionInfo {
    /// Reads the row that [`Dialect::opening`](super::Dialect::opening) asks for.
    pub(crate) fn read(row: &Row) -> Self {
        let text = |name: &str| row.column(name).map(str::to_owned);
        let flag = |name: &str| row.column(name) == Some("1");
        Self {
            locked: flag("locked"),
            pooled: row.column("locked") == Some("2"),
            schema: text("schema"),
            exists: flag("exists"),
            refusal: text("refusal"),
            key: text("key"),
            schema_missing: flag("schema_missing"),
            schema_asked: false,
            settings: row.clone(),
            own_settings: Vec::new(),
        }
    }

    /// Notes what the answers of [`Dialect::prepare`](super::Dialect::prepare) say of the session's own settings.
    pub(crate) fn note_own_settings(&mut self, rows: &[Row]) {
        let own = rows.iter().filter(|row| row.tag() == "own_setting");
        self.own_settings
            .extend(own.map(|row| (row.text("name").to_owned(), row.text("value").to_owned())));
    }

    /// A setting's value; empty if the database has no such setting.
    pub(crate) fn setting(&self, name: &str) -> &str {
        self.settings.find(name).unwrap_or_default()
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
