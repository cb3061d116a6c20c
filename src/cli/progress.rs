//! The progress of a run: a live display on a terminal, a line for each step elsewhere.

use std::{
    collections::HashMap,
    fmt::Write,
    future::poll_fn,
    io,
    ops::RangeInclusive,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle, TermLike};

use super::{
    output::{DIM, GREEN, Output, YELLOW, is_harmful, styled},
    problem::Problem,
    words::typed,
};
use crate::{
    error::Result,
    migrator::Migrator,
    run::{
        event::{Event, Live},
        report::took,
    },
};

/// What takes longer than this is shown by itself: a statement, a connection.
const LONG: Duration = Duration::from_millis(500);
/// How often those who read lines are told that the lock is still another's.
const WAITING_AGAIN: Duration = Duration::from_secs(30);
/// After so long those who read lines are told which steps share the message that is not back.
const SHARED: Duration = Duration::from_secs(5);
/// How often the display is drawn while nothing happens.
const TICK: Duration = Duration::from_millis(100);
/// How wide the bar is.
const BAR: usize = 20;

/// The display of one run. It is gone from the screen when this value is.
pub(super) struct ProgressDisplay {
    out: Output,
    /// On a terminal that can move its cursor.
    bar: Option<ProgressBar>,
    shown: Arc<Mutex<Shown>>,
}

impl ProgressDisplay {
    pub(super) fn new(out: &Output) -> Self {
        let shown = Arc::new(Mutex::new(Shown::new(out.has_colors())));
        let bar = (out.is_watched() && !console::is_dumb()).then(|| live(shown.clone()));
        Self { out: out.clone(), bar, shown }
    }

    /// The migrator, with this display as one more observer.
    pub(super) fn follow(&self, migrator: &Migrator) -> Migrator {
        if self.out.quiet {
            return migrator.clone();
        }
        // Who looks on at a few steps wants to see each when it begins. Many would take their time for that alone where the
        // database is far away.
        let few = if self.bar.is_some() { Live::Statements } else { Live::Steps };
        let many = Live::Batches.max(migrator.live_option());
        let migrator = migrator.clone().live(many).live_in_short_runs(few);
        let (out, bar, shown) = (self.out.clone(), self.bar.clone(), self.shown.clone());
        migrator.observe(move |event| match &bar {
            Some(bar) => {
                let line = lock(&shown).see(event);
                if let Some(line) = line {
                    bar.suspend(|| out.say(line));
                }
                bar.tick();
            }
            None => {
                let line = lock(&shown).read(event);
                if let Some(line) = line {
                    out.say(line);
                }
            }
        })
    }

    /// Does the work, and shows it. On a terminal Ctrl-C ends it with a clean screen and a word on what is left.
    pub(super) async fn until<T>(
        self,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T, Problem> {
        if self.bar.is_none() {
            return Ok(self.reading(work).await?);
        }
        Ok(unless_interrupted(work).await.ok_or(Problem::Interrupted)??)
    }
}

impl ProgressDisplay {
    /// Does the work, with a word for those who read lines where steps that share a message take long.
    async fn reading<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let mut ticks = tokio::time::interval(Duration::from_secs(1));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        poll_fn(|context| {
            while ticks.poll_tick(context).is_ready() {
                let line = lock(&self.shown).remind(Instant::now());
                if let Some(line) = line {
                    self.out.say(line);
                }
            }
            work.as_mut().poll(context)
        })
        .await
    }
}

