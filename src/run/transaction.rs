//! One transaction of a run: what is in it, in one message where it can be, and tried again where that helps.

use std::time::{Duration, Instant};

use super::{
    batch::{Batch, FailedStatement},
    event::Notifier,
    execute::{Interruption, Runner, to_i64},
    function::{Functions, StepContext},
    history::{HistoryRow, State, StepRecord},
    plan::{Action, Direction, Step},
    prepare::{Piece, Prepared},
    queue::{Op, Queue, parts, tell, tell_before},
    report::transactional_note,
};
use crate::{
    database::{Dialect, Failure, FailureKind, Row, Session, Transaction},
    migration::Migration,
    sql::Statement,
};

impl<'r> Runner<'r, '_> {
    /// Runs a transaction, and runs it again where the database says that another time is better.
    pub(crate) async fn with_retry(
        &mut self,
        prepared: &[Prepared<'_>],
        steps: std::ops::Range<usize>,
    ) -> Result<(), Interruption> {
        let mut attempt = 1;
        loop {
            let started = Instant::now();
            let result = self.transaction(prepared, steps.clone()).await;
            let (failure, found) = match result {
                Ok(rows) => return self.confirm(prepared, steps.start, steps.len(), &rows),
                Err(failed) => *failed,
            };
            let failure = self.check_lost(failure)?;
            if !self.roll_back().await? {
                return Err(self.left_behind(prepared, steps.start, failure, found).await);
            }
            let statement = found.as_ref().map_or("", |found| found.statement);
            let blockers = self.in_the_way(&failure, statement, started).await;
            if failure.kind == FailureKind::Transient && attempt < self.retry.attempts {
                self.pause(&prepared[steps.start], attempt, &failure, blockers, started).await;
                attempt += 1;
                continue;
            }
            let state = match attempt {
                1 => transactional_note(self.dialect).to_owned(),
                n => format!(
                    "{}, and so were {} tries before it",
                    transactional_note(self.dialect),
                    n - 1
                ),
            };
            let correct = if blockers.is_empty() { "; correct it and run again" } else { "" };
            let state = format!("{state}; the database is as it was before it{correct}");
            return Err(self.failed(prepared, steps.start, failure, found, (state, blockers)));
        }
    }

    /// One transaction with the given steps. The rows are those that confirm.
    async fn transaction<'g>(
        &mut self,
        prepared: &[Prepared<'g>],
        steps: std::ops::Range<usize>,
    ) -> Result<Vec<Row>, Box<(Failure, Option<FailedStatement<'g>>)>> {
        let bare = |failure| Box::new((failure, None));
        let of = &prepared[steps.clone()];
        let calls = of
            .iter()
            .any(|step| step.pieces.iter().any(|piece| matches!(piece, Piece::Function { .. })));
        let off = of.iter().any(|step| step.foreign_keys_off)
            && self.opening.setting("foreign_keys") == "1";
        // A function may begin a transaction, which must become a savepoint in ours: so the driver has to know of ours.
        let by_driver = calls || !self.session.is_own();
        let last = steps.end == prepared.len() && !by_driver;
        let mut ops = self.ops(prepared, steps, (by_driver, calls));
        let mut carries = false;
        let mut messages = ops.iter_mut().rev().filter_map(Op::message);
        if let Some(message) = messages.next() {
            if !by_driver {
                self.commit(message);
                self.leave_guard(message);
                carries = self.carry_release(message, last && !off);
            } else if !calls {
                self.check_transaction(message);
            }
        }
        if off {
            self.session.run(self.dialect.foreign_keys(false)).await.map_err(bare)?;
        }
        let result = self.perform(prepared, &ops, by_driver).await;
        if off {
            // Inside a failed transaction this does nothing, so that it is ended first.
            if result.is_err() {
                self.session.rollback().await.map_err(bare)?;
            }
            // The step may be committed, so a failure here is not the step's: a new connection has the setting back, and
            // reads what took effect.
            let on = self.session.run(self.dialect.foreign_keys(true)).await;
            on.map_err(|failure| bare(Failure { kind: FailureKind::Lost, ..failure }))?;
        }
        let rows = result?;
        self.sent(1, &rows, carries);
        Ok(rows)
    }

    async fn perform<'g>(
        &mut self,
        prepared: &[Prepared<'g>],
        ops: &[Op<'g>],
        by_driver: bool,
    ) -> Result<Vec<Row>, Box<(Failure, Option<FailedStatement<'g>>)>> {
        let bare = |failure| Box::new((failure, None));
        let mut rows = Vec::new();
        if !by_driver {
            for (at, op) in ops.iter().enumerate() {
                rows.extend(match op {
                    Op::Send(message) => {
                        let sent = send(&mut *self.session, message).await;
                        let sent = sent.map_err(|failure| message.committed(failure));
                        located(message, sent).inspect_err(|failed| {
                            tell_before(&self.notifier, prepared, &ops[at + 1..], failed)
                        })?
                    }
                    Op::CheckForeignKeys { step } => violations(
                        &prepared[*step],
                        *step,
                        self.session.run(self.dialect.foreign_key_check()).await,
                    )?,
                    Op::Call { .. } => unreachable!("functions run in a transaction of the driver"),
                    Op::Begin { .. } | Op::Batch { .. } | Op::Tell { .. } => {
                        tell(&self.notifier, prepared, op)
                    }
                });
            }
            return Ok(rows);
        }
        let (dialect, functions, notifier) = (self.dialect, self.functions, &self.notifier);
        let begin = self.driver_begin();
        let mut transaction = self.session.begin(begin).await.map_err(bare)?;
        for (at, op) in ops.iter().enumerate() {
            rows.extend(match op {
                Op::Send(message) => located(message, send_in(&mut *transaction, message).await)
                    .inspect_err(|failed| {
                        tell_before(notifier, prepared, &ops[at + 1..], failed)
                    })?,
                Op::CheckForeignKeys { step } => violations(
                    &prepared[*step],
                    *step,
                    transaction.run(self.dialect.foreign_key_check()).await,
                )?,
                Op::Call { step, name, line, .. } => {
                    tell(notifier, prepared, op);
                    let context = context(notifier, &prepared[*step]);
                    let called = call(dialect, functions, name, &mut *transaction, context).await;
                    called.map_err(|failure| {
                        let place = prepared[*step].place(*line, 0);
                        Box::new((
                            failure,
                            Some(FailedStatement { step: *step, place, statement: name }),
                        ))
                    })?;
                    Vec::new()
                }
                Op::Begin { .. } | Op::Batch { .. } | Op::Tell { .. } => {
                    tell(notifier, prepared, op)
                }
            });
        }
        transaction.commit().await.map_err(bare)?;
        self.after_driver().await.map_err(bare)?;
        Ok(rows)
    }

    fn ops<'g>(
        &self,
        prepared: &[Prepared<'g>],
        steps: std::ops::Range<usize>,
        (by_driver, calls): (bool, bool),
    ) -> Vec<Op<'g>> {
        let mut queue = Queue::new(steps.start);
        if !by_driver {
            self.begin(&mut queue.message);
        } else if !calls {
            // What a function does may commit by itself.
            self.mark_transaction(&mut queue.message);
        }
        self.head(&mut queue.message, 0);
        let shared = steps.len() > 1;
        let most = self.dialect.capabilities().message_bytes;
        let first = steps.start;
        for step in steps {
            let of = &prepared[step];
            let share = self.notifier.share(of);
            let small = of.is_plain()
                && share.is_none()
                && of.script.is_none_or(|script| script.text().len() < most);
            if shared && small && !self.notifier.follows(of) {
                queue.together.end = step + 1;
            } else if shared {
                queue.begin(step);
            }
            if small {
                self.body(&mut queue.message, prepared, step, step == first);
                if queue.message.text().len() > most
                    || queue.together.len() >= self.notifier.shared()
                {
                    queue.send();
                }
                continue;
            }
            self.start_clock(&mut queue.message, step == first);
            self.remember(&mut queue.message, of);
            self.pieces(&mut queue, prepared, step, share);
            if of.foreign_keys_off {
                queue.send();
                queue.ops.push(Op::CheckForeignKeys { step });
            }
            self.tail(&mut queue.message, of);
        }
        queue.send();
        queue.ops
    }

    /// The work of a step that is more than a part of a message.
    fn pieces<'g>(
        &self,
        queue: &mut Queue<'g>,
        prepared: &[Prepared<'g>],
        step: usize,
        share: Option<usize>,
    ) {
        let of = &prepared[step];
        let most = self.dialect.capabilities().message_bytes;
        let cut = |statements| parts(statements, most);
        let mut before = 0;
        for piece in &of.pieces {
            match piece {
                Piece::Sql(statements) => {
                    for part in statements.chunks(share.unwrap_or(usize::MAX)).flat_map(cut) {
                        let has_rows = part[0].data.is_some();
                        if has_rows {
                            queue.send();
                        }
                        if share.is_some() {
                            if queue.message.has_files() {
                                queue.send();
                            }
                            queue.ops.push(Op::Tell { step, before, statement: part[0] });
                        }
                        before += part.len();
                        file(&mut queue.message, of, step, part);
                        if has_rows || queue.message.text().len() > most {
                            queue.send();
                        }
                    }
                }
                Piece::Function { name, line } => {
                    queue.send();
                    queue.ops.push(Op::Call { step, before, name, line: *line });
                    before += 1;
                }
            }
        }
    }

    /// What begins a transaction: the tables where they are missing, and the fence. `before` is how many transactions are
    /// in the message before it.
    pub(crate) fn head(&self, message: &mut Batch<'_>, before: usize) {
        // All of a message reaches the same connection of the server.
        if before == 0
            && let Some(check) = self.dialect.same_backend(&self.opening)
        {
            message.own(self.dialect, &check);
        }
        if before == 0 && !self.exists && self.dialect.capabilities().transactional_ddl {
            if self.opening.schema_missing {
                message.own(self.dialect, &self.history.create_schema());
            }
            message.own(self.dialect, &self.history.create());
        }
        let epoch = self.epoch + to_i64(before);
        if self.raised || before > 0 {
            message.own(self.dialect, &self.history.fence(epoch));
        } else {
            message.own(self.dialect, &self.history.raise(epoch, self.holder));
        }
    }

    /// Where a step is measured from. The first of a transaction may have it from the fence.
    fn start_clock(&self, message: &mut Batch<'_>, first: bool) {
        if !(first && self.dialect.capabilities().fence_starts_clock) {
            message.own(self.dialect, &self.history.clock());
        }
    }

    /// A plain step between the fence and the COMMIT; `first` of them or not.
    pub(crate) fn body<'g>(
        &self,
        message: &mut Batch<'g>,
        prepared: &[Prepared<'g>],
        step: usize,
        first: bool,
    ) {
        let of = &prepared[step];
        if of.step.action == Action::Run {
            self.start_clock(message, first);
        }
        self.remember(message, of);
        for piece in &of.pieces {
            if let Piece::Sql(statements) = piece {
                file(message, of, step, statements);
            }
        }
        self.tail(message, of);
    }

    /// The end of a step: the rights back, the history row, the settings back.
    pub(crate) fn tail(&self, message: &mut Batch<'_>, of: &Prepared<'_>) {
        let run = of.step.action == Action::Run;
        if run {
            self.add(message, self.dialect.restore_role(&self.opening));
        }
        let measured = (!run).then_some(Duration::ZERO);
        let row = match of.step.direction {
            Direction::Up => {
                let done = StepRecord {
                    state: State::Applied,
                    done: of.statements(),
                    done_hash: "",
                    doubt_hash: "",
                };
                self.insert(of, &done, measured)
            }
            Direction::Down => self.history.erase(of.step.migration, measured),
        };
        message.own(self.dialect, &row);
        message.confirms += 1;
        self.forget(message, of);
        if run && of.may_set(self.dialect) {
            let own = self.session.is_own();
            self.add(message, self.dialect.restore(&self.table, &self.opening, self.limits, own));
        }
    }

    /// Notes what the session has before a step, where that cannot have a session of its own.
    pub(crate) fn remember(&self, message: &mut Batch<'_>, of: &Prepared<'_>) {
        if self.shares_session() && of.leaves(self.dialect) {
            self.add(message, self.dialect.remember().into_iter().collect());
        }
    }

    /// Removes what a step has left in such a session.
    pub(crate) fn forget(&self, message: &mut Batch<'_>, of: &Prepared<'_>) {
        if self.shares_session() && of.leaves(self.dialect) {
            let statements: Vec<Statement<'_>> = of.sql().copied().collect();
            self.add(message, self.dialect.forget(&statements));
        }
    }

    /// Whether the next step cannot have a session of its own: the connection is not ours, or all steps are one transaction.
    fn shares_session(&self) -> bool {
        !self.session.is_own() || self.one_transaction
    }

    pub(crate) fn add(&self, message: &mut Batch<'_>, statements: Vec<String>) {
        for statement in statements {
            message.own(self.dialect, &statement);
        }
    }

    pub(crate) fn insert(
        &self,
        of: &Prepared<'_>,
        progress: &StepRecord<'_>,
        measured: Option<Duration>,
    ) -> String {
        let migration = of.step.migration;
        let revisions =
            |list: Vec<&'r Migration>| list.into_iter().map(|m| m.revision.as_str()).collect();
        let entry = HistoryRow {
            migration,
            parents: revisions(self.graph.parents(&migration.revision)),
            depends_on: revisions(self.graph.dependencies(&migration.revision)),
            applied_by: self.applied_by,
        };
        self.history.insert(&entry, progress, measured)
    }
}

