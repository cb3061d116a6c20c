//! One transaction of a run: what is in it, in one message where it can be, and tried again where that helps.

use std::time::Duration;

use tracing::warn;

use super::{
    event::Teller,
    execute::{Runner, Stop, backoff, to_i64, with_blocker},
    function::{Functions, StepContext},
    history::{Entry, Progress, State},
    message::{Found, Message},
    plan::{Action, Direction, Step},
    report::transactional_note,
    work::{Piece, Prepared},
};
use crate::{
    database::{Failure, FailureKind, Row, Transaction},
    migration::Migration,
    sql::Statement,
};

/// One thing that a transaction does.
enum Op<'g> {
    Send(Message<'g>),
    Call {
        step: usize,
        before: usize,
        name: &'g str,
        line: u32,
    },
    CheckForeignKeys {
        step: usize,
    },
    /// Tells that a step begins, of those that share the transaction.
    Begin {
        step: usize,
    },
    /// Tells which statement the next message begins with.
    Tell {
        step: usize,
        before: usize,
        statement: Statement<'g>,
    },
}

impl<'r> Runner<'r, '_> {
    /// Runs a transaction, and runs it again where the database says that another time is better.
    pub(crate) async fn with_retry(
        &mut self,
        prepared: &[Prepared<'_>],
        steps: std::ops::Range<usize>,
    ) -> Result<(), Stop> {
        let mut attempt = 1;
        loop {
            let result = self.transaction(prepared, steps.clone()).await;
            let (failure, found) = match result {
                Ok(rows) => return self.confirm(prepared, steps.start, steps.len(), &rows),
                Err(failed) => *failed,
            };
            self.check_lost(&failure)?;
            self.roll_back().await?;
            let statement = found.as_ref().map_or("", |found| found.statement);
            let blocker = self.in_the_way(&failure, statement).await;
            if failure.kind == FailureKind::Transient && attempt < self.retry.attempts {
                warn!(attempt, error = %failure.error, blocker, "the step was rolled back and will be tried again");
                let attempts = self.retry.attempts;
                self.teller.retrying(
                    &prepared[steps.start],
                    attempt,
                    attempts,
                    &failure.error,
                    blocker,
                );
                tokio::time::sleep(backoff(attempt)).await;
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
            let advice = match blocker {
                Some(_) => format!("{state}; the database is as it was before it"),
                None => format!(
                    "{state}; the database is as it was before it; correct it and run again"
                ),
            };
            let advice = with_blocker(advice, blocker);
            return Err(self.failed(prepared, steps.start, failure, found, advice));
        }
    }

    /// One transaction with the given steps. The rows are those that confirm.
    async fn transaction<'g>(
        &mut self,
        prepared: &[Prepared<'g>],
        steps: std::ops::Range<usize>,
    ) -> Result<Vec<Row>, Box<(Failure, Option<Found<'g>>)>> {
        let bare = |failure| Box::new((failure, None));
        let of = &prepared[steps.clone()];
        let calls = of
            .iter()
            .any(|step| step.pieces.iter().any(|piece| matches!(piece, Piece::Function { .. })));
        let off = of.iter().any(|step| step.foreign_keys_off) && self.opening.setting(0) == "1";
        // A function may begin a transaction, which must become a savepoint in ours: so the driver has to know of ours.
        let by_driver = calls || !self.session.is_own();
        let last = steps.end == prepared.len() && !by_driver;
        let mut ops = self.ops(prepared, steps, by_driver);
        let mut carries = false;
        if let (false, Some(Op::Send(message))) = (by_driver, ops.last_mut()) {
            message.own(self.dialect, "COMMIT");
            carries = self.carry_release(message, last && !off);
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
    ) -> Result<Vec<Row>, Box<(Failure, Option<Found<'g>>)>> {
        let bare = |failure| Box::new((failure, None));
        let mut rows = Vec::new();
        if !by_driver {
            for op in ops {
                rows.extend(match op {
                    Op::Send(message) => located(
                        message,
                        self.session.run(message.text()).await.map_err(|f| message.committed(f)),
                    )?,
                    Op::CheckForeignKeys { step } => violations(
                        &prepared[*step],
                        *step,
                        self.session.run(self.dialect.foreign_key_check()).await,
                    )?,
                    Op::Call { .. } => unreachable!("functions run in a transaction of the driver"),
                    Op::Begin { .. } | Op::Tell { .. } => tell(&self.teller, prepared, op),
                });
            }
            return Ok(rows);
        }
        let (functions, teller) = (self.functions, &self.teller);
        let mut transaction = self.session.begin(self.dialect.begin()).await.map_err(bare)?;
        for op in ops {
            rows.extend(match op {
                Op::Send(message) => located(message, transaction.run(message.text()).await)?,
                Op::CheckForeignKeys { step } => violations(
                    &prepared[*step],
                    *step,
                    transaction.run(self.dialect.foreign_key_check()).await,
                )?,
                Op::Call { step, name, line, .. } => {
                    tell(teller, prepared, op);
                    let context = context(teller, &prepared[*step]);
                    call(functions, name, &mut *transaction, context).await.map_err(|failure| {
                        let place = prepared[*step].place(*line, 0);
                        Box::new((failure, Some(Found { step: *step, place, statement: name })))
                    })?;
                    Vec::new()
                }
                Op::Begin { .. } | Op::Tell { .. } => tell(teller, prepared, op),
            });
        }
        transaction.commit().await.map_err(bare)?;
        Ok(rows)
    }

    fn ops<'g>(
        &self,
        prepared: &[Prepared<'g>],
        steps: std::ops::Range<usize>,
        by_driver: bool,
    ) -> Vec<Op<'g>> {
        let mut ops = Vec::new();
        let mut message = Message::default();
        if !by_driver {
            message.own(self.dialect, self.dialect.begin());
        }
        self.head(&mut message, 0);
        let shared = steps.len() > 1;
        let most = self.dialect.capabilities().message_bytes;
        let first = steps.start;
        for step in steps {
            let of = &prepared[step];
            if shared && self.teller.follows(of) {
                if message.has_files() {
                    ops.push(Op::Send(std::mem::take(&mut message)));
                }
                ops.push(Op::Begin { step });
            }
            let share = self.teller.share(of);
            if of.is_plain()
                && share.is_none()
                && of.script.is_none_or(|script| script.text().len() < most)
            {
                self.body(&mut message, prepared, step, step == first);
                if message.text().len() > most {
                    ops.push(Op::Send(std::mem::take(&mut message)));
                }
                continue;
            }
            self.start_clock(&mut message, step == first);
            let mut before = 0;
            let cut = |statements| parts(statements, most);
            for piece in &of.pieces {
                match piece {
                    Piece::Sql(statements) => {
                        for part in statements.chunks(share.unwrap_or(usize::MAX)).flat_map(cut) {
                            if share.is_some() {
                                if message.has_files() {
                                    ops.push(Op::Send(std::mem::take(&mut message)));
                                }
                                ops.push(Op::Tell { step, before, statement: part[0] });
                            }
                            before += part.len();
                            file(&mut message, of, step, part);
                            if message.text().len() > most {
                                ops.push(Op::Send(std::mem::take(&mut message)));
                            }
                        }
                    }
                    Piece::Function { name, line } => {
                        ops.push(Op::Send(std::mem::take(&mut message)));
                        ops.push(Op::Call { step, before, name, line: *line });
                        before += 1;
                    }
                }
            }
            if of.foreign_keys_off {
                ops.push(Op::Send(std::mem::take(&mut message)));
                ops.push(Op::CheckForeignKeys { step });
            }
            self.tail(&mut message, of);
        }
        ops.push(Op::Send(message));
        ops.retain(|op| !matches!(op, Op::Send(message) if message.is_empty()));
        ops
    }

    /// What begins a transaction: the tables where they are missing, and the fence. `before` is how many transactions are
    /// in the message before it.
    pub(crate) fn head(&self, message: &mut Message<'_>, before: usize) {
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
    fn start_clock(&self, message: &mut Message<'_>, first: bool) {
        if !(first && self.dialect.capabilities().fence_starts_clock) {
            message.own(self.dialect, &self.history.clock());
        }
    }

    /// A plain step between the fence and the COMMIT; `first` of them or not.
    pub(crate) fn body<'g>(
        &self,
        message: &mut Message<'g>,
        prepared: &[Prepared<'g>],
        step: usize,
        first: bool,
    ) {
        let of = &prepared[step];
        if of.step.action == Action::Run {
            self.start_clock(message, first);
        }
        for piece in &of.pieces {
            if let Piece::Sql(statements) = piece {
                file(message, of, step, statements);
            }
        }
        self.tail(message, of);
    }

    /// The end of a step: the rights back, the history row, the settings back.
    pub(crate) fn tail(&self, message: &mut Message<'_>, of: &Prepared<'_>) {
        let run = of.step.action == Action::Run;
        if run {
            self.add(message, self.dialect.restore_role(&self.opening));
        }
        let measured = (!run).then_some(Duration::ZERO);
        let row = match of.step.direction {
            Direction::Up => {
                let done = Progress {
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
        if run && of.may_set(self.dialect) {
            let own = self.session.is_own();
            self.add(message, self.dialect.restore(&self.table, &self.opening, self.limits, own));
        }
    }

    pub(crate) fn add(&self, message: &mut Message<'_>, statements: Vec<String>) {
        for statement in statements {
            message.own(self.dialect, &statement);
        }
    }

    pub(crate) fn insert(
        &self,
        of: &Prepared<'_>,
        progress: &Progress<'_>,
        measured: Option<Duration>,
    ) -> String {
        let migration = of.step.migration;
        let revisions =
            |list: Vec<&'r Migration>| list.into_iter().map(|m| m.revision.as_str()).collect();
        let entry = Entry {
            migration,
            parents: revisions(self.graph.parents(&migration.revision)),
            depends_on: revisions(self.graph.dependencies(&migration.revision)),
            applied_by: self.applied_by,
        };
        self.history.insert(&entry, progress, measured)
    }
}

/// The rows of a message, or its failure with its place in a file.
pub(crate) fn located<'g>(
    message: &Message<'g>,
    sent: Result<Vec<Row>, Failure>,
) -> Result<Vec<Row>, Box<(Failure, Option<Found<'g>>)>> {
    sent.map_err(|failure| {
        let found = message.find(&failure);
        Box::new((failure, found))
    })
}

/// Rows of the foreign key check are a failure of the step.
fn violations<'g>(
    of: &Prepared<'g>,
    step: usize,
    found: Result<Vec<Row>, Failure>,
) -> Result<Vec<Row>, Box<(Failure, Option<Found<'g>>)>> {
    let rows = found.map_err(|failure| Box::new((failure, None)))?;
    if rows.is_empty() {
        return Ok(rows);
    }
    let all: Vec<String> = rows.into_iter().filter_map(|row| row.into_iter().nth(1)?).collect();
    let message =
        format!("the migration leaves rows that violate foreign keys: {}", all.join("; "));
    let found = Found { step, place: of.place(0, 0), statement: "PRAGMA foreign_key_check" };
    Err(Box::new((Failure::new(FailureKind::Other, message), Some(found))))
}

/// Tells what comes next, which has no rows.
fn tell(teller: &Teller<'_>, prepared: &[Prepared<'_>], op: &Op<'_>) -> Vec<Row> {
    match op {
        Op::Begin { step } => teller.started(&prepared[*step], *step),
        Op::Tell { step, before, statement } => {
            let (of, place) = (&prepared[*step], (statement.line, statement.column));
            teller.statement(of, (*before, of.statements()), statement.text, place);
        }
        Op::Call { step, before, name, line } => {
            let (of, name) = (&prepared[*step], format!("run {name}"));
            teller.statement(of, (*before, of.statements()), &name, (*line, 0));
        }
        Op::Send(_) | Op::CheckForeignKeys { .. } => {}
    }
    Vec::new()
}

/// What a registered function is told of the step that calls it.
pub(crate) fn context(teller: &Teller<'_>, of: &Prepared<'_>) -> StepContext {
    let Step { migration, direction, .. } = of.step;
    StepContext::new(&migration.revision, *direction, teller.arguments)
}

/// Calls a registered function on the transaction's connection.
pub(crate) async fn call(
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
    let called = function(transaction.connection(), context).await;
    called.map_err(|error| transaction.explain(error))
}

/// Statements of about a message's size: a server has a limit for one message, and some need time for each statement that
/// grows with all that follows it.
fn parts<'a, 'g>(
    statements: &'a [Statement<'g>],
    bytes: usize,
) -> impl Iterator<Item = &'a [Statement<'g>]> {
    let mut rest = statements;
    std::iter::from_fn(move || {
        let begin = rest.first()?.start;
        let end = rest
            .iter()
            .position(|s| s.start + s.text.len() - begin > bytes)
            .map_or(rest.len(), |at| at + 1);
        let (part, after) = rest.split_at(end);
        rest = after;
        Some(part)
    })
}

pub(crate) fn file<'g>(
    message: &mut Message<'g>,
    of: &Prepared<'g>,
    step: usize,
    statements: &[Statement<'g>],
) {
    if let Some(script) = of.script {
        message.file(step, script.file(), script.text(), statements);
    }
}
