//! A wrapper around any database, in which the n-th operation fails.

use std::{
    any::Any,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    database::{
        BoxFuture, Connect, Connector, Dialect, Failure, FailureKind, Patience, Row, Session,
        Transaction, sealed,
    },
    error::{BoxError, ConnectProblem, Error, Result, brief},
};

/// How an operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It is not done, and the server says so.
    Failed,
    /// It is not done, and the server says that another time is better: a lock timeout, a deadlock.
    Transient,
    /// It is done, but the connection breaks before the answer is here.
    AnswerLost,
    /// It is not done, and the connection is gone.
    ConnectionGone,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::Failed, Self::Transient, Self::AnswerLost, Self::ConnectionGone];

    /// Whether the connection breaks.
    #[must_use]
    pub fn breaks(self) -> bool {
        matches!(self, Self::AnswerLost | Self::ConnectionGone)
    }

    pub(super) fn failure(self) -> Failure {
        let (kind, message) = match self {
            Self::Failed => (FailureKind::Other, "a fault was injected"),
            Self::Transient => (FailureKind::Transient, "a fault was injected: lock timeout"),
            Self::AnswerLost => (FailureKind::Lost, "a fault was injected: the answer was lost"),
            Self::ConnectionGone => {
                (FailureKind::Lost, "a fault was injected: the connection is gone")
            }
        };
        Failure::new(kind, message)
    }
}

/// A plan of faults, and the news of what it has hit. Clones are handles of one plan: operations are counted over all
/// sessions that are opened through it.
#[derive(Debug, Clone)]
pub struct Faults(Arc<Mutex<FaultPlan>>);

#[derive(Debug)]
struct FaultPlan {
    when: FaultTiming,
    seen: usize,
    hits: Vec<String>,
}

#[derive(Debug)]
enum FaultTiming {
    Never,
    At(usize, Fault),
    /// One operation in so many, at random, fails in any way.
    OneIn(usize, u64),
}

impl Faults {
    fn new(when: FaultTiming) -> Self {
        Self(Arc::new(Mutex::new(FaultPlan { when, seen: 0, hits: Vec::new() })))
    }

    /// Nothing fails; operations are counted.
    #[must_use]
    pub fn none() -> Self {
        Self::new(FaultTiming::Never)
    }

    /// The n-th operation fails, counted from 1.
    #[must_use]
    pub fn at(n: usize, fault: Fault) -> Self {
        Self::new(FaultTiming::At(n, fault))
    }

    /// About one operation in `n` fails, in any way. The same seed gives the same faults.
    #[must_use]
    pub fn one_in(n: usize, seed: u64) -> Self {
        Self::new(FaultTiming::OneIn(n.max(1), seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1))
    }

    /// Puts the plan between the migrator and a database.
    pub fn wrap<D>(&self, database: D) -> Faulty<D> {
        Faulty { database, faults: self.clone() }
    }

    /// How many operations there were.
    #[must_use]
    pub fn seen(&self) -> usize {
        self.plan().seen
    }

    /// The operations that were hit, for messages. Empty as long as no fault has fired.
    #[must_use]
    pub fn hits(&self) -> Vec<String> {
        self.plan().hits.clone()
    }

    fn plan(&self) -> MutexGuard<'_, FaultPlan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an operation; what is to happen to it.
    pub(super) fn next(&self, operation: impl FnOnce() -> String) -> Option<Fault> {
        let mut plan = self.plan();
        plan.seen += 1;
        let seen = plan.seen;
        let fault = match &mut plan.when {
            FaultTiming::Never => None,
            FaultTiming::At(n, fault) => (*n == seen).then_some(*fault),
            FaultTiming::OneIn(n, state) => {
                let draw = usize::try_from(random(state) >> 33).unwrap_or_default();
                (draw % *n == 0).then(|| Fault::ALL[draw / *n % Fault::ALL.len()])
            }
        }?;
        plan.hits.push(format!("{fault:?} at operation {seen}: {}", operation()));
        Some(fault)
    }
}

/// xorshift64*.
pub(super) fn random(state: &mut u64) -> u64 {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    state.wrapping_mul(0x2545_f491_4f6c_dd1d)
}

