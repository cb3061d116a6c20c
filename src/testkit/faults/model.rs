//! A database in memory: sessions, transactions, a lock, and a server that remembers what was done to it.
//!
//! Migrations are written in its few words, one operand each:
//!
//! - `make x`, `drop x`: DDL. It can be rolled back, or it commits by itself; that is the model's kind.
//! - `add x`, `take x`: a row more, a row less. It can be rolled back.
//! - `alone x`, `dropalone x`: cannot run in a transaction; an `alone` that is cut off leaves a half, as a concurrent
//!   index build does.
//! - `lone x`: the same in one piece, and nothing tells whether it was done.
//! - `again x`: may be run many times.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
};

use super::{
    data::{Data, ModelState, absent, other, tagged},
    dialect::{COMMITTING, ModelDialect, SYNTAX, TRANSACTIONAL},
    faulty::{Fault, Faults, random},
    session::{FaultError, ModelSession},
};
use crate::{
    database::{
        BoxFuture, Connect, Connector, Dialect, Failure, Row, Session, StepConnection, sealed,
    },
    error::{BoxError, Error, Result},
    sql::{self, Item, TokenKind},
};

/// A database in memory. Clones are the same database.
#[derive(Debug, Clone)]
pub struct ModelDatabase {
    dialect: &'static ModelDialect,
    server: Arc<Mutex<ModelServer>>,
}

#[derive(Debug)]
struct ModelServer {
    committed: Data,
    /// Who writes: one transaction at a time.
    writer: Option<u64>,
    /// Who holds the migration lock, and how often.
    lock: Option<(u64, u32)>,
    next: u64,
    open: usize,
    faults: Faults,
    /// How often a statement yields; `None` means once.
    random: Option<u64>,
}

impl ModelDatabase {
    /// A database whose DDL can be rolled back, or one whose DDL commits by itself.
    #[must_use]
    pub fn new(transactional_ddl: bool) -> Self {
        Self::with(if transactional_ddl { &TRANSACTIONAL } else { &COMMITTING }, Data::default())
    }

    fn with(dialect: &'static ModelDialect, committed: Data) -> Self {
        let server = ModelServer {
            committed,
            writer: None,
            lock: None,
            next: 0,
            open: 0,
            faults: Faults::none(),
            random: None,
        };
        Self { dialect, server: Arc::new(Mutex::new(server)) }
    }

    /// Another database with what this one has committed.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self::with(self.dialect, self.server().committed.clone())
    }

    /// Every single statement from now on meets this plan, also in the middle of a message.
    pub fn inject(&self, faults: &Faults) {
        self.server().faults = faults.clone();
    }

    /// Statements yield a random number of times, so that two runners on this model meet in ever other ways.
    pub fn shuffle(&self, seed: u64) {
        self.server().random = Some(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    }

    /// A connection, to be lent to the migrator.
    #[must_use]
    pub fn connect(&self) -> ModelConnection {
        let mut server = self.server();
        server.next += 1;
        server.open += 1;
        let id = server.next;
        drop(server);
        ModelConnection {
            model: self.clone(),
            id,
            gone: false,
            in_transaction: false,
            aborted: false,
            working: None,
        }
    }

    /// What is committed.
    #[must_use]
    pub fn state(&self) -> ModelState {
        let server = self.server();
        let text = |row: &Row, name: &str| row.text(name).to_owned();
        let rows = server.committed.history.iter().flatten();
        let history = rows.map(|row| (text(row, "revision"), text(row, "state"))).collect();
        ModelState { history, ..server.committed.state.clone() }
    }

    /// What is held or open and should not be when nothing runs.
    #[must_use]
    pub fn leaks(&self) -> Vec<String> {
        let server = self.server();
        let mut leaks = Vec::new();
        leaks.extend(
            server.lock.map(|(id, times)| format!("session {id} holds the lock {times} times")),
        );
        leaks.extend(
            server.writer.map(|id| format!("session {id} is in a transaction that writes")),
        );
        if server.open > 0 {
            leaks.push(format!("{} sessions are open", server.open));
        }
        leaks
    }

    fn server(&self) -> MutexGuard<'_, ModelServer> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl sealed::Sealed for &ModelDatabase {}
impl<'c> Connect<'c> for &'c ModelDatabase {
    fn connector(self) -> Result<Box<dyn Connector + 'c>> {
        Ok(Box::new(ModelConnector::Model(self)))
    }
}

