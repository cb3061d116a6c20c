//! What a run reports on its way: for a progress display, and for an app's own hooks.

use std::{
    collections::HashMap,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tracing::warn;

use super::{
    function::Arguments,
    plan::{Action, Direction},
    prepare::Prepared,
    report::StepReport,
};
use crate::error::{Blocker, Place, brief, in_words};

/// Something that happened in a run. See [`Migrator::observe`](crate::Migrator::observe).
///
/// `Display` says it in one line; for a step that begins it is the line that Alembic prints.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Another runner holds the migration lock. Told after half a second, and about every second from then on.
    #[non_exhaustive]
    Waiting {
        /// How long it has been tried.
        waited: Duration,
        /// Who holds the lock, since when and what it runs, as far as the database tells; asked every few seconds.
        holder: Option<String>,
    },
    /// The migration lock is ours.
    #[non_exhaustive]
    Locked {
        /// How long that took.
        waited: Duration,
    },
    /// It is known what is to be done. Another runner may have been first after all, and then there is a second plan.
    #[non_exhaustive]
    Planned {
        /// How many steps.
        steps: usize,
        /// What the caller of the verb has to say.
        arguments: Arguments,
    },
    /// Several steps begin together: they travel in one message, and nothing is heard of each until that is back. Then each has
    /// its [`StepStarted`](Self::StepStarted) and its [`StepDone`](Self::StepDone), in their order. If one fails, those before it
    /// are told like that, and it and those after it continue one by one. See [`Live`].
    #[non_exhaustive]
    BatchStarted {
        /// Which step of the run is the first of them, from 1.
        first: usize,
        /// Which is the last.
        last: usize,
        /// How many steps the run has.
        of: usize,
        /// The revisions of the first and the last.
        revisions: (String, String),
        /// What the caller of the verb has to say.
        arguments: Arguments,
    },
    /// A step begins. Where steps travel in one message, [`BatchStarted`](Self::BatchStarted) is told before it, and this when it is
    /// back; see [`Live`].
    #[non_exhaustive]
    StepStarted {
        /// Which step of the run, from 1.
        number: usize,
        /// How many steps the run has.
        of: usize,
        /// The revision.
        revision: String,
        /// The migration's name.
        name: String,
        /// The revisions from which it follows; none for a base.
        parents: Vec<String>,
        /// Which way it goes.
        direction: Direction,
        /// Whether the SQL is run, or only the history written.
        action: Action,
        /// How many statements and functions it has.
        statements: usize,
        /// What the caller of the verb has to say.
        arguments: Arguments,
    },
    /// A statement of the step begins, or a registered function. Told for those that are a message of their own: all of
    /// them with [`Live::Statements`].
    #[non_exhaustive]
    StatementStarted {
        /// The revision of the step.
        revision: String,
        /// Which statement of the step, from 1.
        number: usize,
        /// How many statements and functions the step has.
        of: usize,
        /// The statement on one line, shortened where it is long; of a function `run` and its name.
        statement: String,
        /// Where it stands.
        place: Place,
    },
    /// A step, or a statement that stands alone, met a lock timeout or the like: it was rolled back and is tried again.
    #[non_exhaustive]
    Retrying {
        /// The revision of the step.
        revision: String,
        /// How often it was tried.
        attempt: u32,
        /// How often it will be tried at most.
        attempts: u32,
        /// What it met.
        error: String,
        /// Who is in its way, if it met a lock timeout; empty if nobody was seen.
        blockers: Vec<Blocker>,
        /// How long it waits before the next try; after a lock timeout that is longer than the try has waited, so that others
        /// get at the table.
        pause: Duration,
    },
    /// A step is done: with its history row, and committed.
    #[non_exhaustive]
    StepDone {
        /// Which step of the run, from 1.
        number: usize,
        /// How many steps the run has.
        of: usize,
        /// What was done.
        step: StepReport,
        /// What the caller of the verb has to say.
        arguments: Arguments,
    },
    /// The connection was lost, and is opened again to see what took effect.
    #[non_exhaustive]
    Reconnecting {
        /// What the driver said.
        error: String,
    },
    /// [`wait`](crate::Migrator::wait) continues to wait. Sent when the reason changes, and every ten seconds.
    #[non_exhaustive]
    NotReady {
        /// How long it has been waited.
        waited: Duration,
        /// What is missing, or the last error.
        problem: String,
    },
    /// Something is not as it should be, though the run continues.
    #[non_exhaustive]
    Warning {
        /// What, and what to do.
        text: String,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting { waited, holder } => {
                let holder = holder.as_deref().unwrap_or("another runner holds it");
                write!(f, "waiting for the migration lock: {holder} ({} s)", waited.as_secs())
            }
            Self::Locked { waited } => write!(f, "the migration lock is taken, after {waited:.1?}"),
            Self::Planned { steps: 1, .. } => write!(f, "1 step to do"),
            Self::Planned { steps, .. } => write!(f, "{steps} steps to do"),
            Self::BatchStarted { first, last, of, revisions: (from, to), .. } => {
                write!(f, "Running steps {first} to {last} of {of} in one message: {from} to {to}")
            }
            Self::StepStarted { revision, name, parents, direction, action, .. } => {
                let verb = match (action, direction) {
                    (Action::Run, Direction::Up) => "Running upgrade",
                    (Action::Run, Direction::Down) => "Running downgrade",
                    (Action::Record, _) => "Running stamp",
                };
                let parents = parents.join(", ");
                match direction {
                    Direction::Up => write!(f, "{verb} {parents} -> {revision}")?,
                    Direction::Down => write!(f, "{verb} {revision} -> {parents}")?,
                }
                if name.is_empty() { Ok(()) } else { write!(f, ", {name}") }
            }
            Self::StatementStarted { revision, number, of, statement, place } => {
                write!(f, "revision {revision}, statement {number} of {of} ({place}): {statement}")
            }
            Self::Retrying { revision, attempt, attempts, error, blockers, pause } => {
                write!(
                    f,
                    "revision {revision} was rolled back and will be tried again in {pause:.1?} (try {attempt} of {attempts}): {error}"
                )?;
                match blockers.as_slice() {
                    [] => Ok(()),
                    blockers => write!(f, "; in its way: {}", in_words(blockers)),
                }
            }
            Self::StepDone { step, .. } => write!(f, "{step}"),
            Self::Reconnecting { error } => {
                write!(f, "the connection was lost, and is opened again: {error}")
            }
            Self::NotReady { waited, problem } => {
                write!(f, "waiting for the schema: {problem} ({} s)", waited.as_secs())
            }
            Self::Warning { text } => f.write_str(text),
        }
    }
}

