//! Who holds and who waits for locks: plain values, made from the tagged rows of each database's `locks.sql`.
//!
//! | tag | columns |
//! |---|---|
//! | `holder` | the session that holds the migration lock, or nothing; what is known about it as text, or nothing |
//! | `waiting` | a session that waits for the migration lock |
//! | `wait` | waiter, blocker or nothing, table or nothing, mode or nothing, since or nothing, seconds or nothing |
//! | `hold` | session, table, mode, `1` where it keeps others from writing rows |
//! | `idle` | a session that does nothing in an open transaction |
//! | `session` | session, application, user, host, state, statement, since, seconds, begin of the transaction, its age in milliseconds |
//! | `last` | session, its last statement |
//! | `locked` | the whole database is locked for writing: by whom, or nothing |
//! | `note` | what cannot be seen, and what would show it |

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use super::{BoxFuture, Failure, Row, Session, SessionInfo};
use crate::{
    error::Blocker,
    sql::{Syntax, qualified_name},
    timestamp::Timestamp,
};

/// Looks at the locks of one database, and ends the sessions that hold them.
pub trait LockInspector: Send {
    /// All that is to be seen, as rows; the opening says where the migration lock is.
    fn look<'s>(
        &'s mut self,
        session: &'s mut dyn Session,
        opening: &'s SessionInfo,
    ) -> BoxFuture<'s, Result<Vec<Row>, Failure>>;

    /// Which other sessions hold locks on tables, as `session`, `hold` and `note` rows. Asked after a lock timeout.
    fn holders<'s>(
        &'s mut self,
        session: &'s mut dyn Session,
    ) -> BoxFuture<'s, Result<Vec<Row>, Failure>>;

    /// The statement that ends what a session runs, or the session itself; nothing where a database has no sessions.
    fn end(&self, id: u64, terminate: bool) -> Option<String>;
}

/// For a database of which nothing can be seen.
#[derive(Debug)]
pub(crate) struct NoWatch;

impl LockInspector for NoWatch {
    fn look<'s>(
        &'s mut self,
        _session: &'s mut dyn Session,
        _opening: &'s SessionInfo,
    ) -> BoxFuture<'s, Result<Vec<Row>, Failure>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn holders<'s>(
        &'s mut self,
        _session: &'s mut dyn Session,
    ) -> BoxFuture<'s, Result<Vec<Row>, Failure>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn end(&self, _id: u64, _terminate: bool) -> Option<String> {
        None
    }
}

/// Who holds and who waits for locks. Made by [`Migrator::locks`](crate::Migrator::locks).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Locks {
    /// The history table whose migration lock was looked at.
    pub history: String,
    /// Who holds the migration lock, in words; none where it is free.
    pub holder: Option<String>,
    /// The session that holds the migration lock, where the database has sessions.
    pub holder_id: Option<u64>,
    /// Sessions of runners that wait for the migration lock, as far as the database shows them.
    pub waiting: Vec<u64>,
    /// Who waits for whom at a table or its rows; one entry for each pair.
    pub waits: Vec<LockWait>,
    /// Sessions that have a transaction open and have done nothing in it for a while.
    pub idle: Vec<u64>,
    /// What is known about all sessions that are named above.
    pub sessions: Vec<LockSession>,
    /// Whether the whole database is locked for writing, on a database with such a lock.
    pub database_locked: bool,
    /// The process that has locked it, where the system tells.
    pub database_locked_by: Option<String>,
    /// What could not be seen, and what would show it.
    pub notes: Vec<String>,
}

/// One session waits for another. Part of [`Locks`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LockWait {
    /// The session that waits.
    pub waiter: u64,
    /// The session for which it waits; none where that cannot be seen.
    pub blocker: Option<u64>,
    /// The table, where it is one.
    pub table: Option<String>,
    /// What it waits for, in the database's own words.
    pub mode: Option<String>,
    /// Since when.
    pub since: Option<Timestamp>,
    /// The same in seconds.
    pub seconds: Option<u64>,
}