impl sealed::Sealed for &mut ModelConnection {}
impl<'c> Connect<'c> for &'c mut ModelConnection {
    fn connector(self) -> Result<Box<dyn Connector + 'c>> {
        Ok(Box::new(ModelConnector::Borrowed(self)))
    }
}

enum ModelConnector<'c> {
    Model(&'c ModelDatabase),
    Borrowed(&'c mut ModelConnection),
}

impl ModelConnector<'_> {
    fn open(&mut self) -> Result<Box<dyn Session + '_>> {
        match self {
            Self::Model(model) => Ok(Box::new(ModelSession::Own(model.connect()))),
            Self::Borrowed(connection) if connection.in_transaction => {
                Err(Error::Connection { problem: "the connection is in a transaction".to_owned() })
            }
            Self::Borrowed(connection) => Ok(Box::new(ModelSession::Borrowed(connection))),
        }
    }
}

impl Connector for ModelConnector<'_> {
    fn dialect(&self) -> &'static dyn Dialect {
        match self {
            Self::Model(model) => model.dialect,
            Self::Borrowed(connection) => connection.model.dialect,
        }
    }

    fn quick<'s>(
        &'s mut self,
        _application: &'s str,
    ) -> BoxFuture<'s, Result<Box<dyn Session + 's>>> {
        Box::pin(async move { self.open() })
    }

    fn dedicated<'s>(
        &'s mut self,
        _application: &'s str,
    ) -> BoxFuture<'s, Result<Box<dyn Session + 's>>> {
        Box::pin(async move { self.open() })
    }

    fn can_reopen(&self) -> bool {
        matches!(self, Self::Model(_))
    }
}

/// A connection to a [`ModelDatabase`]; what a registered Rust function gets. Dropping it ends its transaction and its lock.
#[derive(Debug)]
pub struct ModelConnection {
    model: ModelDatabase,
    id: u64,
    gone: bool,
    pub(super) in_transaction: bool,
    /// After an error in a transaction, where the database asks for a rollback first.
    aborted: bool,
    /// What this transaction has written.
    working: Option<Data>,
}

impl sealed::Sealed for ModelConnection {}
impl StepConnection for ModelConnection {
    const NAME: &'static str = "ModelConnection";
}

impl Drop for ModelConnection {
    fn drop(&mut self) {
        self.disconnect();
    }
}

