//! The only printing: results to stdout; progress, notes, warnings and questions to stderr.

use std::{
    fmt::Display,
    io::{BufRead, IsTerminal, Write},
};

use anstream::{AutoStream, ColorChoice};
use clap::builder::styling::{AnsiColor, Style};
use serde::Serialize;

use super::{
    explain::Explanation,
    problem::Problem,
    settings::{Color, Settings},
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
}

impl Output {
    pub(super) fn new(settings: &Settings) -> Self {
        let color = match settings.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Self { json: settings.json, quiet: settings.quiet, color }
    }

    /// A line, or several, of what was asked for.
    pub(super) fn result(&self, text: impl Display) {
        // Somebody may have closed the pipe (`history | head`), and has seen enough.
        let _ = writeln!(AutoStream::new(std::io::stdout().lock(), self.color), "{text}");
    }

    /// What was asked for, for a program.
    pub(super) fn json(&self, value: &impl Serialize) -> Result<(), Problem> {
        let text = serde_json::to_string_pretty(value);
        let text = text.map_err(|error| {
            Problem::other(format!("the result cannot be written as JSON: {error}"))
        })?;
        let _ = writeln!(std::io::stdout().lock(), "{text}");
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
            let _ = write!(stderr, "{question} ");
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
        let _ = writeln!(AutoStream::new(std::io::stderr().lock(), self.color), "{text}");
    }
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
        Error::Unsupported(_) => "unsupported",
        Error::NotAdopted { .. } => "not_adopted",
        Error::NewerLayout { .. } => "newer_layout",
        Error::History { .. } => "history",
        Error::NotReady { .. } => "not_ready",
        Error::Pending { .. } => "pending",
        Error::Destructive { .. } => "destructive",
        Error::Scratch { .. } => "scratch",
        Error::Fixture { .. } => "fixture",
        Error::Database { .. } => "database",
    }
}
