//! `ambix.sum`: every revision, its parents and the checksums of its sides, one line each, newest last.
//!
//! It makes two branches that each add a migration conflict in git, it shows an edited migration in review, and, being a
//! tracked file of the embedded folder, it makes a build notice files that were added.

use std::collections::BTreeMap;
#[cfg(feature = "cli")]
use std::collections::BTreeSet;

use crate::graph::Graph;
use crate::note::Note;

const HEAD: &str =
    "# Every revision, its parents and its checksum, newest last. Written by ambix; commit it.\n";

/// What the file should say.
pub(crate) fn write(graph: &Graph) -> String {
    let mut text = HEAD.to_owned();
    for migration in graph.iter() {
        let parents: Vec<&str> =
            graph.parents(migration.revision()).iter().map(|p| p.revision()).collect();
        let parents = if parents.is_empty() { "-".to_owned() } else { parents.join(",") };
        let (revision, up) = (migration.revision(), migration.checksum());
        let down = migration.down_script().map(|down| format!(" {}", down.checksum()));
        text.push_str(&format!("{revision} {parents} {up}{}\n", down.unwrap_or_default()));
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
pub(crate) fn check(graph: &Graph, text: &str) -> Vec<Note> {
    let stale =
        |revision: &str, problem| Note::StaleSum { revision: Some(revision.to_owned()), problem };
    // A merge that was left in the middle says that, and not what each half of it lacks.
    if let Some(line) = conflict(text) {
        let problem = format!(
            "line {} has conflict markers; resolve the conflict by rewriting the file",
            line + 1
        );
        return vec![Note::StaleSum { revision: None, problem }];
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
            None => {
                problems.push(stale(revision, format!("revision {revision} is not in ambix.sum")))
            }
            // A file that was written before down sides were in it says nothing of them.
            Some(old) if old != rest && Some(old.as_str()) != without_down(rest) => {
                problems.push(stale(revision, difference(revision, old, rest)));
            }
            Some(_) => {}
        }
    }
    for revision in is.keys().filter(|revision| !should.contains_key(*revision)) {
        let problem =
            format!("revision {revision} is in ambix.sum, but there is no such migration");
        problems.push(stale(revision, problem));
    }
    problems
}

/// The revisions of which the file says something else than the graph, and whether each is new to it.
#[cfg(feature = "cli")]
pub(crate) fn stale(graph: &Graph, text: &str) -> Vec<(String, bool)> {
    let revisions = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
        lines.map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect()
    };
    let expected = write(graph);
    let (is, should): (BTreeSet<&str>, BTreeSet<&str>) =
        (text.lines().map(str::trim).collect(), expected.lines().collect());
    let (known, present) = (revisions(text), revisions(&expected));
    let mut stale: Vec<(String, bool)> = Vec::new();
    for line in should.difference(&is) {
        let revision = line.split(' ').next().unwrap_or_default();
        let is_older = without_down(line).is_some_and(|line| is.contains(line));
        if !line.starts_with('#') && !is_older {
            stale.push((revision.to_owned(), !known.iter().any(|known| known == revision)));
        }
    }
    let gone = known.into_iter().filter(|known| !present.contains(known));
    stale.extend(gone.map(|revision| (revision, false)));
    stale
}

/// A line, or what of it follows the revision, as it was written before down sides were part of it.
fn without_down(line: &str) -> Option<&str> {
    let (up, _) = line.rsplit_once(" sha256:")?;
    up.contains(" sha256:").then_some(up)
}

/// What is different of one revision; `old` is what the file says.
fn difference(revision: &str, old: &str, now: &str) -> String {
    let parts = |line: &'_ str| -> [String; 3] {
        let mut parts = line.split_whitespace().map(str::to_owned);
        std::array::from_fn(|_| parts.next().unwrap_or_default())
    };
    let ([old_parents, old_checksum, old_down], [parents, checksum, down]) =
        (parts(old), parts(now));
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
    if down != old_down {
        let named = |checksum: &str| match checksum {
            "" => "none".to_owned(),
            checksum => brief(checksum),
        };
        let (down, old) = (named(&down), named(&old_down));
        differs.push(format!("the checksum of its down side is {down}, ambix.sum says {old}"));
    }
    format!("revision {revision} differs: {}", differs.join("; "))
}