/// Yields once.
async fn pass() {
    let mut passed = false;
    poll_fn(|context| {
        if std::mem::replace(&mut passed, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// The words of a statement; texts without their quotes, NULL as none.
fn words(statement: &str) -> Vec<Option<String>> {
    let tokens =
        sql::tokens(statement, &SYNTAX).filter(|t| t.kind != TokenKind::Comment && t.text != ",");
    tokens
        .map(|token| match token.kind {
            TokenKind::Text => Some(token.text[1..token.text.len() - 1].replace("''", "'")),
            TokenKind::Word if token.text == "NULL" => None,
            _ => Some(token.text.to_owned()),
        })
        .collect()
}

impl ModelConnection {
    /// Runs statements, as a registered function may.
    ///
    /// # Errors
    /// What the model says, or the fault that was injected.
    pub async fn execute(&mut self, sql: &str) -> Result<(), BoxError> {
        self.message(sql).await.map(drop).map_err(|failure| FaultError(failure).into())
    }

    pub(super) async fn message(&mut self, sql: &str) -> Result<Vec<Row>, Failure> {
        let items = sql::split(sql, &SYNTAX).map_err(|error| other(error.problem))?;
        let mut rows = Vec::new();
        for (completed, item) in items.iter().enumerate() {
            let Item::Statement(statement) = item else { continue };
            self.pause().await;
            self.statement(statement.text, &mut rows).await.map_err(|failure| {
                // An error ends the statement, and where that is how the database works, the transaction.
                self.aborted =
                    self.in_transaction && self.model.dialect.capabilities.transactional_ddl;
                if !self.in_transaction {
                    self.end(false);
                }
                Failure { completed, ..failure }
            })?;
        }
        Ok(rows)
    }

    /// Lets others continue.
    async fn pause(&self) {
        let times = match &mut self.model.server().random {
            Some(state) => random(state) >> 62,
            None => 1,
        };
        for _ in 0..times {
            pass().await;
        }
    }

    async fn statement(&mut self, text: &str, rows: &mut Vec<Row>) -> Result<(), Failure> {
        // A server does not refuse to roll back.
        let fault = match text {
            "ROLLBACK" => None,
            _ => self.meet(|| format!("statement {text}"))?,
        };
        if self.gone {
            return Err(Fault::ConnectionGone.failure());
        }
        self.perform(text, rows).await?;
        self.answer(fault)
    }

    /// A fault that comes before the statement; or, returned, one that comes after it.
    fn meet(&mut self, what: impl FnOnce() -> String) -> Result<Option<Fault>, Failure> {
        if self.gone {
            return Err(Fault::ConnectionGone.failure());
        }
        let faults = self.model.server().faults.clone();
        match faults.next(what) {
            Some(fault) if fault != Fault::AnswerLost => {
                if fault.breaks() {
                    self.disconnect();
                }
                Err(fault.failure())
            }
            fault => Ok(fault),
        }
    }

    fn answer(&mut self, fault: Option<Fault>) -> Result<(), Failure> {
        let Some(fault) = fault else { return Ok(()) };
        self.disconnect();
        Err(fault.failure())
    }

    async fn perform(&mut self, text: &str, rows: &mut Vec<Row>) -> Result<(), Failure> {
        let words = words(text);
        let word = |at: usize| words.get(at).and_then(Option::as_deref).unwrap_or_default();
        let verb = word(0).to_uppercase();
        match verb.as_str() {
            "BEGIN" | "START" => {
                self.end(true);
                self.in_transaction = true;
                return Ok(());
            }
            "COMMIT" => {
                self.end(!self.aborted);
                return Ok(());
            }
            "ROLLBACK" => {
                self.end(false);
                return Ok(());
            }
            _ if self.aborted => return Err(other("the transaction is aborted; roll it back")),
            "SELECT" if word(1) == "probe" => {
                rows.push(tagged("probe", [("state", Some("absent".to_owned()))]))
            }
            "SELECT" => {
                self.read(&[Some("AMBIX".to_owned()), Some("META".to_owned())], rows)?;
            }
            "AMBIX" if self.read(&words, rows)? => {}
            "ALONE" => return self.build(word(1)).await,
            _ => {
                self.check_alone(if verb == "AMBIX" { word(1) } else { &verb })?;
                let data = self.writing().await;
                match verb.as_str() {
                    "AMBIX" => data.keep(&words, rows)?,
                    // What a repair writes: that the revision at its end is applied.
                    "UPDATE" => data.settle(word(words.len() - 1))?,
                    verb => data.change(verb, word(1))?,
                }
                if !self.in_transaction {
                    self.end(true);
                }
            }
        }
        Ok(())
    }

    /// A statement that commits by itself ends the transaction, or is refused in one.
    fn check_alone(&mut self, verb: &str) -> Result<(), Failure> {
        if self.model.dialect.commits(verb) && self.in_transaction {
            if self.model.dialect.capabilities.transactional_ddl {
                return Err(other(format!("{verb} cannot run in a transaction")));
            }
            self.end(true);
        }
        Ok(())
    }

    /// A half first, committed, and then the whole.
    async fn build(&mut self, name: &str) -> Result<(), Failure> {
        self.check_alone("ALONE")?;
        let data = self.writing().await;
        if data.state.objects.contains_key(name) {
            return Err(other(format!("{name} exists already")));
        }
        data.state.objects.insert(name.to_owned(), false);
        self.end(true);
        self.pause().await;
        let fault = self.meet(|| format!("the second half of alone {name}"))?;
        let data = self.writing().await;
        data.state.objects.insert(name.to_owned(), true);
        data.state.log.push(format!("ALONE {name}"));
        self.end(true);
        self.answer(fault)
    }

    /// What this connection sees, to write to it: it waits until no other one writes.
    async fn writing(&mut self) -> &mut Data {
        while !self.take_turn() {
            pass().await;
        }
        self.working.get_or_insert_default()
    }

    fn take_turn(&mut self) -> bool {
        let mut server = self.model.server();
        let free = server.writer.is_none_or(|writer| writer == self.id);
        if free {
            server.writer = Some(self.id);
            let committed = &server.committed;
            self.working.get_or_insert_with(|| committed.clone());
        }
        free
    }

    /// Ends a transaction, which may be that of one statement.
    pub(super) fn end(&mut self, commit: bool) {
        (self.in_transaction, self.aborted) = (false, false);
        let working = self.working.take();
        let mut server = self.model.server();
        if let (true, Some(working)) = (commit, working) {
            server.committed = working;
        }
        if server.writer == Some(self.id) {
            server.writer = None;
        }
    }

    /// What the server does when a connection is gone.
    fn disconnect(&mut self) {
        if self.gone {
            return;
        }
        self.end(false);
        self.gone = true;
        let mut server = self.model.server();
        server.open -= 1;
        server.lock = server.lock.filter(|(holder, _)| *holder != self.id);
    }

    /// The commands that only read, and those of the lock; whether it was one.
    fn read(&self, words: &[Option<String>], rows: &mut Vec<Row>) -> Result<bool, Failure> {
        let word = |at: usize| words.get(at).and_then(Option::as_deref).unwrap_or_default();
        let mut server = self.model.server();
        let lock = &mut server.lock;
        let locked = match word(2) {
            "TRYLOCK" => match lock {
                None => {
                    *lock = Some((self.id, 1));
                    true
                }
                Some((holder, times)) if *holder == self.id => {
                    *times += 1;
                    true
                }
                Some(_) => false,
            },
            _ => true,
        };
        let data = self.working.as_ref().unwrap_or(&server.committed);
        let text = |text: &str| Some(text.to_owned());
        let flag = |yes: bool| Some(i32::from(yes).to_string());
        let history = || data.history.as_ref().ok_or_else(|| absent("history table"));
        match word(1) {
            "OPENING" => {
                let exists = flag(data.history.is_some());
                let key = text("key");
                let row = [
                    ("locked", flag(locked)),
                    ("schema", None),
                    ("exists", exists),
                    ("refusal", None),
                    ("key", key),
                    ("schema_missing", text("0")),
                ];
                rows.push(tagged("opening", row));
            }
            "TABLES" => {} // What steps make are effects, and not tables.
            "META" if !data.lock_made => return Err(absent("lock table")),
            "META" => rows.extend(data.epoch.as_ref().map(|(epoch, holder)| {
                let (layout, epoch) = (data.layout.to_string(), epoch.to_string());
                let row =
                    [("layout", Some(layout)), ("epoch", Some(epoch)), ("holder", text(holder))];
                tagged("meta", row)
            })),
            "ROWS" => rows.extend(history()?.iter().cloned()),
            "DOWN" => {
                let side = |row: &Row| {
                    let (revision, down) = (row.column("revision")?, row.column("down")?);
                    let is_asked = words[2..].iter().flatten().any(|word| word == revision);
                    let row = [("revision", text(revision)), ("down", text(down))];
                    is_asked.then(|| tagged("down", row))
                };
                rows.extend(history()?.iter().filter_map(side));
            }
            "PROBE" => {
                let seen = match (word(2), data.state.objects.get(word(3))) {
                    ("MADE", Some(true)) | ("GONE", None) => "done",
                    ("MADE", Some(false)) => "half",
                    _ => "absent",
                };
                rows.push(tagged("probe", [("state", text(seen))]));
            }
            "UNLOCK" => {
                let ours = server.lock.is_some_and(|(holder, _)| holder == self.id);
                if ours {
                    server.lock = server
                        .lock
                        .map(|(holder, times)| (holder, times - 1))
                        .filter(|(_, times)| *times > 0);
                }
                rows.push(tagged("unlock", [("unlocked", flag(ours))]));
            }
            "CLOCK" | "ROLE" | "RESTORE" | "LEAVE" | "PREPARE" | "SCHEMA" => {}
            _ => return Ok(false),
        }
        Ok(true)
    }
}