/// A database behind a plan of faults. Made by [`Faults::wrap`]; every verb takes it in the place of the database.
#[derive(Debug)]
pub struct Faulty<D> {
    database: D,
    faults: Faults,
}

impl<D> sealed::Sealed for Faulty<D> {}
impl<'c, D: Connect<'c>> Connect<'c> for Faulty<D> {
    fn connector(self) -> Result<Box<dyn Connector + 'c>> {
        Ok(Box::new(FaultyConnector { inner: self.database.connector()?, faults: self.faults }))
    }
}

struct FaultyConnector<'c> {
    inner: Box<dyn Connector + 'c>,
    faults: Faults,
}

impl FaultyConnector<'_> {
    fn check(&self, what: &str) -> Result<()> {
        match self.faults.next(|| what.to_owned()) {
            Some(fault) => Err(Error::Connect {
                problem: ConnectProblem::Other,
                source: fault.failure().error,
            }),
            None => Ok(()),
        }
    }
}

impl Connector for FaultyConnector<'_> {
    fn dialect(&self) -> &'static dyn Dialect {
        self.inner.dialect()
    }

    fn be_patient(&mut self, patience: Patience) {
        self.inner.be_patient(patience);
    }

    fn quick<'s>(
        &'s mut self,
        application: &'s str,
    ) -> BoxFuture<'s, Result<Box<dyn Session + 's>>> {
        Box::pin(async move {
            self.check("open a session for a quick look")?;
            let inner = self.inner.quick(application).await?;
            Ok(Box::new(FaultySession::new(inner, &self.faults)) as Box<dyn Session>)
        })
    }

    fn dedicated<'s>(
        &'s mut self,
        application: &'s str,
    ) -> BoxFuture<'s, Result<Box<dyn Session + 's>>> {
        Box::pin(async move {
            self.check("open a session")?;
            let inner = self.inner.dedicated(application).await?;
            Ok(Box::new(FaultySession::new(inner, &self.faults)) as Box<dyn Session>)
        })
    }

    fn can_reopen(&self) -> bool {
        self.inner.can_reopen()
    }
}

/// What has happened to the connection: dropping the inner session closes it, so that the server ends its transaction
/// and its lock.
struct FaultySession<'c> {
    inner: Option<Box<dyn Session + 'c>>,
    /// Lost inside a transaction, which borrows the inner session.
    gone: bool,
    own: bool,
    faults: Faults,
}

impl<'c> FaultySession<'c> {
    fn new(inner: Box<dyn Session + 'c>, faults: &Faults) -> Self {
        Self { own: inner.is_own(), inner: Some(inner), gone: false, faults: faults.clone() }
    }

    /// The inner session, where the connection still stands, and what is to happen to the operation.
    fn next(
        &mut self,
        operation: impl FnOnce() -> String,
    ) -> Result<(&mut Box<dyn Session + 'c>, bool), Failure> {
        if self.gone {
            self.inner = None;
        }
        if self.inner.is_none() {
            return Err(Fault::ConnectionGone.failure());
        }
        let fault = self.faults.next(operation);
        if fault == Some(Fault::ConnectionGone) {
            self.inner = None;
        }
        match (&mut self.inner, fault) {
            (Some(inner), None) => Ok((inner, false)),
            (Some(inner), Some(Fault::AnswerLost)) => Ok((inner, true)),
            (_, fault) => Err(fault.unwrap_or(Fault::ConnectionGone).failure()),
        }
    }

    /// The answer, or its loss.
    fn answer<T>(&mut self, lose: bool, answer: Result<T, Failure>) -> Result<T, Failure> {
        if lose {
            self.inner = None;
            return Err(Fault::AnswerLost.failure());
        }
        answer
    }
}

