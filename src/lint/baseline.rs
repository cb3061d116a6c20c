//! The baseline: the findings that old migrations may keep. A line for each: the revision, the code, and what the statement is.

use super::finding::Finding;

#[cfg(any(test, feature = "cli"))]
const HEAD: &str = "\
# Findings that `ambix lint` keeps quiet about: revision, rule, statement. Written by `ambix lint --write-baseline`.
";

/// The lines of a baseline.
#[derive(Debug, Default)]
pub(super) struct Baseline<'t> {
    lines: Vec<&'t str>,
    used: Vec<bool>,
}

impl<'t> Baseline<'t> {
    pub(super) fn read(text: &'t str) -> Self {
        let lines: Vec<&str> = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .collect();
        let used = vec![false; lines.len()];
        Self { lines, used }
    }

    /// Whether it has a finding.
    pub(super) fn has(&mut self, finding: &Finding) -> bool {
        let wanted = line(finding);
        let mut found = false;
        for (line, used) in self.lines.iter().zip(&mut self.used) {
            if *line == wanted {
                (found, *used) = (true, true);
            }
        }
        found
    }

    /// The lines about these migrations and rules that nothing was found for.
    pub(super) fn stale(&self, looked_at: impl Fn(&str, &str) -> bool) -> Vec<String> {
        let is_about = |line: &str| {
            let mut words = line.split(' ');
            let revision = words.next().unwrap_or_default();
            looked_at(revision, words.next().unwrap_or_default())
        };
        self.lines
            .iter()
            .zip(&self.used)
            .filter(|(line, used)| !**used && is_about(line))
            .map(|(line, _)| (*line).to_owned())
            .collect()
    }
}

/// The text of the baseline that has all of these.
#[cfg(any(test, feature = "cli"))]
pub(crate) fn write(findings: &[Finding]) -> String {
    let mut lines: Vec<String> = findings.iter().map(line).collect();
    lines.dedup();
    let mut text = HEAD.to_owned();
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

fn line(finding: &Finding) -> String {
    let Finding { revision, code, fingerprint, .. } = finding;
    format!("{revision} {code} {fingerprint}")
}