/// How closely observers can follow a run. See [`Migrator::live`](crate::Migrator::live).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum Live {
    /// Steps travel together where they can, which costs the fewest round trips. Observers are told of them when they are
    /// done. The default.
    #[default]
    No,
    /// Steps travel together as well, but few at first, and more with each message as long as the database does its steps
    /// in no time. So a display has news often, for a few round trips more.
    Batches,
    /// Each step is a message of its own, so that observers know which one is running.
    Steps,
    /// Each statement is a message of its own, in the same transactions as ever, so that observers know which one is
    /// running. In a run of more than 500 statements some share a message.
    Statements,
}

/// With [`Live::Statements`] a run has about so many messages at most: somebody looks on, and the server may be far away.
const LIVE_MESSAGES: usize = 500;

/// How many steps a message has at most.
const MOST_STEPS: usize = 200;
/// With [`Live::Batches`]: how many the first has, and each where all of them are one transaction.
const FIRST_STEPS: usize = 10;
const SHARED_STEPS: usize = 50;
/// A message whose steps took longer is followed by a shorter one.
const BRISK: Duration = Duration::from_millis(250);
/// In a run of no more steps than this, who looks on can have each of them by itself.
const SHORT_RUN: usize = 20;

/// How many steps share a message, so that there is news about as often as somebody who looks on can read.
#[derive(Debug)]
pub(crate) struct Pace {
    steps: usize,
    grows: bool,
}

impl Pace {
    pub(crate) fn steps(&self) -> usize {
        self.steps
    }

    /// Takes note of steps that are done. Their time is the database's, so that the way to it does not count: the longer that is,
    /// the more is gained by few messages.
    pub(crate) fn see(&mut self, done: &[StepReport]) {
        let took: Duration = done.iter().map(|step| step.duration).sum();
        if self.grows {
            let next = if took < BRISK { self.steps * 2 } else { self.steps / 2 };
            self.steps = next.clamp(1, MOST_STEPS);
        }
    }
}

struct Observer {
    tell: Box<dyn Fn(&Event) + Send + Sync>,
    /// It has panicked, and is not called any more.
    broken: AtomicBool,
}

/// All who are told.
#[derive(Clone, Default)]
pub(crate) struct Observers(Vec<Arc<Observer>>);

impl Observers {
    pub(crate) fn add(&mut self, tell: impl Fn(&Event) + Send + Sync + 'static) {
        let observer = Observer { tell: Box::new(tell), broken: AtomicBool::new(false) };
        self.0.push(Arc::new(observer));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Tells everybody. The event is only made where there is somebody.
    pub(crate) fn tell(&self, event: impl FnOnce() -> Event) {
        if self.is_empty() {
            return;
        }
        let event = event();
        for observer in self.0.iter().filter(|observer| !observer.broken.load(Ordering::Relaxed)) {
            // In the middle of a migration, who looks on must not decide how it ends.
            if catch_unwind(AssertUnwindSafe(|| (observer.tell)(&event))).is_err() {
                observer.broken.store(true, Ordering::Relaxed);
                warn!("an observer of migrations panicked, and is not called any more");
            }
        }
    }
}

/// Tells of the steps of one run.
pub(crate) struct Notifier<'r> {
    pub(crate) observers: &'r Observers,
    live: Live,
    /// The same for a short run.
    brief: Live,
    pub(crate) arguments: &'r Arguments,
    /// How many steps the run has, those before a lost connection as well.
    pub(crate) total: usize,
    /// How many of them are still to be done when the loop begins.
    left: usize,
    /// Of each revision of the run; empty where nobody asks.
    pub(crate) parents: HashMap<String, Vec<String>>,
}

