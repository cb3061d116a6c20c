//! A draft as the text of a file: a comment for each change, and the statements. It is pure.

use std::collections::BTreeMap;

use super::blockers::Obstacle;
use crate::{
    change::Change,
    database::{ChangeSet, RenderedChanges, RenderedStatement},
};

/// What is to be said of changes, by their positions.
#[derive(Debug, Default)]
pub(super) struct ChangeNotes {
    /// What each loses.
    pub lost: BTreeMap<usize, &'static str>,
    /// Objects that block the change, or break.
    pub broken: Vec<Obstacle>,
}

/// The text of one side.
pub(super) fn file(
    work: &ChangeSet<'_>,
    rendered: &RenderedChanges,
    notes: &ChangeNotes,
) -> String {
    let mut text = String::new();
    for directive in &rendered.directives {
        text.push_str(&format!("-- ambix: {}\n", line(directive)));
    }
    if !rendered.directives.is_empty() {
        text.push('\n');
    }
    for (at, statement) in rendered.statements.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        text.push_str(&headlines(work, statement, notes));
        text.push_str(statement.sql.trim_end());
        text.push_str(";\n");
    }
    text
}

/// The comments above a statement: what it changes, and what is to be said of that.
pub(super) fn headlines(
    work: &ChangeSet<'_>,
    statement: &RenderedStatement,
    notes: &ChangeNotes,
) -> String {
    let mut text = String::new();
    for change in statement.changes.iter().filter_map(|&at| work.changes.get(at).map(|c| (at, c))) {
        text.push_str(&headline(change.1, notes.lost.get(&change.0).copied()));
        for problem in notes.broken.iter().filter(|obstacle| obstacle.at == change.0) {
            text.push_str(&format!("-- {}\n", line(&problem.to_string())));
        }
    }
    for note in &statement.notes {
        text.push_str(&format!("-- {}\n", line(note)));
    }
    text
}

/// What went with what it is made of comes again at the end.
pub(super) fn make_again(rendered: &mut RenderedChanges, definitions: &[String]) {
    for definition in definitions {
        rendered.statements.push(RenderedStatement {
            notes: vec!["goes with what it belongs to, and is put back".to_owned()],
            sql: definition.clone(),
            ..RenderedStatement::default()
        });
    }
}

/// The head of the up side speaks for both; the down side's may only say that it runs without a transaction.
pub(super) fn join_directives(up: &mut RenderedChanges, down: &mut RenderedChanges) {
    let (own, common): (Vec<String>, Vec<String>) =
        std::mem::take(&mut down.directives).into_iter().partition(|d| d == "transaction none");
    down.directives = own;
    up.directives.extend(common);
    let all = std::mem::take(&mut up.directives);
    for directive in all {
        if !up.directives.contains(&directive) {
            up.directives.push(directive);
        }
    }
}

fn headline(change: &Change, lost: Option<&str>) -> String {
    match lost {
        Some(lost) => format!("-- DESTRUCTIVE: {}: {lost}\n", line(&change.to_string())),
        None => format!("-- {}\n", line(&change.to_string())),
    }
}

/// A comment is one line, whatever is in a name.
pub(super) fn line(text: &str) -> String {
    text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).collect::<Vec<_>>().join(" ")
}
