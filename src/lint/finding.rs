//! What was found, as values with a `Display` for people.

use std::fmt;

use super::{execution::Execution, rule::Severity};
use crate::error::Place;

/// Something that a rule has found in a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Finding {
    /// The rule's code: `LOCK-001`.
    pub code: &'static str,
    /// The rule's name.
    pub rule: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The migration.
    pub revision: String,
    /// The place in its file; line 0 for the whole migration.
    pub place: Place,
    /// The statement in one line; empty for the whole migration.
    pub statement: String,
    /// What is wrong.
    pub message: String,
    /// What to do instead, with the SQL for it.
    pub help: String,
    /// What the statement did on a scratch database, if it was run and that is what the finding is about:
    /// `users: SHARE, every row read`.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub measured: Option<String>,
    /// By which a baseline knows the finding again.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) fingerprint: String,
}

impl Finding {
    /// Why it does not count, in a line.
    pub(crate) fn withdrawal(&self) -> String {
        let Self { code, place, measured, .. } = self;
        let seen = measured.as_deref().unwrap_or_default();
        format!("{place}: {code} is withdrawn: when the statement ran, {seen}")
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, severity, place, message, help, .. } = self;
        write!(f, "{place}: {severity} {code}: {message}")?;
        if let Some(measured) = &self.measured {
            write!(f, "\n    measured: {measured}")?;
        }
        for line in help.lines() {
            write!(f, "\n    {line}")?;
        }
        Ok(())
    }
}

/// What the rules have found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LintReport {
    /// The findings, in the order of the migrations and their statements.
    pub findings: Vec<Finding>,
    /// How many migrations were looked at.
    pub migrations: usize,
    /// How many findings an `allow` beside their statement has silenced.
    pub allowed: usize,
    /// How many findings the baseline has silenced.
    pub baselined: usize,
    /// Lines of the baseline that no finding needs any more.
    pub stale_baseline: Vec<String>,
    /// Findings that running the statement has shown to be wrong, so that they do not count; `measured` says what was seen instead.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub withdrawn: Vec<Finding>,
    /// What each statement did, if they were run.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub executions: Vec<Execution>,
    /// The migration that failed in the scratch database, and why. What comes after it was not run, so that its findings are those of its
    /// text.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub failure: Option<String>,
    /// What could not be tried, and why.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub notes: Vec<String>,
}

impl LintReport {
    /// Returns the findings that matter at least so much.
    pub fn at_least(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.severity >= severity)
    }

    /// Whether nothing was found that matters at least so much.
    #[must_use]
    pub fn is_clean(&self, severity: Severity) -> bool {
        self.at_least(severity).next().is_none()
    }

    /// Returns how many findings there are of a severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Returns one line that sums it up.
    #[must_use]
    pub fn summary(&self) -> String {
        let number = |count: usize, what: &str| {
            format!("{count} {what}{}", if count == 1 { "" } else { "s" })
        };
        let mut parts = Vec::new();
        for (severity, what) in
            [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "hint")]
        {
            if self.count(severity) > 0 {
                parts.push(number(self.count(severity), what));
            }
        }
        let found = if parts.is_empty() { "no findings".to_owned() } else { parts.join(", ") };
        let mut line = format!("{found} in {}", number(self.migrations, "migration"));
        if self.allowed > 0 {
            line += &format!("; {} allowed", self.allowed);
        }
        if self.baselined > 0 {
            line += &format!("; {} in the baseline", self.baselined);
        }
        if !self.withdrawn.is_empty() {
            line += &format!("; {} withdrawn", self.withdrawn.len());
        }
        line
    }
}

impl fmt::Display for LintReport {
    /// Each finding, then one line that sums them up.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        for line in &self.stale_baseline {
            writeln!(f, "note: the baseline has a line that no finding needs any more: {line}")?;
        }
        for finding in &self.withdrawn {
            writeln!(f, "note: {}", finding.withdrawal())?;
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        f.write_str(&self.summary())
    }
}