impl Session for FaultySession<'_> {
    fn run<'s>(&'s mut self, sql: &'s str) -> BoxFuture<'s, Result<Vec<Row>, Failure>> {
        Box::pin(async move {
            let (inner, lose) = self.next(|| format!("run {}", brief(sql)))?;
            let answer = inner.run(sql).await;
            self.answer(lose, answer)
        })
    }

    fn copy<'s>(
        &'s mut self,
        statement: &'s str,
        rows: &'s str,
    ) -> BoxFuture<'s, Result<(), Failure>> {
        Box::pin(async move {
            let (inner, lose) = self.next(|| format!("copy {}", brief(statement)))?;
            let answer = inner.copy(statement, rows).await;
            self.answer(lose, answer)
        })
    }

    fn begin<'s>(
        &'s mut self,
        sql: &'static str,
    ) -> BoxFuture<'s, Result<Box<dyn Transaction + 's>, Failure>> {
        Box::pin(async move {
            let (_, lose) = self.next(|| sql.to_owned())?;
            let Self { inner, gone, faults, .. } = self;
            let Some(inner) = inner else { return Err(Fault::ConnectionGone.failure()) };
            let transaction = inner.begin(sql).await?;
            if lose {
                drop(transaction);
                *gone = true;
                return Err(Fault::AnswerLost.failure());
            }
            Ok(Box::new(FaultyTransaction {
                inner: Some(transaction),
                gone,
                faults: faults.clone(),
            }) as Box<dyn Transaction>)
        })
    }

    fn rollback(&mut self) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move {
            let (inner, lose) = self.next(|| "rollback".to_owned())?;
            let answer = inner.rollback().await;
            self.answer(lose, answer)
        })
    }

    fn is_own(&self) -> bool {
        self.own
    }

    fn close<'s>(mut self: Box<Self>) -> BoxFuture<'s, ()>
    where
        Self: 's,
    {
        Box::pin(async move {
            // Where it fails, the connection is dropped, as it is after any other fault.
            if self.next(|| "close".to_owned()).is_ok()
                && let Some(inner) = self.inner.take()
            {
                inner.close().await;
            }
        })
    }
}

struct FaultyTransaction<'s> {
    inner: Option<Box<dyn Transaction + 's>>,
    gone: &'s mut bool,
    faults: Faults,
}

impl FaultyTransaction<'_> {
    /// Whether the answer is to be lost.
    fn next(&mut self, operation: impl FnOnce() -> String) -> Result<bool, Failure> {
        if self.inner.is_none() {
            return Err(Fault::ConnectionGone.failure());
        }
        match self.faults.next(operation) {
            None => Ok(false),
            Some(Fault::AnswerLost) => Ok(true),
            Some(fault) => {
                if fault.breaks() {
                    self.lose();
                }
                Err(fault.failure())
            }
        }
    }

    fn lose(&mut self) {
        self.inner = None;
        *self.gone = true;
    }
}

impl Transaction for FaultyTransaction<'_> {
    fn run<'s>(&'s mut self, sql: &'s str) -> BoxFuture<'s, Result<Vec<Row>, Failure>> {
        Box::pin(async move {
            let lose = self.next(|| format!("run in a transaction {}", brief(sql)))?;
            let Some(inner) = &mut self.inner else { return Err(Fault::ConnectionGone.failure()) };
            let answer = inner.run(sql).await;
            if lose {
                self.lose();
                return Err(Fault::AnswerLost.failure());
            }
            answer
        })
    }

    fn copy<'s>(
        &'s mut self,
        statement: &'s str,
        rows: &'s str,
    ) -> BoxFuture<'s, Result<(), Failure>> {
        Box::pin(async move {
            let lose = self.next(|| format!("copy in a transaction {}", brief(statement)))?;
            let Some(inner) = &mut self.inner else { return Err(Fault::ConnectionGone.failure()) };
            let answer = inner.copy(statement, rows).await;
            if lose {
                self.lose();
                return Err(Fault::AnswerLost.failure());
            }
            answer
        })
    }

    fn connection(&mut self) -> &mut (dyn Any + Send) {
        match &mut self.inner {
            Some(inner) => inner.connection(),
            None => panic!("the runner continues a transaction whose connection is gone"),
        }
    }

    fn explain(&self, error: BoxError) -> Failure {
        match &self.inner {
            Some(inner) => inner.explain(error),
            None => Fault::ConnectionGone.failure(),
        }
    }

    fn commit<'s>(mut self: Box<Self>) -> BoxFuture<'s, Result<(), Failure>>
    where
        Self: 's,
    {
        Box::pin(async move {
            let lose = self.next(|| "commit".to_owned())?;
            let Some(inner) = self.inner.take() else {
                return Err(Fault::ConnectionGone.failure());
            };
            let answer = inner.commit().await;
            if lose {
                self.lose();
                return Err(Fault::AnswerLost.failure());
            }
            answer
        })
    }
}
