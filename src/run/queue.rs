//! What one transaction does, in order: messages, what stands between them, and what observers are told on the way.

use super::{
    batch::{Batch, FailedStatement},
    event::Notifier,
    prepare::Prepared,
};
use crate::{
    database::{Failure, Row},
    sql::Statement,
};

/// One thing that a transaction does.
pub(super) enum Op<'g> {
    Send(Batch<'g>),
    Call {
        step: usize,
        before: usize,
        name: &'g str,
        line: u32,
    },
    CheckForeignKeys {
        step: usize,
    },
    /// Tells that a step begins, of those that share the transaction; or that it was in the message before, if it shares that, too.
    Begin {
        step: usize,
    },
    /// Tells which steps the next message has.
    Batch {
        steps: std::ops::Range<usize>,
    },
    /// Tells which statement the next message begins with.
    Tell {
        step: usize,
        before: usize,
        statement: Statement<'g>,
    },
}

impl<'g> Op<'g> {
    pub(super) fn message(&mut self) -> Option<&mut Batch<'g>> {
        if let Self::Send(message) = self { Some(message) } else { None }
    }
}

/// What a transaction does, in the making.
pub(super) struct Queue<'g> {
    pub(super) ops: Vec<Op<'g>>,
    pub(super) message: Batch<'g>,
    /// The steps that the message has as a whole, of which is told when it is back.
    pub(super) together: std::ops::Range<usize>,
}

impl Queue<'_> {
    pub(super) fn new(first: usize) -> Self {
        Self { ops: Vec::new(), message: Batch::default(), together: first..first }
    }

    /// The message is complete.
    pub(super) fn send(&mut self) {
        if self.message.is_empty() {
            return;
        }
        let message = Op::Send(std::mem::take(&mut self.message));
        let steps = self.together.clone();
        self.together.start = steps.end;
        match steps.len() {
            0 => self.ops.push(message),
            1 => self.ops.extend([Op::Begin { step: steps.start }, message]),
            _ => {
                self.ops.extend([Op::Batch { steps: steps.clone() }, message]);
                self.ops.extend(steps.map(|step| Op::Begin { step }));
            }
        }
    }

    /// A step begins that does not share a message with others.
    pub(super) fn begin(&mut self, step: usize) {
        if self.message.has_files() || !self.together.is_empty() {
            self.send();
        }
        self.together = step + 1..step + 1;
        self.ops.push(Op::Begin { step });
    }
}

/// Tells of the steps of a message that failed, up to the one that did.
pub(super) fn tell_before(
    notifier: &Notifier<'_>,
    prepared: &[Prepared<'_>],
    rest: &[Op<'_>],
    failed: &(Failure, Option<FailedStatement<'_>>),
) {
    let Some(found) = &failed.1 else { return };
    for op in rest.iter().take_while(|op| matches!(op, Op::Begin { step } if *step <= found.step)) {
        tell(notifier, prepared, op);
    }
}

/// Tells what comes next, which has no rows.
pub(super) fn tell(notifier: &Notifier<'_>, prepared: &[Prepared<'_>], op: &Op<'_>) -> Vec<Row> {
    match op {
        Op::Begin { step } => notifier.started(&prepared[*step], *step),
        Op::Batch { steps } => notifier.batch(&prepared[steps.clone()], steps.start),
        Op::Tell { step, before, statement } => {
            let (of, place) = (&prepared[*step], (statement.line, statement.column));
            notifier.statement(of, (*before, of.statements()), statement.text, place);
        }
        Op::Call { step, before, name, line } => {
            let (of, name) = (&prepared[*step], format!("run {name}"));
            notifier.statement(of, (*before, of.statements()), &name, (*line, 0));
        }
        Op::Send(_) | Op::CheckForeignKeys { .. } => {}
    }
    Vec::new()
}

/// Statements of about a message's size: a server has a limit for one message, and some need time for each statement that
/// grows with all that follows it.
pub(super) fn parts<'a, 'g>(
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
