//! The only printing: results to stdout; progress, notes, warnings and questions to stderr.

use std::{
    borrow::Cow,
    fmt::Display,
    io::{self, BufRead, IsTerminal, Write},
    sync::{Arc, OnceLock},
};

use anstream::{AutoStream, ColorChoice};
use clap::builder::styling::{AnsiColor, Style};
use serde::Serialize;

use super::{
    explain::Explanation,
    problem::Problem,
    settings::{Color, Settings},
    words::typed,
};
use crate::error::Error;

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const GREEN: Style = AnsiColor::Green.on_default();
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(super) const RED: Style = AnsiColor::Red.on_default().bold();
pub(super) const CYAN: Style = AnsiColor::Cyan.on_default();
pub(super) const DIM: Style = Style::new().dimmed();

/// A text in a style; the streams leave the style out where there are no colours.
pub(super) fn styled(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Where and how a command prints.
#[derive(Debug, Clone)]
pub(super) struct Output {
    pub(super) json: bool,
    pub(super) quiet: bool,
    color: ColorChoice,
    /// Why not all of the result could be written.
    failed: Arc<OnceLock<String>>,
}

impl Output {
    pub(super) fn new(settings: &Settings) -> Self {
        let color = match settings.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Self { json: settings.json, quiet: settings.quiet, color, failed: Arc::default() }
    }

    /// A line, or several, of what was asked for.
    pub(super) fn result(&self, text: impl Display) {
        self.write(&clean_lines(&typed(&text.to_string())));
    }

    /// SQL that was asked for: as it is, since it is to be run, but for a person who looks at it.
    pub(super) fn script(&self, text: impl Display) {
        if io::stdout().is_terminal() {
            self.result(text);
        } else {
            self.write(&text.to_string());
        }
    }

    fn write(&self, text: &str) {
        self.note_failure(writeln!(AutoStream::new(io::stdout().lock(), self.color), "{text}"));
    }

    fn note_failure(&self, result: io::Result<()>) {
        match result {
            // Somebody has closed the pipe (`history | head`), and has seen enough.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                let _ = self.failed.set(error.to_string());
            }
            _ => {}
        }
    }

    /// Whether all of the result was written: a script or a schema that is cut off must not be taken for whole.
    pub(super) fn check(&self) -> Result<(), Problem> {
        self.note_failure(io::stdout().flush());
        match self.failed.get() {
            Some(error) => Err(Problem::other(format!("cannot write to stdout: {error}"))),
            None => Ok(()),
        }
    }

    /// What was asked for, for a program.
    pub(super) fn json(&self, value: &impl Serialize) -> Result<(), Problem> {
        let text = serde_json::to_string_pretty(value);
        let text = text.map_err(|error| {
            Problem::other(format!("the result cannot be written as JSON: {error}"))
        })?;
        self.note_failure(writeln!(io::stdout().lock(), "{}", escaped(&typed(&text))));
        Ok(())
    }

    /// A line of progress.
    pub(super) fn say(&self, text: impl Display) {
        if !self.quiet {
            self.to_stderr(text);
        }
    }

    /// What a person should know.
    pub(super) fn note(&self, text: impl Display) {
        self.say(format_args!("{}: {text}", styled(CYAN, "note")));
    }

    /// What a person should look at.
    pub(super) fn warn(&self, text: impl Display) {
        self.say(format_args!("{}: {text}", styled(YELLOW, "warning")));
    }

    /// What went wrong; for a program as JSON on stdout, where it looks for the result.
    pub(super) fn error(&self, explanation: &Explanation, code: u8, error: Option<&Error>) {
        if self.json {
            let kind = error.map_or("other", kind);
            let error = serde_json::json!({
                "error": { "kind": kind, "message": explanation.plain(), "help": explanation.help, "exit_code": code }
            });
            let _ = self.json(&error);
        }
        self.to_stderr(explanation.render(self.has_colors()));
    }

    /// Asks a question that is answered by yes or no; none where there is nobody to ask.
    pub(super) fn confirm(&self, question: impl Display) -> Option<bool> {
        if !self.can_ask() {
            return None;
        }
        let answer = self.ask(format_args!("{question} [y/N]")).unwrap_or_default();
        Some(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
    }

    /// Asks a question; none where nothing is answered.
    pub(super) fn ask(&self, question: impl Display) -> Option<String> {
        {
            // Who gives up while this waits has something to say.
            let mut stderr = AutoStream::new(std::io::stderr().lock(), self.color);
            let _ = write!(stderr, "{} ", clean_lines(&question.to_string()));
            let _ = stderr.flush();
        }
        let mut answer = String::new();
        let read = std::io::stdin().lock().read_line(&mut answer);
        if matches!(read, Ok(0)) {
            // Ctrl-D ends the answer, but not the line.
            self.to_stderr("");
        }
        let answer = answer.trim();
        (read.is_ok() && !answer.is_empty()).then(|| answer.to_owned())
    }

    /// Whether there is a person to ask.
    pub(super) fn can_ask(&self) -> bool {
        !self.json && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Whether a person watches the progress.
    pub(super) fn is_watched(&self) -> bool {
        !self.quiet && !self.json && std::io::stderr().is_terminal()
    }

    /// Whether stderr shows colours.
    pub(super) fn has_colors(&self) -> bool {
        match self.color {
            ColorChoice::Auto => AutoStream::choice(&std::io::stderr()) != ColorChoice::Never,
            ColorChoice::Never => false,
            _ => true,
        }
    }

    fn to_stderr(&self, text: impl Display) {
        let text = text.to_string();
        let text = typed(&text);
        let text = clean_lines(&text);
        let _ = writeln!(AutoStream::new(std::io::stderr().lock(), self.color), "{text}");
    }
}

/// Whether a sign could move the cursor, hide other text, or make it look like something else.
pub(super) fn is_harmful(sign: char) -> bool {
    sign.is_control()
        || matches!(
            sign,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// A text for a terminal: names, messages and what other sessions run come from others. Lines, tabs and colours stay.
fn clean_lines(text: &str) -> Cow<'_, str> {
    if !text.contains(|sign| is_harmful(sign) && !matches!(sign, '\n' | '\t')) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(sign) = rest.chars().next() {
        let colors = color_sequence(rest);
        clean.push_str(&rest[..colors]);
        if colors == 0 && is_harmful(sign) && !matches!(sign, '\n' | '\t') {
            // The end of a line as other systems write it is no more than that.
            if !rest.starts_with("\r\n") {
                clean.push_str(&format!("\\u{{{:x}}}", u32::from(sign)));
            }
        } else if colors == 0 {
            clean.push(sign);
        }
        rest = &rest[if colors == 0 { sign.len_utf8() } else { colors }..];
    }
    Cow::Owned(clean)
}

/// The length of the sequence at the start of a text that only changes colours; 0 if there is none, or if it hides text.
fn color_sequence(text: &str) -> usize {
    let Some(rest) = text.strip_prefix("\u{1b}[") else { return 0 };
    let Some(end) = rest.find(|c: char| !(c.is_ascii_digit() || c == ';')) else { return 0 };
    let parameters = &rest[..end];
    let hides = !parameters.contains("8;") && parameters.split(';').any(|number| number == "8");
    if rest[end..].starts_with('m') && !hides { "\u{1b}[".len() + end + 1 } else { 0 }
}

/// JSON in which what [`is_harmful`] is escaped: in it that means the same.
fn escaped(json: &str) -> Cow<'_, str> {
    let harms = |sign| is_harmful(sign) && sign != '\n';
    if !json.contains(harms) {
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len());
    for sign in json.chars() {
        if harms(sign) {
            text.push_str(&format!("\\u{:04x}", u32::from(sign)));
        } else {
            text.push(sign);
        }
    }
    Cow::Owned(text)
}

/// A word for the kind of an error, for programs.
fn kind(error: &Error) -> &'static str {
    match error {
        Error::Source { .. } => "source",
        Error::Duplicate { .. } => "duplicate",
        Error::UnknownParent { .. } => "unknown_parent",
        Error::Cycle { .. } => "cycle",
        Error::UnknownRevision { .. } => "unknown_revision",
        Error::AmbiguousRevision { .. } => "ambiguous_revision",
        Error::ManyHeads { .. } => "many_heads",
        Error::Target { .. } => "target",
        Error::OutOfOrder { .. } => "out_of_order",
        Error::Changed(_) => "changed",
        Error::Missing(_) => "missing",
        Error::Unfinished(_) => "unfinished",
        Error::Irreversible { .. } => "irreversible",
        Error::Locked { .. } => "locked",
        Error::Fenced { .. } => "fenced",
        Error::Failed(_) => "failed",
        Error::Unregistered { .. } => "unregistered",
        Error::Url { .. } => "url",
        Error::NotCompiledIn { .. } => "not_compiled_in",
        Error::Connect { .. } => "connect",
        Error::Connection { .. } => "connection",
        Error::Pooled { .. } => "pooled",
        Error::ClusterNode { .. } => "cluster_node",
        Error::ReadOnly { .. } => "read_only",
        Error::NotOurTable { .. } => "not_our_table",
        Error::NotRunnable { .. } => "not_runnable",
        Error::PartlySquashed(_) => "partly_squashed",
        Error::Argument { .. } => "argument",
        Error::Models { .. } => "models",
        Error::TestKit { .. } => "test_kit",
        Error::Unsupported { .. } => "unsupported",
        Error::ExistingTables(_) => "existing_tables",
        Error::NotAdopted { .. } => "not_adopted",
        Error::NewerLayout { .. } => "newer_layout",
        Error::History { .. } => "history",
        Error::NotReady { .. } => "not_ready",
        Error::Pending { .. } => "pending",
        Error::Destructive { .. } => "destructive",
        Error::NotProven { .. } => "not_proven",
        Error::Scratch { .. } => "scratch",
        Error::Fixture { .. } => "fixture",
        Error::Database { .. } => "database",
    }
}