impl<'r> Notifier<'r> {
    pub(crate) fn new(
        observers: &'r Observers,
        (live, brief): (Live, Live),
        arguments: &'r Arguments,
    ) -> Self {
        // Where nobody looks on, nothing is to be slower for it.
        let (live, brief) =
            if observers.is_empty() { (Live::No, Live::No) } else { (live, brief.max(live)) };
        Self { observers, live, brief, arguments, total: 0, left: 0, parents: HashMap::new() }
    }

    /// So many steps are still to be done. Where a message is `cheap`, it need not be shared in long runs either.
    pub(crate) fn begin(&mut self, left: usize, cheap: bool) -> Pace {
        self.left = left;
        if left <= SHORT_RUN || cheap {
            self.live = self.brief;
        }
        match self.live {
            Live::No => Pace { steps: MOST_STEPS, grows: false },
            Live::Batches => Pace { steps: FIRST_STEPS, grows: true },
            Live::Steps | Live::Statements => Pace { steps: 1, grows: false },
        }
    }

    /// Whether the begin of a step can be told while it runs, also where it shares a transaction with others.
    pub(crate) fn follows(&self, prepared: &Prepared<'_>) -> bool {
        self.live > Live::Batches && prepared.script.is_some()
    }

    /// How many steps of one transaction share a message, however short they are.
    pub(crate) fn shared(&self) -> usize {
        if self.live == Live::Batches { SHARED_STEPS } else { usize::MAX }
    }

    fn number(&self, at: usize) -> usize {
        (self.total + at + 1).saturating_sub(self.left)
    }

    /// These steps begin, in one message; `at` is the place of the first in the loop.
    pub(crate) fn batch(&self, prepared: &[Prepared<'_>], at: usize) {
        let (Some(first), Some(last)) = (prepared.first(), prepared.last()) else { return };
        let revision = |of: &Prepared<'_>| of.step.migration.revision.clone();
        self.observers.tell(|| Event::BatchStarted {
            first: self.number(at),
            last: self.number(at + prepared.len() - 1),
            of: self.total,
            revisions: (revision(first), revision(last)),
            arguments: self.arguments.clone(),
        });
    }

    /// The step at this place of the loop begins.
    pub(crate) fn started(&self, prepared: &Prepared<'_>, at: usize) {
        let step = prepared.step;
        let revision = &step.migration.revision;
        self.observers.tell(|| Event::StepStarted {
            number: self.number(at),
            of: self.total,
            revision: revision.clone(),
            name: step.migration.name.clone(),
            parents: self.parents.get(revision).cloned().unwrap_or_default(),
            direction: step.direction,
            action: step.action,
            statements: prepared.statements(),
            arguments: self.arguments.clone(),
        });
    }

    pub(crate) fn done(&self, report: &StepReport, at: usize) {
        self.observers.tell(|| Event::StepDone {
            number: self.number(at),
            of: self.total,
            step: report.clone(),
            arguments: self.arguments.clone(),
        });
    }

    /// The statement begins that has so many before it, of so many.
    pub(crate) fn statement(
        &self,
        prepared: &Prepared<'_>,
        (before, of): (usize, usize),
        statement: &str,
        (line, column): (u32, u32),
    ) {
        self.observers.tell(|| Event::StatementStarted {
            revision: prepared.step.migration.revision.clone(),
            number: before + 1,
            of,
            statement: brief(statement),
            place: prepared.place(line, column),
        });
    }

    pub(crate) fn retrying(
        &self,
        prepared: &Prepared<'_>,
        (attempt, attempts): (u32, u32),
        error: &dyn fmt::Display,
        blockers: Vec<Blocker>,
        pause: Duration,
    ) {
        self.observers.tell(|| Event::Retrying {
            revision: prepared.step.migration.revision.clone(),
            attempt,
            attempts,
            error: error.to_string(),
            blockers,
            pause,
        });
    }

    /// How many statements of a step share a message; none where all of them do.
    pub(crate) fn share(&self, prepared: &Prepared<'_>) -> Option<usize> {
        let messages = (LIVE_MESSAGES / self.left.max(1)).max(1);
        let alone = self.live == Live::Statements && prepared.script.is_some();
        alone.then(|| prepared.statements().div_ceil(messages).max(1))
    }
}