/// Sends a message, with the rows that go with it.
pub(super) async fn send(
    session: &mut (dyn Session + '_),
    message: &Batch<'_>,
) -> Result<Vec<Row>, Failure> {
    match message.rows() {
        Some(rows) => session.copy(message.text(), rows).await.map(|()| Vec::new()),
        None => session.run(message.text()).await,
    }
}

/// Sends a message in a transaction of the driver.
pub(super) async fn send_in(
    transaction: &mut (dyn Transaction + '_),
    message: &Batch<'_>,
) -> Result<Vec<Row>, Failure> {
    match message.rows() {
        Some(rows) => transaction.copy(message.text(), rows).await.map(|()| Vec::new()),
        None => transaction.run(message.text()).await,
    }
}

/// The rows of a message, or its failure with its place in a file.
pub(crate) fn located<'g>(
    message: &Batch<'g>,
    sent: Result<Vec<Row>, Failure>,
) -> Result<Vec<Row>, Box<(Failure, Option<FailedStatement<'g>>)>> {
    sent.map_err(|mut failure| {
        let found = message.find(&failure);
        failure.before_files = found.is_none() && message.is_before_files(&failure);
        Box::new((failure, found))
    })
}

/// Rows of the foreign key check are a failure of the step.
fn violations<'g>(
    of: &Prepared<'g>,
    step: usize,
    found: Result<Vec<Row>, Failure>,
) -> Result<Vec<Row>, Box<(Failure, Option<FailedStatement<'g>>)>> {
    let rows = found.map_err(|failure| Box::new((failure, None)))?;
    if rows.is_empty() {
        return Ok(rows);
    }
    let all: Vec<&str> = rows.iter().filter_map(|row| row.column("violation")).collect();
    let message =
        format!("the migration leaves rows that violate foreign keys: {}", all.join("; "));
    let found =
        FailedStatement { step, place: of.place(0, 0), statement: "PRAGMA foreign_key_check" };
    Err(Box::new((Failure::new(FailureKind::Other, message), Some(found))))
}

