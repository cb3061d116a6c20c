//! `ambix.sum`: every revision, its parents and its checksum, one line each, newest last.
//!
//! It makes two branches that each add a migration conflict in git, it shows an edited migration in review, and, being a
//! tracked file of the embedded folder, it makes a build notice files that were added.

use std::collections::BTreeMap;

use crate::graph::Graph;

const HEAD: &str =
    "# Every revision, its parents and its checksum, newest last. Written by ambix; commit it.\n";

/// What the file should say.
pub(crate) fn write(graph: &Graph) -> String {
    let mut text = HEAD.to_owned();
    for migration in graph.iter() {
        let parents: Vec<&str> =
            graph.parents(migration.revision()).iter().map(|p| p.revision()).collect();
        let parents = if parents.is_empty() { "-".to_owned() } else { parents.join(",") };
        text.push_str(&format!("{} {parents} {}\n", migration.revision(), migration.checksum()));
    }
    text
}

/// The lines as they are, but for those of `touched` revisions, which say what the graph says and come last.
///
/// What is stale in the other lines stays so: an edited migration is not to be hidden by the next one.
#[cfg(feature = "cli")]
pub(crate) fn amend(old: &str, graph: &Graph, touched: &[&str]) -> String {
    let revision = |line: &'_ str| line.split(' ').next().unwrap_or_default().to_owned();
    let mut text: String = old
        .lines()
        .filter(|line| !touched.contains(&revision(line).as_str()))
        .map(|line| format!("{line}\n"))
        .collect();
    if text.is_empty() {
        text.push_str(HEAD);
    }
    for line in write(graph).lines().filter(|line| touched.contains(&revision(line).as_str())) {
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// Whether a merge of git was left in the middle.
#[cfg(feature = "cli")]
pub(crate) fn is_conflicted(text: &str) -> bool {
    conflict(text).is_some()
}

/// The first line with a conflict marker, from 0.
fn conflict(text: &str) -> Option<usize> {
    let marker = |line: &str| {
        ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|marker| line.starts_with(marker))
    };
    text.lines().position(marker)
}

/// How the file differs from what it should say; empty where it does not.
pub(crate) fn check(graph: &Graph, text: &str) -> Vec<String> {
    // A merge that was left in the middle says that, and not what each half of it lacks.
    if let Some(line) = conflict(text) {
        let problem = format!(
            "line {} has conflict markers; resolve the conflict by writing the file anew",
            line + 1
        );
        return vec![problem];
    }
    let expected = write(graph);
    let lines = |text: &'_ str| -> BTreeMap<String, String> {
        text.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| line.split_once(' ').unwrap_or((line, "")))
            .map(|(revision, rest)| (revision.to_owned(), rest.trim().to_owned()))
            .collect()
    };
    let (is, should) = (lines(text), lines(&expected));
    let mut problems = Vec::new();
    for (revision, rest) in &should {
        match is.get(revision) {
            None => problems.push(format!("revision {revision} is not in ambix.sum")),
            Some(old) if old != rest => problems.push(difference(revision, old, rest)),
            Some(_) => {}
        }
    }
    for revision in is.keys().filter(|revision| !should.contains_key(*revision)) {
        problems
            .push(format!("revision {revision} is in ambix.sum, but there is no such migration"));
    }
    problems
}

/// What is different of one revision; `old` is what the file says.
fn difference(revision: &str, old: &str, now: &str) -> String {
    let parts = |line: &'_ str| -> (String, String) {
        let (parents, checksum) = line.split_once(' ').unwrap_or((line, ""));
        (parents.trim().to_owned(), checksum.trim().to_owned())
    };
    let ((old_parents, old_checksum), (parents, checksum)) = (parts(old), parts(now));
    // As much of a checksum as a person compares.
    let brief = |checksum: &str| match checksum.char_indices().nth(15) {
        Some((end, _)) => format!("{}...", &checksum[..end]),
        None => checksum.to_owned(),
    };
    let mut differs = Vec::new();
    if parents != old_parents {
        differs.push(format!("its parents are {parents}, ambix.sum says {old_parents}"));
    }
    if checksum != old_checksum {
        let (checksum, old) = (brief(&checksum), brief(&old_checksum));
        differs.push(format!("its checksum is {checksum}, ambix.sum says {old}"));
    }
    format!("revision {revision} differs: {}", differs.join("; "))
}