/// A session that holds or waits for a lock. Part of [`Locks`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LockSession {
    /// The database's number for it, as [`Migrator::cancel`](crate::Migrator::cancel) takes it.
    pub id: u64,
    /// The application's name, where it gave one.
    pub application: Option<String>,
    /// The user.
    pub user: Option<String>,
    /// Where it comes from.
    pub host: Option<String>,
    /// What it does: `active`, `idle in transaction` ...
    pub state: Option<String>,
    /// The statement that it runs, or ran last; one that names a password is not shown.
    pub statement: Option<String>,
    /// Since when it is in this state.
    pub since: Option<Timestamp>,
    /// The same in seconds.
    pub seconds: Option<u64>,
    /// When its transaction began, where it has one.
    pub transaction_since: Option<Timestamp>,
    /// How old its transaction is, where that was asked; at most, where the server only tells seconds.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) transaction_ms: Option<u64>,
    /// The tables that it has locked.
    pub holds: Vec<TableLock>,
}

/// A lock on a table. Part of [`LockSession`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TableLock {
    /// The table, with its schema.
    pub table: String,
    /// The mode, in the database's own words.
    pub mode: String,
    /// Whether it can keep others from writing rows, and not only from changing the table.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) strong: bool,
}

impl Locks {
    pub(crate) fn read(history: String, rows: &[Row]) -> Self {
        let mut locks = Self { history, ..Self::default() };
        let mut last = BTreeMap::new();
        for row in rows {
            let text = |name: &str| row.column(name).map(str::to_owned);
            let number = |name: &str| row.column(name).and_then(|text| text.parse::<u64>().ok());
            let time = |name: &str| row.column(name)?.parse::<Timestamp>().ok();
            match (row.tag(), row.find("id").and_then(|id| id.parse().ok())) {
                ("holder", id) => (locks.holder_id, locks.holder) = (id, text("message")),
                ("waiting", Some(id)) => locks.waiting.push(id),
                ("idle", Some(id)) => locks.idle.push(id),
                ("locked", _) => {
                    (locks.database_locked, locks.database_locked_by) = (true, text("message"));
                }
                ("note", _) => locks.notes.extend(text("message")),
                ("last", Some(id)) => last.extend(text("statement").map(|text| (id, text))),
                ("wait", Some(waiter)) => locks.waits.push(LockWait {
                    waiter,
                    blocker: number("blocker"),
                    table: text("table_name"),
                    mode: text("mode"),
                    since: time("since"),
                    seconds: number("seconds"),
                }),
                ("session", Some(id)) => locks.sessions.push(LockSession {
                    id,
                    application: text("application"),
                    user: text("user_name"),
                    host: text("host"),
                    state: text("state"),
                    statement: text("statement"),
                    since: time("since"),
                    seconds: number("seconds"),
                    transaction_since: time("transaction_since"),
                    transaction_ms: number("transaction_ms"),
                    holds: Vec::new(),
                }),
                _ => {}
            }
        }
        for session in &mut locks.sessions {
            session.statement = session.statement.take().or_else(|| last.remove(&session.id));
        }
        locks.add_holds(rows);
        locks.notes.dedup();
        locks
    }

    fn add_holds(&mut self, rows: &[Row]) {
        for row in rows.iter().filter(|row| row.tag() == "hold") {
            let id = row.column("id").and_then(|id| id.parse().ok());
            let (Some(table), Some(mode)) = (row.column("table_name"), row.column("mode")) else {
                continue;
            };
            let Some(session) = self.sessions.iter_mut().find(|session| Some(session.id) == id)
            else {
                continue;
            };
            let lock = TableLock {
                table: table.to_owned(),
                mode: mode.to_owned(),
                strong: row.column("strong") == Some("1"),
            };
            if !session.holds.contains(&lock) {
                session.holds.push(lock);
            }
        }
    }