/// Does the work, unless Ctrl-C comes first. The handler that this installs stays.
pub(super) async fn unless_interrupted<T>(work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let mut interrupt = pin!(async {
        // Without a handler the system's own ends the program.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    });
    poll_fn(|context| {
        // First, so that the handler is there before something is asked. What is done by then is done.
        let interrupted = interrupt.as_mut().poll(context);
        match (work.as_mut().poll(context), interrupted) {
            (Poll::Ready(result), _) => Poll::Ready(Some(result)),
            (Poll::Pending, Poll::Ready(())) => Poll::Ready(None),
            (Poll::Pending, Poll::Pending) => Poll::Pending,
        }
    })
    .await
}

impl Drop for ProgressDisplay {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Whoever looks at it has only a number or a text to read, which no panic leaves half written.
fn lock(shown: &Mutex<Shown>) -> MutexGuard<'_, Shown> {
    shown.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A display that draws itself.
fn live(shown: Arc<Mutex<Shown>>) -> ProgressBar {
    let style = ProgressStyle::with_template("{shown}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .with_key("shown", move |_: &ProgressState, text: &mut dyn Write| {
            let width = usize::from(console::Term::stderr().size().1);
            let _ = text.write_str(&lock(&shown).draw(Instant::now(), width));
        });
    let screen = Screen(console::Term::buffered_stderr());
    let target = ProgressDrawTarget::term_like_with_hz(Box::new(screen), 20);
    let bar = ProgressBar::with_draw_target(None, target).with_style(style);
    bar.enable_steady_tick(TICK);
    bar
}

/// The terminal, on which the cursor waits at the begin of the last line and not behind its end: there the `^C` that the
/// terminal shows would begin a new line, and the display would no longer know where it is.
#[derive(Debug)]
struct Screen(console::Term);

impl TermLike for Screen {
    fn width(&self) -> u16 {
        self.0.size().1
    }

    fn height(&self) -> u16 {
        self.0.size().0
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_up(n)
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_down(n)
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_right(n)
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_left(n)
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.0.write_line(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.0.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.0.write_str("\r")?;
        self.0.flush()
    }
}

/// Everything that is known about the run.
struct Shown {
    colors: bool,
    began: Instant,
    waiting: Option<(String, Instant)>,
    /// Something has happened already, so it is not connecting that takes long.
    connected: bool,
    step: Option<Running>,
    /// The lines of the steps that have begun, by number.
    lines: HashMap<usize, String>,
    /// How many of the steps have been announced by a line.
    announced: usize,
    trouble: Option<String>,
    /// For those who read lines: the steps whose message is on its way, and since when.
    sent: Option<(String, Instant)>,
}

/// The step in hand, or the steps that share a message.
struct Running {
    number: usize,
    /// The last of them.
    last: usize,
    of: usize,
    title: String,
    began: Instant,
    statement: Option<(String, Instant)>,
}

impl Shown {
    fn new(colors: bool) -> Self {
        Self {
            colors,
            began: Instant::now(),
            waiting: None,
            connected: false,
            step: None,
            lines: HashMap::new(),
            announced: 0,
            trouble: None,
            sent: None,
        }
    }

    /// Takes note of an event for the display; a line that is to stay above it.
    fn see(&mut self, event: &Event) -> Option<String> {
        self.connected = !matches!(event, Event::Reconnecting { .. });
        match event {
            Event::Waiting { waited, holder, .. } => {
                let holder = clean(holder.as_deref().unwrap_or("another runner holds it"));
                let now = Instant::now();
                self.waiting = Some((holder, now.checked_sub(*waited).unwrap_or(now)));
            }
            Event::Locked { .. } => self.waiting = None,
            Event::Planned { .. } => self.lines.clear(),
            Event::BatchStarted { first, last, of, revisions: (from, to), .. } => {
                self.trouble = None;
                self.begin(*first..=*last, *of, &format!("{from} to {to}"));
            }
            Event::StepStarted { number, of, revision, name, .. } => {
                self.trouble = None;
                self.lines.insert(*number, clean(&event.to_string()));
                self.begin(*number..=*number, *of, format!("{revision} {name}").trim_end());
            }
            Event::StatementStarted { number, of, statement, .. } => {
                self.trouble = None;
                if let Some(step) = &mut self.step {
                    let which = if *of > 1 { format!("{number} of {of}") } else { String::new() };
                    let text = format!("statement {which}: {statement}").replace(" :", ":");
                    step.statement = Some((clean(&text), Instant::now()));
                }
            }
            Event::Retrying { attempt, attempts, error, pause, .. } => {
                self.trouble = Some(clean(&format!(
                    "attempt {attempt} of {attempts} failed, retrying in {pause:.1?}: {error}"
                )));
            }
            Event::StepDone { number, step, .. } => {
                if self.step.as_ref().is_some_and(|running| running.number == *number) {
                    self.step = None;
                }
                self.trouble = None;
                let line = self.lines.remove(number).unwrap_or_else(|| clean(&step.to_string()));
                return Some(format!("{line} {}", self.dim(&format!("({})", took(step.duration)))));
            }
            Event::Reconnecting { error } => {
                self.step = None;
                self.trouble = Some(clean(&format!("lost the connection: {error}")));
            }
            Event::Warning { .. } => return Some(self.warning(event)),
            Event::NotReady { .. } => return Some(clean(&event.to_string())),
        }
        None
    }

    fn warning(&self, event: &Event) -> String {
        format!("{}: {}", self.style(YELLOW, "warning"), clean(&event.to_string()))
    }

    fn begin(&mut self, steps: RangeInclusive<usize>, of: usize, title: &str) {
        self.step = Some(Running {
            number: *steps.start(),
            last: *steps.end(),
            of,
            title: clean(title),
            began: Instant::now(),
            statement: None,
        });
    }

    /// A line for steps whose message is not back, once it is late.
    fn remind(&mut self, now: Instant) -> Option<String> {
        let is_late =
            |(_, at): &mut (String, Instant)| now.saturating_duration_since(*at) >= SHARED;
        self.sent.take_if(is_late).map(|(line, _)| line)
    }

    /// Takes note of an event where there is no display; a line to print.
    fn read(&mut self, event: &Event) -> Option<String> {
        self.sent = None;
        match event {
            Event::Waiting { .. } => {
                let due = self.waiting.as_ref().is_none_or(|(_, at)| at.elapsed() >= WAITING_AGAIN);
                if !due {
                    return None;
                }
                self.waiting = Some((String::new(), Instant::now()));
            }
            Event::Planned { .. } => {
                self.announced = 0;
                return None;
            }
            Event::BatchStarted { .. } => {
                self.sent = Some((clean(&event.to_string()), Instant::now()));
                return None;
            }
            // Steps of one transaction begin again where that is tried again.
            Event::StepStarted { number, .. } if *number > self.announced => {
                self.announced = *number;
            }
            Event::Retrying { .. } | Event::Reconnecting { .. } | Event::Warning { .. } => {
                return Some(self.warning(event));
            }
            Event::NotReady { .. } => {}
            _ => return None,
        }
        Some(clean(&event.to_string()))
    }

    /// What is to be seen now, in lines of at most this width.
    fn draw(&self, now: Instant, width: usize) -> String {
        let mut lines = Vec::new();
        let seconds =
            |since: Instant| format!("({} s)", now.saturating_duration_since(since).as_secs());
        let is_long = |since: Instant| now.saturating_duration_since(since) >= LONG;
        if let Some((holder, since)) = &self.waiting {
            let waiting = self.style(YELLOW, "waiting for the migration lock");
            // What the holder runs may be long, and how long it has been must be seen.
            lines.push(format!("{waiting} {}", seconds(*since)));
            lines.extend(wrapped(holder, width.saturating_sub(3)).take(3));
        } else if let Some(step) = &self.step {
            let Running { number, last, of, title, began, statement } = step;
            let count = match last == number {
                true => format!("step {number} of {of}"),
                false => format!("steps {number} to {last} of {of}"),
            };
            lines.push(format!("{} {count}: {title} {}", self.bar(*number, *of), seconds(*began)));
            let statement = statement.as_ref().filter(|(_, since)| is_long(*since));
            if let (Some((text, since)), None) = (statement, &self.trouble) {
                lines.push(self.dim(&format!("  {} {text}", seconds(*since))));
            }
        } else if !self.connected && is_long(self.began) {
            lines.push(format!("connecting to the database {}", seconds(self.began)));
        }
        if let Some(trouble) = &self.trouble {
            lines.push(format!("  {}", self.style(YELLOW, trouble)));
        }
        // A line that is as wide as the terminal makes some of them scroll.
        let width = width.saturating_sub(1).max(20);
        let cut = |line: &String| console::truncate_str(line, width, "...").into_owned();
        lines.iter().map(cut).collect::<Vec<_>>().join("\n")
    }

    /// `[=====>    ]`
    fn bar(&self, number: usize, of: usize) -> String {
        let done = (number.saturating_sub(1) * BAR).checked_div(of).unwrap_or_default();
        let left = BAR.saturating_sub(done + 1);
        format!("[{}{}]", self.style(GREEN, &format!("{}>", "=".repeat(done))), " ".repeat(left))
    }

    fn dim(&self, text: &str) -> String {
        self.style(DIM, text)
    }

    fn style(&self, style: clap::builder::styling::Style, text: &str) -> String {
        if self.colors { styled(style, text) } else { text.to_owned() }
    }
}

/// A text in lines of at most this width, between words where that goes.
fn wrapped(text: &str, width: usize) -> impl Iterator<Item = String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("  {word}")),
        }
    }
    lines.into_iter()
}