/// What a registered function is told of the step that calls it.
pub(crate) fn context(notifier: &Notifier<'_>, of: &Prepared<'_>) -> StepContext {
    let Step { migration, direction, .. } = of.step;
    StepContext::new(&migration.revision, *direction, notifier.arguments)
}

/// Calls a registered function on the transaction's connection.
pub(crate) async fn call(
    dialect: &dyn Dialect,
    functions: &Functions,
    name: &str,
    transaction: &mut (dyn Transaction + '_),
    context: StepContext,
) -> Result<(), Failure> {
    // That it is registered was checked before anything ran.
    let function = functions.get(name);
    let function = function.ok_or_else(|| {
        Failure::new(FailureKind::Other, format!("no function {name} is registered"))
    })?;
    let around = dialect.around_function();
    if let Some((before, _)) = around {
        transaction.run(before).await?;
    }
    let called = function(transaction.connection(), context).await;
    called.map_err(|error| transaction.explain(error))?;
    if let Some((_, after)) = around {
        transaction.run(after).await?;
    }
    Ok(())
}

pub(crate) fn file<'g>(
    message: &mut Batch<'g>,
    of: &Prepared<'g>,
    step: usize,
    statements: &[Statement<'g>],
) {
    if let Some(script) = of.script {
        message.file(step, script.file(), script.text(), statements);
    }
}