    /// Keeps the sessions that are named by a lock.
    pub(crate) fn of_interest(mut self) -> Self {
        let mut named: BTreeSet<u64> = self
            .waits
            .iter()
            .flat_map(|wait| [Some(wait.waiter), wait.blocker])
            .flatten()
            .collect();
        named.extend(self.waiting.iter().chain(&self.idle).chain(&self.holder_id));
        self.sessions.retain(|session| named.contains(&session.id));
        self.sessions.sort_by_key(|session| session.id);
        self.waits.sort_by_key(|wait| (wait.blocker, wait.waiter));
        self.waits.dedup();
        if let (Some(id), None) = (self.holder_id, &self.holder) {
            self.holder = Some(self.describe(id));
        }
        self
    }

    /// What is known about a session.
    #[must_use]
    pub fn session(&self, id: u64) -> Option<&LockSession> {
        self.sessions.iter().find(|session| session.id == id)
    }

    /// The sessions that block others, each with those that wait for it; the ones that wait for nobody come first.
    #[must_use]
    pub fn blockers(&self) -> Vec<(u64, Vec<&LockWait>)> {
        let mut blockers: BTreeMap<u64, Vec<&LockWait>> = BTreeMap::new();
        for wait in &self.waits {
            if let Some(blocker) = wait.blocker {
                blockers.entry(blocker).or_default().push(wait);
            }
        }
        let mut blockers: Vec<_> = blockers.into_iter().collect();
        blockers.sort_by_key(|(id, _)| self.waits.iter().any(|wait| wait.waiter == *id));
        blockers
    }

    /// Whether nobody holds the migration lock, nobody waits, and nobody is idle in a transaction.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.holder.is_none()
            && self.waits.is_empty()
            && self.idle.is_empty()
            && !self.database_locked
    }

    fn describe(&self, id: u64) -> String {
        match (self.session(id), id) {
            (Some(session), _) => session.to_string(),
            // The number that stands for what has no session.
            (None, 0) => "a prepared transaction".to_owned(),
            (None, _) => format!("session {id}, of which nothing is to be seen"),
        }
    }

    /// Who keeps a statement from its tables; empty if nobody is to be seen.
    ///
    /// It was asked after the statement had given up, so it names all who hold a lock that may be in the way.
    /// A session whose transaction is younger than the try has waited behind it, and has its lock only now.
    pub(crate) fn in_the_way(
        &self,
        (statement, syntax): (&str, &Syntax),
        tried: Duration,
    ) -> Vec<Blocker> {
        let words = |text: &str| -> Vec<String> {
            let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
        };
        let said = words(statement);
        let writes = ["insert", "update", "delete", "merge", "replace", "select", "with", "copy"];
        let rows_only = said.first().is_some_and(|first| writes.contains(&first.as_str()));
        let named = |lock: &&TableLock| {
            // A name in quotes may be several words.
            let name = words(&qualified_name(&lock.table, syntax).pop().unwrap_or_default());
            let is_said = !name.is_empty() && said.windows(name.len()).any(|window| window == name);
            is_said && (lock.strong || !rows_only)
        };
        let mut found = Vec::new();
        for session in &self.sessions {
            if session.transaction_ms.is_some_and(|age| u128::from(age) < tried.as_millis()) {
                continue;
            }
            let locks: Vec<&TableLock> = session.holds.iter().filter(named).collect();
            let Some(lock) = locks.iter().find(|lock| lock.strong).or(locks.first()) else {
                continue;
            };
            found.push(Blocker::Session {
                id: session.id,
                table: lock.table.clone(),
                mode: lock.mode.clone(),
                session: session.to_string(),
            });
        }
        let more = found.len().saturating_sub(3);
        found.truncate(3);
        if more > 0 {
            found.push(Blocker::More { sessions: more });
        }
        found.extend(self.notes.iter().map(|why| Blocker::Unseen { why: why.clone() }));
        found
    }
}