/// Names come from files, and who holds a lock from other programs: neither may move the cursor.
pub(super) fn clean(text: &str) -> String {
    typed(text).chars().map(|sign| if is_harmful(sign) { ' ' } else { sign }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::function::Arguments;

    fn batch() -> Event {
        Event::BatchStarted {
            first: 11,
            last: 30,
            of: 200,
            revisions: ("r11".to_owned(), "r\n30".to_owned()),
            arguments: Arguments::default(),
        }
    }

    #[test]
    fn who_reads_lines_is_told_once_of_a_message_that_is_late() {
        let mut shown = Shown::new(false);
        assert_eq!(shown.read(&batch()), None);
        let now = Instant::now();
        assert_eq!(shown.remind(now), None);
        let line = "Running steps 11 to 30 of 200 in one message: r11 to r 30";
        assert_eq!(shown.remind(now + SHARED).as_deref(), Some(line));
        assert_eq!(shown.remind(now + SHARED * 2), None);
        // What comes back is not late.
        shown.read(&batch());
        shown.read(&Event::Reconnecting { error: String::new() });
        assert_eq!(shown.remind(now + SHARED * 2), None);
    }

    #[test]
    fn the_display_names_the_first_and_the_last_step_of_a_message() {
        let mut shown = Shown::new(false);
        assert_eq!(shown.see(&batch()), None);
        let line = "[=>                  ] steps 11 to 30 of 200: r11 to r 30 (0 s)";
        assert_eq!(shown.draw(Instant::now(), 100), line);
    }
}