impl fmt::Display for LockSession {
    /// On one line: number, application, user and host, state, since when, and the statement.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.id)?;
        if let Some(application) = &self.application {
            write!(f, " ({application})")?;
        }
        if let Some(user) = &self.user {
            write!(f, " as {user}")?;
        }
        if let Some(host) = &self.host {
            write!(f, " from {host}")?;
        }
        if let Some(state) = &self.state {
            write!(f, ", {state}")?;
        }
        f.write_str(&since(self.since, self.seconds))?;
        if let Some(statement) = &self.statement {
            let verb = if self.state.as_deref() == Some("active") { "runs" } else { "last ran" };
            // A statement that is not shown is in angle brackets.
            let quote = if statement.starts_with('<') { "" } else { "`" };
            write!(f, ", {verb} {quote}{statement}{quote}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Locks {
    /// The migration lock, then each blocker with those that wait for it, then who is idle in a transaction.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = vec![match &self.holder {
            None => format!("the migration lock of {} is free", self.history),
            Some(holder) => format!("the migration lock of {} is held by {holder}", self.history),
        }];
        lines
            .extend(self.waiting.iter().map(|&id| format!("  {} waits for it", self.describe(id))));
        if self.database_locked {
            let by = self.database_locked_by.as_ref().map(|by| format!(", by {by}"));
            lines.push(format!("the database is locked for writing now{}", by.unwrap_or_default()));
        }
        for (blocker, waits) in self.blockers() {
            lines.push(self.describe(blocker));
            lines.extend(self.held(blocker));
            lines.extend(waits.into_iter().map(|wait| format!("  blocks {}", self.waiter(wait))));
        }
        let unknown: Vec<&LockWait> =
            self.waits.iter().filter(|wait| wait.blocker.is_none()).collect();
        if !unknown.is_empty() {
            lines.push("a session that is not to be seen".to_owned());
            let waiters = unknown.into_iter().map(|wait| format!("  blocks {}", self.waiter(wait)));
            lines.extend(waiters);
        }
        if self.waits.is_empty() {
            lines.push("nobody waits for a table".to_owned());
        }
        for &id in
            self.idle.iter().filter(|&&id| !self.waits.iter().any(|wait| wait.blocker == Some(id)))
        {
            lines.push(self.describe(id));
            lines.push("  has a transaction open, and does nothing in it".to_owned());
            lines.extend(self.held(id));
        }
        lines.extend(self.notes.iter().map(|note| format!("note: {note}")));
        f.write_str(&lines.join("\n"))
    }
}

impl Locks {
    fn waiter(&self, wait: &LockWait) -> String {
        let what = match (&wait.table, &wait.mode) {
            (Some(table), Some(mode)) => format!(" for {table} ({mode})"),
            (Some(one), None) | (None, Some(one)) => format!(" for {one}"),
            (None, None) => String::new(),
        };
        format!("{}, waits{what}{}", self.describe(wait.waiter), since(wait.since, wait.seconds))
    }

    fn held(&self, id: u64) -> Option<String> {
        let session = self.session(id).filter(|session| !session.holds.is_empty())?;
        let shown: Vec<String> = session
            .holds
            .iter()
            .take(5)
            .map(|lock| format!("{} ({})", lock.table, lock.mode))
            .collect();
        let more = session.holds.len() - shown.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        Some(format!("  holds {}{more}", shown.join(", ")))
    }
}

fn since(since: Option<Timestamp>, seconds: Option<u64>) -> String {
    match (since, seconds) {
        (Some(since), Some(seconds)) => format!(" since {since:.0} ({})", span(seconds)),
        (Some(since), None) => format!(" since {since:.0}"),
        (None, Some(seconds)) => format!(" for {}", span(seconds)),
        (None, None) => String::new(),
    }
}

/// A time as people say it.
fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}
